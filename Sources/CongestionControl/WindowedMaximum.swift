// SPDX-License-Identifier: Apache-2.0

import Simulation

/// The largest of the samples within a window of whole numbers (round trips), from three samples: the best, and the best
/// of those since each of them (Kathleen Nichols' filter). The window slides; no list of samples is kept.
struct WindowedMaximum: Equatable, Sendable {
  private var best = Sample()
  private var second = Sample()
  private var third = Sample()

  private struct Sample: Equatable {
    var value = 0.0
    var at: Int64 = 0
  }

  var value: Double { best.value }

  mutating func add(_ value: Double, at: Int64, window: Int64) {
    let sample = Sample(value: value, at: at)
    if value >= best.value || at - third.at > window {
      best = sample
      second = sample
      third = sample
      return
    }
    if value >= second.value {
      second = sample
      third = sample
    } else if value >= third.value {
      third = sample
    }
    let age = at - best.at
    if age > window {
      best = second
      second = third
      third = sample
      if at - best.at > window {
        best = second
        second = third
      }
    } else if second.at == best.at && age > window / 4 {
      second = sample
      third = sample
    } else if third.at == second.at && age > window / 2 {
      third = sample
    }
  }

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try Self.code(&best, with: &coder)
    try Self.code(&second, with: &coder)
    try Self.code(&third, with: &coder)
  }

  private static func code(_ sample: inout Sample, with coder: inout StateCoder) throws(WireError) {
    try coder.value(&sample.value)
    try coder.value(&sample.at)
  }
}
