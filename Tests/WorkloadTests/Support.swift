// SPDX-License-Identifier: Apache-2.0

import Glibc
import Quantities
import Testing
import Workload

/// Files beside the repository that tests read when they are there.
enum Shared {
  /// The repository: three folders above this file, or what LONGHAUL_ROOT says.
  static let root: String = {
    if let root = getenv("LONGHAUL_ROOT") { return String(cString: root) }
    return String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
  }()

  /// Path of a shared file; nil, said aloud, where it is missing. On CI a missing file fails the test.
  static func path(_ relative: String) -> String? {
    let path = root + "/../shared/" + relative
    if access(path, R_OK) == 0 { return path }
    print("SKIPPED: \(relative) is not there")
    if getenv("CI") != nil { Issue.record("\(relative) is missing") }
    return nil
  }
}

/// A file that is gone when the test ends.
final class TemporaryFile {
  let path: String

  init(_ bytes: [UInt8] = []) {
    var template = Array("/tmp/longhaul-trace-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var written = 0
    while written < bytes.count {
      let rest = Array(bytes[written...].prefix(1 << 20))
      let count = write(descriptor, rest, rest.count)
      if count <= 0 { break }
      written += count
    }
    close(descriptor)
  }

  convenience init(_ text: String) { self.init(Array(text.utf8)) }

  deinit { unlink(path) }
}

func readLines(_ path: String, command: String = "cat") -> [String] {
  // A command of several words may end with one that takes no file.
  guard let pipe = popen(command.hasSuffix("true") ? command : "\(command) '\(path)'", "r") else { return [] }
  defer { pclose(pipe) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&chunk, 1, chunk.count, pipe)
    if count == 0 { break }
    bytes.append(contentsOf: chunk[..<count])
  }
  return bytes.split(separator: 10).map { line in
    String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
  }
}

/// Reads a text as a trace and checks that no row got lost.
func trace(
  _ text: String, _ format: TraceFormat = .auto, _ window: TraceWindow = TraceWindow()
) throws -> Trace {
  let file = TemporaryFile(text)
  let trace = try TraceReader.read(path: file.path, format: format, window: window)
  #expect(trace.account.isComplete)
  return trace
}

/// The error of a trace that must not be read.
func refusal(_ bytes: [UInt8], _ format: TraceFormat = .auto, _ window: TraceWindow = TraceWindow()) -> TraceError? {
  let file = TemporaryFile(bytes)
  do {
    _ = try TraceReader.read(path: file.path, format: format, window: window)
    return nil
  } catch {
    return error
  }
}

func refusal(_ text: String, _ format: TraceFormat = .auto, _ window: TraceWindow = TraceWindow()) -> TraceError? {
  refusal(Array(text.utf8), format, window)
}

/// Submit and duration in whole seconds, and GPUs.
struct Shape: Hashable, Comparable {
  var submit: Int64
  var duration: Int64
  var milliGPUs: Int64

  init(_ job: Job) {
    submit = job.submit.ticks / Time.ticksPerSecond
    duration = job.duration.ticks / Time.ticksPerSecond
    milliGPUs = job.milliGPUs
  }

  init(submit: Int64, duration: Int64, milliGPUs: Int64) {
    self.submit = submit
    self.duration = duration
    self.milliGPUs = milliGPUs
  }

  static func < (a: Shape, b: Shape) -> Bool {
    (a.submit, a.duration, a.milliGPUs) < (b.submit, b.duration, b.milliGPUs)
  }
}

/// A folder that is gone when the test ends.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/longhaul-traces-XXXXXX".utf8CString)
    _ = mkdtemp(&template)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func write(_ name: String, _ text: String) {
    if let slash = name.lastIndex(of: "/") { mkdir(path + "/" + name[..<slash], 0o755) }
    guard let file = fopen(path + "/" + name, "w") else { return }
    fputs(text, file)
    fclose(file)
  }

  func remove(_ name: String) { unlink(path + "/" + name) }

  deinit { _ = system("rm -rf '\(path)'") }
}
