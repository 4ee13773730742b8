// SPDX-License-Identifier: Apache-2.0

import Simulation

/// Means with confidence intervals.
public enum StudyStatistics {
  /// A mean and the ends of its 95 % confidence interval; the ends are nil for fewer than two values.
  public struct Estimate: Equatable, Sendable {
    public var mean: Double
    public var low: Double?
    public var high: Double?

    /// Half the interval; nil if there is none.
    public var halfWidth: Double? { high.map { $0 - mean } }
  }

  /// Sums in the order of the values.
  public static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Student's interval: mean +- t s / sqrt(n). Nil for no values.
  public static func estimate(_ values: [Double]) -> Estimate? {
    guard let mean = mean(values) else { return nil }
    guard values.count > 1 else { return Estimate(mean: mean, low: nil, high: nil) }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let n = Double(values.count)
    let half = student95(values.count - 1) * (squares / (n - 1)).squareRoot() / n.squareRoot()
    return Estimate(mean: mean, low: mean - half, high: mean + half)
  }

  /// Nil for no values; values are above zero.
  public static func geometricMean(_ values: [Double]) -> Double? {
    mean(values.map { DeterministicMath.log($0) }).map { DeterministicMath.exp($0) }
  }

  /// The 97.5th percentile of Student's t, of which a two-sided 95 % interval is made: the usual table up to 30 degrees
  /// of freedom, beyond it the expansion of Abramowitz and Stegun, 26.7.5, which is good to 1e-4 there.
  static func student95(_ freedom: Int) -> Double {
    let table = [
      12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
      2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484,
      2.0452, 2.0423,
    ]
    if freedom <= table.count { return table[max(1, freedom) - 1] }
    let z = 1.959964
    let v = Double(freedom)
    let cube = z * z * z
    return z + (cube + z) / (4 * v) + (5 * cube * z * z + 16 * cube + 3 * z) / (96 * v * v)
  }
}
