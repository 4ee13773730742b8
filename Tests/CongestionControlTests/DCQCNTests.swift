// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// The reaction point by hand, with the constants of SIGCOMM 2015: g 1/256, notification interval 50 us, timers 55 us,
/// byte counter 10 MB, F 5, steps of 40 and 400 Mb/s. The line is 40 Gb/s as there.
private struct Sender {
  var controller: DCQCN
  var now = Time.zero

  init(line: BitRate = .gigabits(40), parameters: DCQCN.Parameters = .paper) {
    controller = DCQCN(
      context: FlowContext(now: .zero, roundTrip: .microseconds(10), lineRate: line), parameters: parameters)
  }

  /// Gb/s.
  var rate: Double { controller.rate.double / 1e9 }

  /// The share of marks holds from the end of this call on.
  mutating func advance(microseconds: Int64, marked: Double = 0, applicationLimited: Bool = false) {
    now = now + .microseconds(microseconds)
    controller.update(
      Feedback(
        now: now, roundTrip: .microseconds(10), markedFraction: marked, applicationLimited: applicationLimited))
  }

  /// One notification interval with every packet marked: one notification, whatever the rate.
  mutating func notify() {
    let cuts = controller.decreases
    advance(microseconds: 0, marked: 1)
    advance(microseconds: 50)
    #expect(controller.decreases == cuts + 1)
  }
}

@Suite struct DCQCNTests {
  @Test func withoutMarksItRestsAtTheLineRate() {
    var sender = Sender()
    #expect(sender.rate == 40 && sender.controller.deadline == .never && sender.controller.window == nil)
    sender.advance(microseconds: 1_000_000)
    #expect(sender.rate == 40 && sender.controller.deadline == .never && sender.controller.decreases == 0)
    sender.advance(microseconds: 0, marked: 0.01)
    #expect(sender.controller.deadline > sender.now && sender.controller.deadline < .never)
  }

  @Test func theFirstCutHalves() {
    var sender = Sender()
    sender.notify()
    #expect(sender.rate == 20)
    #expect(sender.controller.deadline < .never)
  }

  /// Alpha begins at one and every notification keeps it there: three notifications, three halvings. Then each
  /// increase event, 55 us apart, halves the distance to the rate before the last cut, five times over; the sixth
  /// raises that target by 40 Mb/s first.
  @Test func fiveHalvingsOfTheDistanceThenAdditiveSteps() {
    var sender = Sender()
    for _ in 0..<3 { sender.notify() }
    #expect(sender.rate == 5)
    sender.advance(microseconds: 54)
    #expect(sender.rate == 5, "no event before the timer")
    sender.advance(microseconds: 2)
    var rates = [sender.rate]
    for _ in 1..<8 {
      sender.advance(microseconds: 55)
      rates.append(sender.rate)
    }
    // Target 10; then 10.04, 10.08, 10.12. No 10 MB pass in this time.
    let expected = [7.5, 8.75, 9.375, 9.6875, 9.84375, 9.941875, 10.0109375, 10.06546875]
    for (found, wanted) in zip(rates, expected) { #expect(abs(found - wanted) < 1e-6) }
  }

  @Test func recoveryEndsAtTheLineRateAndRests() {
    var sender = Sender()
    sender.notify()
    sender.advance(microseconds: 10_000)
    #expect(sender.rate == 40)
    #expect(sender.controller.deadline == .never)
  }

  /// With a byte counter so small that it keeps up with the timer, both pass F and steps become 400 Mb/s.
  @Test func stepsAreLargeOnceBothCountersArePastF() {
    var parameters = DCQCN.Parameters.paper
    // 5 Gb/s x 55 us.
    parameters.byteCounter = 34_375
    var sender = Sender(parameters: parameters)
    for _ in 0..<3 { sender.notify() }
    // Byte events come whenever 34,375 B have gone out, timer events every 55 us, whichever is first. The controller
    // looks at the end of every call, here of 5 us: it may be that much late, and is never early.
    var model = EventModel(rate: 5e9, target: 10e9, line: 40e9, byteCounter: 34_375)
    var late = model
    // Timer events fall on the ends of calls: a microsecond ahead, rounding does not decide on which side.
    model.advance(1e-6)
    for step in 1...300 {
      sender.advance(microseconds: 5)
      model.advance(5e-6)
      if step > 4 { late.advance(5e-6) }
      #expect(sender.rate * 1e9 < model.rate + 1e6 && sender.rate * 1e9 > late.rate - 1e6, "at \(sender.now.text)")
    }
    #expect(model.hyper && model.rate > 20e9, "the model never came to hyper increase")
  }

  /// Over the long run, with the paper's own byte counter, on a fast line.
  @Test func followsTheEventsOfThePaperOnAFastLine() {
    var sender = Sender(line: .gigabits(400))
    for _ in 0..<2 { sender.notify() }
    var model = EventModel(rate: 100e9, target: 200e9, line: 400e9, byteCounter: 10e6)
    for _ in 0..<200 {
      sender.advance(microseconds: 200)
      model.advance(200e-6)
      #expect(relative(sender.rate * 1e9, model.rate) < 0.02, "at \(sender.now.text)")
    }
    #expect(sender.rate == 400)
  }

  /// Alpha shows in the depth of a cut: after n quiet alpha timers it is (1 - g)^n.
  @Test(arguments: [1, 10, 100, 1000]) func alphaDecays(timers: Int64) {
    // At rest at the line rate the decay is in closed form.
    var rested = Sender()
    rested.advance(microseconds: 55 * timers)
    rested.notify()
    let alpha = DeterministicMath.pow(255.0 / 256, Double(timers))
    #expect(relative(rested.rate, 40 * (1 - alpha / 2)) < 1e-9)

    // While it recovers it is taken in steps, which may differ by g^2 / 2 a step.
    var recovering = Sender(line: .gigabits(400))
    recovering.notify()
    recovering.advance(microseconds: 55 * timers)
    let before = recovering.rate
    recovering.notify()
    let share = 1 - recovering.rate / before
    // The rate may have risen within the interval of the notification: at most to twice, which cannot be told from
    // outside; at the line rate it cannot.
    if before == 400 { #expect(relative(share, alpha / 2) < 0.01) } else { #expect(share < alpha / 2 + 1e-3) }
  }

  /// A notification brings alpha closer to one by g: after a long rest, n of them make it 1 - (1 - g)^n, near n g.
  @Test func alphaRisesWithNotifications() {
    var sender = Sender()
    sender.advance(microseconds: 10_000_000)
    var expected = 40.0
    var alpha = 0.0
    for _ in 0..<20 {
      sender.notify()
      expected *= 1 - alpha / 2
      alpha = alpha * 255 / 256 + 1.0 / 256
      #expect(relative(sender.rate, expected) < 1e-9)
    }
  }

  /// Notifications come at the expected rate: with 61.035 packets in 50 us, a share of marks p gives one in
  /// 1 / (1 - (1 - p)^61.035) intervals.
  @Test func notificationsComeAtTheExpectedRate() {
    var sender = Sender()
    // A tiny byte counter and timer keep the rate at the line, so that the packets of an interval are known.
    var parameters = DCQCN.Parameters.paper
    parameters.increaseTimer = .microseconds(1)
    parameters.alphaTimer = .microseconds(1)
    parameters.g = 0.5
    sender = Sender(parameters: parameters)
    sender.advance(microseconds: 1000)
    sender.advance(microseconds: 0, marked: 0.001)
    sender.advance(microseconds: 1_000_000, marked: 0.001)
    let packets = 40e9 * 50e-6 / 32768
    let expected = 20_000 * (1 - DeterministicMath.pow(0.999, packets))
    #expect(relative(Double(sender.controller.decreases), expected) < 0.05, "expected \(expected)")
  }

  @Test func neverBelowTheMinimumRate() {
    var sender = Sender()
    for _ in 0..<40 { sender.notify() }
    #expect(sender.controller.rate == BitRate(100_000_000))
  }

  @Test func anApplicationThatSendsLessDoesNotRaiseTheRate() {
    var sender = Sender()
    sender.notify()
    sender.advance(microseconds: 0, applicationLimited: true)
    sender.advance(microseconds: 100_000, applicationLimited: true)
    #expect(sender.rate == 20 && sender.controller.deadline == .never)
  }

  @Test func presetsHaveTheirConstants() throws {
    func parameters(_ preset: String?) throws -> DCQCN.Parameters {
      guard case .dcqcn(let p) = try Algorithm(name: "dcqcn", preset: preset, parameters: []) else {
        Issue.record("not DCQCN")
        return DCQCN.Parameters()
      }
      return p
    }
    let paper = try parameters("paper")
    #expect(try paper == parameters(nil))
    #expect(paper.g == 1.0 / 256 && paper.alphaTimer == .microseconds(55) && paper.increaseTimer == .microseconds(55))
    #expect(paper.notificationInterval == .microseconds(50) && paper.byteCounter == 10e6 && paper.fastRecovery == 5)
    #expect(paper.additive == 40e6 && paper.hyper == 400e6)
    let vendor = try parameters("vendor")
    #expect(vendor.alphaTimer == .microseconds(1) && vendor.notificationInterval == .microseconds(4))
    #expect(vendor.increaseTimer == .microseconds(300) && vendor.fastRecovery == 1 && vendor.g == 1.0 / 256)
    #expect(try parameters("long-haul").increaseTimer == .microseconds(5000))
  }
}

/// The increase events of the paper at their exact instants, one at a time.
private struct EventModel {
  var rate: Double
  var target: Double
  let line: Double
  let byteCounter: Double
  var timers = 0
  var bytes = 0
  var untilTimer = 55e-6
  var bytesLeft: Double
  var hyper = false

  init(rate: Double, target: Double, line: Double, byteCounter: Double) {
    self.rate = rate
    self.target = target
    self.line = line
    self.byteCounter = byteCounter
    bytesLeft = byteCounter
  }

  mutating func advance(_ seconds: Double) {
    var left = seconds
    while true {
      let untilBytes = bytesLeft * 8 / rate
      let next = min(untilTimer, untilBytes)
      guard next <= left else { break }
      left -= next
      let sent = rate * next / 8
      if untilTimer <= untilBytes {
        timers += 1
        bytesLeft -= sent
        untilTimer = 55e-6
      } else {
        bytes += 1
        untilTimer -= next
        bytesLeft = byteCounter
      }
      if timers > 5, bytes > 5 {
        target += 400e6
        hyper = true
      } else if timers > 5 || bytes > 5 {
        target += 40e6
      }
      target = min(target, line)
      rate = (rate + target) / 2
    }
    untilTimer -= left
    bytesLeft -= rate * left / 8
  }
}
