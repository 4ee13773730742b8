// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `fifo`: the textbook queue. Strict, it is Helios' and Tiresias' "fifo"; with `-skip` it is Tiresias' "fjf" and the
/// default of Alibaba's PAI simulator.
///
/// Source: Hu et al., "Characterization and Prediction of Deep Learning Workloads in Large-Scale GPU Datacenters",
/// SC 2021 (Helios); Weng et al., "MLaaS in the Wild", NSDI 2022 (PAI).
struct FirstInFirstOut: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "fifo",
    definition: "Serves jobs in order of arrival and stops at the first that does not fit.",
    source: "Hu et al., SC 2021 (Helios); Weng et al., NSDI 2022 (PAI)")
  static let isArrivalOrder = true

  init(_ values: ParameterValues) {}
  func key(of job: QueuedJob, at now: Time) -> Double { Double(job.job) }
}
