// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `wfp3`: long waits count in proportion to the run time, cubed, and large jobs count more.
///
/// Source: Tang et al., "Fault-aware, utility-based job scheduling on Blue Gene/P systems", IEEE Cluster 2009. An
/// estimate below one second counts as one second, so that the quotient exists.
struct WFP3: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "wfp3",
    definition: "Serves the job of greatest (wait / estimated run time)^3 x GPUs first, ties in order of arrival, and "
      + "stops at the first that does not fit. Running jobs are left alone.",
    source: "Tang et al., IEEE Cluster 2009")

  init(_ values: ParameterValues) {}
  func key(of job: QueuedJob, at now: Time) -> Double {
    let ratio = (now - job.submit).seconds / max(1, job.estimate.seconds)
    return -(ratio * ratio * ratio) * Double(job.gpus)
  }
}
