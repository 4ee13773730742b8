// SPDX-License-Identifier: Apache-2.0

import CProcess
import Emulation
import Foundation
import Quantities
import Records
import Results
import ScenarioFile
import Simulation
import Workload

/// How a run is driven. Nothing here changes what it decides.
public struct RunOptions: Sendable {
  public enum Driver: String, Sendable, CaseIterable {
    case processes, inline
  }

  public var driver = Driver.processes
  /// The agent's program; beside this one unless said otherwise.
  public var agentProgram: String?
  public var checkpointSeconds = 1.0
  public var stallMilliseconds = 120_000
  /// Virtual seconds per wall-clock second; nil for as fast as it goes.
  public var speed: Double?
  /// Whether steady states of the fluid network are leapt over; off only to measure what that costs.
  public var leaps = true
  /// Is told which share of which trace has been read.
  public var reading: (@Sendable (String, Double) -> Void)?
  public init() {}
}

/// From a scenario to a finished run directory, or to one that can be resumed.
public final class EmulationRun {
  public let directory: RunDirectory
  public let scenario: Scenario
  public let plan: FleetPlan
  let workloads: LoadedWorkloads
  let options: RunOptions
  let log: RecordLog
  let conductor: Conductor
  let carrier: any SiteCarrier
  private let started = EmulationRun.clock()
  private let startedAt: Time

  public var afterRound: ((RunStatus, [Int32]) -> Void)?
  public var shouldStop: () -> Bool = { false }

  /// Prepares a new run; nothing has happened yet but that the directory exists and holds the scenario.
  ///
  /// - Parameter force: replace a run that the directory holds.
  /// - Throws: an error of the scenario, its traces or the directory, before anything is written where possible.
  public static func new(
    _ scenario: Scenario, at path: String, options: RunOptions, force: Bool = false
  ) throws -> EmulationRun {
    let workloads = try LoadedWorkloads(scenario, progress: options.reading)
    let plan = try FleetPlan.timed(scenario, workloads, options)
    let directory = try RunDirectory.create(path, force: force)
    try directory.writeScenario(scenario.resolvedYAML)
    let log = try RecordLog.create(path: directory.recordsPath)
    try RunNotes(options: options, workloads: workloads.accounts).write(to: EmulationRun.notesPath(directory))
    return try EmulationRun(
      directory: directory, scenario: scenario, plan: plan, workloads: workloads, options: options, log: log,
      checkpoint: nil, resuming: false)
  }

  /// Prepares to go on with a run that was interrupted or whose coordinator was lost.
  public static func resume(_ path: String, options given: RunOptions) throws -> EmulationRun {
    let directory = try RunDirectory.open(path)
    let scenario = try ScenarioReader.read(path: directory.scenarioPath, overrides: ScenarioOverrides())
    let notes = try RunNotes(path: notesPath(directory))
    var options = given
    options.driver = notes.driver
    options.leaps = notes.leaps
    let workloads = try LoadedWorkloads(scenario, progress: options.reading)
    try notes.check(workloads.accounts)
    let plan = try FleetPlan.timed(scenario, workloads, options)
    var checkpoint: Checkpoint?
    let file = checkpointPath(directory)
    // A run that was lost before its first checkpoint starts anew.
    if FileManager.default.fileExists(atPath: file) { checkpoint = try Checkpoint(path: file) }
    let log =
      try checkpoint.map { try RecordLog.open(path: directory.recordsPath, at: $0.recordOffset) }
      ?? RecordLog.open(path: directory.recordsPath, at: RecordLog.headerSize)
    return try EmulationRun(
      directory: directory, scenario: scenario, plan: plan, workloads: workloads, options: options, log: log,
      checkpoint: checkpoint, resuming: true)
  }

  private init(
    directory: RunDirectory, scenario: Scenario, plan: FleetPlan, workloads: LoadedWorkloads, options: RunOptions,
    log: RecordLog, checkpoint: Checkpoint?, resuming: Bool
  ) throws {
    self.directory = directory
    self.scenario = scenario
    self.plan = plan
    self.workloads = workloads
    self.options = options
    self.log = log
    switch options.driver {
    case .inline: carrier = InlineCarrier()
    case .processes:
      carrier = try ProcessCarrier(
        options: .init(
          program: options.agentProgram ?? EmulationRun.programBeside("longhaul-site"), logFolder: directory.logFolder,
          stallMilliseconds: options.stallMilliseconds))
    }
    let sink = LogSink(log)
    if let checkpoint {
      conductor = try Conductor(plan: plan, carrier: carrier, sink: sink, checkpoint: checkpoint)
    } else {
      conductor = Conductor(plan: plan, carrier: carrier, sink: sink)
    }
    conductor.checkpointPath = EmulationRun.checkpointPath(directory)
    startedAt = conductor.status.time
    conductor.decisions = try RecordedDecisions.make(
      for: plan,
      options: .init(
        path: directory.decisionsPath, log: directory.logPath(process: "policy"),
        launcher: options.agentProgram ?? EmulationRun.programBeside("longhaul-site"),
        shouldStop: { [weak self] in self?.shouldStop() ?? false }),
      resuming: resuming)
  }

  /// Runs to the end and writes the results.
  ///
  /// - Throws: ``Conductor/Interrupted`` when `shouldStop` said so: the run can be resumed. ``EmulationError`` when it
  ///   cannot go on.
  public func run() throws -> Summary {
    var lastCheckpoint = EmulationRun.clock()
    let interval = options.checkpointSeconds
    conductor.checkpointIsDue = {
      let now = EmulationRun.clock()
      guard now - lastCheckpoint >= interval else { return false }
      lastCheckpoint = now
      return true
    }
    conductor.shouldStop = shouldStop
    let processCarrier = carrier as? ProcessCarrier
    conductor.afterRound = { [self] status in
      afterRound?(status, processCarrier?.processIDs ?? [])
      pace(status.time)
    }
    defer {
      // The closures hold this object, and this object the lock of its directory.
      conductor.afterRound = nil
      conductor.shouldStop = { false }
      conductor.checkpointIsDue = { false }
    }
    let outcome = try conductor.run()
    guard outcome.complete else {
      throw EmulationError(
        "the run stopped with \(conductor.status.queued) jobs waiting that nothing will ever start under policy "
          + "\(plan.policyText); its directory '\(directory.path)' holds no results")
    }
    let own = Double(max(0, longhaul_rss_kib_of(getpid()))) / 1024
    let info = RunInfo(
      scenario, plan: plan, workloads: workloads, options: options,
      engine: EngineInfo(
        processes: options.driver == .inline ? 1 : plan.sites.count + 1, windows: Int(outcome.counts.windows),
        messages: Int(outcome.counts.messages), events: Int(outcome.counts.events),
        wallSeconds: EmulationRun.clock() - started,
        peakRSSMB: own + carrier.peakAgentMegabytes * Double(plan.sites.count), restarts: outcome.counts.restarts,
        timer: plan.timer), inference: try inferenceResults())
    let inputs = RunInputs(
      fleet: scenario.fleet, jobs: plan.jobs, endTime: outcome.endTime,
      modelNames: ModelCatalogue.models.map(\.name), charges: scenario.charges,
      checkpointTime: { [checkpoint = scenario.checkpoint] in checkpoint.time(gpus: $0) })
    let summary = try directory.finish(info: info, inputs: inputs)
    try? FileManager.default.removeItem(atPath: EmulationRun.checkpointPath(directory))
    return summary
  }

  private func inferenceResults() throws -> [InferenceInfo] {
    guard !workloads.serving.isEmpty else { return [] }
    var starts = ReplicaStarts(plan)
    try RecordLog.read(path: directory.recordsPath) { starts.note($0) }
    return workloads.serving.map { $0.results(scenario, started: starts.byJob) }
  }

  /// Holds virtual time back to the wall clock, if asked to.
  private func pace(_ time: Time) {
    guard let speed = options.speed, speed > 0 else { return }
    let due = (time - startedAt).seconds / speed
    while EmulationRun.clock() - started < due {
      if shouldStop() { return }
      usleep(20_000)
    }
  }

  public static func clock() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  static func checkpointPath(_ directory: RunDirectory) -> String { directory.stateFolder + "/checkpoint.bin" }
  static func notesPath(_ directory: RunDirectory) -> String { directory.stateFolder + "/run.txt" }

  /// A program in the folder of this one.
  public static func programBeside(_ name: String) -> String {
    let me = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: me).deletingLastPathComponent().appendingPathComponent(name).path
  }
}

/// Passes records on to the log of the run directory.
final class LogSink: RecordSink {
  let log: RecordLog
  init(_ log: RecordLog) { self.log = log }
  func append(_ records: [Record]) throws { try log.append(records) }
  func flush() throws -> Int64 { try log.flush() }
}
