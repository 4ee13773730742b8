// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The system's `curl`, which knows what is not ours to repeat: TLS, proxies, redirections.
struct Curl {
  let path: String

  /// What one call of it came to.
  struct Answer {
    /// curl's exit status; 0 is success.
    var status: Int32
    /// Of the last response; 0 if there was none.
    var httpStatus: Int
    /// Its last words.
    var complaint: String
  }

  static func find() throws -> Curl {
    if let curl = whereabouts() { return Curl(path: curl) }
    throw FetchError("there is no 'curl' in PATH, which fetches what lies on the web. Install it: apt-get install curl")
  }

  static func whereabouts() -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    return folders.map { $0 + "/curl" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Fetches `url` into `path`, from where the file ends if `resumes`; `tag` says which version that was.
  ///
  /// - Parameter headers: where the response's header goes.
  func fetch(
    _ url: String, into path: String, resumes: Bool, tag: String?, headers: String, whileRunning: () -> Void
  ) throws -> Answer {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: self.path)
    var arguments = [
      "--location", "--fail", "--silent", "--show-error", "--output", path, "--dump-header", headers, "--write-out",
      "%{http_code}", "--connect-timeout", "30", "--speed-limit", "1", "--speed-time", "60", "--proto", "=http,https",
      "--proto-redir", "=http,https",
    ]
    if resumes {
      arguments += ["--continue-at", "-"]
      // A file that has changed meanwhile comes whole, and not as the end of another one.
      if let tag { arguments += ["--header", "If-Range: \(tag)"] }
    }
    process.arguments = arguments + ["--", url]
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    let complaints = Pipe()
    process.standardOutput = output
    process.standardError = complaints
    try process.run()
    // Both say a line or two, far less than a pipe holds.
    while process.isRunning {
      whileRunning()
      usleep(20_000)
    }
    process.waitUntilExit()
    let code = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let words = String(decoding: complaints.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    return Answer(
      status: process.terminationReason == .exit ? process.terminationStatus : -1,
      httpStatus: Int(code.suffix(3)) ?? 0, complaint: words.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}

/// What went wrong with a download, and what to do.
struct FetchError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
