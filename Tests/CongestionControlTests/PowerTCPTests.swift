// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

@Suite struct PowerTCPTests {
  static func controller(_ preset: String, _ replaced: [String: Double] = [:]) throws -> PowerTCP {
    PowerTCP(context: TelemetryFeed.context, parameters: try values(PowerTCP.self, preset: preset, replaced))
  }

  /// A port that stays at a queue q for long: W = beta P / (P - 1) with P = 1 + q / (C T), where the step that is added
  /// equals what the power takes. beta is a hundredth of 162,500 bytes.
  @Test(arguments: ["int", "theta"]) func windowAtAStandingQueue(preset: String) throws {
    var controller = try Self.controller(preset)
    var feed = TelemetryFeed()
    for _ in 0..<2000 {
      feed.step(share: 1, queue: 16_250)
      controller.update(feed.feedback)
    }
    #expect(deviation(controller.window, from: 1625 * 1.1 / 0.1) < 1e-3)
  }

  /// At the power of a full path without a queue the law adds gamma beta and takes nothing.
  @Test(arguments: [("int", 0.9), ("theta", 0.7)]) func windowAtBasePower(preset: String, gamma: Double) throws {
    var controller = try Self.controller(preset)
    var feed = TelemetryFeed()
    for _ in 0..<2000 {
      feed.step(share: 1, queue: 16_250)
      controller.update(feed.feedback)
    }
    // The queue has gone, in a way that cannot be seen as draining: a new path.
    for _ in 0..<2 {
      feed.step(ticks: 100_000_000_000, share: 1, queue: 0)
      controller.update(feed.feedback)
    }
    let before = controller.window
    feed.step(share: 1, queue: 0)
    controller.update(feed.feedback)
    #expect(deviation(controller.window - before, from: gamma * 1625) < 1e-3)
  }

  /// By hand, int: the queue grows from 0 to 16,250 in a round trip while the port sends at its capacity. Current 1.1,
  /// voltage 1.1, power 1.21: W = 0.9 (162,500 / 1.21 + 1625) + 0.1 x 162,500.
  @Test func aGrowingQueueByHand() throws {
    var controller = try Self.controller("int")
    var feed = TelemetryFeed()
    feed.step(share: 1, queue: 0)
    controller.update(feed.feedback)
    feed.step(share: 1, queue: 16_250)
    controller.update(feed.feedback)
    let expected = 0.9 * (162_500 / 1.21 + 1625) + 16_250
    #expect(deviation(controller.window, from: expected) < 1e-9)
    #expect(deviation(controller.rate.double, from: expected * 8 / 13e-6) < 1e-9)
  }

  /// By hand, theta: RTT grows from 13 to 14.3 us within 13 us. Gradient 0.1, power 1.1 x 1.1, gamma 0.7.
  @Test func aGrowingDelayByHand() throws {
    var controller = try Self.controller("theta")
    var feed = TelemetryFeed()
    feed.step(share: 1, queue: 0)
    controller.update(feed.feedback)
    feed.step(share: 1, queue: 16_250)
    controller.update(feed.feedback)
    #expect(deviation(controller.window, from: 0.7 * (162_500 / 1.21 + 1625) + 0.3 * 162_500) < 1e-9)
  }

  /// The same queue takes more when it grows than when it stands, and less when it shrinks.
  @Test(arguments: ["int", "theta"]) func signsOfTheReaction(preset: String) throws {
    func window(from first: Int64, to second: Int64) throws -> Double {
      var controller = try Self.controller(preset)
      var feed = TelemetryFeed()
      feed.step(share: 1, queue: first)
      controller.update(feed.feedback)
      feed.step(share: 1, queue: second)
      controller.update(feed.feedback)
      return controller.window
    }
    let standing = try window(from: 50_000, to: 50_000)
    #expect(try window(from: 30_000, to: 50_000) < standing)
    #expect(try window(from: 70_000, to: 50_000) > standing)
    #expect(standing < TelemetryFeed.full)
  }

  /// A path that has gone idle: the current is floored, and the window at most doubles in a round trip.
  @Test(arguments: ["int", "theta"]) func anIdlePathAtMostDoublesTheWindow(preset: String) throws {
    var controller = try Self.controller(preset)
    var feed = TelemetryFeed()
    for _ in 0..<500 {
      feed.step(share: 1, queue: 40_000)
      controller.update(feed.feedback)
    }
    let before = controller.window
    feed.step(share: 0, queue: 0)
    controller.update(feed.feedback)
    #expect(controller.window > before && controller.window <= 2 * before + 1625)
  }

  /// theta moves once a round trip, int with every acknowledgement.
  @Test func howOftenTheWindowMoves() throws {
    for preset in ["int", "theta"] {
      var controller = try Self.controller(preset)
      var feed = TelemetryFeed()
      for _ in 0..<2 {
        feed.step(share: 1, queue: 16_250)
        controller.update(feed.feedback)
      }
      let before = controller.window
      feed.step(ticks: 100_000, share: 1, queue: 20_000, roundEnds: false)
      controller.update(feed.feedback)
      #expect((controller.window == before) == (preset == "theta"))
    }
  }

  @Test(arguments: ["int", "theta"]) func batchingChangesLittle(preset: String) throws {
    var one = try Self.controller(preset)
    var many = one
    var coarse = TelemetryFeed()
    coarse.step(share: 1, queue: 20_000)
    var fine = coarse
    one.update(coarse.feedback)
    many.update(fine.feedback)
    for round in 0..<40 {
      let queue: Int64 = round % 16 < 8 ? 20_000 : 30_000
      coarse.step(ticks: 16 * 8000, share: 1, queue: queue, roundEnds: round % 10 == 0, acknowledged: 16_000)
      one.update(coarse.feedback)
      for i in 1...16 {
        let last = fine.hop.queue
        fine.step(
          ticks: 8000, share: 1, queue: last + (queue - last) / Int64(17 - i), roundEnds: round % 10 == 0 && i == 16)
        many.update(fine.feedback)
      }
      #expect(deviation(one.window, from: many.window) < 0.05)
    }
  }

  /// Four flows join one after another: a half, a third, a quarter, at a small standing queue and no drop.
  @Test(arguments: ["int", "theta"]) func staircase(preset: String) throws {
    let context = FlowContext(now: .zero, roundTrip: .microseconds(20), lineRate: .gigabits(25), packetBytes: 1000)
    let parameters = try values(PowerTCP.self, preset: preset, ["concurrent_flows": 20])
    var port = Bottleneck<PowerTCP>(capacity: .gigabits(25), packet: 1000, buffer: 2_000_000)
    for count in 1...4 {
      let start = port.now
      port.start(PowerTCP(context: context, parameters: parameters), roundTrip: context.roundTrip)
      port.run(until: start + .microseconds(4000))
      let before = port.flows.map(\.bytesDelivered)
      port.run(until: start + .microseconds(8000))
      for (flow, earlier) in zip(port.flows, before) {
        let share = Double(flow.bytesDelivered - earlier) * 8 / 4e-3 / 25e9
        #expect(abs(share - 1 / Double(count)) < 0.1 / Double(count), "\(count) flows: \(share)")
      }
    }
    #expect(port.drops == 0)
  }

  @Test(arguments: ["int", "theta"]) func theStateGoesRound(preset: String) throws {
    var controller = try Self.controller(preset)
    var feed = TelemetryFeed()
    for i in 0..<7 {
      feed.step(share: 0.9, queue: Int64(i) * 3000)
      controller.update(feed.feedback)
    }
    var other = try copied(
      controller, context: TelemetryFeed.context, parameters: try values(PowerTCP.self, preset: preset))
    for i in 0..<20 {
      feed.step(ticks: 200_000, share: 1, queue: Int64(i) * 1000, roundEnds: i % 6 == 0)
      controller.update(feed.feedback)
      other.update(feed.feedback)
      #expect(Answer(controller) == Answer(other))
    }
  }

  @Test func whatItListensTo() throws {
    #expect(try Algorithm(name: "powertcp").signals == [.telemetry])
    #expect(try Algorithm(name: "powertcp", preset: "theta").signals == [.delay])
  }
}
