// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// When a job that may wait runs, by the price or the carbon intensity to come. Where it runs is the placement's business.
///
/// A rule plans a job when it arrives and again whenever the stretch that it has planned is over. Until then the job is
/// hidden from order and placement, or runs. A rule that suspends lets go of a running job when its new stretch begins
/// later than now: the job writes its checkpoint, which holds its GPUs for as long as that takes, and returns to the
/// queue; its next stretch begins with reading it. No job starts for a stretch that is shorter than the two. Jobs are only ever held back by their rule within their slack; for
/// want of GPUs they may wait longer.
protocol ShiftRule: Sendable {
  /// Under its name for carbon; for prices `-price` is added.
  static var part: PolicyPart { get }
  /// Whether running jobs are suspended and go on later.
  static var suspends: Bool { get }

  init(_ values: ParameterValues)
  /// - Parameter signal: as it may be known at `now`.
  func stretch(of job: ShiftedJob, at now: Time, signal: LowestSignal) -> Stretch
}

extension ShiftRule {
  static var suspends: Bool { false }
}

/// What a rule knows of a job.
struct ShiftedJob {
  var submit: Time
  /// How long it has held its GPUs so far, checkpoints and waiting for data included.
  var attained: Time
  /// Estimate of what is left to run.
  var left: Time

  /// How long it has been there without GPUs.
  func waited(at now: Time) -> Time { max(.zero, now - submit - attained) }
}

/// How long a job may be held back.
struct Slack: Sendable {
  private let long: Time
  private let short: Time
  private let limit: Time

  static let parameters = [
    PolicyParameter(
      name: "slack", meaning: "how long a job may be held back", kind: .duration, defaultValue: 86_400),
    PolicyParameter(
      name: "short", meaning: "jobs of less run time than this are short", kind: .duration, defaultValue: 0),
    PolicyParameter(
      name: "short_slack", meaning: "how long a short job may be held back", kind: .duration, defaultValue: 21_600),
  ]

  init(_ values: ParameterValues) {
    long = .seconds(values["slack"])
    short = .seconds(values["short_slack"])
    limit = .seconds(values["short"])
  }

  func whole(of job: ShiftedJob) -> Time { job.attained + job.left < limit ? short : long }

  func left(of job: ShiftedJob, at now: Time) -> Time { max(.zero, whole(of: job) - job.waited(at: now)) }
}

/// Which forecast a policy asks for, in place of the scenario's.
struct ForecastChoice: Sendable {
  static let parameters = [
    PolicyParameter(
      name: "forecast", meaning: "how prices and carbon to come are known; the scenario's way unless given",
      kind: .word(["scenario", "perfect", "persistence", "noise"]), defaultValue: 0),
    PolicyParameter(
      name: "error", meaning: "of forecast=noise: standard deviation over the mean of the series", kind: .number,
      defaultValue: 0.05, greatest: 10),
    PolicyParameter(name: "seed", meaning: "of forecast=noise", kind: .whole, defaultValue: 1, greatest: 9e15),
  ]

  /// Nil for the scenario's own.
  let rule: ForecastRule?

  init(_ values: ParameterValues) {
    guard values.part.parameters.contains(where: { $0.name == "forecast" }) else {
      rule = nil
      return
    }
    switch Int(values["forecast"]) {
    case 1: rule = .perfect
    case 2: rule = .persistence
    case 3: rule = .noise(error: values["error"], seed: UInt64(values["seed"]))
    default: rule = nil
    }
  }
}
