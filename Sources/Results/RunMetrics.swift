// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import Records
import Simulation
import Workload

/// Everything that ``MetricInfo/all`` names, of one run. Where a metric does not apply its value is nil, never 0.
public struct RunMetrics: Equatable, Sendable {
  /// In the order of ``MetricInfo/all``.
  public private(set) var values: [(name: String, value: Double?)] = []

  public subscript(_ name: String) -> Double? { values.first { $0.name == name }?.value }

  public init(_ values: [(name: String, value: Double?)]) { self.values = values }

  public static func == (a: RunMetrics, b: RunMetrics) -> Bool {
    a.values.elementsEqual(b.values) { $0.name == $1.name && $0.value == $1.value }
  }

  init(summary: Summary, jobs: MeasuredJobs, inputs: RunInputs, records: CollectedRecords) {
    var found: [String: Double] = [:]
    func set(_ name: String, _ value: Double?) { if let value, value.isFinite { found[name] = value } }
    set("jct_mean_s", jobs.completion.mean)
    set("jct_p50_s", jobs.completion.p50)
    set("jct_p95_s", jobs.completion.p95)
    set("jct_p99_s", jobs.completion.p99)
    set("wait_mean_s", jobs.wait.mean)
    set("wait_p50_s", jobs.wait.p50)
    set("wait_p95_s", jobs.wait.p95)
    set("wait_p99_s", jobs.wait.p99)
    set("bounded_slowdown_mean", jobs.slowdown.mean)
    set("bounded_slowdown_p95", jobs.slowdown.p95)
    set("makespan_s", jobs.makespan)
    set("submitted", Double(jobs.submitted))
    set("completed", Double(jobs.completed))
    set("failed", Double(jobs.failed))
    set("rejected", Double(jobs.rejected))
    set("unfinished", Double(jobs.unfinished))
    set("split", Double(jobs.split))
    set("network_share", jobs.networkShare)
    set("split_network_share", jobs.splitNetworkShare)
    let fairness = FinishTimeFairness(inputs: inputs, records: records)
    set("ftf_mean", fairness.mean)
    set("ftf_max", fairness.worst)
    set("ftf_over_1_1", fairness.shareOver)
    set("jain_users", jobs.jainOfUsers)
    set("deadline_attainment", jobs.deadlineAttainment)
    let requests = (summary.inference ?? []).reduce(0) { $0 + $1.requests }
    if requests > 0 {
      let met = (summary.inference ?? []).reduce(0.0) { $0 + $1.attainment * Double($1.requests) }
      set("slo_attainment", met / Double(requests))
    }
    set("jobs_energy_mwh", jobs.energyKWh / 1000)
    set("jobs_cost_usd", jobs.costUSD)
    set("jobs_carbon_t", jobs.carbonKg / 1000)
    set("preemptions", Double(jobs.preemptions))
    set("migrations", Double(jobs.migrations))
    set("lost_gpu_hours", jobs.lostGPUHours)
    let occupancy = Occupancy(inputs: inputs, records: records)
    set("utilisation", occupancy.utilisation)
    set("fragmentation", occupancy.fragmentation)
    set("gpu_utilisation", summary.gpus.utilisation)
    set("gpu_hours", summary.gpus.gpuHours)
    let energy = summary.energy
    set("energy_mwh", energy.mwh)
    set("idle_mwh", energy.idleMWh)
    set("stalled_mwh", energy.stalledMWh)
    set("cost_usd", energy.costUSD)
    if inputs.charges.demandUSDPerKWMonth.contains(where: { $0 > 0 }) { set("demand_usd", energy.demandUSD) }
    if inputs.charges.egressUSDPerGB != nil { set("egress_usd", energy.egressUSD) }
    set("total_usd", energy.totalUSD)
    set("carbon_t", energy.carbonTonnes)
    set("water_m3", energy.waterCubicMetres)
    set("peak_kw", energy.peakKW)
    if !inputs.fleet.links.isEmpty {
      set("wan_bytes", Double(summary.wan.bytes))
      set("wan_mwh", energy.wanMWh)
      set("link_utilisation_p99", HourlyLinks(inputs: inputs, records: records).p99)
      // The ideal level knows no queues, and says so by saying nothing.
      if summary.network != "ideal" {
        set("link_queue_us_p99", records.ports.compactMap { $0?.queueMicrosecondsP99 }.max())
      }
    }
    set("fct_slowdown_mean", summary.wan.fctSlowdown.mean)
    values = MetricInfo.all.map { ($0.name, found[$0.name]) }
  }
}

/// Figures of the jobs that are submitted in the measured window.
struct MeasuredJobs {
  var submitted = 0
  var completed = 0
  var failed = 0
  var rejected = 0
  var unfinished = 0
  var split = 0
  var completion = Summary.Statistics()
  var wait = Summary.Statistics()
  var slowdown = Summary.Statistics()
  /// Sorted.
  var completions: [Time] = []
  var waits: [Time] = []
  var slowdowns: [Double] = []
  var makespan: Double?
  var networkShare: Double?
  var splitNetworkShare: Double?
  var energyKWh = 0.0
  var costUSD = 0.0
  var carbonKg = 0.0
  var preemptions = 0
  var migrations = 0
  var lostGPUHours = 0.0
  var deadlineAttainment: Double?
  var jainOfUsers: Double?
  /// SHA-256 of the numbers of the jobs that completed: equal where policies completed the same ones.
  var completedHash: String
  var notCompleted: [Int] = []

  init(inputs: RunInputs, records: CollectedRecords) {
    var (network, total) = (Int128(0), Int128(0))
    var (splitNetwork, splitTotal) = (Int128(0), Int128(0))
    var firstSubmit: Time?
    var lastEnd: Time?
    var deadlines = (all: 0, met: 0)
    var lost = Int128(0)
    var users: [String: Int] = [:]
    var byUser: [(alone: Double, completion: Double)] = []
    var writer = ByteWriter()
    notCompleted = []
    for (index, job) in inputs.jobs.enumerated() where inputs.measured.contains(job.submit) {
      let record = records.jobs[index]
      let stays = records.stays(ofJob: index)
      let outcome = JobOutcome(job: job, record: record, stays: stays)
      submitted += 1
      firstSubmit = min(firstSubmit ?? job.submit, job.submit)
      energyKWh += outcome.energyKWh
      costUSD += outcome.costUSD
      carbonKg += outcome.carbonKg
      preemptions += Int(record?.preemptions ?? 0)
      migrations += Int(record?.migrations ?? 0)
      lost += Self.lost(stays, checkpoint: inputs.checkpointTime(job.gpus))
      let isSplit = (record?.sites ?? 0) > 1
      if isSplit { split += 1 }
      if let end = outcome.end { lastEnd = max(lastEnd ?? end, end) }
      if let deadline = job.deadline {
        deadlines.all += 1
        if outcome.status == .completed, let end = outcome.end, end <= deadline { deadlines.met += 1 }
      }
      if outcome.status != .completed { notCompleted.append(index) }
      switch outcome.status {
      case .failed: failed += 1
      case .rejected: rejected += 1
      case .unfinished: unfinished += 1
      case .completed:
        completed += 1
        writer.write(Int32(index))
        guard let record, let completion = outcome.completion, let wait = outcome.wait else { continue }
        completions.append(completion)
        waits.append(wait)
        slowdowns.append(Summary.Jobs.boundedSlowdown(completion: completion, duration: job.duration))
        network += Int128(record.networkTime.ticks)
        total += Int128(completion.ticks)
        if isSplit {
          splitNetwork += Int128(record.networkTime.ticks)
          splitTotal += Int128(completion.ticks)
        }
        if let user = job.user {
          let number = users[user] ?? byUser.count
          if number == byUser.count {
            users[user] = number
            byUser.append((0, 0))
          }
          byUser[number].alone += job.duration.seconds
          byUser[number].completion += completion.seconds
        }
      }
    }
    completion = Summary.Statistics(times: completions)
    wait = Summary.Statistics(times: waits)
    slowdown = Summary.Statistics(values: slowdowns)
    completions.sort()
    waits.sort()
    slowdowns.sort()
    networkShare = total > 0 ? Double(network) / Double(total) : nil
    splitNetworkShare = splitTotal > 0 ? Double(splitNetwork) / Double(splitTotal) : nil
    makespan = lastEnd.flatMap { end in firstSubmit.map { CanonicalNumber.double(end - $0) } }
    lostGPUHours = Double(lost) / Double(Time.hour.ticks)
    for loss in records.losses where inputs.measured.contains(inputs.jobs[Int(loss.job)].submit) {
      lostGPUHours += loss.gpuHours
    }
    if deadlines.all > 0 { deadlineAttainment = Double(deadlines.met) / Double(deadlines.all) }
    // The share of their completion times in which users' jobs got ahead.
    let shares = byUser.filter { $0.completion > 0 }.map { $0.alone / $0.completion }
    if shares.count > 1 {
      let sum = shares.reduce(0, +)
      jainOfUsers = sum * sum / (Double(shares.count) * shares.reduce(0) { $0 + $1 * $1 })
    }
    completedHash = SHA256.hex(hashing: writer.bytes)
  }

  /// GPU-ticks in which a job read or wrote checkpoints: it reads one when it is taken up again, and writes one when it
  /// is stopped at work.
  private static func lost(_ stays: ArraySlice<StayRecord>, checkpoint: Time) -> Int128 {
    guard let last = stays.last?.segment, last > 0 else { return 0 }
    var sum = Int128(0)
    for stay in stays where stay.computeStart != .never {
      if stay.segment > 0 { sum += Int128(checkpoint.ticks) * Int128(stay.gpus) }
      if stay.segment < last {
        sum += Int128(min(checkpoint, stay.end - stay.computeStart).ticks) * Int128(stay.gpus)
      }
    }
    return sum
  }
}
