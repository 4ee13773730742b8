// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `ljf`: greatest estimated run time first, without preemption: the order that packs a makespan.
///
/// Source: Graham, "Bounds on multiprocessing timing anomalies", SIAM J. Applied Mathematics 17(2), 1969 (LPT).
struct LongestJobFirst: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "ljf",
    definition: "Serves the job of greatest estimated run time first, ties in order of arrival, and stops at the first "
      + "that does not fit. Running jobs are left alone.",
    source: "Graham, SIAM J. Applied Mathematics 17(2), 1969")

  init(_ values: ParameterValues) {}
  func key(of job: QueuedJob, at now: Time) -> Double { -Double(job.estimate.ticks) }
}
