// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Report
import Results
import Runs
import ScenarioFile
import Scheduling

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a scenario under several policies and prints the table.")

  @Argument(help: "The scenario, a YAML file.") var scenario: String
  @Option(help: "Policies, separated by commas outside of brackets.") var policies: String
  @OptionGroup var changes: OverrideArguments
  @Option(help: "inline or processes.") var driver = RunOptions.Driver.inline
  @Option(help: "Directory for the runs and the comparison; runs/NAME-compare-N if left out.") var out: String?
  @Flag(help: "Replace a comparison that the directory holds.") var force = false
  @Flag(help: "No progress.") var quiet = false

  func run() throws {
    let specs = Compare.split(policies)
    guard !specs.isEmpty else { throw ValidationError("--policies: expected at least one policy") }
    // All scenarios are read before the first is run, so that a misspelt policy costs no time.
    var options = RunOptions()
    options.driver = driver
    var scenarios: [Scenario] = []
    for spec in specs {
      let read = try ScenarioReader.read(path: scenario, overrides: try changes.overrides(policy: spec))
      do {
        _ = try PolicySpec(parsing: spec)
      } catch {
        throw ValidationError("--policies: \(error)")
      }
      scenarios.append(read)
    }
    let path = out ?? RunFolder.next(for: scenarios[0].name + "-compare")
    var summaries: [Summary] = []
    for (index, scenario) in scenarios.enumerated() {
      if !quiet { Longhaul.complain("\(index + 1) of \(scenarios.count): \(specs[index])") }
      let run = try EmulationRun.new(
        scenario, at: "\(path)/\(index + 1)-\(Compare.folder(specs[index]))", options: options, force: force)
      summaries.append(try perform(run, quiet: quiet))
    }
    let comparison = Comparison(summaries)
    try comparison.write(to: path)
    print(ComparisonTable(comparison), terminator: "")
    print("written to \(path)/comparison.json and comparison.csv")
  }

  /// Commas inside brackets belong to a policy.
  static func split(_ text: String) -> [String] {
    var parts: [String] = []
    var current = ""
    var depth = 0
    for character in text {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == ",", depth == 0 {
        parts.append(current)
        current = ""
      } else {
        current.append(character)
      }
    }
    parts.append(current)
    return parts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  static func folder(_ policy: String) -> String {
    String(policy.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" })
  }
}
