// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// When lost bytes are a new sign of congestion: once a round trip, and not before a whole packet is gone.
///
/// Packets that were under way when the window was cut say nothing of the new window. Losses count again once three
/// packets have been acknowledged after the first one that was sent after the cut: three, because a sender needs the
/// acknowledgements of three later packets to tell a loss from a change of order (RFC 6675), so the last packet sent
/// before the cut may be found missing that late. An engine that deals in amounts reports parts of packets; they add
/// up, and what is left over after a cut is kept.
struct LossRecovery: Equatable, Sendable {
  /// Bytes lost that have not been answered.
  var lost: Int64 = 0
  /// What had been delivered when the window was cut.
  var point: Int64 = -1
  /// Losses count from this many delivered bytes on; the largest number while nothing sent after the cut has returned.
  var resume: Int64 = 0

  /// Packets sent before the last cut are still coming in.
  var active: Bool { resume == .max }

  /// Takes in an update. Returns true if the window has to be cut.
  mutating func update(_ feedback: borrowing Feedback, packetBytes: Int64) -> Bool {
    lost += feedback.lost
    if resume == .max, feedback.acknowledged > 0, feedback.priorDelivered >= point {
      resume = feedback.delivered + 3 * packetBytes
    }
    guard lost >= packetBytes else { return false }
    guard feedback.delivered >= resume else {
      lost %= packetBytes
      return false
    }
    begin(feedback.delivered)
    lost %= packetBytes
    return true
  }

  /// The window has been cut, for whatever reason.
  mutating func begin(_ delivered: Int64) {
    point = delivered
    resume = .max
  }

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&lost)
    try coder.value(&point)
    try coder.value(&resume)
  }
}
