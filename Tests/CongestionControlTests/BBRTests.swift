// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// BBR alone or among its like on a port of 1 Gb/s, 10 ms away: 305 packets of 4,096 bytes fit in the path.
@Suite struct BBRTests {
  static let product = 1_250_000.0

  static func context(seed: UInt64 = 1) -> FlowContext {
    FlowContext(now: .zero, roundTrip: .microseconds(10_000), lineRate: .gigabits(10), seed: seed)
  }

  static func port(
    _ preset: String, flows: Int = 1, buffer: Int64 = 5_000_000, _ replaced: [String: Double] = [:]
  ) throws -> Bottleneck<BBR> {
    var port = Bottleneck<BBR>(capacity: .gigabits(1), buffer: buffer)
    for i in 0..<flows {
      let parameters = try values(BBR.self, preset: preset, replaced)
      port.start(
        BBR(context: context(seed: UInt64(i)), parameters: parameters), roundTrip: .microseconds(10_000))
    }
    return port
  }

  /// Startup doubles what is delivered each round trip: ten packets in the first, so the path is full after
  /// log2(30.5) = 5 more.
  @Test(arguments: ["v1", "v3"]) func startupDoublesARoundTrip(preset: String) throws {
    var port = try Self.port(preset)
    var delivered: [Int64] = []
    for k in 1...5 {
      port.run(until: .microseconds(10_500 * Int64(k)))
      delivered.append(port.flows[0].bytesDelivered)
    }
    let rounds = zip(delivered.dropFirst(), delivered).map { Double($0 - $1) }
    for (later, earlier) in zip(rounds.dropFirst(), rounds) {
      #expect(later / earlier > 1.6 && later / earlier < 2.4, "\(rounds)")
    }
    port.run(until: .microseconds(80_000))
    let before = port.flows[0].bytesDelivered
    port.run(until: .microseconds(90_000))
    #expect(port.flows[0].bytesDelivered - before > 1_200_000, "the path is full after eight round trips")
  }

  /// The rate before the first sample: 2/ln 2 = 2.885 and 2.77 times ten packets a round trip.
  @Test(arguments: [("v1", 2.8854), ("v3", 2.77)]) func firstRate(preset: String, gain: Double) throws {
    let port = try Self.port(preset)
    #expect(deviation(port.flows[0].controller.rate.double, from: gain * 40_960 * 8 / 0.01) < 1e-4)
    #expect(port.flows[0].controller.window == 40_960)
  }

  /// After startup one flow fills the port and leaves little queue, but for the probes.
  @Test(arguments: [("v1", 0.97), ("v3", 0.95)]) func oneFlowFillsThePort(preset: String, least: Double) throws {
    var port = try Self.port(preset)
    port.run(until: .seconds(1))
    let before = port.flows[0].bytesDelivered
    var queue = 0.0
    var samples = 0.0
    port.run(until: .seconds(4)) {
      queue += Double($0.queue)
      samples += 1
    }
    let used = Double(port.flows[0].bytesDelivered - before) * 8 / 3e9
    #expect(used > least && used <= 1.0001, "\(used)")
    #expect(queue / samples < 0.3 * Self.product, "\(queue / samples)")
    #expect(port.drops == 0)
  }

  /// v1: the pacing gains that can be seen in eight round trips are 5/4, 3/4 and six times 1.
  @Test func gainCycleOfVersion1() throws {
    var port = try Self.port("v1")
    port.run(until: .seconds(1))
    var time: [Int: Double] = [:]
    var last = port.now
    port.run(until: .seconds(2)) { p in
      let gain = Int((p.flows[0].controller.rate.double / 1e9 * 100).rounded())
      time[gain, default: 0] += (p.now - last).seconds
      last = p.now
    }
    func share(_ gains: ClosedRange<Int>) -> Double { time.filter { gains.contains($0.key) }.map(\.value).reduce(0, +) }
    #expect(abs(share(123...127) - 0.125) < 0.04, "\(time)")
    #expect(abs(share(73...77) - 0.125) < 0.05, "\(time)")
    #expect(abs(share(98...102) - 0.75) < 0.08, "\(time)")
  }

  /// v3: pacing at 1.25 (up), 0.9 (down) and 1 (cruise, refill), each less one per cent, and a probe every 62 or 63
  /// round trips.
  @Test func cycleOfVersion3() throws {
    var port = try Self.port("v3", ["probe_rtt_interval_s": 100, "min_rtt_filter_s": 100])
    port.run(until: .seconds(1))
    var probes: [Double] = []
    var up = false
    var down = false
    port.run(until: .seconds(5)) { p in
      let gain = p.flows[0].controller.rate.double / 0.99e9
      if gain > 1.2 && !up { probes.append(p.now.seconds) }
      up = gain > 1.2
      if abs(gain - 0.9) < 0.02 { down = true }
    }
    #expect(down)
    let waits = zip(probes.dropFirst(), probes).map { $0 - $1 }
    // Up for some round trips that bring no growth, then 62 or 63 from there.
    #expect(!waits.isEmpty && waits.allSatisfy { $0 > 0.62 && $0 < 0.75 }, "\(waits)")
  }

  /// ProbeRTT comes after the interval without a lower round trip, lasts 200 ms, and leaves 4 packets (v1) or half of
  /// what the path holds (v3) in flight.
  @Test(arguments: [("v1", 10.0), ("v3", 5.0)]) func probesTheRoundTrip(preset: String, interval: Double) throws {
    // Two flows keep a queue, so that no round trip is as low as the first.
    var port = try Self.port(preset, flows: 2)
    var entered: Double?
    var left: Double?
    var least = Int64.max
    let small = preset == "v1" ? 4 * 4096.0 : 0.55 * Self.product
    port.run(until: .seconds(interval + 1.5)) { p in
      let window = p.flows[0].controller.window
      let probing = preset == "v1" ? window <= small : p.now.seconds > interval - 0.2 && window < small / 2 * 1.3
      if p.now.seconds > 1 && probing && entered == nil { entered = p.now.seconds }
      if let entered, left == nil {
        if p.now.seconds > entered + 0.05 && !probing { left = p.now.seconds }
        least = min(least, p.flows[0].feedback.inFlight)
      }
    }
    let begun = try #require(entered)
    let ended = try #require(left)
    #expect(begun > interval - 0.05 && begun < interval + 0.8, "\(begun)")
    #expect(ended - begun > 0.2 && ended - begun < 0.3, "\(ended - begun)")
    #expect(Double(least) <= small, "\(least)")
  }

  /// Flows that start together share within a factor of two, and the queue stays below the window gain's bound.
  @Test(arguments: ["v1", "v3"]) func twoFlowsShareAPort(preset: String) throws {
    var port = try Self.port(preset, flows: 2)
    port.run(until: .seconds(3))
    let before = port.flows.map(\.bytesDelivered)
    var most: Int64 = 0
    port.run(until: .seconds(8)) { most = max(most, $0.queue) }
    let rates = zip(port.flows, before).map { Double($0.bytesDelivered - $1) * 8 / 5e9 }
    #expect(rates[0] + rates[1] > 0.95, "\(rates)")
    #expect(rates.min()! / rates.max()! > 0.5, "\(rates)")
    #expect(Double(most) < 1.6 * Self.product && port.drops == 0, "\(most)")
  }

  /// A buffer of a tenth of what the path holds: v3 leaves startup by loss and bounds what it has in flight.
  @Test func version3BoundsItsFlightByLoss() throws {
    var port = try Self.port("v3", buffer: 125_000)
    port.run(until: .seconds(1))
    let drops = port.drops
    let before = port.flows[0].bytesDelivered
    port.run(until: .seconds(6))
    let sent = Double(port.flows[0].bytesDelivered - before) / 4096
    #expect(Double(port.drops - drops) / sent < 0.02)
    #expect(sent * 32768 / 5e9 > 0.75, "\(sent * 32768 / 5e9)")
  }

  /// An application that sends little does not lower the estimate.
  @Test(arguments: ["v1", "v3"]) func limitedSamplesDoNotCount(preset: String) throws {
    var port = try Self.port(preset)
    port.run(until: .seconds(1))
    var controller = port.flows[0].controller
    var feedback = port.flows[0].feedback
    for _ in 0..<100 {
      feedback.clear()
      feedback.now += .microseconds(10_000)
      feedback.acknowledged = 4096
      feedback.priorDelivered = feedback.delivered
      feedback.delivered += 4096
      feedback.inFlight = 4096
      feedback.roundTrip = .microseconds(10_033)
      feedback.deliveryRate = BitRate(3_000_000)
      feedback.applicationLimited = true
      controller.update(feedback)
    }
    #expect(controller.rate.double > 0.7e9)
  }

  /// Feedback in batches of an eighth of a round trip leads to about the same rate and window.
  @Test(arguments: ["v1", "v3"]) func batchingChangesLittle(preset: String) throws {
    let context = Self.context()
    let parameters = try values(BBR.self, preset: preset)
    func run(batch: Int64) -> (rate: Double, window: Double) {
      var controller = BBR(context: context, parameters: parameters)
      var feedback = Feedback(now: .microseconds(10_000))
      // A path that delivers at 1 Gb/s whatever is sent, with a full window in flight.
      let spacing = Time(ticks: 32768 * 100)
      var rates = 0.0
      var windows = 0.0
      let count = 305 * 400 / batch
      for _ in 0..<count {
        feedback.clear()
        feedback.now += spacing * batch
        feedback.acknowledged = 4096 * batch
        feedback.delivered += 4096 * batch
        feedback.priorDelivered = max(0, feedback.delivered - 1_250_000)
        feedback.inFlight = Int64(min(controller.window, 1_250_000))
        feedback.roundTrip = .microseconds(10_000)
        feedback.deliveryRate = .gigabits(1)
        controller.update(feedback)
        rates += controller.rate.double / Double(count)
        windows += controller.window / Double(count)
      }
      return (rates, windows)
    }
    let one = run(batch: 1)
    let many = run(batch: 38)
    #expect(deviation(many.rate, from: one.rate) < 0.02, "\(one) \(many)")
    #expect(deviation(many.window, from: one.window) < 0.02, "\(one) \(many)")
  }

  @Test(arguments: ["v1", "v3"]) func theStateGoesRound(preset: String) throws {
    var port = try Self.port(preset, flows: 2, buffer: 600_000)
    port.run(until: .seconds(2))
    let context = Self.context(seed: 1)
    var copy = port
    copy.flows[1].controller = try copied(
      port.flows[1].controller, context: context, parameters: try values(BBR.self, preset: preset))
    for second in 3...6 {
      port.run(until: .seconds(Int64(second)))
      copy.run(until: .seconds(Int64(second)))
      #expect(Answer(port.flows[1].controller) == Answer(copy.flows[1].controller))
      #expect(port.flows[1].bytesDelivered == copy.flows[1].bytesDelivered)
    }
  }

  @Test func seedsDiffer() throws {
    func window(_ seed: UInt64) throws -> [Double] {
      var port = Bottleneck<BBR>(capacity: .gigabits(1), buffer: 5_000_000)
      port.start(
        BBR(context: Self.context(seed: seed), parameters: try values(BBR.self, preset: "v1")),
        roundTrip: .microseconds(10_000))
      var found: [Double] = []
      for k in 1...30 {
        port.run(until: .microseconds(200_000 + Int64(k) * 10_000))
        found.append(port.flows[0].controller.rate.double)
      }
      return found
    }
    #expect(try window(1) == window(1))
    #expect(try Set((1...5).map { try window(UInt64($0)) }).count > 1)
  }
}
