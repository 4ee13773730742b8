// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `themis`: whoever is worst off against running alone on a fair share goes first, lease by lease.
///
/// Source: Mahajan et al., "Themis: Fair and efficient GPU cluster scheduling", NSDI 2020. Finish-time fairness is
/// rho = T_shared / T_isolated. With n jobs in the fleet of G GPUs, a job of g GPUs that needs time t in all would take
/// T_isolated = t x max(1, g n / G) on its n-th part (a gang that is larger than that part has it in turns), and
/// T_shared is how long it has been there plus what it has left. A running job keeps its GPUs for a lease; when that
/// ends, it may have to give way to a queued job of greater rho. Deviations: the auction among the worst-off fraction is
/// left out, the worst off simply go first; time had counts as time worked.
struct Themis: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "themis",
    definition:
      "As srtf, by finish-time fairness (greatest first): (time since submit + estimated remaining time) over "
      + "the run time alone on one n-th of the fleet, n jobs being there. Running jobs give way only when a lease ends.",
    source: "Mahajan et al., NSDI 2020, without its auction",
    parameters: [
      PolicyParameter(
        name: "lease", meaning: "for how long a started job keeps its GPUs", kind: .duration, defaultValue: 1200,
        least: 1)
    ])
  static let preempts = true

  private let lease: Time
  private var jobsOverGPUs = 0.0

  init(_ values: ParameterValues) { lease = .seconds(values["lease"]) }

  mutating func prepare(for view: FleetView) {
    jobsOverGPUs = Double(view.queue.count + view.running.count) / Double(max(1, view.totalGPUs))
  }

  private func rho(submit: Time, attained: Time, remaining: Double, gpus: Int32, at now: Time) -> Double {
    let shared = Double((now - submit).ticks) + remaining
    let alone = (Double(attained.ticks) + remaining) * max(1, Double(gpus) * jobsOverGPUs)
    return alone > 0 ? shared / alone : .infinity
  }

  func key(of job: QueuedJob, at now: Time) -> Double {
    -rho(
      submit: job.submit, attained: job.attained, remaining: Double(job.estimate.ticks), gpus: job.gpus, at: now)
  }

  func key(of job: RunningJob, at now: Time) -> Double {
    guard isAtLeaseEnd(job, now) else { return -.infinity }
    return -rho(
      submit: job.submit, attained: job.attained(at: now), remaining: job.remaining(at: now), gpus: job.gpus, at: now)
  }

  private func isAtLeaseEnd(_ job: RunningJob, _ now: Time) -> Bool {
    now > job.start && (now - job.start).ticks % lease.ticks == 0
  }

  func nextChange(in view: FleetView) -> Time {
    var next = Time.never
    for job in view.running where !job.stopping && job.preemptible {
      next = min(next, job.start + Time(ticks: ((view.now - job.start).ticks / lease.ticks + 1) * lease.ticks))
    }
    return next
  }
}
