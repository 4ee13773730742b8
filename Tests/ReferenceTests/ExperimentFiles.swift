// SPDX-License-Identifier: Apache-2.0

import Congestion
import CongestionControl
import Network
import Quantities
import ScenarioFile
import Testing

/// One algorithm of an experiment of the repository at packet level.
struct ExperimentOutcome {
  var plan: NetworkPlan
  var result: ExperimentResult

  /// - Parameters:
  ///   - name: of the file in `Experiments`, without its ending.
  ///   - algorithm: which of those that it lists.
  ///   - configure: changes the plan before it is run.
  init(_ name: String, algorithm: Int = 0, configure: (inout NetworkPlan) -> Void = { _ in }) throws {
    let path = Place.root.appendingPathComponent("Experiments/\(name).yaml").path
    let compiler = try ExperimentCompiler(ExperimentReader.read(path: path))
    plan = try compiler.plan(algorithm: compiler.experiment.algorithms[algorithm], seed: compiler.experiment.seeds[0])
    configure(&plan)
    var experiment = PacketExperiment(plan: plan)
    result = experiment.run()
  }

  /// Position of the port from one node to another.
  func port(_ from: String, _ to: String) throws -> Int {
    try #require(
      plan.ports.indices.first {
        plan.nodes[plan.ports[$0].from].name == from && plan.nodes[plan.ports[$0].to].name == to
      }, "no port from \(from) to \(to)")
  }
}

/// Jain's index: one if all are equal, 1/n if one has everything.
func jain(_ values: [Double]) -> Double {
  let sum = values.reduce(0, +)
  return sum * sum / (Double(values.count) * values.reduce(0) { $0 + $1 * $1 })
}

extension ExperimentResult.Flow {
  /// Payload bits per second after the warm-up.
  var goodput: Double { measured > .zero ? Double(delivered) * 8 / measured.seconds : 0 }
}
