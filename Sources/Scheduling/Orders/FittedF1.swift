// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// `f1`: the best of four functions that were fitted to simulated schedules.
///
/// Source: Carastan-Santos and de Camargo, "Obtaining dynamic scheduling policies with simulation and machine learning",
/// SC 2017: F1 = log10(r) n + 870 log10(s), with run time r and submit time s in seconds and n processors. Values below
/// one second count as one, so that the logarithms are not negative. The constants were fitted to a machine of 256
/// processors.
struct FittedF1: QueueOrder {
  static let part = PolicyPart(
    kind: .order, name: "f1",
    definition: "Serves the job of least log10(estimated run time) x GPUs + 870 log10(submit time) first, times in "
      + "seconds, ties in order of arrival, and stops at the first that does not fit.",
    source: "Carastan-Santos and de Camargo, SC 2017")

  init(_ values: ParameterValues) {}
  func key(of job: QueuedJob, at now: Time) -> Double {
    FittedF1.log10(job.estimate.seconds) * Double(job.gpus) + 870 * FittedF1.log10(job.submit.seconds)
  }

  private static func log10(_ seconds: Double) -> Double {
    seconds <= 1 ? 0 : DeterministicMath.log(seconds) / 2.302585092994045684
  }
}
