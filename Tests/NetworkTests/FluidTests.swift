// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Testing
import Topology

@Suite struct FluidTests {
  /// 100 random flows over a mesh of five sites: every byte arrives, nothing is left, no invariant breaks.
  @Test(arguments: ["distance-aware", "dcqcn", "cubic"])
  func everyByteArrives(name: String) throws {
    let map = try fleet(
      ["a", "b", "c", "d", "e"],
      [(0, 1, 800, 4900), (1, 2, 400, 8000), (2, 3, 800, 7500), (3, 4, 400, 5600), (0, 2, 800, 9000)])
    let model = NetworkModel(fleet: map, algorithm: try algorithm(name))
    var simulation = FluidSimulation(model: model)
    simulation.checked = true
    var random = RandomStream(seed: 3, name: "flows")
    var sizes: [FlowID: BitTicks] = [:]
    for k in 0..<100 {
      simulation.run(until: .seconds(Double(k) * 0.3))
      let from = random.below(5)
      let to = (from + 1 + random.below(4)) % 5
      let spec = flow(k, from, to, bytes: 1_000_000_000 + Int64(random.below(100_000_000_000)))
      sizes[spec.id] = spec.amount
      simulation.open(spec)
    }
    simulation.run(until: .seconds(3600))
    print("\(name): \(simulation.events) events, \(simulation.messages) messages")
    var delivered = 0
    for happening in simulation.happened {
      if case .delivered(let spec) = happening.event {
        delivered += 1
        #expect(sizes[spec.id] == spec.amount)
      }
    }
    #expect(delivered == 100)
    for port in model.ports.indices {
      let t = simulation.totals(port: port)
      #expect(t.bitsIn == t.bitsOut + t.queued + t.dropped || t.dropped > 0)
      #expect(t.queued == 0)
    }
  }
}
