// SPDX-License-Identifier: Apache-2.0

import Quantities

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

  /// - Parameter hops: ports on the path.
  public init(hops: Int) { self.hops = [Hop](repeating: Hop(), count: hops) }

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
    for hop in hops.indices {
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

  /// Claims of nothing for every port: the flow pauses, and gives back what it has been granted.
  public mutating func withdrawals() -> [Claim] { hops.indices.map { make(0, $0) } }

  /// Every claim once more, for ports that may not have heard it.
  public mutating func repetitions() -> [Claim] { hops.indices.map { make(hops[$0].claim, $0) } }

  private mutating func make(_ claim: Int64, _ hop: Int) -> Claim {
    hops[hop].claim = claim
    hops[hop].sequence += 1
    hops[hop].unheard.append(Unheard(sequence: hops[hop].sequence, claim: claim))
    hops[hop].grant = min(hops[hop].grant, BitRate(claim))
    return Claim(hop: hop, rate: BitRate(claim), sequence: hops[hop].sequence)
  }
}
