// SPDX-License-Identifier: Apache-2.0

import Foundation
import Simulation

/// One file from the web to the disk: resumed where an earlier attempt broke off, checked, and put in place whole or not
/// at all. Until then it is called `NAME.partial`; `NAME.partial.tag` says of which version it is a part.
struct Download {
  let url: String
  let path: String
  let bytes: Int64?
  let sha256: String?
  let curl: Curl

  enum Outcome {
    case wasThere
    case verified
    /// The checksum was not known before.
    case recorded(String)

    var sentence: String {
      switch self {
      case .wasThere: "already there, checksum verified"
      case .verified: "fetched, checksum verified"
      case .recorded(let hash):
        "fetched; nobody states its checksum, so this one was recorded and holds from now on: \(hash)"
      }
    }
  }

  /// Attempts in a row that may bring nothing, and attempts in all.
  private static let idleAttempts = 5
  private static let attempts = 200

  private var partial: String { path + ".partial" }
  private var tagFile: String { path + ".partial.tag" }
  private var headerFile: String { path + ".partial.header" }
  private var hashFile: String { path + ".sha256" }

  /// - Parameter progress: gets the bytes that are there, now and then, and nil at the end.
  func run(progress: (Int64?) -> Void) throws -> Outcome {
    let expected = sha256 ?? recordedHash()
    if FileManager.default.fileExists(atPath: path) { return try checkPresent(expected) }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FetchError("cannot make the folder '\(folder)': \(error.localizedDescription). Name another one with --to")
    }
    defer {
      progress(nil)
      remove(headerFile)
    }
    try transfer(progress)
    progress(nil)
    let found = try hash(of: partial)
    if let bytes, size(of: partial) != bytes, expected == nil {
      try discard("expected \(bytes) bytes, found \(size(of: partial))")
    }
    if let expected, found != expected { try discard("expected SHA-256 \(expected), found \(found)") }
    remove(tagFile)
    guard rename(partial, path) == 0 else {
      throw FetchError("cannot rename '\(partial)' to '\(path)': \(String(cString: strerror(errno)))")
    }
    if expected != nil { return .verified }
    let name = URL(fileURLWithPath: path).lastPathComponent
    try Data("\(found)  \(name)\n".utf8).write(to: URL(fileURLWithPath: hashFile), options: .atomic)
    return .recorded(found)
  }

  private func checkPresent(_ expected: String?) throws -> Outcome {
    let found = try hash(of: path)
    guard let expected else {
      let name = URL(fileURLWithPath: path).lastPathComponent
      try Data("\(found)  \(name)\n".utf8).write(to: URL(fileURLWithPath: hashFile), options: .atomic)
      return .recorded(found)
    }
    if found == expected { return .wasThere }
    throw FetchError(
      "\(path) is already there, but not what it should be: expected SHA-256 \(expected), found \(found). Remove it, "
        + "or fetch into another folder with --to")
  }

  private func recordedHash() -> String? {
    guard let text = try? String(contentsOfFile: hashFile, encoding: .utf8) else { return nil }
    return text.split(separator: " ").first.map(String.init)
  }

  /// Fills `partial` to its end.
  private func transfer(_ progress: (Int64?) -> Void) throws {
    var idle = 0
    for _ in 0..<Self.attempts {
      let before = size(of: partial)
      let answer = try curl.fetch(
        url, into: partial, resumes: before > 0, tag: before > 0 ? tag() : nil, headers: headerFile,
        whileRunning: { progress(size(of: partial)) })
      if before == 0 { rememberTag() }
      if answer.status == 0 { return }
      // Not a resumable file, or one that has changed: from the beginning.
      let mustStartOver = before > 0 && (answer.status == 33 || answer.httpStatus == 416)
      if mustStartOver {
        remove(partial)
        remove(tagFile)
      } else if !canBeRepeated(answer) {
        throw FetchError(explain(answer))
      }
      idle = size(of: partial) > before ? 0 : idle + 1
      if idle >= Self.idleAttempts { throw FetchError(explain(answer)) }
      // At once where bytes came, else after 0, 1, 2 and 4 s.
      if idle > 1 { sleep(UInt32(1 << (idle - 2))) }
    }
    throw FetchError("\(url): the connection broke \(Self.attempts) times. Run the same command again to go on")
  }

  private func canBeRepeated(_ answer: Curl.Answer) -> Bool {
    switch answer.status {
    case 18, 28, 52, 55, 56, 92: true
    case 22: answer.httpStatus == 429 || answer.httpStatus >= 500
    default: false
    }
  }

  private func explain(_ answer: Curl.Answer) -> String {
    let kept =
      size(of: partial) > 0
      ? ". \(size(of: partial)) bytes are kept in \(partial): run the same command again to go on" : ""
    switch (answer.status, answer.httpStatus) {
    case (22, 404), (22, 410):
      return "\(url): the server says \(answer.httpStatus), there is no such file. It has moved or was taken down; "
        + "Traces/README.md names the trace's home, and --home another place that has the file"
    case (22, let code): return "\(url): the server refuses with status \(code)\(kept)"
    case (6, _), (7, _):
      return "\(url): no connection (\(answer.complaint)). Check the network, or a proxy in https_proxy"
    case (23, _): return "\(partial): cannot be written (\(answer.complaint)). Check the space on the disk"
    default: return "\(url): \(answer.complaint.isEmpty ? "curl ended with \(answer.status)" : answer.complaint)\(kept)"
    }
  }

  /// Removes what was fetched, since nothing good can come of it.
  private func discard(_ reason: String) throws -> Never {
    remove(partial)
    remove(tagFile)
    throw FetchError(
      "\(url): \(reason). What was fetched is removed. Fetch it again; if it stays so, the file at its home is another "
        + "one than it was")
  }

  // MARK: versions

  /// What a resumed download asks the server to compare.
  private func tag() -> String? {
    guard let text = try? String(contentsOfFile: tagFile, encoding: .utf8), !text.isEmpty else { return nil }
    return text
  }

  /// The strong entity tag of the last response, or else when the file was last changed.
  private func rememberTag() {
    remove(tagFile)
    guard let header = try? String(contentsOfFile: headerFile, encoding: .isoLatin1) else { return }
    var entity: String?
    var changed: String?
    for line in header.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("HTTP/") { (entity, changed) = (nil, nil) }
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      switch line[..<colon].lowercased() {
      case "etag": entity = value.hasPrefix("W/") ? nil : value
      case "last-modified": changed = value
      default: break
      }
    }
    guard let tag = entity ?? changed else { return }
    try? tag.write(toFile: tagFile, atomically: true, encoding: .utf8)
  }

  // MARK: files

  private func size(of file: String) -> Int64 {
    var status = stat()
    return stat(file, &status) == 0 ? Int64(status.st_size) : 0
  }

  private func remove(_ file: String) { try? FileManager.default.removeItem(atPath: file) }

  private func hash(of file: String) throws -> String {
    guard let handle = FileHandle(forReadingAtPath: file) else { throw FetchError("cannot read '\(file)'") }
    defer { try? handle.close() }
    var hash = SHA256()
    while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
      chunk.withUnsafeBytes { hash.update($0) }
    }
    return SHA256.hex(hash.finalize())
  }
}
