// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// A time that is put off again and again, with at most one live event in the queue.
///
/// Putting off costs nothing: when the event comes up too early, it is renewed. So a queue never fills with events
/// that no longer mean anything, and a site is not woken for them.
struct Alarm: Sendable {
  /// When it should ring; never if not.
  var due = Time.never
  /// When its event comes up.
  var pending = Time.never

  /// Sets the time. True if an event must be pushed for it, because none comes up before.
  @discardableResult mutating func set(_ time: Time) -> Bool {
    due = time
    guard time < pending else { return false }
    pending = time
    return true
  }

  /// An event has come up. False if another has taken its place.
  mutating func comesUp(at now: Time) -> Bool {
    guard pending == now else { return false }
    pending = .never
    return true
  }

  func isDue(at now: Time) -> Bool { due <= now }

  /// The time at which an event must be pushed after one came up too early; nil for none.
  mutating func renew() -> Time? {
    guard due < .never else { return nil }
    pending = due
    return due
  }
}

extension Alarm: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(due)
    writer.write(pending)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    due = try reader.readTime()
    pending = try reader.readTime()
  }
}
