// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CProcess
import Emulation
import Foundation
import Report
import Results
import Runs
import ScenarioFile

/// What changes a scenario from the command line; the same for every command that runs one.
struct OverrideArguments: ParsableArguments {
  @Option(help: "A trace in place of the scenario's own; its synthetic classes stay.") var trace: String?
  @Option(help: "Format of the trace, see 'longhaul catalog traces', or a YAML file that says what columns mean.")
  var format: String?
  @Option(help: "Where the window of the trace begins: a date, or a time after its first job.") var start: String?
  @Option(help: "Length of the window by arrival, for example '7 days'; its jobs run to their end.") var until: String?
  @Option(help: "ideal, fluid or packet.") var network: String?
  @Option(help: "Of 'longhaul catalog algorithms': distance-aware, cubic, or with a preset, timely:long-haul.")
  var congestionControl: String?
  @Option(help: "Seed of everything that is left to chance.") var seed: UInt64?
  @Option(help: "PATH=VALUE changes any field, for example 'links[*].medium=hollow-core'. May be repeated.")
  var set: [String] = []

  func overrides(policy: String?) throws -> ScenarioOverrides {
    ScenarioOverrides(
      set: try set.map { try ScenarioOverrides.split($0) }, trace: trace, format: format, start: start, until: until,
      policy: policy, network: network, congestionControl: congestionControl, seed: seed)
  }
}

/// Runs with a progress line and with interrupts turned into a run that can be resumed.
func perform(_ run: EmulationRun, quiet: Bool) throws -> Summary {
  _ = longhaul_catch_interrupts()
  run.shouldStop = { longhaul_interrupts() > 0 }
  let progress = RunProgress(style: quiet ? .quiet : .automatic)
  run.afterRound = { status, _ in
    progress.update(
      ProgressState(
        time: status.time, share: Double(status.finishedJobs) / Double(max(1, status.totalJobs)),
        jobsFinished: status.finishedJobs, jobsTotal: status.totalJobs, running: status.running,
        queued: status.queued))
  }
  defer { progress.finish() }
  do {
    return try run.run()
  } catch is Conductor.Interrupted {
    progress.finish()
    Longhaul.complain("interrupted; continue with: ./longhaul resume \(run.directory.path)")
    throw ExitCode(130)
  }
}
