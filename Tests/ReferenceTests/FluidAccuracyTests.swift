// SPDX-License-Identifier: Apache-2.0

import Congestion
import CongestionControl
import Network
import Quantities
import ScenarioFile
import Testing

/// The fluid level against the packet level on the experiments of `Documentation/FluidAccuracy.md`, with two or three
/// seeds: mean completion times with the same arrivals. The page has ten seeds, all algorithms and the reason of each miss.
@Suite struct FluidAccuracyTests {
  /// Mean completion time at fluid level over that at packet level, all flows of all seeds.
  private func ratio(_ file: String, _ algorithm: (name: String, preset: String?), seeds: [UInt64]) throws -> Double {
    let path = Place.root.appendingPathComponent("Experiments/\(file).yaml").path
    let compiler = try ExperimentCompiler(ExperimentReader.read(path: path))
    var agreement = LevelAgreement(
      level: .fluid, reference: .packet, tolerances: .init(general: 0.05), experiments: [file])
    var pairs: [LevelAgreement.Pair] = []
    for seed in seeds {
      let spec = ControllerSpec(name: algorithm.name, preset: algorithm.preset, parameters: [])
      let plan = try compiler.plan(
        algorithm: .init(spec: spec, origin: .init(file: path, field: "algorithms")), seed: seed)
      let outcomes = try [ExperimentLevel.packet, .fluid].map { (level: ExperimentLevel) -> LevelAgreement.Outcome in
        let part = plan.makePart(level: level, partOf: plan.nodes.map { _ in 0 }, part: 0)
        _ = try part.advance(to: plan.duration + .tick, inbox: [])
        return LevelAgreement.Outcome(part.finish(), cpuSeconds: 0)
      }
      pairs.append(.init(plan: plan, reference: outcomes[0], level: outcomes[1]))
    }
    agreement.add(pairs, to: 0)
    let row = agreement.sections[0].rows[0]
    #expect(row.unfinished == 0)
    print("\(file) \(row.algorithm.title): fluid \(row.error >= 0 ? "+" : "")\(row.error * 100) %")
    return 1 + row.error
  }

  /// Parking lots: long flows through two bottlenecks, which hold windows, rates and queues against each other.
  @Test(
    arguments: [
      ("oracle", nil, 0.001), ("dcqcn", "paper", 0.03), ("bbr", "v1", 0.05), ("hpcc", nil, 0.05),
      ("powertcp", nil, 0.05), ("nscc", nil, 0.05), ("timely", "long-haul", 0.05),
    ] as [(String, String?, Double)])
  func parkingLot(name: String, preset: String?, tolerance: Double) throws {
    let ratio = try ratio("fluid-parking-lot-100", (name, preset), seeds: [1, 2, 3])
    #expect(abs(ratio - 1) <= tolerance)
  }

  /// Incast: bursts of first windows, overflow, retransmission, the tail of flows.
  @Test(
    arguments: [
      ("oracle", nil, 0.001), ("dcqcn", "paper", 0.03), ("timely", "long-haul", 0.05), ("uno", nil, 0.05),
    ] as [(String, String?, Double)])
  func incast(name: String, preset: String?, tolerance: Double) throws {
    let ratio = try ratio("fluid-incast-100", (name, preset), seeds: [1, 2, 3])
    #expect(abs(ratio - 1) <= tolerance)
  }

  /// Half of a bandwidth-delay product beside long flows.
  @Test(
    arguments: [
      ("oracle", nil, 0.001), ("dcqcn", "paper", 0.03), ("powertcp", nil, 0.05),
    ] as [(String, String?, Double)])
  func singleBottleneck(name: String, preset: String?, tolerance: Double) throws {
    let ratio = try ratio("fluid-single-bottleneck-100", (name, preset), seeds: [1, 2, 3])
    #expect(abs(ratio - 1) <= tolerance)
  }
}
