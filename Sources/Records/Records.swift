// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What machines report of a run, besides the messages they exchange. Jobs, sites and ports are given by index: jobs
/// in order of arrival, sites and ports as in the fleet.
public enum Record: Equatable, Sendable {
  case job(JobRecord)
  case stay(StayRecord)
  case siteHour(SiteHourRecord)
  case port(PortRecord)
  case flow(FlowRecord)
  case loss(LossRecord)
  case fabric(FabricRecord)
  case retune(RetuneRecord)
}

/// Wavelengths that have been moved between links.
public struct RetuneRecord: Equatable, Sendable {
  public var at: Time
  /// When those that were moved carry traffic.
  public var settled: Time
  public var moved: Int32
  /// Of every link, afterwards.
  public var wavelengths: [Int32]

  public init(at: Time, settled: Time, moved: Int32, wavelengths: [Int32]) {
    self.at = at
    self.settled = settled
    self.moved = moved
    self.wavelengths = wavelengths
  }
}

/// How a piece of a job lies inside its site, and what the tiers take of the job's iteration.
public struct FabricRecord: Equatable, Sendable {
  public var job: Int32
  public var segment: Int32
  public var site: Int32
  public var gpus: Int32
  /// Scale-up domains that it is spread over, and as few as could hold it.
  public var domains: Int32
  public var leastDomains: Int32
  /// Leaf switches that it is under.
  public var leaves: Int32
  /// Seconds: computing; collectives in a domain, between domains, between sites, hidden or not; what of the first two
  /// and of the third is not hidden; the whole iteration.
  public var terms: [Double]

  public init(
    job: Int32, segment: Int32, site: Int32, gpus: Int32, domains: Int32, leastDomains: Int32, leaves: Int32,
    terms: [Double]
  ) {
    self.job = job
    self.segment = segment
    self.site = site
    self.gpus = gpus
    self.domains = domains
    self.leastDomains = leastDomains
    self.leaves = leaves
    self.terms = terms
  }
}

/// A job that an outage has sent back to its last checkpoint.
public struct LossRecord: Equatable, Sendable {
  public var job: Int32
  public var segment: Int32
  /// That was lost first.
  public var site: Int32
  public var at: Time
  /// Work on reference GPUs that is to be done again.
  public var lost: Time
  public var gpus: Int32

  public init(job: Int32, segment: Int32, site: Int32, at: Time, lost: Time, gpus: Int32) {
    self.job = job
    self.segment = segment
    self.site = site
    self.at = at
    self.lost = lost
    self.gpus = gpus
  }
}

/// How a job ended. Raw values are part of the format of records.
public enum JobStatus: UInt8, Sendable, CaseIterable {
  case completed = 0
  case failed = 1
  /// Could never run in this fleet.
  case rejected = 2
  case unfinished = 3

  /// As it stands in `jobs.csv`.
  public var name: String {
    switch self {
    case .completed: return "completed"
    case .failed: return "failed"
    case .rejected: return "rejected"
    case .unfinished: return "unfinished"
    }
  }
}

/// One job, reported by the coordinator when it is over. Energy, cost and carbon are the sums of its stays.
public struct JobRecord: Equatable, Sendable {
  public var job: Int32
  public var status: JobStatus
  /// When it first held GPUs; meaningless for a rejected job.
  public var start: Time
  public var end: Time
  /// The largest number of sites that one of its stays was spread over.
  public var sites: Int32
  /// Time while it held GPUs but waited for data, checkpoints or a slow or distant all-reduce.
  public var networkTime: Time
  public var wanBytes: Int64
  public var preemptions: Int32
  public var migrations: Int32
  /// Why it was rejected; empty otherwise.
  public var reason: String

  public init(
    job: Int32, status: JobStatus, start: Time, end: Time, sites: Int32, networkTime: Time, wanBytes: Int64,
    preemptions: Int32, migrations: Int32, reason: String
  ) {
    self.job = job
    self.status = status
    self.start = start
    self.end = end
    self.sites = sites
    self.networkTime = networkTime
    self.wanBytes = wanBytes
    self.preemptions = preemptions
    self.migrations = migrations
    self.reason = reason
  }
}

/// One stay of a job on the GPUs of one site.
public struct StayRecord: Equatable, Sendable {
  public var job: Int32
  /// 0 for the first time the job runs, one more after each preemption; the sites of a split job share it.
  public var segment: Int32
  public var site: Int32
  public var gpus: Int32
  public var start: Time
  public var end: Time
  /// When it began to compute, after data, checkpoint and other sites were there; never if it did not.
  public var computeStart: Time
  /// At the meter, PUE included; of that, what its GPUs took while they waited: for data, for other sites, for
  /// gradients, for a checkpoint.
  public var energyKWh: Double
  public var waitingEnergyKWh: Double
  public var costUSD: Double
  public var carbonKg: Double

  public init(
    job: Int32, segment: Int32, site: Int32, gpus: Int32, start: Time, end: Time, computeStart: Time,
    energyKWh: Double, waitingEnergyKWh: Double, costUSD: Double, carbonKg: Double
  ) {
    self.job = job
    self.segment = segment
    self.site = site
    self.gpus = gpus
    self.start = start
    self.end = end
    self.computeStart = computeStart
    self.energyKWh = energyKWh
    self.waitingEnergyKWh = waitingEnergyKWh
    self.costUSD = costUSD
    self.carbonKg = carbonKg
  }
}

/// One site for one hour of virtual time (the last one may be shorter).
public struct SiteHourRecord: Equatable, Sendable {
  public var site: Int32
  /// Hours since the start of the run.
  public var hour: Int32
  /// Of the hour that this record covers: 3600 s except at the end.
  public var span: Time
  public var busyGPUHours: Double
  public var idleGPUHours: Double
  /// At the meter, PUE included; of that, what idle GPUs took, and what those took that jobs held and that waited.
  public var energyKWh: Double
  public var idleEnergyKWh: Double
  public var waitingEnergyKWh: Double
  /// Mean over time.
  public var pue: Double
  public var priceUSDPerMWh: Double
  public var carbonGramsPerKWh: Double
  public var costUSD: Double
  public var carbonKg: Double
  public var waterLitres: Double
  /// The most that it drew at any time, PUE included.
  public var peakKW: Double
  /// Time in which the power cap held work back.
  public var capped: Time

  public init(
    site: Int32, hour: Int32, span: Time, busyGPUHours: Double, idleGPUHours: Double, energyKWh: Double,
    idleEnergyKWh: Double, waitingEnergyKWh: Double = 0, pue: Double, priceUSDPerMWh: Double, carbonGramsPerKWh: Double,
    costUSD: Double, carbonKg: Double, waterLitres: Double = 0, peakKW: Double = 0, capped: Time = .zero
  ) {
    self.site = site
    self.hour = hour
    self.span = span
    self.busyGPUHours = busyGPUHours
    self.idleGPUHours = idleGPUHours
    self.energyKWh = energyKWh
    self.idleEnergyKWh = idleEnergyKWh
    self.waitingEnergyKWh = waitingEnergyKWh
    self.pue = pue
    self.priceUSDPerMWh = priceUSDPerMWh
    self.carbonGramsPerKWh = carbonGramsPerKWh
    self.costUSD = costUSD
    self.carbonKg = carbonKg
    self.waterLitres = waterLitres
    self.peakKW = peakKW
    self.capped = capped
  }
}

/// One direction of a link over the whole run.
public struct PortRecord: Equatable, Sendable {
  public var port: Int32
  public var bytesIn: Int64
  public var bytesOut: Int64
  public var bytesDropped: Int64
  /// Bytes out over what the capacity would have carried in the run.
  public var utilisation: Double
  /// Time-weighted, over the time in which the port carried traffic.
  public var queueMicrosecondsMean: Double
  public var queueMicrosecondsP99: Double
  public var queueMicrosecondsMax: Double
  /// Share of the run in which its capacity was above zero.
  public var availability: Double

  public init(
    port: Int32, bytesIn: Int64, bytesOut: Int64, bytesDropped: Int64, utilisation: Double,
    queueMicrosecondsMean: Double, queueMicrosecondsP99: Double, queueMicrosecondsMax: Double, availability: Double
  ) {
    self.port = port
    self.bytesIn = bytesIn
    self.bytesOut = bytesOut
    self.bytesDropped = bytesDropped
    self.utilisation = utilisation
    self.queueMicrosecondsMean = queueMicrosecondsMean
    self.queueMicrosecondsP99 = queueMicrosecondsP99
    self.queueMicrosecondsMax = queueMicrosecondsMax
    self.availability = availability
  }
}

/// What a flow was for. Raw values are part of the format of records.
public enum FlowKind: UInt8, Sendable, CaseIterable {
  case staging = 0
  case checkpoint = 1
  case gradient = 2

  public var name: String {
    switch self {
    case .staging: return "staging"
    case .checkpoint: return "checkpoint"
    case .gradient: return "gradient"
    }
  }
}

/// One flow over the WAN, when it is over.
public struct FlowRecord: Equatable, Sendable {
  public var kind: FlowKind
  public var job: Int32
  public var segment: Int32
  public var from: Int32
  public var to: Int32
  public var bytes: Int64
  public var start: Time
  /// When the last byte arrived.
  public var end: Time
  /// What the same bytes would take alone on the path; zero for gradient flows, which have no size of their own.
  public var alone: Time

  public init(
    kind: FlowKind, job: Int32, segment: Int32, from: Int32, to: Int32, bytes: Int64, start: Time, end: Time,
    alone: Time
  ) {
    self.kind = kind
    self.job = job
    self.segment = segment
    self.from = from
    self.to = to
    self.bytes = bytes
    self.start = start
    self.end = end
    self.alone = alone
  }
}
