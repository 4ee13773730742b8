// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

@Suite struct AnnulusTests {
  static let context = FlowContext(
    now: .zero, roundTrip: .microseconds(10_000), lineRate: .gigabits(100), localRoundTrip: .microseconds(10))

  static func controller(_ preset: String = "dcqcn", _ replaced: [String: Double] = [:]) throws -> Annulus {
    Annulus(context: context, parameters: try values(Annulus.self, preset: preset, replaced))
  }

  /// By hand: the strongest notification takes a half; five periods halve the distance to the old rate.
  @Test func nearSourceCutAndRecovery() throws {
    var controller = try Self.controller()
    var feedback = Feedback(now: .microseconds(10))
    feedback.nearSource = 1
    controller.update(feedback)
    #expect(controller.rate == .gigabits(50) && controller.decreases == 1)
    for expected in [75, 87.5, 93.75, 96.875] {
      #expect(controller.deadline == feedback.now + .microseconds(100))
      feedback.clear()
      feedback.now += .microseconds(100)
      controller.update(feedback)
      #expect(controller.rate.double == expected * 1e9)
    }
  }

  /// A weak notification takes less, and its share of the strongest's.
  @Test(arguments: [0.1, 0.25, 1]) func theCutIsInProportion(strength: Double) throws {
    var controller = try Self.controller()
    var feedback = Feedback(now: .microseconds(10))
    feedback.nearSource = strength
    controller.update(feedback)
    #expect(deviation(controller.rate.double, from: 100e9 * (1 - strength / 2)) < 1e-9)
  }

  /// Past five stages of the timer alone the target grows by 0.05 % of the line rate each.
  @Test func additiveAfterFastRecovery() throws {
    var controller = try Self.controller("dcqcn", ["near_byte_counter": 1e15])
    var feedback = Feedback(now: .microseconds(10))
    feedback.nearSource = 1
    controller.update(feedback)
    controller.update(feedback)
    // Two in a row: 25, and the target stays at 100 as there was no increase between them.
    #expect(controller.rate == .gigabits(25))
    feedback.nearSource = 0
    feedback.now += .microseconds(100)
    controller.update(feedback)
    #expect(controller.rate.double == 62.5e9)
    feedback.nearSource = 1
    controller.update(feedback)
    feedback.nearSource = 0
    var expected = 31.25
    var target = 62.5
    for stage in 1...8 {
      if stage > 5 { target += 0.05 }
      expected = (expected + target) / 2
      feedback.now = controller.deadline
      controller.update(feedback)
      #expect(deviation(controller.rate.double, from: expected * 1e9) < 1e-8, "\(stage)")
    }
  }

  /// Bytes sent raise the rate as the timer does.
  @Test func bytesRaiseTheRate() throws {
    var controller = try Self.controller()
    var feedback = Feedback(now: .microseconds(10))
    feedback.nearSource = 1
    controller.update(feedback)
    feedback.nearSource = 0
    feedback.inFlight = 1_499_999
    controller.update(feedback)
    #expect(controller.rate == .gigabits(50))
    feedback.inFlight = 1_500_000
    controller.update(feedback)
    #expect(controller.rate == .gigabits(75))
  }

  /// The lesser of both loops is what counts, whichever it is.
  @Test func theLesserOfBothLoops() throws {
    var controller = try Self.controller()
    var alone = DCQCN(context: Self.context, parameters: try values(DCQCN.self))
    var feedback = Feedback(now: .microseconds(10))
    // DCQCN halves twice: 25. The near-source loop halves once: 50.
    for _ in 0..<2 {
      feedback.notifications = 1
      controller.update(feedback)
      alone.update(feedback)
    }
    #expect(controller.rate == .gigabits(25))
    feedback.notifications = 0
    feedback.nearSource = 1
    controller.update(feedback)
    #expect(controller.rate == .gigabits(25))
    feedback.nearSource = 1
    controller.update(feedback)
    feedback.nearSource = 1
    controller.update(feedback)
    #expect(controller.rate == .gigabits(12) + BitRate(500_000_000))
    // Without near-source notifications it becomes what the inner algorithm is.
    feedback.nearSource = 0
    for _ in 0..<100 {
      feedback.now += .microseconds(100)
      controller.update(feedback)
      alone.update(feedback)
    }
    #expect(controller.rate == alone.rate && controller.window == alone.window)
  }

  @Test func neverBelowTheLeastRate() throws {
    var controller = try Self.controller()
    var feedback = Feedback(now: .microseconds(10))
    feedback.nearSource = 40
    controller.update(feedback)
    #expect(controller.rate == BitRate(10_000_000))
  }

  /// BBR inside: its window holds, its rate is bounded, and what is delivered at the bounded rate does not become its
  /// estimate of the path.
  @Test func overBBR() throws {
    let context = FlowContext(now: .zero, roundTrip: .microseconds(10_000), lineRate: .gigabits(10), seed: 3)
    var port = Bottleneck<Annulus>(capacity: .gigabits(1), buffer: 5_000_000)
    port.start(
      Annulus(context: context, parameters: try values(Annulus.self, preset: "bbr")), roundTrip: context.roundTrip)
    port.run(until: .seconds(1))
    #expect(port.flows[0].controller.rate.double > 0.7e9)
    let window = port.flows[0].controller.window
    #expect(window > 1_250_000 && window < 2_700_000)
    // Strong notifications each millisecond for half a second.
    for k in 1...500 {
      port.flows[0].feedback.clear()
      port.flows[0].feedback.now = port.now
      port.flows[0].feedback.nearSource = 8
      port.flows[0].controller.update(port.flows[0].feedback)
      #expect(port.flows[0].controller.rate.double <= 0.04e9, "10 Gb/s halved eight times")
      port.run(until: .seconds(1) + .microseconds(Int64(k) * 1000))
    }
    // Gone: the rate is back within 20 ms, not after a startup of BBR.
    port.run(until: .microseconds(1_520_000))
    #expect(port.flows[0].controller.rate.double > 0.7e9, "\(port.flows[0].controller.rate)")
  }

  @Test(arguments: ["dcqcn", "bbr"]) func theStateGoesRound(preset: String) throws {
    var controller = try Self.controller(preset)
    var feedback = Feedback(now: .microseconds(10))
    func next(_ step: Int) -> Feedback {
      feedback.clear()
      feedback.now += .microseconds(70)
      feedback.acknowledged = 500_000
      feedback.priorDelivered = max(0, feedback.delivered - 70_000_000)
      feedback.delivered += 500_000
      feedback.inFlight = 70_000_000
      feedback.roundTrip = .microseconds(10_100)
      feedback.deliveryRate = .gigabits(57)
      feedback.notifications = step % 11 == 0 ? 1 : 0
      feedback.nearSource = step % 7 == 0 ? 0.6 : 0
      return feedback
    }
    for step in 0..<100 { controller.update(next(step)) }
    var other = try copied(controller, context: Self.context, parameters: try values(Annulus.self, preset: preset))
    for step in 0..<300 {
      let told = next(step)
      controller.update(told)
      other.update(told)
      #expect(Answer(controller) == Answer(other))
    }
    // Time leapt over moves the clocks, nothing else.
    var leapt = controller
    leapt.skip(from: feedback.now, to: feedback.now + .seconds(1))
    #expect(leapt.rate == controller.rate && leapt.deadline == controller.deadline + .seconds(1))
  }

  @Test func whatItAsksOfTheNetwork() throws {
    let demands = try Algorithm(name: "annulus").demands
    #expect(demands.signals == [.notifications, .nearSource] && demands.nearSource?.weight == 2)
    #expect(demands.marking != nil && demands.notificationInterval == .microseconds(50))
    let bbr = try Algorithm(name: "annulus", preset: "bbr").demands
    #expect(bbr.signals == [.delay, .loss, .deliveryRate, .nearSource])
  }
}
