// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// Leaps over the steady state of a controller that never rests.
///
/// The engine compares the mean rate of one cycle with that of the cycle before. When they agree within
/// ``tolerance``, or after ``patience`` cycles, the flow sends at the mean of all cycles but the first and its
/// controller sleeps, until a port reports that flows have joined or left it or that its capacity has changed. The
/// error is the difference of the means, measured by the benchmark that runs with leaping off.
struct SteadyState: Sendable {
  static let tolerance = 0.005
  static let patience: UInt32 = 48

  var active = false
  var rate: Int64 = 0
  var enteredAt = Time.zero
  var blockStart = Time.zero
  var blockEmitted: BitTicks = 0
  var blockLost: BitTicks = 0
  var blockDecreases: UInt32 = 0
  var lastMean = 0.0
  var blocks: UInt32 = 0
  /// The controller's decreases at the last look, and when they last changed.
  var seen: UInt32 = 0
  var calm = Time.zero
  /// What came through in all cycles but the first, and how long they took.
  var sum: BitTicks = 0
  var span = Time.zero
}

extension FluidSource {
  /// Begins to watch for cycles anew.
  mutating func restartCycles(at now: Time) {
    steady = SteadyState()
    steady.blockStart = now
    steady.blockEmitted = emitted
    steady.blockLost = lost(at: now)
    steady.blockDecreases = controller.decreases
    steady.seen = controller.decreases
    steady.calm = now
  }

  /// Call with `emitted` up to date. True if the flow has just become steady.
  mutating func watchCycles(_ cycle: Cycle, at now: Time) -> Bool {
    if steady.active { return false }
    switch cycle {
    case .none: return false
    case .betweenDecreases:
      // Cuts within a few round trips answer one and the same congestion.
      guard controller.decreases != steady.blockDecreases, now - steady.blockStart >= roundTrip * 4 else {
        return false
      }
    case .roundTrips(let n):
      // A cycle ends with the first decrease after a round trip without any.
      let fell = controller.decreases != steady.seen
      steady.seen = controller.decreases
      let rested = now - steady.calm >= roundTrip
      if fell { steady.calm = now }
      guard fell, rested, now - steady.blockStart >= roundTrip * n else { return false }
    }
    let span = (now - steady.blockStart).seconds
    guard span > 0 else { return false }
    let lostNow = lost(at: now)
    let good = (emitted - steady.blockEmitted) - (lostNow - steady.blockLost)
    let mean = Double(good) / 1e11 / span
    // The first cycle holds what came before the steady state.
    if steady.blocks > 0 {
      steady.sum += good
      steady.span += now - steady.blockStart
    }
    let agrees = steady.blocks > 2 && abs(mean - steady.lastMean) <= SteadyState.tolerance * steady.lastMean
    steady.blocks += 1
    if mean > 0, agrees || steady.blocks >= SteadyState.patience {
      steady.active = true
      steady.rate = Int64(max(0, Double(steady.sum)) / 1e11 / steady.span.seconds)
      steady.enteredAt = now
      return true
    }
    steady.lastMean = mean
    steady.blockStart = now
    steady.blockEmitted = emitted
    steady.blockLost = lostNow
    steady.blockDecreases = controller.decreases
    return false
  }

  /// A port has changed: wakes the controller.
  mutating func resume(at now: Time) {
    guard steady.active else { return restartCycles(at: now) }
    controller.skip(from: steady.enteredAt, to: now)
    restartCycles(at: now)
  }
}
