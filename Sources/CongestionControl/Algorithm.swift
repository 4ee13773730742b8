// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// An algorithm with its constants, as a scenario names it: the recipe from which each flow gets its controller.
public struct Algorithm: Equatable, Sendable {
  /// Position in ``all``.
  let index: Int
  public let preset: String?
  /// One value for each parameter of ``information``.
  public private(set) var values: ParameterValues

  /// Every algorithm there is, in the order of names.
  public static let all: [any CongestionController.Type] = [
    Annulus.self, BBR.self, Cubic.self, DCQCN.self, DCTCP.self, DistanceAware.self, Gemini.self, HPCC.self, NSCC.self,
    Oracle.self, PowerTCP.self, SwiftDelay.self, Timely.self, Uno.self,
  ]

  static func type(named name: String) -> Int? { all.firstIndex { $0.information.name == name } }

  var type: any CongestionController.Type { Algorithm.all[index] }
  public var information: AlgorithmInformation { type.information }
  public var name: String { information.name }
  public var demands: Demands { type.demands(values) }
  public var signals: Signals { demands.signals }
  /// How long the algorithm's steady state takes to repeat.
  public var cycle: Cycle { demands.cycle }

  /// Name and preset as a column heading.
  public var title: String { preset.map { "\(name) (\($0))" } ?? name }

  /// - Throws: ``AlgorithmError`` that names what is known when a name, preset or parameter is not, and for a value that a
  ///   parameter cannot take.
  public init(
    name: String, preset: String? = nil, parameters: [(String, Double)] = []
  ) throws(AlgorithmError) {
    guard let index = Algorithm.type(named: name) else {
      throw AlgorithmError(
        message: "unknown congestion control '\(name)'", known: Algorithm.all.map { $0.information.name })
    }
    let information = Algorithm.all[index].information
    var values = information.parameters.map(\.value)
    func position(_ key: String) -> Int? { information.parameters.firstIndex { $0.name == key } }
    var used = preset
    if let preset {
      guard let row = information.presets.first(where: { $0.name == preset }) else {
        throw AlgorithmError(message: "'\(name)' has no preset '\(preset)'", known: information.presets.map(\.name))
      }
      for (key, value) in row.values { if let i = position(key) { values[i] = value } }
    } else if let row = information.presets.first {
      used = row.name
      for (key, value) in row.values { if let i = position(key) { values[i] = value } }
    }
    for (key, value) in parameters {
      guard let i = position(key) else {
        throw AlgorithmError(
          message: "'\(name)' has no parameter '\(key)'", known: information.parameters.map(\.name))
      }
      let limits = information.parameters[i].limits
      // Not a number lies in no range.
      guard limits.contains(value) else {
        throw AlgorithmError(
          message: "parameter '\(key)' of '\(name)': expected \(limits.lowerBound) to \(limits.upperBound), found "
            + "\(value)", known: [])
      }
      values[i] = value
    }
    self.index = index
    self.preset = used
    self.values = values
    if let grants = Algorithm.all[index].demands(values).grants, grants.threshold > 1 - grants.utilisation + 1e-12 {
      throw AlgorithmError(
        message: "parameter 'threshold' of '\(name)': expected at most 1 - utilisation = \(1 - grants.utilisation), "
          + "found \(grants.threshold)", known: [])
    }
  }

  /// The same algorithm where every rate and amount of bytes is `factor` times as large; what counts packets or time
  /// stays. Values stay within their limits.
  public func scaled(by factor: Double) -> Algorithm {
    var result = self
    for (index, parameter) in information.parameters.enumerated() where parameter.isRateOrAmount {
      result.values[index] = min(
        max(values[index] * factor, parameter.limits.lowerBound), parameter.limits.upperBound)
    }
    return result
  }

  public func controller(for context: FlowContext) -> any CongestionController {
    type.init(context: context, parameters: values)
  }

  public func makeBank() -> any ControllerStore { type.makeBank() }
}

/// The recipe travels to the agents with their part of the scenario, by name: builds with more algorithms understand those
/// with fewer.
extension Algorithm: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(name)
    writer.write(preset ?? "")
    writer.write(doubles: values)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let name = try reader.readString()
    let preset = try reader.readString()
    let values = try reader.readDoubles()
    guard let index = Algorithm.type(named: name) else { throw .badValue("congestion control '\(name)'") }
    guard values.count == Algorithm.all[index].information.parameters.count else {
      throw .badValue("\(values.count) parameters of '\(name)'")
    }
    self.index = index
    self.preset = preset.isEmpty ? nil : preset
    self.values = values
  }
}

public struct AlgorithmError: Error, Equatable, CustomStringConvertible {
  public var message: String
  public var known: [String]
  public var description: String {
    known.isEmpty ? message : "\(message): known are \(known.joined(separator: ", "))"
  }
}
