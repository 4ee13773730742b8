// SPDX-License-Identifier: Apache-2.0

import Foundation
import Report
import Results
import Runs
import ScenarioFile
import Testing

/// The bounds price as the meters of a run do: no policy is below them, and where there is no choice they are met.
@Suite struct BoundTests {
  private func compare(_ yaml: String, policies: [String], replicates: Int = 1) throws -> Comparison.Case {
    let scratch = try Scratch()
    try yaml.write(toFile: scratch.file("small.yaml"), atomically: true, encoding: .utf8)
    var request = ComparisonRequest(scenarios: [scratch.file("small.yaml")], policies: policies)
    request.replicates = replicates
    request.links = false
    let runner = try ComparisonRunner(
      request, directory: scratch.file("out"), options: .init(driver: .inline, jobs: 2), force: false)
    return try Comparison(runner.run()).cases[0]
  }

  /// Queues, split jobs, staging, preemption with checkpoints, throttling, hourly prices and hourly PUE.
  @Test(arguments: ["ideal", "fluid"]) func noPolicyIsBelowThem(level: String) throws {
    var fleet = SmallFleet()
    fleet.level = level
    fleet.philly = 150
    fleet.llm = 6
    fleet.betaPower = "{cap: 30 kW, pue: 1.3}"
    let yaml = fleet.yaml.replacingOccurrences(of: "price: {constant: 40 USD/MWh}", with: "price: {profile: caiso}")
      .replacingOccurrences(of: "carbon: {constant: 400 g/kWh}", with: "carbon: {profile: caiso}")
    #expect(yaml.contains("profile"))
    let policies = [
      "fifo-skip@first-fit", "srtf-skip@cheapest-energy", "sjf-skip@balanced(cost=1,latency=0.2)",
      "fifo+easy@carbon-greedy",
    ]
    let one = try compare(yaml, policies: policies, replicates: 2)
    var gaps: [Double] = []
    for row in one.rows {
      #expect(row.undone == 0)
      for metric in Comparison.bounded {
        let gap = try #require(row.gaps[metric], "\(row.policy) \(metric)")
        #expect(gap >= -1e-9, "\(row.policy) is \(-gap) below the bound of \(metric)")
        gaps.append(gap)
      }
    }
    print("gaps to the bounds, \(level): \(gaps.map { ($0 * 1000).rounded() / 1000 })")
  }

  /// One job, one site, one price: the bound is the run, to the last digit that floats allow.
  @Test func whereThereIsNoChoiceTheyAreMet() throws {
    let yaml = """
      name: one
      sites:
        - id: only
          at: {latitude: 41, longitude: -95}
          gpus: {model: h100, count: 8, per_node: 8, scale_up_domain: 8}
          fabric: {optics: 800g-2xdr4, oversubscription: 1}
          power: {pue: 1.25}
          price: {constant: 50 USD/MWh}
          carbon: {constant: 300 g/kWh}
      coordinator: {delay: 0 s}
      network: {level: ideal, congestion_control: distance-aware}
      scheduler: {policy: fifo, estimates: exact}
      workloads: [{synthetic: philly, jobs: 1, seed: 3}]
      models: {assignment: none, data_home: uniform}
      """
    let row = try compare(yaml, policies: ["fifo"]).rows[0]
    for metric in Comparison.bounded {
      let gap = try #require(row.gaps[metric])
      #expect(abs(gap) < 1e-6, "\(metric): \(gap)")
    }
  }
}
