// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A value with its path from the root of the scenario, and the conversions that a reader asks of it.
struct Field {
  var value: Value
  var path: String

  func error(_ message: String, _ advice: String = "") -> ScenarioError {
    ScenarioError(file: value.place.file, line: value.place.line, field: path, message: message, advice: advice)
  }

  /// This value as a group of the `known` fields.
  ///
  /// - Throws: if it is none, or has a field of another name.
  func section(_ known: [String]) throws(ScenarioError) -> Section {
    guard case .mapping(let entries) = value.content else {
      throw error(
        "expected a group of fields, found \(value.kind)", "Its fields are: \(known.joined(separator: ", ")).")
    }
    for entry in entries where !known.contains(entry.key) {
      let field = path.isEmpty ? entry.key : "\(path).\(entry.key)"
      let advice =
        Spelling.nearest(entry.key, in: known).map { "Did you mean '\($0)'?" }
        ?? "Known fields here are: \(known.joined(separator: ", "))."
      throw ScenarioError(
        file: entry.place.file, line: entry.place.line, field: field, message: "unknown field", advice: advice)
    }
    return Section(field: self, entries: entries)
  }

  /// The items of a list, called by their ids where they have one.
  func items() throws(ScenarioError) -> [Field] {
    guard case .sequence(let values) = value.content else { throw error("expected a list, found \(value.kind)") }
    return values.enumerated().map {
      Field(value: $0.element, path: "\(path)[\(OverridePath.name(of: $0.element, $0.offset))]")
    }
  }

  func text() throws(ScenarioError) -> String {
    guard case .scalar(let text) = value.content else { throw error("expected a text, found \(value.kind)") }
    if text.isEmpty { throw error("expected a text, found an empty one") }
    return text
  }

  /// A word out of a list.
  func word(of known: [String], catalogue: String? = nil) throws(ScenarioError) -> String {
    let word = try text()
    if known.contains(word) { return word }
    let more = catalogue.map { " 'longhaul catalog \($0)' tells about them." } ?? ""
    let advice =
      Spelling.nearest(word, in: known).map { "Did you mean '\($0)'?" }
      ?? "Known are: \(known.joined(separator: ", ")).\(more)"
    throw error("'\(word)' is not known here", advice)
  }

  func integer(_ range: ClosedRange<Int>, _ what: String) throws(ScenarioError) -> Int {
    guard case .scalar(let text) = value.content, let number = Int(text) else {
      throw error("expected \(what) as a whole number, found \(value.kind)")
    }
    guard range.contains(number) else {
      let bound = number < range.lowerBound ? "at least \(range.lowerBound)" : "at most \(range.upperBound)"
      throw error("expected \(what), \(bound), found \(number)")
    }
    return number
  }

  func seed() throws(ScenarioError) -> UInt64 {
    guard case .scalar(let text) = value.content, let seed = UInt64(text) else {
      throw error("expected a seed, a whole number from 0 to \(UInt64.max), found \(value.kind)")
    }
    return seed
  }

  func number(_ range: ClosedRange<Double>, _ what: String) throws(ScenarioError) -> Double {
    guard case .scalar(let text) = value.content, let number = Quantity.parseNumber(text) else {
      throw error("expected \(what) as a plain number, found \(value.kind)")
    }
    guard range.contains(number) else {
      let bounds = "from \(Quantity.number(range.lowerBound)) to \(Quantity.number(range.upperBound))"
      throw error("expected \(what), \(bounds), found \(text)")
    }
    return number
  }

  /// A quantity with its unit.
  func quantity<Result>(_ parse: (String) throws(QuantityError) -> Result) throws(ScenarioError) -> Result {
    let text = try text()
    do throws(QuantityError) {
      return try parse(text)
    } catch {
      throw self.error("\(error)")
    }
  }
}

/// A group of fields whose names have been checked.
struct Section {
  var field: Field
  var entries: [Value.Entry]

  /// The field called `name`; nil if it is left out or empty.
  func optional(_ name: String) -> Field? {
    guard let entry = entries.first(where: { $0.key == name }) else { return nil }
    if case .null = entry.value.content { return nil }
    return Field(value: entry.value, path: field.path.isEmpty ? name : "\(field.path).\(name)")
  }

  func required(_ name: String, example: String) throws(ScenarioError) -> Field {
    if let field = optional(name) { return field }
    throw field.error("the field '\(name)' is missing", "Add it, for example: \(example)")
  }
}
