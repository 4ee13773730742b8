// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The portrait of a trace that `trace inspect` prints.
public struct TraceStatistics: Equatable, Sendable {
  /// How many jobs ask for so many GPUs.
  public struct GPUCount: Equatable, Sendable {
    /// Thousandths of a GPU.
    public var milliGPUs: Int64
    public var jobs: Int
    public init(milliGPUs: Int64, jobs: Int) {
      self.milliGPUs = milliGPUs
      self.jobs = jobs
    }
  }

  /// Quantiles in seconds; a quantile p is element floor(p n) of the sorted list.
  public struct Durations: Equatable, Sendable {
    public var min, p10, p25, p50, p75, p90, p95, p99, max, mean: Double
  }

  public var jobs: Int
  /// From the first submission to the last, in seconds.
  public var spanSeconds: Double
  /// Ascending by size.
  public var gpus: [GPUCount]
  /// Nil without jobs.
  public var durations: Durations?
  /// Sum of GPUs times duration, in GPU-hours.
  public var gpuHours: Double
  /// Users that the trace names, and groups (virtual clusters, queues); 0 where it names none.
  public var users: Int
  public var groups: Int
  /// Share of the jobs that the busiest tenth of the users submitted, of those jobs that name one; nil without users.
  public var busiestTenthShare: Double?
  /// Submissions by hour of the day, 24 of them; nil if the trace has no calendar.
  public var arrivalsByHour: [Int]?
  /// Submissions by day of the week, Monday first; nil if the trace has no calendar.
  public var arrivalsByWeekday: [Int]?

  public init(_ trace: Trace) { self.init(jobs: trace.jobs, clockAtZero: trace.account.clockAtZero) }

  /// `clockAtZero` is ``TraceAccount/clockAtZero``.
  public init(jobs list: [Job], clockAtZero: Double?) {
    jobs = list.count
    let first = list.map(\.submit).min() ?? .zero
    let last = list.map(\.submit).max() ?? .zero
    spanSeconds = (last - first).seconds
    gpus = []
    for size in list.map(\.milliGPUs).sorted() {
      if gpus.last?.milliGPUs == size {
        gpus[gpus.count - 1].jobs += 1
      } else {
        gpus.append(GPUCount(milliGPUs: size, jobs: 1))
      }
    }
    // Int128: a month of 100,000 GPUs in milli-GPU-ticks exceeds Int64.
    let work = list.reduce(Int128(0)) { $0 + Int128($1.milliGPUs) * Int128($1.duration.ticks) }
    gpuHours = Double(work) / 1000 / Double(Time.hour.ticks)
    durations = TraceStatistics.durations(list)
    let counts = TraceStatistics.counts(list.lazy.compactMap(\.user))
    users = counts.count
    groups = TraceStatistics.counts(list.lazy.compactMap(\.group)).count
    if !counts.isEmpty {
      let all = counts.reduce(0, +)
      busiestTenthShare = Double(counts.prefix((counts.count + 9) / 10).reduce(0, +)) / Double(all)
    }
    let arrivals = clockAtZero.map { TraceStatistics.arrivals(list.lazy.map(\.submit), clockAtZero: $0) }
    arrivalsByHour = arrivals?.hours
    arrivalsByWeekday = arrivals?.weekdays
  }

  /// How often each name occurs, most often first.
  private static func counts(_ names: some Sequence<String>) -> [Int] {
    var table: [String: Int] = [:]
    for name in names { table[name, default: 0] += 1 }
    return table.values.sorted(by: >)
  }

  /// Arrivals by hour of the day and by day of the week, Monday first, on a wall clock.
  static func arrivals(_ times: some Sequence<Time>, clockAtZero: Double) -> (hours: [Int], weekdays: [Int]) {
    var hours = [Int](repeating: 0, count: 24)
    var weekdays = [Int](repeating: 0, count: 7)
    let origin = Int64(clockAtZero.rounded(.down))
    for time in times {
      let second = origin + time.ticks / Time.ticksPerSecond
      let day = second >= 0 ? second / 86_400 : (second - 86_399) / 86_400
      hours[Int((second - day * 86_400) / 3600)] += 1
      weekdays[CalendarTime.weekday(Int(day))] += 1
    }
    return (hours, weekdays)
  }

  private static func durations(_ list: [Job]) -> Durations? {
    let sorted = list.map(\.duration).sorted()
    guard let least = sorted.first, let most = sorted.last else { return nil }
    func quantile(_ percent: Int) -> Double { sorted[percent * sorted.count / 100].seconds }
    let sum = sorted.reduce(Int128(0)) { $0 + Int128($1.ticks) }
    return Durations(
      min: least.seconds, p10: quantile(10), p25: quantile(25), p50: quantile(50), p75: quantile(75),
      p90: quantile(90), p95: quantile(95), p99: quantile(99), max: most.seconds,
      mean: Double(sum) / (Double(sorted.count) * Double(Time.ticksPerSecond)))
  }
}
