// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Wall-clock and processor seconds of this process since it was made.
struct Stopwatch {
  private let wall = Stopwatch.read(CLOCK_MONOTONIC)
  private let cpu = Stopwatch.read(CLOCK_PROCESS_CPUTIME_ID)

  var wallSeconds: Double { Stopwatch.read(CLOCK_MONOTONIC) - wall }
  var cpuSeconds: Double { Stopwatch.read(CLOCK_PROCESS_CPUTIME_ID) - cpu }

  private static func read(_ clock: clockid_t) -> Double {
    var now = timespec()
    clock_gettime(clock, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}

/// The same quantity, measured several times.
struct Samples {
  private(set) var values: [Double] = []

  init(_ values: [Double] = []) { self.values = values }
  mutating func add(_ value: Double) { values.append(value) }

  var median: Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// Sample by sample: what was measured in turns shared the machine's mood.
  static func / (a: Samples, b: Samples) -> Samples { Samples(zip(a.values, b.values).map { $0 / $1 }) }

  /// Median (least-most).
  var text: String {
    guard values.count > 1, let least = values.min(), let most = values.max() else { return figure(median) }
    return "\(figure(median)) (\(figure(least))-\(figure(most)))"
  }
}

/// Keeps a result that nothing else uses from being optimised away.
@inline(never) func keep<T>(_ value: T) {}

/// Three significant digits, thousands and millions by letter.
func figure(_ value: Double) -> String {
  let size = abs(value)
  if size >= 999.5e6 { return digits(value / 1e9) + "G" }
  if size >= 999.5e3 { return digits(value / 1e6) + "M" }
  if size >= 9995 { return digits(value / 1e3) + "k" }
  return digits(value)
}

private func digits(_ value: Double) -> String {
  let size = abs(value)
  if size == 0 { return "0" }
  if size < 0.001 { return String(format: "%.1e", value) }
  let places = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3
  return String(format: "%.\(places)f", value)
}
