// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What a desk says. Rates in bit/s.
enum GrantWord: Equatable, Sendable {
  /// To a source.
  case grant(flow: UInt64, hop: UInt8, home: Int32, rate: Int64, fair: Int64, basedOn: UInt32)
  /// A far port to a delegate.
  case stand(delegate: Int32, rate: Int64, level: Int64)
  /// A delegate to its far port.
  case standing(delegate: Int32, GrantDelegate.Word)
}

/// All desks of one part of a network: what is said to them, and what they answer. The engines carry the words and keep the
/// clock.
///
/// Every word is confirmed by who hears it, and repeated until it is: twice the time there and back after it was said.
/// Words of one sender to one hearer stay in order. A loss therefore costs time and nothing else: a goodbye comes late, and
/// what was lowered stays committed until the confirmation is there. Without losses a confirmation comes back after exactly
/// the loop, so no events are spent on it.
struct GrantDesks: Sendable {
  private(set) var map: GrantMap
  let rule: GrantRule
  private let losses: WordLosses
  /// Where each desk is in ``desks``, or -1 if it is in another part.
  private let slots: [Int32]
  private var desks: [GrantDesk] = []

  /// - Parameters:
  ///   - isHere: whether the desk at a port, or the delegate whose site is left by it, belongs to this part.
  ///   - usable: what a port's desk may hand out in the beginning, in bit/s.
  init(
    map: GrantMap, rule: GrantRule, losses: WordLosses, isHere: (_ port: Int) -> Bool, usable: (_ desk: Int) -> Int64
  ) {
    self.map = map
    self.rule = rule
    self.losses = losses
    var slots = [Int32](repeating: -1, count: map.firstDelegate + map.delegates.count)
    var count: Int32 = 0
    for number in slots.indices where isHere(map.port(of: number)) {
      slots[number] = count
      count += 1
    }
    self.slots = slots
    desks = [GrantDesk](repeating: GrantDesk(), count: Int(count))
    // What stands with delegates before anything flows.
    for (desk, numbers) in map.standing.sorted(by: { $0.key < $1.key }) {
      let share = rule.standing ? usable(desk) / Int64(numbers.count) : 0
      for number in numbers {
        var entry = GrantLedger.Entry(loop: Time(ticks: map.delegates[Int(number)].loop))
        entry.isDelegate = true
        entry.weight = 0
        entry.grant = share
        entry.believed = share
        entry.fairSent = .max
        if slots[desk] >= 0 { desks[Int(slots[desk])].add(delegate: number, entry) }
        let own = Int(slots[map.firstDelegate + Int(number)])
        if own >= 0 { desks[own].delegate = GrantDelegate(capacity: share) }
      }
    }
  }

  subscript(_ number: Int) -> GrantDesk {
    get { desks[Int(slots[number])] }
    _modify { yield &desks[Int(slots[number])] }
  }

  func isHere(_ number: Int) -> Bool { slots[number] >= 0 }

  /// Desks of this part with somebody in their ledger, ascending.
  var busy: [Int] { slots.indices.filter { slots[$0] >= 0 && !desks[Int(slots[$0])].members.isEmpty } }

  // MARK: What is heard

  mutating func hearClaim(
    desk: Int, flow: UInt64, hop: UInt8, home: Int32, rate: BitRate, sequence: UInt32, loop: Time
  ) {
    let index = self[desk].enter(flow: flow, hop: hop, home: home, loop: loop)
    self[desk].ledger.hear(claim: rate, sequence: sequence, at: index)
  }

  /// A site's delegate has spoken; returns the desk that heard it.
  mutating func hearStanding(_ number: Int32, _ word: GrantDelegate.Word) -> Int {
    let desk = map.delegates[Int(number)].desk
    guard let index = self[desk].index(ofDelegate: number) else { preconditionFailure("delegates never leave") }
    self[desk].ledger.entries[index].claim = word.claim
    self[desk].ledger.entries[index].base = word.base
    self[desk].ledger.entries[index].weight = word.weight
    self[desk].ledger.entries[index].present = word.present
    return desk
  }

  /// A far port has spoken to its delegate; returns the delegate's desk.
  mutating func hearStand(_ number: Int32, rate: Int64, level: Int64) -> Int {
    let desk = map.firstDelegate + Int(number)
    self[desk].delegate!.capacity = rate
    self[desk].delegate!.level = level
    return desk
  }

  // MARK: What is said

  /// A desk looks at its ledger. Returns what it has to say, with how long each word takes, and when it looks again.
  ///
  /// - Parameter usable: what a port's desk may hand out now, in bit/s; a delegate's follows from its grant.
  mutating func allocate(_ number: Int, usable: Int64, at now: Time) -> (words: [(GrantWord, after: Time)], again: Time)
  {
    let slot = Int(slots[number])
    let delegate = desks[slot].delegate
    var (notices, again) = desks[slot].ledger.allocate(
      usable: delegate?.capacity ?? usable, potential: delegate?.level ?? 0, at: now, rule: rule)
    var words: [(GrantWord, after: Time)] = []
    for index in notices {
      let (grant, fair, basedOn) = desks[slot].ledger.tell(index)
      switch desks[slot].members[index] {
      case .flow(let flow, let hop, let home):
        let word = GrantWord.grant(
          flow: flow, hop: hop, home: home, rate: grant.bitsPerSecond, fair: fair.bitsPerSecond, basedOn: basedOn)
        let distance = desks[slot].ledger.entries[index].loop.ticks / 2
        words.append((word, say(to: index, at: slot, key: flow << 8 | UInt64(hop), distance: distance, now)))
      case .delegate(let k):
        let word = GrantWord.stand(delegate: k, rate: grant.bitsPerSecond, level: fair.bitsPerSecond)
        words.append(
          (word, say(to: index, at: slot, key: 1 << 62 | UInt64(k), distance: map.delegates[Int(k)].distance, now)))
      }
    }
    if losses.isPossible {
      again = .never
      for entry in desks[slot].ledger.entries where entry.held > 0 { again = min(again, entry.heldUntil) }
    }
    if let place = map.delegate(of: number) {
      let distance = map.delegates[place].distance
      let (word, later) = desks[slot].delegate!.word(
        for: desks[slot].ledger.entries, at: now, patience: rule.patience ? Time(ticks: 2 * distance) : .zero)
      if let word {
        let arrival = losses.arrival(
          key: 1 << 63 | UInt64(place), distance: distance, at: now, after: &desks[slot].delegate!.lastArrival)
        words.append((.standing(delegate: Int32(place), word), after: arrival - now))
      }
      again = min(again, later)
    }
    return (words, again)
  }

  /// How long a word to a member of a ledger takes. What it lowers stays committed until the confirmation is back.
  private mutating func say(to index: Int, at slot: Int, key: UInt64, distance: Int64, _ now: Time) -> Time {
    guard losses.isPossible else { return Time(ticks: distance) }
    var entry = desks[slot].ledger.entries[index]
    let arrival = losses.arrival(key: key, distance: distance, at: now, after: &entry.lastArrival)
    if entry.held > 0 {
      var unused = Time.zero
      let back = losses.arrival(key: ~key, distance: distance, at: arrival, after: &unused)
      entry.heldUntil = max(entry.heldUntil, now + entry.loop + (back - now - Time(ticks: 2 * distance)))
    }
    desks[slot].ledger.entries[index] = entry
    return arrival - now
  }

  /// How long a word of a source takes to a desk.
  func delay(ofSource flow: UInt64, hop: Int, distance: Int64, at now: Time, after last: inout Time) -> Time {
    losses.arrival(key: 1 << 61 | flow << 8 | UInt64(hop), distance: distance, at: now, after: &last) - now
  }

  // MARK: Distances

  /// Links have become longer or shorter: loops follow, and what is held waits for confirmations that take longer.
  ///
  /// - Parameter distance: from the source of a flow to its desk for a hop, in ticks; only asked for flows.
  mutating func measure(_ ports: [GrantMap.Port], distance: (_ flow: UInt64, _ hop: Int) -> Int64) {
    map.measure(ports)
    for slot in desks.indices {
      for (index, member) in desks[slot].members.enumerated() {
        let loop: Int64
        switch member {
        case .delegate(let number): loop = map.delegates[Int(number)].loop
        case .flow(let flow, let hop, _): loop = 2 * distance(flow, Int(hop))
        }
        let grown = Time(ticks: loop) - desks[slot].ledger.entries[index].loop
        desks[slot].ledger.entries[index].loop = Time(ticks: loop)
        if grown > .zero, desks[slot].ledger.entries[index].held > 0 {
          desks[slot].ledger.entries[index].heldUntil += grown
        }
      }
    }
  }

  // MARK: State

  /// Writes the desks; map, rule and losses are not part of the state.
  func encode(into writer: inout ByteWriter) { for desk in desks { writer.write(desk) } }

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    for slot in desks.indices { try coder.value(&desks[slot]) }
  }

  mutating func restore(from reader: inout ByteReader) throws(WireError) {
    for slot in desks.indices { desks[slot] = try reader.read() }
  }
}
