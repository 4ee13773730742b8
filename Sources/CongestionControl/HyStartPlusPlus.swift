// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// HyStart++ (RFC 9406): how the first slow start ends. A round trip whose least delay is well above that of the round
/// before may mean a full pipe, or jitter; so slow start goes on at a quarter of its pace, and ends after five rounds of
/// that, or goes back to its full pace if the delay falls below what it was when this began.
///
///     threshold = least of the round before / 8, within 4 ... 16 ms; at least 8 samples of the round
///     least of this round >= least of the round before + threshold:  conservative slow start, a quarter of the growth
///     there, least of this round < that of the round in which it began:  slow start
///     five rounds of it, the one in which it began included:  congestion avoidance
///
/// Deviations: packets acknowledged count as samples, not acknowledgements, so that it does not matter how they are
/// gathered; for the same reason no acknowledgement is held to 8 packets of growth (L).
struct HyStartPlusPlus: Equatable, Sendable {
  private static let least = Time.microseconds(4_000)
  private static let most = Time.microseconds(16_000)
  private static let samplesWanted = 8.0
  private static let rounds: Int32 = 5

  private var count = RoundTripCount()
  /// Least round trips of the round before and of this one; never if none was seen.
  private var last = Time.never
  private var current = Time.never
  private var samples = 0.0
  /// That of the round in which conservative slow start began; never outside of it.
  private var baseline = Time.never
  private var roundsLeft: Int32 = 0

  /// By what slow start's growth is to be multiplied.
  var share: Double { baseline < .never ? 0.25 : 1 }

  /// Takes feedback with that many packets newly acknowledged. True if slow start is over.
  mutating func update(_ feedback: borrowing Feedback, acknowledged packets: Double) -> Bool {
    if count.ends(feedback) {
      last = current
      current = .never
      samples = 0
      if baseline < .never {
        roundsLeft -= 1
        if roundsLeft == 0 { return true }
      }
    }
    if feedback.roundTrip > .zero { current = min(current, feedback.roundTrip) }
    samples += packets
    guard samples >= HyStartPlusPlus.samplesWanted, current < .never else { return false }
    if baseline < .never {
      if current < baseline { baseline = .never }
    } else if last < .never {
      let threshold = min(max(Time(ticks: last.ticks / 8), HyStartPlusPlus.least), HyStartPlusPlus.most)
      if current >= last + threshold {
        baseline = current
        roundsLeft = HyStartPlusPlus.rounds
      }
    }
    return false
  }

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try count.code(with: &coder)
    try coder.value(&last)
    try coder.value(&current)
    try coder.value(&samples)
    try coder.value(&baseline)
    try coder.value(&roundsLeft)
  }
}
