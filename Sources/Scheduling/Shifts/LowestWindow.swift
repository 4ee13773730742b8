// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// `lowest-window`: a job starts so that its whole run takes least, as far as its run time is known.
///
/// Source: Hanafy et al., ASPLOS 2024 (GAIA). Starts are tried `every` so long from the arrival on. Planned once, at
/// arrival, with the forecast of that instant and the estimate that the policy may know.
struct LowestWindow: TriedStarts {
  static let part = PolicyPart(
    kind: .shift, name: "lowest-window",
    definition: "Of the starts tried every so often within its slack, a job takes the earliest for which the forecast "
      + "summed over its estimated run is lowest, as known at its arrival.",
    source: "GAIA: Hanafy et al., ASPLOS 2024",
    parameters: startParameters)

  let slack: Slack
  let every: Time
  init(_ values: ParameterValues) { (slack, every) = Self.read(values) }
  func start(_ arrival: Time, within slack: Time, length: Time, signal: LowestSignal) -> Time {
    TimeShift.lowestWindow(arrival: arrival, slack: slack, length: length, every: every, signal: signal)
  }
}
