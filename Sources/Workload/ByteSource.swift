// SPDX-License-Identifier: Apache-2.0

import Glibc
import Simulation

/// Where the bytes of a trace come from. Decompressors are sources that draw on another one.
protocol ByteSource: AnyObject {
  /// Fills the start of `buffer`, which is not empty; returns 0 at the end, and again after it.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int
  /// SHA-256 of the file as it lies on the disk, once it has been read to its end.
  func digest() -> String
}

/// How much of a trace's files has been read, for those who wait.
final class ReadingMeter {
  private let report: (Double) -> Void
  private var total: Int64 = 0
  private var done: Int64 = 0

  init(_ report: @escaping (Double) -> Void) { self.report = report }

  /// Counts another file in.
  func expect(_ path: String) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG { total += Int64(status.st_size) }
  }

  func add(_ bytes: Int) {
    done += Int64(bytes)
    if total > 0 { report(min(1, Double(done) / Double(total))) }
  }
}

/// A file on the disk, or whatever else can be read from a path.
final class FileSource: ByteSource {
  private let path: String
  private let descriptor: Int32
  private let meter: ReadingMeter?
  private var hash = SHA256()

  init(path: String, meter: ReadingMeter? = nil) throws(TraceError) {
    self.path = path
    self.meter = meter
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
        meter?.add(count)
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

/// Bytes in memory.
final class MemorySource: ByteSource {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
    let count = min(buffer.count, bytes.count - position)
    if count > 0 { buffer.copyBytes(from: bytes[position..<position + count]) }
    position += count
    return count
  }

  func digest() -> String { SHA256.hex(hashing: bytes) }
}

/// A source whose first bytes have been looked at already: they are given out again.
final class PeekedSource: ByteSource {
  private let source: any ByteSource
  let head: [UInt8]
  private var position = 0

  /// Looks at up to `count` bytes.
  init(_ source: any ByteSource, count: Int) throws(TraceError) {
    self.source = source
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let more = try readBytes(source, into: &bytes, from: filled)
      if more == 0 { break }
      filled += more
    }
    head = Array(bytes[..<filled])
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
    if position < head.count {
      let count = min(buffer.count, head.count - position)
      buffer.copyBytes(from: head[position..<position + count])
      position += count
      return count
    }
    return try source.read(into: buffer)
  }

  func digest() -> String { source.digest() }
}

/// Reads behind the first `start` bytes of `bytes`, to its end at most.
func readBytes(_ source: any ByteSource, into bytes: inout [UInt8], from start: Int) throws(TraceError) -> Int {
  // The closure of withUnsafeMutableBytes cannot rethrow typed errors, so its result carries them.
  let result: Result<Int, TraceError> = bytes.withUnsafeMutableBytes { buffer in
    do throws(TraceError) {
      return .success(try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...])))
    } catch {
      return .failure(error)
    }
  }
  return try result.get()
}

/// Opens what lies at a path, or in memory, and unpacks gzip, xz and tar, also one in the other.
enum TraceSource {
  static func open(_ path: String, meter: ReadingMeter? = nil) throws(TraceError) -> any ByteSource {
    try unpacked(try FileSource(path: path, meter: meter), path: path)
  }

  static func unpacked(_ raw: any ByteSource, path: String) throws(TraceError) -> any ByteSource {
    var source = try PeekedSource(raw, count: 512)
    // At most a compressed archive: a bomb of shells within shells is refused as no text.
    for _ in 0..<2 {
      if source.head.starts(with: [0x1F, 0x8B]) {
        source = try PeekedSource(try GzipSource(source, path: path), count: 512)
      } else if source.head.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]) {
        source = try PeekedSource(try XZSource(source, path: path), count: 512)
      } else if TarSource.isTar(source.head) {
        source = try PeekedSource(try TarSource(source, path: path), count: 512)
      }
    }
    return source
  }
}
