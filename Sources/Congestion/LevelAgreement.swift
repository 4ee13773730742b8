// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Results

/// How far two levels of the network agree on mean flow completion times, algorithm by algorithm: the content of
/// `agreement.json`.
public struct LevelAgreement: Sendable {
  /// Largest relative difference that counts as agreement: in general, and for algorithms by name.
  public struct Tolerances: Equatable, Sendable {
    public var general: Double
    public var byName: [(name: String, share: Double)]
    public init(general: Double, byName: [(name: String, share: Double)] = []) {
      self.general = general
      self.byName = byName
    }

    public func tolerance(for name: String) -> Double {
      byName.first { $0.name == name }?.share ?? general
    }

    public static func == (a: Tolerances, b: Tolerances) -> Bool {
      a.general == b.general && a.byName.map(\.name) == b.byName.map(\.name)
        && a.byName.map(\.share) == b.byName.map(\.share)
    }
  }

  /// One run at one level.
  public struct Outcome: Sendable {
    /// Seconds from start to the last byte, flow by flow; nil where it did not arrive.
    public var completions: [Double?]
    public var events: UInt64
    public var drops: Int64
    public var cpuSeconds: Double

    public init(_ result: ExperimentResult, cpuSeconds: Double) {
      completions = result.flows.map { $0.end == .never ? nil : ($0.end - $0.start).seconds }
      events = result.events
      drops = result.ports.reduce(0) { $0 + $1.drops + $1.dropsInWarmup }
      self.cpuSeconds = cpuSeconds
    }
  }

  /// One plan at both levels.
  public struct Pair: Sendable {
    public var plan: NetworkPlan
    public var reference: Outcome
    public var level: Outcome
    public init(plan: NetworkPlan, reference: Outcome, level: Outcome) {
      self.plan = plan
      self.reference = reference
      self.level = level
    }
  }

  public enum Verdict: String, Sendable {
    /// The reference is certain enough, and the difference is within the tolerance, or beyond it.
    case agrees, differs
    /// The reference's own interval is too wide, or there is but one seed; whether the two intervals overlap.
    case overlap, apart
    /// Nobody can tell.
    case unknown
  }

  /// The 95 % half-width of the reference's mean, over that mean, up to which a verdict is given.
  public static let certainty = 0.015

  /// One algorithm of one experiment.
  public struct Row: Sendable {
    public var algorithm: Algorithm
    public var seeds: [UInt64]
    /// Flows that had an end at both levels, in all seeds; and those that missed it at one of them.
    public var flows: Int
    public var unfinished: Int
    /// Mean completion time in seconds, over the flows of a seed and then over seeds.
    public var reference: Estimate
    public var level: Estimate
    /// Of means of seeds with the same arrivals: level over reference, less one.
    public var difference: Estimate
    public var tolerance: Double
    /// Means of groups of flows, level over reference, less one.
    public var groups: [(name: String, difference: Double)]
    /// Events and seconds of a core, all seeds together.
    public var events: (reference: UInt64, level: UInt64)
    public var cpuSeconds: (reference: Double, level: Double)
    public var drops: (reference: Int64, level: Int64)

    /// How much of the difference lies in the means of all seeds.
    public var error: Double { reference.mean > 0 ? level.mean / reference.mean - 1 : 0 }

    public var verdict: Verdict {
      guard flows > 0, unfinished == 0 else { return .unknown }
      guard let width = reference.halfWidth, let other = level.halfWidth else { return .unknown }
      if width < LevelAgreement.certainty * reference.mean {
        return abs(error) <= tolerance ? .agrees : .differs
      }
      return abs(reference.mean - level.mean) <= width + other ? .overlap : .apart
    }
  }

  public struct Section: Sendable {
    public var name: String
    public var rows: [Row] = []
  }

  public let level: ExperimentLevel
  public let reference: ExperimentLevel
  public let tolerances: Tolerances
  public private(set) var sections: [Section]

  public init(level: ExperimentLevel, reference: ExperimentLevel, tolerances: Tolerances, experiments: [String]) {
    self.level = level
    self.reference = reference
    self.tolerances = tolerances
    sections = experiments.map { Section(name: $0) }
  }

  /// All seeds of one algorithm of an experiment.
  public mutating func add(_ pairs: [Pair], to section: Int) {
    guard let first = pairs.first else { return }
    var means: [(reference: Double, level: Double)] = []
    var groups: [(name: String, reference: Double, level: Double)] = first.plan.groups.map { ($0, 0, 0) }
    var (flows, unfinished) = (0, 0)
    for pair in pairs {
      var sums = (reference: 0.0, level: 0.0)
      var count = 0
      for (index, flow) in pair.plan.flows.enumerated() where flow.bytes != nil {
        guard let a = pair.reference.completions[index], let b = pair.level.completions[index] else {
          unfinished += 1
          continue
        }
        count += 1
        sums.reference += a
        sums.level += b
        groups[flow.group].reference += a
        groups[flow.group].level += b
      }
      flows += count
      if count > 0 { means.append((sums.reference / Double(count), sums.level / Double(count))) }
    }
    sections[section].rows.append(
      Row(
        algorithm: first.plan.algorithm, seeds: pairs.map(\.plan.seed), flows: flows, unfinished: unfinished,
        reference: Estimate(means.map(\.reference)), level: Estimate(means.map(\.level)),
        difference: Estimate(means.map { $0.level / $0.reference - 1 }),
        tolerance: tolerances.tolerance(for: first.plan.algorithm.name),
        groups: groups.filter { $0.reference > 0 }.map { ($0.name, $0.level / $0.reference - 1) },
        events: (pairs.reduce(0) { $0 + $1.reference.events }, pairs.reduce(0) { $0 + $1.level.events }),
        cpuSeconds: (
          pairs.reduce(0) { $0 + $1.reference.cpuSeconds }, pairs.reduce(0) { $0 + $1.level.cpuSeconds }
        ),
        drops: (pairs.reduce(0) { $0 + $1.reference.drops }, pairs.reduce(0) { $0 + $1.level.drops })))
  }

  // MARK: JSON

  public var json: OrderedJSON {
    .object([
      ("network", .string(level.rawValue)), ("against", .string(reference.rawValue)),
      ("certainty", .number(Self.certainty)),
      (
        "experiments",
        .array(
          sections.map { section in
            .object([("name", .string(section.name)), ("algorithms", .array(section.rows.map(row)))])
          })
      ),
    ])
  }

  private func row(_ row: Row) -> OrderedJSON {
    .object([
      ("algorithm", .string(row.algorithm.name)), ("preset", row.algorithm.preset.map { .string($0) } ?? .null),
      ("seeds", .array(row.seeds.map { .unsigned($0) })), ("flows", .integer(row.flows)),
      ("unfinished", .integer(row.unfinished)),
      (
        "fct_s",
        .object([(reference.rawValue, row.reference.json), (level.rawValue, row.level.json)])
      ),
      ("error", .number(row.error)), ("paired", row.difference.json), ("tolerance", .number(row.tolerance)),
      ("verdict", .string(row.verdict.rawValue)),
      ("groups", .object(row.groups.map { ($0.name, .number($0.difference)) })),
      (
        "drops",
        .object([
          (reference.rawValue, .integer(row.drops.reference)), (level.rawValue, .integer(row.drops.level)),
        ])
      ),
      (
        "engine",
        .object([
          (
            "events",
            .object([
              (reference.rawValue, .unsigned(row.events.reference)), (level.rawValue, .unsigned(row.events.level)),
            ])
          ),
          (
            "cpu_s",
            .object([
              (reference.rawValue, .number(row.cpuSeconds.reference)), (level.rawValue, .number(row.cpuSeconds.level)),
            ])
          ),
        ])
      ),
    ])
  }
}

/// The mean of independent values and the 95 % half-width of its interval (Student's t).
public struct Estimate: Equatable, Sendable {
  public let values: [Double]
  public let mean: Double
  /// Nil for fewer than two values.
  public let halfWidth: Double?

  public init(_ values: [Double]) {
    self.values = values
    let mean = values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    self.mean = mean
    guard values.count > 1 else {
      halfWidth = nil
      return
    }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    halfWidth = Self.quantile(values.count - 1) * (variance / Double(values.count)).squareRoot()
  }

  /// The 97.5 % quantile of Student's t, from tables; beyond thirty degrees of freedom by its expansion around the normal
  /// quantile, to three digits.
  static func quantile(_ degrees: Int) -> Double {
    let table = [
      12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
      2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ]
    if degrees <= table.count { return table[degrees - 1] }
    let z = 1.959964
    return z + (z * z * z + z) / (4 * Double(degrees))
  }

  var json: OrderedJSON {
    .object([
      ("mean", .number(mean)), ("half_width", .optional(halfWidth)), ("seeds", .array(values.map { .number($0) })),
    ])
  }
}
