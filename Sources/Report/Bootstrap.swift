// SPDX-License-Identifier: Apache-2.0

import Simulation

/// Intervals by resampling windows (Efron, Annals of Statistics 7(1), 1979): the percentile method with 95 %.
///
/// The draws come from a seed and are the same for all metrics and pairs, so that equal data give equal intervals.
struct Bootstrap {
  struct Interval: Equatable, Sendable {
    var mean: Double
    var low: Double
    var high: Double

    /// Whether all of it lies on one side of zero.
    var excludesZero: Bool { low > 0 || high < 0 }
  }

  static let draws = 10_000
  /// Indices of windows, `draws` times `count`.
  private let samples: [Int32]
  let count: Int

  init(count: Int, seed: UInt64) {
    self.count = count
    var stream = RandomStream(seed: seed, name: "bootstrap")
    samples = count < 2 ? [] : (0..<Self.draws * count).map { _ in Int32(stream.below(count)) }
  }

  /// Of the mean of one value for each window; nil if one of them is missing. With one window low and high are the mean.
  func interval(_ values: [Double?]) -> Interval? {
    let known = values.compactMap { $0 }
    guard known.count == count, let first = known.first else { return nil }
    let mean = known.reduce(0, +) / Double(count)
    guard count > 1 else { return Interval(mean: first, low: first, high: first) }
    if known.allSatisfy({ $0 == first }) { return Interval(mean: first, low: first, high: first) }
    var means: [Double] = []
    means.reserveCapacity(Self.draws)
    var position = 0
    for _ in 0..<Self.draws {
      var sum = 0.0
      for _ in 0..<count {
        sum += known[Int(samples[position])]
        position += 1
      }
      means.append(sum / Double(count))
    }
    means.sort()
    return Interval(mean: mean, low: means[Self.draws / 40], high: means[Self.draws - 1 - Self.draws / 40])
  }
}
