// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Testing

@Suite struct EnergySeriesTests {
  /// Halves of an hour: 10 and 20 make 15 an hour on the mean.
  @Test func otherStepsThanHours() {
    let series = EnergySeries(start: .zero, step: .seconds(1800), values: [10, 20, 40])
    #expect([0, 1799, 1800, 3600, 5399].map { series.value(at: .seconds($0)) } == [10, 10, 20, 40, 40])
    #expect(series.wrapsAt == .seconds(5400))
    #expect(series.integral(from: .zero, to: .hour) == 15)
    #expect(series.integral(from: .seconds(900), to: .seconds(4500)) == 0.25 * 10 + 0.5 * 20 + 0.25 * 40)
    #expect(series.nextChange(after: .seconds(1800)) == .seconds(3600))
  }

  /// From 0 to 6 within an hour and back within the next: 3 an hour on the mean; half an hour from the start a quarter
  /// of the first triangle.
  @Test func straightBetweenValues() {
    let series = EnergySeries(start: .zero, values: [0, 6], interpolation: .linear)
    #expect(series.value(at: .seconds(1800)) == 3 && series.value(at: .seconds(5400)) == 3)
    #expect(series.integral(from: .zero, to: .hour * 2) == 6)
    #expect(series.integral(from: .zero, to: .seconds(1800)) == 0.75)
    #expect(abs(series.integral(from: .seconds(1800), to: .seconds(5400)) - 4.5) < 1e-12)
    #expect(abs(series.integral(from: .zero, to: .hour * 200) - 600) < 1e-9)
  }

  /// The sum over every single minute; whole minutes only.
  static func bruteForce(_ series: EnergySeries, fromMinute a: Int64, to b: Int64) -> Double {
    var sum = 0.0
    for minute in a..<b { sum += series.value(at: .seconds(60 * minute)) / 60 }
    return sum
  }

  @Test func holdsForAnHour() {
    let series = EnergySeries(start: .zero, values: [10, 20, 30])
    #expect(series.value(at: .zero) == 10)
    #expect(series.value(at: Time(ticks: Time.hour.ticks - 1)) == 10)
    #expect(series.value(at: .hour) == 20)
    #expect(series.value(at: .seconds(Int64(2.5 * 3600))) == 30)
  }

  @Test func beginsAgainAfterItsEnd() {
    let series = EnergySeries(start: .zero, values: [10, 20, 30])
    #expect(series.wrapsAt == .seconds(3 * 3600))
    #expect(series.value(at: .seconds(3 * 3600)) == 10)
    #expect(series.value(at: .seconds(100 * 3600)) == 20)
    #expect(series.integral(from: .zero, to: .seconds(300 * 3600)) == 6000)
  }

  @Test func mayBeginBeforeTimeZero() {
    // Value 0 began 40 minutes ago: 20 minutes of it are left.
    let series = EnergySeries(start: .seconds(-2400), values: [10, 20, 30])
    #expect(series.value(at: .zero) == 10)
    #expect(series.value(at: .seconds(1200)) == 20)
    #expect(series.wrapsAt == .seconds(3 * 3600 - 2400))
    // By hand: 20 min of 10, 60 of 20, 60 of 30, 40 of 10.
    #expect(abs(series.integral(from: .zero, to: .seconds(3 * 3600)) - (10 / 3.0 + 20 + 30 + 20 / 3.0)) < 1e-9)
  }

  @Test func mayBeginAfterTimeZero() {
    let series = EnergySeries(start: .seconds(5400), values: [10, 20, 30])
    // Half an hour of the value before the first, which is the last, then all three from 1.5 h on.
    #expect(series.value(at: .seconds(5399)) == 30)
    #expect(series.value(at: .seconds(5400)) == 10)
    #expect(series.value(at: .zero) == 20)
  }

  @Test func integralIsTheSumOverMinutes() {
    var state: UInt64 = 7
    func next(_ bound: Int64) -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64((state >> 33) % UInt64(bound))
    }
    for _ in 0..<300 {
      let values = (0..<(1 + next(30))).map { _ in Double(next(2000) - 500) / 10 }
      let series = EnergySeries(start: .seconds(60 * (next(6000) - 3000)), values: values)
      let a = next(5000)
      let b = a + next(5000)
      let integral = series.integral(from: .seconds(60 * a), to: .seconds(60 * b))
      #expect(abs(integral - Self.bruteForce(series, fromMinute: a, to: b)) < 1e-6)
      // Cutting an interval in two changes nothing.
      let middle = a + (b - a) / 3
      let parts =
        series.integral(from: .seconds(60 * a), to: .seconds(60 * middle))
        + series.integral(from: .seconds(60 * middle), to: .seconds(60 * b))
      #expect(abs(integral - parts) < 1e-6)
    }
  }

  @Test func constantNeverEnds() {
    let series = EnergySeries.constant(35)
    #expect(series.wrapsAt == .never)
    #expect(series.value(at: .seconds(1_000_000)) == 35)
    #expect(series.integral(from: .hour, to: .seconds(7200)) == 35)
  }

  @Test func reachesFarWithoutOverflow() {
    // Two years of hours that began two years before a run of 2.8 years: start and time do not fit one difference.
    let series = EnergySeries(start: .seconds(-17_520 * 3600), values: (0..<17_520).map { Double($0 % 24) })
    let late = Time.seconds(24_000 * 3600)
    #expect(series.value(at: late) == 0)
    #expect(series.value(at: late + .hour) == 1)
    #expect(abs(series.integral(from: late, to: late + .hour * 24) - 276) < 1e-6)
    #expect(EnergySeries(start: .zero, values: Array(repeating: 1, count: 30_000)).wrapsAt == .never)
  }
}
