// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Testing

/// The same arrivals at both levels: what `distance-aware` makes of them must not depend on whether packets are counted.
@Suite struct FluidAgainstPacketTests {
  private static let line = BitRate.gigabits(100)

  private func builder(_ kilometres: Double, seed: UInt64) throws -> (PlanBuilder, oneWay: Time) {
    let oneWay = Time.seconds(kilometres * 4.9e-6)
    var net = PlanBuilder(try Algorithm(name: "distance-aware"), duration: .seconds(1), seed: seed)
    net.plan.packetBytes = 4096
    net.plan.host.acknowledgeEvery = 16
    net.plan.host.acknowledgeDelay = .microseconds(20)
    return (net, oneWay)
  }

  /// Arrivals at 60 % of a line: sizes around half of what the line holds there and back, 400 kB at least.
  private func arrivals(_ net: inout PlanBuilder, _ pairs: [(Int, Int)], flows: Int, loop: Time) {
    var random = RandomStream(seed: net.plan.seed, name: "arrivals")
    let mean = max(400_000, BitTicks(FluidAgainstPacketTests.line, for: loop).bytesDouble / 2)
    let gap = mean * 8 / (0.6 * FluidAgainstPacketTests.line.double)
    var now = Time.zero
    for k in 0..<flows {
      let (a, b) = pairs[k % pairs.count]
      net.flow(a, b, bytes: Int64(mean * (0.2 + 1.6 * random.uniform())), start: now)
      now += .seconds(random.exponential(mean: gap))
    }
    net.plan.duration = now + .seconds(gap * 30) + loop * 30
    net.plan.seriesInterval = net.plan.duration
    net.plan.sampleInterval = net.plan.duration
  }

  private func means(_ plan: NetworkPlan) throws -> (packet: Double, fluid: Double) {
    func mean(_ level: ExperimentLevel) throws -> Double {
      let result = try run(plan, level: level)
      let times = zip(result.flows, plan.flows).map { ($0.end - $1.start).seconds }
      for time in times { try #require(time < plan.duration.seconds, "a flow never ended") }
      return times.reduce(0, +) / Double(times.count)
    }
    return (try mean(.packet), try mean(.fluid))
  }

  private func expectAlike(_ name: String, _ kilometres: Double, _ make: (UInt64) throws -> NetworkPlan) throws {
    var (packet, fluid) = (0.0, 0.0)
    // A thousand kilometres hold many packets: one seed is enough for a mean, and all that seconds allow.
    for seed in 1...(kilometres < 1000 ? 3 : 1) as ClosedRange<UInt64> {
      let (p, f) = try means(make(seed))
      packet += p
      fluid += f
    }
    let error = fluid / packet - 1
    print("\(name), \(kilometres) km: mean completion at fluid level \(error * 100) % from that at packet level")
    #expect(abs(error) <= 0.03)
  }

  @Test(arguments: [10.0, 100, 1000]) func singleBottleneck(kilometres: Double) throws {
    try expectAlike("single bottleneck", kilometres) { seed in
      var (net, oneWay) = try builder(kilometres, seed: seed)
      let (s, t) = (net.switching(site: 0), net.switching(site: 1))
      net.link(s, t, FluidAgainstPacketTests.line, oneWay) { $0.buffer = 32_000_000 }
      var pairs: [(Int, Int)] = []
      for _ in 0..<4 {
        let (a, b) = (net.host(site: 0), net.host(site: 1))
        net.link(a, s, FluidAgainstPacketTests.line, .microseconds(1))
        net.link(t, b, FluidAgainstPacketTests.line, .microseconds(1))
        pairs.append((a, b))
      }
      arrivals(&net, pairs, flows: 40, loop: oneWay * 2 + .microseconds(10))
      return net.plan
    }
  }

  /// Three spans in a row, each with flows of its own, and flows over all of them.
  @Test(arguments: [10.0, 100, 1000]) func parkingLot(kilometres: Double) throws {
    try expectAlike("parking lot", kilometres) { seed in
      var (net, oneWay) = try builder(kilometres, seed: seed)
      let nodes = (0..<4).map { net.switching(site: $0) }
      for k in 0..<3 {
        net.link(nodes[k], nodes[k + 1], FluidAgainstPacketTests.line, Time(ticks: oneWay.ticks / 3)) {
          $0.buffer = 32_000_000
        }
      }
      var pairs: [(Int, Int)] = []
      for (from, to) in [(0, 3), (0, 1), (1, 2), (2, 3)] {
        let (a, b) = (net.host(site: from), net.host(site: to))
        net.link(a, nodes[from], FluidAgainstPacketTests.line, .microseconds(1))
        net.link(nodes[to], b, FluidAgainstPacketTests.line, .microseconds(1))
        pairs.append((a, b))
      }
      arrivals(&net, pairs, flows: 40, loop: oneWay * 2 + .microseconds(10))
      return net.plan
    }
  }

  /// Senders beside the receiver and in another site, all to one host.
  @Test(arguments: [10.0, 100, 1000]) func twoSiteIncast(kilometres: Double) throws {
    try expectAlike("two-site incast", kilometres) { seed in
      var (net, oneWay) = try builder(kilometres, seed: seed)
      let (s, t, sink) = (net.switching(site: 0), net.switching(site: 1), net.host(site: 1))
      net.link(s, t, BitRate.gigabits(400), oneWay) { $0.buffer = 32_000_000 }
      net.link(t, sink, FluidAgainstPacketTests.line, .microseconds(1)) { $0.buffer = 32_000_000 }
      var pairs: [(Int, Int)] = []
      for k in 0..<8 {
        let a = net.host(site: k % 2)
        net.link(a, k % 2 == 0 ? s : t, FluidAgainstPacketTests.line, .microseconds(1))
        pairs.append((a, sink))
      }
      arrivals(&net, pairs, flows: 40, loop: oneWay * 2 + .microseconds(10))
      return net.plan
    }
  }
}
