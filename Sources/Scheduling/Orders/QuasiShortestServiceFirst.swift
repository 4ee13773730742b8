// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `qssf`: least predicted GPU-time first, without preemption. It knows no duration before it is over.
///
/// Source: Hu et al., SC 2021 (Helios), quasi-shortest-service-first. The prediction is made when a job arrives, from
/// the jobs that have ended by then (``JobHistory``); theirs adds a learnt model of job names, which is left out. A job
/// that arrives before any has ended counts as of no length.
struct QuasiShortestServiceFirst: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "qssf",
    definition: "Serves the job of least predicted run time x GPUs first, ties in order of arrival, and stops at the "
      + "first that does not fit. Predicted at arrival: the mean of ended jobs of the same user and number of GPUs, "
      + "else of the user, else of the number of GPUs, else of all.",
    source: "Hu et al., SC 2021 (Helios), without its model of job names")

  init(_ values: ParameterValues) {}
  func key(of job: QueuedJob, at now: Time) -> Double { Double(job.predicted.ticks) * Double(job.gpus) }
}
