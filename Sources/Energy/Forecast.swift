// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// How well prices, carbon intensities and weather to come are known to a policy. The past always is.
public enum ForecastRule: Equatable, Sendable {
  /// As it will be.
  case perfect
  /// As it was at the same time of the last day of which that is known. An interval of steps under way is known.
  case persistence
  /// As it will be, plus an error of each interval of the series of its own: normal with mean zero and a standard
  /// deviation of `error` times the mean absolute value of the series. The noise of "Let's Wait Awhile" (Wiesner et
  /// al., Middleware 2021), whose errors are independent of each other and of how far ahead they lie. Deviation: the
  /// interval under way is known.
  case noise(error: Double, seed: UInt64)

  /// What may be known of `series` at the instant `now`.
  ///
  /// - Parameter name: of the signal, such as "omaha/price": every signal has errors of its own.
  public func view(of series: EnergySeries, named name: String, at now: Time) -> ForecastView {
    ForecastView(series: series, rule: self, noise: ForecastNoise(self, series: series, name: name), now: now)
  }
}

extension ForecastRule: CustomStringConvertible {
  public var description: String {
    switch self {
    case .perfect: "perfect"
    case .persistence: "persistence (the same time of the last known day)"
    case .noise(let error, let seed): "noise of \(Quantity.number(error * 100)) %, seed \(seed)"
    }
  }
}

/// The errors of one signal: a pure function of seed, name and interval, so that a forecast asked twice is the same.
struct ForecastNoise: Sendable {
  let scale: Double
  let stream: RandomStream

  init?(_ rule: ForecastRule, series: EnergySeries, name: String) {
    guard case .noise(let error, let seed) = rule else { return nil }
    var sum = 0.0
    for value in series.values { sum += abs(value) }
    scale = error * sum / Double(series.values.count)
    stream = RandomStream(seed: seed, name: "forecast").child(name)
  }

  func error(ofInterval interval: Int64) -> Double {
    var draw = stream.child(Int(interval))
    return scale * draw.normal()
  }
}

/// A price or carbon intensity as it is known at one instant. A policy holds this and never the series, so that it
/// cannot see the future by accident.
public struct ForecastView: EnergySignal, Sendable {
  let series: EnergySeries
  let rule: ForecastRule
  let noise: ForecastNoise?
  /// When it is asked.
  public let now: Time

  public func value(at time: Time) -> Double { series.value(at: known(time)) + error(at: time) }

  public func integral(from a: Time, to b: Time) -> Double {
    if case .perfect = rule { return series.integral(from: a, to: b) }
    var sum = 0.0
    var at = a
    while at < b {
      let until = min(b, nextChange(after: at))
      let from = known(at)
      sum +=
        series.integral(from: from, to: from + (until - at)) + error(at: at) * EnergySeries.hours((until - at).ticks)
      at = until
    }
    return sum
  }

  public func nextChange(after time: Time) -> Time {
    guard case .persistence = rule else { return series.nextChange(after: time) }
    let limit = knownUntil
    if time < limit { return min(series.nextChange(after: time), limit) }
    // The day that stands for `time` ends where the next one begins to.
    let from = known(time)
    let change = series.nextChange(after: from)
    let days = (time.ticks - limit.ticks) / ForecastView.day.ticks
    return min(limit + ForecastView.day * (days + 1), time + (change - from))
  }

  private static let day = Time.hour * 24

  /// An interval of steps that has begun is known to its end.
  private var knownUntil: Time { series.interpolation == .step ? series.nextChange(after: now) : now }

  /// The instant whose value stands for that of `time`.
  private func known(_ time: Time) -> Time {
    let limit = knownUntil
    guard case .persistence = rule, time >= limit, time > now else { return time }
    return time - ForecastView.day * ((time.ticks - limit.ticks) / ForecastView.day.ticks + 1)
  }

  private func error(at time: Time) -> Double {
    guard let noise else { return 0 }
    let interval = series.clock.interval(at: time)
    return interval <= series.clock.interval(at: now) ? 0 : noise.error(ofInterval: interval)
  }
}
