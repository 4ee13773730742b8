// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Exponential random numbers of mean 1 whose state is how many have been drawn.
struct ExponentialDraws: Sendable {
  private let stream: RandomStream
  private(set) var drawn: Int

  init(seed: UInt64, name: String, drawn: Int = 0) {
    stream = RandomStream(seed: seed, name: name)
    self.drawn = drawn
  }

  mutating func next() -> Double {
    drawn += 1
    var child = stream.child(drawn)
    return child.exponential(mean: 1)
  }
}

/// When the receiver of a flow makes congestion notifications (DCQCN's CNP): for the first marked packet, and then for the
/// first one that comes later than a least interval after the one before (SIGCOMM 2015, section 3.1).
///
/// With a share s of p packets per second marked by chance, the next marked packet is the n-th to come, 1/s in the mean,
/// and the first of them comes after half the distance of two: (1/s - 1/2)/p. An exponential time of that mean is drawn.
/// Drawing that time for each flow by itself also keeps flows from moving in step, as they do where all of them
/// hear an expected number of notifications at once.
struct NotificationTimes: Sendable {
  var draws: ExponentialDraws
  /// Marked packets, as an expected number, until the next notification.
  var exposure: Double
  /// None is made before.
  var quietUntil = Time.zero

  init(seed: UInt64) {
    draws = ExponentialDraws(seed: seed, name: "notifications")
    exposure = draws.next()
  }

  init(seed: UInt64, drawn: Int, exposure: Double, quietUntil: Time) {
    draws = ExponentialDraws(seed: seed, name: "notifications", drawn: drawn)
    self.exposure = exposure
    self.quietUntil = quietUntil
  }

  /// Notifications between two instants while packets with a share of `marked` arrive at `packets` per second.
  mutating func count(from: Time, to: Time, marked: Double, packets: Double, interval: Time) -> Int32 {
    let hazard = marked / (1 - marked / 2) * packets / Double(Time.ticksPerSecond)
    guard hazard > 0 else { return 0 }
    var count: Int32 = 0
    var now = max(from, quietUntil)
    while now < to {
      let left = Double((to - now).ticks) * hazard
      guard exposure <= left else {
        exposure -= left
        break
      }
      now = now + Time(ticks: Int64(exposure / hazard))
      exposure = draws.next()
      count += 1
      quietUntil = now + interval
      now = quietUntil
    }
    return count
  }
}
