// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Topology
import Workload

/// A scenario as read, checked and completed: every default is filled in, every guess is listed.
public struct Scenario: Sendable {
  public var name: String
  /// The file it came from, as it was named.
  public var path: String
  public var seed: UInt64
  /// Virtual time zero in seconds since 1970 UTC; nil when the scenario does not say, which profiles take as midnight
  /// UTC.
  public var calendar: Int64?
  public var fleet: Fleet
  /// One of every site, in the order of ``Fleet/sites``: sorted by id.
  public var energy: [SiteEnergy]
  /// Where the coordinator stands; index in ``Fleet/sites``.
  public var coordinatorSite: Int
  /// One-way delay between the coordinator and each site: the fibre's and the coordinator's processing.
  public var controlDelays: [Time]
  public var networkLevel: NetworkLevel
  public var controller: ControllerSpec
  /// A policy spec, not yet interpreted.
  public var policy: String
  public var estimates: EstimateRule
  /// How long a policy in another process may take for one answer, by the clock on the wall.
  public var policyTimeout = Time.seconds(60)
  public var workloads: [WorkloadSpec]
  /// How jobs get a model: "by-size", "none", or the name of one.
  public var modelRule: String
  /// How jobs get the site of their data: "uniform", or what else the workload readers know.
  public var dataHomeRule: String
  public var modelSeed: UInt64
  /// How jobs that are split over sites divide their work, unless their workload or they themselves say so.
  public var parallelism: Parallelism
  /// What it costs a job to be stopped and taken up again.
  public var checkpoint: CheckpointCost
  /// How traffic gets around what is broken.
  public var restoration: Restoration
  /// How often jobs write checkpoints while they run, and after what time a silent site counts as lost.
  public var checkpointInterval: Time
  public var failureDetection: Time
  /// The most that one transfer may use, whatever the links allow.
  public var transferLimit: BitRate
  /// As listed; their effect on capacity is in ``LinkSpec/changes`` already.
  public var faults: [FaultSpec]
  /// What policies may know of prices and carbon intensities to come.
  public var forecast: ForecastRule
  /// Demand charges and prices of traffic.
  public var charges: Charges
  /// Whether prices, carbon or weather depend on the calendar.
  public var followsCalendar: Bool
  /// Every default that matters and every guess, a sentence each.
  public var assumptions: [String]
  /// The scenario with every default written out and paths made absolute, sites and links sorted by id. Reading it
  /// gives an equal scenario.
  public var resolvedYAML: String
  /// Where the fields that later stages interpret are written, by path.
  var locations: [String: Place]

  /// ``calendar`` as it is written, "2023-10-09T00:00:00Z"; nil when the scenario does not say.
  public var calendarText: String? { calendar.map(Instant.text) }

  /// An instant of the calendar as scenarios write it.
  public static func instantText(_ seconds: Int64) -> String { Instant.text(seconds) }

  /// An error about a field that a later stage found wrong: an unknown policy, a model that does not exist.
  ///
  /// - Parameter field: a path as in "scheduler.policy", "network.congestion_control", "models.assignment",
  ///   "models.data_home", "workloads[0]".
  public func error(at field: String, message: String, advice: String = "") -> ScenarioError {
    let place = locations[field]
    return ScenarioError(
      file: place?.file ?? path, line: place?.line, field: field, message: message, advice: advice)
  }
}

extension Scenario: Equatable {
  /// Equal if a run of either decides the same; where a scenario is written does not count.
  public static func == (a: Scenario, b: Scenario) -> Bool {
    a.name == b.name && a.seed == b.seed && a.calendar == b.calendar && a.fleet == b.fleet && a.energy == b.energy
      && a.coordinatorSite == b.coordinatorSite && a.controlDelays == b.controlDelays
      && a.networkLevel == b.networkLevel && a.controller == b.controller && a.policy == b.policy
      && a.estimates == b.estimates && a.policyTimeout == b.policyTimeout && a.workloads == b.workloads
      && a.modelRule == b.modelRule
      && a.dataHomeRule == b.dataHomeRule && a.modelSeed == b.modelSeed && a.parallelism == b.parallelism
      && a.checkpoint == b.checkpoint && a.restoration == b.restoration
      && a.checkpointInterval == b.checkpointInterval && a.failureDetection == b.failureDetection
      && a.transferLimit == b.transferLimit && a.faults == b.faults && a.forecast == b.forecast
      && a.charges == b.charges && a.followsCalendar == b.followsCalendar && a.assumptions == b.assumptions
      && a.resolvedYAML == b.resolvedYAML
  }
}

/// How closely the network is followed.
public enum NetworkLevel: String, Sendable, CaseIterable {
  case ideal, fluid, packet
}

/// A congestion controller as a scenario names it.
public struct ControllerSpec: Equatable, Sendable {
  public var name: String
  public var preset: String?
  /// In the order of the scenario.
  public var parameters: [ControllerParameter]

  public init(name: String, preset: String? = nil, parameters: [ControllerParameter] = []) {
    self.name = name
    self.preset = preset
    self.parameters = parameters
  }
}

public struct ControllerParameter: Equatable, Sendable {
  public var name: String
  public var value: Double

  public init(name: String, value: Double) {
    self.name = name
    self.value = value
  }
}

/// What a policy may know of how long a job will run.
public enum EstimateRule: Equatable, Sendable {
  /// The true run time.
  case exact
  /// The user's own estimate, where the trace has one.
  case user
  /// The true run time with a relative error of this size.
  case noise(Double)
  case none

  /// "exact", "user", "noise(0.3)", "none"; nil for other texts.
  public init?(_ text: String) {
    switch text {
    case "exact": self = .exact
    case "user": self = .user
    case "none": self = .none
    default:
      guard text.hasPrefix("noise("), text.hasSuffix(")"),
        let error = try? Quantity.parsePercentOrNumber(String(text.dropFirst(6).dropLast())), error >= 0, error <= 10
      else { return nil }
      self = .noise(error)
    }
  }

  public var text: String {
    switch self {
    case .exact: "exact"
    case .user: "user"
    case .noise(let error): "noise(\(Quantity.number(error)))"
    case .none: "none"
    }
  }
}

/// What it costs a job to be stopped and taken up again, while it holds its GPUs.
public enum CheckpointCost: Equatable, Sendable {
  /// 7 s for one GPU, 30 s for up to eight, 60 s for more: what the Helios study of preemption charged.
  case byGPUs
  case fixed(Time)

  public func time(gpus: Int) -> Time {
    switch self {
    case .byGPUs: .seconds(Int64(gpus <= 1 ? 7 : gpus <= 8 ? 30 : 60))
    case .fixed(let time): time
    }
  }
}
