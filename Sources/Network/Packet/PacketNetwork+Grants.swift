// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// Explicit rates: claims of sources at the desks of their path, and what these grant. What desks do is ``GrantDesks``; this
/// carries their words and looks at the ports for them.
extension PacketNetwork {
  /// Sets up the desks of this part, and what stands with delegates before anything flows.
  mutating func layDesks() {
    guard let rule = plan.algorithm.demands.grants else { return }
    let paths = (0..<flowCount).map { flow in
      GrantMap.Path(
        ports: (0..<Int(routes[flow].forwardLength)).map { portOf(steps[Int(routes[flow].forward) + $0]) },
        lane: Int(connections[flow].trafficClass.rawValue), site: plan.nodes[connections[flow].source].site)
    }
    let map = GrantMap(paths: paths, ports: grantPorts, lanes: 3, delegates: rule.delegates)
    control.grants = GrantDesks(
      map: map, rule: rule, losses: control.losses,
      isHere: { partOf[Int(ports[$0].from)] == part },
      usable: { Int64(Double(bundleRate($0 / 3)) * rule.utilisation) })
  }

  /// Ports as the map of desks sees them.
  private var grantPorts: [GrantMap.Port] {
    (0..<portCount).map { place in
      let port = ports[place]
      return GrantMap.Port(
        from: plan.nodes[Int(port.from)].site, to: plan.nodes[Int(port.to)].site, delay: port.delay,
        full: port.fullTicks, takesPart: port.isCard || plan.ports[place].keepsLedger)
    }
  }

  /// The rate of a port; of a sprayed bundle, of all its ports together.
  private func bundleRate(_ place: Int) -> Int64 {
    if sprays, !ports[place].isCard {
      for bundle in plan.bundles where bundle.balancing == .spray && bundle.ports.lowerBound == place {
        return bundle.ports.reduce(0) { $0 + ports[$1].rate }
      }
    }
    return ports[place].rate
  }

  // MARK: Sources

  /// What a flow could send if the network let it: its card's rate, or less if the application limits what is in flight.
  private func demand(of flow: Int) -> BitRate {
    let line = ports[Int(senders[flow].card)].rate
    guard senders[flow].limit < .max else { return BitRate(line) }
    let most = Double(senders[flow].limit) * 8 / (Double(baseRoundTrip(of: flow)) / Double(Time.ticksPerSecond))
    return BitRate(min(line, Int64(most)))
  }

  /// Makes the flow known to all desks of its path, if it is not.
  mutating func openDesks(_ flow: Int) {
    if control.books[flow] == nil { control.books[flow] = ClaimBook(desks: control.grants!.map.desksOf[flow]) }
    guard !control.books[flow]!.isKnown else { return }
    senders[flow].grant = 0
    sendClaims(flow)
  }

  private func distanceToDesk(of flow: Int, hop: Int) -> Int64 {
    control.grants!.map.distance(path: flow, hop: hop) { ports[$0].delay }
  }

  private mutating func sendClaims(_ flow: Int) {
    let demand = demand(of: flow)
    guard let claims = control.books[flow]?.claims(demand: demand) else { return }
    for claim in claims {
      let distance = distanceToDesk(of: flow, hop: claim.hop)
      sayToDesk(
        .claim(
          flow: Int32(flow), hop: UInt8(claim.hop), rate: claim.rate.bitsPerSecond, sequence: claim.sequence,
          loop: 2 * distance),
        of: flow, hop: claim.hop, distance: distance)
    }
  }

  private mutating func sayToDesk(_ word: ControlWord, of flow: Int, hop: Int, distance: Int64) {
    let number = Int(control.grants!.map.desksOf[flow][hop])
    var last = control.books[flow]!.hops[hop].lastArrival
    let delay = control.grants!.delay(
      ofSource: UInt64(flow), hop: hop, distance: distance, at: Time(ticks: now), after: &last)
    control.books[flow]!.hops[hop].lastArrival = last
    say(word, toNode: Int(ports[control.grants!.map.port(of: number)].from), after: delay.ticks)
  }

  mutating func leaveDesks(_ flow: Int) {
    guard let book = control.books[flow], book.isKnown else { return }
    for hop in book.hops.indices where !book.hops[hop].isAbsent {
      sayToDesk(
        .leave(flow: Int32(flow), hop: UInt8(hop)), of: flow, hop: hop, distance: distanceToDesk(of: flow, hop: hop))
    }
    control.books[flow]!.leave()
  }

  mutating func hearGrant(_ flow: Int, _ hop: Int, grant: Int64, fair: Int64, basedOn: UInt32) {
    guard senders[flow].phase == .open, control.books[flow]?.isKnown == true else { return }
    control.books[flow]!.hear(hop: hop, grant: BitRate(grant), fair: BitRate(fair), basedOn: basedOn)
    sendClaims(flow)
    let granted = control.books[flow]!.isOpen ? control.books[flow]!.granted.bitsPerSecond : 0
    guard granted != senders[flow].grant else { return }
    senders[flow].grant = granted
    feedback.now = Time(ticks: now)
    feedback.clear()
    tell(flow)
    setTimer(flow)
    wake(flow)
  }

  // MARK: Desks

  mutating func hearClaim(_ flow: Int, _ hop: Int, rate: Int64, sequence: UInt32, loop: Int64) {
    let desk = Int(control.grants!.map.desksOf[flow][hop])
    control.grants!.hearClaim(
      desk: desk, flow: UInt64(flow), hop: UInt8(hop), home: Int32(connections[flow].source), rate: BitRate(rate),
      sequence: sequence, loop: Time(ticks: loop))
    touchDesk(desk)
  }

  mutating func hearLeave(_ flow: Int, _ hop: Int) {
    let desk = Int(control.grants!.map.desksOf[flow][hop])
    control.grants![desk].leave(flow: UInt64(flow))
    touchDesk(desk)
  }

  /// Has a desk look at its ledger when everything of this instant has been heard.
  mutating func touchDesk(_ number: Int) { touchDesk(number, at: Time(ticks: now)) }

  private mutating func touchDesk(_ number: Int, at time: Time) {
    guard time < .never, control.grants![number].wake(at: time) else { return }
    let word = ControlWord.allocate(desk: Int32(number))
    control.queue.push(word, at: time, rank: word.rank)
  }

  mutating func allocate(_ number: Int) {
    guard control.grants![number].comesUp(at: Time(ticks: now)) else { return }
    let isPort = control.grants!.map.delegate(of: number) == nil
    let (words, again) = control.grants!.allocate(
      number, usable: isPort ? usable(number) : 0, at: Time(ticks: now))
    for (word, delay) in words { carry(word, after: delay.ticks) }
    touchDesk(number, at: max(again, Time(ticks: now + 1)))
    if isPort, control.grants![number].watch.begin(view(number), at: Time(ticks: now)) { lookLater(number) }
  }

  private mutating func carry(_ word: GrantWord, after delay: Int64) {
    switch word {
    case .grant(let flow, let hop, let home, let rate, let fair, let basedOn):
      say(
        .grant(flow: Int32(flow), hop: hop, grant: rate, fair: fair, basedOn: basedOn), toNode: Int(home),
        after: delay)
    case .stand(let delegate, let rate, let level):
      let node = ports[control.grants!.map.delegates[Int(delegate)].way[0]].from
      say(.stand(delegate: delegate, grant: rate, level: level), toNode: Int(node), after: delay)
    case .standing(let delegate, let word):
      let port = control.grants!.map.delegates[Int(delegate)].desk / 3
      say(.standing(delegate: delegate, word: word), toNode: Int(ports[port].from), after: delay)
    }
  }

  /// What the desk of a port may hand out now: what the rule says of its rate, less what classes that are served before
  /// have lately used, less what drains a queue that should not be.
  private func usable(_ number: Int) -> Int64 {
    let rate = Double(bundleRate(number / 3))
    let watch = control.grants![number].watch
    return max(Int64(rate * 0.001), Int64(rate * control.grants!.rule.utilisation - watch.before - watch.drain))
  }

  private func view(_ number: Int) -> GrantWatch.View {
    let (port, lane) = (ports[number / 3], number % 3)
    var view = GrantWatch.View(
      sentBefore: 0, queue: 0, rate: port.rate, buffer: port.buffer, shares: lane > 0 && classesInUse > 1)
    for c in 0..<lane { view.sentBefore += port.classSent[c] }
    if port.hasLists {
      for c in 0...lane { view.queue += Double(port.classBytes[c]) }
    } else {
      view.queue = port.backlog(at: now)
    }
    return view
  }

  private mutating func lookLater(_ number: Int) {
    let word = ControlWord.look(desk: Int32(number))
    let interval = GrantWatch.interval(control.grants![number].ledger.entries, view(number))
    control.queue.push(word, at: Time(ticks: now + interval.ticks), rank: word.rank)
  }

  mutating func look(_ number: Int) {
    let view = view(number)
    let goesOn = control.grants![number].look(view, at: Time(ticks: now))
    touchDesk(number)
    if goesOn { lookLater(number) }
  }

  // MARK: Changes

  mutating func changeCapacity(_ place: Int) {
    if control.grants != nil {
      for desk in place * 3..<place * 3 + 3 where !control.grants![desk].members.isEmpty { touchDesk(desk) }
    }
    if signals.contains(.oracle) { lookAhead() }
  }

  /// Words take as long as the links are now: loops follow.
  mutating func changeDelays() {
    guard control.grants != nil else { return }
    measureDesks()
    for desk in control.grants!.busy { touchDesk(desk) }
  }

  /// Distances of desks follow from the links as they are now.
  mutating func measureDesks() {
    let map = control.grants!.map
    let ports = ports
    control.grants!.measure(grantPorts) { flow, hop in
      map.distance(path: Int(flow), hop: hop) { ports[$0].delay }
    }
  }
}
