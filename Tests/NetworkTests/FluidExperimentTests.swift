// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Testing

/// Small experiments for the fluid and the ideal level: hosts at 100 Gb/s on both sides of a row of switches.
struct SmallPlan {
  var plan: NetworkPlan

  /// - Parameter inner: gigabits per second and microseconds of the links from switch to switch.
  init(_ name: String, inner: [(Int64, Int64)], hosts: Int = 4, duration: Time) throws {
    plan = NetworkPlan(algorithm: try algorithm(name), duration: duration)
    for k in 0...inner.count { plan.nodes.append(.init(name: "w\(k)", isHost: false, site: k)) }
    for (k, link) in inner.enumerated() { join(k, k + 1, link.0, .microseconds(link.1), buffer: 32_000_000) }
    for k in 0...inner.count {
      for h in 0..<hosts {
        plan.nodes.append(.init(name: "h\(k).\(h)", isHost: true, site: k))
        join(k, plan.nodes.count - 1, 100, .nanoseconds(500))
      }
    }
    self.switches = inner.count + 1
    self.hosts = hosts
    plan.groups = ["all"]
    plan.seriesInterval = Time(ticks: duration.ticks / 20)
  }

  private var switches = 0
  private var hosts = 0

  func host(_ place: Int, _ index: Int) -> Int { switches + place * hosts + index }

  mutating func join(_ a: Int, _ b: Int, _ gigabits: Int64, _ delay: Time, buffer: Int64 = .max) {
    for (x, y) in [(a, b), (b, a)] {
      plan.ports.append(.init(from: x, to: y, rate: .gigabits(gigabits), delay: delay, buffer: buffer))
      plan.bundles.append(.init(ports: plan.ports.count - 1..<plan.ports.count))
    }
  }

  mutating func flow(_ from: Int, _ to: Int, bytes: Int64? = nil, start: Time = .zero) {
    plan.flows.append(.init(group: 0, source: from, destination: to, bytes: bytes, start: start))
  }

  func fluid() throws -> ExperimentResult { try run(plan) }

  func ideal() -> ExperimentResult {
    var experiment = IdealExperiment(plan: plan)
    return experiment.run()
  }
}

extension ExperimentResult.Flow {
  /// Gigabits per second of payload after the warm-up.
  var gigabits: Double { Double(delivered) * 8 / measured.seconds / 1e9 }
}

@Suite struct FluidExperimentTests {
  private func isNear(_ value: Double, _ expected: Double, within share: Double) -> Bool {
    abs(value - expected) <= share * expected
  }

  /// Two flows share 100 Gb/s over 100 us: half of 99 each, and no queue anywhere.
  @Test func twoFlowsShare() throws {
    var small = try SmallPlan("distance-aware", inner: [(100, 100)], duration: .microseconds(20_000))
    small.flow(small.host(0, 0), small.host(1, 0))
    small.flow(small.host(0, 1), small.host(1, 1), start: .microseconds(1000))
    small.plan.warmup = .microseconds(5_000)
    let result = try small.fluid()
    for flow in result.flows { #expect(isNear(flow.gigabits, 49.5, within: 0.01)) }
    #expect(isNear(result.ports[0].utilisation, 0.99, within: 0.002))
    for port in result.ports { #expect(port.queueMicroseconds.max < 0.01 && port.drops == 0) }
  }

  /// A flow over both links and one over each: max-min gives the long one half of the tighter link.
  @Test(arguments: ["distance-aware", "oracle"]) func parkingLot(name: String) throws {
    var small = try SmallPlan(name, inner: [(100, 200), (40, 300)], duration: .microseconds(40_000))
    small.flow(small.host(0, 0), small.host(2, 0))
    small.flow(small.host(0, 1), small.host(1, 0))
    small.flow(small.host(1, 1), small.host(2, 1))
    small.plan.warmup = .microseconds(20_000)
    let result = try small.fluid()
    let share = name == "oracle" ? 0.995 : 0.99
    for (flow, expected) in zip(result.flows, [20.0, 80, 20]) {
      #expect(isNear(flow.gigabits, expected * share, within: 0.02))
    }
    for (flow, expected) in zip(small.ideal().flows, [20.0, 80, 20]) {
      #expect(isNear(flow.gigabits, expected, within: 1e-3))
    }
  }

  /// Four flows of one host share its card at their sources: each has a quarter and no queue builds in the host, whatever
  /// the algorithm wants.
  @Test(arguments: ["dcqcn", "dctcp", "distance-aware"]) func cardIsShared(name: String) throws {
    var small = try SmallPlan(name, inner: [(400, 50)], duration: .microseconds(20_000))
    for k in 0..<4 { small.flow(small.host(0, 0), small.host(1, k)) }
    small.plan.warmup = .microseconds(10_000)
    let result = try small.fluid()
    var sum = 0.0
    for flow in result.flows {
      sum += flow.gigabits
      #expect(isNear(flow.gigabits, 25, within: 0.02))
    }
    #expect(sum <= 100.001)
    let card = try #require(small.plan.ports.firstIndex { $0.from == small.host(0, 0) })
    #expect(result.ports[card].queueBytes.max < 1 && result.ports[card].utilisation > 0.98)
  }

  /// A finite flow alone, told its rate at once: what its bytes take at 0.995 of the line, and the way.
  @Test func aloneItTakesWhatTheLineTakes() throws {
    var small = try SmallPlan("oracle", inner: [(100, 1000)], duration: .microseconds(50_000))
    small.flow(small.host(0, 0), small.host(1, 0), bytes: 100_000_000)
    let end = try small.fluid().flows[0].end.seconds
    #expect(isNear(end, 100e6 * 8 / (100e9 * 0.995) + 1001e-6, within: 1e-3))
    // Ideal: the whole line.
    #expect(isNear(small.ideal().flows[0].end.seconds, 100e6 * 8 / 100e9 + 1001e-6, within: 1e-3))
  }

  /// All-reduce between two sites without pipelining: two steps of half the bytes, one after the other in both directions:
  /// 2 (d + S / 2C). The ideal level meets it, the oracle with its 0.995 of the line, and nobody beats it.
  @Test func allReduceOfTwoSites() throws {
    var small = try SmallPlan("oracle", inner: [(100, 1000)], duration: .microseconds(200_000))
    small.plan.collectives = [
      .init(
        name: "gradient", kind: .allReduce, sites: [[small.host(0, 0)], [small.host(1, 0)]], bytes: 100_000_000,
        repeats: 3)
    ]
    let bound = 2 * (1e-3 + 1e-6 + 100e6 * 8 / 2 / 100e9)
    for (result, share) in [(try small.fluid(), 0.995), (small.ideal(), 1.0)] {
      #expect(result.collectives.count == 3)
      for one in result.collectives {
        let time = (one.end - one.start).seconds
        #expect(time >= bound)
        #expect(time <= bound / share * 1.001)
      }
    }
    // Rates survive between its phases.
    small.plan.algorithm = try algorithm("distance-aware")
    let last = try #require(try small.fluid().collectives.last)
    #expect((last.end - last.start).seconds <= bound / 0.99 * 1.01)
  }

  /// All-to-all among four hosts at two sites ends, with every byte where it belongs.
  @Test func allToAll() throws {
    var small = try SmallPlan("distance-aware", inner: [(100, 100)], duration: .microseconds(50_000))
    small.plan.collectives = [
      .init(
        name: "experts", kind: .allToAll,
        sites: [[small.host(0, 0), small.host(0, 1)], [small.host(1, 0), small.host(1, 1)]],
        bytes: 8_000_000)
    ]
    let result = try small.fluid()
    #expect(result.collectives.count == 1)
    // Each of twelve pairs carries a quarter of the bytes.
    for flow in result.flows { #expect(abs(flow.bytes - 2_000_000) <= 1) }
    // Over the middle go four quarters each way, 64 Mb at 99 Gb/s, and no host has more: at least 646 us and the way.
    let time = try #require(result.collectives.first).end.seconds
    #expect(time >= 646e-6 + 101e-6)
    #expect(time <= 3 * 646e-6)
  }

  /// One packet in a thousand is lost, at regular intervals: the source sends that much more, and all arrives.
  @Test(arguments: [NetworkPlan.Loss.every(1000), .random(1e-3)]) func lossyFibre(loss: NetworkPlan.Loss) throws {
    var small = try SmallPlan("oracle", inner: [(100, 200)], duration: .microseconds(50_000))
    small.plan.ports[0].loss = loss
    small.flow(small.host(0, 0), small.host(1, 0), bytes: 200_000_000)
    let result = try small.fluid()
    #expect(result.flows[0].end < .never)
    let packets = 200e6 / 4096
    #expect(isNear(Double(result.ports[0].losses), packets / 999, within: 0.03))
    #expect(result.ports[0].drops == 0)
  }

  /// A phantom queue that drains at 0.95 of the line makes DCTCP leave the rest of the line free, so the real queue stays
  /// empty.
  @Test func phantomQueueLeavesRoom() throws {
    var small = try SmallPlan("dctcp", inner: [(100, 50)], duration: .microseconds(200_000))
    small.plan.leaps = false
    small.plan.ports[0].marking = .init(minimum: .max / 2, maximum: .max / 2, probability: 1)
    small.plan.ports[0].phantom = .init(drain: 0.95, size: 2_000_000, minimum: 250_000, maximum: 250_000)
    small.flow(small.host(0, 0), small.host(1, 0))
    small.flow(small.host(0, 1), small.host(1, 1))
    small.plan.warmup = .microseconds(100_000)
    let result = try small.fluid()
    #expect(result.ports[0].utilisation <= 0.955 && result.ports[0].utilisation > 0.85)
    #expect(result.ports[0].queueMicroseconds.p99 < 5)
    #expect(result.ports[0].marks > 0)
  }

  /// A class that comes first takes what it wants; the other has the rest.
  @Test func classesAreServedInOrder() throws {
    var small = try SmallPlan("oracle", inner: [(100, 50)], duration: .microseconds(20_000))
    small.plan.algorithm = try algorithm("cubic")
    small.flow(small.host(0, 0), small.host(1, 0))
    small.flow(small.host(0, 1), small.host(1, 1))
    small.plan.flows[0].inflightLimit = 300_000
    small.plan.flows[1].trafficClass = .low
    small.plan.warmup = .microseconds(10_000)
    let result = try small.fluid()
    // 300 kB in a round trip of 102 us and some packets' transmissions, whatever waits behind.
    let loop = 102e-6 + 3 * 4096 * 8 / 100e9
    #expect(isNear(result.flows[0].gigabits, 300e3 * 8 / loop / 1e9, within: 0.02))
    #expect(result.flows[0].gigabits + result.flows[1].gigabits <= 100.001)
    #expect(result.flows[1].gigabits > 60)
  }

  /// Every flow of a mixture arrives whole, twice the same, and never faster than alone.
  @Test(arguments: ["distance-aware", "dcqcn", "dctcp", "oracle"]) func mixture(name: String) throws {
    var small = try SmallPlan(name, inner: [(100, 100), (100, 400)], duration: .microseconds(300_000))
    var random = RandomStream(seed: 5, name: "mixture")
    for k in 0..<40 {
      let from = random.below(3)
      let to = (from + 1 + random.below(2)) % 3
      small.flow(
        small.host(from, random.below(4)), small.host(to, random.below(4)), bytes: 1 + Int64(random.below(20_000_000)),
        start: .microseconds(Int64(k) * 300))
    }
    let result = try small.fluid()
    #expect(try small.fluid() == result)
    for (flow, spec) in zip(result.flows, small.plan.flows) {
      #expect(flow.bytes == spec.bytes)
      #expect(flow.end < .never)
      #expect((flow.end - flow.start).seconds >= flow.alone.seconds * 0.999 - 2e-6)
    }
    for (flow, spec) in zip(small.ideal().flows, small.plan.flows) { #expect(flow.bytes == spec.bytes) }
  }
}
