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

  private mutating func handle(_ message: NetworkMessage, at now: Time) {
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

  // MARK: Ports

  private func portIndex(_ spec: FlowSpec, hop: UInt8) -> Int {
    local[model.routes[Int(spec.source)][Int(spec.destination)][Int(hop)]]
  }

  /// A flow joins a port.
  @discardableResult
  private mutating func enter(_ spec: FlowSpec, hop: UInt8, at now: Time) -> Int {
    let (from, to) = (Int(spec.source), Int(spec.destination))
    let path = model.routes[from][to]
    let port = local[path[Int(hop)]]
    ports[port].integrate(to: now)
    var direct = Time.zero
    for earlier in path[..<Int(hop)] { direct += model.ports[earlier].delay }
    let forward = model.delays[from][to] - direct
    let flow = PortFlow(
      spec: spec, hop: hop, isLast: Int(hop) == path.count - 1, direct: direct,
      viaReceiver: forward + model.delays[to][from])
    ports[port].epoch &+= 1
    let index = ports[port].insert(flow)
    ports[port].flows[index].sentEpoch = ports[port].epoch
    return index
  }

  /// A flow leaves a port.
  private mutating func leave(_ port: Int, _ i: Int, at now: Time) {
    let flow = ports[port].flows.remove(at: i)
    ports[port].statistics.bitsIn += flow.bitsIn
    ports[port].statistics.bitsOut += flow.bitsOut
    ports[port].statistics.bitsDropped += flow.bitsDropped + flow.bitsLost
    ports[port].epoch &+= 1
    touch(port, allocate: usesGrants, at: now)
  }

  /// Has a port look at itself when everything of this instant is known.
  private mutating func touch(_ port: Int, allocate: Bool, at now: Time) {
    if allocate, usesGrants, !ports[port].allocatePending {
      ports[port].allocatePending = true
      schedule(.allocate(Int32(port)), at: now)
    }
    if !ports[port].recomputePending {
      ports[port].recomputePending = true
      schedule(.recompute(Int32(port)), at: now)
    }
  }

  private mutating func setInput(
    _ port: Int, _ i: Int, rate: Int64, lump: BitTicks, final: FlowEnd, steady: Bool, at now: Time
  ) {
    ports[port].integrate(to: now)
    if ports[port].flows[i].input != rate {
      ports[port].flows[i].input = rate
      ports[port].inputChanged = true
    }
    ports[port].addLump(lump, to: i)
    ports[port].flows[i].final = final
    ports[port].flows[i].steady = steady
    touch(port, allocate: false, at: now)
  }

  private mutating func allocate(_ port: Int, at now: Time) {
    ports[port].allocatePending = false
    guard case .distanceAware(let parameters) = model.algorithm else { return }
    let (notices, release) = ports[port].allocate(at: now, parameters: parameters)
    for notice in notices { notify(port, notice.index, at: now) }
    schedule(.release(Int32(port)), at: release)
  }

  private mutating func recompute(_ port: Int, at now: Time) {
    ports[port].recomputePending = false
    ports[port].integrate(to: now)
    let departures = ports[port].recompute()
    var leaving: [FlowID] = []
    for d in departures {
      if !d.isLast {
        send(
          .rate(
            spec: d.spec, hop: d.hop + 1, rate: BitRate(d.rate), lump: d.lump, final: d.final, steady: d.steady),
          to: ports[port].next, at: now + ports[port].delay)
        if d.final != .goesOn { leaving.append(d.spec.id) }
      } else if d.final != .goesOn {
        let i = ports[port].index(of: d.spec.id)!
        let flow = ports[port].flows[i]
        if d.final == .over {
          leaving.append(d.spec.id)
        } else if flow.spec.isUnlimited || flow.bitsOut - flow.bitsLost >= flow.spec.amount {
          let arrival = now + ports[port].delay
          let (from, to) = (Int(d.spec.source), Int(d.spec.destination))
          if !flow.spec.isUnlimited { send(.delivered(spec: d.spec), to: to, at: arrival) }
          send(.acknowledged(flow: d.spec.id), to: from, at: arrival + model.delays[to][from])
          leaving.append(d.spec.id)
        } else {
          // Something was lost on the way: the source will send it again.
          ports[port].flows[i].final = .goesOn
        }
      }
    }
    for i in ports[port].flows.indices { tellIfChanged(port, i, at: now) }
    for id in leaving {
      if let i = ports[port].index(of: id) { leave(port, i, at: now) }
    }
    let change = ports[port].nextChange(step: delayStep(port), marking: marking[port])
    if ports[port].change.set(change) { schedule(.port(Int32(port)), at: change) }
  }

  /// Steps of queueing delay that are worth a message: 1/32 of the shortest round trip here, at least 10 us.
  private func delayStep(_ port: Int) -> Int64 {
    guard signals.contains(.delay) else { return 0 }
    var least = Int64.max
    for flow in ports[port].flows { least = min(least, (flow.direct + flow.viaReceiver).ticks) }
    return least == .max ? 0 : max(1_000_000, least / 32)
  }

  private mutating func tellIfChanged(_ port: Int, _ i: Int, at now: Time) {
    let flow = ports[port].flows[i]
    let loss = flow.dropping + flow.losing
    var tell = false
    if loss != flow.sentLoss {
      tell = loss == 0 || flow.sentLoss == 0 || Double(abs(loss - flow.sentLoss)) > 0.1 * Double(flow.sentLoss)
    }
    if signals.contains(.delay) {
      let delay = ports[port].queueDelay
      let moved = abs(delay.ticks - flow.sentDelay.ticks)
      tell = tell || moved >= delayStep(port) || (delay == .zero && moved > 0)
    }
    if let marking = marking[port] {
      let share = marking.share(at: ports[port].queued)
      let drift = abs(share - flow.sentMarked)
      tell = tell || (share == 0) != (flow.sentMarked == 0) || drift > 0.1 * max(share, flow.sentMarked)
    }
    if flow.steady, flow.sentEpoch != ports[port].epoch { tell = true }
    if tell { notify(port, i, at: now) }
  }

  /// Tells a source all that this port has to say.
  private mutating func notify(_ port: Int, _ i: Int, at now: Time) {
    ports[port].integrate(to: now)
    let flow = ports[port].flows[i]
    var feedback = PortFeedback()
    if usesGrants {
      feedback.grant = BitRate(flow.grant)
      ports[port].flows[i].believed = flow.grant
      feedback.fair = BitRate(flow.fairSent)
      feedback.basedOn = flow.claimSequence
    }
    if signals.contains(.delay) { feedback.queueDelay = ports[port].queueDelay }
    feedback.marked = marking[port]?.share(at: ports[port].queued) ?? 0
    feedback.lossRate = BitRate(flow.dropping + flow.losing)
    let lost = flow.bitsDropped + flow.bitsLost
    feedback.lost = lost - flow.lostReported
    feedback.epoch = ports[port].epoch
    ports[port].flows[i].lostReported = lost
    ports[port].flows[i].sentDelay = feedback.queueDelay
    ports[port].flows[i].sentMarked = feedback.marked
    ports[port].flows[i].sentLoss = feedback.lossRate.bitsPerSecond
    ports[port].flows[i].sentEpoch = feedback.epoch
    // Telemetry comes straight from the port; marks, delays and losses are seen by the receiver first.
    let way = usesGrants ? flow.direct : flow.viaReceiver
    send(
      .feedback(flow: flow.spec.id, hop: flow.hop, feedback), to: Int(flow.spec.source), at: now + way)
  }

  // MARK: Sources

  private mutating func hear(_ id: FlowID, _ hop: Int, _ feedback: PortFeedback, at now: Time) {
    guard sources[id] != nil else { return }
    sources[id]!.integrate(to: now)
    var view = sources[id]!.hops[hop]
    // The port's count replaces what was extrapolated since its last word.
    view.lost += feedback.lost
    view.since = now
    let joined = view.answered && feedback.epoch != view.feedback.epoch
    view.answered = true
    view.feedback = feedback
    if usesGrants {
      view.unheard.removeAll { $0.sequence <= feedback.basedOn }
      for (_, claim) in view.unheard { view.feedback.grant = min(view.feedback.grant, BitRate(claim)) }
    }
    sources[id]!.hops[hop] = view
    if joined { sources[id]!.resume(at: now) }
    if sources[id]!.phase == .closing {
      resendIfLost(id, at: now)
    } else {
      if usesGrants { sendClaims(id, at: now) }
      react(id, at: now)
    }
  }

  /// Tells each port what the flow could use there.
  private mutating func sendClaims(_ id: FlowID, at now: Time) {
    guard var source = sources[id] else { return }
    for hop in source.hops.indices {
      var claim = source.demand
      for other in source.hops.indices where other != hop && source.hops[other].answered {
        claim = min(claim, max(1, source.hops[other].feedback.fair.bitsPerSecond))
      }
      let last = source.hops[hop].claim
      guard Double(abs(claim - last)) > 0.01 * Double(max(claim, last)) else { continue }
      sendClaim(claim, of: &source, hop: hop, at: now)
    }
    sources[id] = source
  }

  private mutating func sendClaim(_ claim: Int64, of source: inout FluidSource, hop: Int, at now: Time) {
    let path = model.routes[site][Int(source.spec.destination)]
    source.hops[hop].claim = claim
    source.hops[hop].claimSequence += 1
    source.hops[hop].unheard.append((source.hops[hop].claimSequence, claim))
    source.hops[hop].feedback.grant = min(source.hops[hop].feedback.grant, BitRate(claim))
    var delay = Time.zero
    for earlier in path[..<hop] { delay += model.ports[earlier].delay }
    send(
      .claim(spec: source.spec, hop: UInt8(hop), claim: BitRate(claim), sequence: source.hops[hop].claimSequence),
      to: model.ports[path[hop]].owner, at: now + delay)
  }

  /// Runs the controller and applies what it says.
  private mutating func react(_ id: FlowID, at now: Time) {
    guard var source = sources[id] else { return }
    source.integrate(to: now)
    if source.phase == .opening {
      guard source.hops.allSatisfy({ $0.answered && $0.feedback.grant > .zero }) else {
        sources[id] = source
        return
      }
      source.phase = .sending
    }
    guard source.phase == .sending else {
      sources[id] = source
      return
    }
    if !source.steady.active {
      source.controller.update(source.feedback(at: now))
      if model.leaps { _ = source.watchCycles(model.algorithm.cycle, at: now) }
    }
    let wanted = min(source.allowed, source.usage)
    let drift = Double(abs(wanted - source.rate))
    let apply =
      wanted != source.rate
      && (usesGrants || source.steady.active || drift > FluidNetwork.rateThreshold * Double(source.rate)
        || wanted == source.usage)
    if apply { source.rate = wanted }
    if source.spec.isUnlimited {
      let potential = min(source.demand, source.allowed)
      let moved = Double(abs(potential - source.reported))
      if moved > 0.01 * Double(source.reported) || (potential == source.demand && moved > 0) {
        source.reported = potential
        events.append(.rate(id, BitRate(potential)))
      }
    }
    let deadline = source.steady.active ? Time.never : max(source.controller.deadline, now + .tick)
    let wake = source.deadline.set(deadline)
    sources[id] = source
    if wake { schedule(.deadline(id), at: deadline) }
    scheduleFinish(id, at: now)
    if apply || source.steady.active {
      let port = portIndex(source.spec, hop: 0)
      if let i = ports[port].index(of: id) {
        setInput(
          port, i, rate: source.rate, lump: 0, final: .goesOn, steady: source.steady.active, at: now)
      }
    }
  }

  private mutating func scheduleFinish(_ id: FlowID, at now: Time) {
    guard let source = sources[id], !source.spec.isUnlimited, source.phase == .sending else { return }
    let left = source.spec.amount - (source.emitted - source.lost(at: now))
    let net = Int128(source.rate - source.lossRate)
    var due = Time.never
    if net > 0 {
      let ticks = max(0, left) / net
      if ticks < Int128(Int64.max / 4) { due = now + Time(ticks: Int64(ticks)) }
    } else if left <= 0 {
      due = now
    }
    if sources[id]!.finish.set(due) { schedule(.finish(id), at: due) }
  }

  private mutating func finishIfDone(_ id: FlowID, at now: Time) {
    sources[id]!.integrate(to: now)
    let source = sources[id]!
    let left = source.spec.amount - (source.emitted - source.lost(at: now))
    if left > Int128(max(1, source.rate)) { return scheduleFinish(id, at: now) }
    finishSending(id, lump: max(0, left), at: now)
  }

  /// The source falls silent; `lump` are the bits of the last, partial tick.
  private mutating func finishSending(_ id: FlowID, lump: BitTicks, end: FlowEnd = .sent, at now: Time) {
    guard var source = sources[id] else { return }
    source.integrate(to: now)
    source.emitted += lump
    source.rate = 0
    source.phase = .closing
    sources[id] = source
    let port = portIndex(source.spec, hop: 0)
    if let i = ports[port].index(of: id) {
      setInput(port, i, rate: 0, lump: lump, final: end, steady: false, at: now)
    }
  }

  /// After the end of sending: when ports report no more losses and something is missing, it is sent again.
  private mutating func resendIfLost(_ id: FlowID, at now: Time) {
    guard var source = sources[id], !source.spec.isUnlimited, source.lossRate == 0 else { return }
    let left = source.spec.amount - (source.emitted - source.lost(at: now))
    guard left > 0 else { return }
    source.phase = usesGrants ? .opening : .sending
    let port = portIndex(source.spec, hop: 0)
    if ports[port].index(of: id) == nil { enter(source.spec, hop: 0, at: now) }
    // Grants given before may be gone. A claim of nothing first tells ports that still know the flow, as the last one
    // does, to grant it anew; else they would see no reason to say again what has not changed.
    if usesGrants {
      for hop in source.hops.indices { sendClaim(0, of: &source, hop: hop, at: now) }
    }
    source.restartCycles(at: now)
    sources[id] = source
    if usesGrants { sendClaims(id, at: now) }
    react(id, at: now)
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
