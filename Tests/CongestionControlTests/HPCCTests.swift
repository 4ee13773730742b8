// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// Telemetry of one port at 100 Gb/s as a test wants it, for a flow with a base round trip of 13 us: the paper's
/// simulations, where the initial window is 162,500 bytes and the additive step 81.25.
struct TelemetryFeed {
  static let context = FlowContext(
    now: .zero, roundTrip: .microseconds(13), lineRate: .gigabits(100), packetBytes: 1000)
  static let full = 162_500.0
  var feedback = Feedback(now: .zero)
  var hop = HopTelemetry(capacity: .gigabits(100))
  /// Bytes of a packet.
  var packet: Int64 = 1000

  /// After `ticks` the port has sent at `share` of its capacity and holds `queue` bytes.
  mutating func step(
    ticks: Int64 = 1_300_000, share: Double, queue: Int64, roundEnds: Bool = true, acknowledged: Int64 = 1000
  ) {
    hop.at += Time(ticks: ticks)
    hop.sent += Int64((Double(ticks) * 1e-11 * 12.5e9 * share).rounded())
    hop.queue = queue
    feedback.clear()
    feedback.now = hop.at + .microseconds(6)
    feedback.acknowledged = acknowledged
    feedback.priorDelivered = roundEnds ? feedback.delivered : -1
    feedback.delivered += acknowledged
    feedback.roundTrip = .microseconds(13) + Time(ticks: queue * 8)
    feedback.hops = 1
    feedback.telemetry[0] = hop
  }
}

@Suite struct HPCCTests {
  static func controller(_ replaced: [String: Double] = [:]) throws -> HPCC {
    HPCC(context: TelemetryFeed.context, parameters: try values(HPCC.self, replaced))
  }

  @Test func startsWithALineRateWindow() throws {
    let controller = try Self.controller()
    #expect(controller.window == TelemetryFeed.full && controller.rate == .gigabits(100))
    #expect(controller.deadline == .never)
  }

  /// By hand: a full port with a queue of a tenth of B T is at u = 1.1. One round trip apart U = u, and
  /// W = 162,500 / (1.1 / 0.95) + 81.25.
  @Test func multiplicativeDecrease() throws {
    var controller = try Self.controller()
    var feed = TelemetryFeed()
    feed.step(share: 1, queue: 16_250)
    controller.update(feed.feedback)
    #expect(controller.window == TelemetryFeed.full, "the first telemetry has nothing to compare with")
    feed.step(share: 1, queue: 16_250)
    controller.update(feed.feedback)
    let first = TelemetryFeed.full * 0.95 / 1.1 + 81.25
    #expect(deviation(controller.window, from: first) < 1e-9)
    #expect(deviation(controller.rate.double, from: first * 8 / 13e-6) < 1e-9)
    // The smaller of two queues counts: a queue that has just grown says nothing yet.
    feed.step(share: 0.5, queue: 100_000)
    controller.update(feed.feedback)
    #expect(deviation(controller.window, from: first * 0.95 / 0.6 + 81.25) > 0.1)
    #expect(deviation(controller.window, from: first + 81.25) < 1e-9, "U = 0.6: additive")
  }

  /// Within a round trip every acknowledgement starts from the same reference.
  @Test func onceARoundTripTheReferenceMoves() throws {
    var controller = try Self.controller()
    var feed = TelemetryFeed()
    for _ in 0..<2 {
      feed.step(share: 1, queue: 16_250)
      controller.update(feed.feedback)
    }
    let reference = controller.window
    for _ in 0..<5 {
      feed.step(ticks: 130_000, share: 1, queue: 16_250, roundEnds: false)
      controller.update(feed.feedback)
      #expect(deviation(controller.window, from: reference * 0.95 / 1.1 + 81.25) < 1e-6)
    }
  }

  /// U = 0.5: five round trips of one step each, then W / (0.5 / 0.95) at once.
  @Test func fiveAdditiveRoundTripsThenAMultiplicativeOne() throws {
    var controller = try Self.controller()
    var feed = TelemetryFeed()
    feed.step(share: 1, queue: 162_500)
    controller.update(feed.feedback)
    feed.step(share: 1, queue: 162_500)
    controller.update(feed.feedback)
    var expected = TelemetryFeed.full * 0.95 / 2 + 81.25
    for _ in 0..<5 {
      feed.step(share: 0.5, queue: 0)
      controller.update(feed.feedback)
      expected += 81.25
      #expect(deviation(controller.window, from: expected) < 1e-9)
    }
    feed.step(share: 0.5, queue: 0)
    controller.update(feed.feedback)
    #expect(deviation(controller.window, from: expected * 0.95 / 0.5 + 81.25) < 1e-9)
  }

  /// At U = eta W / (W - W_AI) the decrease undoes the step: the window stays.
  @Test func fixedPoint() throws {
    var controller = try Self.controller(["concurrent_flows": 1])
    var feed = TelemetryFeed()
    // W_AI = 8125 bytes. Where U = 1, a window of W_AI / (1 - eta) = 162,500 bytes stays.
    for _ in 0..<200 {
      feed.step(share: 1, queue: 0)
      controller.update(feed.feedback)
    }
    #expect(deviation(controller.window, from: 162_500) < 1e-6)
    // U = 1.1: W_AI U / (U - eta).
    for _ in 0..<400 {
      feed.step(share: 1, queue: 16_250)
      controller.update(feed.feedback)
    }
    #expect(deviation(controller.window, from: 8125 * 1.1 / 0.15) < 1e-6)
  }

  @Test func theFullestHopCounts() throws {
    var controller = try Self.controller()
    var feed = TelemetryFeed()
    func twoHops(_ feedback: Feedback, queue: Int64) -> Feedback {
      var both = feedback
      both.hops = 2
      both.telemetry[1] = both.telemetry[0]
      both.telemetry[1].queue = queue
      return both
    }
    for _ in 0..<2 {
      feed.step(share: 1, queue: 0)
      controller.update(twoHops(feed.feedback, queue: 32_500))
    }
    #expect(deviation(controller.window, from: TelemetryFeed.full * 0.95 / 1.2 + 81.25) < 1e-9)
    // Another path: only a new reference.
    let before = controller.window
    feed.step(share: 1, queue: 1_000_000)
    controller.update(feed.feedback)
    #expect(controller.window == before)
  }

  /// Sixteen packets in one acknowledgement, or one by one.
  @Test func batchingChangesLittle() throws {
    var one = try Self.controller()
    var many = one
    var coarse = TelemetryFeed()
    coarse.step(share: 1, queue: 1000)
    var fine = coarse
    one.update(coarse.feedback)
    many.update(fine.feedback)
    for round in 0..<40 {
      let share = round % 8 < 4 ? 1.0 : 0.8
      let queue: Int64 = 1000
      coarse.step(ticks: 16 * 8000, share: share, queue: queue, roundEnds: round % 10 == 0, acknowledged: 16_000)
      one.update(coarse.feedback)
      for i in 0..<16 {
        fine.step(ticks: 8000, share: share, queue: queue, roundEnds: round % 10 == 0 && i == 15)
        many.update(fine.feedback)
      }
      #expect(deviation(one.window, from: many.window) < 0.02)
    }
  }

  /// Two flows on a port of 10 Gb/s and 100 us: about eta of it used, next to no queue, equal shares. Packets are
  /// small and the step is made for four flows: a step of less than a packet drowns in how those of the two interleave,
  /// because each measures at departures of its own.
  @Test func twoFlowsShareAPort() throws {
    let context = FlowContext(now: .zero, roundTrip: .microseconds(100), lineRate: .gigabits(10), packetBytes: 250)
    let parameters = try values(HPCC.self, ["concurrent_flows": 4])
    var port = Bottleneck<HPCC>(capacity: .gigabits(10), packet: 250, buffer: 1_000_000)
    port.start(HPCC(context: context, parameters: parameters), roundTrip: context.roundTrip)
    port.run(until: .microseconds(5000))
    port.start(HPCC(context: context, parameters: parameters), roundTrip: context.roundTrip)
    port.run(until: .microseconds(50_000))
    let before = port.flows.map(\.bytesDelivered)
    var most: Int64 = 0
    port.run(until: .microseconds(100_000)) { most = max(most, $0.queue) }
    let rates = zip(port.flows, before).map { Double($0.bytesDelivered - $1) * 8 / 0.05 / 1e9 }
    #expect(abs(rates[0] + rates[1] - 9.5) < 0.4, "\(rates)")
    #expect(abs(rates[0] - rates[1]) < 0.5, "\(rates)")
    #expect(most < 20_000 && port.drops == 0, "\(most)")
  }

  @Test func theStateGoesRound() throws {
    var controller = try Self.controller()
    var feed = TelemetryFeed()
    for i in 0..<7 {
      feed.step(share: 0.9, queue: Int64(i) * 3000)
      controller.update(feed.feedback)
    }
    var other = try copied(controller, context: TelemetryFeed.context, parameters: try values(HPCC.self))
    for i in 0..<20 {
      feed.step(ticks: 200_000, share: 1, queue: Int64(i) * 1000, roundEnds: i % 6 == 0)
      controller.update(feed.feedback)
      other.update(feed.feedback)
      #expect(Answer(controller) == Answer(other))
    }
  }

  @Test func skippedTimeChangesNothing() throws {
    var controller = try Self.controller()
    var feed = TelemetryFeed()
    for _ in 0..<3 {
      feed.step(share: 1, queue: 5000)
      controller.update(feed.feedback)
    }
    var leapt = controller
    leapt.skip(from: feed.feedback.now, to: feed.feedback.now + .seconds(2))
    // What ports have sent in a leap is not of the controller's making: the first telemetry after it is a new beginning.
    var first = feed
    first.feedback.now += .seconds(2)
    first.feedback.telemetry[0].at += .seconds(2)
    first.feedback.telemetry[0].sent += 1_000_000_000
    leapt.update(first.feedback)
    feed.step(share: 1, queue: 9000)
    controller.update(feed.feedback)
    feed.feedback.now += .seconds(2)
    feed.feedback.telemetry[0].at += .seconds(2)
    feed.feedback.telemetry[0].sent += 1_000_000_000
    leapt.update(feed.feedback)
    #expect(leapt.window == controller.window)
  }
}
