// SPDX-License-Identifier: Apache-2.0

import Foundation
import Report
import Results
import Testing

@Suite struct ComparisonTests {
  private func lines(_ comparison: Comparison) -> [String] {
    ComparisonTable(comparison).description.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Three windows: b is 1 h below a in each, c is above and below a by turns.
  private func three() throws -> Comparison {
    Comparison(
      try comparisonData(
        [
          ("a", [(4, 100), (6, 200), (8, 300)]), ("b", [(3, 150), (5, 250), (7, 350)]),
          ("c", [(5, 90), (5, 190), (8, 290)]),
        ], bound: 40))
  }

  @Test func meansAndIntervalsOverWindows() throws {
    let rows = try three().cases[0].rows
    let a = try #require(rows[0]["jct_mean_s"])
    #expect(a.mean == 6 * 3600)
    // All windows the first, all the last: chances of 1/27 each, so that 95 % leave them in.
    #expect(a.low == 4 * 3600 && a.high == 8 * 3600)
    #expect(rows[0]["wait_mean_s"] == nil)
  }

  @Test func pairedDifferencesSeeWhatIntervalsHide() throws {
    let one = try three().cases[0]
    let pair = try #require(one.pairs.first { $0.a == 0 && $0.b == 1 && $0.metric == "jct_mean_s" })
    // The intervals of a and b overlap widely; their difference is an hour in every window.
    #expect(pair.difference.mean == -3600 && pair.difference.low == -3600 && pair.difference.high == -3600)
    #expect(pair.lower == 3)
    // c is 2, 0 and 1 h above b: the draws that take the second window alone leave zero in the interval.
    #expect(one.rows.map { $0.ranks["jct_mean_s"] } == [2, 1, 1])
    #expect(one.rows.map { $0.ranks["jobs_cost_usd"] } == [2, 3, 1])
  }

  @Test func gapsAreToTheBoundAtTheOwnCompletionTime() throws {
    let rows = try three().cases[0].rows
    // At 3 h of b's first window the tangent gives 80 - 20 x (3 - 2) = 60, at 5 and 7 h the bound without limit: 40.
    let limit = 140.0 / 3
    let bound = try #require(rows[1].bounds["jobs_cost_usd"])
    #expect(abs(bound - limit) < 1e-9)
    let gap = try #require(rows[1].gaps["jobs_cost_usd"])
    #expect(abs(gap - (250 / limit - 1)) < 1e-9)
    let slower = try #require(rows[0].gaps["jct_mean_s"])
    #expect(abs(slower - 5) < 1e-12)
  }

  @Test func nothingIsRankedThatLeftJobsUndone() throws {
    let data = try comparisonData([("a", [(4, 100), (6, 200)]), ("b", [(1, 50), (1, 60)])], bound: 40) {
      policy, window, run in
      policy == 1 && window == 1
        ? try portrait(policy: "b", jct: 3600, cost: 60, unfinished: 3, hash: "some") : run
    }
    let comparison = Comparison(data)
    let rows = comparison.cases[0].rows
    #expect(rows[1].undone == 3 && rows[1].ranks.isEmpty && rows[1].gaps.isEmpty)
    #expect(rows[0].ranks["jct_mean_s"] == 1)
    #expect(comparison.cases[0].pairs.isEmpty)
    #expect(comparison.notes.contains { $0.hasPrefix("b: 3 jobs") })
    #expect(lines(comparison).contains { $0.hasPrefix("b !") })
    #expect(Comparison.pareto(rows) == [0])
  }

  @Test func oneWindowRanksNothing() throws {
    let comparison = Comparison(try comparisonData([("a", [(4, 100)]), ("b", [(3, 150)])]))
    #expect(comparison.cases[0].rows.allSatisfy { $0.ranks.isEmpty })
    let value = try #require(comparison.cases[0].rows[0]["jct_mean_s"])
    #expect(value.low == value.mean && value.high == value.mean)
    #expect(comparison.notes.contains { $0.contains("low and high equal the mean") })
    #expect(Comparison.pareto(comparison.cases[0].rows) == [0, 1])
  }

  @Test func tablesMarkTheBestAndStayWithinTheirWidth() throws {
    let long = "fifo@balanced(cost=1,latency=0.2)~wait-awhile(slack=24h)"
    let comparison = Comparison(
      try comparisonData([("fifo", [(2400, 123_456_789), (2400, 1)]), (long, [(2000, 1), (2000, 1)])], bound: 0.2))
    let lines = lines(comparison)
    #expect(lines.allSatisfy { $0.count <= 100 }, "\(lines)")
    #expect(lines.contains(long))
    #expect(lines.contains { $0.contains("61.7M ") } && lines.contains { $0.hasPrefix("bound") })
    #expect(lines.contains { $0.contains("83.33*") })
  }

  @Test func filesAreWholeAndTheSameEachTime() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("longhaul-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let comparison = try three()
    try comparison.write(to: folder, report: "page")
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/comparison.json"))
    #expect(try three().json.text == String(decoding: data, as: UTF8.self))
    let root = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let policies = try #require(root["policies"] as? [[String: Any]])
    #expect(policies.compactMap { $0["policy"] as? String } == ["a", "b", "c"])
    let metrics = try #require(policies[0]["metrics"] as? [String: [String: Any]])
    #expect(metrics["jct_mean_s"]?["mean"] as? Double == 21_600)
    // What does not apply is empty, not 0.
    #expect(metrics["egress_usd"]?["mean"] is NSNull)
    #expect((root["bounds"] as? [String: [String: Any]])?["jobs_cost_usd"]?["mean"] as? Double == 40)
    #expect((root["paired"] as? [[String: Any]])?.isEmpty == false)
    let csv = String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder + "/comparison.csv")), as: UTF8.self)
      .split(separator: "\n")
    #expect(csv[0] == "policy,metric,mean,low,high,bound,gap_to_bound,rank,case")
    #expect(csv.contains { $0.hasPrefix("a,jct_mean_s,21600,14400,28800,3600,5,2,") })
    #expect(csv.contains("a,egress_usd,,,,,,,two sites"))
    let again = Comparison(try ComparisonData.read(folder))
    #expect(again.json.text == String(decoding: data, as: UTF8.self))
  }

  @Test func thePageNeedsNothingElse() throws {
    let page = ComparisonReport(try three(), library: ChartLibrary(script: "/* charts */")).html
    for part in ["<h1>two &lt;sites&gt;</h1>", "/* charts */", "id=\"scatter-0\"", "<svg", "How to repeat it"] {
      #expect(page.contains(part), "no \(part)")
    }
    #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("src="))
    // Where a file lay is nobody's business.
    #expect(!page.contains("/somewhere/"))
    #expect(page.contains("--set 'workloads[0].start=0 s'"))
    let bare = ComparisonReport(try three(), library: nil).html
    #expect(!bare.contains("<canvas") && bare.contains("has no charts") && bare.contains("<table"))
  }

  /// One more wavelength is computed or left to a command, never invented.
  @Test func whatWasNotComputedIsNotClaimed() throws {
    let page = ComparisonReport(try three(), library: nil).html
    #expect(page.contains("Not computed here") && page.contains("links[a-b].wavelengths=1,2"))
  }
}
