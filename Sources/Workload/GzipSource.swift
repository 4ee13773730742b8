// SPDX-License-Identifier: Apache-2.0

import CZlib
import Glibc

/// Unpacks gzip (RFC 1952) while it is read, members one after another, in memory that does not grow with the file.
///
/// Unsafe code: `stream` points into `input`, a buffer of our own that lives as long as this object and that nothing
/// else touches; into the caller's buffer only for the time of one `read`.
final class GzipSource: ByteSource {
  private static let chunk = 1 << 16
  private let source: any ByteSource
  private let path: String
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: GzipSource.chunk, alignment: 16)
  private var stream = z_stream()
  private var inMember = true
  private var sourceIsAtEnd = false
  private var isAtEnd = false

  init(_ source: any ByteSource, path: String) throws(TraceError) {
    self.source = source
    self.path = path
    guard longhaul_inflate_gzip(&stream) == Z_OK else {
      throw GzipSource.failure(path, "zlib that does not start")
    }
  }

  deinit {
    inflateEnd(&stream)
    input.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
    stream.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(clamping: buffer.count)
    let room = Int(stream.avail_out)
    while !isAtEnd, Int(stream.avail_out) == room {
      if stream.avail_in == 0, !sourceIsAtEnd { try refill() }
      if !inMember {
        if try !startsMember() { break }
      }
      if stream.avail_in == 0, sourceIsAtEnd {
        throw GzipSource.failure(path, "the end of the file amid the compressed data")
      }
      let status = inflate(&stream, Z_NO_FLUSH)
      switch status {
      case Z_STREAM_END: inMember = false
      case Z_OK, Z_BUF_ERROR: break
      default:
        let reason = stream.msg.map { String(cString: $0) } ?? "error \(status)"
        throw GzipSource.failure(path, "damaged gzip data (\(reason))")
      }
    }
    return room - Int(stream.avail_out)
  }

  /// Whether another member follows the one that has ended. Zeros may fill up the file.
  private func startsMember() throws(TraceError) -> Bool {
    while true {
      while stream.avail_in > 0, stream.next_in.pointee == 0 {
        stream.next_in += 1
        stream.avail_in -= 1
      }
      if stream.avail_in > 0 { break }
      if sourceIsAtEnd {
        isAtEnd = true
        return false
      }
      try refill()
    }
    guard stream.next_in.pointee == 0x1F, inflateReset(&stream) == Z_OK else {
      throw GzipSource.failure(path, "other bytes behind the end of the gzip data")
    }
    inMember = true
    return true
  }

  private func refill() throws(TraceError) {
    let count = try source.read(into: input)
    if count == 0 { sourceIsAtEnd = true }
    stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_in = UInt32(count)
  }

  func digest() -> String { source.digest() }

  static func failure(_ path: String, _ found: String) -> TraceError {
    TraceError(
      file: path, expected: "a whole gzip file", found: found,
      advice: "fetch or copy the file again; what came before this point was readable")
  }
}
