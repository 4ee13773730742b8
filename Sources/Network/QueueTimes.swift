// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// For how long a queue was how long: exact mean and maximum, and percentiles to 2 % from 32 bins for each doubling.
struct QueueTimes: Sendable {
  private var ticks: [Double] = []
  private var total = 0.0
  /// Integral in byte-ticks.
  private var area = 0.0
  private var most = 0.0

  /// The queue goes evenly from one length to another.
  mutating func add(span: Time, before: BitTicks, after: BitTicks) {
    let (a, b) = (before.bytesDouble, after.bytesDouble)
    let length = Double(span.ticks)
    total += length
    area += (a + b) / 2 * length
    most = max(most, a, b)
    let (low, high) = (min(a, b), max(a, b))
    let (first, last) = (QueueTimes.bin(low), QueueTimes.bin(high))
    while ticks.count <= last { ticks.append(0) }
    guard first < last else {
      ticks[first] += length
      return
    }
    for bin in first...last {
      let part = min(high, QueueTimes.edge(bin + 1)) - max(low, QueueTimes.edge(bin))
      ticks[bin] += length * part / (high - low)
    }
  }

  private static func bin(_ bytes: Double) -> Int {
    guard bytes >= 1 else { return 0 }
    return 1 + Int(bytes.exponent) * 32 + Int((bytes.significand - 1) * 32)
  }

  /// The lower end of a bin.
  private static func edge(_ bin: Int) -> Double {
    guard bin > 0 else { return 0 }
    let step = Double((bin - 1) % 32)
    return (1 + step / 32) * Double(sign: .plus, exponent: (bin - 1) / 32, significand: 1)
  }

  private func percentile(_ share: Double) -> Double {
    var seen = 0.0
    for (bin, time) in ticks.enumerated() {
      seen += time
      if seen >= share * total { return bin == 0 ? 0 : (QueueTimes.edge(bin) + QueueTimes.edge(bin + 1)) / 2 }
    }
    return most
  }

  var distribution: ExperimentResult.Distribution {
    var d = ExperimentResult.Distribution()
    guard total > 0 else { return d }
    d.mean = area / total
    d.max = most
    d.p50 = min(most, percentile(0.5))
    d.p99 = min(most, percentile(0.99))
    return d
  }
}
