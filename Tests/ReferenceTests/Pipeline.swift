// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Quantities
import Records
import Runs
import ScenarioFile
import Testing
import Workload

/// Where the repository and the reference data beside it are.
enum Place {
  static var root: URL {
    if let given = ProcessInfo.processInfo.environment["LONGHAUL_ROOT"] { return URL(fileURLWithPath: given) }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  /// The path of a file of the reference data; nil, and said so, if it is not there.
  static func shared(_ name: String) -> String? {
    let path = root.deletingLastPathComponent().appendingPathComponent("shared/\(name)").path
    if FileManager.default.fileExists(atPath: path) { return path }
    print("SKIPPED: no shared/\(name) beside the repository")
    #expect(ProcessInfo.processInfo.environment["CI"] == nil, "reference data are missing")
    return nil
  }
}

/// Keeps the jobs' records and nothing else.
final class JobSink: RecordSink {
  var jobs: [JobRecord] = []

  func append(_ records: [Record]) throws {
    for case .job(let job) in records { jobs.append(job) }
  }

  func flush() throws -> Int64 { 0 }
}

/// What became of one job.
struct JobEnd {
  var submit: Time
  var start: Time
  var end: Time
  var duration: Time

  var wait: Time { start - submit }
  var completion: Time { end - submit }
}

/// The scenario of one cluster with another trace, policy and number of GPUs, from its file to the records of its jobs.
func emulate(
  trace: String, format: String, policy: String, gpus: Int, estimates: String = "exact", checked: Bool = true
) throws -> [JobEnd] {
  let overrides = ScenarioOverrides(
    set: [
      ("sites[*].gpus.count", "\(gpus)"), ("models.assignment", "none"), ("models.data_home", "none"),
      ("scheduler.estimates", estimates),
    ], trace: trace, format: format, policy: policy)
  let scenario = try ScenarioReader.read(
    path: Place.root.appendingPathComponent("Scenarios/one-cluster.yaml").path, overrides: overrides)
  let workloads = try LoadedWorkloads(scenario)
  let plan = try FleetPlan(scenario: scenario, jobs: workloads.jobs)
  let sink = JobSink()
  let conductor = Conductor(plan: plan, carrier: InlineCarrier(checked: checked), sink: sink)
  conductor.checked = checked
  let outcome = try conductor.run()
  #expect(outcome.complete)
  #expect(sink.jobs.count == plan.jobs.count)
  #expect(sink.jobs.allSatisfy { $0.status == .completed })
  return sink.jobs.sorted { $0.job < $1.job }.map {
    let job = plan.jobs[Int($0.job)]
    return JobEnd(submit: job.submit, start: $0.start, end: $0.end, duration: job.duration)
  }
}

/// Seconds as the other simulators count them: sums are exact until the last division.
struct Figures {
  var jobs: Int
  var meanCompletion: Double
  var medianCompletion: Double
  var p99Completion: Double
  var meanWait: Double
  var p99Wait: Double
  var longestWait: Double
  var boundedSlowdown: Double
  /// From the first submission to the last end.
  var span: Double

  init(_ ends: [JobEnd]) {
    jobs = ends.count
    func mean(_ times: [Time]) -> Double {
      Double(times.reduce(Int128(0)) { $0 + Int128($1.ticks) }) / Double(Time.ticksPerSecond) / Double(times.count)
    }
    // Percentiles take element floor(p n) of the sorted list.
    func percentile(_ times: [Time], _ percent: Int) -> Double { times.sorted()[percent * times.count / 100].seconds }
    let waits = ends.map(\.wait)
    let completions = ends.map(\.completion)
    meanCompletion = mean(completions)
    medianCompletion = percentile(completions, 50)
    p99Completion = percentile(completions, 99)
    meanWait = mean(waits)
    p99Wait = percentile(waits, 99)
    longestWait = waits.max()!.seconds
    boundedSlowdown =
      ends.reduce(0) { $0 + max(1, $1.completion.seconds / max(10, ($1.end - $1.start).seconds)) } / Double(jobs)
    span = (ends.map(\.end).max()! - ends.map(\.submit).min()!).seconds
    // A run without network or preemption takes what the trace says.
    #expect(ends.allSatisfy { $0.end - $0.start == $0.duration })
  }
}
