// SPDX-License-Identifier: Apache-2.0

import Glibc
import Scheduling
import Simulation

/// The record of decisions: JSON lines in the run directory, the first of which says whose they are.
///
/// It holds what was said to the policy as well, so that a fresh process of it can be brought to where an earlier one
/// stood. A line that was not written to its end, because the coordinator was killed, is cut off.
public final class DecisionLog {
  /// One decision.
  struct Entry: Equatable, Sendable {
    var number: UInt64
    /// Virtual time in seconds, exact.
    var now: String
    /// On one line, as the policy sent it.
    var answer: String
    /// What it was asked; empty for a solver.
    var request = ""
    /// What it asked back, and what it was told.
    var questions: [Question] = []
  }

  struct Question: Equatable, Sendable {
    var asked: String
    var told: String
  }

  static let version: Int64 = 1

  public let path: String
  /// The policy as a scenario writes it.
  public let policy: String
  /// Those of earlier lives of the run.
  private(set) var entries: [Entry] = []
  private var descriptor: Int32 = -1
  private var count: UInt64 = 0

  private init(path: String, policy: String) {
    self.path = path
    self.policy = policy
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Begins a record.
  public static func create(path: String, policy: String) throws(EmulationError) -> DecisionLog {
    let log = DecisionLog(path: path, policy: policy)
    try log.open(flags: O_WRONLY | O_CREAT | O_TRUNC)
    try log.write("{\"longhaul_decisions\":\(version),\"policy\":\(JSONText.quote(policy))}\n")
    return log
  }

  /// Goes on with the record of an interrupted run; begins one where the run was lost before it had any.
  public static func resume(path: String, policy: String) throws(EmulationError) -> DecisionLog {
    guard access(path, F_OK) == 0 else { return try create(path: path, policy: policy) }
    let (log, length) = try read(path)
    guard let log else { return try create(path: path, policy: policy) }
    guard log.policy == policy else {
      throw EmulationError("the record of decisions '\(path)' is of policy '\(log.policy)', not of '\(policy)'")
    }
    try log.open(flags: O_WRONLY)
    guard ftruncate(log.descriptor, off_t(length)) == 0, lseek(log.descriptor, 0, SEEK_END) >= 0 else {
      throw log.failure("cut")
    }
    log.count = UInt64(log.entries.count)
    return log
  }

  /// Reads a record to replay it.
  ///
  /// - Parameter path: of the file, or of the directory of the run.
  public static func replay(path: String) throws(EmulationError) -> DecisionLog {
    var status = stat()
    let isFolder = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    let file = isFolder ? path + "/" + fileName : path
    guard let log = try read(file).log else {
      throw EmulationError("'\(file)' is no record of decisions: expected a first line with 'longhaul_decisions'")
    }
    return log
  }

  static let fileName = "decisions.jsonl"

  // MARK: Reading

  /// The record, nil if not even its first line is whole; and how many bytes of it are whole lines.
  private static func read(_ path: String) throws(EmulationError) -> (log: DecisionLog?, length: Int) {
    guard let file = fopen(path, "rbe") else {
      throw EmulationError("cannot read the record of decisions '\(path)': \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    var log: DecisionLog?
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      let line = Array(bytes[start..<end])
      start = end + 1
      let value: JSONValue
      do {
        value = try JSONValue(parsing: line)
      } catch {
        throw EmulationError("the record of decisions '\(path)' is damaged near byte \(start): \(error)")
      }
      guard let known = log else {
        guard let version = value["longhaul_decisions"]?.whole else { return (nil, 0) }
        guard version == DecisionLog.version else {
          throw EmulationError(
            "the record of decisions '\(path)' has version \(version), expected \(DecisionLog.version)")
        }
        log = DecisionLog(path: path, policy: value["policy"]?.text ?? "")
        continue
      }
      guard let number = value["decision"]?.whole, number == known.entries.count, let answer = value["answer"],
        case .number(let now)? = value["now_s"]
      else { throw EmulationError("the record of decisions '\(path)' is damaged: decision \(known.entries.count)") }
      var entry = Entry(number: UInt64(number), now: now, answer: answer.line)
      if let request = value["request"] { entry.request = request.line }
      for question in value["questions"]?.items ?? [] {
        guard let asked = question["asked"], let told = question["told"] else { continue }
        entry.questions.append(Question(asked: asked.line, told: told.line))
      }
      known.entries.append(entry)
    }
    return (log, start)
  }

  // MARK: Writing

  func append(_ entry: Entry) throws(EmulationError) {
    precondition(entry.number == count, "decisions are recorded one after the other")
    count += 1
    var line = "{\"decision\":\(entry.number),\"now_s\":\(entry.now),\"answer\":\(entry.answer)"
    if !entry.questions.isEmpty {
      let list = entry.questions.map { "{\"asked\":\($0.asked),\"told\":\($0.told)}" }
      line += ",\"questions\":[\(list.joined(separator: ","))]"
    }
    if !entry.request.isEmpty { line += ",\"request\":\(entry.request)" }
    try write(line + "}\n")
  }

  func flush() throws(EmulationError) {
    guard descriptor < 0 || fsync(descriptor) == 0 else { throw failure("write") }
  }

  private func open(flags: Int32) throws(EmulationError) {
    descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("open") }
  }

  private func write(_ text: String) throws(EmulationError) {
    var text = text
    let isWhole = text.withUTF8 { bytes in
      var offset = 0
      while offset < bytes.count {
        let written = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return false }
        offset += written
      }
      return true
    }
    guard isWhole else { throw failure("write") }
  }

  private func failure(_ action: String) -> EmulationError {
    EmulationError("cannot \(action) the record of decisions '\(path)': \(String(cString: strerror(errno)))")
  }
}
