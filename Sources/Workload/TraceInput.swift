// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How a file is cut into records.
enum Framing {
  /// One record a line.
  case lines
  /// The elements of a JSON list, each of which may go over many lines.
  case elements
}

/// A window that slides over the bytes of a trace, and cuts it into records in memory that does not grow with the file.
struct TraceInput {
  /// A longer line means that the file is no text.
  static let longestLine = 1 << 20
  /// A job of Philly lists every GPU of every attempt.
  static let longestElement = 16 << 20
  private static let chunk = 1 << 18

  let path: String
  private let source: any ByteSource
  var buffer: [UInt8]
  var start = 0
  var end = 0
  private(set) var isAtEnd = false
  /// Lines that lie wholly before `start`.
  var line = 0
  /// Whether the opening bracket of a list has been passed.
  var listIsOpen = false

  /// Told of what is read, of this file and of those that belong to it.
  let meter: ReadingMeter?

  init(path: String, meter: ReadingMeter? = nil) throws(TraceError) {
    try self.init(path: path, source: try TraceSource.open(path, meter: meter), meter: meter)
  }

  init(path: String, source: any ByteSource, meter: ReadingMeter? = nil) throws(TraceError) {
    self.path = path
    self.meter = meter
    self.source = source
    buffer = [UInt8](repeating: 0, count: TraceInput.chunk)
    while end < TraceInput.chunk, !isAtEnd { try fill() }
    if end >= 3, buffer[0] == 0xEF, buffer[1] == 0xBB, buffer[2] == 0xBF { start = 3 }
    try refuseOtherThanText()
  }

  /// The next record, not split yet; false at the end.
  mutating func next(_ record: inout Record, _ framing: Framing) throws(TraceError) -> Bool {
    switch framing {
    case .lines: try nextLine(&record)
    case .elements: try nextElement(&record)
    }
  }

  /// SHA-256 of the whole file, all of which is read for it.
  mutating func digest() throws(TraceError) -> String {
    while !isAtEnd {
      start = end
      try fill()
    }
    return source.digest()
  }

  /// The next line. LF and CRLF both end one.
  private mutating func nextLine(_ record: inout Record) throws(TraceError) -> Bool {
    var searched = start
    while true {
      if let stop = newline(from: searched) {
        take(start..<stop, terminated: true, into: &record)
        start = stop + 1
        return true
      }
      searched = end - start
      if isAtEnd {
        guard start < end else { return false }
        take(start..<end, terminated: false, into: &record)
        start = end
        return true
      }
      guard end - start < TraceInput.longestLine else {
        throw TraceError(
          file: path, line: line + 1, expected: "a line of at most \(TraceInput.longestLine) bytes",
          found: "a longer one", advice: "check that the file is a text trace with one job a line")
      }
      try fill()
      searched += start
    }
  }

  /// Up to `count` of the first lines that are neither blank nor a `#` comment, without consuming them, as far as the
  /// first chunk of the file goes. Only lines that are whole, or the file's last.
  func head(_ count: Int) -> [Record] {
    var found: [Record] = []
    var position = start
    var number = 0
    while position < end, found.count < count {
      let newline = newline(from: position)
      if newline == nil, !isAtEnd, !found.isEmpty { break }
      let stop = newline ?? end
      number += 1
      var record = Record()
      record.bytes = Array(buffer[position..<stop])
      record.line = number
      if record.bytes.last == 13 { record.bytes.removeLast() }
      if !record.isBlank, record.bytes.first != UInt8(ascii: "#") { found.append(record) }
      position = stop + 1
    }
    return found
  }

  private func newline(from position: Int) -> Int? {
    // memchr stays within the initialised bytes position..<end.
    buffer.withUnsafeBytes { bytes in
      guard position < end, let base = bytes.baseAddress, let hit = memchr(base + position, 10, end - position)
      else { return nil }
      return base.distance(to: UnsafeRawPointer(hit))
    }
  }

  private mutating func take(_ range: Range<Int>, terminated: Bool, into record: inout Record) {
    line += 1
    var stop = range.upperBound
    if stop > range.lowerBound, buffer[stop - 1] == 13 { stop -= 1 }
    record.set(buffer[range.lowerBound..<stop], line: line, isTerminated: terminated)
  }

  /// Moves what is left to the front and reads behind it.
  mutating func fill() throws(TraceError) {
    if start > 0 {
      buffer.withUnsafeMutableBytes { bytes in
        if let base = bytes.baseAddress { memmove(base, base + start, end - start) }
      }
      end -= start
      start = 0
    }
    if end == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
    do throws(TraceError) {
      let count = try readBytes(source, into: &buffer, from: end)
      if count == 0 { isAtEnd = true }
      end += count
    } catch {
      var placed = error
      if placed.line == nil, line > 0 { placed.line = line + 1 }
      throw placed
    }
  }

  private func refuseOtherThanText() throws(TraceError) {
    func refuse(_ found: String, _ advice: String) throws(TraceError) {
      throw TraceError(file: path, line: 1, expected: "a text trace", found: found, advice: advice)
    }
    if start == end { try refuse("an empty file", "fetch or copy the trace again") }
    let head = buffer[start..<min(end, start + 4096)]
    if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { try refuse("a zstd file", "unpack it first: zstd -d FILE") }
    if head.starts(with: Array("PK\u{3}\u{4}".utf8)) { try refuse("a zip file", "unpack it first: unzip FILE") }
    if head.starts(with: Array("version https://git-lfs".utf8)) {
      try refuse("a Git LFS pointer, not the trace itself", "fetch it with git lfs pull, or with longhaul trace fetch")
    }
    if head.contains(0) || head.starts(with: [0x1F, 0x8B]) {
      try refuse("bytes that are no text", "check that this file is the trace")
    }
  }
}
