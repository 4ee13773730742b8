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

        Site         GPUs    busy    PUE  energy MWh  of it idle  stalled  cost USD  carbon t
        columbus      256  50.0 %  1.150        4.35        1.50    0.125       401      1.50
        omaha         512  70.0 %  1.100        8.00        2.00    0.375       834      3.00
        all sites     768  63.1 %              12.35        3.50    0.500     1,235      4.50
        Peak kW      columbus 250, omaha 500
        Power cap    held work back: columbus 1.50 h

        Link            used  queue p99  carried  dropped
        site0->site1  12.5 %    12.5 us      0 B      0 B
        site1->site2  12.5 %    12.5 us  1.00 GB      0 B
        WAN          12.3 TB in 40 flows, slowdown of transfers: mean 1.25, p50 1.00, p99 2.50; its
                     equipment drew 0.250 MWh

        Engine       3 processes, 12,345 windows, 67,890 messages, 12.3 s, 1 agent restarted
        Assumed      Traffic between sites costs nothing.
        Digest       0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        Results in   runs/two-regions

        """)
  }

  @Test func calendarWaterAndBillAreShownWhereTheyAre() throws {
    let lines = lines(
      ResultsTable(try summary(calendar: "2023-10-09T00:00:00Z", demand: 765.5, water: 12.5), directory: nil))
    #expect(lines.contains("Calendar     the run begins at 2023-10-09T00:00:00Z of prices, carbon and weather"))
    #expect(lines.contains { $0.hasPrefix("Site") && $0.hasSuffix("water m3") })
    #expect(lines.contains("Bill USD     energy 1,235, demand 765, traffic 0, together 2,000"), "\(lines)")
    #expect(lines.allSatisfy { $0.count <= 100 })
  }

  /// Parts as printed add up to the total as printed.
  @Test func columnsAddUp() {
    #expect(Readable.column([75.01, 29.38, 81.02, 120.04, 83.55]).parts == ["75.0", "29.4", "81.0", "120.0", "83.6"])
    #expect(Readable.column([75.01, 29.38, 81.02, 120.04, 83.55]).total == "389.0")
    #expect(Readable.column([]).total == "0.00" && Readable.column([0.001, 0.0004]).parts == ["0.00100", "0.00040"])
    var state: UInt64 = 3
    for _ in 0..<2000 {
      let values = (0..<5).map { _ -> Double in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(Int64(bitPattern: state) >> 40) / 1000
      }
      let column = Readable.column(values)
      func number(_ text: String) -> Double { Double(text.filter { $0 != "," })! }
      #expect(abs(column.parts.map(number).reduce(0, +) - number(column.total)) < 1e-6, "\(column)")
      for (text, value) in zip(column.parts, values) { #expect(abs(number(text) - value) < 1) }
    }
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
