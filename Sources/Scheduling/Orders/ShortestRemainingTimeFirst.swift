// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `srtf`: least remaining time first, with preemption.
///
/// Source: Schrage, "A proof of the optimality of the shortest remaining processing time discipline", Operations
/// Research 16(3), 1968, for one server; Hu et al., SC 2021 (Helios), for gangs of GPUs, strict.
///
/// Two deviations. Of a queued and a running job of equal key the running one goes first, so that a job is only ever
/// preempted for one with strictly less to do, and two jobs can never take turns. And `checkpoint` subtracts what a
/// preemption costs from the key of a running job: it gives way only to a job that is shorter by more than that.
/// What a checkpoint really costs is charged where it is written and moved, not here.
struct ShortestRemainingTimeFirst: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "srtf",
    definition: "At each instant takes running and queued jobs by least estimated remaining time, ties running first "
      + "and then in order of arrival, while they fit in the whole fleet, running jobs where they stand; stops at the "
      + "first that does not fit. Preempts running jobs that are not among them, starts queued ones that are and fit "
      + "in what is free.",
    source: "Schrage, Operations Research 16(3), 1968; Hu et al., SC 2021 (Helios)",
    parameters: [
      PolicyParameter(
        name: "checkpoint", meaning: "time by which a job must be shorter than the one preempted for it",
        kind: .duration, defaultValue: 0)
    ])
  static let preempts = true

  private let checkpointTicks: Double

  init(_ values: ParameterValues) { checkpointTicks = Double(Time.seconds(values["checkpoint"]).ticks) }

  func key(of job: QueuedJob, at now: Time) -> Double { Double(job.estimate.ticks) }

  func key(of job: RunningJob, at now: Time) -> Double {
    max(0, job.remaining(at: now) - checkpointTicks)
  }
}
