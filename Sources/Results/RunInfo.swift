// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Topology
import Workload

/// How often something happened for each of several reasons; a JSON object in files. Sorted by name.
public struct Counts: Equatable, Sendable, Codable {
  public struct Item: Equatable, Sendable {
    public var name: String
    public var count: Int
    public init(name: String, count: Int) {
      self.name = name
      self.count = count
    }
  }
  public private(set) var items: [Item]

  /// Adds up the counts of equal names.
  public init(_ items: [Item] = []) {
    self.items = []
    for item in items.sorted(by: { $0.name < $1.name }) {
      if self.items.last?.name == item.name {
        self.items[self.items.count - 1].count += item.count
      } else {
        self.items.append(item)
      }
    }
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      try container.allKeys.map { Item(name: $0.stringValue, count: try container.decode(Int.self, forKey: $0)) })
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for item in items { try container.encode(item.count, forKey: Key(stringValue: item.name)) }
  }
  var json: OrderedJSON { .object(items.map { ($0.name, .integer($0.count)) }) }
}

/// Where jobs came from: one workload of the scenario.
public struct WorkloadInfo: Equatable, Sendable, Codable {
  /// File of the trace, or the name of the profile of a synthetic workload.
  public var path: String
  public var format: String
  /// SHA-256 of the file in hexadecimal; nil for a workload that came from no file.
  public var sha256: String?
  /// Rows read, and jobs that came of them.
  public var rows: Int
  public var jobs: Int
  /// Rows that became no job, by reason.
  public var skipped: Counts
  public var synthetic: Bool
  /// What the reader filled in or cut off, in words.
  public var notes: [String]
  /// The instant of a trace that is the beginning of the run, as the scenario has it; nil for its first row.
  public var start: String?

  public init(
    path: String, format: String, sha256: String?, rows: Int, jobs: Int, skipped: Counts, synthetic: Bool,
    notes: [String] = [], start: String? = nil
  ) {
    self.start = start
    self.path = path
    self.format = format
    self.sha256 = sha256
    self.rows = rows
    self.jobs = jobs
    self.skipped = skipped
    self.synthetic = synthetic
    self.notes = notes
  }
}

/// What the run itself cost. Nothing here enters the digest.
public struct EngineInfo: Equatable, Sendable, Codable {
  public var processes: Int
  public var windows: Int
  public var messages: Int
  public var events: Int
  public var wallSeconds: Double
  /// Of all processes together.
  public var peakRSSMB: Double
  /// Agents that were lost and started again.
  public var restarts: Int
  /// Times that the policy was asked, and microseconds that an answer took; nil where nobody measured.
  public var decisions: Int?
  public var decisionMicrosecondsMean: Double?
  public var decisionMicrosecondsP99: Double?

  public init(
    processes: Int, windows: Int, messages: Int, events: Int, wallSeconds: Double, peakRSSMB: Double, restarts: Int,
    decisions: Int? = nil, decisionMicrosecondsMean: Double? = nil, decisionMicrosecondsP99: Double? = nil
  ) {
    self.decisions = decisions
    self.decisionMicrosecondsMean = decisionMicrosecondsMean
    self.decisionMicrosecondsP99 = decisionMicrosecondsP99
    self.processes = processes
    self.windows = windows
    self.messages = messages
    self.events = events
    self.wallSeconds = wallSeconds
    self.peakRSSMB = peakRSSMB
    self.restarts = restarts
  }

  enum CodingKeys: String, CodingKey {
    case processes, windows, messages, events, restarts, decisions
    case decisionMicrosecondsMean = "decision_us_mean"
    case decisionMicrosecondsP99 = "decision_us_p99"
    case wallSeconds = "wall_s"
    case peakRSSMB = "peak_rss_mb"
  }
}

/// Everything that `summary.json` says and records do not hold.
public struct RunInfo: Equatable, Sendable {
  public var name: String
  /// The policy's spec as the user gave it.
  public var policy: String
  /// `ideal`, `fluid` or `packet`.
  public var network: String
  public var congestionControl: String
  /// `processes` or `inline`.
  public var driver: String
  public var seed: UInt64
  /// What the policy may know of durations: `exact`, `user`, `noise(p)` or `none`.
  public var estimates: String
  public var assumptions: [String]
  public var workloads: [WorkloadInfo]
  public var engine: EngineInfo
  /// How models and data homes were given to jobs, in words.
  public var modelAssignment: [String]
  /// The instant of prices, carbon and weather at which the run begins; nil if none of them depends on one.
  public var calendar: String?
  /// What policies may know of prices and carbon intensities to come, in words.
  public var forecast: String
  /// One for each inference workload.
  public var inference: [InferenceInfo]

  public init(
    name: String, policy: String, network: String, congestionControl: String, driver: String, seed: UInt64,
    estimates: String, assumptions: [String], workloads: [WorkloadInfo], engine: EngineInfo, modelAssignment: [String],
    calendar: String? = nil, forecast: String = "perfect", inference: [InferenceInfo] = []
  ) {
    self.name = name
    self.policy = policy
    self.network = network
    self.congestionControl = congestionControl
    self.driver = driver
    self.seed = seed
    self.estimates = estimates
    self.assumptions = assumptions
    self.workloads = workloads
    self.engine = engine
    self.modelAssignment = modelAssignment
    self.calendar = calendar
    self.forecast = forecast
    self.inference = inference
  }
}

/// When the jobs that count are submitted.
public struct MeasuredWindow: Equatable, Sendable {
  public var from: Time
  /// Nil for all that follows.
  public var length: Time?

  public init(from: Time = .zero, length: Time? = nil) {
    self.from = from
    self.length = length
  }

  public func contains(_ submit: Time) -> Bool { submit >= from && (length.map { submit - from < $0 } ?? true) }
}

/// What records refer to by index.
public struct RunInputs: Sendable {
  public var fleet: Fleet
  /// In order of arrival; the index is that of ``Records/JobRecord/job``.
  public var jobs: [Job]
  /// When the run ended, from its start.
  public var endTime: Time
  /// Names that `Job.model` is an index of; may be empty when no job has a model.
  public var modelNames: [String]
  /// What is paid beside energy.
  public var charges: Charges
  /// The part of the run that is measured: jobs that are submitted in it. What comes before is warm-up.
  public var measured: MeasuredWindow
  /// What one checkpoint of a job on so many GPUs takes, written or read.
  public var checkpointTime: @Sendable (Int) -> Time

  public init(
    fleet: Fleet, jobs: [Job], endTime: Time, modelNames: [String] = [], charges: Charges = Charges(),
    measured: MeasuredWindow = MeasuredWindow(), checkpointTime: @escaping @Sendable (Int) -> Time = { _ in .zero }
  ) {
    self.measured = measured
    self.checkpointTime = checkpointTime
    self.charges = charges
    self.fleet = fleet
    self.jobs = jobs
    self.endTime = endTime
    self.modelNames = modelNames
  }
}
