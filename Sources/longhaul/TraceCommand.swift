// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Quantities
import Report
import Results
import ScenarioFile
import Workload

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Inspects, converts, fetches and synthesises traces of jobs and of requests.",
    subcommands: [TraceInspect.self, TraceConvert.self, TraceFetch.self, TraceSynthesize.self])
}

/// The window of a trace, as `emulate` takes it.
struct WindowArguments: ParsableArguments {
  @Option(help: "Format, or a YAML file that says what the columns mean; recognised from the file if left out.")
  var format = "auto"
  @Option(help: "Where the window begins.") var start: String?
  @Option(help: "Length of the window by arrival.") var until: String?

  func read(_ path: String) throws -> TraceContents {
    var length: Time?
    if let until {
      do {
        length = try Time.parse(until)
      } catch {
        throw ValidationError("--until: \(error)")
      }
    }
    let isMapped = MappingReader.isPath(format)
    let reading = WaitProgress.reading()
    return try TraceReader.contents(
      path: path, format: isMapped ? .auto : try TraceFormat.named(format),
      window: TraceWindow(start: start, length: length),
      columns: isMapped ? try MappingReader.read(path: format) : nil, progress: { reading(path, $0) })
  }
}

struct TraceInspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "A portrait of a trace on one screen, with an account of every row.")

  @Argument(help: "The trace; packed as gzip, xz or tar, or a folder of several files, if it comes so.") var file:
    String
  @OptionGroup var window: WindowArguments
  @Flag(help: "Machine-readable.") var json = false

  func run() throws {
    let portrait = TracePortrait(contents: try window.read(file))
    print(json ? portrait.json : portrait.text, terminator: "")
  }
}

struct TraceConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Rewrites a trace as native CSV: of jobs, or of requests.")

  @Argument(help: "The trace; packed as gzip, xz or tar, or a folder of several files, if it comes so.") var file:
    String
  @OptionGroup var window: WindowArguments
  @Option(name: .shortAndLong, help: "The native CSV to write.") var output: String

  func run() throws {
    let contents = try window.read(file)
    switch contents {
    case .jobs(let trace): try NativeTrace.write(jobs: trace.jobs, to: output)
    case .requests(let trace): try NativeTrace.write(requests: trace, to: output)
    case .inventory(let table): throw table.refusal
    }
    Longhaul.complain("\(contents.account.jobs) of \(contents.account.rows) rows written to \(output)")
  }
}

struct TraceSynthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synthesize", abstract: "Makes a trace from published statistics; it is labelled synthetic.")

  @Argument(help: "philly or llm-training.") var profile: String
  @Option(help: "How many jobs.") var jobs: Int
  @Option(help: "Seed.") var seed: UInt64 = 1
  @Option(name: .shortAndLong, help: "The native CSV to write.") var output: String

  func validate() throws {
    if jobs <= 0 { throw ValidationError("--jobs: expected a number above 0, found \(jobs)") }
  }

  func run() throws {
    let named = try SynthesisProfile.named(profile)
    let list = try TraceSynthesis.jobs(profile: named, count: jobs, seed: seed)
    try NativeTrace.write(jobs: list, to: output)
    Longhaul.complain("\(list.count) synthetic jobs written to \(output), made from:")
    for line in TraceSynthesis.description(named) { Longhaul.complain("  \(line)") }
  }
}
