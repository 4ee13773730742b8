// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What a port of distance-aware traffic measures for one class: what classes before it use, and queues that should not be.
struct GrantWatch: Equatable, Sendable {
  /// What there is to see at the port now.
  struct View {
    /// Bytes that classes served before have sent since the beginning.
    var sentBefore: Int64
    /// Bytes that are served before a new packet of the class.
    var queue: Double
    /// Bits per second.
    var rate: Int64
    /// Bytes.
    var buffer: Double
    /// There are classes that are served before.
    var shares: Bool

    /// The queue is longer than what packets of many flows make by chance.
    var needsDrain: Bool { rate > 0 && queue * 8 / Double(rate) > GrantWatch.tolerance }
  }

  /// Seconds of line time that the packets of many flows queue by chance.
  static let tolerance = 20e-6

  /// Bits per second that classes before use, with what they vary by.
  private(set) var before = 0.0
  /// Bits per second kept back so that the queue shrinks.
  private(set) var drain = 0.0
  private var mean = 0.0
  private var deviation = 0.0
  private var sentBefore: Int64 = 0
  private var lookedAt = Time.zero
  private(set) var isOn = false

  /// Begins to look at the port now and then. False if it does already, or if there is nothing to see.
  mutating func begin(_ view: View, at now: Time) -> Bool {
    guard !isOn, view.shares || view.needsDrain else { return false }
    isOn = true
    lookedAt = now
    sentBefore = view.sentBefore
    return true
  }

  /// From one look to the next: an eighth of the longest loop, or of what the buffer holds if that is longer, for what is
  /// shorter the buffer takes.
  static func interval(_ entries: [GrantLedger.Entry], _ view: View) -> Time {
    var loop: Int64 = 0
    for entry in entries { loop = max(loop, entry.loop.ticks) }
    let speed = Double(view.rate) / 8 / Double(Time.ticksPerSecond)
    // At least 10 us and at most 1 ms of buffer: a card has no limit, an outage no speed.
    let held = min(max(view.buffer / max(1e-30, speed), 1e6), 1e8)
    return Time(ticks: Int64(max(Double(loop), held) / 8))
  }

  /// Measures; returns whether to go on.
  mutating func look(_ view: View, _ entries: [GrantLedger.Entry], at now: Time) -> Bool {
    let span = (now - lookedAt).seconds
    if view.shares, span > 0 {
      let used = Double(view.sentBefore - sentBefore) * 8 / span
      // As RFC 6298 does for round trips: the first look counts in full.
      if mean == 0 {
        mean = used
        deviation = used / 2
      }
      let change = used - mean
      mean += change / 8
      deviation += (abs(change) - deviation) / 8
      before = mean + deviation
    }
    sentBefore = view.sentBefore
    lookedAt = now
    // What is queued leaves within about the time in which sources can react.
    let excess = view.queue * 8 - GrantWatch.tolerance * Double(view.rate)
    let time = (GrantWatch.interval(entries, view) * 8).seconds
    drain = excess > 0 ? min(excess / time, Double(view.rate) / 2) : 0
    isOn = !entries.isEmpty && (view.shares || excess > 0)
    if !isOn { drain = 0 }
    return isOn
  }
}

extension GrantWatch: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    for value in [before, drain, mean, deviation] { writer.write(value) }
    writer.write(sentBefore)
    writer.write(lookedAt)
    writer.write(isOn)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    before = try reader.readDouble()
    drain = try reader.readDouble()
    mean = try reader.readDouble()
    deviation = try reader.readDouble()
    sentBefore = try reader.read()
    lookedAt = try reader.readTime()
    isOn = try reader.readBool()
  }
}
