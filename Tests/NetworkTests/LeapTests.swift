// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Testing
import Topology

/// What it costs to leap over the steady state of a controller that never rests.
@Suite struct LeapTests {
  /// Two flows of 40 GB from different sites share a port of 100 Gb/s; the second joins after 3 s. Transfers take as
  /// long with leaps as without, but for a difference that is printed here and stated where leaps are explained.
  @Test(arguments: ["dcqcn", "cubic"]) func meanTransferTime(name: String) throws {
    let map = try fleet(["a", "b", "m", "z"], [(0, 2, 200, 500), (1, 2, 200, 1000), (2, 3, 100, 2000)])
    func times(leaps: Bool) throws -> (fct: [Double], events: UInt64) {
      let model = NetworkModel(fleet: map, algorithm: try algorithm(name), leaps: leaps)
      var simulation = FluidSimulation(model: model)
      simulation.open(flow(0, 0, 3, bytes: 40_000_000_000))
      simulation.run(until: .seconds(3))
      simulation.open(flow(1, 1, 3, bytes: 40_000_000_000))
      simulation.run(until: .seconds(120))
      expectConserved(&simulation, model)
      let done = simulation.deliveries
      return ([try #require(done[0]).seconds, try #require(done[1]).seconds - 3], simulation.events)
    }
    let (with, without) = (try times(leaps: true), try times(leaps: false))
    let mean = (with: (with.fct[0] + with.fct[1]) / 2, without: (without.fct[0] + without.fct[1]) / 2)
    let difference = (mean.with - mean.without) / mean.without
    print(
      "\(name): \(with.fct) s with leaps (\(with.events) events), \(without.fct) s without (\(without.events) events),",
      "the mean differs by \(difference * 100) %")
    #expect(abs(difference) < 0.1)
    #expect(with.events < without.events)
  }
}
