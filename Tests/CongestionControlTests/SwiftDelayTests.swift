// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

@Suite struct SwiftDelayTests {
  static func flow(
    _ changes: [(String, Double)] = [], preset: String? = nil, roundTrip: Time = .microseconds(10), hops: Int = 2
  ) throws -> Clocked<SwiftDelay> {
    Clocked(
      SwiftDelay(
        context: FlowContext(now: .zero, roundTrip: roundTrip, lineRate: .gigabits(100), hops: hops),
        parameters: try values("swift", preset, changes)), roundTrip: roundTrip)
  }

  static func packets(_ flow: Clocked<SwiftDelay>) -> Double { flow.controller.window / 4096 }

  /// Base 20 us and 3.053 us for each of two ports make 26.11 us above 100 packets; flow scaling adds
  /// 100 us x (1 / sqrt(W) - 0.1) / (1 / sqrt(0.1) - 0.1).
  @Test(arguments: [(200.0, 26.107), (25, 29.372), (4, 39.171)])
  func growsBelowTheTargetAndShrinksAbove(packets: Double, target: Double) throws {
    // 100 Gb/s x 10 us = 30.5 packets.
    let share = packets / (1e11 * 10e-6 / 8 / 4096)
    for (delay, grows) in [(target - 0.1, true), (target + 0.1, false)] {
      var flow = try Self.flow([("initial_bdp", share)])
      let before = Self.packets(flow)
      #expect(relative(before, packets) < 1e-9)
      flow.tell(at: .microseconds(100), acknowledged: 4096, .nanoseconds(Int64(delay * 1000)))
      #expect(grows == (Self.packets(flow) > before), "\(delay) us with \(packets) packets")
    }
  }

  @Test func growsByAPacketARoundTrip() throws {
    var flow = try Self.flow([("initial_bdp", 50)])
    let before = Self.packets(flow)
    for _ in 0..<50 { flow.round() }
    #expect(abs(Self.packets(flow) - before - 50) < 0.1)
  }

  /// W (1 - 0.8 (d - target) / d), not below half, and not twice in a round trip.
  @Test func theDecreaseIsInProportionAndOncePerRoundTrip() throws {
    for (delay, expected) in [(30.0, 1 - 0.8 * (30 - 26.107) / 30), (1000, 0.5)] {
      var flow = try Self.flow([("initial_bdp", 10)])
      let before = Self.packets(flow)
      let length = Time.nanoseconds(Int64(delay * 1000))
      flow.tell(at: .microseconds(100), acknowledged: 4096, length)
      #expect(relative(Self.packets(flow) / before, expected) < 1e-3)
      let after = Self.packets(flow)
      flow.tell(at: flow.now + Time(ticks: length.ticks / 2), acknowledged: 4096, length)
      #expect(Self.packets(flow) == after)
      flow.tell(at: flow.now + length, acknowledged: 4096, length)
      #expect(Self.packets(flow) < after && flow.controller.decreases == 2)
    }
  }

  /// One flow on one port: the round trip settles at the target.
  @Test func aFlowHoldsItsTarget() throws {
    var loop = try Loop.of("swift", capacity: .gigabits(100), roundTrips: [.microseconds(10)])
    loop.run(for: .microseconds(20_000))
    loop.measure()
    loop.run(for: .microseconds(20_000))
    // One port: 23.05 us; W is about 70 packets, which adds 100 us x 0.0195 / 3.062 = 0.6 us.
    let mean = 10e-6 + loop.queueSeconds * 8 / 1e11 / 0.02
    print("figure: Swift: mean round trip \(mean * 1e6) us, target 23.7 us")
    #expect(relative(mean, 23.7e-6) < 0.05)
    #expect(loop.dropped == 0)
  }

  /// A window below a packet is a rate.
  @Test func manyFlowsArePacedBelowOnePacket() throws {
    var flow = try Self.flow()
    for _ in 0..<40 { flow.tell(at: flow.now + .microseconds(300), acknowledged: 4096, .microseconds(300)) }
    #expect(flow.controller.window == 4096)
    #expect(flow.controller.rate < BitRate(Int64(4096 * 8 / 300e-6)) && flow.controller.rate > .zero)
    // Back above one packet it is a window again.
    for _ in 0..<200 { flow.round() }
    #expect(flow.controller.rate == .unlimited && Self.packets(flow) > 1)
  }

  @Test func timeoutsResetAfterFive() throws {
    var flow = try Self.flow([("initial_bdp", 10)])
    let before = Self.packets(flow)
    flow.now = .microseconds(1000)
    flow.tell(at: flow.now, acknowledged: 0)
    flow.timeOut()
    #expect(relative(Self.packets(flow), 0.5 * before) < 1e-9)
    for _ in 0..<4 { flow.timeOut() }
    #expect(Self.packets(flow) == 1 && flow.controller.rate < .gigabits(1))
  }

  /// The published target is of the whole round trip: at 10 km nothing is left of the window. With propagation
  /// subtracted the same path is full.
  @Test(arguments: [("paper", false), ("long-haul", true)]) func distance(preset: String, full: Bool) throws {
    var loop = try Loop.of("swift", preset, capacity: .gigabits(10), roundTrips: [.microseconds(100)])
    loop.run(for: .microseconds(100_000))
    loop.measure()
    loop.run(for: .microseconds(100_000))
    let share = Double(loop.served) * 8 / 1e9
    #expect(full ? share > 0.95 : share < 0.1, "\(preset): \(share)")
  }

  @Test func callsDoNotMatter() throws {
    var many = try Self.flow([("initial_bdp", 20)])
    var few = many
    for n in 0..<300 {
      let delay = Time.microseconds(n % 20 == 0 ? 40 : 20)
      many.round(calls: 256, roundTrip: delay)
      few.round(calls: 16, roundTrip: delay)
      #expect(relative(Self.packets(few), Self.packets(many)) < 0.01)
    }
  }
}
