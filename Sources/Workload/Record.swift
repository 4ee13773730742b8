// SPDX-License-Identifier: Apache-2.0

/// What stands between the fields of a line.
enum FieldSeparator: Equatable {
  case comma
  case semicolon
  case tab
  /// One or more blanks or tabs; leading ones do not count.
  case blanks
  /// Nothing: the record is a JSON object, and its fields are the values of these keys, in this order.
  case json([String])
  /// Nothing: the format's own reader takes the record as a whole.
  case none
}

/// One line of a trace, split into fields. The reader uses one record over and over, so reading allocates nothing.
struct Record {
  /// The line without its end.
  var bytes: [UInt8] = []
  /// Line of the file, from 1.
  var line = 0
  /// Whether a line end followed; only a file's last line may lack it.
  var isTerminated = true
  var ranges: [Range<Int>] = []
  /// Whether a quote was opened and never closed.
  private(set) var hasOpenQuote = false
  /// Whether texts in it are written with the escapes of JSON.
  var isJSON = false

  var count: Int { ranges.count }
  var isBlank: Bool { bytes.allSatisfy { $0 == 32 || $0 == 9 } }

  mutating func set(_ bytes: ArraySlice<UInt8>, line: Int, isTerminated: Bool) {
    self.bytes.removeAll(keepingCapacity: true)
    self.bytes.append(contentsOf: bytes)
    self.line = line
    self.isTerminated = isTerminated
  }

  mutating func split(at separator: FieldSeparator) {
    ranges.removeAll(keepingCapacity: true)
    hasOpenQuote = false
    isJSON = false
    switch separator {
    case .comma: split(at: UInt8(ascii: ","))
    case .semicolon: split(at: UInt8(ascii: ";"))
    case .tab: split(at: 9)
    case .blanks: splitAtBlanks()
    case .json(let keys): splitJSON(keys)
    case .none: break
    }
  }

  private mutating func split(at comma: UInt8) {
    var start = 0
    var position = 0
    let end = bytes.count
    while true {
      // A quote counts only as the first byte of a field (RFC 4180).
      if position == start, position < end, bytes[position] == UInt8(ascii: "\"") {
        position += 1
        while position < end {
          if bytes[position] == UInt8(ascii: "\"") {
            if position + 1 < end, bytes[position + 1] == UInt8(ascii: "\"") { position += 1 } else { break }
          }
          position += 1
        }
        if position >= end { hasOpenQuote = true }
      }
      while position < end, bytes[position] != comma { position += 1 }
      ranges.append(trimmed(start..<min(position, end)))
      if position >= end { return }
      position += 1
      start = position
    }
  }

  private mutating func splitAtBlanks() {
    var position = 0
    while position < bytes.count {
      while position < bytes.count, bytes[position] == 32 || bytes[position] == 9 { position += 1 }
      let start = position
      while position < bytes.count, bytes[position] != 32, bytes[position] != 9 { position += 1 }
      if position > start { ranges.append(start..<position) }
    }
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high, bytes[low] == 32 || bytes[low] == 9 { low += 1 }
    while low < high, bytes[high - 1] == 32 || bytes[high - 1] == 9 { high -= 1 }
    if high - low >= 2, bytes[low] == UInt8(ascii: "\""), bytes[high - 1] == UInt8(ascii: "\"") {
      return low + 1..<high - 1
    }
    return low..<high
  }

  func isEmpty(_ field: Int) -> Bool { ranges[field].isEmpty }

  func slice(_ field: Int) -> ArraySlice<UInt8> { bytes[ranges[field]] }

  /// The field as text; nil if it is not UTF-8.
  func text(_ field: Int) -> String? {
    let range = ranges[field]
    if isJSON, slice(field).contains(UInt8(ascii: "\\")) { return JSONCursor.unescaped(slice(field)) }
    if range.lowerBound > 0, bytes[range.lowerBound - 1] == UInt8(ascii: "\""), slice(field).contains(34) {
      var plain: [UInt8] = []
      for byte in slice(field) where !(byte == 34 && plain.last == 34) { plain.append(byte) }
      return String(validating: plain, as: UTF8.self)
    }
    return String(validating: slice(field), as: UTF8.self)
  }

  /// All fields as text, those that are not UTF-8 repaired: for headers and messages.
  var texts: [String] { ranges.map { String(decoding: bytes[$0], as: UTF8.self) } }

  /// The field as a decimal number times ten to the power `scale`, exact as far as its digits go and rounded half
  /// away from zero beyond; nil if it is no finite number. Numbers with an exponent go through `Double`.
  func decimal(_ field: Int, scale: Int) -> Int128? {
    let range = ranges[field]
    var position = range.lowerBound
    let end = range.upperBound
    guard position < end else { return nil }
    var negative = false
    if bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
      negative = bytes[position] == UInt8(ascii: "-")
      position += 1
    }
    var value: Int128 = 0
    var digits = 0
    var missing = scale
    var inFraction = false
    var roundUp = false
    while position < end {
      let byte = bytes[position]
      position += 1
      if byte >= 48, byte <= 57 {
        digits += 1
        if inFraction {
          if missing <= 0 {
            if missing == 0 { roundUp = byte >= 53 }
            missing -= 1
            continue
          }
          missing -= 1
        }
        guard value < Record.limit else { return nil }
        value = value * 10 + Int128(byte - 48)
      } else if byte == UInt8(ascii: "."), !inFraction {
        inFraction = true
      } else if (byte | 32) == UInt8(ascii: "e"), digits > 0 {
        return decimalWithExponent(range, scale: scale)
      } else {
        return nil
      }
    }
    guard digits > 0 else { return nil }
    while missing > 0 {
      guard value < Record.limit else { return nil }
      value *= 10
      missing -= 1
    }
    if roundUp { value += 1 }
    return negative ? -value : value
  }

  /// Far above anything that a trace can mean, far below overflow.
  private static let limit: Int128 = 1_000_000_000_000_000_000_000_000_000_000

  private func decimalWithExponent(_ range: Range<Int>, scale: Int) -> Int128? {
    guard let number = Double(String(decoding: bytes[range], as: UTF8.self)), number.isFinite else { return nil }
    var scaled = number
    for _ in 0..<scale { scaled *= 10 }
    return abs(scaled) < 1e30 ? Int128(scaled.rounded()) : nil
  }
}
