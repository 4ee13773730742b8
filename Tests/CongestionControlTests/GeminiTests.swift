// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

@Suite struct GeminiTests {
  static let near = Time.microseconds(100)
  static let far = Time.microseconds(10_000)

  static func flow(
    _ preset: String = "paper", _ changes: [(String, Double)] = [], roundTrip: Time = far
  ) throws -> Clocked<Gemini> {
    Clocked(
      Gemini(
        context: FlowContext(now: .zero, roundTrip: roundTrip, lineRate: .gigabits(100), longestRoundTrip: far),
        parameters: try values("gemini", preset, changes)), roundTrip: roundTrip)
  }

  /// Out of slow start, by one marked round trip.
  static func settled(_ preset: String, roundTrip: Time) throws -> Clocked<Gemini> {
    var flow = try flow(preset, [("initial_bdp", 1)], roundTrip: roundTrip)
    flow.round(marked: 1)
    flow.round()
    return flow
  }

  static func growth(_ flow: inout Clocked<Gemini>) -> Double {
    let before = flow.controller.window
    for _ in 0..<10 { flow.round() }
    return (flow.controller.window - before) / 10
  }

  /// The paper's h is 1.44e-3 of the BDP: rates of near and far flows grow by the same 144 Mb/s a round trip. With the
  /// constants of Uno's authors it is the windows that grow alike, by 2.4e-4 of the longest path's BDP.
  @Test func growthIsInProportionToTheBDP() throws {
    var near = try Self.settled("paper", roundTrip: Self.near)
    var far = try Self.settled("paper", roundTrip: Self.far)
    let nearRate = Self.growth(&near) * 8 / Self.near.seconds
    let farRate = Self.growth(&far) * 8 / Self.far.seconds
    #expect(relative(nearRate, 1.44e8) < 0.02)
    #expect(relative(farRate, nearRate) < 0.02)

    var nearBytes = try Self.settled("uno-artefact", roundTrip: Self.near)
    var farBytes = try Self.settled("uno-artefact", roundTrip: Self.far)
    let expected = 2.4e-4 * 1e11 / 8 * 0.01
    #expect(relative(Self.growth(&nearBytes), expected) < 0.05)
    #expect(relative(Self.growth(&farBytes), expected) < 0.05)
  }

  /// F E: with all bytes marked E is 1/2, 3/4, 7/8 ... after 1, 2, 3 round trips; F = 4 K / (K + BDP) with K = 24 us of
  /// line time. Every second round trip speaks of packets from before a cut.
  @Test func marksCutByTheirShare() throws {
    var flow = try Self.flow("paper", [("initial_bdp", 1)], roundTrip: Self.near)
    let strength = 4 * 24.0 / (24 + 100)
    for (n, share) in [0.5, 0, 0.875, 0, 0.96875].enumerated() {
      let before = flow.controller.window
      flow.round(marked: 1)
      #expect(relative(flow.controller.window / before, 1 - strength * share) < 0.01, "round trip \(n + 1)")
    }
    #expect(flow.controller.decreases == 3)
  }

  /// A queue of more than T for a whole round trip cuts by beta; a shorter one does not.
  @Test(arguments: [(4_900, false), (5_100, true)] as [(Int64, Bool)])
  func delayCutsByBeta(queue: Int64, cuts: Bool) throws {
    var flow = try Self.settled("paper", roundTrip: Self.far)
    let delay = Self.far + .microseconds(queue)
    let before = flow.controller.window
    let count = flow.controller.decreases
    for _ in 0..<2 { flow.round(roundTrip: delay) }
    if cuts {
      #expect(relative(flow.controller.window / before, 0.8) < 0.01)
      #expect(flow.controller.decreases == count + 1)
    } else {
      #expect(flow.controller.window > before && flow.controller.decreases == count)
    }
  }

  @Test func lossHalvesOncePerRoundTrip() throws {
    var flow = try Self.settled("paper", roundTrip: Self.far)
    let before = flow.controller.window
    let count = flow.controller.decreases
    for _ in 0..<8 {
      flow.acknowledge(Int64(before / 16), over: Time(ticks: Self.far.ticks / 16), calls: 1, lost: 40_960)
    }
    #expect(relative(flow.controller.window, before / 2) < 0.05)
    #expect(flow.controller.decreases == count + 1)
    flow.timeOut()
    #expect(flow.controller.window == 4096)
  }

  /// One near flow alone on a port that marks at 24 us of line time. One marked round trip cuts F E = 0.39 from 1.24
  /// BDP to 0.76, so the port is idle at times: the mean of the climb is 0.94.
  @Test func aPortStaysFull() throws {
    var loop = try Loop.of("gemini", capacity: .gigabits(100), roundTrips: [Self.near])
    loop.run(for: .microseconds(100_000))
    loop.measure()
    loop.run(for: .microseconds(100_000))
    let mean = loop.queueSeconds * 8 / 1e11 / 0.1
    #expect(Double(loop.served) * 8 / 0.1 > 0.9e11)
    #expect(mean > 2e-6 && mean < 40e-6, "\(mean)")
  }

  @Test func callsDoNotMatter() throws {
    var many = try Self.settled("paper", roundTrip: Self.near)
    var few = many
    for n in 0..<300 {
      let marked = n % 15 == 0 ? 0.5 : 0
      many.round(calls: 256, marked: marked)
      few.round(calls: 16, marked: marked)
      #expect(relative(few.controller.window, many.controller.window) < 0.02)
    }
  }
}
