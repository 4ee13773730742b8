// SPDX-License-Identifier: Apache-2.0

import Quantities
import Results
import ScenarioFile
import Topology
import Workload

/// The jobs of a scenario, read or synthesised, with models and homes assigned, in order of arrival.
public struct LoadedWorkloads: Sendable {
  public var jobs: [Job]
  public var accounts: [WorkloadInfo]
  /// The rules that filled in what the traces lack, in words.
  public var assignment: [String]
  /// Inference workloads, whose replicas are among the jobs.
  public var serving: [ServingRun] = []

  /// - Throws: ``TraceError`` or ``ScenarioError`` for a trace that cannot be read or a rule that is not known.
  ///
  /// - Parameter progress: is told which share of which trace has been read.
  public init(_ scenario: Scenario, progress: ((String, Double) -> Void)? = nil) throws {
    jobs = []
    accounts = []
    let several = scenario.workloads.count > 1
    var replicas: [Job] = []
    for (index, spec) in scenario.workloads.enumerated() {
      if let inference = spec.serving {
        let (requests, info) = try LoadedWorkloads.requests(inference, spec, seed: scenario.seed)
        accounts.append(info)
        let run = try ServingRun(
          inference, requests: requests, name: "inference-\(index + 1)", workload: index, seed: scenario.seed,
          scenario: scenario)
        serving.append(run)
        replicas += run.jobs(scenario, workload: index)
        continue
      }
      let (trace, info) = try LoadedWorkloads.read(spec, seed: scenario.seed, progress)
      accounts.append(info)
      let prefix = several ? LoadedWorkloads.prefix(spec, index: index) : ""
      for var job in trace.jobs {
        job.workload = index
        job.id = prefix + job.id
        if let least = spec.splittableFrom, job.gpus >= least { job.splittable = true }
        if job.model == nil, let model = spec.model { job.model = ModelCatalogue.index(of: model) }
        jobs.append(job)
      }
    }
    guard let rule = ModelAssignment.Rule(scenario.modelRule) else {
      let names = ModelAssignment.Rule.names
      let near = Spelling.nearest(scenario.modelRule, in: names).map { "did you mean '\($0)'?" }
      throw scenario.error(
        at: "models.assignment", message: "unknown rule or model '\(scenario.modelRule)'",
        advice: near ?? "known are \(names.joined(separator: ", "))")
    }
    guard let home = ModelAssignment.DataHome(rawValue: scenario.dataHomeRule) else {
      throw scenario.error(
        at: "models.data_home", message: "unknown rule '\(scenario.dataHomeRule)'",
        advice: "known are \(ModelAssignment.DataHome.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let models = ModelAssignment(rule: rule, dataHome: home, seed: scenario.modelSeed)
    try models.assign(&jobs, siteNames: scenario.fleet.sites.map(\.id))
    assignment = models.lines + ModelAssignment.census(jobs)
    // Of one instant, replicas come first. Stable: jobs of one instant keep the order of the
    // scenario's workloads and of their files.
    jobs = (replicas + jobs).enumerated().sorted {
      ($0.element.submit, $0.offset) < ($1.element.submit, $1.offset)
    }.map(\.element)
  }

  private static func prefix(_ spec: WorkloadSpec, index: Int) -> String { "w\(index + 1)-" }

  private static func requests(
    _ inference: ServingSpec, _ spec: WorkloadSpec, seed: UInt64
  ) throws -> ([Request], WorkloadInfo) {
    guard let path = inference.path else {
      var list = RequestSynthesis.requests(
        count: inference.requests, perSecond: inference.perSecond, seed: spec.seed ?? seed)
      if let length = spec.length { list.removeAll { $0.arrival >= length } }
      return (
        list,
        WorkloadInfo(
          path: "synthetic:inference", format: "synthetic", sha256: nil, rows: list.count, jobs: list.count,
          skipped: Counts(), synthetic: true, notes: ["rows are requests"])
      )
    }
    let trace = try TraceReader.readRequests(
      path: path, format: try TraceFormat.named(spec.format),
      window: TraceWindow(start: spec.start, length: spec.length))
    var info = LoadedWorkloads.info(trace.account)
    info.notes.append("rows are requests")
    return (trace.requests, info)
  }

  private static func info(_ account: TraceAccount, path: String? = nil, start: String? = nil) -> WorkloadInfo {
    WorkloadInfo(
      path: path ?? account.path, format: account.format, sha256: account.sha256.isEmpty ? nil : account.sha256,
      rows: account.rows, jobs: account.jobs,
      skipped: Counts(account.skipped.map { .init(name: $0.reason.rawValue, count: $0.count) }),
      synthetic: account.synthetic, notes: account.notes, start: start)
  }

  private static func read(
    _ spec: WorkloadSpec, seed: UInt64, _ progress: ((String, Double) -> Void)?
  ) throws -> (Trace, WorkloadInfo) {
    let window = TraceWindow(start: spec.start, length: spec.length)
    let trace: Trace
    if let name = spec.synthetic {
      let profile = try SynthesisProfile.named(name)
      var whole = try TraceSynthesis.trace(profile: profile, count: spec.jobs ?? 1000, seed: spec.seed ?? seed)
      if let length = spec.length {
        whole.jobs.removeAll { $0.submit >= length }
        let outside = whole.account.jobs - whole.jobs.count
        whole.account.jobs = whole.jobs.count
        if outside > 0 {
          whole.account.skipped.append(TraceSkip(reason: .outsideWindow, count: outside, firstLine: 0))
        }
      }
      trace = whole
    } else {
      let isMapped = MappingReader.isPath(spec.format)
      let path = spec.trace ?? ""
      trace = try TraceReader.read(
        path: path, format: isMapped ? .auto : try TraceFormat.named(spec.format), window: window,
        columns: isMapped ? try MappingReader.read(path: spec.format) : nil,
        progress: progress.map { report in { report(path, $0) } })
    }
    return (trace, info(trace.account, path: spec.synthetic.map { "synthetic:\($0)" }, start: spec.start))
  }
}
