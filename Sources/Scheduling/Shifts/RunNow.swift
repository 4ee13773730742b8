// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// `run-now`: nothing is shifted; what a policy does that names no shift.
struct RunNow: ShiftRule {
  static let part = PolicyPart(
    kind: .shift, name: "run-now", definition: "Every job may run from its arrival on.",
    source: "GAIA's NoJobWait: Hanafy et al., ASPLOS 2024")

  init(_ values: ParameterValues) {}
  func stretch(of job: ShiftedJob, at now: Time, signal: LowestSignal) -> Stretch { .from(now) }
}
