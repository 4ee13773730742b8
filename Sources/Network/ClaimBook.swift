// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What the source of a distance-aware flow has heard from the ports of its path, and what it claims there; the same at
/// packet and at fluid level. The ports' side is ``GrantLedger``.
public struct ClaimBook: Equatable, Sendable {
  /// A claim that the source has to send to the port at position `hop` of its path.
  public struct Claim: Equatable, Sendable {
    public var hop: Int
    public var rate: BitRate
    public var sequence: UInt32
  }

  public struct Hop: Equatable, Sendable {
    /// What the source may send here: the last grant, or later claims if they are less, for the port lowers itself to
    /// those.
    public var grant = BitRate.zero
    public var fair = BitRate.unlimited
    public var answered = false
    /// The port keeps no ledger: it is asked nothing and grants whatever the others do.
    public var isAbsent = false
    /// When the last word to the port's desk arrives; zero where none can be lost.
    public var lastArrival = Time.zero
    public var claim: Int64 = 0
    public var sequence: UInt32 = 0
    /// Claims that the last grant did not take into account.
    public var unheard: [Unheard] = []
    public init() {}
  }

  public struct Unheard: Equatable, Sendable {
    public var sequence: UInt32
    public var claim: Int64
    public init(sequence: UInt32, claim: Int64) {
      self.sequence = sequence
      self.claim = claim
    }
  }

  /// Relative changes of a claim below this are not sent.
  public static let threshold = 0.01

  public var hops: [Hop]
  /// Some desk knows the flow.
  public private(set) var isKnown = false

  /// - Parameter hops: ports on the path.
  public init(hops: Int) { self.hops = [Hop](repeating: Hop(), count: hops) }

  /// - Parameter desks: the desk that answers for each port of the path; negative for ports without.
  init(desks: [Int32]) {
    self.init(hops: desks.count)
    for hop in hops.indices where desks[hop] < 0 {
      hops[hop].isAbsent = true
      hops[hop].answered = true
      hops[hop].grant = .unlimited
    }
  }

  /// The least grant of the path.
  public var granted: BitRate {
    var least = BitRate.unlimited
    for hop in hops { least = min(least, hop.grant) }
    return least
  }

  /// Every port has answered and granted something.
  public var isOpen: Bool { hops.allSatisfy { $0.answered && $0.grant > .zero } }

  /// A port has spoken.
  public mutating func hear(hop: Int, grant: BitRate, fair: BitRate, basedOn: UInt32) {
    hops[hop].answered = true
    hops[hop].grant = grant
    hops[hop].fair = fair
    hops[hop].unheard.removeAll { $0.sequence <= basedOn }
    for later in hops[hop].unheard { hops[hop].grant = min(hops[hop].grant, BitRate(later.claim)) }
  }

  /// The claims that have changed enough to be sent: at each port the least fair rate of the others, and no more than
  /// `demand`, what the sender could send at all.
  public mutating func claims(demand: BitRate) -> [Claim] {
    var changed: [Claim] = []
    for hop in hops.indices where !hops[hop].isAbsent {
      var claim = demand.bitsPerSecond
      for other in hops.indices where other != hop && hops[other].answered {
        claim = min(claim, max(1, hops[other].fair.bitsPerSecond))
      }
      let last = hops[hop].claim
      guard Double(abs(claim - last)) > ClaimBook.threshold * Double(max(claim, last)) else { continue }
      changed.append(make(claim, hop))
    }
    return changed
  }

  /// The flow says goodbye to all desks: what was granted is forgotten. Numbers go on, for it may come back.
  public mutating func leave() {
    isKnown = false
    for hop in hops.indices where !hops[hop].isAbsent {
      hops[hop].grant = .zero
      hops[hop].fair = .unlimited
      hops[hop].answered = false
      hops[hop].claim = 0
      hops[hop].unheard.removeAll()
    }
  }

  private mutating func make(_ claim: Int64, _ hop: Int) -> Claim {
    isKnown = true
    hops[hop].claim = claim
    hops[hop].sequence += 1
    hops[hop].unheard.append(Unheard(sequence: hops[hop].sequence, claim: claim))
    hops[hop].grant = min(hops[hop].grant, BitRate(claim))
    return Claim(hop: hop, rate: BitRate(claim), sequence: hops[hop].sequence)
  }
}

extension ClaimBook: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(isKnown)
    writer.write(UInt32(hops.count))
    for hop in hops {
      writer.write(hop.grant)
      writer.write(hop.fair)
      for flag in [hop.answered, hop.isAbsent] { writer.write(flag) }
      writer.write(hop.lastArrival)
      writer.write(hop.claim)
      writer.write(hop.sequence)
      writer.write(UInt32(hop.unheard.count))
      for word in hop.unheard {
        writer.write(word.sequence)
        writer.write(word.claim)
      }
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let isKnown = try reader.readBool()
    self.init(hops: try reader.readCount())
    self.isKnown = isKnown
    for hop in hops.indices {
      hops[hop].grant = try reader.readRate()
      hops[hop].fair = try reader.readRate()
      hops[hop].answered = try reader.readBool()
      hops[hop].isAbsent = try reader.readBool()
      hops[hop].lastArrival = try reader.readTime()
      hops[hop].claim = try reader.read()
      hops[hop].sequence = try reader.read()
      for _ in 0..<(try reader.readCount(minimumSize: 12)) {
        hops[hop].unheard.append(Unheard(sequence: try reader.read(), claim: try reader.read()))
      }
    }
  }
}
