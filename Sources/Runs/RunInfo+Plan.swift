// SPDX-License-Identifier: Apache-2.0

import Emulation
import Quantities
import Records
import Results
import ScenarioFile

extension FleetPlan {
  /// With a clock on how long the policy thinks.
  static func timed(
    _ scenario: Scenario, _ workloads: LoadedWorkloads, _ options: RunOptions
  ) throws(ScenarioError) -> FleetPlan {
    try FleetPlan(
      scenario: scenario, jobs: workloads.jobs, leaps: options.leaps, timer: DecisionTimer { EmulationRun.clock() })
  }
}

extension EngineInfo {
  init(
    processes: Int, windows: Int, messages: Int, events: Int, wallSeconds: Double, peakRSSMB: Double, restarts: Int,
    timer: DecisionTimer?
  ) {
    let seconds = (timer?.seconds ?? []).sorted()
    self.init(
      processes: processes, windows: windows, messages: messages, events: events, wallSeconds: wallSeconds,
      peakRSSMB: peakRSSMB, restarts: restarts, decisions: timer == nil ? nil : seconds.count,
      decisionMicrosecondsMean: seconds.isEmpty
        ? nil : seconds.reduce(0.0) { $0 + Double($1) } / Double(seconds.count) * 1e6,
      decisionMicrosecondsP99: Percentiles.of(seconds, percent: 99).map { Double($0) * 1e6 })
  }
}

extension RunInfo {
  /// What a run of a plan says of itself.
  init(
    _ scenario: Scenario, plan: FleetPlan, workloads: LoadedWorkloads, options: RunOptions, engine: EngineInfo,
    inference: [InferenceInfo]
  ) {
    self.init(
      name: scenario.name, policy: plan.policyText, network: scenario.networkLevel.rawValue,
      congestionControl: scenario.networkLevel == .ideal ? "none (ideal)" : plan.algorithm.name,
      driver: options.driver.rawValue, seed: scenario.seed, estimates: scenario.estimates.text,
      assumptions: scenario.assumptions + Self.assumptions(scenario, plan, workloads, options),
      workloads: workloads.accounts, engine: engine, modelAssignment: workloads.assignment,
      calendar: scenario.followsCalendar ? scenario.calendarText : nil, forecast: scenario.forecast.description,
      inference: inference)
  }

  /// What the engine takes for granted.
  private static func assumptions(
    _ scenario: Scenario, _ plan: FleetPlan, _ workloads: LoadedWorkloads, _ options: RunOptions
  ) -> [String] {
    var list: [String] = [
      "A job holds its GPUs from the start command on; while its data travel they draw idle power.",
      "Gradient traffic of a split job is one steady flow from each site to the next in a ring; a job is as fast as the "
        + "slowest of them lets it be.",
    ]
    if !workloads.serving.isEmpty {
      list.append(
        "Inference requests are followed beside the run, on GPUs that their replicas hold from beginning to end and at "
          + "active power; requests, tokens, keys and values load no link.")
      list.append(
        "A replica reaches 50 % of its arithmetic and 60 % of its memory's rate, computes a prompt at a time, and its GPUs "
          + "exchange nothing: times of requests are lower bounds.")
    }
    if plan.algorithm.cycle != .none, scenario.networkLevel == .fluid, options.leaps {
      var text =
        "\(plan.algorithm.name) never rests: once the means of its cycles agree within 0.3 %, or after 48 of them, a flow "
        + "sends at their mean until flows join or leave a port of its path."
      if case .roundTrips = plan.algorithm.cycle {
        text =
          "\(plan.algorithm.name) never rests: once the means of its cycles agree within 0.3 %, a flow sends at their mean "
          + "until flows join or leave a port of its path; before that it does so for up to 16 times as long as it has been "
          + "followed."
      }
      list.append(text)
    }
    if plan.jobs.contains(where: { $0.milliGPUs % 1000 != 0 }) {
      list.append("Fractions of a GPU are rounded up to whole ones.")
    }
    return list
  }
}

/// When the replicas of inference workloads first held their GPUs.
struct ReplicaStarts {
  private let plan: FleetPlan
  private(set) var byJob: [String: Time] = [:]

  init(_ plan: FleetPlan) { self.plan = plan }

  mutating func note(_ record: Record) {
    guard case .stay(let stay) = record, plan.jobs[Int(stay.job)].pin != nil else { return }
    let id = plan.jobs[Int(stay.job)].id
    byJob[id] = min(byJob[id] ?? .never, stay.start)
  }
}
