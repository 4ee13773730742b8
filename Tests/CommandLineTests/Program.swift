// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The repository, and the program that was built in it.
enum Built {
  /// From the environment, or three levels above this file.
  static let root: String = {
    if let root = ProcessInfo.processInfo.environment["LONGHAUL_ROOT"] { return root }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
  }()

  static let program = ProcessInfo.processInfo.environment["LONGHAUL_BIN"] ?? root + "/.build/release/longhaul"

  static func scenario(_ name: String) throws -> String {
    try String(contentsOfFile: root + "/Scenarios/" + name, encoding: .utf8)
  }
}

struct NoProgram: Error, CustomStringConvertible {
  var description: String {
    "'\(Built.program)' is not there: run 'swift build -c release' first, or name the program in LONGHAUL_BIN"
  }
}

/// What a command left behind.
struct Outcome {
  var status: Int32
  /// Standard output: results only.
  var output: String
  /// Standard error: messages and progress.
  var complaints: String
}

/// A folder that is gone after the test, and in which commands run.
final class Workplace {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "longhaul-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ name: String, _ text: String) throws {
    try text.write(toFile: file(name), atomically: true, encoding: .utf8)
  }

  func read(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  /// Every path below this folder, sorted.
  var contents: [String] { (FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? []).sorted() }

  /// Runs the program here. One that has not ended after a minute is stopped, which is a failure.
  func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  func run(_ arguments: [String]) throws -> Outcome {
    guard FileManager.default.isExecutableFile(atPath: Built.program) else { throw NoProgram() }
    // Files instead of pipes: they hold any amount of text without somebody reading along, and they lie outside this
    // folder, so that what is in it is what the program left.
    let streams = NSTemporaryDirectory() + "longhaul-streams-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: streams, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: streams) }
    func stream(_ name: String) throws -> FileHandle {
      _ = FileManager.default.createFile(atPath: streams + "/" + name, contents: nil)
      return try FileHandle(forWritingTo: URL(fileURLWithPath: streams + "/" + name))
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Built.program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try stream("output")
    process.standardError = try stream("complaints")
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    if ended.wait(timeout: .now() + 60) == .timedOut {
      process.terminate()
      _ = ended.wait(timeout: .now() + 10)
      Issue.record("longhaul \(arguments.joined(separator: " ")) had not ended after a minute")
    }
    return Outcome(
      status: process.terminationReason == .exit ? process.terminationStatus : -1,
      output: try String(contentsOfFile: streams + "/output", encoding: .utf8),
      complaints: try String(contentsOfFile: streams + "/complaints", encoding: .utf8))
  }

  /// Runs a command that has to be refused as bad usage or input: status 2, a reason that has all of `words`, nothing
  /// on standard output, and not a file more or less than before.
  func refuse(_ arguments: [String], _ words: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
    let before = contents
    let outcome = try run(arguments)
    #expect(outcome.status == 2, "\(arguments): \(outcome.complaints)", sourceLocation: sourceLocation)
    #expect(outcome.output == "", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        outcome.complaints.contains(word), "no '\(word)' in: \(outcome.complaints)", sourceLocation: sourceLocation)
    }
    #expect(!outcome.complaints.contains("Fatal error"), sourceLocation: sourceLocation)
    #expect(contents == before, "something was left behind", sourceLocation: sourceLocation)
  }

  /// `summary.json` of a run directory.
  func summary(_ run: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: file(run + "/summary.json")))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }
}

/// Two jobs that any site can run.
let twoJobs = """
  job_id,submit_s,gpus,duration_s
  a,0,8,100
  b,10,16,50

  """

extension String {
  /// This text with every `old`, of which there has to be one at least, replaced.
  func with(_ old: String, by new: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
    if !contains(old) { Issue.record("nothing here says '\(old)'", sourceLocation: sourceLocation) }
    return replacingOccurrences(of: old, with: new)
  }
}
