// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// `lowest-slot`: a job starts at the lowest instant within its slack. It needs no estimate of the run time.
///
/// Source: Hanafy et al., "Going green for less green: Optimizing the cost of reducing cloud carbon emissions" (GAIA),
/// ASPLOS 2024. See ``TimeShift/lowestSlot(arrival:slack:signal:)`` for the deviation. Planned once, at arrival, with the
/// forecast of that instant.
struct LowestSlot: ShiftRule {
  static let part = PolicyPart(
    kind: .shift, name: "lowest-slot",
    definition: "A job starts at the earliest instant within its slack at which the forecast made at its arrival is "
      + "lowest.",
    source: "GAIA: Hanafy et al., ASPLOS 2024", parameters: Slack.parameters + ForecastChoice.parameters)

  private let slack: Slack
  init(_ values: ParameterValues) { slack = Slack(values) }
  func stretch(of job: ShiftedJob, at now: Time, signal: LowestSignal) -> Stretch {
    if job.attained > .zero { return .from(now) }
    return .from(TimeShift.lowestSlot(arrival: now, slack: slack.left(of: job, at: now), signal: signal))
  }
}
