// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `srsf`: least remaining GPU-time first, with preemption: `srtf` with the number of GPUs in the product.
///
/// Source: Gu et al., "Tiresias: A GPU Cluster Manager for Distributed Deep Learning", NSDI 2019, which takes it as the
/// reference that knows durations ("shortest-gpu" in its simulator). Ties and `checkpoint` as in `srtf`.
struct ShortestRemainingServiceFirst: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "srsf",
    definition: "As srtf, by estimated remaining time multiplied by the number of GPUs.",
    source: "Gu et al., NSDI 2019 (Tiresias)",
    parameters: [
      PolicyParameter(
        name: "checkpoint", meaning: "time taken off what a running job has left, on each of its GPUs",
        kind: .duration, defaultValue: 0)
    ])
  static let preempts = true

  private let checkpointTicks: Double

  init(_ values: ParameterValues) { checkpointTicks = Double(Time.seconds(values["checkpoint"]).ticks) }

  func key(of job: QueuedJob, at now: Time) -> Double { Double(job.estimate.ticks) * Double(job.gpus) }

  func key(of job: RunningJob, at now: Time) -> Double {
    max(0, job.remaining(at: now) - checkpointTicks) * Double(job.gpus)
  }
}
