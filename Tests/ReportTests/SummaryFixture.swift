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
