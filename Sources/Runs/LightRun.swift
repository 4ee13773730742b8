// SPDX-License-Identifier: Apache-2.0

import CProcess
import Emulation
import Foundation
import Quantities
import Records
import Results
import ScenarioFile
import Workload

/// A run whose records stay in memory and of which nothing remains but its portrait: what a comparison of hundreds needs.
/// Jobs that nothing ever starts are unfinished in it, not an error.
struct LightRun {
  let scenario: Scenario
  let workloads: LoadedWorkloads
  var options: RunOptions
  var measured = MeasuredWindow()
  /// For logs of agents and of policies in other processes.
  var logFolder = "."
  /// Tells the files of this run apart there.
  var label = "run"
  var shouldStop: () -> Bool = { false }

  /// - Throws: ``Conductor/Interrupted`` when `shouldStop` said so.
  func run() throws -> RunPortrait {
    let began = EmulationRun.clock()
    let plan = try FleetPlan.timed(scenario, workloads, options)
    let carrier: any SiteCarrier
    switch options.driver {
    case .inline: carrier = InlineCarrier()
    case .processes:
      carrier = try ProcessCarrier(
        options: .init(
          program: options.agentProgram ?? EmulationRun.programBeside("longhaul-site"), logFolder: logFolder,
          stallMilliseconds: options.stallMilliseconds))
    }
    let sink = MemorySink()
    let conductor = Conductor(plan: plan, carrier: carrier, sink: sink)
    conductor.shouldStop = shouldStop
    conductor.decisions = try RecordedDecisions.make(
      for: plan,
      options: .init(
        path: "\(logFolder)/decisions-\(label).jsonl", log: "\(logFolder)/policy-\(label).log",
        launcher: options.agentProgram ?? EmulationRun.programBeside("longhaul-site"), shouldStop: shouldStop),
      resuming: false)
    let outcome = try conductor.run()
    var inference: [InferenceInfo] = []
    if !workloads.serving.isEmpty {
      var starts = ReplicaStarts(plan)
      for record in sink.records { starts.note(record) }
      inference = workloads.serving.map { $0.results(scenario, started: starts.byJob) }
    }
    let info = RunInfo(
      scenario, plan: plan, workloads: workloads, options: options,
      engine: EngineInfo(
        processes: options.driver == .inline ? 1 : plan.sites.count + 1, windows: Int(outcome.counts.windows),
        messages: Int(outcome.counts.messages), events: Int(outcome.counts.events),
        wallSeconds: EmulationRun.clock() - began,
        peakRSSMB: Double(max(0, longhaul_rss_kib_of(getpid()))) / 1024, restarts: outcome.counts.restarts,
        timer: plan.timer), inference: inference)
    let inputs = RunInputs(
      fleet: scenario.fleet, jobs: plan.jobs, endTime: outcome.endTime,
      modelNames: ModelCatalogue.models.map(\.name), charges: scenario.charges, measured: measured,
      checkpointTime: { [checkpoint = scenario.checkpoint] in checkpoint.time(gpus: $0) })
    return try LightResults.portrait(records: sink.records, info: info, inputs: inputs)
  }
}

private final class MemorySink: RecordSink {
  var records: [Record] = []
  func append(_ new: [Record]) { records += new }
  func flush() -> Int64 { Int64(records.count) }
}
