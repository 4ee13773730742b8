// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import Results
import Runs
import ScenarioFile
import Testing

/// Racks that small jobs have filled unevenly, and one job of 72 GPUs.
@Suite struct FabricTests {
  func racks(_ overrides: [(String, String)] = []) throws -> Scenario {
    try ScenarioReader.read(
      path: root + "/Scenarios/fragmented-racks.yaml",
      overrides: ScenarioOverrides(set: overrides.map { (path: $0.0, value: $0.1) }))
  }

  func fabric(_ scenario: Scenario) throws -> (summary: Summary, rows: [[String]]) {
    let scratch = try Scratch()
    let summary = try EmulationRun.new(scenario, at: scratch.file("run"), options: options(.inline)).run()
    let text = try String(contentsOfFile: scratch.file("run/fabric.csv"), encoding: .utf8)
    return (summary, text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) })
  }

  @Test func wholeDomainsAreKept() throws {
    let aware = try fabric(try racks())
    let unaware = try fabric(try racks([("sites[*].fabric.placement", "index")]))
    let large = { (rows: [[String]]) in try #require(rows.first { $0[0] == "large" }) }
    let (a, b) = (try large(aware.rows), try large(unaware.rows))
    // One rack, no crossing: 2 x 71/72 x 141.2 GB at 900 GB/s, and nothing between domains.
    #expect(a[4] == "1" && a[6] == "1")
    let scaleUp: Double = 2 * 71 / 72.0 * 141.2e9 / 900e9
    let reported = Double(a[8])!
    #expect(abs(reported - scaleUp) < 1e-6)
    #expect(Double(a[9])! == 0)
    // Scattered: the smallest share sets the pace of m domains through a fabric with four times less.
    let domains = Double(b[4])!
    #expect(domains > 1 && b[5] == "1")
    let volume: Double = 2 * (domains - 1) / domains * 141.2e9
    let scaleOut = Double(b[9])!
    let least = volume / (scaleOut * 400e9 / 8 / 4)
    #expect(abs(least - least.rounded()) < 1e-6 && least >= 1 && least < 72)
    #expect(Double(b[13])! > 1.5 * Double(a[13])!, "the iteration: \(a[13]) s and \(b[13]) s")
    #expect(aware.summary.fabric!.domainsOverLeast! < unaware.summary.fabric!.domainsOverLeast!)
    #expect(aware.summary.fabric!.scattered < unaware.summary.fabric!.scattered)
    // Every row adds up: computing, what is not hidden inside, what is not hidden across.
    for row in aware.rows + unaware.rows {
      let terms = row[7...].map { Double($0)! }
      #expect(abs(terms[0] + terms[4] + terms[5] - terms[6]) < 1e-9 * terms[6])
    }
  }

  /// 1,024 GPUs on two sites, 32 times less between them than at their interfaces. Gradients of 177 B parameters in 16 bits
  /// are 2.83 Tb; at 3.2 Tb/s they take 0.885 s, less than the 5.47 s of the backward pass: what shows is the last of 96
  /// layers and the round trip. A cut of 50 ms costs that time and no more than a few round trips besides.
  @Test func taperedSites() throws {
    func seconds(_ overrides: [(String, String)]) throws -> Double {
      let scenario = try ScenarioReader.read(
        path: root + "/Scenarios/two-sites-tapered.yaml",
        overrides: ScenarioOverrides(set: overrides.map { (path: $0.0, value: $0.1) }))
      let summary = try run(scenario)
      #expect(summary.jobs.split == 1 && summary.jobs.completed == 1)
      return summary.jobs.jct.mean!
    }
    let data = try seconds([])
    let share = 3600 / data
    #expect(share > 0.985 && share < 1, "\(share)")
    let exposed = 2.832e12 / 3.2e12 / 96 + 2 * 2.4575e-3
    #expect(abs(data / 3600 - 1 - exposed / 8.2) < 0.004)
    let pipeline = try seconds([("models.parallelism", "pipeline(micro_batches=64, in_flight=8)")])
    #expect(pipeline > data && 3600 / pipeline > 0.9)
    for method in ["data", "pipeline(micro_batches=64, in_flight=8)"] {
      let whole = try seconds([("models.parallelism", method)])
      let cut = try seconds([
        ("models.parallelism", method), ("faults", "[{link: near-far, at: 30 min, duration: 50 ms}]"),
      ])
      #expect(cut - whole > 0.04 && cut - whole < 0.12, "\(method): \(cut - whole) s")
    }
  }
}
