// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// The reaction point of quantised congestion notification (IEEE 802.1Qau): a rate that ports near the source lower
/// directly, within a round trip of the site, and that recovers by itself.
///
///     notification with feedback f in 0...1:  Rt = Rc,  Rc = Rc (1 - gain f),  stages restart
///     each B bytes sent, and each period T:   Rc = (Rc + Rt) / 2, after raising Rt by
///                                             0 for the first F of either, additive for one past F,
///                                             hyper times the stages past F for both
///
/// Constants of the standard: gain 1/2 for the strongest feedback, B 150 kB, F 5; past F both stages count half of B and
/// T. T is 10 ms and the steps 5 and 50 Mb/s there, for 10 Gb/s and below: here T and the steps are parameters, and the
/// steps scale with the line rate.
///
/// Deviations: B is not drawn at random by 15 % (packets of many flows mix at the port instead); only the first
/// notification after an increase lowers the target, as the standard says, and bytes are those sent by what delivered
/// and in flight have grown. Feedback of several notifications in one call comes as a sum: each whole of it is one of
/// full strength, the rest one more. A rate within a millionth of the line rate is the line rate, and the loop rests.
struct NearSourceLoop: Equatable, Sendable {
  let lineRate: Double
  let leastRate: Double
  let gain: Double
  let period: Time
  let byteCounter: Double
  let fastRecovery: Int32
  let additive: Double
  let hyper: Double

  var current: Double
  var target: Double
  var increased = true
  var timerStages: Int32 = 0
  var byteStages: Int32 = 0
  var bytes = 0.0
  var accounted: Int64 = 0
  var timerDue = Time.never
  var decreases: UInt32 = 0

  init(
    lineRate: Double, leastRate: Double, gain: Double, period: Time, byteCounter: Double, fastRecovery: Int32,
    additive: Double, hyper: Double
  ) {
    self.lineRate = lineRate
    self.leastRate = min(leastRate, lineRate)
    self.gain = gain
    self.period = period
    self.byteCounter = byteCounter
    self.fastRecovery = fastRecovery
    self.additive = additive
    self.hyper = hyper
    current = lineRate
    target = lineRate
  }

  var limits: Bool { current < lineRate }
  var deadline: Time { limits ? timerDue : .never }

  mutating func update(_ feedback: borrowing Feedback) {
    let total = feedback.delivered + feedback.inFlight
    let sent = Double(max(0, total - accounted + feedback.lost))
    accounted = total
    if limits {
      bytes += sent
      while limits {
        let length = byteStages >= fastRecovery ? byteCounter / 2 : byteCounter
        if bytes < length { break }
        bytes -= length
        byteStages &+= 1
        increase()
      }
      while limits {
        if timerDue > feedback.now { break }
        timerStages &+= 1
        timerDue += timerStages >= fastRecovery ? Time(ticks: max(1, period.ticks / 2)) : period
        increase()
      }
    }
    var strength = feedback.nearSource
    while strength > 0 {
      cut(min(1, strength), at: feedback.now)
      strength -= 1
    }
  }

  private mutating func cut(_ strength: Double, at now: Time) {
    if increased { target = current }
    current = max(leastRate, current * (1 - gain * strength))
    increased = false
    timerStages = 0
    byteStages = 0
    bytes = 0
    timerDue = now + period
    decreases &+= 1
  }

  private mutating func increase() {
    increased = true
    let least = min(timerStages, byteStages)
    if least > fastRecovery {
      target += hyper * Double(least - fastRecovery)
    } else if max(timerStages, byteStages) > fastRecovery {
      target += additive
    }
    target = min(target, lineRate)
    current = (current + target) / 2
    if current >= lineRate * (1 - 1e-6) { current = lineRate }
  }

  mutating func skip(_ length: Time) { timerDue += length }

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&current)
    try coder.value(&target)
    try coder.value(&increased)
    try coder.value(&timerStages)
    try coder.value(&byteStages)
    try coder.value(&bytes)
    try coder.value(&accounted)
    try coder.value(&timerDue)
    try coder.value(&decreases)
  }
}
