// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The least that one job can still cost from each site, over the slots of the horizon: dynamic programming backwards in
/// time, with the price of a move between slots.
///
///     V[s, k] = hours of slot k x (GPUs x p[s, k] + time / speed of s) + min(V[s, k + 1], move + min over c of V[c, k + 1])
///
/// p is what an hour of reference work costs a GPU, from slot 1 on no less than the market price. Slots end where the
/// job's work does, or the horizon; behind it nothing is told apart.
struct LonghaulJob {
  /// By site: the least from now on if it computes there in slot 0.
  let value: [Double]
  /// What stopping and going on cost by themselves, without transfers: time, and power while nothing is computed.
  let interruption: Double

  /// Share of a computing GPU's power that it draws while a checkpoint is written or read: 725 W of 1,350 W, an H100 of
  /// `catalog gpus`.
  static let stalledShare = 0.54
  /// The same while data are on their way: 325 W.
  static let idleShare = 0.24

  /// - Parameters:
  ///   - left: run time on reference GPUs that is left, in seconds.
  ///   - checkpoint: seconds to write a checkpoint, and again to read it.
  init(
    gpus: Double, left: Double, checkpoint: Double, speeds: [Double], market: LonghaulMarket, weights: LonghaulWeights
  ) {
    let hours = 2 * checkpoint / 3600
    interruption = hours * (weights.time + gpus * LonghaulJob.stalledShare * max(0, market.market[0]))
    var last = 0
    while last + 1 < market.slots, market.edges[last + 1] < left { last += 1 }
    var value = [Double](repeating: 0, count: speeds.count)
    var slot = last
    while slot >= 0 {
      let end = min(left, market.edges[slot + 1])
      // A job beyond its estimate may still need a while: it counts as having a minute left.
      let length = max(end - market.edges[slot], slot == 0 ? 60 : 0) / 3600
      let cheapest = (value.min() ?? 0) + interruption
      for site in speeds.indices {
        let price = slot == 0 ? market.unit[site][0] : max(market.unit[site][slot], market.market[slot])
        value[site] = length * (gpus * price + weights.time / speeds[site]) + min(value[site], cheapest)
      }
      slot -= 1
    }
    self.value = value
  }
}
