// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What the network tells the site that it belongs to.
public enum NetworkEvent: Equatable, Sendable {
  /// The last bit of a flow has arrived here.
  case delivered(FlowSpec)
  /// A flow from here is over, known from its acknowledgement.
  case closed(FlowSpec, started: Time, delivered: Time, bytes: Int64)
  /// A flow from here that has no size of its own could be sent at this rate now, if the application wanted.
  case rate(FlowID, BitRate)
}

/// A message of the network on its way to another site.
public struct NetworkPacket: Equatable, Sendable {
  public var to: Int
  public var at: Time
  public var message: NetworkMessage
}

/// One site's part of the fluid level: the sources of the flows that start here, with their controllers, and the ports
/// that leave from here.
///
/// It only reacts: to messages, and to its own events in the order (time, kind, order of making). Results go to
/// ``outbox`` and ``events``, which the caller empties.
public struct FluidNetwork: Sendable {
  enum Internal: Sendable {
    case message(NetworkMessage)
    case deadline(FlowID)
    case finish(FlowID)
    case port(Int32)
    case capacity(Int32, Int32)
    case release(Int32)
    case allocate(Int32)
    case recompute(Int32)

    var rank: UInt64 {
      switch self {
      case .message: return 0
      case .capacity: return 1
      case .port: return 1
      case .deadline: return 2
      case .finish: return 3
      case .release: return 4
      case .allocate: return 5
      case .recompute: return 6
      }
    }
  }

  /// Relative changes of a rate below this are not sent for controllers that never rest.
  static let rateThreshold = 0.02

  let model: NetworkModel
  let site: Int
  let signals: Signals
  let marking: [Marking?]
  var ports: [FluidPort]
  /// Position in ``ports`` of the fleet's port, or -1.
  let local: [Int]
  var sources: [FlowID: FluidSource] = [:]
  var queue = EventQueue<Internal>()
  public var outbox: [NetworkPacket] = []
  public var events: [NetworkEvent] = []
  /// The instant handled last.
  public internal(set) var now = Time.zero
  /// Events handled so far.
  public internal(set) var handled: UInt64 = 0

  public init(model: NetworkModel, site: Int) {
    self.model = model
    self.site = site
    signals = model.algorithm.signals
    var ports: [FluidPort] = []
    var local = [Int](repeating: -1, count: model.ports.count)
    for (index, port) in model.ports.enumerated() where port.owner == site {
      local[index] = ports.count
      ports.append(
        FluidPort(
          port: index, next: port.next, capacity: port.capacity, delay: port.delay, lossShare: port.loss,
          bufferBytes: port.bufferBytes))
    }
    self.ports = ports
    self.local = local
    marking = ports.map { FluidNetwork.marking(of: model, capacity: model.ports[$0.port].capacity) }
    for (index, port) in ports.enumerated() {
      for change in model.ports[port.port].changes.indices {
        queue.push(
          .capacity(Int32(index), Int32(change)), at: model.ports[port.port].changes[change].at,
          rank: Internal.capacity(0, 0).rank)
      }
    }
  }

  /// Thresholds as in production at Alibaba (HPCC artefact): Kmin 100 KB and Kmax 400 KB for each 25 Gb/s, Pmax 0.2.
  static func marking(of model: NetworkModel, capacity: BitRate) -> Marking? {
    guard case .dcqcn = model.algorithm else { return nil }
    let scale = capacity.double / 25e9
    return Marking(
      minimum: BitTicks(bytes: Int64(100e3 * scale)), maximum: BitTicks(bytes: Int64(400e3 * scale)),
      probability: 0.2)
  }

  public var nextEvent: Time { queue.nextTime }
  /// The next event waits until all messages of its instant are handled: ports look at themselves once an instant.
  public var nextIsDeferred: Bool { (queue.first?.rank ?? 0) >= Internal.release(0).rank }
  public var openFlows: Int { sources.count }
  var usesGrants: Bool { signals.contains(.explicitRate) }

  mutating func schedule(_ event: Internal, at time: Time) {
    guard time < .never else { return }
    queue.push(event, at: time, rank: event.rank)
  }

  mutating func send(_ message: NetworkMessage, to destination: Int, at time: Time) {
    if destination == site {
      schedule(.message(message), at: time)
    } else {
      outbox.append(NetworkPacket(to: destination, at: time, message: message))
    }
  }

  // MARK: The application's side

  /// Starts a flow from this site.
  public mutating func open(_ spec: FlowSpec, demand: BitRate, at now: Time) {
    self.now = now
    precondition(Int(spec.source) == site && spec.source != spec.destination, "a flow starts at its own site")
    precondition(sources[spec.id] == nil, "a flow is opened once")
    let path = model.routes[site][Int(spec.destination)]
    let roundTrip = model.delays[site][Int(spec.destination)] + model.delays[Int(spec.destination)][site]
    let line = min(spec.limit, model.ports[path[0]].capacity)
    let context = FlowContext(now: now, roundTrip: roundTrip, lineRate: line, packetBytes: model.packetBytes)
    let wanted = min(demand, spec.limit).bitsPerSecond
    var source = FluidSource(
      spec: spec, controller: model.algorithm.controller(for: context),
      hops: [HopView](repeating: HopView(), count: path.count), roundTrip: roundTrip, demand: wanted, usage: wanted,
      since: now, started: now)
    if usesGrants {
      for hop in source.hops.indices { source.hops[hop].feedback.grant = .zero }
    } else {
      source.phase = .sending
    }
    source.restartCycles(at: now)
    sources[spec.id] = source
    enter(spec, hop: 0, at: now)
    if usesGrants { sendClaims(spec.id, at: now) }
    react(spec.id, at: now)
  }

  /// The application uses less than its demand, or all of it again; the demand itself stays reserved.
  public mutating func setUsage(_ id: FlowID, _ usage: BitRate, at now: Time) {
    guard let source = sources[id], source.phase != .closing else { return }
    self.now = now
    let value = min(usage.bitsPerSecond, source.demand)
    guard value != source.usage else { return }
    sources[id]!.usage = value
    react(id, at: now)
  }

  /// Ends a flow that has no size of its own.
  public mutating func close(_ id: FlowID, at now: Time) {
    guard let source = sources[id], source.phase != .closing else { return }
    self.now = now
    finishSending(id, lump: 0, at: now)
  }

  // MARK: Time

  public mutating func receive(_ message: NetworkMessage, at now: Time) {
    self.now = now
    handle(message, at: now)
  }

  /// Handles the earliest event; its time must be `nextEvent`.
  public mutating func step() {
    guard let entry = queue.pop() else { return }
    handled += 1
    let now = entry.time
    self.now = now
    switch entry.payload {
    case .message(let message): handle(message, at: now)
    case .deadline(let id):
      guard sources[id] != nil, sources[id]!.deadline.comesUp(at: now) else { return }
      if sources[id]!.deadline.isDue(at: now) {
        if sources[id]!.phase == .sending { react(id, at: now) }
      } else if let again = sources[id]!.deadline.renew() {
        schedule(.deadline(id), at: again)
      }
    case .finish(let id):
      guard sources[id] != nil, sources[id]!.finish.comesUp(at: now) else { return }
      if sources[id]!.finish.isDue(at: now) {
        if sources[id]!.phase == .sending { finishIfDone(id, at: now) }
      } else if let again = sources[id]!.finish.renew() {
        schedule(.finish(id), at: again)
      }
    case .port(let index):
      let i = Int(index)
      guard ports[i].change.comesUp(at: now) else { return }
      if ports[i].change.isDue(at: now) {
        recompute(i, at: now)
      } else if let again = ports[i].change.renew() {
        schedule(.port(index), at: again)
      }
    case .capacity(let index, let change):
      let i = Int(index)
      ports[i].integrate(to: now)
      ports[i].capacity = model.ports[ports[i].port].changes[Int(change)].capacity.bitsPerSecond
      ports[i].inputChanged = true
      ports[i].epoch &+= 1
      touch(i, allocate: true, at: now)
    case .release(let index): touch(Int(index), allocate: true, at: now)
    case .allocate(let index): allocate(Int(index), at: now)
    case .recompute(let index): recompute(Int(index), at: now)
    }
  }

  mutating func handle(_ message: NetworkMessage, at now: Time) {
    switch message {
    case .claim(let spec, let hop, let claim, let sequence):
      let port = portIndex(spec, hop: hop)
      let i = ports[port].index(of: spec.id) ?? enter(spec, hop: hop, at: now)
      ports[port].flows[i].claim = claim.bitsPerSecond
      ports[port].flows[i].claimSequence = sequence
      ports[port].flows[i].believed = min(ports[port].flows[i].believed, claim.bitsPerSecond)
      touch(port, allocate: true, at: now)
    case .rate(let spec, let hop, let rate, let lump, let final, let steady):
      let port = portIndex(spec, hop: hop)
      let i = ports[port].index(of: spec.id) ?? enter(spec, hop: hop, at: now)
      setInput(port, i, rate: rate.bitsPerSecond, lump: lump, final: final, steady: steady, at: now)
    case .feedback(let flow, let hop, let feedback): hear(flow, Int(hop), feedback, at: now)
    case .delivered(let spec): events.append(.delivered(spec))
    case .acknowledged(let flow):
      // It may have begun to send again what was only delayed.
      if let source = sources[flow], source.phase != .closing { finishSending(flow, lump: 0, end: .over, at: now) }
      guard let source = sources.removeValue(forKey: flow) else { return }
      let back = model.delays[Int(source.spec.destination)][site]
      events.append(
        .closed(source.spec, started: source.started, delivered: now - back, bytes: source.emitted.bytes))
    }
  }

  // MARK: Results and checks

  /// In, out and dropped of a port of this site until `now`, and its queue.
  public mutating func totals(port: Int, at now: Time) -> (bitsIn: BitTicks, bitsOut: BitTicks, dropped: BitTicks) {
    let i = local[port]
    ports[i].integrate(to: now)
    var (bitsIn, bitsOut, dropped) = (
      ports[i].statistics.bitsIn, ports[i].statistics.bitsOut, ports[i].statistics.bitsDropped
    )
    for flow in ports[i].flows {
      bitsIn += flow.bitsIn
      bitsOut += flow.bitsOut
      dropped += flow.bitsDropped + flow.bitsLost
    }
    return (bitsIn, bitsOut, dropped)
  }

  /// Queueing delay in microseconds over the time in which the port was busy.
  public func queueing(port: Int) -> (mean: Double, p99: Double, maximum: Double) {
    let s = ports[local[port]].statistics
    return (s.meanMicroseconds, s.p99Microseconds, s.maximum.seconds * 1e6)
  }

  public func rate(of id: FlowID) -> BitRate? { sources[id].map { BitRate($0.rate) } }
  /// No port of this site knows a flow.
  public var portsAreEmpty: Bool { ports.allSatisfy { $0.flows.isEmpty } }
  public func model(of port: Int) -> NetworkModel.Port { model.ports[port] }
  public var localPorts: [Int] { ports.map(\.port) }
  public func queued(port: Int) -> BitTicks { ports[local[port]].queued }

  /// Ends the program with a description if an invariant does not hold; for tests.
  public func checkInvariants() {
    // A port that has still to look at itself at this instant has no right outputs yet.
    for port in ports where !port.recomputePending {
      if let violation = port.violation() { fatalError("at \(now.seconds) s: \(violation)") }
    }
  }
}
