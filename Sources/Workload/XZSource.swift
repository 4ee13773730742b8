// SPDX-License-Identifier: Apache-2.0

import CLZMA

/// Unpacks xz while it is read, streams one after another, in memory that does not grow with the file.
///
/// Unsafe code: as in ``GzipSource``.
final class XZSource: ByteSource {
  private static let chunk = 1 << 16
  /// The most memory that a file may ask for; `xz -9` needs 65 MiB.
  private static let memory: UInt64 = 128 << 20
  private let source: any ByteSource
  private let path: String
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: XZSource.chunk, alignment: 16)
  private var stream = longhaul_lzma_stream()
  private var sourceIsAtEnd = false
  private var isAtEnd = false

  init(_ source: any ByteSource, path: String) throws(TraceError) {
    self.source = source
    self.path = path
    guard longhaul_lzma_decoder(&stream, XZSource.memory) == LZMA_OK else {
      throw XZSource.failure(path, "liblzma that does not start")
    }
  }

  deinit {
    lzma_end(&stream)
    input.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
    stream.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = buffer.count
    while !isAtEnd, stream.avail_out == buffer.count {
      if stream.avail_in == 0, !sourceIsAtEnd {
        let count = try source.read(into: input)
        if count == 0 { sourceIsAtEnd = true }
        stream.next_in = UnsafePointer(input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = count
      }
      switch lzma_code(&stream, sourceIsAtEnd ? LZMA_FINISH : LZMA_RUN) {
      case LZMA_OK: break
      case LZMA_STREAM_END: isAtEnd = true
      case LZMA_BUF_ERROR: throw XZSource.failure(path, "the end of the file amid the compressed data")
      case LZMA_MEMLIMIT_ERROR:
        throw XZSource.failure(path, "data that needs more than \(XZSource.memory >> 20) MiB to unpack")
      default: throw XZSource.failure(path, "damaged xz data")
      }
    }
    return buffer.count - stream.avail_out
  }

  func digest() -> String { source.digest() }

  static func failure(_ path: String, _ found: String) -> TraceError {
    TraceError(
      file: path, expected: "a whole xz file", found: found,
      advice: "fetch or copy the file again; what came before this point was readable")
  }
}
