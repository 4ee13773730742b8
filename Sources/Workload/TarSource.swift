// SPDX-License-Identifier: Apache-2.0

/// The trace in a tar archive (POSIX ustar): its first file that is called `cluster_job_log`, as in Philly's, or whose
/// name ends like a trace's. Files before it are passed over, files behind it are not looked at.
final class TarSource: ByteSource {
  private static let endings = [".csv", ".swf", ".json", ".jsonl", ".txt"]
  private static let block = 512
  private let source: any ByteSource
  private let path: String
  /// Bytes of the member that have not been given out.
  private var left: UInt64 = 0
  private(set) var member = ""

  static func isTar(_ head: [UInt8]) -> Bool {
    head.count == block && head[257..<262].elementsEqual("ustar".utf8)
  }

  init(_ source: any ByteSource, path: String) throws(TraceError) {
    self.source = source
    self.path = path
    var passed: [String] = []
    var header = [UInt8](repeating: 0, count: TarSource.block)
    while try fill(&header) {
      guard header.contains(where: { $0 != 0 }) else { break }
      guard TarSource.isTar(header), let size = TarSource.octal(header[124..<136]) else {
        throw failure("a damaged tar archive")
      }
      let name = TarSource.text(header[0..<100])
      let isFile = header[156] == 0 || header[156] == UInt8(ascii: "0")
      if isFile, TarSource.isTrace(name) {
        (left, member) = (size, name)
        return
      }
      if isFile { passed.append(name) }
      try skip((size + 511) / 512 * 512)
    }
    let names = passed.prefix(8).joined(separator: ", ")
    throw failure(passed.isEmpty ? "a tar archive without files" : "a tar archive with \(names)")
  }

  static func isTrace(_ name: String) -> Bool {
    let base = name.split(separator: "/").last.map(String.init) ?? name
    // macOS packs its own notes beside files, under their names.
    if base.hasPrefix("._") { return false }
    return base == "cluster_job_log" || endings.contains { base.hasSuffix($0) }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(TraceError) -> Int {
    guard left > 0 else {
      // The rest of the archive counts for the digest only.
      var scratch = [UInt8](repeating: 0, count: 1 << 16)
      while try readBytes(source, into: &scratch, from: 0) > 0 {}
      return 0
    }
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(UInt64(buffer.count), left))])
    let count = try source.read(into: room)
    if count == 0 { throw failure("the end of the archive amid \(member)") }
    left -= UInt64(count)
    return count
  }

  private func fill(_ bytes: inout [UInt8]) throws(TraceError) -> Bool {
    var filled = 0
    while filled < bytes.count {
      let count = try readBytes(source, into: &bytes, from: filled)
      if count == 0 {
        if filled == 0 { return false }
        throw failure("the end of the archive amid a header")
      }
      filled += count
    }
    return true
  }

  private func skip(_ bytes: UInt64) throws(TraceError) {
    var left = bytes
    while left > 0 {
      var scratch = [UInt8](repeating: 0, count: Int(min(left, 1 << 16)))
      let count = try readBytes(source, into: &scratch, from: 0)
      if count == 0 { throw failure("the end of the archive amid a file") }
      left -= UInt64(count)
    }
  }

  private static func octal(_ field: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for byte in field {
      if byte == 0 || byte == 32 { continue }
      guard (48...55).contains(byte), value < 1 << 56 else { return nil }
      value = value * 8 + UInt64(byte - 48)
    }
    return value
  }

  private static func text(_ field: ArraySlice<UInt8>) -> String {
    String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }

  func digest() -> String { source.digest() }

  private func failure(_ found: String) -> TraceError {
    TraceError(
      file: path, expected: "a tar archive with a trace (\(TarSource.endings.joined(separator: ", ")))", found: found,
      advice: "unpack it with 'tar -xf FILE' and name the trace in it")
  }
}
