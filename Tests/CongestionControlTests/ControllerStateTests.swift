// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// What holds for every controller, whatever its law.
@Suite struct ControllerStateTests {
  /// Every algorithm with every preset.
  static let all: [(String, String?)] = Algorithm.all.flatMap { type -> [(String, String?)] in
    let presets = type.information.presets.map { Optional($0.name) }
    return (presets.isEmpty ? [nil] : presets).map { (type.information.name, $0) }
  }

  static let context = FlowContext(
    now: .zero, roundTrip: .microseconds(5000), lineRate: .gigabits(400), localRoundTrip: .microseconds(20),
    longestRoundTrip: .microseconds(10_000), hops: 3)

  /// Whatever a network may say, from a stream of chance.
  struct Noise {
    var random: RandomStream
    var now = Time.zero
    var delivered: Int64 = 0

    init(_ seed: UInt64, _ name: String) { random = RandomStream(seed: seed, name: name) }

    mutating func next() -> Feedback {
      now += .microseconds(Int64(1 + random.below(2000)))
      var feedback = Feedback(now: now)
      if random.uniform() < 0.9 {
        feedback.acknowledged = Int64(1 + random.below(4_000_000))
        feedback.roundTrip = .microseconds(5000 + Int64(random.below(3000)))
        if random.uniform() < 0.5 { feedback.marked = Int64(Double(feedback.acknowledged) * random.uniform()) }
      }
      let before = delivered
      delivered += feedback.acknowledged
      feedback.delivered = delivered
      feedback.priorDelivered = max(0, before - Int64(random.below(20_000_000)))
      if random.uniform() < 0.1 { feedback.lost = Int64(random.below(100_000)) }
      feedback.timedOut = random.uniform() < 0.01
      feedback.notifications = random.uniform() < 0.2 ? Int32(random.below(5)) : 0
      feedback.nearSource = random.uniform() < 0.1 ? random.uniform() : 0
      feedback.inFlight = Int64(random.below(200_000_000))
      feedback.deliveryRate = .gigabits(Int64(random.below(400)))
      feedback.explicitRate = .gigabits(Int64(1 + random.below(400)))
      feedback.applicationLimited = random.uniform() < 0.1
      if random.uniform() < 0.9 {
        feedback.hops = 3
        for hop in 0..<3 {
          feedback.telemetry[hop] = HopTelemetry(
            capacity: .gigabits(400), queue: Int64(random.below(2_000_000)), sent: delivered, at: now)
        }
      }
      return feedback
    }
  }

  /// Moving a flow to another process in the middle of its life changes nothing that it does afterwards.
  @Test(arguments: all) func aControllerGoesOnWhereItWas(name: String, preset: String?) throws {
    try goesOn(Algorithm(name: name, preset: preset))
  }

  func goesOn(_ algorithm: Algorithm) throws {
    func check<C: CongestionController>(_ fresh: C) throws {
      for seed in 0..<10 as Range<UInt64> {
        var noise = Noise(seed, "feedback")
        var controller = fresh
        for _ in 0..<noise.random.below(200) { controller.update(noise.next()) }
        let bytes = try state(of: controller)
        var copy = try restored(fresh, from: bytes)
        #expect(try state(of: copy) == bytes)
        for _ in 0..<200 {
          let feedback = noise.next()
          controller.update(feedback)
          copy.update(feedback)
          #expect(copy.rate == controller.rate && copy.window == controller.window)
          #expect(copy.deadline == controller.deadline && copy.decreases == controller.decreases)
        }
        #expect(try state(of: copy) == state(of: controller))
        for length in 0..<bytes.count {
          #expect(throws: WireError.self) {
            try restored(fresh, from: Array(bytes[..<length]))
          }
        }
      }
    }
    try check(algorithm.controller(for: Self.context))
  }

  /// Whatever is said, a rate is never negative, a window never below zero or not a number, and the next deadline is
  /// ahead.
  @Test(arguments: all) func statesStayPossible(name: String, preset: String?) throws {
    let algorithm = try Algorithm(name: name, preset: preset)
    for seed in 0..<20 as Range<UInt64> {
      var noise = Noise(seed, "possible")
      var controller = algorithm.controller(for: Self.context)
      for _ in 0..<500 {
        let feedback = noise.next()
        let cuts = controller.decreases
        controller.update(feedback)
        #expect(controller.rate >= .zero && controller.rate <= .unlimited)
        #expect(controller.window > 0 && !controller.window.isNaN)
        #expect(controller.deadline > noise.now && controller.decreases >= cuts)
      }
    }
  }

  /// Plain memory: nothing that has to be retained or released when a bank grows.
  @Test(arguments: all) func controllersArePlainMemory(name: String, preset: String?) throws {
    func check<C: CongestionController>(_ controller: C) -> Bool { _isPOD(C.self) }
    let controller = try Algorithm(name: name, preset: preset).controller(for: Self.context)
    let plain = check(controller)
    #expect(plain)
  }

  /// Leaping over an hour leaves every later answer as it would have been without it.
  @Test(arguments: all) func aLeapMovesTheClocksOnly(name: String, preset: String?) throws {
    let algorithm = try Algorithm(name: name, preset: preset)
    var noise = Noise(3, "leap")
    var plain = algorithm.controller(for: Self.context)
    for _ in 0..<50 { plain.update(noise.next()) }
    var leapt = plain
    leapt.skip(from: noise.now, to: noise.now + .hour)
    for _ in 0..<200 {
      let feedback = noise.next()
      plain.update(feedback)
      var later = feedback
      later.now = feedback.now + .hour
      for hop in 0..<later.hops { later.telemetry[hop].at = later.telemetry[hop].at + .hour }
      leapt.update(later)
      #expect(leapt.rate == plain.rate && leapt.decreases == plain.decreases)
      #expect(leapt.window == plain.window || relative(leapt.window, plain.window) < 1e-9)
    }
  }
}
