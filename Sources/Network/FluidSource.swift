// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What a source has heard from one port of its path.
struct HopView: Sendable {
  var feedback = PortFeedback()
  /// Claims sent to it.
  var claim: Int64 = 0
  var claimSequence: UInt32 = 0
  /// Claims that its last grant did not take into account: the port lowers itself to the least of them.
  var unheard: [(sequence: UInt32, claim: Int64)] = []
  var answered = false
  /// Losses confirmed by the port, and since when its loss rate runs.
  var lost: BitTicks = 0
  var since = Time.zero

  func lost(at now: Time) -> BitTicks {
    lost + Int128(feedback.lossRate.bitsPerSecond) * Int128(max(0, now.ticks - since.ticks))
  }
}

/// The sending end of a flow with its controller.
struct FluidSource: Sendable {
  enum Phase: UInt8, Sendable {
    /// Waits for the first answer of ports further on.
    case opening = 0
    case sending = 1
    /// All is sent; some of it may turn out to be lost.
    case closing = 2
  }

  var spec: FlowSpec
  var phase = Phase.opening
  var controller: Controller
  var hops: [HopView]
  var roundTrip: Time
  /// What the application offers.
  var demand: Int64
  /// Of that, what it uses now.
  var usage: Int64
  var rate: Int64 = 0
  var emitted: BitTicks = 0
  var since: Time
  var started: Time
  /// Last potential rate told to the application.
  var reported: Int64 = 0
  var deadline = Alarm()
  var finish = Alarm()
  var steady = SteadyState()

  var path: Int { hops.count }

  func lost(at now: Time) -> BitTicks {
    var sum: BitTicks = 0
    for hop in hops { sum += hop.lost(at: now) }
    return sum
  }

  var lossRate: Int64 { hops.reduce(0) { $0 + $1.feedback.lossRate.bitsPerSecond } }

  var queueDelay: Time { hops.reduce(Time.zero) { $0 + $1.feedback.queueDelay } }

  mutating func integrate(to now: Time) {
    emitted += Int128(rate) * Int128(now.ticks - since.ticks)
    since = now
  }

  /// What the controller allows, whatever the application wants.
  var allowed: Int64 {
    if steady.active { return steady.rate }
    var rate = min(controller.rate, spec.limit).bitsPerSecond
    if let window = controller.window {
      let seconds = max(1e-9, (roundTrip + queueDelay).seconds)
      rate = min(rate, Int64(min(9e17, window * 8 / seconds)))
    }
    return rate
  }

  func feedback(at now: Time) -> Feedback {
    var unmarked = 1.0
    var grant = BitRate.unlimited
    for hop in hops {
      unmarked *= 1 - hop.feedback.marked
      grant = min(grant, hop.feedback.grant)
    }
    return Feedback(
      now: now, roundTrip: roundTrip, queueDelay: queueDelay, markedFraction: 1 - unmarked,
      lossRate: BitRate(lossRate), explicitRate: grant, applicationLimited: usage < allowed)
  }
}

/// Leaps over the steady state of a controller that never rests.
///
/// The engine compares the mean rate of one cycle with that of the cycle before. When they agree within
/// ``tolerance``, or after ``patience`` cycles, the flow sends at the mean of all cycles but the first and its
/// controller sleeps, until a port reports that flows have joined or left it or that its capacity has changed. The
/// error is the difference of the means, measured by the benchmark that runs with leaping off.
struct SteadyState: Sendable {
  static let tolerance = 0.02
  static let patience: UInt32 = 12

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
    case .betweenDecreases: guard controller.decreases != steady.blockDecreases else { return false }
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
      steady.rate = Int64(Double(steady.sum) / 1e11 / steady.span.seconds)
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
