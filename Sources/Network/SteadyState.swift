// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// Leaps over the steady state of a controller that never rests.
///
/// Time is cut into blocks of whole cycles, and blocks into stretches of 1, 2, 4, 8... of them. When the mean rate of a
/// stretch agrees with that of the stretch before within twice the ``tolerance``, and the scatter of its blocks leaves no
/// more than the tolerance as standard error, the flow sends at that mean and its controller sleeps, until a port reports
/// that flows have joined or left it or that its capacity has changed. A controller whose means keep wandering is not leapt
/// over in an experiment. In a fleet, where it would have to be followed for weeks, it is after ``patience`` blocks.
struct SteadyState: Sendable {
  static let tolerance = 0.0025
  static let leastBlocks: UInt32 = 4
  static let patience: UInt32 = 48

  var active = false
  var rate: Int64 = 0
  var enteredAt = Time.zero
  var blockStart = Time.zero
  var blockEmitted: BitTicks = 0
  var blockLost: BitTicks = 0
  var blockDecreases: UInt32 = 0
  /// The controller's decreases at the last look, and when they last changed.
  var seen: UInt32 = 0
  var calm = Time.zero
  /// Blocks in all, and in the stretch under way.
  var blocks: UInt32 = 0
  var stretch: UInt32 = 0
  /// What came through in the stretch, how long it took, and the squares of its blocks' means.
  var sum: BitTicks = 0
  var span = Time.zero
  var squares = 0.0
  /// Mean of the stretch before.
  var lastMean = 0.0

  /// A block is over. Returns the mean rate if it may be taken for that of all blocks to come.
  mutating func end(_ good: BitTicks, _ length: Time, isFleet: Bool) -> Double? {
    let mean = good.double / 1e11 / length.seconds
    blocks += 1
    stretch += 1
    sum += good
    span += length
    squares += mean * mean
    let whole = max(0, sum).double / 1e11 / span.seconds
    guard whole > 0 else { return nil }
    if isFleet, blocks >= SteadyState.patience { return whole }
    // The first block holds what came before the steady state.
    guard stretch >= max(1, blocks / 2) else { return nil }
    let count = Double(stretch)
    let variance = max(0, squares / count - whole * whole)
    let error = (variance / max(1, count - 1)).squareRoot()
    let isSteady =
      stretch >= SteadyState.leastBlocks && error <= SteadyState.tolerance * whole
      && abs(whole - lastMean) <= 2 * SteadyState.tolerance * whole
    if isSteady { return whole }
    lastMean = whole
    stretch = 0
    sum = 0
    span = .zero
    squares = 0
    return nil
  }
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
  ///
  /// - Parameter loop: the longest round trip of the network: flows that share a port move at the pace of the slowest.
  mutating func watchCycles(_ cycle: Cycle, loop: Time, isFleet: Bool, at now: Time) -> Bool {
    if steady.active { return false }
    let loop = max(loop, roundTrip)
    switch cycle {
    case .none: return false
    case .betweenDecreases:
      // Cuts within a few round trips answer one and the same congestion.
      guard controller.decreases != steady.blockDecreases, now - steady.blockStart >= loop * 4 else { return false }
    case .roundTrips(let n):
      // A cycle ends with the first decrease after a round trip without any.
      let fell = controller.decreases != steady.seen
      steady.seen = controller.decreases
      let rested = now - steady.calm >= loop
      if fell { steady.calm = now }
      guard fell, rested, now - steady.blockStart >= loop * n else { return false }
    }
    let length = now - steady.blockStart
    guard length > .zero else { return false }
    let lostNow = lost(at: now)
    let good = (emitted - steady.blockEmitted) - (lostNow - steady.blockLost)
    if let mean = steady.end(good, length, isFleet: isFleet) {
      steady.active = true
      steady.rate = Int64(mean)
      steady.enteredAt = now
      return true
    }
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
