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
///
/// In a fleet, controllers whose blocks are counted in round trips are leapt over for a while before that: the mean of
/// ``leastBlocks`` blocks, of down to an eighth of the length, holds for up to ``reach`` times as long as has been watched so far.
/// Such a mean is off by some percent to either side. The longer a flow lasts, the more of its means there are, so errors
/// cancel rather than add up. Flows wake at instants of one grid, so that those who share a port are watched together and
/// go on to even out.
struct SteadyState: Sendable {
  static let tolerance = 0.0015
  static let leastBlocks: UInt32 = 4
  static let patience: UInt32 = 48
  static let blocksBeforeNap: UInt32 = 12
  static let settlingBlocks: UInt32 = 2
  static let slowClocks = Time.microseconds(20_000)
  static let reach: Int64 = 16
  /// Flows that share a port forget how unequal they were as fast as they give way: where increases are the same for all
  /// and decreases take a share, differences shrink by just that share. A block lasts until half is forgotten, so that a
  /// mean that still drifts towards its fair value is not taken for steady. Logarithm.
  static let forgetting = 0.693

  var active = false
  var rate: Int64 = 0
  var enteredAt = Time.zero
  /// When the controller wakes by itself.
  var until = Time.never
  /// Time watched since the last change, and the blocks of it since the last leap.
  var watched = Time.zero
  var fresh: UInt32 = 0
  /// The controller has just woken: queues, which means keep empty, fill again, so the next blocks do not count.
  var settling: UInt32 = 0
  var blockStart = Time.zero
  var blockEmitted: BitTicks = 0
  var blockLost: BitTicks = 0
  var blockDecreases: UInt32 = 0
  /// The controller's decreases at the last look, and when they last changed.
  var seen: UInt32 = 0
  var calm = Time.zero
  /// What the controller answered at the last look, and the sum of the logarithms of its decreases in the block.
  var level = 0.0
  var fallen = 0.0
  /// Blocks in all, and in the stretch under way.
  var blocks: UInt32 = 0
  var stretch: UInt32 = 0
  /// What came through in the stretch, how long it took, and the squares of its blocks' means.
  var sum: BitTicks = 0
  var span = Time.zero
  var squares = 0.0
  /// Mean of the stretch before.
  var lastMean = 0.0

  /// A block is over. Returns the mean rate if it may be taken for that of blocks to come, and sets ``until``.
  ///
  /// - Parameter patient: leaps over wandering means once there have been enough of them.
  /// - Parameter naps: leaps for a while as well.
  mutating func end(_ good: BitTicks, _ length: Time, patient: Bool, naps: Bool, at now: Time) -> Double? {
    let mean = good.double / 1e11 / length.seconds
    blocks += 1
    fresh += 1
    watched += length
    until = .never
    stretch += 1
    sum += good
    span += length
    squares += mean * mean
    let whole = max(0, sum).double / 1e11 / span.seconds
    guard whole > 0 else { return nil }
    if patient, blocks >= SteadyState.patience { return whole }
    if naps, blocks > SteadyState.blocksBeforeNap, fresh >= SteadyState.leastBlocks, stretch >= SteadyState.leastBlocks
    {
      let grid = Int64(1) << (63 - (watched.ticks * SteadyState.reach).leadingZeroBitCount)
      until = Time(ticks: (now.ticks / grid + 1) * grid)
      fresh = 0
      return whole
    }
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
    var naps = false
    let window = controller.window
    let level = window.isFinite ? window : controller.rate.double
    if level < steady.level, level > 0 { steady.fallen += DeterministicMath.log(steady.level / level) }
    steady.level = level
    switch cycle {
    case .none: return false
    case .time(let length):
      guard now - steady.blockStart >= max(length, loop * 4) else { return false }
    case .betweenDecreases:
      // Cuts within a few round trips answer one and the same congestion.
      guard controller.decreases != steady.blockDecreases, now - steady.blockStart >= loop * 4,
        steady.fallen >= SteadyState.forgetting
      else { return false }
    case .roundTrips(let n) where isFleet:
      naps = true
      // Clocks of controllers do not run faster where round trips are short.
      let length = max(loop * max(1, n / 8), min(loop * n, SteadyState.slowClocks))
      guard now - steady.blockStart >= length, steady.fallen >= SteadyState.forgetting else { return false }
    case .roundTrips(let n):
      // A cycle ends with the first decrease after a round trip without any.
      let fell = controller.decreases != steady.seen
      steady.seen = controller.decreases
      let rested = now - steady.calm >= loop
      if fell { steady.calm = now }
      guard fell, rested, now - steady.blockStart >= loop * n, steady.fallen >= SteadyState.forgetting else {
        return false
      }
    }
    let length = now - steady.blockStart
    guard length > .zero else { return false }
    if steady.settling > 0 {
      steady.settling -= 1
      beginBlock(at: now)
      return false
    }
    let lostNow = lost(at: now)
    let good = (emitted - steady.blockEmitted) - (lostNow - steady.blockLost)
    if let mean = steady.end(good, length, patient: isFleet && !naps, naps: naps, at: now) {
      steady.active = true
      steady.rate = Int64(mean)
      steady.enteredAt = now
      return true
    }
    beginBlock(at: now)
    return false
  }

  private mutating func beginBlock(at now: Time) {
    steady.blockStart = now
    steady.blockEmitted = emitted
    steady.blockLost = lost(at: now)
    steady.blockDecreases = controller.decreases
    steady.fallen = 0
  }

  /// A port has changed: wakes the controller, and what has been seen of its cycles is of no use any more. Call with
  /// `emitted` up to date.
  mutating func resume(demands: Demands, packetBytes: Int64, at now: Time) {
    if steady.active { wake(demands: demands, packetBytes: packetBytes, at: now) }
    restartCycles(at: now)
  }

  /// The time is over for which the controller was to sleep: it goes on from where it fell asleep. What came meanwhile is
  /// nobody's news.
  mutating func wake(demands: Demands, packetBytes: Int64, at now: Time) {
    controller.skip(from: steady.enteredAt, to: now)
    // Notifications would be counted from then on.
    heard.updated = now
    _ = collect(at: now, demands: demands, packetBytes: packetBytes)
    steady.active = false
    steady.until = .never
    steady.settling = SteadyState.settlingBlocks
    steady.calm = now
    beginBlock(at: now)
  }
}
