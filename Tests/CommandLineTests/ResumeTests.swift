// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The coordinator itself is killed or interrupted; nothing is left behind, and the run goes on.
@Suite(.serialized) struct ResumeTests {
  let binary =
    ProcessInfo.processInfo.environment["LONGHAUL_BIN"]
    ?? (ProcessInfo.processInfo.environment["LONGHAUL_ROOT"]
      ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path) + "/.build/release/longhaul"

  var root: String {
    URL(fileURLWithPath: binary).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .path
  }

  func launch(_ arguments: [String], temporary: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: binary)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": temporary]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  func digest(_ path: String) throws -> String? {
    let data = try Data(contentsOf: URL(fileURLWithPath: path + "/summary.json"))
    return (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["digest"] as? String
  }

  /// Children of nobody that still carry the endpoint of this test's folder.
  func agents(under temporary: String) -> [String] {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return folders.filter { name in
      guard Int(name) != nil, let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
        return false
      }
      return String(decoding: line, as: UTF8.self).contains(temporary)
    }
  }

  @Test func killedAndInterruptedAtFiveMoments() throws {
    // Short: the path of a socket is at most 107 bytes long.
    let temporary = "/tmp/lh-\(ProcessInfo.processInfo.processIdentifier)"
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    let scenario = root + "/Scenarios/five-regions.yaml"
    // Slowed down to the wall clock, so that there is something to interrupt on any machine.
    let arguments = ["emulate", scenario, "--until", "1 days", "--quiet"]
    let whole = try launch(arguments + ["--driver", "inline", "--out", temporary + "/whole"], temporary: temporary)
    whole.waitUntilExit()
    #expect(whole.terminationStatus == 0)
    let expected = try #require(try digest(temporary + "/whole"))

    let path = temporary + "/run"
    var process = try launch(arguments + ["--speed", "30000", "--out", path], temporary: temporary)
    for (moment, signal) in [SIGKILL, SIGINT, SIGKILL, SIGTERM, SIGKILL].enumerated() {
      Thread.sleep(forTimeInterval: moment == 0 ? 1.6 : 0.7)
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      if signal != SIGKILL { #expect(process.terminationStatus == 130) }
      #expect(!FileManager.default.fileExists(atPath: path + "/summary.json"))
      // Agents hear of it from the kernel; give them a moment.
      var patience = 100
      while !agents(under: temporary).isEmpty, patience > 0 {
        Thread.sleep(forTimeInterval: 0.02)
        patience -= 1
      }
      #expect(agents(under: temporary).isEmpty, "no orphan is left")
      let left = try FileManager.default.contentsOfDirectory(atPath: temporary).filter { $0.hasPrefix("longhaul-") }
      #expect(left.isEmpty, "no socket is left")
      // The last one runs as fast as it can.
      process = try launch(
        ["resume", path, "--quiet"] + (moment < 4 ? ["--speed", "30000"] : []), temporary: temporary)
    }
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(try digest(path) == expected)
  }
}
