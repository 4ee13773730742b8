// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// Stands, at the site of senders, for one port far away: it shares what the far port has granted the site among the site's
/// flows, within the site's own round trip, and claims there for all of them together.
///
/// This is what makes two time scales of one law. Flows that come and go inside the site never wait for the fibre; the far
/// port hears of sums, which change slowly. What a site has claimed lately stays its share for a loop, because what a burst
/// of neighbours has taken for a moment is wanted back as soon as it is over; what it claims at the moment is told at once,
/// so that flows near the port use the rest in the meantime.
public struct GrantDelegate: Sendable {
  /// What is told to the far port.
  public struct Word: Equatable, Sendable {
    public var claim: Int64
    public var base: Int64
    public var weight: Int64
    /// What its flows claim at this moment, of which ``claim`` is what they have claimed lately.
    public var present: Int64
    public init(claim: Int64, base: Int64, weight: Int64, present: Int64) {
      self.claim = claim
      self.base = base
      self.weight = weight
      self.present = present
    }
  }

  /// What the far port has granted, in bit/s.
  public var capacity: Int64
  /// The far port's common level: what each flow there gets that wants more.
  public var level = Int64.max
  private var said = Word(claim: 0, base: 0, weight: 0, present: 0)
  private var peak = Word(claim: 0, base: 0, weight: 0, present: 0)
  /// Relative falls of what is claimed at the moment that are not worth a word.
  private static let idleThreshold = 0.125
  private var peakAt = Time.zero
  /// When the last word to the far port arrives; zero where none can be lost.
  var lastArrival = Time.zero

  /// - Parameter capacity: what stands with the delegate from the beginning.
  public init(capacity: Int64) { self.capacity = capacity }

  /// What flows want together now.
  private func sum(of entries: [GrantLedger.Entry]) -> Word {
    var word = Word(claim: 0, base: 0, weight: 0, present: 0)
    for entry in entries {
      word.claim += entry.claim
      if entry.claim > level || level == .max { word.weight += 1 } else { word.base += entry.claim }
    }
    word.present = word.claim
    return word
  }

  /// What to tell the far port now, if anything, and when to ask again; never if nothing is put off.
  ///
  /// - Parameters:
  ///   - entries: the ledger of this site's flows that pass the far port.
  ///   - patience: how long a fall must last before it is told.
  public mutating func word(
    for entries: [GrantLedger.Entry], at now: Time, patience: Time
  ) -> (word: Word?, again: Time) {
    let wanted = sum(of: entries)
    if wanted.claim >= peak.claim || now - peakAt >= patience {
      peak = wanted
      peakAt = now
    }
    let change = abs(Double(peak.claim) - Double(said.claim))
    let moved = change > ClaimBook.threshold * Double(max(peak.claim, said.claim))
    let again = wanted.claim < peak.claim ? peakAt + patience : .never
    peak.present = wanted.claim
    let rise = Double(wanted.claim - said.present)
    let stirs =
      rise > ClaimBook.threshold * Double(wanted.claim) || -rise > GrantDelegate.idleThreshold * Double(said.present)
    guard stirs || moved || peak.weight != said.weight || peak.base != said.base && peak.claim > 0 else {
      return (nil, again)
    }
    said = peak
    return (said, again)
  }
}

extension GrantDelegate: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(capacity)
    writer.write(level)
    writer.write(said)
    writer.write(peak)
    writer.write(peakAt)
    writer.write(lastArrival)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    self.init(capacity: try reader.read())
    level = try reader.read()
    said = try reader.read()
    peak = try reader.read()
    peakAt = try reader.readTime()
    lastArrival = try reader.readTime()
  }
}

extension GrantDelegate.Word: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    for value in [claim, base, weight, present] { writer.write(value) }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    claim = try reader.read()
    base = try reader.read()
    weight = try reader.read()
    present = try reader.read()
  }
}
