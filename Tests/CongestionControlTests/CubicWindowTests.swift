// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// The window law of RFC 9438, against its own formulas with C = 0.4 packets/s^3 and beta = 0.7.
@Suite struct CubicWindowTests {
  static let round = Time.microseconds(100_000)

  /// After ten rounds of slow start, 10 x 2^10 packets.
  static func large(_ parameters: Cubic.Parameters = Cubic.Parameters()) -> CubicFlow {
    var flow = CubicFlow(roundTrip: round, parameters: parameters)
    flow.advance(round * 10)
    return flow
  }

  @Test func slowStartDoublesInARoundTrip() {
    var flow = CubicFlow(roundTrip: Self.round)
    #expect(flow.packets == 10)
    for n in 1...10 {
      flow.advance(Self.round)
      #expect(relative(flow.packets, 10 * Double(1 << n)) < 1e-12)
    }
    #expect(flow.controller.decreases == 0)
  }

  @Test func slowStartEndsAtTheLineRate() {
    // 1 Gb/s x 0.1 s = 3,051.8 packets.
    var controller = Cubic(
      context: FlowContext(now: .zero, roundTrip: Self.round, lineRate: .gigabits(1)))
    for n in 1...20 { controller.update(Feedback(now: Self.round * Int64(n), roundTrip: Self.round)) }
    #expect(relative(controller.window ?? .nan, 1e8 / 8) < 1e-9)
  }

  /// RFC 9406: an eighth of the round trip, within 4...16 ms.
  @Test(arguments: [(1_000, 4_000), (80_000, 10_000), (500_000, 16_000)] as [(Int64, Int64)])
  func slowStartEndsWhenQueueingExceedsItsThreshold(roundTrip: Int64, threshold: Int64) {
    let round = Time.microseconds(roundTrip)
    for (delay, stays) in [(Time.microseconds(threshold - 1), true), (.microseconds(threshold + 1), false)] {
      var controller = Cubic(context: FlowContext(now: .zero, roundTrip: round, lineRate: .unlimited))
      controller.update(Feedback(now: round, roundTrip: round, queueDelay: delay))
      let first = controller.window ?? .nan
      let later = round + round + delay
      controller.update(Feedback(now: later, roundTrip: round, queueDelay: delay))
      let growth = (controller.window ?? .nan) / first
      #expect(stays ? relative(growth, 2) < 1e-9 : growth < 1.3, "\(delay.text): grew by \(growth)")
      #expect(controller.decreases == 0)
    }
  }

  @Test func afterACutTheWindowFollowsTheCubic() {
    var flow = Self.large()
    let maximum = flow.lose()
    let cutAt = flow.now
    #expect(relative(maximum, 10_240) < 1e-9)
    #expect(relative(flow.packets, 0.7 * maximum) < 1e-6)
    // K = cbrt(10240 x 0.3 / 0.4) = 19.73 s.
    let k = 19.7297
    for step in 1...350 {
      flow.advance(Self.round)
      let t = (flow.now - cutAt).seconds
      let expected = 0.4 * (t - k) * (t - k) * (t - k) + maximum
      #expect(relative(flow.packets, expected) < 1e-4, "after \(t) s")
      if step == 197 { #expect(relative(flow.packets, maximum) < 1e-4, "flat at K") }
    }
    #expect(flow.packets > 1.1 * maximum)
  }

  /// The law is of time, not of how often it is asked: at its own deadlines alone it is just as exact, and between two
  /// of them the window moves by at most one step of 5 %.
  @Test func deadlinesFollowTheCubicInSmallSteps() {
    var flow = Self.large()
    let maximum = flow.lose()
    let cutAt = flow.now
    var wakes = 0
    while flow.now < cutAt + .seconds(40) {
      let before = flow.packets
      #expect(flow.controller.deadline > flow.now)
      flow.advance(flow.controller.deadline - flow.now)
      let t = (flow.now - cutAt).seconds - 19.7297
      #expect(relative(flow.packets, 0.4 * t * t * t + maximum) < 1e-4)
      #expect(flow.packets <= before * 1.0501)
      wakes += 1
    }
    #expect(wakes < 60, "a flow at rest wakes \(wakes) times in 40 s")
  }

  /// Section 4.3: at small windows and round trips the window follows an AIMD flow with alpha = 3 x 0.3 / 1.7 until it
  /// is where it was, and with alpha = 1 from there.
  @Test func smallWindowsFollowTheRenoEstimate() {
    let round = Time.microseconds(10_000)
    var flow = CubicFlow(roundTrip: round)
    flow.advance(round * 2)
    let maximum = flow.lose()
    #expect(relative(maximum, 40) < 1e-9)
    // 12 packets / 0.5294 a round trip = 22.67 round trips to where it was.
    for n in 1...60 {
      flow.advance(round)
      let rounds = Double(n)
      let expected =
        rounds <= 22.67 ? 28 + 9 / 17 * rounds : 40 + (rounds - 22.67)
      // Alpha changes at the first call after the crossing, so one round trip at most comes too early or late.
      #expect(abs(flow.packets - expected) < (rounds <= 22 ? 1e-3 : 0.5), "after \(n) round trips")
    }
  }

  @Test func atMostOneCutARoundTrip() {
    var flow = Self.large()
    flow.advance(.zero, packetsLostPerSecond: 1e6)
    var last: Time?
    var cuts = flow.controller.decreases
    for _ in 0..<2000 {
      flow.advance(Time(ticks: Self.round.ticks / 100), packetsLostPerSecond: 1e6)
      guard flow.controller.decreases > cuts else { continue }
      #expect(flow.controller.decreases == cuts + 1)
      if let last { #expect(flow.now - last >= Self.round) }
      last = flow.now
      cuts = flow.controller.decreases
    }
    // 20 round trips of uninterrupted loss.
    #expect((19...20).contains(cuts))
    #expect(flow.packets >= 2)
  }

  /// Less than a packet lost is no loss yet, however long it takes.
  @Test func aCutNeedsAWholePacket() {
    var flow = Self.large()
    flow.lose()
    flow.advance(.zero, packetsLostPerSecond: 0.5)
    flow.advance(.microseconds(1_900_000), packetsLostPerSecond: 0.5)
    #expect(flow.controller.decreases == 1)
    flow.advance(.microseconds(200_000), packetsLostPerSecond: 0.5)
    #expect(flow.controller.decreases == 2)
  }

  /// Section 4.7: a flow that is cut before it was back gives way: Wmax = W (1 + beta) / 2, not W.
  @Test(arguments: [(true, 0.85), (false, 1)]) func fastConvergence(on: Bool, share: Double) {
    var parameters = Cubic.Parameters()
    parameters.fastConvergence = on
    var flow = Self.large(parameters)
    let first = flow.lose()
    flow.advance(.seconds(5))
    let second = flow.lose()
    #expect(second < first)
    let cutAt = flow.now
    let maximum = share * second
    let k = DeterministicMath.cbrt((maximum - 0.7 * second) / 0.4)
    for _ in 0..<200 {
      flow.advance(Self.round)
      let t = (flow.now - cutAt).seconds - k
      #expect(relative(flow.packets, 0.4 * t * t * t + maximum) < 1e-4)
    }
  }

  /// Section 5.8: time in which the application leaves the window unfilled does not count.
  @Test func anIdleApplicationStopsTheClock() {
    var flow = Self.large()
    flow.lose()
    var steady = flow
    flow.advance(.seconds(5))
    steady.advance(.seconds(5))
    let before = flow.packets
    flow.advance(.seconds(100), applicationLimited: true)
    #expect(flow.packets == before)
    #expect(flow.controller.deadline == .never)
    flow.advance(.seconds(7))
    steady.advance(.seconds(7))
    #expect(relative(flow.packets, steady.packets) < 1e-9)

    var starting = CubicFlow(roundTrip: Self.round)
    starting.advance(.seconds(3), applicationLimited: true)
    #expect(starting.packets == 10)
  }

  /// Leaping over a steady state must leave the flow as if the time had not passed.
  @Test func aLeapMovesTheClocksOnly() {
    var flow = Self.large()
    flow.lose()
    flow.advance(.seconds(3))
    var leapt = flow
    leapt.controller.skip(from: leapt.now, to: leapt.now + .hour)
    leapt.now = leapt.now + .hour
    for _ in 0..<100 {
      flow.advance(Self.round)
      leapt.advance(Self.round)
      #expect(relative(leapt.packets, flow.packets) < 1e-12)
    }
    #expect(leapt.lose() > 0)
  }
}
