// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Testing

/// The fluid level of a plan gives the same results, to the last bit, in one part and cut by sites.
@Suite struct FluidPartTests {
  /// Three sites in a row with flows that end, flows that do not, one that is stopped, a lossy link, a change of capacity
  /// and an all-reduce over all of them.
  private func plan(_ name: String) throws -> NetworkPlan {
    var small = try SmallPlan(name, inner: [(100, 100), (40, 400)], duration: .microseconds(60_000))
    var random = RandomStream(seed: 9, name: "parts")
    for k in 0..<16 {
      let from = random.below(3)
      let to = (from + 1 + random.below(2)) % 3
      small.flow(
        small.host(from, random.below(4)), small.host(to, random.below(4)),
        bytes: k == 5 ? nil : 1 + Int64(random.below(10_000_000)), start: .microseconds(Int64(k) * 900))
    }
    small.plan.flows[5].stop = .microseconds(30_000)
    small.plan.flows[3].trafficClass = .low
    small.plan.ports[1].loss = .random(1e-4)
    small.plan.ports[0].changes = [.init(at: .microseconds(20_000), rate: .gigabits(50))]
    small.plan.warmup = .microseconds(10_000)
    small.plan.collectives = [
      .init(
        name: "gradient", kind: .allReduce, sites: (0..<3).map { [small.host($0, 0), small.host($0, 1)] },
        bytes: 300_000, repeats: 2)
    ]
    return small.plan
  }

  @Test(arguments: ["distance-aware", "dcqcn", "dctcp", "cubic", "timely", "hpcc", "swift", "powertcp"])
  func cutBySitesNothingChanges(name: String) throws {
    let plan = try plan(name)
    let sites = plan.parts(of: .fluid)
    #expect(sites == plan.nodes.map(\.site))
    let whole = try run(plan)
    let cut = try run(plan, partOf: sites, checked: true)
    #expect(cut.flows == whole.flows)
    #expect(cut.ports == whole.ports)
    #expect(cut.collectives == whole.collectives)
    #expect(cut.series == whole.series)
    #expect(cut == whole)
    // The comparison is of something.
    #expect(whole.flows.contains { $0.end < .never } && whole.flows.contains { $0.delivered > 0 })
    #expect(!whole.collectives.isEmpty && !whole.series.isEmpty)
    #expect(whole.ports.contains { $0.losses > 0 })
  }

  /// What a stopped flow brought before stays counted.
  @Test func aStoppedFlowKeepsWhatItBrought() throws {
    var small = try SmallPlan("oracle", inner: [(100, 100)], duration: .microseconds(20_000))
    small.flow(small.host(0, 0), small.host(1, 0))
    small.plan.flows[0].stop = .microseconds(10_000)
    let flow = try run(small.plan).flows[0]
    let sent = 100e9 * 0.995 / 8 * 10e-3
    #expect(abs(Double(flow.bytes) - sent) < 0.01 * sent)
  }

  /// Something that sees the whole network is not cut.
  @Test func anOracleStaysWhole() throws {
    let plan = try SmallPlan("oracle", inner: [(100, 100)], duration: .microseconds(10)).plan
    #expect(plan.parts(of: .fluid).allSatisfy { $0 == 0 })
    #expect(plan.parts(of: .ideal).allSatisfy { $0 == 0 })
  }
}
