// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// `carbon-time`: a job starts where it saves most for each hour that it is there, so that none waits long for little.
///
/// Source: Hanafy et al., ASPLOS 2024 (GAIA, Carbon-Time): greatest saving against starting at once, over the time from
/// arrival to end. Planned once, at arrival.
struct SavingPerTime: TriedStarts {
  static let part = PolicyPart(
    kind: .shift, name: "carbon-time",
    definition: "Of the starts tried every so often within its slack, a job takes the earliest with the greatest (sum "
      + "over the run if it started at once - sum over the run) / (end - arrival), as known at its arrival.",
    source: "GAIA: Hanafy et al., ASPLOS 2024",
    parameters: startParameters)

  let slack: Slack
  let every: Time
  init(_ values: ParameterValues) { (slack, every) = Self.read(values) }
  func start(_ arrival: Time, within slack: Time, length: Time, signal: LowestSignal) -> Time {
    TimeShift.greatestSavingPerTime(arrival: arrival, slack: slack, length: length, every: every, signal: signal)
  }
}
