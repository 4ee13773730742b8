// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// The window law of RFC 9438, against its own formulas with C = 0.4 packets/s^3 and beta = 0.7.
@Suite struct CubicWindowTests {
  static let round = Time.microseconds(100_000)

  static func flow(
    _ changes: [(String, Double)] = [], roundTrip: Time = round, packets: Double = 10
  ) throws -> Clocked<Cubic> {
    Clocked(
      Cubic(
        context: FlowContext(now: .zero, roundTrip: roundTrip, lineRate: .unlimited),
        parameters: try values("cubic", nil, [("initial_packets", packets)] + changes)), roundTrip: roundTrip)
  }

  static func packets(_ flow: Clocked<Cubic>) -> Double { flow.controller.window / 4096 }

  /// Loses a packet and passes the round trip in which what was sent before is acknowledged. Returns the window before.
  @discardableResult static func lose(_ flow: inout Clocked<Cubic>) -> Double {
    let before = packets(flow)
    let cuts = flow.controller.decreases
    flow.tell(at: flow.now + .tick, acknowledged: 4096, lost: 4096)
    #expect(flow.controller.decreases == cuts + 1)
    let after = packets(flow)
    flow.acknowledge(Int64(after * 4096) - 4096, over: flow.roundTrip + Time(ticks: -2), calls: 32)
    #expect(packets(flow) == after, "the window rests in recovery")
    return before
  }

  @Test func slowStartDoublesInARoundTrip() throws {
    var flow = try Self.flow()
    for n in 1...10 {
      flow.round(roundTrip: Self.round)
      #expect(relative(Self.packets(flow), 10 * Double(1 << n)) < 1e-3)
    }
    #expect(flow.controller.decreases == 0 && flow.controller.rate == .unlimited)
  }

  @Test func afterACutTheWindowFollowsTheCubic() throws {
    var flow = try Self.flow(packets: 10_240)
    let maximum = Self.lose(&flow)
    #expect(relative(Self.packets(flow), 0.7 * maximum) < 1e-9)
    let start = flow.now
    // K = cbrt(10240 x 0.3 / 0.4) = 19.73 s.
    let k = 19.7297
    for step in 1...350 {
      flow.round()
      let t = (flow.now - start).seconds
      let expected = 0.4 * (t - k) * (t - k) * (t - k) + maximum
      #expect(relative(Self.packets(flow), expected) < 1e-3, "after \(t) s")
      if step == 197 { #expect(relative(Self.packets(flow), maximum) < 1e-3, "flat at K") }
    }
    #expect(Self.packets(flow) > 1.1 * maximum)
  }

  /// Section 4.3: 9/17 of a packet a round trip up to the window before the cut, one from there on.
  @Test func theRenoRegionHasItsTwoSlopes() throws {
    let short = Time.microseconds(1000)
    var flow = try Self.flow(roundTrip: short, packets: 40)
    Self.lose(&flow)
    for n in 1...60 {
      flow.round(calls: 40)
      // 12 packets to regain at 9/17 are 22.67 round trips.
      let rounds = Double(n)
      let expected = rounds <= 22.67 ? 28 + 9.0 / 17 * rounds : 40 + (rounds - 22.67)
      #expect(abs(Self.packets(flow) - expected) < 0.5, "after \(n) round trips: \(Self.packets(flow))")
    }
  }

  @Test func atMostOneCutARoundTrip() throws {
    var flow = try Self.flow(packets: 1e6)
    var last: Time?
    var cuts: UInt32 = 0
    for _ in 0..<2000 {
      flow.acknowledge(
        Int64(flow.controller.window / 100), over: Time(ticks: Self.round.ticks / 100), calls: 1, lost: 40_960)
      guard flow.controller.decreases > cuts else { continue }
      #expect(flow.controller.decreases == cuts + 1)
      if let last { #expect(flow.now - last >= Self.round) }
      last = flow.now
      cuts = flow.controller.decreases
    }
    // 20 round trips of uninterrupted loss; a cut counts again a hundredth later.
    #expect((19...20).contains(cuts), "\(cuts)")
  }

  /// Engines that deal in amounts report parts of packets.
  @Test func aCutNeedsAWholePacket() throws {
    var flow = try Self.flow(packets: 1000)
    for n in 1...10 {
      flow.acknowledge(40_960, over: Time(ticks: Self.round.ticks / 16), calls: 1, lost: 410)
      #expect(flow.controller.decreases == (n == 10 ? 1 : 0))
    }
  }

  /// Section 4.7: a flow that is cut before it was back gives way: Wmax = W (1 + beta) / 2, not W.
  @Test(arguments: [(1.0, 0.85), (0, 1)]) func fastConvergence(on: Double, share: Double) throws {
    var flow = try Self.flow([("fast_convergence", on)], packets: 10_240)
    let first = Self.lose(&flow)
    for _ in 0..<50 { flow.round() }
    let second = Self.lose(&flow)
    #expect(second < first)
    let start = flow.now
    let maximum = share * second
    let k = DeterministicMath.cbrt((maximum - 0.7 * second) / 0.4)
    for _ in 0..<200 {
      flow.round()
      let t = (flow.now - start).seconds - k
      #expect(relative(Self.packets(flow), 0.4 * t * t * t + maximum) < 1e-3)
    }
  }

  /// Section 4.8: one packet, slow start to beta W, then a cubic from its inflection on.
  @Test func aTimeoutStartsAgain() throws {
    var flow = try Self.flow(packets: 1000)
    flow.round()
    let before = Self.packets(flow)
    flow.timeOut()
    #expect(Self.packets(flow) == 1 && flow.controller.decreases == 1)
    flow.timeOut()
    #expect(Self.packets(flow) == 1 && flow.controller.decreases == 1, "the second in a row says nothing new")
    var rounds = 0
    while Self.packets(flow) < 0.7 * before, rounds < 30 {
      let window = Self.packets(flow)
      flow.round()
      rounds += 1
      #expect(Self.packets(flow) >= min(1.9 * window, 0.7 * before))
    }
    #expect(relative(Self.packets(flow), 0.7 * before) < 1e-2)
    // From here K = 0: after 5 s 0.4 x 125 = 50 packets more.
    let start = Self.packets(flow)
    for _ in 0..<50 { flow.round() }
    let reno = 9.0 / 17 * 50
    #expect(Self.packets(flow) - start > max(45, reno) && Self.packets(flow) - start < 60)
  }

  /// HyStart by delay: an eighth of the least round trip, but 4 ms at least, on the first packets of a round.
  @Test(arguments: [(1_000, 4_000), (80_000, 10_000)] as [(Int64, Int64)])
  func slowStartEndsByDelay(roundTrip: Int64, slack: Int64) throws {
    let base = Time.microseconds(roundTrip)
    for (delay, on, stays) in [(slack - 50, 1.0, true), (slack + 50, 1, false), (slack + 50, 0, true)] {
      var flow = try Self.flow([("hystart", on)], roundTrip: base)
      for _ in 0..<4 { flow.round() }
      let queued = base + .microseconds(delay)
      let window = Self.packets(flow)
      // Acknowledgements 3 ms apart and more make no train.
      for _ in 0..<3 {
        flow.acknowledge(Int64(flow.controller.window), over: .seconds(10), calls: 8, roundTrip: queued)
      }
      #expect(stays ? Self.packets(flow) > 7 * window : Self.packets(flow) < 7 * window, "\(delay) us")
      // The end of slow start counts as a decrease, and nothing else has happened.
      #expect(flow.controller.decreases == (stays ? 0 : 1))
    }
  }

  /// HyStart by trains: acknowledgements without a gap for longer than the least round trip, which is a full pipe. A
  /// round of dense acknowledgements that is shorter leaves slow start alone.
  @Test func slowStartEndsByTrains() throws {
    let base = Time.microseconds(20_000)
    var full = try Self.flow(roundTrip: base, packets: 100)
    var early = full
    full.round(calls: 100)
    early.round(calls: 100)
    for _ in 0..<3 {
      // The pipe is full: 1 ms of queue, too little for the rule of delay.
      full.acknowledge(
        Int64(full.controller.window), over: .microseconds(21_000), calls: 100, roundTrip: .microseconds(21_000))
      early.round(calls: 100)
    }
    #expect(Self.packets(early) > 0.95 * 1600)
    #expect(Self.packets(full) < 0.7 * 1600)
    #expect(full.controller.decreases == 1 && early.controller.decreases == 0)
  }

  /// HyStart++ (RFC 9406): a round trip a threshold above that of the round before slows growth to a quarter for five
  /// rounds, after which congestion avoidance begins; one below what it was then brings the full pace back.
  @Test(arguments: [(10_000, 4_000), (80_000, 10_000), (400_000, 16_000)] as [(Int64, Int64)])
  func conservativeSlowStart(roundTrip: Int64, threshold: Int64) throws {
    let base = Time.microseconds(roundTrip)
    let more = base + .microseconds(threshold)
    func after(_ roundTrips: [Time]) throws -> [Double] {
      var flow = try Self.flow([("hystart", 2)], roundTrip: base)
      for _ in 0..<3 { flow.round() }
      var growth: [Double] = []
      for roundTrip in roundTrips {
        let window = Self.packets(flow)
        flow.round(calls: 80, roundTrip: roundTrip)
        growth.append(Self.packets(flow) / window)
      }
      #expect(flow.controller.decreases == 0)
      return growth
    }
    // Just below the threshold nothing happens.
    for factor in try after([base, more - .microseconds(50), base]) { #expect(abs(factor - 2) < 0.02) }
    let slow = try after([base] + [Time](repeating: more, count: 9))
    #expect(abs(slow[0] - 2) < 0.02)
    // The first packets of the longer round trip come that much later, and eight of them have to tell.
    #expect(slow[1] > 1.25 && slow[1] < 1.75)
    for factor in slow[2..<6] { #expect(abs(factor - 1.25) < 0.01) }
    // Congestion avoidance after the fifth end of a round.
    for factor in slow[7...] { #expect(factor < 1.1) }
    let jitter = try after([base, more, more, more - .microseconds(10), base, base])
    #expect(abs(jitter[2] - 1.25) < 0.01 && jitter[3] > 1.8)
    for factor in jitter[4...] { #expect(abs(factor - 2) < 0.02) }
  }

  /// A pipe that fills: slow start has to end by itself, between a full pipe and a full buffer.
  @Test func slowStartOnABottleneckEndsWithoutLoss() throws {
    // 1 Gb/s x 20 ms = 2.5 MB; a buffer of twice that.
    var loop = try Loop.of(
      "cubic", capacity: .gigabits(1), roundTrips: [.microseconds(20_000)], packetBytes: 1500, buffer: 5_000_000)
    loop.run(for: .seconds(1))
    // Its one decrease is the end of slow start.
    #expect(loop.dropped == 0 && loop.flows[0].controller.decreases == 1)
    #expect(loop.flows[0].controller.window > 2.5e6 && loop.flows[0].controller.window < 7.5e6)
  }

  /// Section 5.8: time in which the application leaves the window unfilled does not count.
  @Test func anIdleApplicationStopsTheClock() throws {
    var flow = try Self.flow(packets: 10_240)
    Self.lose(&flow)
    for _ in 0..<50 { flow.round() }
    var steady = flow
    let before = Self.packets(flow)
    var feedback = Feedback(now: flow.now + .seconds(100))
    feedback.acknowledged = 4096
    feedback.applicationLimited = true
    feedback.roundTrip = Self.round
    feedback.delivered = flow.delivered
    feedback.priorDelivered = flow.delivered
    flow.controller.update(feedback)
    flow.now = feedback.now
    #expect(Self.packets(flow) == before)
    for _ in 0..<70 {
      flow.round()
      steady.round()
    }
    #expect(relative(Self.packets(flow), Self.packets(steady)) < 1e-6)
  }

  /// The law is of amounts and time, not of calls: one update of 16 packets or 16 updates of one.
  @Test func callsDoNotMatter() throws {
    var many = try Self.flow(packets: 1600)
    var few = many
    Self.lose(&many)
    Self.lose(&few)
    for _ in 0..<300 {
      many.round(calls: 256)
      few.round(calls: 16)
      #expect(relative(Self.packets(few), Self.packets(many)) < 1e-3)
    }
  }

  /// Leaping over a steady state must leave the flow as if the time had not passed.
  @Test func aLeapMovesTheClocksOnly() throws {
    var flow = try Self.flow(packets: 10_240)
    Self.lose(&flow)
    for _ in 0..<30 { flow.round() }
    let leapt = flow
    var controller = leapt.controller
    controller.skip(from: flow.now, to: flow.now + .hour)
    func feedback(_ n: Int64, shift: Time) -> Feedback {
      var feedback = Feedback(now: flow.now + shift + Self.round * n)
      feedback.acknowledged = 1_000_000
      feedback.roundTrip = Self.round
      feedback.delivered = flow.delivered + 1_000_000 * n
      feedback.priorDelivered = feedback.delivered - 1_000_000
      return feedback
    }
    var plain = flow.controller
    for n in 1...100 as ClosedRange<Int64> {
      controller.update(feedback(n, shift: .hour))
      plain.update(feedback(n, shift: .zero))
      #expect(relative(controller.window, plain.window) < 1e-12)
    }
  }

  @Test func pacingIsAQuarterAboveTheWindow() throws {
    var flow = try Self.flow([("pacing", 1)], packets: 1000)
    flow.round()
    #expect(relative(flow.controller.rate.double, 2 * flow.controller.window * 8 / 0.1) < 1e-6)
    Self.lose(&flow)
    #expect(relative(flow.controller.rate.double, 1.25 * flow.controller.window * 8 / 0.1) < 1e-6)
  }
}
