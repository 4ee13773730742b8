// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records
import Simulation

/// The append-only file `records.bin` of a run directory: what the machines reported, in the order in which it came.
///
/// Layout, little-endian: 8 bytes `LHRECORD`, `UInt32` version; then every record as a `UInt32` length and that many
/// bytes of ``Records/Record``. What was appended is on disk only after ``flush()``; a snapshot of a run keeps the
/// offset that it returned, and ``open(path:at:)`` cuts off what came later, which the resumed run reports again.
///
/// One thread at a time.
public final class RecordLog {
  public static let version: UInt32 = 2
  static let magic = Array("LHRECORD".utf8)
  /// Bytes before the first record.
  public static let headerSize: Int64 = 12
  /// No record is longer: the longest holds one text that says why a job was rejected.
  static let maximumLength = 1 << 20

  public let path: String
  private let descriptor: Int32
  private var buffer = ByteWriter(reserving: 1 << 16)
  private var written: Int64

  private init(path: String, descriptor: Int32, written: Int64) {
    self.path = path
    self.descriptor = descriptor
    self.written = written
  }

  /// Closes the file. What was not flushed is lost, as after a crash.
  deinit { _ = Foundation.close(descriptor) }

  /// Starts an empty log.
  ///
  /// - Throws: ``ResultsError/system(path:action:reason:)``, also when the file exists.
  public static func create(path: String) throws(ResultsError) -> RecordLog {
    let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .lastError(path, "create the log of records") }
    let log = RecordLog(path: path, descriptor: descriptor, written: 0)
    for byte in magic { log.buffer.write(byte) }
    log.buffer.write(version)
    _ = try log.flush()
    return log
  }

  /// Continues a log at `offset`, which ``flush()`` returned; everything behind it is cut off.
  ///
  /// - Throws: ``ResultsError/badLog(path:offset:problem:)`` when the file is shorter, no record ends at `offset`, or
  ///   the header is of another program or version.
  public static func open(path: String, at offset: Int64) throws -> RecordLog {
    try scan(path: path, upTo: offset) { _, _ in }
    let descriptor = Foundation.open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw ResultsError.lastError(path, "open the log of records") }
    let log = RecordLog(path: path, descriptor: descriptor, written: offset)
    guard ftruncate(descriptor, off_t(offset)) == 0, lseek(descriptor, off_t(offset), SEEK_SET) == offset else {
      throw ResultsError.lastError(path, "cut the log of records to \(offset) bytes")
    }
    guard fsync(descriptor) == 0 else { throw ResultsError.lastError(path, "write to disk") }
    return log
  }

  /// Where the next record will begin.
  public var offset: Int64 { written + Int64(buffer.bytes.count) }

  /// Adds records to the buffer, which is written out (but not forced to disk) when it is large.
  public func append(_ records: [Record]) throws(ResultsError) {
    for record in records { try append(record) }
  }

  public func append(_ record: Record) throws(ResultsError) {
    let start = buffer.bytes.count
    buffer.write(UInt32(0))
    record.encode(into: &buffer)
    let length = UInt32(buffer.bytes.count - start - 4)
    for byte in 0..<4 { buffer.bytes[start + byte] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(byte))) }
    if buffer.bytes.count >= 1 << 20 { try drain() }
  }

  /// Forces everything to disk and returns the offset to give to ``open(path:at:)``.
  public func flush() throws(ResultsError) -> Int64 {
    try drain()
    guard fsync(descriptor) == 0 else { throw .lastError(path, "write to disk") }
    return written
  }

  private func drain() throws(ResultsError) {
    try writeAll(buffer.bytes, to: descriptor, path: path)
    written += Int64(buffer.bytes.count)
    buffer.bytes.removeAll(keepingCapacity: true)
  }

  /// Reads a whole log, one record after the other, in constant memory.
  ///
  /// - Throws: ``ResultsError/badLog(path:offset:problem:)`` at the first byte that makes no sense, and what
  ///   `body` throws.
  public static func read(path: String, body: (Record) throws -> Void) throws {
    try read(path: path) { record, _ in try body(record) }
  }

  /// Also hands over the offset at which each record begins, for messages.
  public static func read(path: String, body: (Record, Int64) throws -> Void) throws {
    try scan(path: path, upTo: nil) { bytes, offset in
      let record: Record
      do throws(WireError) {
        var reader = ByteReader(bytes)
        record = try Record(from: &reader)
        try reader.finish()
      } catch {
        throw ResultsError.badLog(path: path, offset: offset, problem: "this is not a record: \(error)")
      }
      try body(record, offset)
    }
  }

  /// Calls `body` with the bytes of every record and where it begins, up to `limit` or the end of the file.
  private static func scan(
    path: String, upTo limit: Int64?, body: (ArraySlice<UInt8>, Int64) throws -> Void
  ) throws {
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ResultsError.lastError(path, "open the log of records") }
    defer { _ = Foundation.close(descriptor) }
    var chunk = ChunkReader(descriptor: descriptor, path: path)

    guard let header = try chunk.next(Int(headerSize)), Array(header.prefix(8)) == magic else {
      throw ResultsError.badLog(path: path, offset: 0, problem: "this is not a log of records")
    }
    let found = header.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard found == version else {
      throw ResultsError.badLog(
        path: path, offset: 8,
        problem: "the log is of version \(found), this program reads version \(version): "
          + "resume the run with the program that began it")
    }
    while limit == nil || chunk.offset < limit! {
      let start = chunk.offset
      let available = try chunk.fill(4)
      if available == 0 {
        guard let limit else { return }
        throw ResultsError.badLog(
          path: path, offset: start, problem: "the log ends before byte \(limit), where it should go on")
      }
      guard let prefix = try chunk.next(4) else {
        throw ResultsError.badLog(path: path, offset: start, problem: torn(needed: 4, available: available))
      }
      let length = Int(prefix.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
      guard length > 0, length <= maximumLength else {
        throw ResultsError.badLog(
          path: path, offset: start, problem: "\(length) is no length of a record: the file is damaged")
      }
      guard let bytes = try chunk.next(length) else {
        throw ResultsError.badLog(
          path: path, offset: start, problem: torn(needed: length, available: try chunk.fill(length)))
      }
      try body(bytes, start)
    }
    if let limit, chunk.offset != limit {
      throw ResultsError.badLog(
        path: path, offset: limit, problem: "no record ends here, so the run cannot go on from here")
    }
  }

  private static func torn(needed: Int, available: Int) -> String {
    "the last record is cut short (\(available) of \(needed) bytes): the run was interrupted while it wrote; resume it"
  }
}

/// Reads a file in large pieces and hands out small ones.
private struct ChunkReader {
  let descriptor: Int32
  let path: String
  private var buffer: [UInt8] = []
  private var position = 0
  /// Of the next byte in the file.
  private(set) var offset: Int64 = 0

  init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Reads until `count` bytes are at hand or the file ends; returns how many of `count` are there.
  mutating func fill(_ count: Int) throws(ResultsError) -> Int {
    while buffer.count - position < count {
      buffer.removeFirst(position)
      position = 0
      let wanted = max(count, 1 << 18)
      let old = buffer.count
      buffer.append(contentsOf: repeatElement(0, count: wanted))
      let got = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress! + old, wanted) }
      buffer.removeLast(wanted - max(got, 0))
      if got < 0 {
        if errno == EINTR { continue }
        throw .lastError(path, "read")
      }
      if got == 0 { break }
    }
    return min(count, buffer.count - position)
  }

  /// The next `count` bytes; nil where the file ends before.
  mutating func next(_ count: Int) throws(ResultsError) -> ArraySlice<UInt8>? {
    guard try fill(count) == count else { return nil }
    defer {
      position += count
      offset += Int64(count)
    }
    return buffer[position..<position + count]
  }
}
