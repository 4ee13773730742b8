// SPDX-License-Identifier: Apache-2.0

import Foundation
import Simulation

/// Writes a canonical CSV file and computes its SHA-256 on the way; without a path it computes the SHA-256 alone.
///
/// UTF-8, one line a row, ended by a line feed; fields quoted as RFC 4180 says, and only where they must be; numbers
/// as in ``CanonicalNumber``.
final class CSVFile {
  let path: String?
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var hash = SHA256()

  init(path: String?, header: [String]) throws(ResultsError) {
    self.path = path
    guard let path else {
      descriptor = -1
      try write(header.map { .text($0) })
      return
    }
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .lastError(path, "create") }
    try write(header.map { .text($0) })
  }

  deinit { if descriptor >= 0 { _ = close(descriptor) } }

  func write(_ row: some Collection<Cell>) throws(ResultsError) {
    var first = true
    for cell in row {
      if !first { buffer.append(UInt8(ascii: ",")) }
      first = false
      switch cell {
      case .empty: break
      case .text(let text): Self.append(text, to: &buffer)
      case .integer(let value): CanonicalNumber.append(value, decimals: 0, to: &buffer)
      case .real(let value): CanonicalNumber.append(value, to: &buffer)
      case .time(let time): CanonicalNumber.append(time.ticks, decimals: 11, to: &buffer)
      case .scaled(let value, let decimals): CanonicalNumber.append(value, decimals: decimals, to: &buffer)
      }
    }
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= 1 << 16 { try drain() }
  }

  /// Forces the file to disk and returns the SHA-256 of its bytes in hexadecimal.
  func finish() throws(ResultsError) -> String {
    try drain()
    if let path, fsync(descriptor) != 0 { throw .lastError(path, "write to disk") }
    return SHA256.hex(hash.finalize())
  }

  private func drain() throws(ResultsError) {
    hash.update(buffer)
    if let path { try writeAll(buffer, to: descriptor, path: path) }
    buffer.removeAll(keepingCapacity: true)
  }

  private static func append(_ text: String, to buffer: inout [UInt8]) {
    let quote = UInt8(ascii: "\"")
    let special = text.utf8.contains {
      $0 == quote || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
    }
    guard special else {
      buffer.append(contentsOf: text.utf8)
      return
    }
    buffer.append(quote)
    for byte in text.utf8 {
      if byte == quote { buffer.append(quote) }
      buffer.append(byte)
    }
    buffer.append(quote)
  }

  /// The digest of a run from the SHA-256 of its files, given by name.
  ///
  /// It is the SHA-256 of the lines `<hash>  <name>`, so that anybody can check it with
  /// `sha256sum jobs.csv placements.csv sites.csv links.csv | sha256sum`.
  static func digest(_ files: [(name: String, hash: String)]) -> String {
    var hash = SHA256()
    for file in files { hash.update(Array("\(file.hash)  \(file.name)\n".utf8)) }
    return SHA256.hex(hash.finalize())
  }
}
