// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Topology

/// Random transfers over a mesh of five sites, for the fluid network without jobs.
struct FlowMix {
  var flows: Int
  /// Mean time between two starts.
  var gap: Double
  var least: Int64
  var most: Int64

  struct Outcome {
    var cpuSeconds: Double
    var events: UInt64
    var messages: Int
    /// Seconds from the start of each flow to its last byte.
    var durations: [Double]
  }

  static func model(_ algorithm: String, leaps: Bool = true) throws -> NetworkModel {
    let names = ["a", "b", "c", "d", "e"]
    let ends = [(0, 1, 800, 4900), (1, 2, 400, 8000), (2, 3, 800, 7500), (3, 4, 400, 5600), (0, 2, 800, 9000)]
    let fleet = try Fleet(
      sites: names.map {
        SiteSpec(
          id: $0, at: Coordinates(latitude: 0, longitude: 0),
          pools: [GPUPool(model: "h100", count: 8, perNode: 8, scaleUpDomain: 8)], nicRate: .gigabits(400),
          oversubscription: 1)
      },
      links: ends.map { a, b, rate, delay in
        LinkSpec(
          id: "\(names[a])-\(names[b])", ends: (a, b), kilometres: 1000, medium: "smf", optics: "", wavelengths: 1,
          capacity: .gigabits(Int64(rate)), delay: .microseconds(Int64(delay)), bufferBytes: 64_000_000, loss: 0,
          changes: [])
      })
    return NetworkModel(
      fleet: fleet, algorithm: try Algorithm(name: algorithm, preset: nil, parameters: []), leaps: leaps)
  }

  func play(_ model: NetworkModel, seed: UInt64) throws -> Outcome {
    var random = RandomStream(seed: seed, name: "flow mix")
    var specs: [(start: Time, spec: FlowSpec)] = []
    var start = 0.0
    for k in 0..<flows {
      start += random.exponential(mean: gap)
      let from = random.below(5)
      let bytes = least + Int64(random.uniform() * Double(most - least))
      specs.append(
        (
          .seconds(start),
          FlowSpec(
            id: FlowID(job: Int32(k), segment: 0, ordinal: 0), source: from,
            destination: (from + 1 + random.below(4)) % 5,
            amount: BitTicks(bytes: bytes), limit: .gigabits(3200))
        ))
    }
    let watch = Stopwatch()
    var simulation = FluidSimulation(model: model)
    for (start, spec) in specs {
      simulation.run(until: start)
      simulation.open(spec)
    }
    simulation.run(until: .seconds(start + 36_000))
    let seconds = watch.cpuSeconds
    var durations = [Double](repeating: -1, count: flows)
    for happening in simulation.happened {
      guard case .delivered(let spec) = happening.event else { continue }
      durations[Int(spec.id.job)] = (happening.at - specs[Int(spec.id.job)].start).seconds
    }
    guard durations.allSatisfy({ $0 >= 0 }) else { throw BenchmarkError("a flow has not arrived within ten hours") }
    return Outcome(
      cpuSeconds: seconds, events: simulation.events, messages: simulation.messages, durations: durations)
  }
}
