// SPDX-License-Identifier: Apache-2.0

/// What is measured of a run: a name that is stable in files, what it is, and which direction is better.
///
/// Documentation/Comparing.md gives the formulas.
public struct MetricInfo: Sendable, Equatable {
  public enum Better: Sendable { case lower, higher, neither }

  public var name: String
  public var title: String
  public var better: Better
  /// Of the jobs that are submitted in the measured window; the others are of the fleet over the whole run.
  public var isOfJobs: Bool

  static func jobs(_ name: String, _ title: String, _ better: Better = .lower) -> MetricInfo {
    MetricInfo(name: name, title: title, better: better, isOfJobs: true)
  }

  static func fleet(_ name: String, _ title: String, _ better: Better = .neither) -> MetricInfo {
    MetricInfo(name: name, title: title, better: better, isOfJobs: false)
  }

  public static func named(_ name: String) -> MetricInfo? { all.first { $0.name == name } }

  /// In the order in which files hold them.
  public static let all: [MetricInfo] = [
    .jobs("jct_mean_s", "completion time, mean, s"), .jobs("jct_p50_s", "completion time, median, s"),
    .jobs("jct_p95_s", "completion time, 95th percentile, s"),
    .jobs("jct_p99_s", "completion time, 99th percentile, s"), .jobs("wait_mean_s", "wait, mean, s"),
    .jobs("wait_p50_s", "wait, median, s"), .jobs("wait_p95_s", "wait, 95th percentile, s"),
    .jobs("wait_p99_s", "wait, 99th percentile, s"), .jobs("bounded_slowdown_mean", "bounded slowdown, mean"),
    .jobs("bounded_slowdown_p95", "bounded slowdown, 95th percentile"), .jobs("makespan_s", "makespan, s"),
    .jobs("submitted", "jobs submitted", .neither), .jobs("completed", "jobs completed", .higher),
    .jobs("failed", "jobs failed"), .jobs("rejected", "jobs rejected"), .jobs("unfinished", "jobs unfinished"),
    .jobs("split", "jobs split over sites", .neither),
    .jobs("network_share", "share of completion time spent on the network"),
    .jobs("split_network_share", "the same of split jobs"), .jobs("ftf_mean", "finish-time fairness, mean"),
    .jobs("ftf_max", "finish-time fairness, worst"), .jobs("ftf_over_1_1", "share of jobs over 1.1 of a fair share"),
    .jobs("jain_users", "Jain's index over users", .higher),
    .jobs("deadline_attainment", "deadlines kept", .higher),
    .jobs("slo_attainment", "requests within their objectives", .higher),
    .jobs("jobs_energy_mwh", "energy of the jobs, MWh"), .jobs("jobs_cost_usd", "energy cost of the jobs, USD"),
    .jobs("jobs_carbon_t", "carbon of the jobs, t"), .jobs("preemptions", "preemptions"),
    .jobs("migrations", "migrations"), .jobs("lost_gpu_hours", "GPU-hours lost to checkpoints and outages"),
    .jobs("utilisation", "GPUs busy in the window", .higher),
    .jobs("fragmentation", "GPUs free while jobs wait"),
    .fleet("gpu_utilisation", "GPUs busy in the whole run", .higher), .fleet("gpu_hours", "GPU-hours"),
    .fleet("energy_mwh", "energy of the fleet, MWh", .lower), .fleet("idle_mwh", "of it idle, MWh"),
    .fleet("stalled_mwh", "of it stalled, MWh", .lower), .fleet("cost_usd", "energy cost of the fleet, USD", .lower),
    .fleet("demand_usd", "demand charges, USD", .lower), .fleet("egress_usd", "charges for traffic, USD", .lower),
    .fleet("total_usd", "energy, demand and traffic, USD", .lower),
    .fleet("carbon_t", "carbon of the fleet, t", .lower), .fleet("water_m3", "water, m3", .lower),
    .fleet("peak_kw", "peak power, kW", .lower), .fleet("wan_bytes", "bytes over the WAN"),
    .fleet("wan_mwh", "energy of the WAN's equipment, MWh"),
    .fleet("link_utilisation_p99", "hourly use of links, 99th percentile", .lower),
    .fleet("link_queue_us_p99", "queue of the worst link, 99th percentile, us", .lower),
    .fleet("fct_slowdown_mean", "slowdown of transfers, mean", .lower),
  ]
}
