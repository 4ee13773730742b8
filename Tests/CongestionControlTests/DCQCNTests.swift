// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// A DCQCN sender at 100 Gb/s whose clock, notifications and bytes the test owns.
private struct Sender {
  static let context = FlowContext(now: .seconds(1), roundTrip: .microseconds(100), lineRate: .gigabits(100))
  var controller: DCQCN
  var feedback = Feedback(now: context.now)

  init(preset: String, _ replaced: [String: Double] = [:]) throws {
    controller = DCQCN(
      context: Self.context, parameters: try values(DCQCN.self, preset: preset, replaced))
  }

  /// Gb/s
  var rate: Double { controller.rate.double / 1e9 }

  /// Lets time pass, at the end of which notifications come and the bytes have been acknowledged.
  mutating func advance(microseconds: Double, notifications: Int32 = 0, bytes: Int64 = 0) {
    feedback.clear()
    feedback.now += .seconds(microseconds / 1e6)
    feedback.notifications = notifications
    feedback.delivered += bytes
    feedback.acknowledged = bytes
    controller.update(feedback)
  }

  /// Obeys every deadline on the way.
  mutating func rest(microseconds: Double) {
    let end = feedback.now + .seconds(microseconds / 1e6)
    while controller.deadline <= end {
      let due = controller.deadline
      advance(microseconds: (due - feedback.now).seconds * 1e6)
      #expect(controller.deadline > due, "a deadline that is met moves on")
    }
    advance(microseconds: (end - feedback.now).seconds * 1e6)
  }
}

@Suite struct DCQCNTests {
  @Test func itStartsAtTheLineRateAndRests() throws {
    let sender = try Sender(preset: "paper")
    #expect(sender.rate == 100 && sender.controller.window == .infinity && sender.controller.deadline == .never)
  }

  /// By hand, paper: the first notification halves 100 to 50 with Rt 100. Five timers of 55 us halve the distance:
  /// 75, 87.5, 93.75, 96.875, 98.4375. The target is already the line rate: 99.21875 next.
  @Test func fastRecoveryHalvesTheDistance() throws {
    var sender = try Sender(preset: "paper")
    sender.advance(microseconds: 10, notifications: 1)
    #expect(sender.rate == 50)
    #expect(sender.controller.deadline == sender.feedback.now + .microseconds(55))
    for expected in [75, 87.5, 93.75, 96.875, 98.4375, 99.21875] {
      sender.advance(microseconds: 55)
      #expect(sender.rate == expected)
    }
  }

  /// By hand, paper: two notifications 50 us apart. The first leaves Rc 50 and alpha 1; the alpha timer (55 us) has not
  /// run out at the second: Rt 50, Rc 25. After five recoveries the distance is 25 / 32; then Rt grows by 0.04 an event.
  @Test func additiveIncreaseAfterFastRecovery() throws {
    var sender = try Sender(preset: "paper")
    sender.advance(microseconds: 10, notifications: 1)
    sender.advance(microseconds: 50, notifications: 1)
    #expect(sender.rate == 25 && sender.controller.decreases == 2)
    sender.rest(microseconds: 5 * 55)
    #expect(deviation(sender.rate, from: 50 - 25.0 / 32) < 1e-9)
    var rate = 50 - 25.0 / 32
    var target = 50.0
    for _ in 0..<20 {
      target += 0.04
      rate = (rate + target) / 2
      sender.advance(microseconds: 55)
      #expect(deviation(sender.rate, from: rate) < 1e-9)
    }
  }

  /// Six byte events and six timer events: the step that makes both counters six is hyper.
  @Test func hyperIncreaseWhenBothCountersArePastF() throws {
    var sender = try Sender(preset: "paper")
    sender.advance(microseconds: 10, notifications: 1)
    sender.advance(microseconds: 50, notifications: 1)
    // Five events of each kind, ten halvings, all in the same instants.
    for _ in 0..<5 { sender.advance(microseconds: 55, bytes: 10_000_000) }
    let recovered = 50 - 25.0 / 1024
    #expect(deviation(sender.rate, from: recovered) < 1e-9)
    // The sixth timer event is additive, the sixth byte event before it was as well; the seventh are hyper, both.
    sender.advance(microseconds: 54, bytes: 10_000_000)
    let afterBytes = (recovered + 50.04) / 2
    #expect(deviation(sender.rate, from: afterBytes) < 1e-9)
    sender.advance(microseconds: 1)
    // Both counters stand at six now.
    #expect(deviation(sender.rate, from: (afterBytes + 50.44) / 2) < 1e-9)
  }

  /// alpha = 1 decays by 255/256 each 55 us without a notification.
  @Test(arguments: [1, 10, 100, 400]) func alphaDecays(timers: Int) throws {
    var sender = try Sender(preset: "paper", ["increase_timer_us": 1e6, "byte_counter": 0])
    sender.advance(microseconds: 10, notifications: 1)
    sender.advance(microseconds: 55.0 * Double(timers) + 20, notifications: 1)
    let alpha = DeterministicMath.pow(255.0 / 256, Double(timers))
    #expect(deviation(sender.rate, from: 50 * (1 - alpha / 2)) < 1e-9)
  }

  /// A notification brings alpha closer to one by g of the rest.
  @Test func alphaRises() throws {
    var sender = try Sender(preset: "paper", ["increase_timer_us": 1e6, "byte_counter": 0, "minimum_mbps": 0.001])
    sender.advance(microseconds: 10, notifications: 1)
    sender.advance(microseconds: 55 * 1000, notifications: 1)
    var alpha = DeterministicMath.pow(255.0 / 256, 1000)
    var expected = 50 * (1 - alpha / 2)
    for _ in 0..<10 {
      alpha = alpha * 255 / 256 + 1.0 / 256
      expected *= 1 - alpha / 2
      sender.advance(microseconds: 50, notifications: 1)
      #expect(deviation(sender.rate, from: expected) < 1e-8)
    }
  }

  /// Vendor at 100 Gb/s: steps of 20 and 200 Mb/s, F 1, timer 300 us. Clamping is off: a second cut with no increase
  /// between leaves the target. By hand: 100, cut to 50 (alpha 1), 4 us later alpha has decayed four times after its
  /// rise to 1, cut by half of that; recovery aims at 100.
  @Test func vendorPreset() throws {
    var sender = try Sender(preset: "vendor")
    sender.advance(microseconds: 10, notifications: 1)
    #expect(sender.rate == 50)
    sender.advance(microseconds: 4, notifications: 1)
    let alpha = DeterministicMath.pow(255.0 / 256, 4)
    let low = 50 * (1 - alpha / 2)
    #expect(deviation(sender.rate, from: low) < 1e-9)
    sender.advance(microseconds: 300)
    #expect(deviation(sender.rate, from: (low + 100) / 2) < 1e-9)

    // With an increase between them the second cut does lower the target, and the steps show.
    var other = try Sender(preset: "vendor")
    other.advance(microseconds: 10, notifications: 1)
    other.advance(microseconds: 300)
    #expect(other.rate == 75)
    other.advance(microseconds: 1, notifications: 1)
    let decayed = DeterministicMath.pow(255.0 / 256, 301)
    var rate = 75 * (1 - decayed / 2)
    #expect(deviation(other.rate, from: rate) < 1e-9)
    var target = 75.0
    for step in [0, 0.02, 0.2, 0.2] {
      target += step
      rate = (rate + target) / 2
      other.advance(microseconds: 300)
      #expect(deviation(other.rate, from: rate) < 1e-9)
    }
  }

  /// Long-haul: a cut leaves 95 %; five recoveries of 5 ms, then 5 Mb/s each.
  @Test func longHaulPreset() throws {
    var sender = try Sender(preset: "long-haul")
    sender.advance(microseconds: 10, notifications: 1)
    #expect(deviation(sender.rate, from: 95) < 1e-9)
    sender.advance(microseconds: 4, notifications: 1)
    #expect(deviation(sender.rate, from: 95 * 0.95) < 1e-9)
    var target = 95.0
    var rate = 95 * 0.95
    for event in 1...12 {
      if event > 5 { target += 0.005 }
      rate = (rate + target) / 2
      sender.advance(microseconds: 5000)
      #expect(deviation(sender.rate, from: rate) < 1e-9)
    }
  }

  /// A notification within the decrease interval cuts at its end, once.
  @Test func oneCutInADecreaseInterval() throws {
    var sender = try Sender(preset: "vendor")
    sender.advance(microseconds: 10, notifications: 1)
    sender.advance(microseconds: 1, notifications: 1)
    sender.advance(microseconds: 1, notifications: 1)
    #expect(sender.controller.decreases == 1 && sender.rate == 50)
    #expect(sender.controller.deadline == sender.feedback.now + .microseconds(2))
    sender.advance(microseconds: 2)
    #expect(sender.controller.decreases == 2 && sender.rate < 26)
    sender.advance(microseconds: 20)
    #expect(sender.controller.decreases == 2)
  }

  @Test func everyNotificationCutsWithoutDecreaseInterval() throws {
    var sender = try Sender(preset: "paper")
    for _ in 0..<3 { sender.advance(microseconds: 1, notifications: 1) }
    #expect(sender.controller.decreases == 3 && sender.rate == 12.5)
  }

  /// The target after two cuts in a row: clamped, the rate between them; not clamped, the rate before both.
  @Test(arguments: [0.0, 1]) func clampedTarget(clamp: Double) throws {
    var sender = try Sender(preset: "paper", ["clamp_target": clamp])
    sender.advance(microseconds: 10, notifications: 1)
    sender.advance(microseconds: 50, notifications: 1)
    sender.rest(microseconds: 55)
    #expect(sender.rate == (clamp == 1 ? 37.5 : 62.5))
  }

  @Test func neverBelowTheLeastRate() throws {
    var sender = try Sender(preset: "paper")
    for _ in 0..<40 { sender.advance(microseconds: 1, notifications: 1) }
    #expect(sender.controller.rate == BitRate(100_000_000))
  }

  /// A cut starts the byte counter anew, and bytes before it do not count.
  @Test func bytesAreCountedFromTheCut() throws {
    var sender = try Sender(preset: "paper", ["increase_timer_us": 1e6])
    sender.advance(microseconds: 10, notifications: 0, bytes: 9_000_000)
    sender.advance(microseconds: 10, notifications: 1)
    sender.advance(microseconds: 10, bytes: 9_999_999)
    #expect(sender.rate == 50)
    sender.advance(microseconds: 10, bytes: 1)
    #expect(sender.rate == 75)
    // What is in flight has been sent as well.
    sender.feedback.inFlight = 10_000_000
    sender.advance(microseconds: 10)
    #expect(sender.rate == 87.5)
    // Acknowledging it sends nothing.
    sender.feedback.inFlight = 0
    sender.advance(microseconds: 10, bytes: 10_000_000)
    #expect(sender.rate == 87.5)
  }

  /// Ten milliseconds taken in one call, or in a thousand: the same increases.
  @Test(arguments: ["paper", "vendor"]) func timeInOneCallOrMany(preset: String) throws {
    var one = try Sender(preset: preset)
    one.advance(microseconds: 10, notifications: 1)
    var many = one
    one.advance(microseconds: 10_000, bytes: 100_000_000)
    for _ in 0..<1000 { many.advance(microseconds: 10, bytes: 100_000) }
    #expect(deviation(one.rate, from: many.rate) < 1e-3)
    #expect(one.rate > 90)
  }

  /// Sixteen notifications in one call are as sixteen calls at their even distance.
  @Test(arguments: ["paper", "vendor", "long-haul"]) func notificationsInOneCallOrMany(preset: String) throws {
    var one = try Sender(preset: preset)
    one.advance(microseconds: 50, notifications: 1)
    one.advance(microseconds: 20_000)
    var many = one
    one.advance(microseconds: 16 * 50, notifications: 16, bytes: 1_600_000)
    for _ in 0..<16 { many.advance(microseconds: 50, notifications: 1, bytes: 100_000) }
    #expect(one.controller.decreases == many.controller.decreases && one.controller.decreases == 17)
    #expect(deviation(one.rate, from: many.rate) < 1e-9)
    #expect(one.controller.deadline == many.controller.deadline)
  }

  @Test func skippedTimeChangesNothing() throws {
    var sender = try Sender(preset: "vendor")
    sender.advance(microseconds: 10, notifications: 1)
    sender.advance(microseconds: 1, notifications: 1)
    var leapt = sender
    leapt.controller.skip(from: leapt.feedback.now, to: leapt.feedback.now + .seconds(3))
    leapt.feedback.now += .seconds(3)
    for step in [2, 3, 300, 301, 7] {
      sender.advance(microseconds: Double(step), notifications: step == 301 ? 1 : 0)
      leapt.advance(microseconds: Double(step), notifications: step == 301 ? 1 : 0)
      #expect(leapt.rate == sender.rate)
      #expect(leapt.controller.deadline - sender.controller.deadline == .seconds(3))
    }
  }

  @Test func theStateGoesRound() throws {
    var sender = try Sender(preset: "vendor")
    sender.advance(microseconds: 10, notifications: 1)
    sender.advance(microseconds: 1, notifications: 1, bytes: 5_000_000)
    var other = sender
    other.controller = try copied(
      sender.controller, context: Sender.context, parameters: try values(DCQCN.self, preset: "vendor"))
    for step in 0..<50 {
      sender.advance(microseconds: 50, notifications: step % 7 == 0 ? 1 : 0, bytes: 100_000)
      other.advance(microseconds: 50, notifications: step % 7 == 0 ? 1 : 0, bytes: 100_000)
      #expect(Answer(sender.controller) == Answer(other.controller))
    }
  }

  @Test func whatItAsksOfTheNetwork() throws {
    let demands = try Algorithm(name: "dcqcn", preset: "vendor").demands
    #expect(demands.signals == [.notifications] && demands.notificationInterval == .microseconds(4))
    // 100 KB and 400 KB for each 25 Gb/s.
    #expect(demands.marking?.minimum == .seconds(100e3 * 8 / 25e9))
    #expect(demands.marking?.maximum == .seconds(400e3 * 8 / 25e9) && demands.marking?.probability == 0.2)
    #expect(try Algorithm(name: "dcqcn").demands.notificationInterval == .microseconds(50))
    #expect(try Algorithm(name: "dcqcn").preset == "paper")
  }
}
