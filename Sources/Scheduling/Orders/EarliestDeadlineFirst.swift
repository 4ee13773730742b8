// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `edf`: earliest deadline first, without preemption. Jobs without a deadline come last, in order of arrival.
///
/// Source: Liu and Layland, "Scheduling algorithms for multiprogramming in a hard-real-time environment", JACM 20(1),
/// 1973. Theirs preempts; with gangs that cost a checkpoint each time that is another policy, so this one does not.
struct EarliestDeadlineFirst: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "edf",
    definition: "Serves the job of earliest deadline first, ties in order of arrival, those without a deadline last, "
      + "and stops at the first that does not fit. Running jobs are left alone.",
    source: "Liu and Layland, JACM 20(1), 1973 (there with preemption)")

  init(_ values: ParameterValues) {}
  func key(of job: QueuedJob, at now: Time) -> Double {
    job.deadline < .never ? Double(job.deadline.ticks) : .infinity
  }
}
