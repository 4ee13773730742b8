// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Quantities
import Report
import Results
import Runs
import ScenarioFile
import Topology

/// Which faults a run has instead of its scenario's own.
enum FaultChoice: String, CaseIterable, ExpressibleByArgument {
  case none
  /// One run for each link and site, in which it is lost.
  case nMinusOne = "n-1"
}

/// When and for how long something is lost in each run of an N-1 study.
struct LossArguments: ParsableArguments {
  @Option(help: "none: as if nothing broke; n-1: one run for each link and site, in which it is lost, and a table.")
  var faults: FaultChoice?
  @Option(help: "With n-1: when it is lost; after a quarter of the run without faults if left out.")
  var faultAt: String?
  @Option(help: "With n-1: for how long; 12 h, the mean repair of a cable, if left out.")
  var faultDuration: String?

  func validate() throws {
    guard faults != .nMinusOne, faultAt ?? faultDuration != nil else { return }
    throw ValidationError("--fault-at and --fault-duration belong to --faults n-1")
  }
}

/// Loses everything once.
struct NMinusOneStudy {
  var scenario: String
  var overrides: ScenarioOverrides
  var options: RunOptions
  var directory: String
  var force: Bool
  var quiet: Bool

  func run(at given: String?, duration: String?) throws {
    var length = Time.hour * 12
    if let duration { length = try time(duration, "--fault-duration") }
    let base = try read(faults: "[]")
    let whole = try perform(base, name: "nothing", number: 1, of: 1 + base.fleet.links.count + base.fleet.sites.count)
    var at = Time.seconds((whole.jobs.makespan ?? 0) / 4)
    if let given { at = try time(given, "--fault-at") }
    // Whole seconds read better, and mean as much.
    at = .seconds(at.ticks / Time.ticksPerSecond)
    var rows = [FaultTable.Row(lost: "nothing", summary: whole)]
    let losses =
      base.fleet.links.map { ("link \($0.id)", "link: \($0.id)") }
      + base.fleet.sites.map { ("site \($0.id)", "site: \($0.id)") }
    for (number, loss) in losses.enumerated() {
      let lost = try read(faults: "[{\(loss.1), at: \(at.text), duration: \(length.text)}]")
      rows.append(
        FaultTable.Row(
          lost: loss.0, summary: try perform(lost, name: loss.0, number: number + 2, of: losses.count + 1)))
    }
    let table = FaultTable(rows)
    try table.csv.write(toFile: directory + "/n-1.csv", atomically: true, encoding: .utf8)
    print("Each is lost at \(at.text) for \(length.text); 'more' is against the run in which nothing is.")
    print(table, terminator: "")
    print("written to \(directory)/n-1.csv; the runs are beside it")
  }

  private func time(_ text: String, _ option: String) throws -> Time {
    do {
      let time = try Time.parse(text)
      guard time > .zero else { throw ValidationError("\(option): expected a time above zero") }
      return time
    } catch let error as QuantityError {
      throw ValidationError("\(option): \(error)")
    }
  }

  private func read(faults: String) throws -> Scenario {
    var changed = overrides
    changed.set.append(("faults", faults))
    return try ScenarioReader.read(path: scenario, overrides: changed)
  }

  private func perform(_ scenario: Scenario, name: String, number: Int, of total: Int) throws -> Summary {
    if !quiet { Longhaul.complain("\(number) of \(total): without \(name)") }
    let run = try EmulationRun.new(
      scenario, at: directory + "/" + name.replacingOccurrences(of: " ", with: "-"), options: options, force: force)
    return try longhaul.perform(run, quiet: quiet)
  }
}
