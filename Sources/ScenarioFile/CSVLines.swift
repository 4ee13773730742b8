// SPDX-License-Identifier: Apache-2.0

/// The lines of a comma-separated file, split into fields; blank lines are passed over. A field in double quotes may
/// hold commas and doubled quotes, but no line break.
struct CSVLines {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // A byte order mark is not part of the first column's name.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func next() -> (number: Int, fields: [String])? {
    while position < bytes.count {
      let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      var content = bytes[position..<end]
      position = end + 1
      line += 1
      if content.last == UInt8(ascii: "\r") { content.removeLast() }
      if content.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
      return (line, CSVLines.split(content))
    }
    return nil
  }

  private static func split(_ content: ArraySlice<UInt8>) -> [String] {
    let quote = UInt8(ascii: "\"")
    var fields: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var index = content.startIndex
    while index < content.endIndex {
      let byte = content[index]
      if isQuoted {
        if byte != quote {
          field.append(byte)
        } else if index + 1 < content.endIndex, content[index + 1] == quote {
          field.append(quote)
          index += 1
        } else {
          isQuoted = false
        }
      } else if byte == quote && field.isEmpty {
        isQuoted = true
      } else if byte == UInt8(ascii: ",") {
        fields.append(trimmed(field))
        field = []
      } else {
        field.append(byte)
      }
      index += 1
    }
    fields.append(trimmed(field))
    return fields
  }

  private static func trimmed(_ field: [UInt8]) -> String {
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    var slice = field[...]
    while let first = slice.first, isBlank(first) { slice.removeFirst() }
    while let last = slice.last, isBlank(last) { slice.removeLast() }
    return String(decoding: slice, as: UTF8.self)
  }
}
