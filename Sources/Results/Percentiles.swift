// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Percentiles of a sorted list: element floor(p n), counted from 0, as reference results define them.
public enum Percentiles {
  /// Nil for an empty list. `percent` from 0 to 100, whole, so that no rounding can move the element.
  public static func of<T>(_ sorted: [T], percent: Int) -> T? {
    guard !sorted.isEmpty else { return nil }
    return sorted[min(sorted.count * percent / 100, sorted.count - 1)]
  }
}

extension Summary.Statistics {
  /// Of times, in seconds. The sum is exact.
  public init(times: [Time]) {
    self.init()
    guard !times.isEmpty else { return }
    let sorted = times.sorted()
    mean = Double(sorted.reduce(Int128(0)) { $0 + Int128($1.ticks) }) / (Double(sorted.count) * 1e11)
    p50 = Percentiles.of(sorted, percent: 50).map(CanonicalNumber.double)
    p95 = Percentiles.of(sorted, percent: 95).map(CanonicalNumber.double)
    p99 = Percentiles.of(sorted, percent: 99).map(CanonicalNumber.double)
  }

  /// Summed up in ascending order.
  init(values: [Double]) {
    self.init()
    guard !values.isEmpty else { return }
    let sorted = values.sorted()
    mean = sorted.reduce(0, +) / Double(sorted.count)
    p50 = Percentiles.of(sorted, percent: 50)
    p95 = Percentiles.of(sorted, percent: 95)
    p99 = Percentiles.of(sorted, percent: 99)
  }
}
