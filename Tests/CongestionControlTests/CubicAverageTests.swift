// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// Section 5.2 of RFC 9438: the mean window when one packet in every 1/p is lost, a deterministic model of its own.
///
/// In that model Wmax repeats from cut to cut. As a map of Wmax this has slope one: a flow that comes down from slow
/// start nears it as 1 / sqrt(1.1 n) after n cuts only, 18 % above it on average over the cuts 20 to 120. So the law
/// itself is tested from the model's own Wmax on, and what a flow does by itself with both settings of fast convergence
/// beside it.
@Suite struct CubicAverageTests {
  /// The mean from cut `first` to cut `last` of a flow that loses its share of what it sends, asked at its deadlines
  /// and at least four times a round trip. `start` is the window at the first cut; nil for a flow in slow start.
  static func average(
    loss: Double, roundTrip: Time, fastConvergence: Bool, from start: Double? = nil, first: UInt32, last: UInt32
  ) -> Double {
    var parameters = Cubic.Parameters()
    parameters.fastConvergence = fastConvergence
    if let start { parameters.initialPackets = start }
    var flow = CubicFlow(roundTrip: roundTrip, parameters: parameters)
    let quarter = Time(ticks: roundTrip.ticks / 4)
    var sum = 0.0
    var measured = 0.0
    if start != nil { flow.lose() } else { flow.advance(.zero) }
    while flow.controller.decreases < last {
      let before = flow.packets
      // Each step loses p of what the window sends in it.
      flow.advance(.zero, packetsLostPerSecond: loss * before / roundTrip.seconds)
      let step = max(.tick, min(quarter, flow.controller.deadline - flow.now))
      flow.advance(step, packetsLostPerSecond: loss * before / roundTrip.seconds)
      guard flow.controller.decreases >= first else { continue }
      sum += before * step.seconds
      measured += step.seconds
    }
    return sum / measured
  }

  /// Table 1 of the RFC, RTT 0.1 s, C = 0.4. Its model knows no fast convergence. A mean of W is Wmax (1 - 0.3 / 4).
  @Test(arguments: [(1e-4, 187.0), (1e-5, 1054), (1e-6, 5926)]) func agreesWithTheTable(loss: Double, window: Double) {
    let round = Time.microseconds(100_000)
    let model = Self.average(
      loss: loss, roundTrip: round, fastConvergence: false, from: window / 0.925, first: 1, last: 100)
    let plain = Self.average(loss: loss, roundTrip: round, fastConvergence: false, first: 20, last: 120)
    let fast = Self.average(loss: loss, roundTrip: round, fastConvergence: true, first: 20, last: 120)
    func deviation(_ found: Double) -> String { "\(found) (\((1000 * (found / window - 1)).rounded() / 10) %)" }
    print(
      "figure: CUBIC, RTT 0.1 s, p \(loss): table \(window), from its own Wmax \(deviation(model)), from slow start "
        + "\(deviation(plain)), with fast convergence \(deviation(fast))")
    #expect(relative(model, window) < 0.02)
    // Coming down, always from above; with fast convergence cycles alternate below.
    #expect(plain > window && plain < 1.25 * window)
    #expect(fast < window && fast > 0.9 * window)
  }

  /// Table 2, RTT 0.01 s: the Reno-friendly region, where the window is that of an AIMD flow with beta 0.7 and
  /// alpha 9/17, sqrt(3 / 2p) packets.
  @Test(arguments: [(1e-3, 38.7), (1e-4, 122.5)]) func agreesWithRenoAtShortRoundTrips(loss: Double, window: Double) {
    let found = Self.average(
      loss: loss, roundTrip: .microseconds(10_000), fastConvergence: false, first: 20, last: 120)
    print("figure: CUBIC, RTT 0.01 s, p \(loss): sqrt(3/2p) \(window), found \(found)")
    #expect(relative(found, window) < 0.02)
  }
}
