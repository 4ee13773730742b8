// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Results

/// What a resumed run has to know besides its scenario: how it was driven, and which traces it read.
struct RunNotes {
  var driver: RunOptions.Driver
  var leaps: Bool
  /// SHA-256 of each workload's file, empty for synthetic ones.
  var hashes: [String]

  init(options: RunOptions, workloads: [WorkloadInfo]) {
    driver = options.driver
    leaps = options.leaps
    hashes = workloads.map { $0.sha256 ?? "" }
  }

  init(path: String) throws {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw EmulationError("'\(path)' is missing: this directory holds no run that could be resumed")
    }
    driver = .processes
    leaps = true
    hashes = []
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      switch parts[0] {
      case "driver": driver = RunOptions.Driver(rawValue: String(parts[1])) ?? .processes
      case "leaps": leaps = parts[1] == "true"
      case "trace": hashes.append(String(parts[1]))
      default: break
      }
    }
  }

  func write(to path: String) throws {
    let lines = ["driver \(driver.rawValue)", "leaps \(leaps)"] + hashes.map { "trace \($0)" }
    try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
  }

  /// - Throws: ``EmulationError`` if a trace is not the one that the run began with.
  func check(_ workloads: [WorkloadInfo]) throws {
    guard hashes == workloads.map({ $0.sha256 ?? "" }) else {
      let changed = zip(hashes, workloads).first { $0.0 != ($0.1.sha256 ?? "") }?.1.path ?? "a workload"
      throw EmulationError("'\(changed)' has changed since the run began: restore it, or start a new run")
    }
  }
}
