// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Testing

/// A packet network that is written to bytes and read back in the middle of a run goes on as if nothing had been: queues,
/// fibres full of packets, pauses, timers, losses to come and statistics are all in the bytes.
@Suite struct PacketStateTests {
  static let algorithms = PacketPartTests.algorithms

  /// Loss, marks, flow control across sites, datagrams, a collective, a change of rate, short flows that come and go.
  private func busy(_ name: String, _ configure: (inout NetworkPlan) -> Void = { _ in }) throws -> NetworkPlan {
    threeSites(try Algorithm(name: name)) { plan in
      for k in 0..<30 {
        let hosts = plan.nodes.indices.filter { plan.nodes[$0].isHost }
        plan.flows.append(
          NetworkPlan.Flow(
            group: 0, source: hosts[k % 6], destination: hosts[(k % 6 + 1 + k / 7) % 6],
            bytes: 10_000 + Int64(k) * 7_001,
            start: .microseconds(500 + Int64(k) * 411)))
      }
      plan.flows.removeAll { $0.source == $0.destination }
      plan.flows.sort { $0.start < $1.start }
      configure(&plan)
    }
  }

  private func expectSame(_ plan: NetworkPlan) throws {
    var experiment = PacketExperiment(plan: plan)
    let whole = experiment.run()
    let (cut, parts) = try runInParts(plan, dyingAfter: 7)
    #expect(parts == 3)
    for (k, pair) in zip(whole.flows, cut.flows).enumerated() { #expect(pair.0 == pair.1, "flow \(k)") }
    for (k, pair) in zip(whole.ports, cut.ports).enumerated() { #expect(pair.0 == pair.1, "port \(k)") }
    #expect(whole.collectives == cut.collectives && whole.series == cut.series)
    #expect(whole.packetHops == cut.packetHops && whole.packetHops > 30_000)
  }

  @Test(arguments: algorithms) func statesGoOn(_ name: String) throws { try expectSame(busy(name)) }

  /// Classes, a shared buffer that overflows, phantom queues and go-back-N.
  @Test(arguments: ["dcqcn", "distance-aware", "hpcc"]) func statesOfClassesAndSharedBuffers(_ name: String) throws {
    try expectSame(
      busy(name) { plan in
        plan.host.recovery = .goBackN
        plan.host.acknowledgeEvery = 1
        for k in plan.flows.indices where plan.flows[k].datagrams == nil {
          plan.flows[k].trafficClass = [.high, .normal, .low][k % 3]
        }
        for k in plan.nodes.indices where !plan.nodes[k].isHost { plan.nodes[k].sharedBuffer = 300_000 }
        for k in plan.ports.indices {
          plan.ports[k].phantom = NetworkPlan.Phantom(drain: 0.9, size: 400_000, minimum: 20_000, maximum: 100_000)
        }
      })
  }

  /// Words that get lost, bursts of loss and a fibre that grows: what is under way then is in the bytes as well.
  @Test(arguments: ["distance-aware", "annulus"]) func statesOfWords(_ name: String) throws {
    try expectSame(
      busy(name) { plan in
        plan.controlLoss = 0.05
        for k in plan.ports.indices where plan.nodes[plan.ports[k].from].site != plan.nodes[plan.ports[k].to].site {
          plan.ports[k].loss = k % 2 == 0 ? .bursts(probability: 0.001, length: 3) : .every(777)
          plan.ports[k].changes = [
            NetworkPlan.Change(at: .seconds(0.006), delay: Time(ticks: plan.ports[k].delay.ticks / 10 * 13))
          ]
        }
      })
  }

  /// The oracle sees everything and is never cut; its part is replaced all the same.
  @Test func oneStateOfAll() throws {
    let plan = try busy("oracle")
    let nowhere = plan.nodes.map { _ in 0 }
    let whole = PacketPart(plan: plan, partOf: nowhere, part: 0)
    var other = PacketPart(plan: plan, partOf: nowhere, part: 0)
    for step in 1...41 {
      let horizon = Time(ticks: plan.duration.ticks / 41 * Int64(step))
      _ = try whole.advance(to: horizon, inbox: [])
      _ = try other.advance(to: horizon, inbox: [])
      let state = try #require(other.snapshot())
      other = try PacketPart(plan: plan, partOf: nowhere, part: 0, state: state)
    }
    _ = try whole.advance(to: plan.duration + .tick, inbox: [])
    _ = try other.advance(to: plan.duration + .tick, inbox: [])
    #expect(whole.finish() == other.finish())
  }

  /// Bytes that are cut short or have something behind them are refused, and so is a packet of a flow that does not exist.
  @Test func damagedStatesAreRefused() throws {
    let plan = try busy("cubic")
    let nowhere = plan.nodes.map { _ in 0 }
    let part = PacketPart(plan: plan, partOf: nowhere, part: 0)
    _ = try part.advance(to: .seconds(0.007), inbox: [])
    let state = try #require(part.snapshot())
    for length in [0, 7, 100, state.count / 2, state.count - 1] {
      #expect(throws: WireError.self) {
        try PacketPart(plan: plan, partOf: nowhere, part: 0, state: Array(state.prefix(length)))
      }
    }
    #expect(throws: WireError.self) { try PacketPart(plan: plan, partOf: nowhere, part: 0, state: state + [0]) }
    // Any byte at all: refused, or read as another state.
    var random = RandomStream(seed: 4, name: "damage")
    for _ in 0..<200 {
      var damaged = state
      damaged[random.below(state.count)] ^= UInt8(1 + random.below(255))
      _ = try? PacketPart(plan: plan, partOf: nowhere, part: 0, state: damaged)
    }
    #expect(throws: WireError.self) { try plan.makePart(level: .fluid, partOf: nowhere, part: 0, state: state) }
  }
}
