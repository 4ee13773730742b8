// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Testing

@Suite struct ForecastTests {
  let week = EnergySeries(start: .zero, values: (0..<168).map { Double(100 + $0) })

  @Test func perfectIsTheSeries() {
    let view = ForecastRule.perfect.view(of: week, named: "a", at: .hour * 5)
    #expect(view.value(at: .hour * 30) == 130)
    #expect(view.integral(from: .seconds(1800), to: .hour * 3) == week.integral(from: .seconds(1800), to: .hour * 3))
  }

  /// At 50:30 the hour under way is known and nothing later: 51:00 is that of 27:00, and so are 75:00 and 99:00.
  @Test func persistenceNeverLooksAhead() {
    let now = Time.seconds(50 * 3600 + 1800)
    let view = ForecastRule.persistence.view(of: week, named: "a", at: now)
    #expect(view.value(at: .hour * 20) == 120 && view.value(at: now) == 150)
    #expect(view.value(at: .seconds(50 * 3600 + 2700)) == 150 && view.value(at: .hour * 51) == 127)
    #expect(view.value(at: .hour * 74) == 150 && view.value(at: .hour * 75) == 127 && view.value(at: .hour * 99) == 127)
    // Whatever is asked, changing the future changes nothing.
    let other = EnergySeries(start: .zero, values: (0..<168).map { $0 <= 50 ? Double(100 + $0) : -1 })
    let blind = ForecastRule.persistence.view(of: other, named: "a", at: now)
    for k in 0..<200 {
      let (from, to) = (Time.seconds(Int64(k) * 1234), Time.seconds(Int64(k) * 1234 + Int64(k) * 777 + 1))
      if to <= now || from >= now {
        #expect(abs(view.integral(from: from, to: to) - blind.integral(from: from, to: to)) < 1e-9)
      }
    }
    // A day ahead sums up the last known day: hours 27 to 51.
    let day = view.integral(from: .hour * 51, to: .hour * 75)
    #expect(abs(day - week.integral(from: .hour * 27, to: .hour * 51)) < 1e-9)
  }

  @Test func noiseIsSeededAndOfTheStatedSize() {
    let series = EnergySeries(start: .zero, values: [Double](repeating: 200, count: 20_000))
    let view = ForecastRule.noise(error: 0.05, seed: 1).view(of: series, named: "a", at: .zero)
    var sum = 0.0
    var squares = 0.0
    for k in 1..<20_000 {
      let error = view.value(at: .hour * Int64(k)) - 200
      sum += error
      squares += error * error
    }
    // 5 % of 200 is 10; the deviation of so many draws is known to 0.5 %.
    #expect(abs(sum / 19_999) < 0.3 && abs((squares / 19_999).squareRoot() - 10) < 0.2)
    // The hour under way is known, and what is asked twice is answered alike, by any view of any instant before.
    #expect(view.value(at: .seconds(10)) == 200)
    let later = ForecastRule.noise(error: 0.05, seed: 1).view(of: series, named: "a", at: .hour * 9)
    #expect(later.value(at: .hour * 12) == view.value(at: .hour * 12) && later.value(at: .hour * 9) == 200)
    for other in [
      ForecastRule.noise(error: 0.05, seed: 2).view(of: series, named: "a", at: .zero),
      ForecastRule.noise(error: 0.05, seed: 1).view(of: series, named: "b", at: .zero),
    ] { #expect(other.value(at: .hour * 12) != view.value(at: .hour * 12)) }
    #expect(abs(view.integral(from: .hour * 12, to: .seconds(45_000)) - view.value(at: .hour * 12) / 2) < 1e-9)
  }
}

@Suite struct TimeShiftTests {
  let day = EnergySeries(start: .zero, values: [5, 3, 4, 1, 1, 2, 9, 9])
  let hour = Time.hour

  @Test func byHand() {
    let half = Time.seconds(1800)
    #expect(TimeShift.lowestSlot(arrival: half, slack: hour * 2, signal: day) == hour)
    #expect(TimeShift.lowestSlot(arrival: half, slack: hour * 6, signal: day) == hour * 3)
    #expect(TimeShift.lowestSlot(arrival: hour, slack: .zero, signal: day) == hour)
    // Two hours from 0:30 on the half hour: 3:30 costs 0.5 + 1 + 1 = 2.5; the best of all, 3:00, costs 2.
    #expect(TimeShift.lowestWindow(arrival: half, slack: hour * 5, length: hour * 2, signal: day) == hour * 3 + half)
    #expect(TimeShift.lowestWindow(earliest: half, latest: hour * 5, length: hour * 2, signal: day) == hour * 3)
    // An hour and a half: ends with the cheap hours, or begins with them; the earlier counts.
    #expect(TimeShift.lowestWindow(earliest: .zero, latest: hour * 5, length: hour + half, signal: day) == hour * 3)
    // Three hours of work in eight: 3, 4, and hour 5; with two hours of slack only 0:00 to 5:00 is there.
    #expect(
      TimeShift.waitAwhile(arrival: .zero, slack: hour * 5, length: hour * 3, signal: day)
        == [TimeShift.Run(start: hour * 3, end: hour * 6)])
    #expect(
      TimeShift.waitAwhile(arrival: .zero, slack: hour * 2, length: hour * 3, signal: day)
        == [TimeShift.Run(start: hour, end: hour * 2), TimeShift.Run(start: hour * 3, end: hour * 5)])
  }

  /// Threshold: 30 % of the next 24 h. A square wave of 6 dear and 6 cheap hours: half of the time it is cheap.
  @Test func thresholdByHand() {
    let wave = EnergySeries(start: .zero, values: [9, 9, 9, 9, 9, 9, 1, 1, 1, 1, 1, 1])
    func runs(_ slack: Time) -> [TimeShift.Run] {
      TimeShift.threshold(arrival: .zero, slack: slack, length: hour * 8) { _ in wave }
    }
    #expect(runs(hour * 24) == [.init(start: hour * 6, end: hour * 12), .init(start: hour * 18, end: hour * 20)])
    // Eight hours of slack: six are gone at the first trough, the rest at 14:00.
    #expect(runs(hour * 8) == [.init(start: hour * 6, end: hour * 12), .init(start: hour * 14, end: hour * 16)])
    #expect(runs(.zero) == [.init(start: .zero, end: hour * 8)])
  }

  /// Random signals: whatever shift is chosen, work and bounds are kept, and those that know better do no worse.
  @Test func whatMustAlwaysHold() {
    var state: UInt64 = 11
    func next(_ bound: Int64) -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64((state >> 33) % UInt64(bound))
    }
    for _ in 0..<200 {
      let signal = EnergySeries(start: .seconds(next(7200) - 3600), values: (0..<50).map { _ in Double(next(500)) })
      let arrival = Time.seconds(next(100_000))
      let length = Time.seconds(1 + next(30_000))
      let slack = Time.seconds(next(90_000))
      let end = arrival + length + slack
      func carbon(_ start: Time) -> Double { signal.integral(from: start, to: start + length) }
      let slot = TimeShift.lowestSlot(arrival: arrival, slack: slack, signal: signal)
      let window = TimeShift.lowestWindow(arrival: arrival, slack: slack, length: length, signal: signal)
      let best = TimeShift.lowestWindow(earliest: arrival, latest: arrival + slack, length: length, signal: signal)
      for start in [slot, window, best] { #expect(start >= arrival && start + length <= end) }
      let pieces = TimeShift.waitAwhile(arrival: arrival, slack: slack, length: length, signal: signal)
      let gated = TimeShift.threshold(arrival: arrival, slack: slack, length: length) { _ in signal }
      for runs in [pieces, gated] {
        #expect(runs[0].start >= arrival && runs[runs.count - 1].end <= end)
        #expect(runs.reduce(Time.zero) { $0 + ($1.end - $1.start) } == length)
        for (a, b) in zip(runs, runs.dropFirst()) { #expect(a.end < b.start) }
      }
      let least = TimeShift.integral(of: pieces, signal: signal)
      #expect(carbon(best) <= carbon(window) + 1e-9 && carbon(window) <= carbon(arrival))
      #expect(least <= carbon(best) + 1e-9 && least <= TimeShift.integral(of: gated, signal: signal) + 1e-9)
      #expect(signal.value(at: slot) <= signal.value(at: arrival))
    }
  }
}
