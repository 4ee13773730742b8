// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Words between ports and senders that are lost on their way, and repeated until they are confirmed.
///
/// Whether a word is lost depends on nothing but its name and the instant, so that it does not matter how the network is cut
/// into parts.
struct WordLosses: Sendable {
  private let random: RandomStream
  let share: Double
  /// Factor by which senders misjudge the time there and back after which they repeat a word.
  private let error: Double

  init(seed: UInt64, share: Double, roundTripError: Double = 1) {
    random = RandomStream(seed: seed, name: "control")
    self.share = share
    error = roundTripError
  }

  var isPossible: Bool { share > 0 }

  private func stream(_ key: UInt64, _ now: Time) -> RandomStream {
    random.child(Int(truncatingIfNeeded: key)).child(Int(now.ticks))
  }

  /// Whether a word that nobody repeats is lost.
  func loses(key: UInt64, at now: Time) -> Bool {
    var stream = stream(key, now)
    return stream.uniform() < share
  }

  /// When a word arrives that is said now over `distance` ticks: never before `last`, the arrival of the one before it.
  func arrival(key: UInt64, distance: Int64, at now: Time, after last: inout Time) -> Time {
    guard share > 0, distance > 0 else { return now + Time(ticks: distance) }
    var stream = stream(key, now)
    var attempts: Int64 = 0
    while attempts < 64, stream.uniform() < share { attempts += 1 }
    let pause = Int64(4 * Double(distance) * error)
    let arrival = max(last, now + Time(ticks: distance + attempts * max(1, pause)))
    last = arrival
    return arrival
  }
}
