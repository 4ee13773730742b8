// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// `wait-full`: every job waits as long as it may. A null model: what waiting by itself is worth.
struct WaitFull: ShiftRule {
  static let part = PolicyPart(
    kind: .shift, name: "wait-full",
    definition: "A job may run when its slack is over, whatever prices and carbon do.",
    source: "GAIA's AllJobsWait-Threshold: Hanafy et al., ASPLOS 2024", parameters: Slack.parameters)

  private let slack: Slack
  init(_ values: ParameterValues) { slack = Slack(values) }
  func stretch(of job: ShiftedJob, at now: Time, signal: LowestSignal) -> Stretch {
    .from(job.attained > .zero ? now : job.submit + slack.whole(of: job))
  }
}
