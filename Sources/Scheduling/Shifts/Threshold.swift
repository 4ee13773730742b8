// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// `threshold`: a job runs while the signal is low for the day that follows, is suspended otherwise, and runs through once
/// its slack is used up.
///
/// Source: Souza et al., "Ecovisor: A virtual energy system for carbon-efficient applications", ASPLOS 2023. See
/// ``TimeShift/threshold(arrival:slack:length:quantile:forecast:)`` for the deviation: it is asked anew at every change of
/// the signal.
struct Threshold: ShiftRule {
  static let part = PolicyPart(
    kind: .shift, name: "threshold",
    definition: "At every change of the signal: a job runs if the signal is at or below the given quantile of the "
      + "24 hours that follow, and else waits or is preempted, until its slack is used up; then it runs through.",
    source: "Ecovisor: Souza et al., ASPLOS 2023",
    parameters: Slack.parameters + [
      PolicyParameter(
        name: "quantile", meaning: "share of the next 24 hours that is low", kind: .number, defaultValue: 0.3,
        greatest: 1)
    ] + ForecastChoice.parameters)
  static let suspends = true

  private let slack: Slack
  private let quantile: Double
  init(_ values: ParameterValues) {
    slack = Slack(values)
    quantile = values["quantile"]
  }
  func stretch(of job: ShiftedJob, at now: Time, signal: LowestSignal) -> Stretch {
    let left = slack.left(of: job, at: now)
    if left == .zero { return .from(now) }
    let change = signal.nextChange(after: now)
    let limit = TimeShift.quantile(quantile, of: signal, from: now, to: now + .hour * 24)
    if signal.value(at: now) <= limit { return Stretch(from: now, until: change) }
    return .waiting(until: min(change, now + left))
  }
}
