// SPDX-License-Identifier: Apache-2.0

import Quantities
import Records

/// The whole fleet, hour by hour.
struct HourlyFleet {
  let count: Int
  /// Jobs at the start of each hour that were submitted, not over, and held no GPUs.
  private(set) var queued: [Int]
  /// Jobs at the start of each hour that held GPUs; a split job counts once.
  private(set) var running: [Int]
  /// Averages over the hour.
  private(set) var busyGPUs: [Double]
  private(set) var powerKW: [Double]

  init(inputs: RunInputs, records: CollectedRecords) {
    let hour = Time.hour.ticks
    var last = records.siteHours.map { Int($0.hour) }.max().map { $0 + 1 } ?? 0
    if inputs.endTime != .never { last = max(last, Int((max(inputs.endTime.ticks, 0) + hour - 1) / hour)) }
    count = last
    busyGPUs = Array(repeating: 0, count: last)
    powerKW = busyGPUs
    for r in records.siteHours where r.hour >= 0 {
      let span = CanonicalNumber.double(r.span) / 3600
      busyGPUs[Int(r.hour)] += r.busyGPUHours / span
      powerKW[Int(r.hour)] += r.energyKWh / span
    }

    // Changes from one start of an hour to the next, summed up below.
    var present = [Int](repeating: 0, count: last + 1)
    var holding = present
    func mark(_ changes: inout [Int], from start: Time, to end: Time) {
      let first = (max(start.ticks, 0) + hour - 1) / hour
      let beyond = end == .never ? Int64(last) : min((max(end.ticks, 0) + hour - 1) / hour, Int64(last))
      guard first < beyond else { return }
      changes[Int(first)] += 1
      changes[Int(beyond)] -= 1
    }
    for (index, job) in inputs.jobs.enumerated() {
      let status = records.jobs[index]?.status ?? .unfinished
      if status == .rejected { continue }
      mark(&present, from: job.submit, to: status == .unfinished ? .never : records.jobs[index]!.end)
      // One interval for each segment: from the first start to the last end among its sites.
      var stays = records.stays(ofJob: index)
      while let first = stays.first {
        let segment = stays.prefix { $0.segment == first.segment }
        mark(&holding, from: segment.map(\.start).min()!, to: segment.map(\.end).max()!)
        stays = stays.dropFirst(segment.count)
      }
    }
    queued = []
    running = []
    var now = (present: 0, holding: 0)
    for index in 0..<last {
      now.present += present[index]
      now.holding += holding[index]
      queued.append(now.present - now.holding)
      running.append(now.holding)
    }
  }
}
