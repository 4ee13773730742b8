// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

@Suite struct TimelyTests {
  static func flow(_ preset: String, roundTrip: Time = .microseconds(20)) throws -> Clocked<Timely> {
    Clocked(
      Timely(
        context: FlowContext(now: .zero, roundTrip: roundTrip, lineRate: .gigabits(10)),
        parameters: try values("timely", preset)), roundTrip: roundTrip)
  }

  /// One decision, on a round trip of the given length.
  static func pass(_ flow: inout Clocked<Timely>, _ microseconds: Int64, calls: Int = 1) {
    flow.acknowledge(16_384, over: .microseconds(20), calls: calls, roundTrip: .microseconds(microseconds))
  }

  static func gigabits(_ flow: Clocked<Timely>) -> Double { flow.controller.rate.double / 1e9 }

  /// Above Thigh: R (1 - 0.8 (1 - 500 / RTT)) every round trip, here 0.6.
  @Test func aboveTheUpperThresholdTheRateFalls() throws {
    var flow = try Self.flow("paper")
    Self.pass(&flow, 1000)
    #expect(Self.gigabits(flow) == 10, "one sample makes no gradient")
    for n in 1...5 {
      Self.pass(&flow, 1000)
      #expect(relative(Self.gigabits(flow), 10 * DeterministicMath.pow(0.6, Double(n))) < 1e-6)
    }
    #expect(flow.controller.decreases == 5)
  }

  /// 10 Mb/s a round trip below Tlow; between the thresholds the same on a level round trip, five times that from the
  /// fifth level sample on.
  @Test func stepsAreAdditiveAndThenFiveTimesThat() throws {
    var flow = try Self.flow("paper")
    for _ in 0..<4 { Self.pass(&flow, 1000) }
    for _ in 0..<40 { Self.pass(&flow, 30) }
    let start = Self.gigabits(flow)
    for _ in 0..<10 { Self.pass(&flow, 30) }
    #expect(abs(Self.gigabits(flow) - start - 0.1) < 1e-6)
    // Up to 60 us: one rise of the gradient, then level.
    for _ in 0..<3 { Self.pass(&flow, 60) }
    var steps: [Double] = []
    for _ in 0..<60 {
      let before = Self.gigabits(flow)
      Self.pass(&flow, 60)
      steps.append(Self.gigabits(flow) - before)
    }
    // The smoothed gradient stays above zero until it vanishes; falling round trips are below it.
    for (n, microseconds) in [59, 58, 57, 56, 55, 54].enumerated() {
      let before = Self.gigabits(flow)
      Self.pass(&flow, Int64(microseconds))
      let expected = n < 4 ? 0.01 : 0.05
      #expect(abs(Self.gigabits(flow) - before - expected) < 1e-6, "sample \(n)")
    }
  }

  /// A rising round trip between the thresholds: g = 0.875 x 10 / 20 at the first rise, R (1 - 0.8 g).
  @Test func aGradientCutsInProportion() throws {
    var flow = try Self.flow("paper")
    Self.pass(&flow, 60)
    Self.pass(&flow, 60)
    let before = Self.gigabits(flow)
    Self.pass(&flow, 70)
    #expect(relative(Self.gigabits(flow) / before, 1 - 0.8 * 0.4375) < 1e-6)
  }

  /// Propagation above Thigh: the published law sinks to its least rate, as does the patched one; with propagation
  /// subtracted the path is used.
  @Test(arguments: [("paper", false), ("patched", false), ("long-haul", true)])
  func distance(preset: String, used: Bool) throws {
    var loop = try Loop.of("timely", preset, capacity: .gigabits(10), roundTrips: [.microseconds(1000)])
    loop.run(for: .seconds(8))
    loop.measure()
    loop.run(for: .seconds(1))
    let rate = Double(loop.served) * 8 / 1e9
    print("figure: TIMELY (\(preset)) at 100 km on 10 Gb/s: \(rate) Gb/s")
    #expect(used ? rate > 9 : rate < 0.11)
  }

  /// The patched law has one fixed point (CoNEXT 2016): g = 0, so w = 1/2, and delta = R beta (RTT - Tlow) / Tlow with
  /// R = C / N, that is RTT = Tlow (1 + N delta / (beta C)): 62.5 us for two flows, 75 us for four.
  @Test(arguments: [2, 4]) func thePatchedLawHasItsFixedPoint(flows: Int) throws {
    var loop = try Loop.of(
      "timely", "patched", capacity: .gigabits(10), roundTrips: Array(repeating: .microseconds(20), count: flows),
      step: .microseconds(1))
    for i in 1..<flows { loop.flows[i].start = .microseconds(Int64(500 * i)) }
    loop.run(for: .microseconds(600_000))
    loop.measure()
    loop.run(for: .microseconds(100_000))
    let mean = 20e-6 + loop.queueSeconds * 8 / 1e10 / 0.1
    let expected = 50e-6 * (1 + Double(flows) * 0.001 / 0.008)
    print("figure: patched TIMELY, \(flows) flows: round trip \(mean * 1e6) us, fixed point \(expected * 1e6) us")
    #expect(relative(mean, expected) < 0.05)
    let rates = loop.flows.map { $0.rateSeconds / 0.1 / 1e10 * Double(flows) }
    for rate in rates { #expect(abs(rate - 1) < 0.1, "\(rates)") }
  }

  @Test func callsDoNotMatter() throws {
    var many = try Self.flow("paper")
    var few = many
    for n in 0..<300 {
      let microseconds = Int64(40 + 7 * n % 60)
      Self.pass(&many, microseconds, calls: 16)
      Self.pass(&few, microseconds, calls: 1)
      #expect(relative(Self.gigabits(few), Self.gigabits(many)) < 0.05)
    }
  }
}
