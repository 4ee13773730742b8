// SPDX-License-Identifier: Apache-2.0

import Quantities
import Records
import Workload

/// What became of one job. Times that have no meaning are nil.
///
/// A job without a record is unfinished: the run ended before anything was said of it. An unfinished job that never
/// held GPUs has ``Quantities/Time/never`` as its start.
struct JobOutcome {
  let status: JobStatus
  /// When it first held GPUs; nil if it never did.
  let start: Time?
  /// Nil unless it completed or failed.
  let end: Time?
  let wait: Time?
  /// End less submission.
  let completion: Time?
  /// Sites of its last segment, in order of name, each once.
  let lastSites: [Int32]
  /// Sums over its stays in order of segment and site.
  let energyKWh: Double
  let costUSD: Double
  let carbonKg: Double

  init(job: Job, record: JobRecord?, stays: ArraySlice<StayRecord>) {
    status = record?.status ?? .unfinished
    let over = status == .completed || status == .failed
    if let record {
      start = status == .rejected || record.start == .never ? nil : record.start
      end = over ? record.end : nil
    } else {
      start = stays.map(\.start).min()
      end = nil
    }
    wait = start.map { $0 - job.submit }
    completion = end.map { $0 - job.submit }
    var sites: [Int32] = []
    var sums = (energy: 0.0, cost: 0.0, carbon: 0.0)
    for stay in stays {
      sums.energy += stay.energyKWh
      sums.cost += stay.costUSD
      sums.carbon += stay.carbonKg
      if stay.segment == stays.last?.segment, sites.last != stay.site { sites.append(stay.site) }
    }
    lastSites = sites
    energyKWh = sums.energy
    costUSD = sums.cost
    carbonKg = sums.carbon
  }
}
