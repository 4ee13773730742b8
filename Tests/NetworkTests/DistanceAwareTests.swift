// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Simulation
import Testing
import Topology

/// Explicit rates granted over long fibres: fair at any distance, and no queue while capacity does not change.
@Suite struct DistanceAwareTests {
  /// 4.895 us/km: a near source at 10 km and a far one at 2,000 km from site m, and 100 km from there to the sink.
  private func nearAndFar(
    bufferBytes: Int64 = 64_000_000, changes: [CapacityChange] = []
  ) throws -> NetworkModel {
    let map = try fleet(
      ["far", "m", "near", "sink"], [(0, 1, 800, 9790), (2, 1, 800, 49), (1, 3, 400, 490)], bufferBytes: bufferBytes,
      changes: changes, changed: 2)
    return NetworkModel(fleet: map, algorithm: try algorithm("distance-aware"))
  }

  private func isNear(_ value: Double, _ expected: Double, within share: Double) -> Bool {
    abs(value - expected) <= share * expected
  }

  /// Nothing was ever queued or dropped.
  private func expectNoQueue(_ simulation: inout FluidSimulation, _ model: NetworkModel) {
    for port in model.ports.indices {
      #expect(simulation.totals(port: port).dropped == 0)
      let queueing = simulation.sites[model.ports[port].owner].queueing(port: port)
      #expect(queueing.maximum < 1e-3, "port \(port) has made bits wait for \(queueing.maximum) us")
    }
  }

  /// Both get half of 400 Gb/s within a second, whoever comes first; when one leaves, the other gets all of it.
  @Test(arguments: [(0, 2), (2, 0)]) func nearAndFarFlowShareEqually(first: Int, second: Int) throws {
    let model = try nearAndFar()
    var simulation = FluidSimulation(model: model)
    simulation.checked = true
    simulation.open(flow(0, first, 3, bytes: 0))
    let alone = simulation.run(until: .seconds(1)) { isNear($0.gigabits(0), 400, within: 0.03) }
    simulation.open(flow(1, second, 3, bytes: 0))
    let both = simulation.run(until: .seconds(2)) {
      isNear($0.gigabits(0), 200, within: 0.03) && isNear($0.gigabits(1), 200, within: 0.03)
    }
    simulation.close(flow(1, second, 3, bytes: 0).id, from: second)
    let again = simulation.run(until: .seconds(3)) { isNear($0.gigabits(0), 400, within: 0.03) }
    let times = try [(alone, 0), (both, 1), (again, 2)].map { (try #require($0.0).seconds - $0.1) * 1000 }
    print("distance-aware, \(first) then \(second): alone, joined and alone again after \(times) ms")
    expectNoQueue(&simulation, model)
    expectConserved(&simulation, model)
    simulation.close(flow(0, first, 3, bytes: 0).id, from: first)
    simulation.run(until: .seconds(4))
    #expect(simulation.sites.allSatisfy { $0.portsAreEmpty && $0.openFlows == 0 })
  }

  /// Both at once.
  @Test func openedAtOneInstant() throws {
    let model = try nearAndFar()
    var simulation = FluidSimulation(model: model)
    simulation.checked = true
    simulation.open(flow(0, 0, 3, bytes: 0))
    simulation.open(flow(1, 2, 3, bytes: 0))
    let both = simulation.run(until: .seconds(1)) {
      isNear($0.gigabits(0), 200, within: 0.03) && isNear($0.gigabits(1), 200, within: 0.03)
    }
    print("distance-aware, both at once: shared after \(try #require(both).seconds * 1000) ms")
    expectNoQueue(&simulation, model)
    expectConserved(&simulation, model)
  }

  /// Five flows over a row of links of different capacities and lengths: the rates settle at the shares that
  /// progressive filling gives, though no port knows any other.
  @Test func parkingLotConvergesToMaxMin() throws {
    let map = try fleet(
      ["a", "b", "c", "d", "e"], [(0, 1, 400, 4895), (1, 2, 800, 1958), (2, 3, 200, 49), (3, 4, 400, 9790)])
    let model = NetworkModel(fleet: map, algorithm: try algorithm("distance-aware"))
    let pairs = [(0, 4), (0, 2), (1, 3), (1, 2), (3, 4)]
    var ideal = IdealNetwork(capacities: model.ports.map(\.capacity))
    var events: [IdealNetwork.Event] = []
    var simulation = FluidSimulation(model: model)
    simulation.checked = true
    for (k, pair) in pairs.enumerated() {
      let spec = flow(k, pair.0, pair.1, bytes: 0)
      ideal.open(spec, path: model.routes[pair.0][pair.1], demand: spec.limit, at: .zero)
      simulation.run(until: .seconds(Double(k) * 0.013))
      simulation.open(spec)
    }
    ideal.settle(at: .zero, &events)
    // By hand: c-d gives 100 each to the flows a-e and b-d; a-b leaves 300 to a-c and d-e 300 to its own; b-c leaves
    // 800 - 100 - 300 - 100 = 300 to b-c.
    let shares = pairs.indices.map { ideal.rate(of: flow($0, 0, 1, bytes: 0).id)!.double / 1e9 }
    for (share, expected) in zip(shares, [100.0, 300, 100, 300, 300]) { #expect(isNear(share, expected, within: 1e-9)) }
    let settled = simulation.run(until: .seconds(3)) { now in
      shares.indices.allSatisfy { isNear(now.gigabits($0), shares[$0], within: 0.02) }
    }
    print(
      "distance-aware, parking lot: rates \(shares.indices.map { simulation.gigabits($0) }) after",
      "\(try #require(settled).seconds * 1000) ms")
    expectNoQueue(&simulation, model)
    expectConserved(&simulation, model)
  }

  /// The bottleneck falls from 400 to 200 Gb/s under two flows of 198. The near one, 0.098 ms away and back, and the
  /// far one, 19.58 ms, go on sending until they know: 196 Gb/s too much for 0.098 ms and 97 for the rest, 239 MB at
  /// most; less, because the port asks the near one for what it has to drain. A buffer of 1 GB takes that and drops
  /// nothing; one of 64 MB drops no more than what does not fit. What is queued then drains, and both have their half.
  @Test(arguments: [1_000_000_000, 64_000_000] as [Int64]) func capacityHalves(bufferBytes: Int64) throws {
    let model = try nearAndFar(
      bufferBytes: bufferBytes, changes: [CapacityChange(at: .seconds(1), capacity: .gigabits(200))])
    let bottleneck = port(model, 1, 3)
    var simulation = FluidSimulation(model: model)
    simulation.checked = true
    simulation.open(flow(0, 0, 3, bytes: 0))
    simulation.open(flow(1, 2, 3, bytes: 0))
    simulation.run(until: .seconds(1))
    #expect(simulation.totals(port: bottleneck).queued == 0)
    simulation.run(until: .seconds(1) + .microseconds(19_580))
    expectConserved(&simulation, model)
    let after = simulation.totals(port: bottleneck)
    let surplus = (196e9 * 98e-6 + 97e9 * (19_580e-6 - 98e-6)) / 8
    #expect(after.queued.bytesDouble + after.dropped.bytesDouble <= 1.01 * surplus)
    #expect(after.queued > 0)
    simulation.run(until: .seconds(2.5))
    let end = simulation.totals(port: bottleneck)
    #expect(end.queued == 0)
    #expect(end.dropped.bytesDouble <= 1.05 * max(0, surplus - Double(bufferBytes)))
    #expect(isNear(simulation.gigabits(0), 100, within: 0.03) && isNear(simulation.gigabits(1), 100, within: 0.03))
    expectConserved(&simulation, model)
    // Nowhere else was anything dropped.
    for port in model.ports.indices where port != bottleneck { #expect(simulation.totals(port: port).dropped == 0) }
  }
}
