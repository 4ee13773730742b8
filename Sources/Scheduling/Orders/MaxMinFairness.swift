// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `max-min`: every job gets the same GPU-time for each second that it is there, or as much as it can use, in rounds.
///
/// Source: Narayanan et al., "Heterogeneity-aware cluster scheduling policies for deep learning workloads", OSDI 2020
/// (Gavel, max-min fairness). On GPUs that are alike the linear programme of each round is a water-filling: with G GPUs a
/// job of g gets min(g, L), so that the shares add up to G; its time fraction is min(1, L/g). As there, rounds realise
/// the fractions by priority = fraction due / fraction received. Deviation: received counts from the job's submission.
struct MaxMinFairness: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "max-min",
    definition: "As srtf, by the time fraction received since submit over the fraction due (least first); due is "
      + "min(1, L/GPUs) with L such that all jobs' min(GPUs, L) add up to the fleet. Running jobs give way only when "
      + "a round ends.",
    source: "Narayanan et al., OSDI 2020 (Gavel), for GPUs that are alike",
    parameters: [
      PolicyParameter(
        name: "round", meaning: "time between two allocations", kind: .duration, defaultValue: 360, least: 1)
    ])
  static let preempts = true

  private let round: Time
  private var level = 0.0

  init(_ values: ParameterValues) { round = .seconds(values["round"]) }

  mutating func prepare(for view: FleetView) {
    let sizes = (view.queue.map { Double($0.gpus) } + view.running.map { Double($0.gpus) }).filter { $0 > 0 }.sorted()
    level = MaxMinFairness.level(of: sizes, filling: Double(view.totalGPUs))
  }

  /// L with the sum of min(size, L) equal to `total`; the largest size if all fit.
  static func level(of ascending: [Double], filling total: Double) -> Double {
    var left = total
    for (position, size) in ascending.enumerated() {
      let share = left / Double(ascending.count - position)
      if size > share { return share }
      left -= size
    }
    return ascending.last ?? 0
  }

  private func ratio(submit: Time, attained: Time, gpus: Int32, at now: Time) -> Double {
    let due = min(1, level / Double(max(1, gpus)))
    let there = Double((now - submit).ticks)
    return there > 0 && due > 0 ? Double(attained.ticks) / there / due : 0
  }

  func key(of job: QueuedJob, at now: Time) -> Double {
    ratio(submit: job.submit, attained: job.attained, gpus: job.gpus, at: now)
  }

  func key(of job: RunningJob, at now: Time) -> Double {
    guard now.ticks % round.ticks == 0 else { return -.infinity }
    return ratio(submit: job.submit, attained: job.attained(at: now), gpus: job.gpus, at: now)
  }

  func nextChange(in view: FleetView) -> Time {
    guard view.running.contains(where: { $0.preemptible && !$0.stopping }) else { return .never }
    return Time(ticks: (view.now.ticks / round.ticks + 1) * round.ticks)
  }
}
