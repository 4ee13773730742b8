// SPDX-License-Identifier: Apache-2.0

import Foundation
import Results
import Runs
import ScenarioFile

extension Benchmark {
  static let week = Benchmark(
    name: "week", summary: "seven days of the Philly trace on five-regions, inline and in processes"
  ) {
    guard let trace = Place.shared(WeekRun.trace, without: "the week of the Philly trace") else { return }
    var table = Columns([
      "controller", "driver", "windows", "messages", "events", "seconds", "CPU s", "events/s", "us per window",
      "MB in all", "over inline, s",
    ])
    for controller in ["distance-aware", "dcqcn", "cubic"] {
      var inline = WeekRun.Measured()
      var processes = WeekRun.Measured()
      var failure: BenchmarkError?
      repeat {
        do {
          try inline.add(controller, .inline, trace: trace)
          try processes.add(controller, .processes, trace: trace)
        } catch let error as BenchmarkError {
          failure = error
          break
        }
      } while inline.seconds.values.count < 3 && processes.seconds.median < 5
      if let failure {
        // The other controllers are still worth their time.
        print("   FAILED: \(controller): \(failure)")
        continue
      }
      guard inline.digest == processes.digest else {
        throw BenchmarkError("\(controller): the drivers disagree in their results; that is an error, not a time")
      }
      for (driver, measured) in [("inline", inline), ("processes", processes)] {
        table.add([controller, driver] + measured.cells + [(measured.seconds / inline.seconds).text])
      }
    }
    table.show()
    print("   Seconds: of the run, results written, without reading the trace. CPU s: of all processes, everything.")
    print("   MB: the peaks of all processes, added up. Both drivers wrote the same results.")
  }
}

/// One week in a process of its own, so that memory is that of the run and of nothing before it.
enum WeekRun {
  static let option = "--week"
  static let trace = "data/jobs/philly-derived/philly-to-2017-10.csv"

  /// - Parameter arguments: controller, driver, trace, run directory.
  static func perform(_ arguments: [String]) throws {
    guard arguments.count == 4, let driver = RunOptions.Driver(rawValue: arguments[1]) else {
      throw BenchmarkError("\(option) is for this program's own use")
    }
    let overrides = ScenarioOverrides(
      trace: arguments[2], format: "philly", start: "2017-10-09", until: "7 days", congestionControl: arguments[0])
    let scenario = try ScenarioReader.read(path: Place.scenario("five-regions"), overrides: overrides)
    var options = RunOptions()
    options.driver = driver
    _ = try EmulationRun.new(scenario, at: arguments[3], options: options, force: true).run()
  }

  struct Measured {
    var seconds = Samples()
    private var cpu = Samples()
    private var engine: EngineInfo?
    private(set) var digest = ""

    mutating func add(_ controller: String, _ driver: RunOptions.Driver, trace: String) throws {
      try Place.withTemporaryFolder { folder in
        let child = try ChildProcess([WeekRun.option, controller, driver.rawValue, trace, folder + "/run"])
        cpu.add(try child.wait())
        let summary = try RunDirectory.readSummary(folder + "/run")
        seconds.add(summary.engine.wallSeconds)
        engine = summary.engine
        digest = summary.digest
      }
    }

    /// From windows to megabytes.
    var cells: [String] {
      guard let engine else { return [] }
      return [
        figure(Double(engine.windows)), figure(Double(engine.messages)), figure(Double(engine.events)), seconds.text,
        cpu.text, figure(Double(engine.events) / seconds.median),
        figure(seconds.median / Double(engine.windows) * 1e6), figure(engine.peakRSSMB),
      ]
    }
  }
}
