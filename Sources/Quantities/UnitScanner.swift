// SPDX-License-Identifier: Apache-2.0

/// A unit that a quantity may be written in.
struct Unit: Sendable {
  /// How it is written; the first spelling of a size is the one that messages use.
  var name: String
  /// One of these is `factor` x 10^power of the base unit.
  var power: Int
  var factor: Int64 = 1
}

/// Splits "1.2 MW" into a number and a unit and says kindly what is wrong with texts that are not like that.
struct UnitScanner {
  /// "a power", with its article, for messages.
  var expected: String
  var example: String
  var units: [Unit]

  func error(_ found: String, _ hint: String = "") -> QuantityError {
    QuantityError(found: found, expected: expected, example: example, hint: hint)
  }

  /// One number and one unit, with or without a blank between them. Never negative unless `allowsNegative`.
  func scan(_ text: String, allowsNegative: Bool = false) throws(QuantityError) -> (number: Decimal, unit: Unit) {
    let trimmed = UnitScanner.trim(text)
    let (numberText, unitText) = UnitScanner.split(trimmed)
    guard let number = Decimal(numberText) else {
      throw error(text, numberText.isEmpty ? "the number is missing" : "'\(numberText)' is not a number")
    }
    if number.isNegative && !allowsNegative && !number.digits.isEmpty { throw error(text, "it cannot be negative") }
    return (number, try unit(named: unitText, in: text))
  }

  func unit(named name: String, in text: String) throws(QuantityError) -> Unit {
    if name.isEmpty { throw error(text, "the unit is missing") }
    if let unit = units.first(where: { $0.name == name }) { return unit }
    // Upper and lower case matter (Mb, MB, mW, MW), so a wrong case is a question and not an answer.
    let names = units.map(\.name)
    let sameLetters = names.first { $0.lowercased() == name.lowercased() }
    if let near = sameLetters ?? Spelling.nearest(name, in: names.filter { $0.utf8.count > 1 }) {
      throw error(text, "unknown unit '\(name)', did you mean '\(near)'?")
    }
    throw error(text, "'\(name)' is not a unit of it")
  }

  /// The base units in this text as a `Double`, rounded once.
  func double(_ text: String, allowsNegative: Bool = false) throws(QuantityError) -> Double {
    let (number, unit) = try scan(text, allowsNegative: allowsNegative)
    let value = number.shifted(by: unit.power).double * Double(unit.factor)
    guard value.isFinite else { throw error(text, "it is too large") }
    return value
  }

  /// The base units in this text, which must be a whole number of them that fits `Int64`.
  func whole(_ text: String, of base: String) throws(QuantityError) -> Int64 {
    let (number, unit) = try scan(text)
    guard let (value, isWhole) = number.shifted(by: unit.power).times(unit.factor), let result = Int64(exactly: value)
    else { throw error(text, "it is too large") }
    guard isWhole else { throw error(text, "it is not a whole number of \(base)") }
    return result
  }

  static func trim(_ text: some StringProtocol) -> String {
    var rest = Substring(text)
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return String(rest)
  }

  /// The longest beginning that can be part of a number, and the rest without blanks around it.
  static func split(_ text: String) -> (number: String, unit: String) {
    var end = text.startIndex
    var previous: Character = " "
    while end < text.endIndex {
      let character = text[end]
      let isExponent =
        (character == "e" || character == "E") && previous.isASCIIDigit
        && text[text.index(after: end)...].beginsLikeExponent
      let isSign =
        (character == "-" || character == "+") && (end == text.startIndex || previous == "e" || previous == "E")
      guard character.isASCIIDigit || character == "." || character == "," || isExponent || isSign else { break }
      previous = character
      end = text.index(after: end)
    }
    return (String(text[..<end]), trim(text[end...]))
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { self >= "0" && self <= "9" }
}

extension Substring {
  fileprivate var beginsLikeExponent: Bool {
    guard let first else { return false }
    if first == "-" || first == "+" { return dropFirst().first?.isASCIIDigit ?? false }
    return first.isASCIIDigit
  }
}
