// SPDX-License-Identifier: Apache-2.0

import Simulation

/// A JSON value whose objects keep the order of their keys, so that a file is the same bytes every time and reads in
/// the order in which it is documented.
public indirect enum OrderedJSON: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  /// Written as ``CanonicalNumber/string(_:)``; `null` when not finite.
  case number(Double)
  case string(String)
  case array([OrderedJSON])
  case object([(key: String, value: OrderedJSON)])

  public static func integer(_ value: Int) -> OrderedJSON { .integer(Int64(value)) }
  public static func optional(_ value: Double?) -> OrderedJSON { value.map { .number($0) } ?? .null }
  public static func strings(_ values: [String]) -> OrderedJSON { .array(values.map { .string($0) }) }

  /// Indented text with a newline at the end. Values that hold no further arrays or objects stand on one line where
  /// that line stays within 100 columns.
  public var text: String {
    var out = ""
    write(indent: 0, column: 0, to: &out)
    out += "\n"
    return out
  }

  private func write(indent: Int, column: Int, to out: inout String) {
    if let line = singleLine, column + line.utf8.count <= 100 {
      out += line
      return
    }
    let inner = String(repeating: "  ", count: indent + 1)
    switch self {
    case .array(let values):
      out += "[\n"
      for (index, value) in values.enumerated() {
        out += inner
        value.write(indent: indent + 1, column: inner.utf8.count + 1, to: &out)
        out += index + 1 < values.count ? ",\n" : "\n"
      }
      out += String(repeating: "  ", count: indent) + "]"
    case .object(let members):
      out += "{\n"
      for (index, member) in members.enumerated() {
        let key = JSONText.quote(member.key)
        out += inner + key + ": "
        member.value.write(indent: indent + 1, column: inner.utf8.count + key.utf8.count + 3, to: &out)
        out += index + 1 < members.count ? ",\n" : "\n"
      }
      out += String(repeating: "  ", count: indent) + "}"
    default: out += scalar ?? "null"
    }
  }

  /// Nil for an array or object.
  private var scalar: String? {
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .unsigned(let value): return String(value)
    case .number(let value): return value.isFinite ? CanonicalNumber.string(value) : "null"
    case .string(let value): return JSONText.quote(value)
    case .array, .object: return nil
    }
  }

  /// Nil where arrays or objects are nested inside.
  private var singleLine: String? {
    switch self {
    case .array(let values):
      let parts = values.compactMap(\.scalar)
      return parts.count == values.count ? "[" + parts.joined(separator: ", ") + "]" : nil
    case .object(let members):
      var parts: [String] = []
      for member in members {
        guard let value = member.value.scalar else { return nil }
        parts.append(JSONText.quote(member.key) + ": " + value)
      }
      return "{" + parts.joined(separator: ", ") + "}"
    default: return scalar
    }
  }
}
