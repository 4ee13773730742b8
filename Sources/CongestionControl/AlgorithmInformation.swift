// SPDX-License-Identifier: Apache-2.0

/// A value for each parameter of an algorithm, in the order of its information.
public typealias ParameterValues = [Double]

/// One parameter of an algorithm, as an experiment names it.
public struct Parameter: Equatable, Sendable {
  /// In snake_case, the unit at the end of the name where there is one: `increase_timer_us`.
  public var name: String
  public var value: Double
  /// Beyond these a law would divide by zero, never come to an end, or mean nothing.
  public var limits: ClosedRange<Double>
  public var meaning: String

  /// Whether the value is a rate or an amount of bytes, which a change of scale multiplies: told by the unit in the name.
  public var isRateOrAmount: Bool {
    ["_mbps", "_gbps", "_bytes", "byte_counter"].contains { name.hasSuffix($0) }
  }

  public init(_ name: String, _ value: Double, in limits: ClosedRange<Double>, _ meaning: String) {
    self.name = name
    self.value = value
    self.limits = limits
    self.meaning = meaning
  }
}

/// Named values for some of an algorithm's parameters.
public struct Preset: Equatable, Sendable {
  public var name: String
  public var values: [(name: String, value: Double)]
  public var source: String

  public init(_ name: String, _ values: [(name: String, value: Double)], source: String) {
    self.name = name
    self.values = values
    self.source = source
  }

  public static func == (a: Preset, b: Preset) -> Bool {
    a.name == b.name && a.source == b.source && a.values.count == b.values.count
      && zip(a.values, b.values).allSatisfy { $0.0 == $1.0 && $0.1 == $1.1 }
  }
}

/// What is known about an algorithm, for the catalogue, for error messages and for reading parameters.
public struct AlgorithmInformation: Equatable, Sendable {
  public var name: String
  public var definition: String
  /// Paper, standard or code that the law was taken from.
  public var source: String
  public var parameters: [Parameter]
  /// The first is what a scenario gets that names none; empty if the defaults are the only set.
  public var presets: [Preset]

  public init(
    name: String, definition: String, source: String, parameters: [Parameter] = [], presets: [Preset] = []
  ) {
    self.name = name
    self.definition = definition
    self.source = source
    self.parameters = parameters
    self.presets = presets
  }
}
