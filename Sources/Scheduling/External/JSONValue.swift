// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// A JSON value (RFC 8259) as a policy in another process sends it. Numbers keep their text, so that nothing is rounded
/// before somebody says what they are.
public indirect enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  public struct Member: Equatable, Sendable {
    public var key: String
    public var value: JSONValue
  }

  /// - Throws: ``JSONError`` for anything that is not one JSON value, and for nesting deeper than 32.
  public init(parsing text: [UInt8]) throws(JSONError) {
    var parser = JSONParser(text)
    self = try parser.whole()
  }

  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key == key }?.value
  }

  public var text: String? {
    if case .string(let text) = self { return text }
    return nil
  }
  public var items: [JSONValue]? {
    if case .array(let items) = self { return items }
    return nil
  }
  public var whole: Int64? {
    if case .number(let text) = self { return Int64(text) }
    return nil
  }
  public var number: Double? {
    if case .number(let text) = self { return Double(text) }
    return nil
  }

  /// On one line, without spaces.
  public var line: String {
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .number(let text): return text
    case .string(let text): return JSONText.quote(text)
    case .array(let items): return "[" + items.map(\.line).joined(separator: ",") + "]"
    case .object(let members):
      return "{" + members.map { JSONText.quote($0.key) + ":" + $0.value.line }.joined(separator: ",") + "}"
    }
  }

  /// Shortest text that reads back as the same number; null where it is not finite.
  public static func number(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return String(whole) }
    return "\(value)"
  }

  /// A time in seconds, exact to the tick; null for never.
  public static func seconds(_ time: Time) -> String {
    if time == .never { return "null" }
    let ticks = time.ticks.magnitude
    let unit = UInt64(Time.ticksPerSecond)
    var text = (time.ticks < 0 ? "-" : "") + String(ticks / unit)
    let rest = ticks % unit
    if rest > 0 {
      let digits = String(rest)
      var fraction = String(repeating: "0", count: 11 - digits.count) + digits
      while fraction.last == "0" { fraction.removeLast() }
      text += "." + fraction
    }
    return text
  }
}

/// What is wrong with a text that should be JSON.
public struct JSONError: Error, Equatable, CustomStringConvertible {
  /// Counted in bytes from 1.
  public var position: Int
  public var problem: String
  public var description: String { "byte \(position): \(problem)" }
}

private struct JSONParser {
  let bytes: [UInt8]
  var next = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func whole() throws(JSONError) -> JSONValue {
    let value = try value(depth: 0)
    skipBlanks()
    guard next == bytes.count else { throw error("something follows the value") }
    return value
  }

  private func error(_ problem: String) -> JSONError { JSONError(position: next + 1, problem: problem) }

  private mutating func skipBlanks() {
    while next < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[next]) { next += 1 }
  }

  private mutating func take(_ text: StaticString) -> Bool {
    let wanted = text.utf8CodeUnitCount
    guard next + wanted <= bytes.count else { return false }
    for index in 0..<wanted where bytes[next + index] != text.utf8Start[index] { return false }
    next += wanted
    return true
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < 32 else { throw error("nested deeper than 32") }
    skipBlanks()
    guard next < bytes.count else { throw error("a value is missing") }
    switch bytes[next] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), 0x30...0x39: return try number()
    default:
      if take("null") { return .null }
      if take("true") { return .bool(true) }
      if take("false") { return .bool(false) }
      throw error("expected a JSON value")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    var members: [JSONValue.Member] = []
    next += 1
    skipBlanks()
    if take("}") { return .object([]) }
    while true {
      skipBlanks()
      guard next < bytes.count, bytes[next] == UInt8(ascii: "\"") else { throw error("expected a key in quotes") }
      let key = try string()
      skipBlanks()
      guard take(":") else { throw error("expected ':'") }
      members.append(.init(key: key, value: try value(depth: depth + 1)))
      skipBlanks()
      if take("}") { return .object(members) }
      guard take(",") else { throw error("expected ',' or '}'") }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    var items: [JSONValue] = []
    next += 1
    skipBlanks()
    if take("]") { return .array([]) }
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if take("]") { return .array(items) }
      guard take(",") else { throw error("expected ',' or ']'") }
    }
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = next
    func isDigit(_ at: Int) -> Bool { at < bytes.count && (0x30...0x39).contains(bytes[at]) }
    if bytes[next] == UInt8(ascii: "-") { next += 1 }
    guard isDigit(next) else { throw error("expected a digit") }
    if bytes[next] == 0x30, isDigit(next + 1) { throw error("a number does not begin with 0") }
    while isDigit(next) { next += 1 }
    if next < bytes.count, bytes[next] == UInt8(ascii: ".") {
      next += 1
      guard isDigit(next) else { throw error("expected a digit") }
      while isDigit(next) { next += 1 }
    }
    if next < bytes.count, bytes[next] | 0x20 == UInt8(ascii: "e") {
      next += 1
      if next < bytes.count, bytes[next] == UInt8(ascii: "+") || bytes[next] == UInt8(ascii: "-") { next += 1 }
      guard isDigit(next) else { throw error("expected a digit") }
      while isDigit(next) { next += 1 }
    }
    return .number(String(decoding: bytes[start..<next], as: UTF8.self))
  }

  private mutating func string() throws(JSONError) -> String {
    next += 1
    var out: [UInt8] = []
    while true {
      guard next < bytes.count else { throw error("a text is not closed") }
      let byte = bytes[next]
      next += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: out, as: UTF8.self) else { throw error("a text is not UTF-8") }
        return text
      case UInt8(ascii: "\\"):
        guard next < bytes.count else { throw error("a text is not closed") }
        let escape = bytes[next]
        next += 1
        switch escape {
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(escape)
        case UInt8(ascii: "u"): out.append(contentsOf: Array(String(try scalar()).utf8))
        default: throw error("unknown escape")
        }
      case 0..<0x20: throw error("a control character in a text")
      default: out.append(byte)
      }
    }
  }

  private mutating func unit() throws(JSONError) -> UInt32 {
    guard next + 4 <= bytes.count,
      let code = UInt32(String(decoding: bytes[next..<next + 4], as: UTF8.self), radix: 16)
    else { throw error("expected four hexadecimal digits") }
    next += 4
    return code
  }

  private mutating func scalar() throws(JSONError) -> Character {
    var code = try unit()
    if (0xD800..<0xDC00).contains(code), take("\\u") {
      let low = try unit()
      guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
    return Character(scalar)
  }
}
