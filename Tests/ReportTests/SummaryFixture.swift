// SPDX-License-Identifier: Apache-2.0

import Foundation
import Results

/// A summary as a file would hold it.
func summary(
  policy: String = "fifo+easy@cheapest-energy", jct: Double = 7200, cost: Double = 1234.5, seed: Int = 7,
  completed: Int = 38, links: Int = 2, scale: Double = 1,
  calendar: String? = nil, demand: Double = 0, water: Double = 0
) throws -> Summary {
  let linkList = (0..<links).map {
    """
    {"id": "site\($0)->site\($0 + 1)", "link": "l\($0)", "utilisation": 0.125, "queue_us_p99": 12.5,
     "bytes": \($0 * 1_000_000_000), "drops": 0}
    """
  }
  let text = """
    {"schema": 1, "name": "two-regions", "policy": "\(policy)", "network": "fluid",
     "congestion_control": "distance-aware", "driver": "processes", "seed": \(seed), "estimates": "exact",
     "calendar": \(calendar.map { "\"\($0)\"" } ?? "null"), "forecast": "perfect",
     "assumptions": ["Traffic between sites costs nothing."],
     "model_assignment": ["by-size"],
     "workloads": [{"path": "llm-training", "format": "synthetic", "sha256": null, "rows": 40, "jobs": 40,
       "skipped": {}, "synthetic": true, "notes": [], "start": null}],
     "jobs": {"submitted": 40, "completed": \(completed), "failed": 0, "rejected": 1, "unfinished": 1, "split": 6,
       "jct_s": {"mean": \(jct), "p50": \(jct / 2), "p95": \(jct * 3), "p99": \(jct * 4)},
       "wait_s": {"mean": 90, "p50": 0, "p95": 600, "p99": 1200},
       "bounded_slowdown": {"mean": 1.5, "p50": 1, "p95": 3, "p99": 12.25},
       "network_share": 0.021, "split_network_share": 0.083, "makespan_s": 604800,
       "rejected_reasons": {"needs more GPUs than the fleet has": 1}},
     "gpus": {"total": 768, "utilisation": 0.631, "gpu_hours": 41234.5},
     "energy": {"mwh": \(12.34 * scale), "idle_mwh": \(3.5 * scale), "stalled_mwh": 0.5,
       "cost_usd": \(cost), "demand_usd": \(demand), "egress_usd": 0, "total_usd": \(cost + demand),
       "carbon_t": \(4.5 * scale), "water_m3": \(water), "peak_kw": 700, "wan_mwh": 0.25, "by_site": [
       {"id": "columbus", "gpus": 256, "utilisation": 0.5, "mwh": 4.344, "idle_mwh": 1.5, "stalled_mwh": 0.125,
        "cost_usd": 400.4, "demand_usd": 0, "carbon_t": 1.5, "water_m3": \(water), "peak_kw": 250, "capped_h": 1.5,
        "pue": 1.15},
       {"id": "omaha", "gpus": 512, "utilisation": 0.7, "mwh": 8.003, "idle_mwh": 2, "stalled_mwh": 0.375,
        "cost_usd": 834.4, "demand_usd": \(demand), "carbon_t": 3, "water_m3": 0, "peak_kw": 500, "capped_h": 0,
        "pue": 1.1}]},
     "wan": {"bytes": \(Int(12_300_000_000_000 * scale)), "flows": 40,
       "fct_slowdown": {"mean": 1.25, "p50": 1, "p99": 2.5}, "links": [\(linkList.joined(separator: ","))]},
     "engine": {"processes": 3, "windows": 12345, "messages": 67890, "events": 1, "wall_s": 12.3,
       "peak_rss_mb": 45, "restarts": 1},
     "digest": "\(String(repeating: "0123456789abcdef", count: 4))"}
    """
  return try JSONDecoder().decode(Summary.self, from: Data(text.utf8))
}

/// The portrait of a run as a file would hold it.
func portrait(
  policy: String, jct: Double?, cost: Double, carbon: Double = 2, unfinished: Int = 0, hash: String = "all",
  network: String = "ideal", links: Bool = true
) throws -> RunPortrait {
  let site = { (id: String, longitude: Double) in
    """
    {"id": "\(id)", "latitude": 40, "longitude": \(longitude), "gpus": 64, "busyGPUs": [10, 20, 30],
     "powerKW": [5, 6, 7], "priceUSDPerMWh": [30, 40, 20], "carbonGramsPerKWh": [400, 300, 350]}
    """
  }
  let port = { (from: Int, to: Int) in
    """
    {"id": "\(from == 0 ? "a->b" : "b->a")", "link": "a-b", "from": \(from), "to": \(to), "gigabits": 400,
     "wavelengths": 1, "kilometres": 1000, "medium": "smf", "optics": "400zr-plus", "utilisation": 0.1,
     "bytes": 1000000, "drops": 0, "busiestHour": 0.4}
    """
  }
  let values =
    (jct.map { "\"jct_mean_s\": \($0), " } ?? "")
      + """
      "jobs_cost_usd": \(cost), "jobs_carbon_t": \(carbon), "submitted": 40, "completed": \(40 - unfinished),
      "failed": 0, "rejected": 0, "unfinished": \(unfinished)
      """
  let text = """
    {"schema": 1, "name": "two <sites>", "policy": "\(policy)", "network": "\(network)", "congestionControl": "none",
     "driver": "inline", "seed": 7, "estimates": "exact", "assumptions": ["Traffic between sites costs nothing."],
     "modelAssignment": ["by-size"], "workloads": [{"path": "/somewhere/philly.csv", "format": "philly",
       "sha256": "00ff", "rows": 50, "jobs": 40, "skipped": {}, "synthetic": false, "notes": ["a note"]}],
     "digest": "feed", "warmUp": 0, "completedHash": "\(hash)", "notCompleted": [], "end": 10800,
     "values": {\(values)},
     "distributions": {"completion": [1, 10, 100], "wait": [0, 0, 5], "slowdown": [1, 1, 2]},
     "sites": [\(site("a", -90)), \(site("b", -75))], "ports": [\(links ? port(0, 1) + "," + port(1, 0) : "")],
     "engine": {"processes": 1, "windows": 1, "messages": 1, "events": 1, "wall_s": 1, "peak_rss_mb": 1,
       "restarts": 0, "decisions": 10, "decision_us_mean": 12.5, "decision_us_p99": 40}}
    """
  return try JSONDecoder().decode(RunPortrait.self, from: Data(text.utf8))
}

/// A comparison of policies given by their mean completion times in hours and costs, window by window.
func comparisonData(
  _ policies: [(name: String, runs: [(jct: Double?, cost: Double)])], bound: Double? = nil,
  change: (Int, Int, RunPortrait) throws -> RunPortrait = { _, _, portrait in portrait }
) throws -> ComparisonData {
  let count = policies.first?.runs.count ?? 0
  var data = ComparisonData(
    name: "two <sites>", command: "./longhaul compare two-sites.yaml", policies: policies.map(\.name),
    network: "ideal", driver: "inline", seed: 7, windowRule: "Windows by hand.", cases: [])
  var one = ComparisonData.Case(
    title: "two sites", scenario: "two-sites.yaml", trace: nil, settings: [], arguments: ["--network", "ideal"],
    windows: (0..<count).map {
      .init(
        label: "week \($0 + 1)", start: nil, calendar: nil,
        settings: [.init(path: "workloads[0].start", value: "\($0) s")], warmUp: 0, length: nil)
    })
  one.portraits = try policies.enumerated().map { index, policy in
    try policy.runs.enumerated().map { window, run in
      try change(
        index, window, portrait(policy: policy.name, jct: run.jct.map { $0 * 3600 }, cost: run.cost))
    }
  }
  if let bound {
    one.bounds = one.windows.map { _ in
      [
        .init(
          completedHash: "all", completion: 1,
          cost: [.init(budget: nil, cost: bound, slope: 0), .init(budget: 2, cost: 2 * bound, slope: -bound / 2)],
          carbon: [.init(budget: nil, cost: 1000, slope: 0)])
      ]
    }
  }
  data.cases = [one]
  return data
}
