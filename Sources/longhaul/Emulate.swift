// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Report
import Results
import Runs
import ScenarioFile

extension RunOptions.Driver: ExpressibleByArgument {}

struct Emulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a scenario: a coordinator and one process for each site, until every job is over.")

  @Argument(help: "The scenario, a YAML file.") var scenario: String
  @OptionGroup var changes: OverrideArguments
  @OptionGroup var losses: LossArguments
  @Option(help: "ORDER[+BACKFILL][@PLACEMENT]; see 'longhaul catalog policies'.") var policy: String?
  @Option(help: "processes: one for each site, with ZeroMQ between; or inline: all in this one.")
  var driver = RunOptions.Driver.processes
  @Option(help: "Virtual seconds per second of the clock on the wall; as fast as possible if left out.")
  var speed: Double?
  @Option(help: "Run directory; runs/NAME-N if left out.") var out: String?
  @Flag(help: "Replace a run that the directory holds.") var force = false
  @Flag(help: "No progress.") var quiet = false

  func validate() throws {
    try checkSpeed(speed)
  }

  func run() throws {
    var overrides = try changes.overrides(policy: policy)
    if losses.faults != nil { overrides.set.append(("faults", "[]")) }
    let read = try ScenarioReader.read(path: scenario, overrides: overrides)
    var options = RunOptions()
    options.driver = driver
    options.speed = speed
    if !quiet { options.reading = WaitProgress.reading() }
    let path = out ?? RunFolder.next(for: read.name + (losses.faults == .nMinusOne ? "-n-1" : ""))
    if losses.faults == .nMinusOne {
      let study = NMinusOneStudy(
        scenario: scenario, overrides: try changes.overrides(policy: policy), options: options, directory: path,
        force: force, quiet: quiet)
      return try study.run(at: losses.faultAt, duration: losses.faultDuration)
    }
    let run = try EmulationRun.new(read, at: path, options: options, force: force)
    print(ResultsTable(try perform(run, quiet: quiet), directory: path), terminator: "")
  }
}

struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Continues a run that was interrupted or whose coordinator was lost; the results are the same.")

  @Argument(help: "The run directory.") var directory: String
  @Option(help: "Virtual seconds per second of the clock on the wall; as fast as possible if left out.")
  var speed: Double?
  @Flag(help: "No progress.") var quiet = false

  func validate() throws { try checkSpeed(speed) }

  func run() throws {
    var options = RunOptions()
    options.speed = speed
    if !quiet { options.reading = WaitProgress.reading() }
    let run = try EmulationRun.resume(directory, options: options)
    print(ResultsTable(try perform(run, quiet: quiet), directory: directory), terminator: "")
  }
}

func checkSpeed(_ speed: Double?) throws {
  if let speed, !(speed > 0) { throw ValidationError("--speed: expected a number above 0, found \(speed)") }
}

enum RunFolder {
  /// The first of runs/NAME-1, runs/NAME-2, ... that does not exist.
  static func next(for name: String) -> String {
    var number = 1
    while FileManager.default.fileExists(atPath: "runs/\(name)-\(number)") { number += 1 }
    return "runs/\(name)-\(number)"
  }
}
