// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A price or a carbon intensity over virtual time, an hour or any other step at a time.
///
/// Under ``Interpolation/step`` value `k` holds throughout interval `k` of the ``clock``; under
/// ``Interpolation/linear`` it is that of the interval's beginning, and the series runs straight to the next one (from
/// the last to the first, where it starts again). A daily profile repeats each day, a year of prices each year;
/// ``wrapsAt`` tells where, so that a run which gets there can say so.
public struct EnergySeries: Equatable, Sendable, EnergySignal {
  public enum Interpolation: String, Sendable, CaseIterable {
    case step, linear
  }

  public let clock: SeriesClock
  public let interpolation: Interpolation
  /// In the unit of its use: USD/MWh for a price, g/kWh for carbon.
  public let values: [Double]
  /// `prefix[k]` is the sum of the means over the first k intervals.
  private let prefix: [Double]

  public init(start: Time, step: Time = .hour, values: [Double], interpolation: Interpolation = .step) {
    clock = SeriesClock(start: start, step: step, count: values.count)
    self.values = values
    self.interpolation = interpolation
    var prefix = [0.0]
    prefix.reserveCapacity(values.count + 1)
    for (k, value) in values.enumerated() {
      let mean = interpolation == .step ? value : (value + values[(k + 1) % values.count]) / 2
      prefix.append(prefix[k] + mean)
    }
    self.prefix = prefix
  }

  /// The same value for ever.
  public static func constant(_ value: Double) -> EnergySeries { EnergySeries(start: .zero, values: [value]) }

  public var start: Time { clock.start }
  public var wrapsAt: Time { clock.wrapsAt }

  public func value(at time: Time) -> Double {
    if values.count == 1 { return values[0] }
    let index = clock.index(of: clock.interval(at: time))
    if interpolation == .step { return values[index] }
    let share = Double(clock.phase(at: time)) / Double(clock.step.ticks)
    return values[index] + (values[(index + 1) % values.count] - values[index]) * share
  }

  /// The integral from `a` to `b`, with a <= b, in unit x hours, exact up to the rounding of sums of doubles.
  public func integral(from a: Time, to b: Time) -> Double {
    if values.count == 1 { return values[0] * EnergySeries.hours(b.ticks - a.ticks) }
    let first = clock.interval(at: a)
    let last = clock.interval(at: b)
    if first == last { return part(of: first, from: clock.phase(at: a), to: clock.phase(at: b)) }
    return part(of: first, from: clock.phase(at: a), to: clock.step.ticks)
      + (sum(before: last) - sum(before: first + 1)) * EnergySeries.hours(clock.step.ticks)
      + part(of: last, from: 0, to: clock.phase(at: b))
  }

  /// The mean from `a` to `b`, with a < b: exactly the value itself where there is only one.
  public func mean(from a: Time, to b: Time) -> Double {
    if values.count == 1 { return values[0] }
    if interpolation == .step, b <= clock.end(ofIntervalAt: a) { return value(at: a) }
    return integral(from: a, to: b) / EnergySeries.hours(b.ticks - a.ticks)
  }

  public func nextChange(after time: Time) -> Time { clock.end(ofIntervalAt: time) }

  static func hours(_ ticks: Int64) -> Double { Double(ticks) / Double(Time.hour.ticks) }

  /// The integral over a part of one interval, in ticks of it.
  private func part(of interval: Int64, from a: Int64, to b: Int64) -> Double {
    let index = clock.index(of: interval)
    let hours = EnergySeries.hours(b - a)
    if interpolation == .step { return values[index] * hours }
    let middle = (Double(a) + Double(b)) / 2 / Double(clock.step.ticks)
    return (values[index] + (values[(index + 1) % values.count] - values[index]) * middle) * hours
  }

  private func sum(before interval: Int64) -> Double {
    let index = clock.index(of: interval)
    let cycles = (interval - Int64(index)) / Int64(clock.count)
    return Double(cycles) * prefix[values.count] + prefix[index]
  }
}

/// What can be asked of a price or carbon intensity, whether it is known or forecast.
public protocol EnergySignal {
  func value(at time: Time) -> Double
  /// The integral in unit x hours, with a <= b.
  func integral(from a: Time, to b: Time) -> Double
  /// The next instant after `time` at which another value may begin; never if it holds for ever.
  func nextChange(after time: Time) -> Time
}
