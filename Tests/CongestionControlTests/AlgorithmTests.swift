// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

@Suite struct DistanceAwareTests {
  @Test func theRateIsWhatPortsGrant() {
    let context = FlowContext(now: .zero, roundTrip: .microseconds(10_000), lineRate: .gigabits(400))
    var controller = DistanceAware(context: context)
    #expect(controller.rate == .zero, "nothing is sent before the first grant")
    for grant in [BitRate.gigabits(100), .gigabits(37), BitRate(1), .gigabits(380), .zero] {
      controller.update(Feedback(now: .seconds(1), roundTrip: context.roundTrip, explicitRate: grant))
      #expect(controller.rate == grant)
    }
    #expect(controller.decreases == 3)
    #expect(controller.deadline == .never && controller.window == nil)
  }

  /// Loss and marks that say nothing of congestion leave the grant alone, at any distance.
  @Test func otherSignalsChangeNothing() {
    var controller = DistanceAware(
      context: FlowContext(now: .zero, roundTrip: .seconds(1), lineRate: .gigabits(400)))
    controller.update(
      Feedback(
        now: .seconds(1), roundTrip: .seconds(1), queueDelay: .seconds(1), markedFraction: 1, lossRate: .gigabits(1),
        explicitRate: .gigabits(5), applicationLimited: true))
    #expect(controller.rate == .gigabits(5))
  }
}

@Suite struct AlgorithmTests {
  static let names = ["cubic", "dcqcn", "distance-aware"]

  @Test func theCatalogueListsWhatCanBeNamed() throws {
    #expect(Algorithm.catalogue.map(\.name) == Self.names)
    for row in Algorithm.catalogue {
      #expect(try Algorithm(name: row.name, preset: nil, parameters: []).name == row.name)
      for preset in row.presets { _ = try Algorithm(name: row.name, preset: preset, parameters: []) }
    }
  }

  @Test func anUnknownNameIsToldWhatIsKnown() {
    let error = #expect(throws: AlgorithmError.self) { try Algorithm(name: "cubik", preset: nil, parameters: []) }
    #expect(error?.known == Self.names)
    #expect(error?.description == "unknown congestion control 'cubik': known are cubic, dcqcn, distance-aware")
  }

  @Test func anUnknownPresetIsToldWhatIsKnown() {
    let error = #expect(throws: AlgorithmError.self) {
      try Algorithm(name: "dcqcn", preset: "papr", parameters: [])
    }
    #expect(error?.known == ["paper", "vendor", "long-haul"])
    #expect(throws: AlgorithmError.self) { try Algorithm(name: "cubic", preset: "paper", parameters: []) }
  }

  @Test(arguments: names) func anUnknownParameterIsToldWhatIsKnown(name: String) throws {
    let error = #expect(throws: AlgorithmError.self) {
      try Algorithm(name: name, preset: nil, parameters: [("nonsense", 1)])
    }
    // Every parameter that the message names is one that is taken.
    for known in error?.known ?? [] {
      let shares = ["utilisation": 0.5, "threshold": 0.001, "beta": 0.5, "g": 0.5, "fast_convergence": 1]
      let value = shares[known] ?? (known == "fast_recovery" ? 7 : 7000)
      #expect(throws: Never.self, "\(known)") {
        try Algorithm(name: name, preset: nil, parameters: [(known, value)])
      }
    }
    #expect(error?.known.isEmpty == false)
  }

  @Test func parametersArriveInTheirUnits() throws {
    let algorithm = try Algorithm(
      name: "dcqcn", preset: "vendor",
      parameters: [("increase_timer_us", 55), ("additive_mbps", 80), ("fast_recovery", 3), ("byte_counter", 5e6)])
    var wanted = DCQCN.Parameters.vendor
    wanted.increaseTimer = .microseconds(55)
    wanted.additive = 80e6
    wanted.fastRecovery = 3
    wanted.byteCounter = 5e6
    #expect(algorithm == .dcqcn(wanted))
    guard
      case .cubic(let cubic) = try Algorithm(
        name: "cubic", preset: nil, parameters: [("beta", 0.5), ("fast_convergence", 0)])
    else { return #expect(Bool(false), "not CUBIC") }
    #expect(cubic.beta == 0.5 && !cubic.fastConvergence && cubic.scale == 0.4)
  }

  /// Values that would divide by zero, run in circles or trap have to be refused where they are named.
  @Test(
    arguments: [
      ("dcqcn", "notification_interval_us", 0), ("dcqcn", "notification_interval_us", -4),
      ("dcqcn", "increase_timer_us", 0), ("dcqcn", "alpha_timer_us", 0), ("dcqcn", "byte_counter", 0),
      ("dcqcn", "g", 1.5), ("dcqcn", "g", -0.1), ("dcqcn", "fast_recovery", 1e300), ("dcqcn", "fast_recovery", -1),
      ("dcqcn", "additive_mbps", -1), ("dcqcn", "hyper_mbps", .nan), ("dcqcn", "increase_timer_us", .nan),
      ("cubic", "scale", 0), ("cubic", "scale", -1), ("cubic", "beta", 1), ("cubic", "beta", 0),
      ("cubic", "initial_packets", 0), ("cubic", "beta", .nan), ("distance-aware", "utilisation", 0),
      ("distance-aware", "utilisation", 1.01), ("distance-aware", "threshold", -0.1),
    ] as [(String, String, Double)])
  func impossibleValuesAreRefused(name: String, parameter: String, value: Double) {
    #expect(throws: AlgorithmError.self) {
      try Algorithm(name: name, preset: nil, parameters: [(parameter, value)])
    }
  }

  @Test func eachListensToItsSignals() throws {
    func signals(_ name: String) throws -> Signals { try Algorithm(name: name, preset: nil, parameters: []).signals }
    #expect(try signals("cubic").contains(.loss) && !signals("cubic").contains(.marks))
    #expect(try signals("dcqcn").contains(.marks) && !signals("dcqcn").contains(.explicitRate))
    #expect(try signals("distance-aware").contains(.explicitRate))
  }
}

@Suite struct ControllerLayoutTests {
  static let algorithms: [Algorithm] = [
    .distanceAware(DistanceAwareParameters()), .cubic(Cubic.Parameters()), .dcqcn(.paper), .dcqcn(.vendor),
  ]

  /// Whatever a network may say, from a stream of chance.
  static func feedback(_ random: inout RandomStream, after time: Time) -> Feedback {
    Feedback(
      now: time + .microseconds(Int64(1 + random.below(2000))), roundTrip: .microseconds(5000),
      queueDelay: .microseconds(Int64(random.below(3000))),
      markedFraction: random.uniform() < 0.5 ? 0 : random.uniform(),
      lossRate: random.uniform() < 0.7 ? .zero : BitRate(Int64(random.below(1_000_000_000))),
      explicitRate: .gigabits(Int64(1 + random.below(400))), applicationLimited: random.uniform() < 0.1)
  }

  /// Moving a flow to another process in the middle of its life changes nothing that it does afterwards.
  @Test(arguments: algorithms) func aControllerGoesOnWhereItWas(algorithm: Algorithm) throws {
    for seed in 0..<20 as Range<UInt64> {
      var random = RandomStream(seed: seed, name: "feedback")
      var controller = algorithm.controller(
        for: FlowContext(now: .zero, roundTrip: .microseconds(5000), lineRate: .gigabits(400)))
      var now = Time.zero
      for _ in 0..<random.below(100) {
        let feedback = Self.feedback(&random, after: now)
        now = feedback.now
        controller.update(feedback)
      }
      let bytes = encoded(controller)
      var reader = ByteReader(bytes)
      var copy = try reader.read(Controller.self)
      try reader.finish()
      #expect(copy == controller)
      for _ in 0..<100 {
        let feedback = Self.feedback(&random, after: now)
        now = feedback.now
        controller.update(feedback)
        copy.update(feedback)
      }
      #expect(copy == controller)
      #expect(copy.rate == controller.rate && copy.window == controller.window)
      #expect(copy.deadline == controller.deadline && copy.decreases == controller.decreases)
      for length in 0..<bytes.count {
        #expect(throws: WireError.self) {
          var reader = ByteReader(Array(bytes[..<length]))
          _ = try reader.read(Controller.self)
        }
      }
    }
  }

  @Test(arguments: algorithms) func theRecipeComesBack(algorithm: Algorithm) throws {
    let bytes = encoded(algorithm)
    var reader = ByteReader(bytes)
    #expect(try reader.read(Algorithm.self) == algorithm)
    try reader.finish()
    for length in 0..<bytes.count {
      #expect(throws: WireError.self) {
        var reader = ByteReader(Array(bytes[..<length]))
        _ = try reader.read(Algorithm.self)
      }
    }
  }

  @Test func anUnknownKindIsRefused() {
    #expect(throws: WireError.self) {
      var reader = ByteReader([9] + [UInt8](repeating: 0, count: 300))
      _ = try reader.read(Controller.self)
    }
    #expect(throws: WireError.self) {
      var reader = ByteReader([9] + [UInt8](repeating: 0, count: 300))
      _ = try reader.read(Algorithm.self)
    }
  }

  /// Whatever is said, a rate is never negative nor above the line, a window never below one packet, and the next
  /// deadline is ahead.
  @Test(arguments: algorithms) func statesStayPossible(algorithm: Algorithm) {
    for seed in 0..<20 as Range<UInt64> {
      var random = RandomStream(seed: seed, name: "possible")
      var controller = algorithm.controller(
        for: FlowContext(now: .zero, roundTrip: .microseconds(5000), lineRate: .gigabits(400)))
      var now = Time.zero
      for _ in 0..<500 {
        let feedback = Self.feedback(&random, after: now)
        now = feedback.now
        let cuts = controller.decreases
        controller.update(feedback)
        #expect(controller.rate >= .zero && controller.rate <= .gigabits(400))
        if let window = controller.window { #expect(window >= 4096 && window.isFinite) }
        #expect(controller.deadline > now && controller.decreases >= cuts)
      }
    }
  }
}
