// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A step function of virtual time: a price or a carbon intensity that holds for an hour at a time.
///
/// Value `k` holds from `k` hours after ``start`` until `k + 1` hours after it. After the last value the series
/// starts again: a daily profile repeats each day, a year of prices each year. ``wrapsAt`` tells where, so that a run
/// which gets there can say so.
public struct HourlySeries: Equatable, Sendable {
  /// When value 0 begins, in virtual time; may be negative, so that hours of the clock need not begin at zero.
  public var start: Time
  /// One value an hour, in the unit of its use: USD/MWh for a price, g/kWh for carbon.
  public private(set) var values: [Double]
  /// `prefix[k]` is the sum of the first k values.
  private var prefix: [Double]

  public init(start: Time, values: [Double]) {
    precondition(!values.isEmpty, "a series has at least one value")
    self.start = start
    self.values = values
    prefix = [0]
    prefix.reserveCapacity(values.count + 1)
    for value in values { prefix.append(prefix[prefix.count - 1] + value) }
  }

  /// The same value for ever.
  public static func constant(_ value: Double) -> HourlySeries { HourlySeries(start: .zero, values: [value]) }

  /// The first instant at which the series repeats; never for a constant, or if virtual time ends before.
  public var wrapsAt: Time {
    let (span, overflow) = Int64(values.count).multipliedReportingOverflow(by: Time.hour.ticks)
    return values.count == 1 || overflow ? .never : start + Time(ticks: span)
  }

  public func value(at time: Time) -> Double {
    if values.count == 1 { return values[0] }
    return values[index(ofHour: hour(at: time))]
  }

  /// The integral from `a` to `b`, with a <= b, in unit x hours, exact up to the rounding of sums of doubles.
  public func integral(from a: Time, to b: Time) -> Double {
    if values.count == 1 { return values[0] * hours(b.ticks - a.ticks) }
    let first = hour(at: a)
    let last = hour(at: b)
    if first == last { return values[index(ofHour: first)] * hours(b.ticks - a.ticks) }
    return values[index(ofHour: first)] * hours(Time.hour.ticks - phase(at: a))
      + (sum(before: last) - sum(before: first + 1))
      + values[index(ofHour: last)] * hours(phase(at: b))
  }

  private func hours(_ ticks: Int64) -> Double { Double(ticks) / Double(Time.hour.ticks) }

  // Hours are counted from parts that each fit, because `time - start` may not: a series may begin a year before the
  // run, and the run may last for two.
  private func hour(at time: Time) -> Int64 {
    let (hour, rest) = floorDivide(time.ticks)
    let (startHour, startRest) = floorDivide(start.ticks)
    return hour - startHour - (rest < startRest ? 1 : 0)
  }

  /// Ticks since the value that holds at `time` began to.
  private func phase(at time: Time) -> Int64 {
    let difference = floorDivide(time.ticks).rest - floorDivide(start.ticks).rest
    return difference < 0 ? difference + Time.hour.ticks : difference
  }

  private func floorDivide(_ ticks: Int64) -> (hour: Int64, rest: Int64) {
    let (quotient, remainder) = ticks.quotientAndRemainder(dividingBy: Time.hour.ticks)
    return remainder < 0 ? (quotient - 1, remainder + Time.hour.ticks) : (quotient, remainder)
  }

  private func index(ofHour hour: Int64) -> Int {
    let count = Int64(values.count)
    return Int(((hour % count) + count) % count)
  }

  private func sum(before hour: Int64) -> Double {
    let count = Int64(values.count)
    let index = index(ofHour: hour)
    let cycles = (hour - Int64(index)) / count
    return Double(cycles) * prefix[values.count] + prefix[index]
  }
}
