// SPDX-License-Identifier: Apache-2.0

import Foundation
import Results

/// The statistics of a comparison: means and intervals over windows, distances to the bounds, paired differences, ranks.
///
/// Documentation/Comparing.md gives the formulas.
public struct Comparison: Sendable {
  public struct Interval: Equatable, Sendable {
    public var mean: Double
    public var low: Double
    public var high: Double

    init?(_ interval: Bootstrap.Interval?) {
      guard let interval else { return nil }
      (mean, low, high) = (interval.mean, interval.low, interval.high)
    }
  }

  /// One policy in one case.
  public struct Row: Sendable {
    public var policy: String
    /// Intervals by name of metric; nil where it does not apply in some window.
    public var metrics: [(name: String, value: Interval?)]
    /// The mean over windows of what no schedule can beat at the policy's own mean completion time, by name of metric.
    public var bounds: [String: Double]
    /// Its mean over that bound, less 1; missing where the bound is unknown or not above zero.
    public var gaps: [String: Double]
    /// 1 for the best; policies whose paired difference from a better one has zero in its interval share a rank with it.
    /// Empty with one window, and for policies that left jobs undone.
    public var ranks: [String: Int]
    /// Jobs of the windows that failed, were not finished, or were refused while another policy ran them.
    public var undone: Int
    public var digests: [String]

    public subscript(_ name: String) -> Interval? { metrics.first { $0.name == name }?.value }
  }

  /// Policy `b` less policy `a`, window by window.
  public struct Pair: Sendable {
    public var a: Int
    public var b: Int
    public var metric: String
    public var difference: Interval
    /// In how many windows `b` was lower.
    public var lower: Int
  }

  public struct Case: Sendable {
    public var title: String
    public var rows: [Row]
    /// By name of metric: without a limit of completion time.
    public var bounds: [(name: String, value: Interval?)]
    public var pairs: [Pair]
    /// In the order of ``rows``, `[policy][window]`.
    public var perWindow: [[RunMetrics]]
  }

  public let data: ComparisonData
  public let cases: [Case]

  /// Metrics that have a bound, and by which policies are ranked.
  public static let bounded = ["jct_mean_s", "jobs_cost_usd", "jobs_carbon_t"]
  /// Metrics whose differences are listed.
  public static let paired = [
    "jct_mean_s", "jct_p95_s", "wait_mean_s", "bounded_slowdown_mean", "ftf_mean", "jobs_cost_usd", "jobs_carbon_t",
    "jobs_energy_mwh", "network_share",
  ]

  public init(_ data: ComparisonData) {
    self.data = data
    cases = data.cases.map { Self.statistics(of: $0, policies: data.policies, seed: data.seed) }
  }

  private static func statistics(of one: ComparisonData.Case, policies: [String], seed: UInt64) -> Case {
    let windows = one.windows.count
    let bootstrap = Bootstrap(count: windows, seed: seed)
    let metrics = one.portraits.map { $0.map(\.metrics) }
    func values(_ policy: Int, _ name: String) -> [Double?] { metrics[policy].map { $0[name] } }
    // A job that some policy ran and another refused, failed or left is undone by the other.
    let most = (0..<windows).map { window in metrics.map { $0[window]["completed"] ?? 0 }.max() ?? 0 }
    var rows: [Row] = []
    for (policy, name) in policies.enumerated() {
      var undone = 0.0
      for window in 0..<windows {
        let m = metrics[policy][window]
        let stopped = (m["failed"] ?? 0) + (m["unfinished"] ?? 0)
        undone += max(stopped, most[window] - (m["completed"] ?? 0))
      }
      var row = Row(
        policy: name,
        metrics: MetricInfo.all.map { ($0.name, Interval(bootstrap.interval(values(policy, $0.name)))) }, bounds: [:],
        gaps: [:], ranks: [:], undone: Int(undone), digests: one.portraits[policy].map(\.digest))
      for metric in bounded where undone == 0 {
        let limits = (0..<windows).map { bound(metric, one.portraits[policy][$0], one.bounds[$0]) }
        let known = limits.compactMap { $0 }
        guard known.count == windows, let mean = row[metric]?.mean else { continue }
        let limit = known.reduce(0, +) / Double(windows)
        row.bounds[metric] = limit
        if limit > 0 { row.gaps[metric] = mean / limit - 1 }
      }
      rows.append(row)
    }
    var pairs: [Pair] = []
    for metric in paired {
      for a in policies.indices {
        for b in policies.indices where b > a && rows[a].undone == 0 && rows[b].undone == 0 {
          let differences = zip(values(a, metric), values(b, metric)).map { x, y in x.flatMap { x in y.map { $0 - x } }
          }
          guard let interval = Interval(bootstrap.interval(differences)) else { continue }
          pairs.append(
            Pair(
              a: a, b: b, metric: metric, difference: interval,
              lower: differences.compactMap { $0 }.filter { $0 < 0 }.count))
        }
      }
    }
    if windows > 1 {
      for metric in bounded {
        for (policy, row) in rows.enumerated() where row.undone == 0 && row[metric] != nil {
          let better = pairs.filter { pair in
            guard pair.metric == metric else { return false }
            return pair.b == policy && pair.difference.low > 0 || pair.a == policy && pair.difference.high < 0
          }
          rows[policy].ranks[metric] = 1 + better.count
        }
      }
    }
    let limits = bounded.map { metric -> (name: String, value: Interval?) in
      let lists = (0..<windows).map { window in
        one.bounds[window].compactMap { free(metric, $0) }.min()
      }
      return (metric, Interval(bootstrap.interval(lists)))
    }
    return Case(title: one.title, rows: rows, bounds: limits, pairs: pairs, perWindow: metrics)
  }

  /// What no schedule of the same jobs can beat at the run's own mean completion time.
  static func bound(_ metric: String, _ portrait: RunPortrait, _ bounds: [ComparisonData.Bound]) -> Double? {
    guard let bound = bounds.first(where: { $0.completedHash == portrait.completedHash }) else { return nil }
    let hours = (portrait.metrics["jct_mean_s"] ?? .infinity) / 3600
    switch metric {
    case "jct_mean_s": return bound.completion * 3600
    case "jobs_cost_usd": return ComparisonData.Bound.value(bound.cost, at: hours)
    case "jobs_carbon_t": return ComparisonData.Bound.value(bound.carbon, at: hours).map { $0 / 1000 }
    default: return nil
    }
  }

  private static func free(_ metric: String, _ bound: ComparisonData.Bound) -> Double? {
    switch metric {
    case "jct_mean_s": return bound.completion * 3600
    case "jobs_cost_usd": return ComparisonData.Bound.free(bound.cost)
    case "jobs_carbon_t": return ComparisonData.Bound.free(bound.carbon).map { $0 / 1000 }
    default: return nil
    }
  }

  /// Policies that no other beats in both completion time and energy cost of the jobs, by number.
  public static func pareto(_ rows: [Row]) -> [Int] {
    func point(_ row: Row) -> (Double, Double)? {
      guard row.undone == 0, let time = row["jct_mean_s"]?.mean, let cost = row["jobs_cost_usd"]?.mean else {
        return nil
      }
      return (time, cost)
    }
    return rows.indices.filter { index in
      guard let mine = point(rows[index]) else { return false }
      return !rows.contains { other in
        guard let theirs = point(other) else { return false }
        return theirs.0 <= mine.0 && theirs.1 <= mine.1 && (theirs.0 < mine.0 || theirs.1 < mine.1)
      }
    }
  }

  /// What a reader must know before trusting a difference.
  public var notes: [String] {
    var notes = [data.windowRule]
    notes.append(
      data.network == "ideal"
        ? "The network is ideal: instant max-min fair sharing, no queues. --network fluid follows a congestion control."
        : "The network is followed at the \(data.network) level.")
    let windows = data.cases.map(\.windows.count).max() ?? 1
    if windows == 1 {
      notes.append(
        "One window: low and high equal the mean, and nothing is ranked, because a difference may be luck. "
          + "--replicates asks for more.")
    } else {
      notes.append(
        "Intervals are 95 % percentile bootstraps over \(windows) windows"
          + (windows < 8 ? "; with so few they are rough, and too narrow rather than too wide." : "."))
    }
    for one in cases {
      for row in one.rows where row.undone > 0 {
        notes.append(
          "\(row.policy)\(cases.count > 1 ? " in \(one.title)" : ""): \(Readable.integer(row.undone)) jobs of the "
            + "windows were not completed, so it is neither ranked nor held against a bound, and its times are those of "
            + "the jobs that were.")
      }
      let rejected = one.rows.compactMap { $0["rejected"]?.mean }.min() ?? 0
      if rejected > 0 {
        notes.append(
          "\(Readable.amount(rejected)) jobs a window\(cases.count > 1 ? " of \(one.title)" : "") fit into no site and "
            + "were refused by every policy; they are in no figure.")
      }
    }
    if data.cases.contains(where: { $0.bounds.contains { $0.contains { $0.cost.isEmpty } } }) {
      notes.append("Bounds of cost and carbon were not computed (--no-bounds).")
    }
    let synthetic = Set(
      data.cases.flatMap { $0.portraits.flatMap { $0.flatMap { $0.workloads.filter(\.synthetic).map(\.path) } } })
    if !synthetic.isEmpty { notes.append("Synthetic jobs: \(synthetic.sorted().joined(separator: ", ")).") }
    return notes + data.notes
  }
}
