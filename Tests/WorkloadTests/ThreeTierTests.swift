// SPDX-License-Identifier: Apache-2.0

import Testing
import Workload

/// The three tiers of a collective, each against bytes that are moved and counted one message after another.
@Suite struct ThreeTierTests {
  static let gradient = 16e9
  static let work = TrainingWork(step: 4, backward: 2.0 / 3, gradientBytes: gradient, layers: 32)

  /// A ring all-reduce over `count` members, each with a buffer of `bytes`: in every of 2 (count - 1) rounds each sends one
  /// of `count` chunks to the next, first adding, then copying. Returns what each member has sent, having checked that all
  /// of them end with the sum.
  func ring(_ count: Int, bytes: Double) -> [Double] {
    var values = (0..<count).map { member in (0..<count).map { chunk in Double(member * 31 + chunk) } }
    let sums = (0..<count).map { chunk in values.reduce(0) { $0 + $1[chunk] } }
    var sent = [Double](repeating: 0, count: count)
    for round in 0..<2 * (count - 1) {
      var next = values
      for member in 0..<count {
        let chunk = ((member - round) % count + 2 * count) % count
        let to = (member + 1) % count
        next[to][chunk] = round < count - 1 ? values[to][chunk] + values[member][chunk] : values[member][chunk]
        sent[member] += bytes / Double(count)
      }
      values = next
    }
    for member in values { #expect(member == sums) }
    return sent
  }

  /// Reduce-scatter inside a domain, all-reduce over the domains, all-gather inside. A domain of g GPUs moves its part of the
  /// ring through g interfaces.
  @Test(arguments: [[8, 8, 8], [72, 72], [4, 8, 12, 16], [1, 71], [3, 5, 7, 9, 11, 37]])
  func insideASite(shares: [Int]) {
    let (up, out) = (450e9, 25e9)
    var layout = IterationTime.Layout(
      gpus: shares.reduce(0, +), sites: 1, domain: shares.max()!, speed: 1, scaleUpRate: up, scaleOutRate: out)
    layout.domains = shares.count
    layout.least = shares.min()!
    let time = IterationTime(work: Self.work, layout: layout, reference: layout)
    // All-gather and reduce-scatter are the two halves of a ring inside.
    let inside = shares.filter { $0 > 1 }.map { ring($0, bytes: Self.gradient).max()! / up }.max()!
    #expect(abs(time.scaleUp / inside - 1) < 1e-12)
    let across = ring(shares.count, bytes: Self.gradient)
    let slowest = zip(shares, across).map { share, bytes in bytes / Double(share) / out }.max()!
    #expect(abs(time.scaleOut / slowest - 1) < 1e-12)
    #expect(time.across == 0 && time.exposedAcross == 0)
  }

  /// Full domains of one size give what the formula says without them.
  @Test func evenDomainsAreTheOldFormula() {
    let plain = IterationTime.Layout(
      gpus: 64, sites: 1, domain: 8, speed: 1, scaleUpRate: 450e9, scaleOutRate: 50e9)
    var known = plain
    known.domains = 8
    known.least = 8
    #expect(
      IterationTime(work: Self.work, layout: plain, reference: plain)
        == IterationTime(work: Self.work, layout: known, reference: plain))
  }

  /// All three tiers: what sticks out of the backward pass is one layer's time through each of them, what the slowest of
  /// them takes beyond the backward pass for the other layers, and the light's time. Layers are followed one by one.
  @Test(arguments: [(8, 1, 1.0), (4, 4, 1.0), (2, 16, 4.0), (72, 1, 32.0)])
  func allThreeTiers(least: Int, domains: Int, taper: Double) {
    var layout = IterationTime.Layout(
      gpus: 2 * 72, sites: 2, domain: 72 / domains, speed: 1, scaleUpRate: 900e9, scaleOutRate: 50e9 / taper,
      acrossRate: 800e9, acrossDelay: 0.01)
    layout.domains = domains
    layout.least = least
    let time = IterationTime(work: Self.work, layout: layout, reference: layout)
    // Gradients of layer after layer come from the backward pass and queue at each tier.
    let layers = Double(Self.work.layers)
    let backward = Self.work.step * Self.work.backward
    var free = [0.0, 0.0, 0.0]
    var end = 0.0
    for layer in 1...Self.work.layers {
      var at = Double(layer) / layers * backward
      for (tier, sum) in [time.scaleUp, time.scaleOut, time.across].enumerated() {
        at = max(at, free[tier]) + sum / layers
        free[tier] = at
      }
      end = at
    }
    let exposed = end - backward + 2 * layout.acrossDelay
    #expect(abs(time.exposedLocal + time.exposedAcross - exposed) < 1e-9 * time.total)
    #expect(abs(time.total - Self.work.step - exposed) < 1e-9 * time.total)
    // What crosses between two sites is the gradient, each way.
    #expect(time.volume == Self.gradient && abs(time.across - Self.gradient * 8 / 800e9) < 1e-12)
  }
}
