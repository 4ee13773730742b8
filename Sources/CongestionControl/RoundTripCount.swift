// SPDX-License-Identifier: Apache-2.0

import Simulation

/// Tells round trips apart by what has been delivered: one has passed when a packet is acknowledged that was sent after
/// the round trip began (draft-ietf-ccwg-bbr, "packet-timed round trips"). No clock, no estimate of the round trip.
struct RoundTripCount: Equatable, Sendable {
  /// What was delivered when the current round trip began.
  private var beginning: Int64 = 0

  /// Begins a round trip with what is sent from now on.
  mutating func restart(_ feedback: borrowing Feedback) { beginning = feedback.delivered }

  /// Whether this acknowledgement ends the round trip; if so the next one begins.
  mutating func ends(_ feedback: borrowing Feedback) -> Bool {
    guard feedback.acknowledged > 0, feedback.priorDelivered >= beginning else { return false }
    beginning = feedback.delivered
    return true
  }

  mutating func code(with coder: inout StateCoder) throws(WireError) { try coder.value(&beginning) }
}
