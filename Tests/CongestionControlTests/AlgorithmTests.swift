// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

@Suite struct DistanceAwareTests {
  static func controller(_ roundTrip: Time) throws -> DistanceAware {
    DistanceAware(
      context: FlowContext(now: .zero, roundTrip: roundTrip, lineRate: .gigabits(400)),
      parameters: try values("distance-aware"))
  }

  @Test func theRateIsWhatPortsGrant() throws {
    var controller = try Self.controller(.microseconds(10_000))
    #expect(controller.rate == .zero, "nothing is sent before the first grant")
    for grant in [BitRate.gigabits(100), .gigabits(37), BitRate(1), .gigabits(380), .zero] {
      var feedback = Feedback(now: .seconds(1))
      feedback.explicitRate = grant
      controller.update(feedback)
      #expect(controller.rate == grant)
    }
    #expect(controller.decreases == 3)
    #expect(controller.deadline == .never && controller.window == .infinity)
  }

  /// Loss and marks that say nothing of congestion leave the grant alone, at any distance.
  @Test func otherSignalsChangeNothing() throws {
    var controller = try Self.controller(.seconds(1))
    var feedback = Feedback(now: .seconds(1))
    feedback.explicitRate = .gigabits(5)
    feedback.acknowledged = 1_000_000
    feedback.marked = 1_000_000
    feedback.lost = 1_000_000
    feedback.roundTrip = .seconds(2)
    feedback.applicationLimited = true
    controller.update(feedback)
    #expect(controller.rate == .gigabits(5))
  }
}

@Suite struct AlgorithmTests {
  static let names = Algorithm.all.map { $0.information.name }

  @Test func namesAreInOrderAndOnlyOnce() {
    #expect(Self.names == Self.names.sorted() && Set(Self.names).count == Self.names.count)
  }

  @Test func whatIsListedCanBeMade() throws {
    for type in Algorithm.all {
      let information = type.information
      let algorithm = try Algorithm(name: information.name)
      #expect(algorithm.name == information.name && algorithm.values.count == information.parameters.count)
      #expect(algorithm.preset == information.presets.first?.name)
      #expect(!information.definition.isEmpty && !information.source.isEmpty)
      for preset in information.presets { _ = try Algorithm(name: information.name, preset: preset.name) }
    }
  }

  /// Defaults and presets lie within the limits and name parameters that exist.
  @Test func presetsMeanWhatTheySay() throws {
    for type in Algorithm.all {
      let information = type.information
      for parameter in information.parameters {
        #expect(parameter.limits.contains(parameter.value), "\(information.name) \(parameter.name)")
        #expect(!parameter.meaning.isEmpty)
      }
      #expect(Set(information.parameters.map(\.name)).count == information.parameters.count)
      for preset in information.presets {
        let found = try Algorithm(name: information.name, preset: preset.name)
        for (name, value) in preset.values {
          let i = information.parameters.firstIndex { $0.name == name }
          #expect(i != nil, "\(information.name) \(preset.name): \(name)")
          guard let i else { continue }
          #expect(found.values[i] == value && information.parameters[i].limits.contains(value))
        }
      }
    }
  }

  @Test func anUnknownNameIsToldWhatIsKnown() {
    let error = #expect(throws: AlgorithmError.self) { try Algorithm(name: "cubik") }
    #expect(error?.known == Self.names)
    #expect(error?.description.hasPrefix("unknown congestion control 'cubik': known are ") == true)
  }

  @Test(arguments: names) func unknownPresetsAndParametersAreToldWhatIsKnown(name: String) throws {
    let presets = #expect(throws: AlgorithmError.self) { try Algorithm(name: name, preset: "papr") }
    let known = try Algorithm(name: name).information
    #expect(presets?.known == known.presets.map(\.name))
    let parameters = #expect(throws: AlgorithmError.self) { try Algorithm(name: name, parameters: [("nonsense", 1)]) }
    #expect(parameters?.known == known.parameters.map(\.name))
  }

  /// Values that would divide by zero, run in circles or trap have to be refused where they are named.
  @Test(arguments: names) func impossibleValuesAreRefused(name: String) throws {
    for parameter in try Algorithm(name: name).information.parameters {
      let limits = parameter.limits
      let beyond = [limits.lowerBound - 1e-3 * max(1, abs(limits.lowerBound)), limits.upperBound * 1.001, Double.nan]
      for value in beyond where !limits.contains(value) {
        #expect(throws: AlgorithmError.self, "\(parameter.name) \(value)") {
          try Algorithm(name: name, parameters: [(parameter.name, value)])
        }
      }
    }
  }

  @Test(
    arguments: [
      ("cubic", "scale", 0), ("cubic", "scale", -1), ("cubic", "beta", 1), ("cubic", "beta", 0),
      ("cubic", "initial_packets", 0), ("cubic", "beta", .nan), ("distance-aware", "utilisation", 0),
      ("distance-aware", "utilisation", 1.01), ("distance-aware", "threshold", -0.1),
    ] as [(String, String, Double)])
  func valuesThatMeanNothingAreRefused(name: String, parameter: String, value: Double) {
    #expect(throws: AlgorithmError.self) { try Algorithm(name: name, parameters: [(parameter, value)]) }
  }

  @Test func eachListensToItsSignals() throws {
    func signals(_ name: String) throws -> Signals { try Algorithm(name: name).signals }
    #expect(try signals("cubic").contains(.loss) && !signals("cubic").contains(.marks))
    #expect(try signals("distance-aware").contains(.explicitRate))
  }

  @Test(arguments: names) func theRecipeComesBack(name: String) throws {
    for preset in [nil] + (try Algorithm(name: name).information.presets.map { Optional($0.name) }) {
      let algorithm = try Algorithm(name: name, preset: preset)
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
  }

  @Test func anUnknownAlgorithmIsRefused() {
    var writer = ByteWriter()
    writer.write("cubik")
    writer.write("")
    writer.write(doubles: [])
    let bytes = writer.bytes
    #expect(throws: WireError.self) {
      var reader = ByteReader(bytes)
      _ = try reader.read(Algorithm.self)
    }
  }
}
