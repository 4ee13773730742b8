// SPDX-License-Identifier: Apache-2.0

extension TraceInput {
  /// The next element of a JSON list, as the text between its commas; false behind the closing bracket.
  ///
  /// Brackets and quotes are followed, nothing else is checked: what an element holds is its reader's business. A file
  /// that ends within an element gives what there is of it, not terminated.
  mutating func nextElement(_ record: inout Record) throws(TraceError) -> Bool {
    guard try skipToElement() else { return false }
    let first = line + 1
    var position = start
    var depth = 0
    var inText = false
    while true {
      while position < end {
        let byte = buffer[position]
        if inText {
          if byte == UInt8(ascii: "\\") {
            // The byte behind it belongs to it, whatever it is; it may still have to be read.
            guard position + 1 < end else { break }
            position += 1
          } else if byte == UInt8(ascii: "\"") {
            inText = false
          }
        } else {
          switch byte {
          case UInt8(ascii: "\""): inText = true
          case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
          case UInt8(ascii: "}"), UInt8(ascii: "]"):
            // A bracket that closes the list ends an element without one of its own.
            if depth == 0 { return take(upTo: position, line: first, into: &record) }
            depth -= 1
            if depth == 0 { return take(upTo: position + 1, line: first, into: &record) }
          case UInt8(ascii: ","): if depth == 0 { return take(upTo: position, line: first, into: &record) }
          default: break
          }
        }
        position += 1
      }
      if isAtEnd {
        record.set(buffer[start..<end], line: first, isTerminated: false)
        start = end
        return true
      }
      guard position - start < TraceInput.longestElement else {
        throw TraceError(
          file: path, line: first, expected: "a job of at most \(TraceInput.longestElement) bytes",
          found: "a longer one", advice: "check that the file is a JSON list of jobs")
      }
      let searched = position - start
      try fill()
      position = start + searched
    }
  }

  private mutating func take(upTo stop: Int, line first: Int, into record: inout Record) -> Bool {
    // An element of no bytes would never end: `]` or `}` where an element should begin.
    let stop = max(stop, start + 1)
    record.set(buffer[start..<stop], line: first, isTerminated: true)
    for byte in buffer[start..<stop] where byte == 10 { line += 1 }
    start = stop
    return true
  }

  /// Passes blanks, commas and the opening bracket; false at the closing one.
  private mutating func skipToElement() throws(TraceError) -> Bool {
    while true {
      while start < end {
        switch buffer[start] {
        case 10:
          line += 1
          start += 1
        case 32, 9, 13, UInt8(ascii: ","): start += 1
        case UInt8(ascii: "["):
          if listIsOpen { return true }
          listIsOpen = true
          start += 1
        case UInt8(ascii: "]"):
          start += 1
          try requireBlankRest()
          return false
        default: return true
        }
      }
      if isAtEnd { return false }
      try fill()
    }
  }

  private mutating func requireBlankRest() throws(TraceError) {
    while true {
      while start < end {
        let byte = buffer[start]
        guard byte == 32 || byte == 9 || byte == 10 || byte == 13 else {
          throw TraceError(
            file: path, line: line + 1, expected: "the end of the file behind the list of jobs", found: "more text",
            advice: "check that the file is one JSON list of jobs")
        }
        if byte == 10 { line += 1 }
        start += 1
      }
      if isAtEnd { return }
      try fill()
    }
  }
}
