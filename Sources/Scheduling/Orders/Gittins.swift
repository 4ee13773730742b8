// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `gittins`: most likely to end soon first, judging by the GPU-times of jobs that have ended, with preemption.
///
/// Source: Gu et al., NSDI 2019 (Tiresias, 2D-Gittins index); Gittins, "Bandit processes and dynamic allocation indices",
/// J. Royal Statistical Society B 41(2), 1979. With S the GPU-time of a job, drawn from the last
/// ``JobHistory/memory`` that have ended, and a what this one has had, rounded down to whole quanta D,
///
///     index = P(S - a <= D | S > a) / E[min(S - a, D) | S > a]       (greatest first)
///
/// A job that has had more than any that ended has index 0; before any has ended all are alike. Tiresias puts the index
/// into its queues; here it is the order itself.
struct Gittins: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "gittins",
    definition: "As srtf, by the Gittins index (greatest first) of the GPU-time that a job has had, in whole quanta, "
      + "under the distribution of the GPU-times of the last 1,000 jobs that have ended.",
    source: "Gu et al., NSDI 2019 (Tiresias); Gittins, JRSS B 41(2), 1979",
    parameters: [
      PolicyParameter(
        name: "quantum", meaning: "GPU-seconds between two looks at a job", kind: .number, defaultValue: 3250,
        least: 1)
    ])
  static let preempts = true

  private let quantum: Double
  private var sizes: [Double] = []
  /// Index by whole quanta had, filled at ``prepare(for:)`` as far as any job has come.
  private var indices: [Double] = []

  init(_ values: ParameterValues) { quantum = values["quantum"] }

  mutating func prepare(for view: FleetView) {
    sizes = view.history.sortedGPUSeconds
    var most = 0
    for job in view.queue { most = max(most, quanta(job.gpuSeconds)) }
    for job in view.running { most = max(most, quanta(job.gpuSeconds(at: view.now))) }
    let largest = quanta(sizes.last ?? 0)
    indices = (0...min(most, largest)).map { index(had: Double($0) * quantum) }
  }

  private func quanta(_ gpuSeconds: Double) -> Int { Int(min(1e9, gpuSeconds / quantum)) }

  private func index(had: Double) -> Double {
    // Sizes are ascending: those above `had` come last.
    let first = JobHistory.lowerBound(had.nextUp, in: sizes)
    let count = sizes.count - first
    guard count > 0 else { return 0 }
    var ending = 0.0
    var time = 0.0
    for size in sizes[first...] {
      if size - had <= quantum { ending += 1 }
      time += min(size - had, quantum)
    }
    return ending / time
  }

  private func key(had gpuSeconds: Double) -> Double {
    let position = quanta(gpuSeconds)
    return position < indices.count ? -indices[position] : 0
  }

  func key(of job: QueuedJob, at now: Time) -> Double { key(had: job.gpuSeconds) }
  func key(of job: RunningJob, at now: Time) -> Double {
    key(had: job.gpuSeconds(at: now))
  }

  func nextChange(in view: FleetView) -> Time {
    var next = Time.never
    for job in view.running where job.gpus > 0 && !job.stopping {
      let target = Double(quanta(job.gpuSeconds(at: view.now)) + 1) * quantum
      next = min(next, job.instant(ofHaving: target, after: view.now))
    }
    return next
  }
}
