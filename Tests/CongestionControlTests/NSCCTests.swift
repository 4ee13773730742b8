// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// On the network that the constants were made for, 100 Gb/s and 12 us: BDP 150,000 B, a = b = 1, D = 12 us.
@Suite struct NSCCTests {
  static let round = Time.microseconds(12)

  static func flow(
    _ changes: [(String, Double)] = [], preset: String = "per-path", roundTrip: Time = round, longest: Time? = nil
  ) throws -> Clocked<NSCC> {
    var flow = Clocked(
      NSCC(
        context: FlowContext(
          now: .zero, roundTrip: roundTrip, lineRate: .gigabits(100), longestRoundTrip: longest),
        parameters: try values("nscc", preset, changes)), roundTrip: roundTrip)
    flow.now = .seconds(1)
    return flow
  }

  /// The four quadrants, one packet each: 4 MSS (1 - d / D) or 5 MSS times acked / W without a mark, nothing or a cut
  /// with one.
  @Test func theFourQuadrants() throws {
    let packet = 4096.0
    for (delay, gain) in [(3.0, 4 * 0.75), (6, 4 * 0.5), (12, 5), (20, 5)] {
      var flow = try Self.flow([("eta", 0)])
      let before = flow.controller.window
      flow.tell(at: flow.now, acknowledged: 4096, .nanoseconds(Int64(12_000 + 1000 * delay)))
      let expected = gain * packet * packet / before
      #expect(relative(flow.controller.window - before, expected) < 0.02, "d = \(delay) us")
    }
    var flow = try Self.flow([("eta", 0)])
    let before = flow.controller.window
    flow.tell(at: flow.now, acknowledged: 4096, marked: 4096, .microseconds(18))
    #expect(flow.controller.window == before, "marks below the target leave the window")
    // Long enough above the target for the mean to be there, and not above 4 D.
    for _ in 0..<1000 {
      flow.tell(at: flow.now + .nanoseconds(10), acknowledged: 4096, marked: 4096, .microseconds(42))
    }
    #expect(flow.controller.decreases == 1, "one cut in a base round trip")
    // The mean had just passed the target: a small cut; the next one a round trip later is of 0.8 (m - D) / m.
    let after = flow.controller.window
    #expect(after < before && after > 0.9 * before)
    flow.tell(at: flow.now + .microseconds(20), acknowledged: 4096, marked: 4096, .microseconds(42))
    #expect(relative(flow.controller.window, after * (1 - 0.8 * 18 / 30)) < 0.01)
  }

  @Test func aCutIsHalfAtMost() throws {
    var flow = try Self.flow([("eta", 0), ("target", 0.1), ("gamma", 1)])
    for _ in 0..<2000 { flow.tell(at: flow.now + .nanoseconds(1), acknowledged: 4096, marked: 4096, .microseconds(60)) }
    let before = flow.controller.window
    flow.tell(at: flow.now + .microseconds(13), acknowledged: 4096, marked: 4096, .microseconds(60))
    #expect(relative(flow.controller.window, before / 2) < 0.01)
  }

  /// A whole window from an empty network, then a quarter of a byte for each byte.
  @Test func fastIncreaseAfterAWindowFromAnEmptyNetwork() throws {
    var flow = try Self.flow([("eta", 0), ("proportional", 1e-6), ("initial_bdp", 0.2)])
    let start = flow.controller.window
    flow.round()
    #expect(relative(flow.controller.window, start) < 1e-4)
    flow.round()
    #expect(relative(flow.controller.window, 1.25 * start) < 0.1)
  }

  /// Gains grow with the square of the round trip, the target with it: the time constants stay in round trips.
  @Test(arguments: [("paper", 1000), ("per-path", 12)] as [(String, Int64)])
  func theTargetIsTheNetworksOrThePaths(preset: String, target: Int64) throws {
    for (delay, grows) in [(target - 2, true), (target + 2, false)] {
      // 0.5 us above empty would be fast increase; marked packets do nothing below the target.
      var flow = try Self.flow([("eta", 0)], preset: preset, longest: .microseconds(1000))
      for _ in 0..<3000 {
        flow.tell(at: flow.now + .microseconds(13), acknowledged: 150_000, marked: 150_000, .microseconds(12 + delay))
      }
      #expect(grows == (flow.controller.decreases == 0), "\(preset) \(delay)")
    }
  }

  /// Less than an eighth of the largest window in base + D, after a loss: the window is what came.
  @Test func quickAdaptTakesWhatHasArrived() throws {
    var flow = try Self.flow()
    flow.tell(at: flow.now, acknowledged: 4096)
    for n in 1...4 { flow.tell(at: .seconds(1) + .microseconds(Int64(5 * n)), acknowledged: 4096, marked: 4096) }
    flow.tell(at: .seconds(1) + .microseconds(25), acknowledged: 4096, marked: 4096, lost: 4096)
    #expect(flow.controller.window == 5 * 4096)
    // With enough of it arriving a loss takes away what is lost.
    var steady = try Self.flow([("eta", 0), ("proportional", 1e-6)])
    steady.tell(at: steady.now, acknowledged: 4096, .microseconds(18))
    for n in 1...4 {
      steady.tell(at: .seconds(1) + .microseconds(Int64(5 * n)), acknowledged: 40_960, .microseconds(18))
    }
    let before = steady.controller.window
    steady.tell(at: .seconds(1) + .microseconds(25), acknowledged: 0, lost: 8192)
    #expect(relative(steady.controller.window, before - 8192) < 1e-6)
  }

  /// Two flows on one port of the reference network: full, shared, and never above what two largest windows hold.
  @Test func twoFlowsShareAPort() throws {
    var loop = try Loop.of(
      "nscc", capacity: .gigabits(100), roundTrips: [Self.round, Self.round], step: .nanoseconds(330))
    loop.flows[1].start = .microseconds(500)
    loop.run(for: .microseconds(20_000))
    loop.measure()
    loop.run(for: .microseconds(20_000))
    let share = Double(loop.served) * 8 / 0.02 / 1e11
    let mean = loop.queueSeconds * 8 / 1e11 / 0.02
    print("figure: NSCC: utilisation \(share), mean queue \(mean * 1e6) us, target 12 us")
    #expect(share > 0.98)
    #expect(mean < 24e-6)
    #expect(relative(Double(loop.flows[0].sent), Double(loop.flows[1].sent)) < 0.15)
  }

  @Test func callsDoNotMatter() throws {
    var many = try Self.flow(roundTrip: .microseconds(100))
    var few = many
    for n in 0..<300 {
      let delay = Time.microseconds(Int64(110 + n % 40))
      let marked = n % 10 == 0 ? 0.5 : 0
      many.round(calls: 256, marked: marked, roundTrip: delay)
      few.round(calls: 16, marked: marked, roundTrip: delay)
      #expect(relative(few.controller.window, many.controller.window) < 0.03)
    }
  }
}
