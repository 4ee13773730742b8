// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// `wait-awhile`: a job runs in the lowest stretches that add up to its run time before its slack is over, and is
/// suspended between them.
///
/// Source: Wiesner et al., "Let's wait awhile: How temporal workload shifting can reduce carbon emissions in the cloud",
/// Middleware 2021, interrupting. The plan is made anew whenever a stretch is over, with what is known then and what is
/// left of work and slack: with a perfect forecast and free checkpoints it is the plan of the arrival. Where checkpoints
/// cost time, that time holds GPUs behind the end of a stretch, and is no slack used up.
struct WaitAwhile: ShiftRule {
  static let part = PolicyPart(
    kind: .shift, name: "wait-awhile",
    definition: "A job runs in the lowest stretches of the forecast that add up to its estimated run time within run "
      + "time and slack together, and is preempted between them; planned anew at the end of each.",
    source: "Wiesner et al., Middleware 2021", parameters: Slack.parameters + ForecastChoice.parameters)
  static let suspends = true

  private let slack: Slack
  init(_ values: ParameterValues) { slack = Slack(values) }
  func stretch(of job: ShiftedJob, at now: Time, signal: LowestSignal) -> Stretch {
    let runs = TimeShift.waitAwhile(
      arrival: now, slack: slack.left(of: job, at: now), length: job.left, signal: signal)
    guard let first = runs.first else { return .from(now) }
    // Behind the last stretch nothing is left to wait for.
    return Stretch(from: first.start, until: runs.count > 1 ? first.end : .never)
  }
}
