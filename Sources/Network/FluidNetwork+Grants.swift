// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// Explicit rates at fluid level: claims of sources at the desks of their path, and what these grant. What desks do is
/// ``GrantDesks``; this carries their words and looks at the ports for them.
extension FluidNetwork {
  static func desks(of model: NetworkModel, rule: GrantRule, site: Int) -> GrantDesks {
    let paths = model.paths.enumerated().map { index, path in
      GrantMap.Path(
        ports: path.ports, lane: model.facts.isEmpty ? 0 : model.facts[index].lane,
        site: model.facts.isEmpty ? model.source(ofPath: index) : model.facts[index].site)
    }
    let ports = model.ports.map {
      GrantMap.Port(
        from: $0.site, to: $0.nextSite, delay: $0.delay.ticks, full: 0, takesPart: $0.keepsLedger)
    }
    // Of a fleet, networks inside sites are not followed, but words inside one take their time.
    let local = model.facts.isEmpty ? model.localRoundTrip.ticks / 2 : 0
    return GrantDesks(
      map: GrantMap(paths: paths, ports: ports, lanes: model.classes, local: local, delegates: rule.delegates),
      rule: rule,
      losses: WordLosses(seed: model.seed, share: model.controlLoss, roundTripError: model.roundTripError),
      isHere: { model.ports[$0].owner == site },
      usable: { Int64(model.ports[$0 / model.classes].capacity.double * rule.utilisation) })
  }

  // MARK: Sources

  /// Whether a flow has anything to send, as far as its source knows.
  func hasData(_ slot: Int, at now: Time) -> Bool {
    sources[slot].spec.isUnlimited && sources[slot].available == nil || left(slot, at: now) > 0
  }

  /// Tells each desk what the flow could use at its port.
  mutating func sendClaims(_ slot: Int, at now: Time) {
    let claims = sources[slot].book.claims(demand: demand(slot))
    let spec = sources[slot].spec
    for claim in claims {
      let (desk, distance) = desk(of: spec, hop: claim.hop)
      sayToDesk(
        .claim(
          desk: Int32(desk), flow: spec.id, hop: UInt8(claim.hop), home: Int32(site), claim: claim.rate,
          sequence: claim.sequence, loop: Time(ticks: 2 * distance)),
        slot, hop: claim.hop, at: now)
    }
  }

  /// What the application offers, or what its limit in flight allows if that is less.
  private func demand(_ slot: Int) -> BitRate {
    let source = sources[slot]
    let most = source.inflightLimit * 8 / max(1e-9, source.roundTrip.seconds)
    return BitRate(Int64(min(Double(source.demand), most)))
  }

  private func desk(of spec: FlowSpec, hop: Int) -> (number: Int, distance: Int64) {
    let path = model.pathIndex(of: spec)
    return (
      Int(grants!.map.desksOf[path][hop]), grants!.map.distance(path: path, hop: hop) { model.ports[$0].delay.ticks }
    )
  }

  private mutating func sayToDesk(_ message: NetworkMessage, _ slot: Int, hop: Int, at now: Time) {
    let spec = sources[slot].spec
    let (number, distance) = desk(of: spec, hop: hop)
    var last = sources[slot].book.hops[hop].lastArrival
    let delay = grants!.delay(ofSource: spec.id.raw, hop: hop, distance: distance, at: now, after: &last)
    sources[slot].book.hops[hop].lastArrival = last
    send(message, to: model.ports[grants!.map.port(of: number)].owner, at: now + delay)
  }

  mutating func leaveDesks(_ slot: Int, at now: Time) {
    guard sources[slot].book.isKnown else { return }
    let spec = sources[slot].spec
    for hop in sources[slot].book.hops.indices where !sources[slot].book.hops[hop].isAbsent {
      sayToDesk(.leave(desk: Int32(desk(of: spec, hop: hop).number), flow: spec.id), slot, hop: hop, at: now)
    }
    sources[slot].book.leave()
  }

  /// A flow that carries messages keeps its rate for the next one, and gives it back when it has been idle for two round
  /// trips.
  mutating func idleLater(_ slot: Int, at now: Time) {
    sources[slot].pausedAt = now
    schedule(.idle(sources[slot].spec.id), at: now + sources[slot].roundTrip * 2)
  }

  mutating func endIdle(_ id: FlowID, at now: Time) {
    guard let slot = slots[id], sources[slot].phase == .sending,
      sources[slot].pausedAt + sources[slot].roundTrip * 2 == now, !hasData(slot, at: now)
    else { return }
    leaveDesks(slot, at: now)
    sources[slot].phase = .opening
  }

  // MARK: Words

  mutating func hearWord(_ message: NetworkMessage, at now: Time) {
    switch message {
    case .claim(let desk, let flow, let hop, let home, let claim, let sequence, let loop):
      grants!.hearClaim(
        desk: Int(desk), flow: flow.raw, hop: hop, home: home, rate: claim, sequence: sequence, loop: loop)
      touchDesk(Int(desk), at: now)
    case .leave(let desk, let flow):
      grants![Int(desk)].leave(flow: flow.raw)
      touchDesk(Int(desk), at: now)
    case .grant(let flow, let hop, let grant, let fair, let basedOn):
      guard let slot = slots[flow], sources[slot].book.isKnown else { return }
      sources[slot].book.hear(hop: Int(hop), grant: grant, fair: fair, basedOn: basedOn)
      reactLater(flow, at: now)
    case .standing(let delegate, let word): touchDesk(grants!.hearStanding(delegate, word), at: now)
    case .stand(let delegate, let rate, let level):
      touchDesk(grants!.hearStand(delegate, rate: rate, level: level), at: now)
    default: preconditionFailure("not a word between sources and desks")
    }
  }

  private mutating func carry(_ word: GrantWord, at time: Time) {
    switch word {
    case .grant(let flow, let hop, let home, let rate, let fair, let basedOn):
      send(
        .grant(flow: FlowID(raw: flow), hop: hop, grant: BitRate(rate), fair: BitRate(fair), basedOn: basedOn),
        to: Int(home), at: time)
    case .stand(let delegate, let rate, let level):
      let place = grants!.map.delegates[Int(delegate)].way[0]
      send(.stand(delegate: delegate, rate: rate, level: level), to: model.ports[place].owner, at: time)
    case .standing(let delegate, let word):
      let place = grants!.map.delegates[Int(delegate)].desk / model.classes
      send(.standing(delegate: delegate, word: word), to: model.ports[place].owner, at: time)
    }
  }

  // MARK: Desks

  /// Has a desk look at its ledger at `time`, when everything of that instant has been heard.
  mutating func touchDesk(_ number: Int, at time: Time) {
    guard time < .never, grants![number].wake(at: time) else { return }
    schedule(.allocate(Int32(number)), at: time)
  }

  mutating func touchDesks(ofPort port: Int, at now: Time) {
    guard usesGrants else { return }
    for desk in port * model.classes..<(port + 1) * model.classes where !grants![desk].members.isEmpty {
      touchDesk(desk, at: now)
    }
  }

  mutating func allocate(_ number: Int, at now: Time) {
    guard grants![number].comesUp(at: now) else { return }
    let isPort = grants!.map.delegate(of: number) == nil
    var credit = 0.0
    if isPort, grants!.rule.borrows, grants![number].hasHolds { credit = view(number, at: now).credit }
    let (words, again) = grants!.allocate(number, usable: isPort ? usable(number) : 0, credit: credit, at: now)
    for (word, delay) in words { carry(word, at: now + delay) }
    touchDesk(number, at: max(again, now + .tick))
    guard isPort, hasSomethingToSee(number) else { return }
    let view = view(number, at: now)
    if grants![number].watch.begin(view, at: now) { lookLater(number, view, at: now) }
  }

  private func lane(_ number: Int) -> Int { local[number / model.classes] + number % model.classes }

  /// What a port's desk may hand out now: what the rule says of its rate, less what classes that are served before have
  /// lately used, less what drains a queue that should not be.
  private func usable(_ number: Int) -> Int64 {
    let rate = Double(ports[lane(number)].line)
    let watch = grants![number].watch
    return max(Int64(rate * 0.001), Int64(rate * grants!.rule.utilisation - watch.before - watch.drain))
  }

  private func hasSomethingToSee(_ number: Int) -> Bool {
    let lane = number % model.classes
    if lane > 0 { return true }
    let port = ports[self.lane(number)]
    return port.queued > 0 || port.trend > 0
  }

  private mutating func view(_ number: Int, at now: Time) -> GrantWatch.View {
    let lane = number % model.classes
    let base = local[number / model.classes]
    var view = GrantWatch.View(
      sentBefore: 0, queue: 0, rate: ports[base].line, buffer: ports[base].buffer.bytesDouble, shares: lane > 0)
    for c in 0...lane {
      ports[base + c].integrate(to: now)
      if c < lane { view.sentBefore += ports[base + c].sent.bytes }
      view.queue += ports[base + c].queued.bytesDouble
    }
    return view
  }

  private mutating func lookLater(_ number: Int, _ view: GrantWatch.View, at now: Time) {
    schedule(.look(Int32(number)), at: now + GrantWatch.interval(grants![number].ledger.entries, view))
  }

  mutating func look(_ number: Int, at now: Time) {
    let view = view(number, at: now)
    let goesOn = grants![number].look(view, at: now)
    touchDesk(number, at: now)
    if goesOn { lookLater(number, view, at: now) }
  }
}
