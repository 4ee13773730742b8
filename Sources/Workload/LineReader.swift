// SPDX-License-Identifier: Apache-2.0

import Glibc
import Simulation

/// Where the bytes of a trace come from. A decompressor is another one of these.
protocol ByteSource: AnyObject {
  /// Fills the start of `buffer`; returns 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int
  /// SHA-256 of the file as it lies on the disk, once it has been read to its end.
  func digest() -> String
}

/// A file on the disk.
final class FileSource: ByteSource {
  private let path: String
  private let descriptor: Int32
  private var hash = SHA256()

  init(path: String) throws(TraceError) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw TraceError(
        file: path, expected: "a file that can be read", found: String(cString: strerror(errno)),
        advice: "check the path; a scenario's paths are relative to the scenario's file")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 {
        hash.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
        return count
      }
      if errno == EINTR { continue }
      throw TraceError(
        file: path, expected: "a file that can be read", found: String(cString: strerror(errno)),
        advice: "name the trace itself, not its folder")
    }
  }

  func digest() -> String {
    var final = hash
    return SHA256.hex(final.finalize())
  }
}

/// Cuts a source into lines, in memory that does not grow with the file.
struct LineReader {
  /// A longer line means that the file is no text.
  static let longestLine = 1 << 20
  private static let chunk = 1 << 18

  private let path: String
  let source: any ByteSource
  private var buffer: [UInt8]
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  private var line = 0

  init(path: String, source: any ByteSource) throws(TraceError) {
    self.path = path
    self.source = source
    buffer = [UInt8](repeating: 0, count: LineReader.chunk)
    try fill()
    if end >= 3, buffer[0] == 0xEF, buffer[1] == 0xBB, buffer[2] == 0xBF { start = 3 }
    try refuseOtherThanText()
  }

  /// The next line into `record`, not split yet; false at the end. LF and CRLF both end a line.
  mutating func next(_ record: inout Record) throws(TraceError) -> Bool {
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
      guard end - start < LineReader.longestLine else {
        throw TraceError(
          file: path, line: line + 1, expected: "a line of at most \(LineReader.longestLine) bytes",
          found: "a longer one", advice: "check that the file is a text trace with one job a line")
      }
      try fill()
      searched += start
    }
  }

  /// The first line that is neither blank nor a `#` comment, without consuming it; an empty record if there is none in the first chunk.
  func firstLine() -> Record {
    var record = Record()
    var position = start
    while position < end {
      let stop = newline(from: position) ?? end
      record.bytes = Array(buffer[position..<stop])
      if record.bytes.last == 13 { record.bytes.removeLast() }
      if !record.isBlank, record.bytes.first != UInt8(ascii: "#") { return record }
      position = stop + 1
    }
    record.bytes.removeAll()
    return record
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
    record.bytes.removeAll(keepingCapacity: true)
    record.bytes.append(contentsOf: buffer[range.lowerBound..<stop])
    record.line = line
    record.isTerminated = terminated
  }

  /// Moves what is left to the front and reads behind it.
  private mutating func fill() throws(TraceError) {
    if start > 0 {
      buffer.withUnsafeMutableBytes { bytes in
        if let base = bytes.baseAddress { memmove(base, base + start, end - start) }
      }
      end -= start
      start = 0
    }
    if end == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
    // The closure of withUnsafeMutableBytes cannot rethrow typed errors, so its result carries them.
    let result: Result<Int, TraceError> = buffer.withUnsafeMutableBytes { bytes in
      do throws(TraceError) {
        return .success(try source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[end...])))
      } catch {
        return .failure(error)
      }
    }
    let count = try result.get()
    if count == 0 { isAtEnd = true }
    end += count
  }

  private func refuseOtherThanText() throws(TraceError) {
    func refuse(_ found: String, _ advice: String) throws(TraceError) {
      throw TraceError(file: path, expected: "a text trace", found: found, advice: advice)
    }
    if start == end { try refuse("an empty file", "fetch or copy the trace again") }
    let head = buffer[start..<min(end, 4096)]
    if head.starts(with: [0x1F, 0x8B]) { try refuse("a gzip file", "unpack it first: gzip -d FILE") }
    if head.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A]) { try refuse("an xz file", "unpack it first: xz -d FILE") }
    if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { try refuse("a zstd file", "unpack it first: zstd -d FILE") }
    if head.starts(with: Array("PK\u{3}\u{4}".utf8)) { try refuse("a zip file", "unpack it first: unzip FILE") }
    if head.starts(with: Array("version https://git-lfs".utf8)) {
      try refuse("a Git LFS pointer, not the trace itself", "fetch it with git lfs pull")
    }
    if head.contains(0) { try refuse("bytes that are no text", "check that this file is the trace") }
  }
}
