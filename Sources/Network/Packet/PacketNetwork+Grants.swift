// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// Explicit rates: claims of sources at the desks of their path, and what these grant. The desk of a port inside the
/// sender's site is at the port; the desk of a port further away is at the site's delegate for it.
extension PacketNetwork {
  /// Sets up the desks of all paths, and what stands with delegates before anything flows.
  mutating func layDesks() {
    guard signals.contains(.explicitRate) else { return }
    control.desks = (0..<portCount * 3).map { _ in GrantDesk() }
    var numbers: [Int: [Int: Int]] = [:]
    for flow in 0..<flowCount {
      let site = plan.nodes[connections[flow].source].site
      var list: [Int32] = []
      var exit: (node: Int, hop: Int)?
      for hop in 0..<Int(routes[flow].forwardLength) {
        let place = portOf(steps[Int(routes[flow].forward) + hop])
        let node = Int(ports[place].from)
        let desk = portDesk(place, connections[flow].trafficClass)
        guard plan.nodes[node].site != site else {
          list.append(Int32(desk))
          if plan.nodes[Int(ports[place].to)].site != site, exit == nil { exit = (node, hop) }
          continue
        }
        let from = exit ?? (node, hop)
        let number: Int
        if let known = numbers[site]?[desk] {
          number = known
        } else {
          number = control.delegates.count
          numbers[site, default: [:]][desk] = number
          control.delegates.append(
            DelegatePlace(
              site: site, port: place, desk: desk, node: from.node,
              distance: distance(of: flow, toHop: hop) - distance(of: flow, toHop: from.hop), loop: 0,
              state: GrantDelegate(capacity: 0)))
        }
        control.delegates[number].loop = max(control.delegates[number].loop, loop(of: flow, toHop: hop))
        list.append(Int32(firstDelegate + number))
      }
      control.desksOf.append(list)
    }
    for (number, delegate) in control.delegates.enumerated() {
      var desk = GrantDesk()
      desk.delegate = Int32(number)
      control.desks.append(desk)
      control.desks[delegate.desk].members.append(.delegate(Int32(number)))
    }
    for number in 0..<firstDelegate where !control.desks[number].members.isEmpty {
      let share = usable(number) / Int64(control.desks[number].members.count)
      for case .delegate(let number) in control.desks[number].members {
        var entry = GrantLedger.Entry(loop: Time(ticks: control.delegates[Int(number)].loop))
        entry.isDelegate = true
        entry.weight = 0
        entry.grant = share
        entry.believed = share
        entry.fairSent = .max
        control.desks[control.delegates[Int(number)].desk].ledger.entries.append(entry)
        control.delegates[Int(number)].state.capacity = share
      }
    }
  }

  /// The desk of a port for one class of traffic.
  private func portDesk(_ place: Int, _ trafficClass: NetworkPlan.TrafficClass) -> Int {
    place * 3 + Int(trafficClass.rawValue)
  }

  /// Desks of ports come first, three for each, then those of delegates.
  private var firstDelegate: Int { portCount * 3 }

  // MARK: Sources

  /// What a flow could send if the network let it: its card's rate, or less if the application limits what is in flight.
  private func demand(of flow: Int) -> BitRate {
    let line = ports[Int(senders[flow].card)].rate
    guard senders[flow].limit < .max else { return BitRate(line) }
    let most = Double(senders[flow].limit) * 8 / (Double(baseRoundTrip(of: flow)) / Double(Time.ticksPerSecond))
    return BitRate(min(line, Int64(most)))
  }

  mutating func openDesks(_ flow: Int) {
    control.books[flow] = ClaimBook(hops: Int(routes[flow].forwardLength))
    senders[flow].grant = 0
    sendClaims(flow)
    if control.lossShare > 0 { renewLater(flow) }
  }

  private mutating func sendClaims(_ flow: Int) {
    guard var book = control.books[flow] else { return }
    let claims = book.claims(demand: demand(of: flow))
    control.books[flow] = book
    send(claims, of: flow)
  }

  private mutating func send(_ claims: [ClaimBook.Claim], of flow: Int) {
    for claim in claims {
      let (node, distance) = desk(of: flow, hop: claim.hop)
      say(
        .claim(
          flow: Int32(flow), hop: UInt8(claim.hop), rate: claim.rate.bitsPerSecond, sequence: claim.sequence,
          loop: 2 * distance),
        toNode: node, after: distance)
    }
  }

  /// Where the desk for a hop stands, and how far from the source.
  private func desk(of flow: Int, hop: Int) -> (node: Int, distance: Int64) {
    let number = Int(control.desksOf[flow][hop])
    if number < firstDelegate { return (Int(ports[number / 3].from), distance(of: flow, toHop: hop)) }
    let node = control.delegates[number - firstDelegate].node
    for k in 0..<hop where Int(ports[portOf(steps[Int(routes[flow].forward) + k])].from) == node {
      return (node, distance(of: flow, toHop: k))
    }
    return (node, 0)
  }

  /// From the port at `hop` to the source and back with the first packet that the source sends then.
  private func loop(of flow: Int, toHop hop: Int) -> Int64 {
    var ticks: Int64 = 0
    for k in 0..<hop {
      let port = ports + portOf(steps[Int(routes[flow].forward) + k])
      ticks += 2 * port.pointee.delay + port.pointee.fullTicks
    }
    return ticks
  }

  private mutating func renewLater(_ flow: Int) {
    let word = ControlWord.renew(flow: Int32(flow))
    control.queue.push(word, at: Time(ticks: now + 4 * baseRoundTrip(of: flow)), rank: word.rank)
  }

  /// Says all claims again, in case one was lost on the way.
  mutating func renew(_ flow: Int) {
    guard senders[flow].phase == .open, var book = control.books[flow] else { return }
    let claims = book.repetitions()
    control.books[flow] = book
    send(claims, of: flow)
    renewLater(flow)
  }

  mutating func leaveDesks(_ flow: Int) {
    guard control.books.removeValue(forKey: flow) != nil else { return }
    for hop in control.desksOf[flow].indices {
      let (node, distance) = desk(of: flow, hop: hop)
      say(.leave(flow: Int32(flow), hop: UInt8(hop)), toNode: node, after: distance)
    }
  }

  mutating func hearGrant(_ flow: Int, _ hop: Int, grant: Int64, fair: Int64, basedOn: UInt32) {
    guard senders[flow].phase == .open, var book = control.books[flow] else { return }
    book.hear(hop: hop, grant: BitRate(grant), fair: BitRate(fair), basedOn: basedOn)
    control.books[flow] = book
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
    let number = Int(control.desksOf[flow][hop])
    let index: Int
    if let known = control.desks[number].index(of: flow) {
      index = known
    } else {
      index = control.desks[number].members.count
      control.desks[number].members.append(.flow(Int32(flow), hop: UInt8(hop)))
      control.desks[number].ledger.entries.append(GrantLedger.Entry(loop: Time(ticks: loop)))
    }
    control.desks[number].ledger.hear(claim: BitRate(rate), sequence: sequence, at: index)
    touchDesk(number)
  }

  mutating func hearLeave(_ flow: Int, _ hop: Int) {
    let number = Int(control.desksOf[flow][hop])
    guard let index = control.desks[number].index(of: flow) else { return }
    control.desks[number].members.remove(at: index)
    control.desks[number].ledger.entries.remove(at: index)
    touchDesk(number)
  }

  mutating func hearStanding(_ number: Int, _ word: GrantDelegate.Word) {
    let desk = control.delegates[number].desk
    guard let index = control.desks[desk].members.firstIndex(of: .delegate(Int32(number))) else { return }
    control.desks[desk].ledger.entries[index].claim = word.claim
    control.desks[desk].ledger.entries[index].base = word.base
    control.desks[desk].ledger.entries[index].weight = word.weight
    touchDesk(desk)
  }

  mutating func hearStand(_ number: Int, grant: Int64, level: Int64) {
    control.delegates[number].state.capacity = grant
    control.delegates[number].state.level = level
    touchDesk(firstDelegate + number)
  }

  /// Has a desk look at its ledger when everything of this instant has been heard.
  mutating func touchDesk(_ number: Int) {
    guard !control.desks[number].isPending else { return }
    control.desks[number].isPending = true
    let word = ControlWord.allocate(desk: Int32(number))
    control.queue.push(word, at: Time(ticks: now), rank: word.rank)
  }

  private mutating func touchDesk(_ number: Int, at time: Time) {
    guard time < .never else { return }
    let word = ControlWord.allocate(desk: Int32(number))
    control.queue.push(word, at: max(time, Time(ticks: now + 1)), rank: word.rank)
  }

  mutating func allocate(_ number: Int) {
    control.desks[number].isPending = false
    let delegate = Int(control.desks[number].delegate)
    let usable = delegate < 0 ? usable(number) : control.delegates[delegate].state.capacity
    let potential = delegate < 0 ? 0 : control.delegates[delegate].state.level
    let (notices, release) = control.desks[number].ledger.allocate(
      usable: usable, potential: potential, at: Time(ticks: now), rule: control.rule)
    for index in notices {
      let (grant, fair, basedOn) = control.desks[number].ledger.tell(index)
      switch control.desks[number].members[index] {
      case .flow(let flow, let hop):
        let distance = desk(of: Int(flow), hop: Int(hop)).distance
        say(
          .grant(flow: flow, hop: hop, grant: grant.bitsPerSecond, fair: fair.bitsPerSecond, basedOn: basedOn),
          toNode: connections[Int(flow)].source, after: distance)
      case .delegate(let k):
        let place = control.delegates[Int(k)]
        say(
          .stand(delegate: k, grant: grant.bitsPerSecond, level: fair.bitsPerSecond), toNode: place.node,
          after: place.distance)
      }
    }
    touchDesk(number, at: release)
    if delegate >= 0 { claim(for: delegate) } else { watch(number) }
  }

  /// A delegate tells its far port what its flows want together.
  private mutating func claim(for number: Int) {
    let place = control.delegates[number]
    let (word, again) = control.delegates[number].state.word(
      for: control.desks[firstDelegate + number].ledger.entries, at: Time(ticks: now),
      patience: Time(ticks: 2 * place.distance))
    if let word {
      say(.standing(delegate: Int32(number), word: word), toNode: Int(ports[place.port].from), after: place.distance)
    }
    touchDesk(firstDelegate + number, at: again)
  }

  /// What the desk of a port may hand out now: what the rule says of the rate (of a sprayed bundle, of all its ports
  /// together), less what classes that are served before have lately used, less what drains a queue that should not be.
  private func usable(_ number: Int) -> Int64 {
    let place = number / 3
    var rate = ports[place].rate
    if sprays, !ports[place].isCard {
      for bundle in plan.bundles where bundle.balancing == .spray && bundle.ports.lowerBound == place {
        rate = bundle.ports.reduce(0) { $0 + ports[$1].rate }
      }
    }
    let state = control.desks[number]
    let left = Double(rate) * control.rule.utilisation - state.before - state.drain
    return max(Int64(Double(rate) * 0.001), Int64(left))
  }

  mutating func changeCapacity(_ place: Int) {
    if signals.contains(.explicitRate) {
      for c in 0..<3 where !control.desks[place * 3 + c].members.isEmpty { touchDesk(place * 3 + c) }
    }
    if signals.contains(.oracle) { lookAhead() }
  }
}
