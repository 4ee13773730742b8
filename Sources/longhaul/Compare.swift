// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CProcess
import Emulation
import Foundation
import Quantities
import Report
import Results
import Runs
import ScenarioFile

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs scenarios under several policies, in several windows of the trace, and holds them against bounds.",
    discussion: """
      SCENARIO may also be a matrix: a YAML file with 'scenarios:', 'policies:' and, if need be, 'traces:', \
      'replicates:', 'warm_up:' and 'vary:'. Runs are inline and on the ideal network unless --driver or --network say \
      otherwise. Finished runs are kept until all are done: the same command with the same --out goes on where it was.
      """)

  @Argument(help: "The scenario, or a matrix, a YAML file; several scenarios are compared case by case.")
  var scenario: [String]
  @Option(help: "Policies, separated by commas outside of brackets.") var policies: String?
  @Option(help: "Windows of the trace, or draws of synthetic jobs; 1 if left out.") var replicates: Int?
  @Option(help: "PATH=A,B: a case for each value of a field. May be repeated: all combinations.") var vary: [String] =
    []
  @Option(help: "Time before each window in which jobs run that are not counted, for example '1 day'.")
  var warmUp: String?
  @OptionGroup var changes: OverrideArguments
  @Option(help: "inline or processes.") var driver = RunOptions.Driver.inline
  @Option(help: "Runs at a time with the inline driver; the number of cores if left out.") var jobs: Int?
  @Flag(inversion: .prefixedNo, help: "Bounds of cost and carbon: linear programmes, some seconds each.")
  var bounds = true
  @Flag(inversion: .prefixedNo, help: "Run again with one more wavelength on the busiest links.") var links = true
  @Option(help: "Directory for the results; runs/NAME-compare-N if left out.") var out: String?
  @Flag(help: "Replace a comparison that the directory holds.") var force = false
  @Flag(help: "No progress.") var quiet = false

  func run() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs: expected at least 1, found \(jobs)") }
    let request = try request()
    let name = try ComparisonRunner.name(of: request)
    let path = out ?? RunFolder.next(for: name + "-compare")
    let runner = try ComparisonRunner(
      request, directory: path,
      options: .init(driver: driver, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount), force: force)
    if !quiet, runner.runCount > 1 {
      Longhaul.complain("\(name): \(Readable.integer(runner.runCount)) runs in \(path)")
    }
    _ = longhaul_catch_interrupts()
    runner.shouldStop = { longhaul_interrupts() > 0 }
    let progress = StudyProgress(style: quiet ? .quiet : .automatic)
    runner.progress = {
      progress.update(
        done: $0.done, total: $0.total, coreSeconds: $0.coreSeconds, expected: $0.expected, jobs: $0.jobs)
    }
    do {
      let comparison = Comparison(try runner.run())
      progress.finish()
      let library = ChartLibrary.find()
      try comparison.write(to: path, report: ComparisonReport(comparison, library: library).html)
      runner.finish()
      print(ComparisonTable(comparison), terminator: "")
      print("written to \(path): report.html, comparison.json, comparison.csv, windows.csv")
      if library == nil { Longhaul.complain(ChartLibrary.advice) }
    } catch is Conductor.Interrupted {
      progress.finish()
      Longhaul.complain("interrupted; the same command with --out \(path) goes on from here")
      throw ExitCode(130)
    }
  }

  private func request() throws -> ComparisonRequest {
    var request: ComparisonRequest
    if scenario.count == 1, MatrixReader.isMatrix(path: scenario[0]) {
      let matrix = try MatrixReader.read(path: scenario[0])
      request = ComparisonRequest(scenarios: matrix.scenarios, policies: matrix.policies)
      request.name = matrix.name
      request.traces = matrix.traces
      request.replicates = matrix.replicates
      request.warmUp = matrix.warmUp
      request.vary = matrix.vary.map { ComparisonRequest.Axis(path: $0.path, values: $0.values) }
    } else {
      request = ComparisonRequest(scenarios: scenario, policies: [])
    }
    if let policies { request.policies = ComparisonRequest.split(policies) }
    guard !request.policies.isEmpty else { throw ValidationError("--policies: expected at least one policy") }
    if let twice = request.policies.enumerated().first(where: { request.policies[..<$0.offset].contains($0.element) }) {
      throw ValidationError("--policies: '\(twice.element)' is listed twice")
    }
    request.replicates = replicates ?? request.replicates
    guard request.replicates >= 1, request.replicates <= 1000 else {
      throw ValidationError("--replicates: expected 1 to 1000, found \(request.replicates)")
    }
    if let warmUp {
      do {
        request.warmUp = try Time.parse(warmUp)
      } catch {
        throw ValidationError("--warm-up: \(error)")
      }
    }
    request.vary += try vary.map { try ComparisonRequest.Axis.parse($0) }
    request.overrides = try changes.overrides(policy: nil)
    if request.overrides.network == nil { request.overrides.network = "ideal" }
    if request.overrides.trace != nil { request.traces = [] }
    request.bounds = bounds
    request.links = links
    request.command = CommandText.typed
    return request
  }
}

/// The command as it could be typed again.
enum CommandText {
  static var typed: String {
    (["./longhaul"] + CommandLine.arguments.dropFirst().map(ShellText.quoted)).joined(separator: " ")
  }
}
