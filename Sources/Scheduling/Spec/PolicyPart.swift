// SPDX-License-Identifier: Apache-2.0

/// The kinds of part that a policy is composed of.
public enum PolicyPartKind: String, Sendable, CaseIterable {
  case order, backfill, placement, shift
  /// Decides everything itself and takes no other parts.
  case policy
}

/// A number that a part of a policy takes in its brackets.
public struct PolicyParameter: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case number
    case whole
    /// Written with a unit (`90s`, `30min`, `24h`, `7d`); its value is in seconds.
    case duration
    /// One of these words; its value is the position, the first is the default.
    case word([String])
  }
  public var name: String
  public var meaning: String
  public var kind: Kind
  public var defaultValue: Double
  public var least: Double
  public var greatest: Double

  public init(
    name: String, meaning: String, kind: Kind, defaultValue: Double, least: Double = 0, greatest: Double = 1e9
  ) {
    self.name = name
    self.meaning = meaning
    self.kind = kind
    self.defaultValue = defaultValue
    self.least = least
    self.greatest = greatest
  }

  /// What a value should look like, for errors and the catalogue.
  public var form: String {
    switch kind {
    case .number: return "a number from \(least) to \(greatest)"
    case .whole: return "a whole number from \(Int64(least)) to \(Int64(greatest))"
    case .duration: return "a duration with its unit, like 90s, 30min, 24h or 7d"
    case .word(let words): return "one of \(words.joined(separator: ", "))"
    }
  }

  /// The default as it would be written.
  public var defaultText: String {
    switch kind {
    case .word(let words): return words[Int(defaultValue)]
    case .whole: return String(Int64(defaultValue))
    case .number:
      return defaultValue == defaultValue.rounded() ? String(Int64(defaultValue)) : String(defaultValue)
    case .duration:
      let seconds = Int64(defaultValue)
      guard Double(seconds) == defaultValue else { return "\(defaultValue)s" }
      if seconds % 3600 == 0, seconds > 0 { return "\(seconds / 3600)h" }
      return seconds % 60 == 0 && seconds > 0 ? "\(seconds / 60)min" : "\(seconds)s"
    }
  }

  /// The value that `text` stands for, or nil if it is not of the ``form``. Durations become seconds.
  public func value(of text: some StringProtocol) -> Double? {
    if case .word(let words) = kind { return words.firstIndex { $0 == text }.map { Double($0) } }
    var digits = text[...]
    var scale = 1.0
    if kind == .duration {
      let units: [(String, Double)] = [("min", 60), ("s", 1), ("h", 3600), ("d", 86400)]
      guard let (unit, seconds) = units.first(where: { digits.hasSuffix($0.0) }) else { return nil }
      digits = digits.dropLast(unit.count)
      while digits.last == " " { digits = digits.dropLast() }
      scale = seconds
    }
    // Double(String) also accepts "0x1p3", "inf" and "nan"; none of them is meant.
    guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }),
      let number = Double(digits), number.isFinite
    else { return nil }
    let value = number * scale
    guard value >= least, value <= greatest, kind != .whole || value == value.rounded() else { return nil }
    return value
  }
}

/// One part of the catalogue of policies: an order, a backfilling, a placement or a shift.
public struct PolicyPart: Equatable, Sendable {
  public var kind: PolicyPartKind
  public var name: String
  /// What it does, exactly enough to reproduce it.
  public var definition: String
  /// The paper or program it is taken from.
  public var source: String
  public var parameters: [PolicyParameter]

  public init(
    kind: PolicyPartKind, name: String, definition: String, source: String, parameters: [PolicyParameter] = []
  ) {
    self.kind = kind
    self.name = name
    self.definition = definition
    self.source = source
    self.parameters = parameters
  }
}

/// A part as a spec names it, with the parameters that were given.
public struct PolicyPartUse: Equatable, Sendable, CustomStringConvertible {
  public struct Argument: Equatable, Sendable {
    public var name: String
    /// As it was written, without spaces around it.
    public var text: String
    public var value: Double
  }
  public var name: String
  public var arguments: [Argument]

  public var description: String {
    if arguments.isEmpty { return name }
    return name + "(" + arguments.map { $0.name + "=" + $0.text }.joined(separator: ",") + ")"
  }
}

/// The values of a part's parameters: those given, and defaults for the others.
struct ParameterValues {
  let part: PolicyPart
  let given: [PolicyPartUse.Argument]

  /// The value of a parameter that the part declares.
  subscript(name: String) -> Double {
    if let argument = given.first(where: { $0.name == name }) { return argument.value }
    guard let parameter = part.parameters.first(where: { $0.name == name }) else {
      preconditionFailure("\(part.kind.rawValue) '\(part.name)' does not declare a parameter '\(name)'")
    }
    return parameter.defaultValue
  }
}
