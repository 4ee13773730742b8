// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The queues of Tiresias: which one a job is in follows from the GPU-time that it has had.
struct AttainedQueues: Sendable {
  /// GPU-seconds at which a job is demoted, ascending.
  let thresholds: [Double]

  static let parameters = [
    PolicyParameter(
      name: "first", meaning: "GPU-seconds after which a job leaves the first queue", kind: .number,
      defaultValue: 3250, least: 1),
    PolicyParameter(
      name: "second", meaning: "GPU-seconds after which it leaves the second queue", kind: .number,
      defaultValue: 7200, least: 1),
    PolicyParameter(
      name: "third", meaning: "GPU-seconds after which it leaves the third queue", kind: .number,
      defaultValue: 18_000, least: 1),
  ]

  init(_ values: ParameterValues) {
    thresholds = [values["first"], values["second"], values["third"]].sorted()
  }

  /// 0 for the queue that is served first.
  func queue(gpuSeconds: Double) -> Int { thresholds.count { gpuSeconds >= $0 } }

  /// The earliest instant after `now` at which a running job is demoted.
  func nextDemotion(in view: FleetView) -> Time {
    var next = Time.never
    for job in view.running where job.gpus > 0 && !job.stopping {
      let attained = job.gpuSeconds(at: view.now)
      guard let threshold = thresholds.first(where: { $0 > attained }) else { continue }
      next = min(next, job.instant(ofHaving: threshold, after: view.now))
    }
    return next
  }
}

extension QueuedJob {
  /// GPU-time that it has had, in seconds.
  var gpuSeconds: Double { attained.seconds * Double(gpus) }
}

extension RunningJob {
  /// GPU-time that it has had until `now`, in seconds.
  func gpuSeconds(at now: Time) -> Double { attained(at: now).seconds * Double(gpus) }

  /// When it will have had so many GPU-seconds, more than at `now`: never a tick too early, at which it would still have
  /// less.
  func instant(ofHaving target: Double, after now: Time) -> Time {
    let left = (target - gpuSeconds(at: now)) / Double(gpus)
    return now + Time(ticks: Int64((left * 1e11).rounded(.up)) + 1)
  }
}

/// `las`: least attained service first, in queues, with preemption. It knows nothing of durations.
///
/// Source: Gu et al., NSDI 2019 (Tiresias), discretised two-dimensional LAS; the thresholds are those that its simulator
/// ships. Within a queue running jobs go on and others follow in order of arrival. Its promotion of starving jobs, off by
/// default there, is left out.
struct LeastAttainedService: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "las",
    definition: "As srtf, by queues instead of remaining time: a job starts in the first queue and falls to the next "
      + "when the GPU-time that it has had passes a threshold; within a queue running jobs first, then in order of "
      + "arrival.",
    source: "Gu et al., NSDI 2019 (Tiresias, discretised 2D-LAS)", parameters: AttainedQueues.parameters)
  static let preempts = true

  private let queues: AttainedQueues

  init(_ values: ParameterValues) { queues = AttainedQueues(values) }

  func key(of job: QueuedJob, at now: Time) -> Double {
    Double(queues.queue(gpuSeconds: job.gpuSeconds))
  }
  func key(of job: RunningJob, at now: Time) -> Double {
    Double(queues.queue(gpuSeconds: job.gpuSeconds(at: now)))
  }
  func nextChange(in view: FleetView) -> Time { queues.nextDemotion(in: view) }
}
