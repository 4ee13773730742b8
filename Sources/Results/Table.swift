// SPDX-License-Identifier: Apache-2.0

import Quantities
import Topology

/// One value of a row, written alike into CSV and SQLite.
enum Cell {
  /// Where a value is meaningless: an empty field, NULL.
  case empty
  case text(String)
  case integer(Int64)
  case real(Double)
  case time(Time)
  /// `value / 10^decimals`, exact.
  case scaled(Int64, decimals: Int)

  static func integer(_ value: Int32) -> Cell { .integer(Int64(value)) }
  static func optional(_ time: Time?) -> Cell { time.map { .time($0) } ?? .empty }
}

/// A table of the results: one of `run.sqlite`, whose first columns are those of a canonical CSV file if it has one.
struct Table {
  enum Kind: String {
    case text = "TEXT"
    case integer = "INTEGER"
    case real = "REAL"
  }

  var name: String
  var columns: [(name: String, kind: Kind)]
  /// How many of the columns are in `name`.csv; 0 for a table without such a file.
  var csvColumns: Int
  /// Columns with an index of their own.
  var indices: [String]

  init(_ name: String, csv: [(String, Kind)], more: [(String, Kind)] = [], indices: [String]) {
    self.name = name
    columns = csv + more
    csvColumns = csv.count
    self.indices = indices
  }

  static let jobs = Table(
    "jobs",
    csv: [
      ("job_id", .text), ("submit_s", .real), ("start_s", .real), ("end_s", .real), ("wait_s", .real),
      ("jct_s", .real), ("gpus", .real), ("sites", .text), ("status", .text), ("energy_kwh", .real),
      ("cost_usd", .real), ("carbon_kg", .real), ("wan_bytes", .integer), ("preemptions", .integer),
      ("migrations", .integer),
    ],
    more: [
      ("duration_s", .real), ("network_s", .real), ("max_sites", .integer), ("model", .text), ("workload", .integer),
      ("reason", .text),
    ],
    indices: ["job_id", "submit_s", "status"])

  static let placements = Table(
    "placements",
    csv: [
      ("job_id", .text), ("segment", .integer), ("site", .text), ("gpus", .integer), ("start_s", .real),
      ("end_s", .real), ("energy_kwh", .real), ("energy_cost_usd", .real), ("carbon_kg", .real),
      ("compute_start_s", .real), ("stalled_energy_kwh", .real),
    ],
    indices: ["job_id", "site", "start_s"])

  static let sites = Table(
    "sites",
    csv: [
      ("site", .text), ("hour", .integer), ("span_s", .real), ("busy_gpus", .real), ("idle_gpus", .real),
      ("power_kw", .real), ("pue", .real), ("price_usd_per_mwh", .real), ("carbon_g_per_kwh", .real),
      ("energy_kwh", .real), ("idle_energy_kwh", .real), ("cost_usd", .real), ("carbon_kg", .real),
      ("stalled_energy_kwh", .real), ("water_l", .real), ("peak_power_kw", .real), ("capped_s", .real),
    ],
    indices: ["site", "hour"])

  static let links = Table(
    "links",
    csv: [
      ("id", .text), ("from", .text), ("to", .text), ("capacity_gbps", .real), ("bytes_in", .integer),
      ("bytes_out", .integer), ("bytes_dropped", .integer), ("utilisation", .real), ("queue_us_mean", .real),
      ("queue_us_p99", .real), ("queue_us_max", .real), ("availability", .real), ("power_w", .real),
    ],
    indices: ["id"])

  /// One row a flow over the WAN. `alone_s` is what it would take alone on its path, empty for gradient flows.
  static let flows = Table(
    "flows", csv: [],
    more: [
      ("kind", .text), ("job_id", .text), ("segment", .integer), ("from", .text), ("to", .text), ("bytes", .integer),
      ("start_s", .real), ("end_s", .real), ("alone_s", .real), ("slowdown", .real),
    ],
    indices: ["job_id", "start_s"])

  /// The whole fleet at the start of each hour (`jobs_queued`, `jobs_running`) or on average over the hour
  /// (`busy_gpus`, `power_kw`).
  static let series = Table(
    "series", csv: [], more: [("time_s", .real), ("quantity", .text), ("value", .real)],
    indices: ["quantity", "time_s"])

  /// What happened when: `submit`, `reject`, `start` and `stop` of each stay, `complete`, `fail`, and `capacity` of a
  /// link, with the new one in Gb/s as `value`.
  static let events = Table(
    "events", csv: [],
    more: [
      ("time_s", .real), ("kind", .text), ("job_id", .text), ("segment", .integer), ("site", .text), ("link", .text),
      ("value", .real),
    ],
    indices: ["time_s", "job_id"])

  /// What broke in the run, and what that did to jobs. There is such a file only where a scenario has faults.
  static let faults = Table(
    "faults",
    csv: [
      ("kind", .text), ("link", .text), ("site", .text), ("at_s", .real), ("until_s", .real), ("capacity_gbps", .real),
      ("jobs_lost", .integer), ("lost_gpu_hours", .real),
    ],
    indices: ["at_s"])

  /// How jobs lie inside their sites, one row a piece of a stay. There is such a file only where a site's
  /// `fabric.placement` says that this is followed.
  static let fabric = Table(
    "fabric",
    csv: [
      ("job_id", .text), ("segment", .integer), ("site", .text), ("gpus", .integer), ("domains", .integer),
      ("least_domains", .integer), ("leaves", .integer), ("compute_s", .real), ("scale_up_s", .real),
      ("scale_out_s", .real), ("across_s", .real), ("exposed_local_s", .real), ("exposed_across_s", .real),
      ("iteration_s", .real),
    ],
    indices: ["job_id"])

  /// Wavelengths of links after each time that some were moved; at time zero those of the scenario. There is such a file
  /// only where a scenario has `light_paths`.
  static let light = Table(
    "light_paths",
    csv: [("at_s", .real), ("settled_s", .real), ("moved", .integer), ("link", .text), ("wavelengths", .integer)],
    indices: ["at_s"])

  static let all = [jobs, placements, sites, links, faults, fabric, light, flows, series, events]
  /// Those with a canonical CSV file, in the order in which the digest covers them.
  static let canonical = [jobs, placements, sites, links, faults, fabric, light]

  /// Whether a run of this fleet has the table's file.
  func belongs(to fleet: Fleet) -> Bool {
    switch name {
    case Table.faults.name: return !fleet.faults.isEmpty
    case Table.fabric.name: return fleet.sites.contains { $0.placement != nil }
    case Table.light.name: return fleet.lightPaths != nil
    default: return true
    }
  }
}
