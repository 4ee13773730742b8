// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `smallest`: fewest GPUs first, with preemption, whatever the durations.
///
/// Source: the simulator of Gu et al., "Tiresias: A GPU Cluster Manager for Distributed Deep Learning", NSDI 2019, which
/// calls it "sjf", smallest job first. It goes on past jobs that do not fit, as `smallest-skip` does. Ties as in `srtf`,
/// which for jobs of one size is the order of arrival.
struct SmallestFirst: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "smallest", definition: "As srtf, by the number of GPUs instead of remaining time.",
    source: "Gu et al., NSDI 2019 (the 'sjf', smallest job first, of Tiresias's simulator)")
  static let preempts = true

  init(_ values: ParameterValues) {}

  func key(of job: QueuedJob, at now: Time) -> Double { Double(job.gpus) }
  func key(of job: RunningJob, at now: Time) -> Double { Double(job.gpus) }
}
