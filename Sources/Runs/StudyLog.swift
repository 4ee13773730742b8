// SPDX-License-Identifier: Apache-2.0

import Congestion
import Foundation
import Results
import Simulation

/// Finished runs of a study on disk, one line each: key, core-seconds, figures, and a mark at the end by which a line that
/// was cut off is told.
///
/// A line is written in one call, so that a program that is killed leaves whole lines and at most one torn one. Threads
/// take turns.
final class StudyLog: @unchecked Sendable {
  struct Line {
    var coreSeconds: Double
    var metrics: StudyMetrics
  }

  private static let mark = "."
  private let path: String
  private let descriptor: Int32
  private let lock = NSLock()
  private var lines: [String: Line] = [:]

  /// - Parameter folder: has to be there. Another process that works in it is an error.
  init(folder: String) throws(ResultsError) {
    path = folder + "/runs.log"
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .system(path: path, action: "open", reason: String(cString: strerror(errno)))
    }
    guard takeExclusiveLock(descriptor) else {
      close(descriptor)
      throw .inUse(folder)
    }
    let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    for row in text.split(separator: "\n") {
      let fields = row.split(separator: " ").map(String.init)
      guard fields.count > 3, fields.last == Self.mark, let seconds = Double(fields[1]),
        let metrics = StudyMetrics(fields: Array(fields[2..<fields.count - 1]))
      else { continue }
      lines[fields[0]] = Line(coreSeconds: seconds, metrics: metrics)
    }
    // What comes next must not be glued to a torn line.
    if !text.isEmpty, !text.hasSuffix("\n") { try append("\n") }
  }

  deinit { close(descriptor) }

  var count: Int {
    lock.lock()
    defer { lock.unlock() }
    return lines.count
  }

  func find(_ key: String) -> Line? {
    lock.lock()
    defer { lock.unlock() }
    return lines[key]
  }

  func add(_ key: String, _ line: Line) throws(ResultsError) {
    let fields = [key, CanonicalNumber.string(line.coreSeconds)] + line.metrics.fields + [Self.mark]
    lock.lock()
    defer { lock.unlock() }
    lines[key] = line
    try append(fields.joined(separator: " ") + "\n")
  }

  private func append(_ text: String) throws(ResultsError) {
    let bytes = Array(text.utf8)
    let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, bytes.count) }
    guard written == bytes.count else {
      throw .system(path: path, action: "write", reason: String(cString: strerror(errno)))
    }
  }

  func remove() { unlink(path) }
}
