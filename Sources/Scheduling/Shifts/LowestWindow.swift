// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// `lowest-window`: a job starts so that its whole run takes least, as far as its run time is known.
///
/// Source: Hanafy et al., ASPLOS 2024 (GAIA). Starts are tried `every` so long from the arrival on. Planned once, at
/// arrival, with the forecast of that instant and the estimate that the policy may know.
struct LowestWindow: ShiftRule {
  static let part = PolicyPart(
    kind: .shift, name: "lowest-window",
    definition: "Of the starts tried every so often within its slack, a job takes the earliest for which the forecast "
      + "summed over its estimated run is lowest, as known at its arrival.",
    source: "GAIA: Hanafy et al., ASPLOS 2024",
    parameters: Slack.parameters + [every] + ForecastChoice.parameters)

  static let every = PolicyParameter(
    name: "every", meaning: "distance of the starts that are tried", kind: .duration, defaultValue: 3600, least: 1)

  private let slack: Slack
  private let every: Time
  init(_ values: ParameterValues) {
    slack = Slack(values)
    every = .seconds(values["every"])
  }
  func stretch(of job: ShiftedJob, at now: Time, signal: LowestSignal) -> Stretch {
    if job.attained > .zero { return .from(now) }
    return .from(
      TimeShift.lowestWindow(
        arrival: now, slack: slack.left(of: job, at: now), length: job.left, every: every, signal: signal))
  }
}
