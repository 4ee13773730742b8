// SPDX-License-Identifier: Apache-2.0

/// Walks over JSON text (RFC 8259) without building anything. Every step says by nil or false that the text is not what
/// it should be; none goes past the end or deeper than ``deepest``.
struct JSONCursor {
  private static let deepest = 64
  let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func skipBlanks() {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 32 || byte == 9 || byte == 10 || byte == 13 else { return }
      position += 1
    }
  }

  /// Takes `character`, with blanks before it.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
    position += 1
    return true
  }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Whether only blanks are left.
  mutating func isAtEnd() -> Bool {
    skipBlanks()
    return position == bytes.count
  }

  /// A text: the range between its quotes, escapes still in it.
  mutating func string() -> Range<Int>? {
    guard take("\"") else { return nil }
    let first = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\\"): position += 2
      case UInt8(ascii: "\""):
        position += 1
        return first..<position - 1
      default: position += 1
      }
    }
    return nil
  }

  /// Any value: where its text lies, without the quotes of a text; empty for null.
  mutating func value() -> Range<Int>? {
    skipBlanks()
    switch next {
    case UInt8(ascii: "\"")?: return string()
    case UInt8(ascii: "{")?, UInt8(ascii: "[")?: return nest()
    case nil: return nil
    default:
      let first = position
      while let byte = next, JSONCursor.isWord(byte) { position += 1 }
      guard position > first else { return nil }
      let isNull = bytes[first..<position].elementsEqual("null".utf8)
      return isNull ? position..<position : first..<position
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (byte | 32 >= 97 && byte | 32 <= 122) || (48...57).contains(byte) || byte == 43 || byte == 45 || byte == 46
  }

  /// A list or an object as a whole, its brackets included.
  private mutating func nest() -> Range<Int>? {
    let first = position
    // What each open bracket waits for.
    var closing: [UInt8] = []
    repeat {
      guard let byte = next else { return nil }
      switch byte {
      case UInt8(ascii: "\""):
        guard string() != nil else { return nil }
        continue
      case UInt8(ascii: "{"): closing.append(UInt8(ascii: "}"))
      case UInt8(ascii: "["): closing.append(UInt8(ascii: "]"))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard closing.popLast() == byte else { return nil }
      default: break
      }
      guard closing.count <= JSONCursor.deepest else { return nil }
      position += 1
    } while !closing.isEmpty
    return first..<position
  }

  /// Goes over the members of an object; `body` gets each key and has to take its value. False if the text is none.
  mutating func members(_ body: (inout JSONCursor, Range<Int>) -> Bool) -> Bool {
    guard take("{") else { return false }
    if take("}") { return true }
    repeat {
      guard let key = string(), take(":"), body(&self, key) else { return false }
    } while take(",")
    return take("}")
  }

  /// Goes over the elements of a list; `body` has to take each. False if the text is none.
  mutating func elements(_ body: (inout JSONCursor) -> Bool) -> Bool {
    guard take("[") else { return false }
    if take("]") { return true }
    repeat {
      guard body(&self) else { return false }
    } while take(",")
    return take("]")
  }

  func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    return bytes[range].elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  func text(_ range: Range<Int>) -> String? { JSONCursor.unescaped(bytes[range]) }

  /// A text without its escapes; nil if it is not UTF-8 or an escape is none.
  static func unescaped(_ raw: ArraySlice<UInt8>) -> String? {
    guard raw.contains(UInt8(ascii: "\\")) else { return String(validating: raw, as: UTF8.self) }
    var plain: [UInt8] = []
    var position = raw.startIndex
    while position < raw.endIndex {
      let byte = raw[position]
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        plain.append(byte)
        continue
      }
      guard position < raw.endIndex else { return nil }
      let escape = raw[position]
      position += 1
      switch escape {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain.append(escape)
      case UInt8(ascii: "b"): plain.append(8)
      case UInt8(ascii: "f"): plain.append(12)
      case UInt8(ascii: "n"): plain.append(10)
      case UInt8(ascii: "r"): plain.append(13)
      case UInt8(ascii: "t"): plain.append(9)
      case UInt8(ascii: "u"):
        guard var code = hex(raw, &position) else { return nil }
        if (0xD800..<0xDC00).contains(code) {
          guard position + 1 < raw.endIndex, raw[position] == UInt8(ascii: "\\"),
            raw[position + 1] == UInt8(ascii: "u")
          else { return nil }
          position += 2
          guard let low = hex(raw, &position), (0xDC00..<0xE000).contains(low) else { return nil }
          code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { return nil }
        plain.append(contentsOf: String(Character(scalar)).utf8)
      default: return nil
      }
    }
    return String(validating: plain, as: UTF8.self)
  }

  private static func hex(_ raw: ArraySlice<UInt8>, _ position: inout Int) -> UInt32? {
    guard position + 4 <= raw.endIndex else { return nil }
    var value: UInt32 = 0
    for byte in raw[position..<position + 4] {
      switch byte {
      case 48...57: value = value * 16 + UInt32(byte - 48)
      case 65...70, 97...102: value = value * 16 + UInt32((byte | 32) - 87)
      default: return nil
      }
    }
    position += 4
    return value
  }
}

extension Record {
  /// Reads the line as one JSON object. Its fields are the values of `keys`, empty where one is missing or null; no
  /// fields at all if the line is no object, or has anything behind it. Of a key given twice the last counts.
  mutating func splitJSON(_ keys: [String]) {
    isJSON = true
    var cursor = JSONCursor(bytes)
    var found = [Range<Int>](repeating: 0..<0, count: keys.count)
    let isObject = cursor.members { cursor, key in
      let name = cursor.bytes[key]
      guard let value = cursor.value() else { return false }
      if let index = keys.firstIndex(where: { name.elementsEqual($0.utf8) }) { found[index] = value }
      return true
    }
    if isObject, cursor.isAtEnd() { ranges = found }
  }
}
