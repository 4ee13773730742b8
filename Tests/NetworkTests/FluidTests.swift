// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Testing
import Topology

@Suite struct FluidTests {
  /// 100 random flows over a mesh of five sites: every byte arrives, nothing is left, no invariant breaks.
  @Test(arguments: algorithmNames)
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
      if k % 10 == 0 { expectConserved(&simulation, model) }
      // Looking at every port after every event takes longer than the events.
      if k == 30 { simulation.checked = false }
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
    expectConserved(&simulation, model)
    for port in model.ports.indices { #expect(simulation.totals(port: port).queued == 0) }
  }

  /// Fibres a-b-c that lose one packet in 10,000. The receiver has every bit in the end, and the books balance over two
  /// ports: what came into the first is what came into the second and what was lost or dropped between.
  @Test(arguments: algorithmNames) func everyByteArrivesOverLossyFibres(name: String) throws {
    let map = try fleet(["a", "b", "c"], [(0, 1, 100, 500), (1, 2, 40, 500)], loss: 1e-4)
    let model = NetworkModel(fleet: map, algorithm: try algorithm(name))
    var simulation = FluidSimulation(model: model)
    simulation.checked = true
    let sizes: [Int64] = [1, 1_000_000, 300_000_000, 1_000_000_000]
    for (k, size) in sizes.enumerated() { simulation.open(flow(k, 0, 2, bytes: size)) }
    simulation.run(until: .seconds(600))
    let times = simulation.deliveries
    print(
      "\(name) over lossy fibres: \(simulation.events) events, delivered at",
      "\(times.sorted { $0.key < $1.key }.map(\.value.seconds)) s")
    #expect(times.count == sizes.count)
    #expect(simulation.sites.allSatisfy { $0.portsAreEmpty && $0.openFlows == 0 })
    let (first, second) = (simulation.totals(port: port(model, 0, 1)), simulation.totals(port: port(model, 1, 2)))
    #expect(first.queued == 0 && second.queued == 0)
    #expect(first.bitsIn == second.bitsIn + first.dropped)
    #expect(first.dropped > 0 && second.dropped > 0)
    // At least what was wanted has come out at the end, and the last port has sent all that it let in.
    let wanted = BitTicks(bytes: sizes.reduce(0, +))
    #expect(second.bitsIn - second.dropped >= wanted)
    #expect(second.bitsOut <= second.bitsIn)
    // Of two losses one is at most 1.0001e-4 of all; a little is lost again of what is sent again.
    let lost = (first.bitsOut - second.bitsIn).bytesDouble
    #expect(lost <= 1.001e-4 * first.bitsOut.bytesDouble)
  }

  /// A link that is cut from 1 s to 3 s, in the middle of everything: flows survive, and those opened meanwhile wait.
  @Test(arguments: algorithmNames) func outage(name: String) throws {
    let map = try fleet(
      ["a", "b", "c"], [(0, 1, 100, 2000), (1, 2, 100, 3000)],
      changes: [
        CapacityChange(at: .seconds(1), capacity: .zero), CapacityChange(at: .seconds(3), capacity: .gigabits(100)),
      ], changed: 1)
    let model = NetworkModel(fleet: map, algorithm: try algorithm(name))
    var simulation = FluidSimulation(model: model)
    simulation.checked = true
    simulation.open(flow(0, 0, 2, bytes: 20_000_000_000))
    simulation.open(flow(1, 0, 2, bytes: 2_500_000_000))
    simulation.run(until: .seconds(2))
    let middle = simulation.totals(port: port(model, 1, 2))
    expectConserved(&simulation, model)
    simulation.open(flow(2, 1, 2, bytes: 1_000_000_000))
    simulation.run(until: .seconds(3))
    // Nothing passes a link without capacity.
    #expect(simulation.totals(port: port(model, 1, 2)).bitsOut == middle.bitsOut)
    #expect(simulation.deliveries[0] == nil && simulation.deliveries[2] == nil)
    simulation.run(until: .seconds(300))
    expectConserved(&simulation, model)
    let times = simulation.deliveries
    print("\(name) after an outage of 2 s: delivered at \(times.sorted { $0.key < $1.key }.map(\.value.seconds)) s")
    #expect(times.count == 3)
    // 23.5 GB on 100 Gb/s take 1.88 s, and the outage 2.
    #expect(times.values.max() ?? .zero >= .seconds(3.88))
    #expect(times.values.max() ?? .never <= .seconds(60))
    #expect(simulation.sites.allSatisfy { $0.portsAreEmpty && $0.openFlows == 0 })
  }

  /// One byte over a link of one tick, and over one of 5 ms: it arrives no earlier than light and the wire allow, and
  /// no later than two round trips of asking for a rate.
  @Test(arguments: algorithmNames) func oneByte(name: String) throws {
    for delay in [Time.tick, .microseconds(5000)] {
      var map = try fleet(["a", "b"], [(0, 1, 100, 1)])
      var link = map.links[0]
      link.delay = delay
      map = try Fleet(sites: map.sites, links: [link])
      let model = NetworkModel(fleet: map, algorithm: try algorithm(name))
      var simulation = FluidSimulation(model: model)
      simulation.checked = true
      simulation.open(flow(0, 0, 1, bytes: 1))
      simulation.run(until: .seconds(10))
      let arrival = try #require(simulation.deliveries[0])
      // 8 bits at 100 Gb/s are 80 ps, 8 ticks; in fluid the last of them may round either way.
      #expect(arrival >= delay && arrival <= delay * 5 + .microseconds(400))
      expectConserved(&simulation, model)
      #expect(simulation.totals(port: 0).bitsIn == BitTicks(bytes: 1))
      #expect(simulation.sites.allSatisfy { $0.portsAreEmpty && $0.openFlows == 0 })
    }
  }

  /// 200 flows of 100 MB opened at one instant on one port: all arrive, no sooner than the port can send them, and for
  /// explicit rates all at nearly the same time.
  @Test(arguments: algorithmNames) func twoHundredFlowsAtOneInstant(name: String) throws {
    let map = try fleet(["a", "b"], [(0, 1, 400, 1000)])
    let model = NetworkModel(fleet: map, algorithm: try algorithm(name))
    var simulation = FluidSimulation(model: model)
    for k in 0..<200 { simulation.open(flow(k, 0, 1, bytes: 100_000_000)) }
    simulation.run(until: .seconds(60))
    let times = simulation.deliveries.values.map(\.seconds)
    #expect(times.count == 200)
    let (first, last) = (times.min() ?? 0, times.max() ?? .infinity)
    print("\(name), 200 flows: delivered from \(first) to \(last) s, \(simulation.events) events")
    // 20 GB at 400 Gb/s take 0.4 s.
    #expect(last >= 0.401)
    if name == "distance-aware" {
      #expect(last <= 0.401 / 0.99 + 0.01)
      #expect(last - first < 0.005)
      #expect(simulation.totals(port: 0).dropped == 0)
    }
    expectConserved(&simulation, model)
    simulation.sites[0].checkInvariants()
    #expect(simulation.sites.allSatisfy { $0.portsAreEmpty && $0.openFlows == 0 })
  }
}
