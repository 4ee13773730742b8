// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// The ledger of grants that a port keeps for distance-aware traffic; the same at packet and at fluid level.
///
/// Each entry is a flow, or a ``GrantDelegate`` that stands for all flows of one far site. It has a claim: what it could use
/// here, judging by all other ports of its path. The ledger water-fills the capacity (times the utilisation it aims for)
/// over the claims, a delegate counting as many flows as it stands for. An entry above its share is told at once, but its
/// old rate stays committed until the loop from port to source and back has passed; only then is the capacity granted to
/// others. Commitments therefore never add up to more than the capacity, and no queue builds while it does not change.
///
/// What delegates do not claim stands with them in equal parts, so that a newcomer far away may begin without asking here
/// first. Flows from nearby use all of it as long as it is not used: when a delegate begins to, its word comes with its
/// first packet, and flows from nearby yield within their own short loop; what both send in the meantime fits a fraction
/// of any buffer.
///
/// With a grant goes the `fair` rate: what the flow could have here if no other port held it back, but no more than
/// four times its claim, so that sources far from their limit here hear nothing of every change. A source claims at
/// each port the least fair rate of the others (``ClaimBook``); that this converges to the max-min shares follows
/// Charny, Clark and Jain (ICC 1995) for claims that are recorded at ports.
public struct GrantLedger: Sendable {
  /// One flow or one delegate. Rates in bit/s.
  public struct Entry: Equatable, Sendable {
    public var claim: Int64 = 0
    /// Of a delegate: what its flows with less than the common level claim together, and how many want more than that.
    public var base: Int64 = 0
    public var weight: Int64 = 1
    /// Of a delegate: what its flows claim at the moment.
    public var present: Int64 = 0
    public var isDelegate = false
    /// Number of the last claim that came in.
    public var sequence: UInt32 = 0
    public var grant: Int64 = 0
    /// What the source takes its grant to be: the last one sent, or its own later claims if they are less.
    public var believed: Int64 = 0
    /// What is still committed after the grant was lowered, and until when.
    public var held: Int64 = 0
    public var heldUntil = Time.zero
    public var fairSent: Int64 = 0
    /// When the last word to the source arrives; zero where none can be lost.
    public var lastArrival = Time.zero
    /// From the port to the source and back to the port.
    public var loop: Time

    public init(loop: Time) { self.loop = loop }

    /// The common level at which the entry has all it claims.
    var contentment: Int64 { weight > 0 ? max(0, claim - base) / weight : 0 }
    func share(at level: Int64) -> Int64 {
      if isDelegate { return level >= contentment ? claim : min(claim, base + weight * level) }
      return min(claim, level)
    }
    /// The part of its grant that it uses; a flow's whole grant.
    var used: Int64 { isDelegate ? min(grant, present) : grant }
    var usedHeld: Int64 { isDelegate ? min(held, present) : held }
  }

  /// In the order that the port chooses; results do not depend on it but for the last bit per second.
  public var entries: [Entry] = []
  // Room for calculations, empty between calls but for their storage.
  private var order: [Int32] = []
  /// Claims of the first k of `order` added up; bases and weights of the others.
  private var claimed: [Int64] = []
  private var bases: [Int64] = []
  private var weights: [Int64] = []
  private var notices: [Int] = []

  public init() {}

  /// A source has said what it could use.
  public mutating func hear(claim: BitRate, sequence: UInt32, at index: Int) {
    entries[index].claim = claim.bitsPerSecond
    entries[index].sequence = sequence
    if !entries[index].isDelegate { entries[index].believed = min(entries[index].believed, claim.bitsPerSecond) }
  }

  /// What to tell a source now; the ledger takes it as told. For a delegate `fair` is the common level.
  public mutating func tell(_ index: Int) -> (grant: BitRate, fair: BitRate, basedOn: UInt32) {
    entries[index].believed = entries[index].grant
    return (BitRate(entries[index].grant), BitRate(entries[index].fairSent), entries[index].sequence)
  }

  /// All that is committed now.
  public var committed: Int64 { entries.reduce(0) { $0 + max($1.grant, $1.held) } }

  /// Recomputes grants as of `now`; returns the positions of the entries that must be told and when held capacity is
  /// released next, never if none is held. Call it after claims, joins, leaves, changes of capacity, and at that time.
  ///
  /// - Parameters:
  ///   - usable: the rate that may be handed out now.
  ///   - potential: of a delegate's ledger, what the far port would give a flow that wanted more.
  public mutating func allocate(
    usable: Int64, potential: Int64 = 0, at now: Time, rule: GrantRule
  ) -> (notices: [Int], release: Time) {
    sortClaims()
    let level = waterLevel(usable)
    for i in entries.indices where entries[i].held > 0 && entries[i].heldUntil <= now { entries[i].held = 0 }
    allocateToDelegates(level: level, usable: usable, at: now, rule: rule)
    allocateToFlows(usable: usable, at: now, rule: rule)
    notices.removeAll(keepingCapacity: true)
    var release = Time.never
    for position in order.indices {
      let i = Int(order[position])
      // A source lowers itself to its claims; of anything else it has to be told.
      let gap = entries[i].grant - entries[i].believed
      var changed = gap < 0 || gap > 0 && Double(gap) >= rule.threshold * Double(entries[i].grant)
      if entries[i].held > 0 { release = min(release, entries[i].heldUntil) }
      let fair =
        entries[i].isDelegate
        ? level
        : min(max(fairLevel(usable, without: position), potential), 4 * max(1, entries[i].claim, usable / 256))
      let drift = fair == entries[i].fairSent ? 0 : abs(Double(fair) - Double(entries[i].fairSent))
      if drift > 0.01 * Double(max(fair, entries[i].fairSent)) { changed = true }
      if changed {
        entries[i].fairSent = fair
        notices.append(i)
      }
    }
    notices.sort()
    return (notices, release)
  }

  /// The same for a port that hands out what the rule says of its capacity.
  public mutating func allocate(
    capacity: BitRate, at now: Time, rule: GrantRule
  ) -> (notices: [Int], release: Time) {
    allocate(usable: Int64(capacity.double * rule.utilisation), at: now, rule: rule)
  }

  /// `order` by the level at which entries are content, and the sums that the level follows from.
  private mutating func sortClaims() {
    if order.count != entries.count { order = entries.indices.map { Int32($0) } }
    // Claims change little from call to call: insertion sort of what is nearly in order costs one pass.
    var moves = 0
    var sorted = true
    for k in 1..<max(1, order.count) {
      let item = order[k]
      let claim = entries[Int(item)].contentmentOfClaim
      var hole = k
      while hole > 0 {
        // Among equals the first in the ledger, so that the order does not depend on what was before.
        let other = entries[Int(order[hole - 1])].contentmentOfClaim
        guard other > claim || other == claim && order[hole - 1] > item else { break }
        order[hole] = order[hole - 1]
        hole -= 1
        moves += 1
      }
      order[hole] = item
      if moves > 16 * order.count {
        sorted = false
        break
      }
    }
    if !sorted {
      order.sort {
        (entries[Int($0)].contentmentOfClaim, $0) < (entries[Int($1)].contentmentOfClaim, $1)
      }
    }
    let count = order.count
    claimed.removeAll(keepingCapacity: true)
    if bases.count != count + 1 {
      bases = [Int64](repeating: 0, count: count + 1)
      weights = bases
    }
    var sum: Int64 = 0
    claimed.append(0)
    for i in order {
      sum += entries[Int(i)].claim
      claimed.append(sum)
    }
    for k in stride(from: count - 1, through: 0, by: -1) {
      let entry = entries[Int(order[k])]
      bases[k] = bases[k + 1] + (entry.isDelegate ? entry.base : 0)
      weights[k] = weights[k + 1] + (entry.isDelegate ? entry.weight : 1)
    }
  }

  /// The level up to which every entry gets its claim; all claims fit if it is `Int64.max`.
  private func waterLevel(_ usable: Int64) -> Int64 {
    for k in order.indices where weights[k] > 0 {
      let level = max(0, usable - claimed[k] - bases[k]) / weights[k]
      if entries[Int(order[k])].contentmentOfClaim > level { return level }
    }
    return .max
  }

  /// What the flow at a position of `order` would get if it wanted everything. Does not depend on its own claim, so
  /// that a claim that follows from it settles.
  private func fairLevel(_ usable: Int64, without position: Int) -> Int64 {
    // The k least claims of the others, and what they leave for each of the rest; the flow itself is one of these.
    let own = entries[Int(order[position])]
    func content(_ k: Int) -> Int64 { entries[Int(order[k < position ? k : k + 1])].contentmentOfClaim }
    func level(_ k: Int) -> Int64 {
      if k <= position { return max(0, usable - claimed[k] - bases[k]) / max(1, weights[k]) }
      return max(0, usable - (claimed[k + 1] - own.claim) - bases[k + 1]) / (weights[k + 1] + 1)
    }
    // The level rises as long as claims lie below it, and never again after: the first that does not is found by halves.
    var low = 0
    var high = order.count - 1
    while low < high {
      let middle = (low + high) / 2
      if content(middle) > level(middle) { high = middle } else { low = middle + 1 }
    }
    return level(low)
  }

  /// Delegates share with all others by the common level. What their claims leave stands with those that have all they
  /// claim, in equal parts, whatever flows from nearby use of it.
  private mutating func allocateToDelegates(level: Int64, usable: Int64, at now: Time, rule: GrantRule) {
    var left = usable
    var content: Int64 = 0
    var free = usable
    var wanted: Int64 = 0
    for entry in entries where entry.isDelegate {
      let share = entry.share(at: level)
      left -= share
      if share == entry.claim { content += 1 }
    }
    let standing = content > 0 && rule.standing ? max(0, left) / content : 0
    func target(_ entry: Entry) -> Int64 {
      let share = entry.share(at: level)
      return share == entry.claim ? share + standing : share
    }
    for i in entries.indices where entries[i].isDelegate {
      lower(i, to: target(entries[i]), at: now, rule: rule)
      free -= max(entries[i].grant, entries[i].held)
      wanted += max(0, target(entries[i]) - entries[i].grant)
    }
    guard wanted > 0 else { return }
    let scale = GrantLedger.scale(free: free, wanted: wanted)
    for i in entries.indices where entries[i].isDelegate {
      raise(i, to: target(entries[i]), scale: scale, free: &free, rule: rule)
    }
  }

  /// Flows from nearby share what delegates do not use, to the last bit: when a delegate comes to use more, they yield
  /// sooner than it has grown.
  private mutating func allocateToFlows(usable: Int64, at now: Time, rule: GrantRule) {
    var budget = usable
    for entry in entries where entry.isDelegate { budget -= max(entry.used, entry.usedHeld) }
    var left = max(0, budget)
    var flows: Int64 = 0
    for entry in entries where !entry.isDelegate { flows += 1 }
    guard flows > 0 else { return }
    var level = Int64.max
    for i in order where !entries[Int(i)].isDelegate {
      let equal = left / flows
      if entries[Int(i)].claim > equal {
        level = equal
        break
      }
      left -= entries[Int(i)].claim
      flows -= 1
    }
    var free = max(0, budget)
    var wanted: Int64 = 0
    for i in entries.indices where !entries[i].isDelegate {
      let share = min(entries[i].claim, level)
      lower(i, to: share, at: now, rule: rule)
      free -= max(entries[i].grant, entries[i].held)
      wanted += max(0, share - entries[i].grant)
    }
    guard wanted > 0 else { return }
    let scale = GrantLedger.scale(free: free, wanted: wanted)
    for i in entries.indices where !entries[i].isDelegate {
      raise(i, to: min(entries[i].claim, level), scale: scale, free: &free, rule: rule)
    }
  }

  private mutating func lower(_ i: Int, to share: Int64, at now: Time, rule: GrantRule) {
    guard share < entries[i].grant else { return }
    let small = Double(entries[i].grant - share) < rule.threshold * Double(entries[i].grant)
    guard !small || share == entries[i].claim else { return }
    // A source that has lowered itself by a claim did so before the claim came in.
    let still = min(entries[i].grant, entries[i].believed)
    if still > share, entries[i].loop > .zero, rule.waits {
      entries[i].held = max(entries[i].held, still)
      entries[i].heldUntil = max(entries[i].heldUntil, now + entries[i].loop)
    }
    entries[i].grant = share
  }

  /// All that want more get the same part of what they miss.
  private static func scale(free: Int64, wanted: Int64) -> Double {
    free >= wanted ? 1 : Double(max(0, free)) / Double(wanted)
  }

  private mutating func raise(_ i: Int, to share: Int64, scale: Double, free: inout Int64, rule: GrantRule) {
    guard share > entries[i].grant, free > 0 || entries[i].held > entries[i].grant else { return }
    let gap = share - entries[i].grant
    // What is still held for this entry itself is not taken twice.
    let room = max(0, entries[i].held - entries[i].grant)
    var raise = min(gap, max(room, Int64(Double(gap) * scale)))
    if raise - room > free { raise = room + max(0, free) }
    guard Double(raise) >= rule.threshold * Double(share) || raise == gap else { return }
    free -= max(0, raise - room)
    entries[i].grant += raise
  }
}

extension GrantLedger.Entry {
  /// The level at which the entry is content: of a flow its claim.
  var contentmentOfClaim: Int64 { isDelegate ? contentment : claim }
}

extension GrantLedger.Entry: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    for rate in [claim, base, weight, present, grant, believed, held, fairSent] { writer.write(rate) }
    writer.write(isDelegate)
    writer.write(sequence)
    writer.write(heldUntil)
    writer.write(loop)
    writer.write(lastArrival)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    self.init(loop: .zero)
    claim = try reader.read()
    base = try reader.read()
    weight = try reader.read()
    present = try reader.read()
    grant = try reader.read()
    believed = try reader.read()
    held = try reader.read()
    fairSent = try reader.read()
    isDelegate = try reader.readBool()
    sequence = try reader.read()
    heldUntil = try reader.readTime()
    loop = try reader.readTime()
    lastArrival = try reader.readTime()
  }
}
