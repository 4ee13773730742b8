// SPDX-License-Identifier: Apache-2.0

import Foundation
import Report
import Results
import Testing

@Suite struct TableTests {
  func lines(_ text: some CustomStringConvertible) -> [String] {
    text.description.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func resultsReadLikeThis() throws {
    let text = ResultsTable(try summary(), directory: "runs/two-regions").description
    #expect(
      text == """
        two-regions
        Policy       fifo+easy@cheapest-energy, estimates exact
        Network      fluid, congestion control distance-aware
        Workload     SYNTHETIC: llm-training (synthetic), 40 jobs

        Jobs         40 submitted, 38 completed, 1 rejected, 1 unfinished, 6 split over sites
                     rejected: needs more GPUs than the fleet has (1)
        GPUs         768, 63.1 % busy, 41,234 GPU-hours, makespan 7.00 d
        Network wait 2.1 % of completion time, 8.3 % in split jobs

                       mean       p50       p95       p99
        Completion   2.00 h  60.0 min    6.00 h    8.00 h
        Wait         90.0 s       0 s  10.0 min  20.0 min
        Slowdown       1.50      1.00      3.00     12.25

        Site         GPUs    busy  energy MWh  of it idle  cost USD  carbon t
        columbus      256  50.0 %        4.34        1.50       400      1.50
        omaha         512  70.0 %        8.00        2.00       834      3.00
        all sites     768  63.1 %        12.3        3.50     1,234      4.50

        Link            used  queue p99  carried  dropped
        site0->site1  12.5 %    12.5 us      0 B      0 B
        site1->site2  12.5 %    12.5 us  1.00 GB      0 B
        WAN          12.3 TB in 40 flows, slowdown of transfers: mean 1.25, p50 1.00, p99 2.50

        Engine       3 processes, 12,345 windows, 67,890 messages, 12.3 s, 1 agent restarted
        Assumed      charges for traffic that leaves a site are not modelled: energy.egress_usd is null
        Digest       0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        Results in   runs/two-regions

        """)
  }

  @Test func resultsStayWithinTheirWidthAndShowTheBusiestLinks() throws {
    let long = String(repeating: "balanced(cost=1,latency=0.2) ", count: 9)
    let lines = lines(ResultsTable(try summary(policy: long, links: 40)))
    #expect(lines.allSatisfy { $0.count <= 100 })
    let links = lines.filter { $0.hasPrefix("site") }
    #expect(links.count == 12)
    #expect(links.first?.hasPrefix("site39->site40") == true)
    #expect(lines.contains { $0.contains("12 busiest of 40") })
  }

  @Test func comparisonMarksTheBest() throws {
    let table = ComparisonTable(
      Comparison([
        try summary(policy: "fifo", jct: 7200, cost: 1234.5),
        try summary(policy: "sjf", jct: 3600, cost: 2000, scale: 2),
      ]))
    let expected = [
      "policy JCT h  p50 min  p95 h  wait s    USD  CO2 t   MWh  WAN TB  net %",
      "fifo    2.00    60.00   6.00   90.00  1,234*  4.50* 12.3*   12.3*   2.1",
      "sjf     1.00*   30.00*  3.00*  90.00  2,000   9.00  24.7    24.6    2.1",
    ]
    #expect(Array(lines(table).prefix(3)) == expected)
  }

  @Test func comparisonStaysWithinItsWidth() throws {
    let long = "fifo@balanced(cost=1,latency=0.2)~wait-awhile(slack=24h)"
    let table = ComparisonTable(
      Comparison([
        try summary(policy: "fifo", jct: 8_640_000, cost: 123_456_789, scale: 12345),
        try summary(policy: long, jct: 7_640_000.5, cost: 23_456_789, scale: 98765),
      ]))
    let lines = lines(table)
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(lines.contains(long))
    #expect(lines.contains { $0.contains("23.5M*") && $0.contains("123M") == false })
  }

  @Test func comparisonFilesAreWhole() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("longhaul-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let comparison = Comparison([try summary(policy: "fifo"), try summary(policy: "a,b", seed: 8, completed: 39)])
    try comparison.write(to: folder.path)
    let data = try Data(contentsOf: folder.appendingPathComponent("comparison.json"))
    let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(Set(root.keys) == ["policies", "bounds", "paired", "notes"])
    let policies = try #require(root["policies"] as? [[String: Any]])
    #expect(policies.compactMap { $0["policy"] as? String } == ["fifo", "a,b"])
    #expect(policies[0]["gap_to_bound"] is NSNull)
    let metrics = try #require(policies[0]["metrics"] as? [String: [String: Any]])
    #expect(metrics["jct_mean_s"]?["mean"] as? Double == 7200)
    #expect(metrics["cost_usd"]?["low"] as? Double == 1234.5 && metrics["cost_usd"]?["high"] as? Double == 1234.5)
    let notes = try #require(root["notes"] as? [String])
    #expect(notes.count == 3 && notes[0].contains("low and high equal the mean"))
    #expect(notes[1].contains("seed") && notes[2].contains("different numbers of jobs"))

    let csv = String(
      decoding: try Data(contentsOf: folder.appendingPathComponent("comparison.csv")), as: UTF8.self
    ).split(separator: "\n")
    #expect(csv[0] == "policy,metric,mean,low,high")
    #expect(csv.contains("fifo,cost_usd,1234.5,1234.5,1234.5"))
    #expect(csv.contains("\"a,b\",completed,39,39,39"))
    #expect(csv.count == 1 + 2 * Comparison.Metric.all.count)
  }

  @Test(arguments: [
    (0.0, "0 s"), (1.5e-6, "1.50 us"), (0.25, "250.0 ms"), (12, "12.0 s"), (119, "119.0 s"), (120, "2.00 min"),
    (7199, "120.0 min"), (86_400, "24.0 h"), (604_800, "7.00 d"), (-7200, "-2.00 h"),
  ])
  func durations(seconds: Double, expected: String) { #expect(Readable.duration(seconds) == expected) }

  @Test func numbersForPeople() {
    #expect(Readable.fixed(1_234_567.891, 2) == "1,234,567.89")
    #expect(Readable.fixed(-999, 0) == "-999" && Readable.fixed(-0.001, 1) == "0.0")
    #expect(Readable.integer(-1000) == "-1,000" && Readable.integer(0) == "0")
    #expect(Readable.bytes(999) == "999 B" && Readable.bytes(1_500) == "1.50 kB" && Readable.bytes(4e12) == "4.00 TB")
    #expect(Readable.percent(0.0321) == "3.2 %" && Readable.percent(nil) == "-")
    #expect(Readable.amount(0.01234) == "0.0123" && Readable.amount(.nan) == "-")
  }
}
