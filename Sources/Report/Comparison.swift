// SPDX-License-Identifier: Apache-2.0

import Foundation
import Results

/// Several policies on the same inputs, one run each.
public struct Comparison: Sendable {
  /// What is compared: a name that is stable in files, and where it stands in a summary.
  public struct Metric: Sendable {
    public var name: String
    public var value: @Sendable (Summary) -> Double?

    public static let all: [Metric] = [
      Metric(name: "jct_mean_s") { $0.jobs.jct.mean }, Metric(name: "jct_p50_s") { $0.jobs.jct.p50 },
      Metric(name: "jct_p95_s") { $0.jobs.jct.p95 }, Metric(name: "jct_p99_s") { $0.jobs.jct.p99 },
      Metric(name: "wait_mean_s") { $0.jobs.wait.mean }, Metric(name: "wait_p95_s") { $0.jobs.wait.p95 },
      Metric(name: "bounded_slowdown_mean") { $0.jobs.boundedSlowdown.mean },
      Metric(name: "network_share") { $0.jobs.networkShare },
      Metric(name: "split_network_share") { $0.jobs.splitNetworkShare },
      Metric(name: "makespan_s") { $0.jobs.makespan }, Metric(name: "completed") { Double($0.jobs.completed) },
      Metric(name: "failed") { Double($0.jobs.failed) }, Metric(name: "rejected") { Double($0.jobs.rejected) },
      Metric(name: "unfinished") { Double($0.jobs.unfinished) }, Metric(name: "split") { Double($0.jobs.split) },
      Metric(name: "gpu_utilisation") { $0.gpus.utilisation }, Metric(name: "gpu_hours") { $0.gpus.gpuHours },
      Metric(name: "energy_mwh") { $0.energy.mwh }, Metric(name: "idle_mwh") { $0.energy.idleMWh },
      Metric(name: "cost_usd") { $0.energy.costUSD }, Metric(name: "carbon_t") { $0.energy.carbonTonnes },
      Metric(name: "wan_bytes") { Double($0.wan.bytes) }, Metric(name: "fct_slowdown_mean") { $0.wan.fctSlowdown.mean },
    ]
  }

  /// In the order in which the user named the policies.
  public var runs: [Summary]

  public init(_ runs: [Summary]) { self.runs = runs }

  /// What a reader must know before trusting a difference.
  public var notes: [String] {
    var notes = [
      "one run for each policy: low and high equal the mean; replicates, intervals and bounds are not computed"
    ]
    func differ<T: Equatable>(_ what: String, _ value: (Summary) -> T) {
      guard let first = runs.first, runs.contains(where: { value($0) != value(first) }) else { return }
      notes.append("the runs do not share the same \(what): differences are not those of the policies alone")
    }
    differ("seed") { $0.seed }
    differ("network") { $0.network }
    differ("congestion control") { $0.congestionControl }
    differ("estimates") { $0.estimates }
    differ("number of submitted jobs") { $0.jobs.submitted }
    differ("GPUs") { $0.energy.bySite.map { "\($0.id) \($0.gpus)" } }
    differ("workloads") { $0.workloads.map { [$0.path, $0.sha256 ?? "", "\($0.jobs)"] } }
    if let first = runs.first, runs.contains(where: { $0.jobs.completed != first.jobs.completed }) {
      notes.append("the policies completed different numbers of jobs, and times are those of completed jobs only")
    }
    return notes
  }

  /// The content of `comparison.json`.
  public var json: OrderedJSON {
    .object([
      (
        "policies",
        .array(
          runs.map { run in
            .object([
              ("policy", .string(run.policy)),
              ("metrics", .object(Metric.all.map { ($0.name, Self.interval($0.value(run))) })), ("gap_to_bound", .null),
              ("digest", .string(run.digest)),
            ])
          })
      ), ("bounds", .object([])), ("paired", .array([])), ("notes", .strings(notes)),
    ])
  }

  private static func interval(_ value: Double?) -> OrderedJSON {
    .object([("mean", .optional(value)), ("low", .optional(value)), ("high", .optional(value))])
  }

  /// The content of `comparison.csv`: one line for each policy and metric, with the columns policy, metric, mean, low,
  /// high.
  public var csv: String {
    var text = "policy,metric,mean,low,high\n"
    for run in runs {
      for metric in Metric.all {
        let value = metric.value(run).map { CanonicalNumber.string($0) } ?? ""
        text += CSVText.quoted(run.policy) + ",\(metric.name),\(value),\(value),\(value)\n"
      }
    }
    return text
  }

  /// Writes `comparison.csv`, then `comparison.json`, each complete or not at all.
  ///
  /// - Throws: Foundation's error when `folder` cannot be created or written.
  public func write(to folder: String) throws {
    let folder = URL(fileURLWithPath: folder, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(csv.utf8).write(to: folder.appendingPathComponent("comparison.csv"), options: .atomic)
    try Data(json.text.utf8).write(to: folder.appendingPathComponent("comparison.json"), options: .atomic)
  }
}
