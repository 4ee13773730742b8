// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// A shift that tries starts `every` so long from the arrival on and plans the best of them once, at arrival. A job that
/// has run already goes on at once.
protocol TriedStarts: ShiftRule {
  var slack: Slack { get }
  var every: Time { get }
  /// The best start.
  func start(_ arrival: Time, within slack: Time, length: Time, signal: LowestSignal) -> Time
}

extension TriedStarts {
  static var startParameters: [PolicyParameter] {
    Slack.parameters + [
      PolicyParameter(
        name: "every", meaning: "distance of the starts that are tried", kind: .duration, defaultValue: 3600, least: 1)
    ] + ForecastChoice.parameters
  }

  static func read(_ values: ParameterValues) -> (Slack, Time) { (Slack(values), .seconds(values["every"])) }

  func stretch(of job: ShiftedJob, at now: Time, signal: LowestSignal) -> Stretch {
    if job.attained > .zero { return .from(now) }
    return .from(start(now, within: slack.left(of: job, at: now), length: job.left, signal: signal))
  }
}
