// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

@Suite struct DCTCPTests {
  static let round = Time.microseconds(100)

  static func flow(packets: Double = 100) throws -> Clocked<DCTCP> {
    Clocked(
      DCTCP(
        context: FlowContext(now: .zero, roundTrip: round, lineRate: .gigabits(100)),
        parameters: try values("dctcp", nil, [("initial_packets", packets)])), roundTrip: round)
  }

  static func packets(_ flow: Clocked<DCTCP>) -> Double { flow.controller.window / 4096 }

  /// Marks one packet. Returns the share of the window that was cut.
  static func mark(_ flow: inout Clocked<DCTCP>) -> Double {
    let before = packets(flow)
    flow.tell(at: flow.now + .tick, acknowledged: 4096, marked: 4096)
    return 1 - packets(flow) / before
  }

  @Test func slowStartDoublesUntilTheFirstMark() throws {
    var flow = try Self.flow(packets: 10)
    for n in 1...5 {
      flow.round()
      #expect(relative(Self.packets(flow), 10 * Double(1 << n)) < 1e-3)
    }
    _ = Self.mark(&flow)
    for _ in 0..<3 { flow.round() }
    #expect(Self.packets(flow) < 320)
  }

  /// Alpha begins at one and falls by 1/16 of itself with every window without marks; a cut is half of it.
  @Test(arguments: [0, 1, 10, 40]) func aCutIsHalfOfAlpha(windows: Int) throws {
    var flow = try Self.flow()
    _ = Self.mark(&flow)
    // The window in which the mark was: one packet of many.
    let share = 1 / (Self.packets(flow) + 1)
    flow.round()
    for _ in 0..<windows { flow.round() }
    let found = Self.mark(&flow)
    let decay = DeterministicMath.pow(15.0 / 16, Double(windows))
    #expect(found <= 0.5 * decay * (1 + share), "\(found)")
    #expect(found > 0.5 * DeterministicMath.pow(15.0 / 16, Double(windows) + 2), "\(found)")
  }

  /// With a share f of marks in every window alpha is f + (1 - f) (15/16)^n after n of them, and cuts are half of it.
  @Test(arguments: [0.1, 0.5, 1]) func alphaNearsTheShareOfMarks(share: Double) throws {
    var flow = try Self.flow(packets: 1e9)
    var windows = 0.0
    while Self.packets(flow) > 1e4 {
      let before = Self.packets(flow)
      let cuts = flow.controller.decreases
      flow.round(marked: share)
      windows += 1
      guard flow.controller.decreases > cuts, windows > 5 else { continue }
      let alpha = share + (1 - share) * DeterministicMath.pow(15.0 / 16, windows - 1)
      #expect(relative(1 - Self.packets(flow) / before, alpha / 2) < 0.1)
    }
    #expect(windows > 15)
  }

  /// The sawtooth of one flow in closed form, after Alizadeh et al., section 3.3: the window climbs by a packet a round
  /// trip to W* = C RTT + K, one window is marked, the cut takes alpha / 2, and one round trip is rest. Their alpha is
  /// constant through a cycle, which holds for small g. At the cut itself, P windows after the last marked one, it is
  /// (1 - g)^(P - 1) ((1 - g) alpha + g) in general.
  @Test(arguments: [1.0 / 16, 1.0 / 256]) func theSawtoothHasItsAmplitude(g: Double) throws {
    // 10 Gb/s x 200 us = 166.7 packets of 1,500 B; K = 24 us = 20 packets.
    let star = 166.67 + 20
    var amplitude = 10.0
    for _ in 0..<200 {
      let q = DeterministicMath.exp(amplitude * DeterministicMath.log(1 - g))
      amplitude = (amplitude + (star + 1) / 2 * g * q / (1 - (1 - g) * q)) / 2
    }
    // Steps of 1.2 us, the time of one packet.
    var loop = try Loop.of(
      "dctcp", nil, [("g", g)], capacity: .gigabits(10), roundTrips: [.microseconds(200)], packetBytes: 1500,
      step: .nanoseconds(1200))
    loop.run(for: .microseconds(400_000))
    loop.measure()
    var least = Double.infinity
    var most = 0.0
    var low = Int64.max
    let cuts = loop.flows[0].controller.decreases
    loop.run(for: .microseconds(200_000)) {
      least = min(least, $0.flows[0].controller.window / 1500)
      most = max(most, $0.flows[0].controller.window / 1500)
      low = min(low, $0.queue)
    }
    let cycles = Double(loop.flows[0].controller.decreases - cuts)
    let found = most - least
    let period = 200_000 / cycles / (200 + 24)
    print(
      "figure: DCTCP, g \(g): amplitude \(found) packets, closed form \(amplitude), constant alpha "
        + "\((star / 2).squareRoot()); \(period) round trips a cycle")
    #expect(relative(found, amplitude) < 0.1)
    if g < 0.01 { #expect(relative(found, (star / 2).squareRoot()) < 0.1) }
    #expect(relative(most, star + 1) < 0.03)
    #expect(relative(period, amplitude + 1) < 0.1)
    #expect(low > 0, "the pipe stays full")
  }

  @Test func growthIsAPacketARoundTripAndLossHalves() throws {
    var flow = try Self.flow(packets: 1000)
    flow.tell(at: .tick, acknowledged: 4096, lost: 4096)
    #expect(relative(Self.packets(flow), 500) < 0.01)
    flow.round()
    let start = Self.packets(flow)
    for _ in 0..<20 { flow.round() }
    #expect(abs(Self.packets(flow) - start - 20) < 0.1)
    flow.timeOut()
    #expect(Self.packets(flow) == 1 && flow.controller.decreases == 2)
  }

  @Test func callsDoNotMatter() throws {
    var many = try Self.flow(packets: 1024)
    var few = many
    for n in 0..<300 {
      many.round(calls: 256, marked: n % 20 == 0 ? 0.3 : 0)
      few.round(calls: 16, marked: n % 20 == 0 ? 0.3 : 0)
      #expect(relative(Self.packets(few), Self.packets(many)) < 0.02)
    }
  }

  /// Two flows of one distance share evenly, whatever they begin with.
  @Test func equalFlowsShareEvenly() throws {
    var loop = try Loop.of(
      "dctcp", capacity: .gigabits(10), roundTrips: [.microseconds(100), .microseconds(100)], packetBytes: 1500)
    loop.flows[1].start = .microseconds(20_000)
    loop.run(for: .microseconds(200_000))
    loop.measure()
    loop.run(for: .microseconds(200_000))
    #expect(relative(Double(loop.flows[0].sent), Double(loop.flows[1].sent)) < 0.1)
    #expect(Double(loop.served) * 8 / 0.2 > 0.98e10)
  }
}
