// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// A counter that fills with what comes into a port, drains slower than the line, and marks as a queue would (HULL,
/// NSDI 2012).
struct PhantomQueue: Equatable, Sendable {
  /// Share of the capacity at which it drains.
  var drain: Double
  var size: BitTicks
  var marking: Marking
  private(set) var level: BitTicks = 0

  init(drain: Double, size: BitTicks, marking: Marking) {
    self.drain = drain
    self.size = size
    self.marking = marking
  }

  /// A rule in line time, at a port of this capacity.
  init(_ rule: PhantomRule, capacity: BitRate) {
    self.init(
      drain: rule.drain, size: BitTicks(capacity, for: rule.size),
      marking: Marking(
        minimum: BitTicks(capacity, for: rule.minimum), maximum: BitTicks(capacity, for: rule.maximum),
        probability: 1))
  }

  var share: Double { marking.share(at: level) }

  private func growth(input: Int64, capacity: Int64) -> Int64 { input - Int64(Double(capacity) * drain) }

  mutating func integrate(_ span: Int128, input: Int64, capacity: Int64) {
    level = max(0, min(size, level + Int128(growth(input: input, capacity: capacity)) * span))
  }

  /// Ticks until its share of marks has changed by a step; nil if it will not.
  func nextStep(input: Int64, capacity: Int64, pace: Int128 = 0) -> Int128? {
    let rate = growth(input: input, capacity: capacity)
    let least = Int128(abs(rate)) * pace
    guard rate != 0, let distance = marking.nextStep(from: level, rising: rate > 0, least: least) else { return nil }
    if rate > 0, level + distance > size { return nil }
    return max(1, (distance + Int128(abs(rate)) - 1) / Int128(abs(rate)))
  }

  mutating func restore(level: BitTicks) { self.level = level }
}
