// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Quantities
import Report
import Results
import Runs
import ScenarioFile

struct SiteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "site",
    abstract: "Ranks places for a fleet by energy, cooling, carbon, land, distance and fibre, and emulates the best.",
    discussion: """
      For example: longhaul site Siting/five-markets.yaml --set siting.weights.carbon=3 --emulate 2 --trace philly.csv. \
      The file is a scenario with 'candidates' in the place of sites and 'siting' in the place of links: \
      Documentation/Optics.md.
      """)

  @Argument(help: "The siting study, a YAML file.") var study: String
  @OptionGroup var changes: OverrideArguments
  @Option(help: "ORDER[+BACKFILL][@PLACEMENT] of emulated sets.") var policy: String?
  @Option(help: "How many of the best sets to show.") var sets = 3
  @Option(help: "How many of them to emulate, each with the study's workloads.") var emulate = 0
  @Option(help: "Directory for the emulated runs; runs/NAME-site-N if left out.") var out: String?
  @Flag(help: "Replace runs that the directory holds.") var force = false
  @Flag(help: "The ranking as CSV.") var csv = false
  @Flag(help: "No progress.") var quiet = false

  func validate() throws {
    if sets < 1 || sets > 1000 { throw ValidationError("--sets: expected 1 to 1000, found \(sets)") }
    if emulate < 0 || emulate > 100 { throw ValidationError("--emulate: expected 0 to 100, found \(emulate)") }
  }

  func run() throws {
    let read = try SitingReader.read(path: study, overrides: try changes.overrides(policy: policy))
    let choices = read.choices(max(sets, emulate))
    // Scenarios are made before anything is printed, so that what is wrong with them costs no time.
    let scenarios = try choices.prefix(emulate).map { try read.scenario(of: $0) }
    let table = SitingTable(read, choices: choices)
    print(csv ? table.csv : table.description, terminator: "")
    if !quiet { for sentence in read.assumptions { Longhaul.complain("assumed: \(sentence)") } }
    guard emulate > 0 else { return }
    let path = out ?? RunFolder.next(for: read.name + "-site")
    var options = RunOptions()
    options.driver = .inline
    if !quiet { options.reading = WaitProgress.reading() }
    var summaries: [(String, Summary)] = []
    for (index, scenario) in scenarios.enumerated() {
      let ids = scenario.fleet.sites.map(\.id).joined(separator: "+")
      if !quiet { Longhaul.complain("emulating \(index + 1) of \(scenarios.count): \(ids)") }
      let run = try EmulationRun.new(scenario, at: "\(path)/\(index + 1)-\(ids)", options: options, force: force)
      summaries.append((ids, try perform(run, quiet: quiet)))
    }
    print(SitingRuns(summaries), terminator: "")
    print("runs in \(path)")
  }
}
