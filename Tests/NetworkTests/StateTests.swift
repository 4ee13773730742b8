// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Simulation
import Testing
import Topology

/// A network that is written down and read back in the middle of a run goes on as if nothing had been.
@Suite struct StateTests {
  private func mesh(_ name: String, loss: Double = 0) throws -> NetworkModel {
    let map = try fleet(
      ["a", "b", "c", "d"], [(0, 1, 100, 900), (1, 2, 40, 1500), (2, 3, 100, 700), (0, 3, 100, 2600)],
      bufferBytes: 8_000_000, loss: loss,
      changes: [
        CapacityChange(at: .seconds(1.1), capacity: .gigabits(15)),
        CapacityChange(at: .seconds(1.7), capacity: .gigabits(60)),
      ], changed: 1)
    return NetworkModel(fleet: map, algorithm: try algorithm(name))
  }

  private func specs() -> [(at: Time, spec: FlowSpec)] {
    var random = RandomStream(seed: 8, name: "state")
    return (0..<24).map { k in
      let from = random.below(4)
      let to = (from + 1 + random.below(3)) % 4
      let bytes = k % 6 == 0 ? 0 : 50_000_000 + Int64(random.below(2_000_000_000))
      return (.seconds(Double(k) * 0.11), flow(k, from, to, bytes: bytes))
    }
  }

  /// Runs 24 flows, of which four have no end of their own and are closed at 4 s; at each of `stops` everything is
  /// written and read.
  private func run(_ model: NetworkModel, stops: [Time]) throws -> (FluidSimulation, [FluidSimulation.Happening]) {
    var simulation = FluidSimulation(model: model)
    var happened: [FluidSimulation.Happening] = []
    enum Deed {
      case open(FlowSpec)
      case close(FlowSpec)
      case stop
    }
    var deeds: [(at: Time, Deed)] = specs().map { ($0.at, .open($0.spec)) }
    deeds += specs().filter { $0.spec.isUnlimited }.map { (.seconds(4), .close($0.spec)) }
    deeds += stops.map { ($0, .stop) }
    for (at, deed) in deeds.enumerated().sorted(by: { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) })
      .map(\.element)
    {
      // Handled up to the instant in both runs alike: a stop adds no instant of its own.
      simulation.run(until: at)
      switch deed {
      case .open(let spec): simulation.open(spec)
      case .close(let spec): simulation.close(spec.id, from: Int(spec.source))
      case .stop:
        happened += simulation.happened
        var writer = ByteWriter()
        simulation.encode(into: &writer)
        var reader = ByteReader(writer.bytes)
        simulation = try FluidSimulation(model: model, from: &reader)
        try reader.finish()
        var again = ByteWriter()
        simulation.encode(into: &again)
        #expect(again.bytes == writer.bytes, "what was read is written as it was")
      }
    }
    simulation.run(until: .seconds(600))
    return (simulation, happened + simulation.happened)
  }

  @Test(arguments: algorithmNames, [0, 1e-4]) func fluid(name: String, loss: Double) throws {
    let model = try mesh(name, loss: loss)
    var (whole, expected) = try run(model, stops: [])
    let stops: [Time] = [.seconds(0.2), .seconds(0.987_654_3), .seconds(1.101), .seconds(1.7), .seconds(4.0003)]
    var (parts, happened) = try run(model, stops: stops)
    #expect(expected.count > 24)
    #expect(happened == expected)
    #expect(parts.messages == whole.messages)
    #expect(parts.events == whole.events)
    for port in model.ports.indices {
      #expect(parts.totals(port: port) == whole.totals(port: port))
      let owner = model.ports[port].owner
      #expect(parts.sites[owner].queueing(port: port) == whole.sites[owner].queueing(port: port))
    }
  }

  /// Between sites the state is that of messages on the way: every kind of them is read back as it was written.
  @Test func messages() throws {
    var feedback = PortFeedback()
    feedback.queueDelay = .microseconds(12)
    feedback.queueBytes = 77
    feedback.queueTrend = -5
    feedback.capacity = .gigabits(8)
    feedback.output = .gigabits(2)
    feedback.sent = BitTicks(bytes: 99)
    feedback.marked = 0.125
    feedback.lossRate = BitRate(77)
    feedback.lost = BitTicks(bytes: 5)
    feedback.epoch = 4
    let spec = flow(5, 1, 2, bytes: 123)
    let all: [NetworkMessage] = [
      .claim(desk: 7, flow: spec.id, hop: 2, home: 3, claim: .gigabits(3), sequence: 8, loop: .microseconds(9)),
      .leave(desk: 6, flow: spec.id),
      .grant(flow: spec.id, hop: 1, grant: .gigabits(7), fair: .gigabits(9), basedOn: 3),
      .standing(delegate: 4, word: GrantDelegate.Word(claim: 3, base: 1, weight: 2, present: 4)),
      .stand(delegate: 5, rate: 11, level: 12),
      .rate(spec: spec, hop: 1, rate: .gigabits(1), lump: 17, final: .over, steady: true),
      .feedback(flow: spec.id, hop: 1, feedback), .delivered(spec: spec), .acknowledged(flow: spec.id),
    ]
    for message in all {
      var writer = ByteWriter()
      message.encode(into: &writer)
      var reader = ByteReader(writer.bytes)
      #expect(try NetworkMessage(from: &reader) == message)
      try reader.finish()
      // Cut short anywhere, it is refused.
      for length in writer.bytes.indices {
        var short = ByteReader(writer.bytes[..<length])
        #expect(throws: WireError.self) { try NetworkMessage(from: &short) }
      }
    }
    #expect(spec.id.job == 5)
  }

  @Test func model() throws {
    let model = try mesh("dcqcn", loss: 1e-4)
    var writer = ByteWriter()
    model.encode(into: &writer)
    var reader = ByteReader(writer.bytes)
    #expect(try NetworkModel(from: &reader) == model)
    try reader.finish()
  }

  @Test func ideal() throws {
    let model = try mesh("distance-aware")
    func run(stops: Set<Int>) throws -> (events: [String], carried: [BitTicks]) {
      var network = IdealNetwork(capacities: model.ports.map(\.capacity))
      var events: [IdealNetwork.Event] = []
      var told: [String] = []
      var waiting = specs()[...]
      var step = 0
      while !waiting.isEmpty || network.nextEvent() < .never {
        let now = min(waiting.first?.at ?? .never, network.nextEvent())
        network.advance(to: now, &events)
        while let first = waiting.first, first.at == now {
          network.open(
            first.spec, path: model.routes[Int(first.spec.source)][Int(first.spec.destination)],
            demand: first.spec.limit, at: now)
          waiting = waiting.dropFirst()
        }
        if stops.contains(step) {
          // Even between a change and the sharing that follows from it.
          var writer = ByteWriter()
          network.encode(into: &writer)
          var reader = ByteReader(writer.bytes)
          network = try IdealNetwork(from: &reader)
          try reader.finish()
        }
        network.settle(at: now, &events)
        network.checkInvariants()
        told += events.map { "\(now.ticks) \($0)" }
        events.removeAll()
        step += 1
      }
      return (told, model.ports.indices.map { network.carried($0, at: .seconds(10)) })
    }
    let whole = try run(stops: [])
    let parts = try run(stops: [3, 4, 11, 25, 30])
    #expect(whole.events.count > 40)
    #expect(parts.events == whole.events)
    #expect(parts.carried == whole.carried)
  }
}
