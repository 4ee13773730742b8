// SPDX-License-Identifier: Apache-2.0

/// What `summary.json` holds. Keys are stable; a unit stands at the end of a name.
///
/// A value that does not exist (the mean wait when no job completed) is `null`, never zero.
public struct Summary: Codable, Equatable, Sendable {
  public var schema: Int
  public var name: String
  public var policy: String
  public var network: String
  public var congestionControl: String
  public var driver: String
  public var seed: UInt64
  public var estimates: String
  public var assumptions: [String]
  public var modelAssignment: [String]
  public var workloads: [WorkloadInfo]
  public var jobs: Jobs
  public var gpus: GPUs
  public var energy: Energy
  public var wan: WAN
  /// One for each inference workload; nil in summaries of before there were any.
  public var inference: [InferenceInfo]?
  /// What broke and what it cost; nil for a scenario without faults.
  public var faults: Faults?
  /// How jobs lie inside their sites; nil where that is not followed.
  public var fabric: Fabric?
  /// Wavelengths that were moved; nil where they cannot be.
  public var lightPaths: Light?
  public var engine: EngineInfo
  public var digest: String
  /// The instant of prices, carbon and weather at which the run begins; nil if none of them depends on one.
  public var calendar: String?
  /// What policies may know of prices and carbon intensities to come.
  public var forecast: String

  enum CodingKeys: String, CodingKey {
    case schema, name, policy, network, driver, seed, estimates, assumptions, workloads, jobs, gpus, energy, wan
    case engine, digest, calendar, forecast, inference, faults, fabric
    case congestionControl = "congestion_control"
    case modelAssignment = "model_assignment"
    case lightPaths = "light_paths"
  }

  /// Percentiles are element floor(p n) of the sorted list, counted from 0.
  public struct Statistics: Codable, Equatable, Sendable {
    public var mean: Double?
    public var p50: Double?
    public var p95: Double?
    public var p99: Double?

    public init(mean: Double? = nil, p50: Double? = nil, p95: Double? = nil, p99: Double? = nil) {
      self.mean = mean
      self.p50 = p50
      self.p95 = p95
      self.p99 = p99
    }
  }

  /// Times and slowdowns are those of completed jobs.
  public struct Jobs: Codable, Equatable, Sendable {
    public var submitted: Int
    public var completed: Int
    public var failed: Int
    public var rejected: Int
    public var unfinished: Int
    /// Jobs that were spread over more than one site at some time.
    public var split: Int
    /// End less submission.
    public var jct: Statistics
    /// First start less submission.
    public var wait: Statistics
    /// Completion time over run time alone on reference GPUs, both at least 10 s, never below 1.
    ///
    /// The run time is the traced one, not that of this run: a policy that makes jobs run slower must not gain by it.
    public var boundedSlowdown: Statistics
    /// Time that jobs held GPUs and waited for the network, over their completion times.
    public var networkShare: Double?
    /// The same over split jobs alone.
    public var splitNetworkShare: Double?
    /// Last end of a job less first submission.
    public var makespan: Double?
    public var rejectedReasons: Counts

    enum CodingKeys: String, CodingKey {
      case submitted, completed, failed, rejected, unfinished, split
      case jct = "jct_s"
      case wait = "wait_s"
      case boundedSlowdown = "bounded_slowdown"
      case networkShare = "network_share"
      case splitNetworkShare = "split_network_share"
      case makespan = "makespan_s"
      case rejectedReasons = "rejected_reasons"
    }
  }

  public struct GPUs: Codable, Equatable, Sendable {
    public var total: Int
    /// Busy GPU-hours over all GPU-hours of the hours that sites reported.
    public var utilisation: Double?
    /// Busy GPU-hours.
    public var gpuHours: Double

    enum CodingKeys: String, CodingKey {
      case total, utilisation
      case gpuHours = "gpu_hours"
    }
  }

  /// At the meter, PUE included.
  public struct Energy: Codable, Equatable, Sendable {
    public var mwh: Double
    /// What GPUs took that no job held, and what those took that a job held and that waited: for data, for other sites,
    /// for gradients, for a checkpoint.
    public var idleMWh: Double
    public var stalledMWh: Double
    /// Of the energy; with demand charges and charges for traffic it makes the total.
    public var costUSD: Double
    public var demandUSD: Double
    public var egressUSD: Double?
    public var totalUSD: Double
    public var carbonTonnes: Double
    public var waterCubicMetres: Double
    /// The highest mean power of the fleet over an hour.
    public var peakKW: Double
    /// Of routers, modules, amplifiers and regeneration between the sites, at no site's meter and part of no other
    /// figure.
    public var wanMWh: Double
    /// Of that, what each kind of equipment took.
    public var wanParts: WANParts?
    /// Of `mwh`, what switches and optics inside the sites took; nil in summaries of before it was told apart.
    public var networkMWh: Double?
    public var bySite: [Site]

    enum CodingKeys: String, CodingKey {
      case mwh
      case stalledMWh = "stalled_mwh"
      case demandUSD = "demand_usd"
      case totalUSD = "total_usd"
      case waterCubicMetres = "water_m3"
      case peakKW = "peak_kw"
      case wanMWh = "wan_mwh"
      case wanParts = "wan_parts_mwh"
      case networkMWh = "network_mwh"
      case idleMWh = "idle_mwh"
      case costUSD = "cost_usd"
      case egressUSD = "egress_usd"
      case carbonTonnes = "carbon_t"
      case bySite = "by_site"
    }
  }

  public struct Site: Codable, Equatable, Sendable {
    public var id: String
    public var gpus: Int
    public var utilisation: Double?
    public var mwh: Double
    public var idleMWh: Double
    public var stalledMWh: Double
    public var costUSD: Double
    public var demandUSD: Double
    public var carbonTonnes: Double
    public var waterCubicMetres: Double
    /// The most that it drew at any time.
    public var peakKW: Double
    /// In which its power cap held work back.
    public var cappedHours: Double
    /// Mean over time; nil for a run of no length.
    public var pue: Double?
    /// Of the energy, what switches and optics of the site took, and their power before PUE.
    public var networkMWh: Double?
    public var networkKW: Double?

    enum CodingKeys: String, CodingKey {
      case id, gpus, utilisation, mwh, pue
      case networkMWh = "network_mwh"
      case networkKW = "network_kw"
      case stalledMWh = "stalled_mwh"
      case demandUSD = "demand_usd"
      case waterCubicMetres = "water_m3"
      case peakKW = "peak_kw"
      case cappedHours = "capped_h"
      case idleMWh = "idle_mwh"
      case costUSD = "cost_usd"
      case carbonTonnes = "carbon_t"
    }
  }

  public struct WAN: Codable, Equatable, Sendable {
    /// Sum over flows, each byte once whatever the number of links on its way.
    public var bytes: Int64
    public var flows: Int
    /// Completion time over the time alone on the path, of flows with a size of their own.
    public var fctSlowdown: FlowStatistics
    public var links: [Link]
    /// How each link is built; nil in summaries of before that was modelled.
    public var lines: [Line]?

    enum CodingKeys: String, CodingKey {
      case bytes, flows, links, lines
      case fctSlowdown = "fct_slowdown"
    }
  }

  public struct FlowStatistics: Codable, Equatable, Sendable {
    public var mean: Double?
    public var p50: Double?
    public var p99: Double?

    public init(mean: Double? = nil, p50: Double? = nil, p99: Double? = nil) {
      self.mean = mean
      self.p50 = p50
      self.p99 = p99
    }
  }

  public struct Light: Codable, Equatable, Sendable {
    public var policy: String
    /// Times that wavelengths were moved, how many in all, and wavelength-seconds in which these were dark.
    public var retunes: Int
    public var moved: Int
    public var darkSeconds: Double

    enum CodingKeys: String, CodingKey {
      case policy, retunes, moved
      case darkSeconds = "dark_wavelength_s"
    }
  }

  public struct Availability: Codable, Equatable, Sendable {
    public var id: String
    public var availability: Double
  }

  /// One direction of a link.
  public struct Link: Codable, Equatable, Sendable {
    /// `omaha->columbus`.
    public var id: String
    /// Id of the link in the scenario: tells parallel links apart.
    public var link: String
    /// Nil, as all that follows, when the engine reported nothing of this direction.
    public var utilisation: Double?
    public var queueMicrosecondsP99: Double?
    /// Bytes that left the port.
    public var bytes: Int64?
    /// Bytes dropped.
    public var drops: Int64?

    enum CodingKeys: String, CodingKey {
      case id, link, utilisation, bytes, drops
      case queueMicrosecondsP99 = "queue_us_p99"
    }
  }
}

extension Summary {
  /// The file's content: keys in the documented order.
  public var json: OrderedJSON {
    .object([
      ("schema", .integer(schema)), ("name", .string(name)), ("policy", .string(policy)),
      ("network", .string(network)), ("congestion_control", .string(congestionControl)),
      ("driver", .string(driver)), ("seed", .unsigned(seed)), ("estimates", .string(estimates)),
      ("calendar", calendar.map { .string($0) } ?? .null), ("forecast", .string(forecast)),
      ("assumptions", .strings(assumptions)), ("model_assignment", .strings(modelAssignment)),
      ("workloads", .array(workloads.map(\.json))), ("jobs", jobs.json),
      (
        "gpus",
        .object([
          ("total", .integer(gpus.total)), ("utilisation", .optional(gpus.utilisation)),
          ("gpu_hours", .number(gpus.gpuHours)),
        ])
      ), ("energy", energy.json), ("wan", wan.json),
      ("inference", .array((inference ?? []).map(\.json))), ("faults", faults?.json ?? .null),
      ("fabric", fabric?.json ?? .null), ("light_paths", lightPaths?.json ?? .null), ("engine", engine.json),
      ("digest", .string(digest)),
    ])
  }
}

extension Summary.Light {
  var json: OrderedJSON {
    .object([
      ("policy", .string(policy)), ("retunes", .integer(retunes)), ("moved", .integer(moved)),
      ("dark_wavelength_s", .number(darkSeconds)),
    ])
  }
}

extension Summary.Fabric {
  var json: OrderedJSON {
    .object([
      ("pieces", .integer(pieces)), ("scattered", .integer(scattered)),
      ("domains_over_least", .optional(domainsOverLeast)), ("local_share", .optional(localShare)),
    ])
  }
}

extension Summary.Faults {
  var json: OrderedJSON {
    func list(_ rows: [Summary.Availability]) -> OrderedJSON {
      .array(rows.map { .object([("id", .string($0.id)), ("availability", .number($0.availability))]) })
    }
    return .object([
      ("counts", counts.json), ("jobs_lost", .integer(jobsLost)), ("jobs_hit", .integer(jobsHit)),
      ("lost_gpu_hours", .number(lostGPUHours)), ("sites", list(sites)), ("links", list(links)),
    ])
  }
}

extension Summary.Statistics {
  var json: OrderedJSON {
    .object([("mean", .optional(mean)), ("p50", .optional(p50)), ("p95", .optional(p95)), ("p99", .optional(p99))])
  }
}

extension Summary.Jobs {
  var json: OrderedJSON {
    .object([
      ("submitted", .integer(submitted)), ("completed", .integer(completed)), ("failed", .integer(failed)),
      ("rejected", .integer(rejected)), ("unfinished", .integer(unfinished)), ("split", .integer(split)),
      ("jct_s", jct.json), ("wait_s", wait.json), ("bounded_slowdown", boundedSlowdown.json),
      ("network_share", .optional(networkShare)), ("split_network_share", .optional(splitNetworkShare)),
      ("makespan_s", .optional(makespan)), ("rejected_reasons", rejectedReasons.json),
    ])
  }
}

extension Summary.Energy {
  var json: OrderedJSON {
    .object([
      ("mwh", .number(mwh)), ("idle_mwh", .number(idleMWh)), ("stalled_mwh", .number(stalledMWh)),
      ("cost_usd", .number(costUSD)), ("demand_usd", .number(demandUSD)), ("egress_usd", .optional(egressUSD)),
      ("total_usd", .number(totalUSD)), ("carbon_t", .number(carbonTonnes)),
      ("water_m3", .number(waterCubicMetres)), ("peak_kw", .number(peakKW)), ("wan_mwh", .number(wanMWh)),
      ("wan_parts_mwh", wanParts.map(\.json) ?? .null), ("network_mwh", .optional(networkMWh)),
      (
        "by_site",
        .array(
          bySite.map { site in
            .object([
              ("id", .string(site.id)), ("gpus", .integer(site.gpus)), ("utilisation", .optional(site.utilisation)),
              ("mwh", .number(site.mwh)), ("idle_mwh", .number(site.idleMWh)),
              ("stalled_mwh", .number(site.stalledMWh)), ("cost_usd", .number(site.costUSD)),
              ("demand_usd", .number(site.demandUSD)), ("carbon_t", .number(site.carbonTonnes)),
              ("water_m3", .number(site.waterCubicMetres)), ("peak_kw", .number(site.peakKW)),
              ("capped_h", .number(site.cappedHours)), ("pue", .optional(site.pue)),
              ("network_mwh", .optional(site.networkMWh)), ("network_kw", .optional(site.networkKW)),
            ])
          })
      ),
    ])
  }
}

extension Summary.WAN {
  var json: OrderedJSON {
    .object([
      ("bytes", .integer(bytes)), ("flows", .integer(flows)),
      (
        "fct_slowdown",
        .object([
          ("mean", .optional(fctSlowdown.mean)), ("p50", .optional(fctSlowdown.p50)),
          ("p99", .optional(fctSlowdown.p99)),
        ])
      ),
      (
        "links",
        .array(
          links.map { link in
            .object([
              ("id", .string(link.id)), ("link", .string(link.link)), ("utilisation", .optional(link.utilisation)),
              ("queue_us_p99", .optional(link.queueMicrosecondsP99)),
              ("bytes", link.bytes.map { .integer($0) } ?? .null),
              ("drops", link.drops.map { .integer($0) } ?? .null),
            ])
          })
      ), ("lines", .array((lines ?? []).map(\.json))),
    ])
  }
}

extension WorkloadInfo {
  var json: OrderedJSON {
    .object([
      ("path", .string(path)), ("format", .string(format)), ("sha256", sha256.map { .string($0) } ?? .null),
      ("rows", .integer(rows)), ("jobs", .integer(jobs)), ("skipped", skipped.json), ("synthetic", .bool(synthetic)),
      ("notes", .strings(notes)), ("start", start.map { .string($0) } ?? .null),
    ])
  }
}

extension EngineInfo {
  var json: OrderedJSON {
    .object([
      ("processes", .integer(processes)), ("windows", .integer(windows)), ("messages", .integer(messages)),
      ("events", .integer(events)), ("wall_s", .number(wallSeconds)), ("peak_rss_mb", .number(peakRSSMB)),
      ("restarts", .integer(restarts)), ("decisions", decisions.map { .integer($0) } ?? .null),
      ("decision_us_mean", .optional(decisionMicrosecondsMean)),
      ("decision_us_p99", .optional(decisionMicrosecondsP99)),
    ])
  }
}
