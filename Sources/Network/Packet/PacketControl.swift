// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// A word between hosts and ports that is no packet: it travels with the light of the fibre, in a class of its own, and
/// waits nowhere. A few words a round trip and flow take no capacity that would show.
enum ControlWord: Equatable, Sendable {
  /// Pause frame to the sender of a port, or its end.
  case pause(port: Int32, trafficClass: UInt8, on: Bool)
  /// A source claims a rate at the desk for `hop` of its flow's path.
  case claim(flow: Int32, hop: UInt8, rate: Int64, sequence: UInt32, loop: Int64)
  /// A delegate claims for its site at its far port, and is granted.
  case standing(delegate: Int32, word: GrantDelegate.Word)
  case stand(delegate: Int32, grant: Int64, level: Int64)
  /// The flow has nothing left to send.
  case leave(flow: Int32, hop: UInt8)
  /// A port grants.
  case grant(flow: Int32, hop: UInt8, grant: Int64, fair: Int64, basedOn: UInt32)
  /// Near-source notice: quantised feedback in 0...1.
  case notice(flow: Int32, hop: UInt8, strength: Double)
  /// A desk looks at its ledger: once an instant, after all that has been heard. Far ports before delegates do not matter:
  /// their words take time.
  case allocate(desk: Int32)
  /// The oracle looks at everything: last of all.
  case foresee
  /// A port measures what a desk of its has to know.
  case look(desk: Int32)
  /// A connection has had nothing to send for a while, if its last sending is still the one named.
  case idle(flow: Int32, order: UInt32)

  /// Orders words of one instant whatever the parts of the network.
  var rank: UInt64 {
    switch self {
    case .pause(let port, let c, _): return 0 << 56 | UInt64(port) << 8 | UInt64(c)
    case .claim(let flow, let hop, _, _, _): return 1 << 56 | UInt64(flow) << 8 | UInt64(hop)
    // Claims and farewells of one flow stay in the order in which they were said.
    case .leave(let flow, let hop): return 1 << 56 | UInt64(flow) << 8 | UInt64(hop)
    case .grant(let flow, let hop, _, _, _): return 3 << 56 | UInt64(flow) << 8 | UInt64(hop)
    case .notice(let flow, let hop, _): return 4 << 56 | UInt64(flow) << 8 | UInt64(hop)
    case .look(let desk): return 11 << 56 | UInt64(desk)
    case .idle(let flow, _): return 10 << 56 | UInt64(flow)
    case .standing(let delegate, _): return 6 << 56 | UInt64(delegate)
    case .stand(let delegate, _, _): return 7 << 56 | UInt64(delegate)
    case .allocate(let desk): return 8 << 56 | UInt64(desk)
    case .foresee: return 9 << 56
    }
  }
}

/// A word for another part.
struct ControlDispatch {
  var part: Int
  var at: Int64
  var word: ControlWord
}

/// State of the words between hosts and ports.
struct PacketControl {
  var queue = EventQueue<ControlWord>()
  /// By site, and of the whole network: what controllers are told.
  let localRoundTrip: [Time]
  let longestRoundTrip: Time
  /// Claims of the flows from here, by flow.
  var books: [Int: ClaimBook] = [:]
  /// The desks of this part, for algorithms that ask ports for a rate.
  var grants: GrantDesks?
  let losses: WordLosses
  /// Flows that have something to send, for the oracle.
  var active: [Bool]
  var foreseeing = false

  init(plan: NetworkPlan, connections: Int, localRoundTrip: [Time], longestRoundTrip: Time) {
    self.localRoundTrip = localRoundTrip
    self.longestRoundTrip = longestRoundTrip
    losses = WordLosses(seed: plan.seed, share: plan.controlLoss, roundTripError: plan.roundTripError)
    active = [Bool](repeating: false, count: connections)
  }

  var nextTime: Int64 { queue.nextTime.ticks }
}

extension PacketNetwork {
  /// Sends a word to a node; whether it can be lost, and how often it is said then, is its sender's affair.
  mutating func say(_ word: ControlWord, toNode node: Int, after delay: Int64) {
    let at = now + delay
    if partOf[node] == part {
      control.queue.push(word, at: Time(ticks: at), rank: word.rank)
    } else {
      words.append(ControlDispatch(part: partOf[node], at: at, word: word))
    }
  }

  /// A word of another part.
  mutating func accept(_ dispatch: ControlDispatch) {
    control.queue.push(dispatch.word, at: Time(ticks: dispatch.at), rank: dispatch.word.rank)
  }

  mutating func handleControl() {
    guard let entry = control.queue.pop() else { return }
    switch entry.payload {
    case .pause(let port, let c, let on): setPaused(on, port: Int(port), trafficClass: Int(c))
    case .claim(let flow, let hop, let rate, let sequence, let loop):
      hearClaim(Int(flow), Int(hop), rate: rate, sequence: sequence, loop: loop)
    case .standing(let delegate, let word): touchDesk(control.grants!.hearStanding(delegate, word))
    case .stand(let delegate, let grant, let level):
      touchDesk(control.grants!.hearStand(delegate, rate: grant, level: level))
    case .leave(let flow, let hop): hearLeave(Int(flow), Int(hop))
    case .grant(let flow, let hop, let grant, let fair, let basedOn):
      hearGrant(Int(flow), Int(hop), grant: grant, fair: fair, basedOn: basedOn)
    case .notice(let flow, _, let strength): hearNotice(Int(flow), strength)
    case .allocate(let desk): allocate(Int(desk))
    case .foresee: foresee()
    case .look(let desk): look(Int(desk))
    case .idle(let flow, let order): endIdle(Int(flow), order)
    }
  }

  /// Flow control: towards the node that the port leaves from, as fast as the fibre allows. A pause frame is never lost.
  mutating func sendPause(_ on: Bool, port place: Int, trafficClass c: Int) {
    let word = ControlWord.pause(port: Int32(place), trafficClass: UInt8(c), on: on)
    let at = now + ports[place].delay
    let node = Int(ports[place].from)
    if partOf[node] == part {
      control.queue.push(word, at: Time(ticks: at), rank: word.rank)
    } else {
      words.append(ControlDispatch(part: partOf[node], at: at, word: word))
    }
  }

  /// Propagation from the source of a flow to the port at `hop`.
  func distance(of flow: Int, toHop hop: Int) -> Int64 {
    var ticks: Int64 = 0
    for k in 0..<hop { ticks += ports[portOf(steps[Int(routes[flow].forward) + k])].delay }
    return ticks
  }

  // MARK: Beginnings and ends

  /// Whether senders are told rates, so that ports or the oracle must know who has something to send.
  var steersByRate: Bool { !signals.isDisjoint(with: [.explicitRate, .oracle]) }

  func hasData(_ flow: Int) -> Bool {
    senders[flow].next < senders[flow].available || !senders[flow].lost.isEmpty
  }

  /// The flow has begun, or has data again: new data of a collective, or something that was lost.
  mutating func wantsToSend(_ flow: Int) {
    if signals.contains(.oracle) { activate(flow) }
    if signals.contains(.explicitRate), hasData(flow) { openDesks(flow) }
  }

  /// Nothing is left to send now. A flow with an end gives its rate back at once. A connection of a collective keeps it
  /// for the next phase, and gives it back when it has been idle for two round trips.
  mutating func hasSentAll(_ flow: Int) {
    if signals.contains(.oracle) { deactivate(flow) }
    guard signals.contains(.explicitRate) else { return }
    if senders[flow].lastSequence != .none {
      leaveDesks(flow)
      senders[flow].grant = 0
    } else {
      let word = ControlWord.idle(flow: Int32(flow), order: senders[flow].order)
      control.queue.push(word, at: Time(ticks: now + 2 * baseRoundTrip(of: flow)), rank: word.rank)
    }
  }

  /// A connection that has not sent since.
  private mutating func endIdle(_ flow: Int, _ order: UInt32) {
    guard senders[flow].phase == .open, senders[flow].order == order, !hasData(flow) else { return }
    leaveDesks(flow)
    senders[flow].grant = 0
  }

  mutating func closeControl(_ flow: Int) {
    if signals.contains(.oracle) { deactivate(flow) }
    if signals.contains(.explicitRate) {
      leaveDesks(flow)
      control.books[flow] = nil
    }
  }

  // MARK: Near-source notices

  mutating func hearNotice(_ flow: Int, _ strength: Double) {
    guard senders[flow].phase == .open else { return }
    feedback.now = Time(ticks: now)
    feedback.clear()
    feedback.nearSource = strength
    tell(flow)
    setTimer(flow)
    wake(flow)
  }

  /// Quantised congestion notification (IEEE 802.1Qau): every so many bytes a port inside the sender's site compares its
  /// queue with where it should be and with the last time, and tells the sender of the packet if it is too long.
  mutating func sampleForNotice(_ index: UInt32, at place: Int, queue: Double) {
    guard let rule = plan.algorithm.demands.nearSource else { return }
    let flow = Int(pool[index].flow)
    let node = Int(ports[place].from)
    guard !ports[place].isCard, plan.nodes[node].site == plan.nodes[connections[flow].source].site else { return }
    ports[place].sinceSample += Int64(pool[index].size)
    guard ports[place].sinceSample >= rule.sample else { return }
    ports[place].sinceSample = 0
    let equilibrium = rule.equilibrium.seconds * Double(ports[place].rate) / 8
    let offset = queue - equilibrium
    let change = queue - ports[place].queueAtSample
    ports[place].queueAtSample = queue
    let congestion = offset + rule.weight * change
    guard congestion > 0 else { return }
    // Six bits over the range that the standard gives: (2 w + 1) times the equilibrium.
    let share = min(1, congestion / (equilibrium * (2 * rule.weight + 1)))
    let strength = max(1, (share * 64).rounded(.down)) / 64
    let hop = Int(pool[index].hop)
    let word = ControlWord.notice(flow: Int32(flow), hop: UInt8(hop), strength: strength)
    let distance = distance(of: flow, toHop: hop)
    if distance > 0, control.losses.loses(key: word.rank, at: Time(ticks: now)) { return }
    say(word, toNode: connections[flow].source, after: distance)
  }
}
