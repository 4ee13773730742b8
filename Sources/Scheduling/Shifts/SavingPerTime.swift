// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// `carbon-time`: a job starts where it saves most for each hour that it is there, so that none waits long for little.
///
/// Source: Hanafy et al., ASPLOS 2024 (GAIA, Carbon-Time): greatest saving against starting at once, over the time from
/// arrival to end. Planned once, at arrival.
struct SavingPerTime: ShiftRule {
  static let part = PolicyPart(
    kind: .shift, name: "carbon-time",
    definition: "Of the starts tried every so often within its slack, a job takes the earliest with the greatest (sum "
      + "over the run if it started at once - sum over the run) / (end - arrival), as known at its arrival.",
    source: "GAIA: Hanafy et al., ASPLOS 2024",
    parameters: Slack.parameters + [LowestWindow.every] + ForecastChoice.parameters)

  private let slack: Slack
  private let every: Time
  init(_ values: ParameterValues) {
    slack = Slack(values)
    every = .seconds(values["every"])
  }
  func stretch(of job: ShiftedJob, at now: Time, signal: LowestSignal) -> Stretch {
    if job.attained > .zero { return .from(now) }
    return .from(
      TimeShift.greatestSavingPerTime(
        arrival: now, slack: slack.left(of: job, at: now), length: job.left, every: every, signal: signal))
  }
}
