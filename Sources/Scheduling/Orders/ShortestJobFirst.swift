// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `sjf`: least estimated run time first, without preemption.
///
/// Source: Hu et al., SC 2021 (Helios, strict); Weng et al., NSDI 2022 (PAI, skipping). The estimate is whatever the
/// scenario lets a policy know of durations; those references know them exactly.
struct ShortestJobFirst: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "sjf",
    definition: "Serves the job of least estimated run time first, ties in order of arrival, and stops at the first "
      + "that does not fit. Running jobs are left alone.",
    source: "Hu et al., SC 2021 (Helios); Weng et al., NSDI 2022 (PAI)")

  init(_ values: ParameterValues) {}
  func key(of job: QueuedJob, at now: Time) -> Double { Double(job.estimate.ticks) }
}
