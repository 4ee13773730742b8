// SPDX-License-Identifier: Apache-2.0

import Quantities
import Records
import Topology
import Workload

/// Finish-time fairness (Themis, NSDI 2020) of the measured jobs: completion time over what it would be on a fair share.
///
/// With N jobs in the fleet on the mean over a job's life, its fair share is 1/N of the GPUs; there it runs max(1, GPUs x
/// N / all GPUs) times as long as alone. 1 is fair, above it the job was robbed.
struct FinishTimeFairness {
  var mean: Double?
  var worst: Double?
  /// Of jobs above 1.1.
  var shareOver: Double?

  init(inputs: RunInputs, records: CollectedRecords) {
    let gpus = Double(inputs.fleet.sites.reduce(0) { $0 + $1.gpus })
    guard gpus > 0 else { return }
    // How many jobs are there: changes by time, and the integral up to each.
    var changes: [(at: Time, by: Int)] = []
    for (index, job) in inputs.jobs.enumerated() {
      let outcome = JobOutcome(job: job, record: records.jobs[index], stays: [])
      if outcome.status == .rejected { continue }
      changes.append((job.submit, 1))
      if let end = outcome.end { changes.append((end, -1)) }
    }
    changes.sort { ($0.at, $0.by) < ($1.at, $1.by) }
    var times: [Time] = []
    var counts: [Int] = []
    var integrals: [Double] = []
    var (count, integral) = (0, 0.0)
    for change in changes {
      if let last = times.last { integral += Double(count) * (change.at - last).seconds }
      count += change.by
      if times.last == change.at {
        counts[counts.count - 1] = count
      } else {
        times.append(change.at)
        counts.append(count)
        integrals.append(integral)
      }
    }
    func upTo(_ time: Time) -> Double {
      var (low, high) = (0, times.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if times[middle] <= time { low = middle } else { high = middle }
      }
      return integrals[low] + Double(counts[low]) * (time - times[low]).seconds
    }
    var ratios: [Double] = []
    for (index, job) in inputs.jobs.enumerated() where inputs.measured.contains(job.submit) {
      guard let record = records.jobs[index], record.status == .completed, record.end > job.submit,
        job.duration > .zero
      else { continue }
      let completion = (record.end - job.submit).seconds
      let present = (upTo(record.end) - upTo(job.submit)) / completion
      ratios.append(completion / (job.duration.seconds * max(1, Double(job.gpus) * present / gpus)))
    }
    guard !ratios.isEmpty else { return }
    ratios.sort()
    mean = ratios.reduce(0, +) / Double(ratios.count)
    worst = ratios.last
    shareOver = Double(ratios.count { $0 > 1.1 }) / Double(ratios.count)
  }
}

/// How full the fleet was in the measured window: from the first moment of it until its end, or the run's where it has
/// none.
struct Occupancy {
  /// GPU-time held by jobs over all GPU-time.
  var utilisation: Double?
  /// GPU-time that was free while at least one job waited, over all GPU-time of those moments: what the jobs' sizes,
  /// their scattering over nodes and sites, or the order left unused. Nil if no job ever waited.
  var fragmentation: Double?

  init(inputs: RunInputs, records: CollectedRecords) {
    let all = inputs.fleet.sites.reduce(0) { $0 + $1.gpus }
    let from = inputs.measured.from
    let runEnd = inputs.endTime == .never ? records.stays.map(\.end).max() ?? .zero : inputs.endTime
    let until = inputs.measured.length.map { min(from + $0, max(runEnd, from)) } ?? runEnd
    guard until > from, all > 0 else { return }
    var changes: [(at: Time, busy: Int, waiting: Int)] = []
    for (index, job) in inputs.jobs.enumerated() {
      if records.jobs[index]?.status == .rejected { continue }
      changes.append((job.submit, 0, 1))
      let stays = records.stays(ofJob: index)
      let last = stays.last?.segment ?? -1
      var rest = stays
      while let first = rest.first {
        let segment = rest.prefix { $0.segment == first.segment }
        changes.append((segment.map(\.start).min()!, 0, -1))
        if first.segment < last { changes.append((segment.map(\.end).max()!, 0, 1)) }
        rest = rest.dropFirst(segment.count)
      }
      for stay in stays {
        changes.append((stay.start, Int(stay.gpus), 0))
        changes.append((stay.end, -Int(stay.gpus), 0))
      }
    }
    changes.sort { $0.at < $1.at }
    var (busy, waiting) = (0, 0)
    var now = Time.zero
    var (busyTime, freeTime, waitTime) = (Int128(0), Int128(0), Int128(0))
    func pass(to time: Time) {
      let start = max(now, from)
      let end = min(time, until)
      if end > start {
        let span = Int128((end - start).ticks)
        busyTime += span * Int128(busy)
        if waiting > 0 {
          freeTime += span * Int128(all - busy)
          waitTime += span
        }
      }
      now = time
    }
    for change in changes {
      if change.at > now { pass(to: change.at) }
      busy += change.busy
      waiting += change.waiting
    }
    if until > now { pass(to: until) }
    utilisation = Double(busyTime) / (Double((until - from).ticks) * Double(all))
    if waitTime > 0 { fragmentation = Double(freeTime) / (Double(waitTime) * Double(all)) }
  }
}

/// What each direction of each link carried hour by hour.
struct HourlyLinks {
  /// Share of what the capacity would have carried, `[port][hour]`, up to the end of the run; a shorter last hour is
  /// left out.
  var use: [[Double]]

  init(inputs: RunInputs, records: CollectedRecords) {
    let hours = inputs.endTime == .never ? 0 : Int(max(0, inputs.endTime.ticks) / Time.hour.ticks)
    use = records.portHours.enumerated().map { port, bytes in
      let full = inputs.fleet.link(ofPort: port).capacity.double / 8 * 3600
      return (0..<hours).map { $0 < bytes.count && full > 0 ? Double(bytes[$0]) / full : 0 }
    }
  }

  /// Over the hours in which a port carried something.
  var p99: Double? {
    let busy = use.flatMap { $0 }.filter { $0 > 0 }.sorted()
    return Percentiles.of(busy, percent: 99)
  }
}
