// SPDX-License-Identifier: Apache-2.0

import CProcess
import Foundation
import Simulation
import Workload

extension Benchmark {
  static let traces = Benchmark(
    name: "traces", summary: "reading traces of every format, beside the SHA-256 of their bytes"
  ) {
    var table = Columns([
      "trace", "rows", "MB", "rows per CPU second", "MB/s", "SHA-256 alone, MB/s", "reader over SHA-256, time",
    ])
    try Place.withTemporaryFolder { folder in
      for format in MadeTraces.formats {
        let made = try MadeTraces.write(format, rows: 100_000, in: folder)
        try measureTrace("\(format.rawValue), made here", made, format, &table)
        if format == .native {
          let packed = made + ".gz"
          try run("gzip -kc '\(made)' > '\(packed)'")
          try measureTrace("native, gzip", packed, format, &table)
        }
      }
      if let philly = Place.shared("data/jobs/philly-derived/philly-to-2017-10.csv", without: "the Philly trace") {
        try measureTrace("philly, real", philly, .philly, &table)
      }
    }
    table.show()
    print("   The reader checks every row and takes the SHA-256 of the file on the way; beside it, that sum alone.")
  }

  static let traceMemory = Benchmark(
    name: "memory", summary: "the most memory that reading a million rows takes, format by format"
  ) {
    var table = Columns(["trace", "rows", "MB on disk", "peak MB of the process", "bytes a job"])
    try Place.withTemporaryFolder { folder in
      for format in MadeTraces.formats {
        let made = try MadeTraces.write(format, rows: 1_000_000, in: folder)
        let answer = folder + "/answer"
        let child = try ChildProcess([TraceMemory.option, made, format.rawValue, answer])
        _ = try child.wait()
        let words = try String(contentsOfFile: answer, encoding: .utf8).split(separator: " ").compactMap { Double($0) }
        guard words.count == 3 else { throw BenchmarkError("the reader of \(format.rawValue) gave no answer") }
        table.add([
          format.rawValue, "\(Int(words[0]))", figure(Double(bytes(made)) / 1e6), figure(words[1] * 1024 / 1e6),
          figure((words[1] - words[2]) * 1024 / words[0]),
        ])
        try FileManager.default.removeItem(atPath: made)
      }
    }
    table.show()
    print("   A process of its own for each, that keeps the whole trace; a job is counted over the process before it.")
  }

  private static func run(_ command: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw BenchmarkError("'\(command)' failed") }
  }

  private static func files(_ path: String) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      return [path]
    }
    return (try? FileManager.default.contentsOfDirectory(atPath: path).sorted().map { path + "/" + $0 }) ?? []
  }

  private static func bytes(_ path: String) -> Int {
    files(path).reduce(0) { sum, file in
      sum + (((try? FileManager.default.attributesOfItem(atPath: file))?[.size] as? Int) ?? 0)
    }
  }

  private static func measureTrace(
    _ name: String, _ path: String, _ format: TraceFormat, _ table: inout Columns
  ) throws {
    var whole = Samples()
    var bare = Samples()
    var rows = 0
    let megabytes = Double(bytes(path)) / 1e6
    for _ in 0..<3 {
      let watch = Stopwatch()
      rows = try TraceReader.contents(path: path, format: format).account.rows
      whole.add(watch.cpuSeconds)
      let second = Stopwatch()
      for file in files(path) {
        var hash = SHA256()
        hash.update(Array(try Data(contentsOf: URL(fileURLWithPath: file))))
        keep(hash.finalize())
      }
      bare.add(second.cpuSeconds)
    }
    table.add([
      name, "\(rows)", figure(megabytes), Samples(whole.values.map { Double(rows) / $0 }).text,
      Samples(whole.values.map { megabytes / $0 }).text, Samples(bare.values.map { megabytes / $0 }).text,
      (whole / bare).text,
    ])
  }
}

/// The process that reads one trace and tells what that took.
enum TraceMemory {
  static let option = "--read-trace"

  static func perform(_ arguments: [String]) throws {
    guard arguments.count == 3 else { throw BenchmarkError("\(option) is for this program's own use") }
    let before = longhaul_rss_kib_of(getpid())
    let contents = try TraceReader.contents(path: arguments[0], format: try TraceFormat.named(arguments[1]))
    let peak = longhaul_rss_kib_of(getpid())
    try "\(contents.account.jobs) \(peak) \(before)".write(toFile: arguments[2], atomically: true, encoding: .utf8)
  }
}
