// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Where the values of a series lie in virtual time: interval `k` holds from `k` steps after ``start`` until `k + 1`
/// steps after it. After the last value the series starts again, and it also reaches back before its start.
public struct SeriesClock: Equatable, Sendable {
  /// When interval 0 begins; may be negative, so that hours of the calendar need not begin at zero.
  public var start: Time
  /// Length of an interval, above zero.
  public var step: Time
  /// Number of values.
  public var count: Int

  public init(start: Time, step: Time, count: Int) {
    precondition(count > 0 && step > .zero, "a series has at least one value, and a step above zero")
    self.start = start
    self.step = step
    self.count = count
  }

  /// The first instant at which the series repeats; never for a single value, or if virtual time ends before.
  public var wrapsAt: Time {
    let (span, overflow) = Int64(count).multipliedReportingOverflow(by: step.ticks)
    return count == 1 || overflow ? .never : start + Time(ticks: span)
  }

  // Intervals are counted from parts that each fit, because `time - start` may not: a series may begin a year before
  // the run, and the run may last for two.

  /// The number of the interval that `time` lies in, counted from ``start``; negative before it.
  public func interval(at time: Time) -> Int64 {
    let (interval, rest) = floorDivide(time.ticks)
    let (startInterval, startRest) = floorDivide(start.ticks)
    return interval - startInterval - (rest < startRest ? 1 : 0)
  }

  /// Ticks since the interval that holds at `time` began.
  public func phase(at time: Time) -> Int64 {
    let difference = floorDivide(time.ticks).rest - floorDivide(start.ticks).rest
    return difference < 0 ? difference + step.ticks : difference
  }

  /// The end of the interval that holds at `time`; never for a single value.
  public func end(ofIntervalAt time: Time) -> Time {
    count == 1 ? .never : time + Time(ticks: step.ticks - phase(at: time))
  }

  /// Which value an interval has.
  public func index(of interval: Int64) -> Int {
    let count = Int64(count)
    return Int(((interval % count) + count) % count)
  }

  private func floorDivide(_ ticks: Int64) -> (interval: Int64, rest: Int64) {
    let (quotient, remainder) = ticks.quotientAndRemainder(dividingBy: step.ticks)
    return remainder < 0 ? (quotient - 1, remainder + step.ticks) : (quotient, remainder)
  }
}
