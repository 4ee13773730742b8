// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Sharing a rate exactly, in whole bits per second.
enum Sharing {
  /// Splits `total` in proportion to `weights`, so that the parts add up to it. What rounding leaves over, less than
  /// one bit per second a part, goes to the first parts with the largest weights' order of appearance.
  static func proportional(_ total: Int64, weights: [Int128]) -> [Int64] {
    var sum: Int128 = 0
    for weight in weights { sum += weight }
    guard sum > 0 else { return [Int64](repeating: 0, count: weights.count) }
    // Weights are amounts of up to 2^100: shift until products with a rate fit.
    var shift: Int128 = 0
    while (sum >> shift) > Int128(1) << 75 { shift += 1 }
    let scaled = sum >> shift
    var parts: [Int64] = []
    parts.reserveCapacity(weights.count)
    var given: Int64 = 0
    for weight in weights {
      let part = Int64((weight >> shift) * Int128(total) / scaled)
      parts.append(part)
      given += part
    }
    var left = total - given
    var index = 0
    while left > 0, index < parts.count {
      if parts[index] > 0 {
        parts[index] += 1
        left -= 1
      }
      index += 1
    }
    if left > 0, let largest = weights.indices.max(by: { weights[$0] < weights[$1] }) { parts[largest] += left }
    return parts
  }

  /// Max-min shares of one capacity among flows that want no more than `claims`: everyone gets the claim or the level
  /// that is left for the others, whichever is less.
  static func waterFill(_ capacity: Int64, claims: [Int64]) -> [Int64] {
    var left = capacity
    var remaining = claims.count
    for claim in claims.sorted() {
      let level = left / Int64(remaining)
      if claim > level { return claims.map { min($0, level) } }
      left -= claim
      remaining -= 1
    }
    return claims
  }

  /// What one of the flows would get if it wanted everything. Does not depend on its own claim, so that a claim that
  /// follows from it settles.
  static func level(_ capacity: Int64, claims: [Int64], unlimited: Int) -> Int64 {
    var others = claims
    others.remove(at: unlimited)
    others.sort()
    var left = capacity
    var remaining = others.count + 1
    for claim in others {
      let level = left / Int64(remaining)
      if claim > level { break }
      left -= claim
      remaining -= 1
    }
    return left / Int64(remaining)
  }
}
