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
  /// As much of a flow that goes on has arrived here as makes its next message complete.
  case arrived(FlowID)
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
    /// A message by its place in `mail`: events stay small, which their queue moves about.
    case message(Int32)
    case deadline(FlowID)
    case finish(FlowID)
    case port(Int32)
    case capacity(Int32, Int32)
    case react(FlowID)
    case share(Int32)
    case foresee
    /// A desk of grants looks at its port, or at its ledger.
    case look(Int32)
    case allocate(Int32)
    /// A flow that carries messages has had nothing to send for a while.
    case idle(FlowID)
    case recompute(Int32)
    /// Flows to a site take another way: one of the switches of the model.
    case reroute(Int32)
    /// The wavelengths of a port carry so much from now on.
    case light(Int32, Int64)

    var rank: UInt64 {
      switch self {
      case .message: return 0
      case .capacity: return 1
      case .port: return 1
      case .light: return 1
      case .reroute: return 2
      case .finish: return 3
      case .react, .deadline: return 4
      case .foresee: return 5
      case .share: return 6
      case .look: return 7
      case .allocate: return 8
      case .recompute: return 9
      case .idle: return 3
      }
    }
  }

  /// Relative changes of a rate below this are not sent for controllers that never rest.
  static let rateThreshold = 0.01
  /// From this rank on, events wait until all messages of their instant have been heard. What comes before them is such
  /// that its order at one instant does not matter.
  static let deferred = Internal.react(FlowID(raw: 0)).rank

  let model: NetworkModel
  let site: Int
  let demands: Demands
  var signals: Signals { demands.signals }
  /// Sources want to know the state of queues.
  let listens: Bool
  var ports: [FluidPort]
  /// Position in ``ports`` of the fleet's port, or -1.
  let local: [Int]
  /// Sources of flows, and of those that were; a slot that is free keeps what it held.
  var sources: [FluidSource] = []
  /// Positions in ``sources`` of open flows, and those that are free.
  var slots: [FlowID: Int] = [:]
  var freeSlots: [Int] = []
  /// Slots of the sources that share a network card, by the position of its port.
  var cards: [Int: [Int]] = [:]
  var sharePending: Set<Int> = []
  var oracle: MaxMinOracle?
  /// Of algorithms that ask ports for a rate: the desks of this site.
  var grants: GrantDesks?
  var queue = EventQueue<Internal>()
  /// Messages to this site itself that are under way, and places that are free.
  var mail: [NetworkMessage] = []
  var freeMail: [Int32] = []
  /// Of flows of an experiment: bits through a last port that they have left, and bytes lost of those that are over.
  var passed: [FlowID: BitTicks] = [:]
  var lostOfClosed: [FlowID: Int64] = [:]
  /// The way that flows take to each site now.
  var ways: [UInt16]
  /// Flows that have been sent another way or wait for one, by the name that the application knows.
  var detours: [FlowID: Detour] = [:]
  /// Of ports by position whose wavelengths have been moved: what these carry, what faults leave, and how that went.
  var lit: [Int: LitPort] = [:]
  public var outbox: [NetworkPacket] = []
  public var events: [NetworkEvent] = []
  /// The instant handled last.
  public internal(set) var now = Time.zero
  /// Events handled so far.
  public internal(set) var handled: UInt64 = 0

  public init(model: NetworkModel, site: Int) {
    self.model = model
    self.site = site
    var demands = model.algorithm.demands
    if demands.grants != nil, model.ports.contains(where: { !$0.keepsLedger }) {
      // Where ports grant nothing, flows go by what acknowledgements tell.
      demands.signals.formUnion([.delay, .marks])
    }
    self.demands = demands
    listens = demands.listensToAcknowledgements
    ways = [UInt16](repeating: 0, count: model.routes.count)
    var ports: [FluidPort] = []
    var local = [Int](repeating: -1, count: model.ports.count)
    for (index, port) in model.ports.enumerated() where port.owner == site {
      local[index] = ports.count
      // One queue for each class in use, the one that is served first in front.
      for _ in 0..<model.classes { ports.append(FluidPort(port, number: index)) }
    }
    self.ports = ports
    self.local = local
    if signals.contains(.oracle) { oracle = MaxMinOracle(model) }
    if let rule = demands.grants { grants = FluidNetwork.desks(of: model, rule: rule, site: site) }
    for (index, port) in ports.enumerated() where index % model.classes == 0 {
      for change in model.ports[port.port].changes.indices {
        queue.push(
          .capacity(Int32(index), Int32(change)), at: model.ports[port.port].changes[change].at,
          rank: Internal.capacity(0, 0).rank)
      }
    }
    for (index, change) in model.switches.enumerated() where change.from == site {
      queue.push(.reroute(Int32(index)), at: change.at, rank: Internal.reroute(0).rank)
    }
  }

  public var nextEvent: Time { queue.nextTime }
  /// The next event waits until all messages of its instant are handled: ports look at themselves once an instant.
  public var nextIsDeferred: Bool { (queue.first?.rank ?? 0) >= FluidNetwork.deferred }
  public var openFlows: Int { slots.count + detours.values.count { $0.isParked } }
  var usesGrants: Bool { demands.grants != nil }

  mutating func schedule(_ event: Internal, at time: Time) {
    guard time < .never else { return }
    queue.push(event, at: time, rank: event.rank)
  }

  mutating func send(_ message: NetworkMessage, to destination: Int, at time: Time) {
    if destination == site {
      post(message, at: time)
    } else {
      outbox.append(NetworkPacket(to: destination, at: time, message: message))
    }
  }

  /// Has a message handled here at its time.
  mutating func post(_ message: NetworkMessage, at time: Time) {
    guard time < .never else { return }
    if let free = freeMail.popLast() {
      mail[Int(free)] = message
      schedule(.message(free), at: time)
    } else {
      mail.append(message)
      schedule(.message(Int32(mail.count - 1)), at: time)
    }
  }

  // MARK: The application's side

  /// Starts a flow from this site.
  public mutating func open(_ spec: FlowSpec, demand: BitRate, at now: Time) {
    self.now = now
    guard model.facts.isEmpty else { return begin(spec, demand: demand, at: now) }
    var spec = spec
    spec.way = ways[Int(spec.destination)]
    if spec.way == NetworkModel.nowhere {
      park(spec, demand: demand, at: now)
    } else {
      begin(spec, demand: demand, at: now)
    }
  }

  /// Starts a flow on the way that its specification names.
  mutating func begin(_ spec: FlowSpec, demand: BitRate, at now: Time) {
    precondition(
      model.part(of: spec.source) == site && spec.source != spec.destination, "a flow starts at its own site")
    precondition(slots[spec.id] == nil, "a flow is opened once")
    let path = model.path(of: spec)
    let facts = model.facts(of: spec)
    let roundTrip = path.forward + path.back + path.first
    var random = RandomStream(seed: model.seed, name: "flows").child(Int(truncatingIfNeeded: spec.id.raw))
    var context = FlowContext(
      now: now, roundTrip: Time(ticks: Int64(Double(roundTrip.ticks) * model.roundTripError)),
      lineRate: min(spec.limit, model.ports[path.ports[0]].capacity), packetBytes: model.packetBytes,
      localRoundTrip: facts?.localRoundTrip ?? model.localRoundTrip, longestRoundTrip: model.longestRoundTrip,
      hops: path.ports.count, size: spec.isUnlimited ? nil : spec.amount.bytes, seed: random.next())
    context.blindPorts = grants?.map.blindPorts(path: model.pathIndex(of: spec)) ?? 0
    var hops = [HopView](repeating: HopView(), count: path.ports.count)
    for hop in hops.indices { hops[hop].age = ages(of: spec, hop: hop).viaReceiver }
    var source = FluidSource(
      spec: spec, context: context, controller: model.algorithm.controller(for: context), hops: hops,
      roundTrip: roundTrip, demand: min(demand, spec.limit).bitsPerSecond)
    if let grants {
      source.book = ClaimBook(desks: grants.map.desksOf[model.pathIndex(of: spec)])
    } else {
      source.phase = .sending
    }
    source.isExact = !model.facts.isEmpty
    source.losesPeriodically = path.ports.contains { model.ports[$0].losesPeriodically }
    if let limit = facts?.inflightLimit, limit < .max { source.inflightLimit = Double(limit) }
    if let facts, !facts.boundaries.isEmpty { source.available = 0 }
    source.restartCycles(at: now)
    if let free = freeSlots.popLast() {
      slots[spec.id] = free
      sources[free] = source
    } else {
      slots[spec.id] = sources.count
      sources.append(source)
    }
    if model.ports[path.ports[0]].isCard { cards[portIndex(spec, hop: 0), default: []].append(slots[spec.id]!) }
    enter(spec, hop: 0, at: now)
    reactLater(spec.id, at: now)
  }

  /// The application uses less than its demand, or all of it again; the demand itself stays reserved.
  public mutating func setUsage(_ name: FlowID, _ usage: BitRate, at now: Time) {
    let id = present(name)
    if detours[name] != nil { detours[name]!.usage = usage.bitsPerSecond }
    guard let slot = slots[id], sources[slot].phase != .closing else { return }
    self.now = now
    let value = min(usage.bitsPerSecond, sources[slot].demand)
    guard value != sources[slot].usage else { return }
    sources[slot].usage = value
    reactLater(id, at: now)
  }

  /// The application has more to send on a flow that carries messages.
  mutating func offer(_ id: FlowID, _ amount: BitTicks, at now: Time) {
    guard let slot = slots[id], sources[slot].available != nil else { return }
    self.now = now
    sources[slot].available! += amount
    reactLater(id, at: now)
  }

  /// Ends a flow that has no size of its own.
  public mutating func close(_ name: FlowID, at now: Time) {
    if detours[name]?.isParked == true { return endParked(name, at: now) }
    let id = present(name)
    guard let slot = slots[id], sources[slot].phase != .closing else { return }
    self.now = now
    finishSending(slot, lump: 0, at: now)
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
    case .message(let place):
      freeMail.append(place)
      handle(mail[Int(place)], at: now)
    case .deadline(let id):
      guard let slot = slots[id], sources[slot].deadline.comesUp(at: now) else { return }
      if sources[slot].deadline.isDue(at: now) {
        // Whoever is to look at itself at this instant anyway will do so.
        if !sources[slot].reactPending { react(id, at: now) }
      } else if let again = sources[slot].deadline.renew() {
        schedule(.deadline(id), at: again)
      }
    case .finish(let id):
      guard let slot = slots[id], sources[slot].finish.comesUp(at: now) else { return }
      if sources[slot].finish.isDue(at: now) {
        if sources[slot].phase == .sending {
          finishIfDone(slot, at: now)
        } else if sources[slot].phase == .closing {
          timeOut(slot, at: now)
        }
      } else if let again = sources[slot].finish.renew() {
        schedule(.finish(id), at: again)
      }
    case .react(let id): react(id, at: now)
    case .share(let index): share(Int(index), at: now)
    case .foresee: foresee(at: now)
    case .port(let index):
      let i = Int(index)
      guard ports[i].change.comesUp(at: now) else { return }
      if ports[i].change.isDue(at: now) {
        recompute(i - i % model.classes, at: now)
      } else if let again = ports[i].change.renew() {
        schedule(.port(index), at: again)
      }
    case .capacity(let index, let change):
      let i = Int(index)
      let capacity = model.ports[ports[i].port].changes[Int(change)].capacity
      setCapacity(i, faulted(i, capacity), at: now)
    case .light(let index, let rate): light(Int(index), BitRate(rate), at: now)
    case .reroute(let index): reroute(model.switches[Int(index)], at: now)
    case .look(let desk): look(Int(desk), at: now)
    case .allocate(let desk): allocate(Int(desk), at: now)
    case .idle(let id): endIdle(id, at: now)
    case .recompute(let index): recompute(Int(index), at: now)
    }
  }

  /// The line of a port carries another rate from now on; nothing, and the fibre is dark.
  mutating func setCapacity(_ i: Int, _ capacity: BitRate, at now: Time) {
    for lane in i..<i + model.classes {
      ports[lane].integrate(to: now)
      ports[lane].line = capacity.bitsPerSecond
      ports[lane].capacity = capacity.bitsPerSecond
      ports[lane].inputChanged = true
      ports[lane].epoch &+= 1
      if model.facts.isEmpty {
        ports[lane].isDark = capacity == .zero
        if ports[lane].isDark { purge(lane, at: now) }
      }
    }
    touch(i, at: now)
    touchDesks(ofPort: ports[i].port, at: now)
    if oracle != nil {
      oracle!.setCapacity(ports[i].port, capacity)
      foreseeLater(at: now)
    }
    if cards[i] != nil { shareLater(i, at: now) }
  }

  mutating func handle(_ message: NetworkMessage, at now: Time) {
    switch message {
    case .claim, .leave, .grant, .standing, .stand: hearWord(message, at: now)
    case .rate(let spec, let hop, let rate, let lump, let final, let steady):
      let port = portIndex(spec, hop: hop)
      let i = ports[port].index(of: spec.id) ?? enter(spec, hop: hop, at: now)
      setInput(port, i, rate: rate.bitsPerSecond, lump: lump, final: final, steady: steady, at: now)
    case .feedback(let flow, let hop, let feedback): hear(flow, Int(hop), feedback, at: now)
    case .delivered(let spec):
      var known = spec
      if model.facts.isEmpty { known.id = spec.id.base }
      events.append(.delivered(known))
    case .arrived(let flow): events.append(.arrived(flow))
    case .acknowledged(let flow):
      guard let slot = slots[flow] else { return }
      // It may have begun to send again what was only delayed.
      if sources[slot].phase != .closing { finishSending(slot, lump: 0, end: .over, at: now) }
      let source = sources[slot]
      let port = portIndex(source.spec, hop: 0)
      if cards[port] != nil { cards[port]!.removeAll { $0 == slot } }
      if !model.facts.isEmpty { lostOfClosed[flow] = source.lost(at: now).bytes }
      slots[flow] = nil
      freeSlots.append(slot)
      let delivered = now - model.path(of: source.spec).back
      if model.facts.isEmpty, let detour = detours.removeValue(forKey: flow.base) {
        events.append(
          .closed(
            detour.spec, started: detour.started, delivered: delivered, bytes: (detour.sent + source.emitted).bytes))
      } else {
        events.append(.closed(source.spec, started: source.started, delivered: delivered, bytes: source.emitted.bytes))
      }
    }
  }

  // MARK: Results and checks

  /// In, out and dropped of a port of this site until `now`, and its queue.
  public mutating func totals(port: Int, at now: Time) -> (bitsIn: BitTicks, bitsOut: BitTicks, dropped: BitTicks) {
    var (bitsIn, bitsOut, dropped): (BitTicks, BitTicks, BitTicks) = (0, 0, 0)
    for i in local[port]..<local[port] + model.classes {
      ports[i].integrate(to: now)
      bitsIn += ports[i].statistics.bitsIn
      bitsOut += ports[i].statistics.bitsOut
      dropped += ports[i].statistics.bitsDropped + ports[i].statistics.bitsLost
      for flow in ports[i].flows {
        bitsIn += flow.bitsIn
        bitsOut += flow.bitsOut
        dropped += flow.bitsDropped + flow.bitsLost
      }
    }
    return (bitsIn, bitsOut, dropped)
  }

  /// Queueing delay in microseconds over the time in which the port was busy.
  public func queueing(port: Int) -> (mean: Double, p99: Double, maximum: Double) {
    let s = ports[local[port]].statistics
    return (s.meanMicroseconds, s.p99Microseconds, s.maximum.seconds * 1e6)
  }

  public func rate(of id: FlowID) -> BitRate? { slots[id].map { BitRate(sources[$0].rate) } }
  /// No port of this site knows a flow.
  public var portsAreEmpty: Bool { ports.allSatisfy { $0.flows.isEmpty } }
  /// As the port was over the run, if its wavelengths have been moved.
  public func model(of port: Int) -> NetworkModel.Port {
    var spec = model.ports[port]
    if let history = lit[local[port]]?.history { spec.changes = history }
    return spec
  }
  public var localPorts: [Int] { stride(from: 0, to: ports.count, by: model.classes).map { ports[$0].port } }
  public func queued(port: Int) -> BitTicks {
    var sum: BitTicks = 0
    for i in local[port]..<local[port] + model.classes { sum += ports[i].queued }
    return sum
  }

  /// Ends the program with a description if an invariant does not hold; for tests.
  public func checkInvariants() {
    // A port that has still to look at itself at this instant has no right outputs yet.
    for (i, port) in ports.enumerated() where !ports[i - i % model.classes].recomputePending {
      if let violation = port.violation() { fatalError("at \(now.seconds) s: \(violation)") }
    }
  }
}
