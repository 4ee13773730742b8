// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Why a run directory or its log of records cannot be used. Every message names the file and what to do.
public enum ResultsError: Error, Equatable, CustomStringConvertible {
  /// Another process works in the directory.
  case inUse(String)
  case holdsFinishedRun(String)
  case holdsFinishedExperiment(String)
  case holdsFinishedComparison(String)
  case holdsUnfinishedRun(String)
  /// The directory holds files that no run wrote; the second value is one of them.
  case holdsOtherFiles(String, String)
  case notARun(String)
  case alreadyFinished(String)
  case notFinished(String)
  /// A call of the operating system failed: file, what was tried, the system's reason.
  case system(path: String, action: String, reason: String)
  /// The log of records is damaged at a byte offset.
  case badLog(path: String, offset: Int64, problem: String)
  /// A record is intact but says something impossible.
  case badRecord(path: String, offset: Int64, problem: String)
  /// Records taken together contradict each other or the inputs.
  case inconsistent(path: String, problem: String)
  case badFile(path: String, problem: String)

  public var description: String {
    switch self {
    case .inUse(let path):
      return "\(path): another process works in this run directory: wait for it, or name another with --out"
    case .holdsFinishedRun(let path):
      return "\(path): holds a finished run: name another directory with --out, or remove this one first"
    case .holdsFinishedExperiment(let path):
      return "\(path): holds a finished experiment: name another directory with --out, or replace it with --force"
    case .holdsFinishedComparison(let path):
      return "\(path): holds a finished comparison: name another directory with --out, or replace it with --force"
    case .holdsUnfinishedRun(let path):
      return "\(path): holds a run that was interrupted: continue it with 'longhaul resume \(path)', "
        + "or name another directory with --out"
    case .holdsOtherFiles(let path, let example):
      return "\(path): is not empty and holds no run (it has '\(example)'): name a new or empty directory with --out"
    case .notARun(let path):
      return "\(path): is not a run directory: a directory with 'scenario.yaml' and 'records.bin' was expected"
    case .alreadyFinished(let path): return "\(path): this run is finished: nothing is left to do"
    case .notFinished(let path):
      return "\(path): has no summary.json, so the run is not finished: continue it with 'longhaul resume \(path)'"
    case .system(let path, let action, let reason): return "\(path): cannot \(action): \(reason)"
    case .badLog(let path, let offset, let problem): return "\(path): at byte \(offset): \(problem)"
    case .badRecord(let path, let offset, let problem): return "\(path): record at byte \(offset): \(problem)"
    case .inconsistent(let path, let problem): return "\(path): \(problem)"
    case .badFile(let path, let problem): return "\(path): \(problem)"
    }
  }

  /// The last error of the C library as a ``system(path:action:reason:)``.
  static func lastError(_ path: String, _ action: String) -> ResultsError {
    .system(path: path, action: action, reason: String(cString: strerror(errno)))
  }
}
