// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What policies are given instead of a price or carbon series: it answers only what may be known at an instant.
///
/// The errors of noise are prepared once, so that a view costs nothing.
public struct Forecaster: Sendable {
  private let series: EnergySeries
  private let name: String
  /// How the future is known unless a policy says otherwise of itself.
  public let rule: ForecastRule
  private let noise: ForecastNoise?

  /// - Parameter name: of the signal, such as "omaha/price": every signal has errors of its own.
  public init(_ series: EnergySeries, rule: ForecastRule, name: String) {
    self.series = series
    self.name = name
    self.rule = rule
    noise = ForecastNoise(rule, series: series, name: name)
  }

  /// What is known at `now`.
  public func view(at now: Time) -> ForecastView {
    ForecastView(series: series, rule: rule, noise: noise, now: now)
  }

  /// The same signal under another rule.
  public func under(_ rule: ForecastRule) -> Forecaster { Forecaster(series, rule: rule, name: name) }
}

/// Of several signals at every instant the lowest, and of a stretch that of the lowest integral: what one pays who may
/// choose among them once for each stretch.
public struct LowestSignal: EnergySignal, Sendable {
  public let signals: [ForecastView]

  /// - Precondition: at least one signal.
  public init(_ signals: [ForecastView]) {
    precondition(!signals.isEmpty, "the lowest of no signals")
    self.signals = signals
  }

  public func value(at time: Time) -> Double {
    var lowest = signals[0].value(at: time)
    for signal in signals.dropFirst() { lowest = min(lowest, signal.value(at: time)) }
    return lowest
  }

  public func integral(from a: Time, to b: Time) -> Double {
    var lowest = signals[0].integral(from: a, to: b)
    for signal in signals.dropFirst() { lowest = min(lowest, signal.integral(from: a, to: b)) }
    return lowest
  }

  public func nextChange(after time: Time) -> Time {
    var next = signals[0].nextChange(after: time)
    for signal in signals.dropFirst() { next = min(next, signal.nextChange(after: time)) }
    return next
  }
}
