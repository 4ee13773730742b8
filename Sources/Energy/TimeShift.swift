// SPDX-License-Identifier: Apache-2.0

import Quantities

/// When a job that may wait should run, by a price or a carbon intensity. Pure functions of the signal: what they are
/// given decides what they may know (see ``ForecastView``). Fleet and queue are not their business.
public enum TimeShift {
  /// A stretch in which the job runs.
  public struct Run: Equatable, Sendable {
    public var start: Time
    public var end: Time
    public init(start: Time, end: Time) {
      self.start = start
      self.end = end
    }
  }

  /// The earliest of the instants from `arrival` to `arrival + slack` at which the signal is lowest.
  ///
  /// GAIA's "lowest slot" (Hanafy et al., ASPLOS 2024). Deviation: no slots; a signal of steps is lowest at the
  /// beginning of an interval, a straight one at a beginning or an end.
  public static func lowestSlot(arrival: Time, slack: Time, signal: some EnergySignal) -> Time {
    best(of: changes(from: arrival, to: arrival + slack, signal)) { signal.value(at: $0) }
  }

  /// The start from `arrival` to `arrival + slack`, tried every `every` from the arrival on, for which the integral of
  /// the signal over the run is lowest; the earliest of equals. GAIA's "lowest window".
  public static func lowestWindow(
    arrival: Time, slack: Time, length: Time, every: Time = .hour, signal: some EnergySignal
  ) -> Time {
    precondition(every > .zero, "starts are tried at a distance above zero")
    var starts: [Time] = []
    var start = arrival
    while start <= arrival + slack {
      starts.append(start)
      start += every
    }
    return best(of: starts) { signal.integral(from: $0, to: $0 + length) }
  }

  /// The start anywhere from `earliest` to `latest` for which the integral over the run is lowest: where one of its
  /// ends meets a change of the signal, or at the bounds. Exact for a signal of steps.
  public static func lowestWindow(
    earliest: Time, latest: Time, length: Time, signal: some EnergySignal
  ) -> Time {
    var starts = changes(from: earliest, to: latest, signal)
    for end in changes(from: earliest + length, to: latest + length, signal) { starts.append(end - length) }
    return best(of: starts.sorted()) { signal.integral(from: $0, to: $0 + length) }
  }

  /// The stretches of [arrival, arrival + length + slack] with the lowest signal that add up to `length`, in order of
  /// time, neighbours joined: the job is suspended between them.
  ///
  /// "Wait awhile" (Wiesner et al., Middleware 2021), without a price for suspending. Of equal stretches the earlier.
  public static func waitAwhile(arrival: Time, slack: Time, length: Time, signal: some EnergySignal) -> [Run] {
    let end = arrival + length + slack
    var stretches: [(value: Double, run: Run)] = []
    for (from, to) in stretchesBetween(arrival, end, signal) {
      let hours = EnergySeries.hours((to - from).ticks)
      stretches.append((signal.integral(from: from, to: to) / hours, Run(start: from, end: to)))
    }
    stretches.sort { ($0.value, $0.run.start) < ($1.value, $1.run.start) }
    var missing = length
    var runs: [Run] = []
    for stretch in stretches where missing > .zero {
      let take = min(missing, stretch.run.end - stretch.run.start)
      runs.append(Run(start: stretch.run.start, end: stretch.run.start + take))
      missing = missing - take
    }
    return joined(runs.sorted { $0.start < $1.start })
  }

  /// Runs while the signal is at or below the given quantile of the 24 hours that follow, and waits otherwise until
  /// the slack is used up; then it runs through.
  ///
  /// The carbon threshold of Ecovisor (Souza et al., ASPLOS 2023). Deviation: the quantile is taken over time, and
  /// anew at every change of the signal.
  ///
  /// - Parameter forecast: the signal as it may be known at an instant.
  public static func threshold(
    arrival: Time, slack: Time, length: Time, quantile: Double = 0.3, forecast: (Time) -> some EnergySignal
  ) -> [Run] {
    var at = arrival
    var missing = length
    var left = slack
    var runs: [Run] = []
    while missing > .zero {
      let signal = forecast(at)
      let change = signal.nextChange(after: at)
      if left == .zero || signal.value(at: at) <= self.quantile(quantile, of: signal, from: at, to: at + .hour * 24) {
        let end = min(change, at + missing)
        let until = left == .zero ? at + missing : end
        runs.append(Run(start: at, end: until))
        missing = missing - (until - at)
        at = until
      } else {
        let wait = min(left, change - at)
        left = left - wait
        at += wait
      }
    }
    return joined(runs)
  }

  /// The integral of a signal over several runs, in unit x hours.
  public static func integral(of runs: [Run], signal: some EnergySignal) -> Double {
    var sum = 0.0
    for run in runs { sum += signal.integral(from: run.start, to: run.end) }
    return sum
  }

  /// The start from `arrival` to `arrival + slack`, tried every `every` from the arrival on, for which what is saved
  /// against starting at once, over the time from arrival to end, is greatest; the earliest of equals.
  ///
  /// GAIA's "carbon-time" (Hanafy et al., ASPLOS 2024): the saving per completion time.
  public static func greatestSavingPerTime(
    arrival: Time, slack: Time, length: Time, every: Time = .hour, signal: some EnergySignal
  ) -> Time {
    precondition(every > .zero, "starts are tried at a distance above zero")
    let now = signal.integral(from: arrival, to: arrival + length)
    var best = (start: arrival, ratio: 0.0)
    var start = arrival + every
    while start <= arrival + slack {
      let saved = now - signal.integral(from: start, to: start + length)
      let ratio = saved / (start + length - arrival).seconds
      if ratio > best.ratio { best = (start, ratio) }
      start += every
    }
    return best.start
  }

  /// The least value that the signal does not exceed for `share` of the time.
  public static func quantile(
    _ share: Double, of signal: some EnergySignal, from start: Time, to end: Time
  ) -> Double {
    var stretches: [(value: Double, length: Time)] = []
    for (from, to) in stretchesBetween(start, end, signal) { stretches.append((signal.value(at: from), to - from)) }
    stretches.sort { $0.value < $1.value }
    let wanted = Double((end - start).ticks) * share
    var passed = 0.0
    for stretch in stretches {
      passed += Double(stretch.length.ticks)
      if passed >= wanted { return stretch.value }
    }
    return stretches[stretches.count - 1].value
  }

  /// `start`, the changes after it, and `end`.
  private static func changes(from start: Time, to end: Time, _ signal: some EnergySignal) -> [Time] {
    var times = [start]
    var at = signal.nextChange(after: start)
    while at < end {
      times.append(at)
      at = signal.nextChange(after: at)
    }
    if end > start { times.append(end) }
    return times
  }

  private static func stretchesBetween(
    _ start: Time, _ end: Time, _ signal: some EnergySignal
  ) -> Zip2Sequence<[Time], ArraySlice<Time>> {
    let times = changes(from: start, to: end, signal)
    return zip(times, times.dropFirst())
  }

  /// The first of those with the lowest score.
  private static func best(of times: [Time], score: (Time) -> Double) -> Time {
    var best = times[0]
    var lowest = score(best)
    for time in times.dropFirst() {
      let value = score(time)
      if value < lowest { (best, lowest) = (time, value) }
    }
    return best
  }

  private static func joined(_ runs: [Run]) -> [Run] {
    var result: [Run] = []
    for run in runs {
      if let last = result.last, last.end == run.start {
        result[result.count - 1].end = run.end
      } else {
        result.append(run)
      }
    }
    return result
  }
}
