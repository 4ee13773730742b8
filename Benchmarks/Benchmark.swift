// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One thing to measure; it prints its own table.
struct Benchmark: Sendable {
  var name: String
  var summary: String
  var run: @Sendable () throws -> Void
}

/// Something that keeps a benchmark from being done at all.
struct BenchmarkError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Where things are: the repository, and the data beside it that are no part of it.
enum Place {
  static var root: String {
    if let root = ProcessInfo.processInfo.environment["LONGHAUL_ROOT"] { return root }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
  }

  static func scenario(_ name: String) -> String { "\(root)/Scenarios/\(name).yaml" }

  /// A file of the shared data, or nil after saying loudly that it is not there.
  static func shared(_ path: String, without what: String) -> String? {
    let full = "\(root)/../shared/\(path)"
    if FileManager.default.fileExists(atPath: full) { return full }
    print("   SKIPPED: \(what), because '\(full)' is not there; it is no part of the repository")
    return nil
  }

  /// A folder that is removed afterwards.
  static func withTemporaryFolder<T>(_ body: (String) throws -> T) throws -> T {
    let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    let path = "\(parent)/longhaul-benchmark-\(getpid())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }
}
