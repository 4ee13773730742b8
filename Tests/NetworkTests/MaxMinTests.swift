// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Simulation
import Testing

/// Max-min shares of textbook networks against their closed forms, to the bit per second that rounding takes.
@Suite struct MaxMinTests {
  /// A network of ports by their gigabits per second, and flows that never end by the ports that they pass.
  struct Textbook {
    var gigabits: [Int64]
    var flows: [(path: [Int], demand: BitRate)]

    /// Gigabits per second of each flow.
    func shares() -> [BitRate] {
      var network = IdealNetwork(capacities: gigabits.map { .gigabits($0) })
      var events: [IdealNetwork.Event] = []
      for (index, one) in flows.enumerated() {
        network.open(
          flow(index, 0, 1, bytes: 0, limit: .unlimited), path: one.path, demand: one.demand, at: .zero)
      }
      network.settle(at: .zero, &events)
      network.checkInvariants()
      return flows.indices.map { network.rate(of: flow($0, 0, 1, bytes: 0).id)! }
    }
  }

  private func expect(
    _ shares: [BitRate], near expected: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(shares.count == expected.count, sourceLocation: sourceLocation)
    for (index, pair) in zip(shares, expected).enumerated() {
      // Each port on the way to a share may round once.
      #expect(abs(pair.0.double - pair.1) <= 3, "flow \(index)", sourceLocation: sourceLocation)
    }
  }

  /// One link of 100 Gb/s with n flows: each gets 100/n.
  @Test(arguments: 1...9) func singleLink(n: Int) {
    let network = Textbook(gigabits: [100], flows: (0..<n).map { _ in ([0], .unlimited) })
    expect(network.shares(), near: [Double](repeating: 100e9 / Double(n), count: n))
  }

  /// Five links of 60 Gb/s in a row; one flow over all of them, and k flows over link k alone (k = 1...5). The long
  /// flow gets 60/6 = 10, the flows of link k (60 - 10)/k.
  @Test func parkingLot() {
    var flows: [(path: [Int], demand: BitRate)] = [([0, 1, 2, 3, 4], .unlimited)]
    var expected = [10e9]
    for k in 1...5 {
      for _ in 0..<k {
        flows.append(([k - 1], .unlimited))
        expected.append(50e9 / Double(k))
      }
    }
    expect(Textbook(gigabits: [60, 60, 60, 60, 60], flows: flows).shares(), near: expected)
  }

  /// Bertsekas and Gallager, Data Networks, the example of section 6.5.2: all capacities are 1. Sessions 2, 3 and 5
  /// share link (2,3) and get 1/3; session 1 shares (3,5) with session 5 and gets 2/3; session 4 has (4,5) alone and
  /// gets 1.
  @Test func twoLevelsOfBertsekasAndGallager() {
    let (l13, l23, l35, l45) = (0, 1, 2, 3)
    let network = Textbook(
      gigabits: [90, 90, 90, 90],
      flows: [
        ([l13, l35], .unlimited), ([l23], .unlimited), ([l23], .unlimited), ([l45], .unlimited),
        ([l23, l35], .unlimited),
      ])
    expect(network.shares(), near: [60e9, 30e9, 30e9, 90e9, 30e9])
  }

  /// Keshav, An Engineering Approach to Computer Networking: capacity 10, demands 2, 2.6, 4 and 5. Shares: 2, 2.6, 2.7
  /// and 2.7.
  @Test func demands() {
    let demands: [Int64] = [2_000_000_000, 2_600_000_000, 4_000_000_000, 5_000_000_000]
    let network = Textbook(gigabits: [10], flows: demands.map { ([0], BitRate($0)) })
    expect(network.shares(), near: [2e9, 2.6e9, 2.7e9, 2.7e9])
  }

  /// The same with limits of the hosts in place of demands, and a demand above and one below its limit.
  @Test func limits() {
    var network = IdealNetwork(capacities: [.gigabits(10)])
    var events: [IdealNetwork.Event] = []
    let flows: [(limit: Int64, demand: Int64)] = [(2, 9), (9, 3), (9, 9), (4, 9)]
    for (index, one) in flows.enumerated() {
      network.open(
        flow(index, 0, 1, bytes: 0, limit: .gigabits(one.limit)), path: [0], demand: .gigabits(one.demand), at: .zero)
    }
    network.settle(at: .zero, &events)
    // 2 is below 10/4; the others get 8/3 = 2.67, less than 3, 9 and 4.
    expect(
      flows.indices.map { network.rate(of: flow($0, 0, 1, bytes: 0).id)! }, near: [2e9, 8e9 / 3, 8e9 / 3, 8e9 / 3])
    // A demand of 1 leaves 10 - 2 - 1 = 7 to two flows of limits 9 and 4: 3.5 each.
    network.setDemand(flow(1, 0, 1, bytes: 0).id, .gigabits(1))
    network.settle(at: .zero, &events)
    expect(flows.indices.map { network.rate(of: flow($0, 0, 1, bytes: 0).id)! }, near: [2e9, 1e9, 3.5e9, 3.5e9])
  }

  /// A triangle of links 0, 1, 2 of 30 with a flow over each pair, and one more flow on link 0. Link 0 gives 10 to each
  /// of its three flows; the flow over links 1 and 2 finds one flow of 10 on either and gets 20.
  @Test func triangle() {
    let network = Textbook(
      gigabits: [30, 30, 30],
      flows: [([0, 1], .unlimited), ([1, 2], .unlimited), ([2, 0], .unlimited), ([0], .unlimited)])
    expect(network.shares(), near: [10e9, 20e9, 10e9, 10e9])
  }

  /// A star. Senders have uplinks of 10 and 40, receivers downlinks of 12 and 100. The first sender gives 5 to each of
  /// its two flows; the first downlink leaves 12 - 5 = 7; the second sender's other two flows get (40 - 7)/2 = 16.5.
  @Test func starWithThreeBottlenecks() {
    let (up1, up2, down1, down2) = (0, 1, 2, 3)
    let network = Textbook(
      gigabits: [10, 40, 12, 100],
      flows: [
        ([up1, down1], .unlimited), ([up1, down2], .unlimited), ([up2, down1], .unlimited),
        ([up2, down2], .unlimited), ([up2, down2], .unlimited),
      ])
    expect(network.shares(), near: [5e9, 5e9, 7e9, 16.5e9, 16.5e9])
  }

  /// Two transfers of 100 GB (800 Gb) on a link of 100 Gb/s: 50 each until 4 s, which leaves 600 each. Then 40 Gb/s for
  /// 10 s: 20 each, which leaves 400. Nothing for 5 s. Then 200 Gb/s: 100 each, so both end at 4 + 10 + 5 + 4 = 23 s.
  @Test func capacityChanges() {
    var network = IdealNetwork(capacities: [.gigabits(100)])
    var events: [IdealNetwork.Event] = []
    for k in 0..<2 {
      network.open(flow(k, 0, 1, bytes: 100_000_000_000), path: [0], demand: .unlimited, at: .zero)
    }
    network.settle(at: .zero, &events)
    for (at, gigabits) in [(4, 40), (14, 0), (19, 200)] as [(Int64, Int64)] {
      network.advance(to: .seconds(at), &events)
      network.setCapacity(0, .gigabits(gigabits))
      network.settle(at: .seconds(at), &events)
      network.checkInvariants()
    }
    #expect(events.isEmpty)
    #expect(network.nextEvent() == .seconds(23))
    network.advance(to: .seconds(23), &events)
    network.settle(at: .seconds(23), &events)
    #expect(events == (0..<2).map { .finished(flow($0, 0, 1, bytes: 100_000_000_000)) })
    #expect(network.carried(0, at: .seconds(30)) == 2 * BitTicks(bytes: 100_000_000_000))
  }

  /// On 8 Gb/s, that is 1 GB/s: A of 6 GB at 0 s, B of 2 GB at 2 s. A has 4 left at 2 s, B is done after 4 s of half
  /// the rate, at 6 s; A then has 2 left and ends at 8 s.
  @Test func joinAndLeave() {
    var network = IdealNetwork(capacities: [.gigabits(8)])
    var events: [IdealNetwork.Event] = []
    let (a, b) = (flow(0, 0, 1, bytes: 6_000_000_000), flow(1, 0, 1, bytes: 2_000_000_000))
    network.open(a, path: [0], demand: .unlimited, at: .zero)
    network.settle(at: .zero, &events)
    network.advance(to: .seconds(2), &events)
    network.open(b, path: [0], demand: .unlimited, at: .seconds(2))
    network.settle(at: .seconds(2), &events)
    #expect(network.nextEvent() == .seconds(6))
    network.advance(to: .seconds(6), &events)
    network.settle(at: .seconds(6), &events)
    #expect(network.nextEvent() == .seconds(8))
    network.advance(to: .seconds(8), &events)
    #expect(events == [.finished(b), .finished(a)])
    #expect(network.openFlows == 0)
  }

  /// Shares are max-min fair if and only if every flow has its demand or a bottleneck: a port that is full and on which
  /// no flow is faster. Random networks, with flows that come and go, so that only a part of each is recomputed.
  @Test func everyFlowHasABottleneck() {
    var random = RandomStream(seed: 11, name: "max-min")
    for _ in 0..<60 {
      let capacities = (0..<(2 + random.below(12))).map { _ in BitRate(Int64(1 + random.below(400_000_000_000))) }
      var network = IdealNetwork(capacities: capacities)
      var events: [IdealNetwork.Event] = []
      var open: [(id: FlowID, path: [Int], demand: BitRate)] = []
      for step in 0..<40 {
        if random.below(3) == 0, !open.isEmpty {
          let gone = open.remove(at: random.below(open.count))
          network.close(gone.id, at: .zero)
        } else {
          var path: [Int] = []
          for port in capacities.indices where random.below(3) == 0 { path.append(port) }
          if path.isEmpty { path = [random.below(capacities.count)] }
          let demand = random.below(2) == 0 ? .unlimited : BitRate(Int64(random.below(100_000_000_000)))
          let spec = flow(step, 0, 1, bytes: 0, limit: .unlimited)
          network.open(spec, path: path, demand: demand, at: .zero)
          open.append((spec.id, path, demand))
        }
        network.settle(at: .zero, &events)
        var sums = [Int64](repeating: 0, count: capacities.count)
        var fastest = sums
        for one in open {
          let rate = network.rate(of: one.id)!.bitsPerSecond
          for port in one.path {
            sums[port] += rate
            fastest[port] = max(fastest[port], rate)
          }
        }
        for (port, sum) in sums.enumerated() { #expect(sum <= capacities[port].bitsPerSecond) }
        for one in open {
          let rate = network.rate(of: one.id)!
          // Rounding down leaves less than a bit per second and flow.
          let bottleneck = one.path.contains {
            sums[$0] + Int64(open.count) >= capacities[$0].bitsPerSecond
              && fastest[$0] <= rate.bitsPerSecond + Int64(open.count)
          }
          #expect(rate == one.demand || bottleneck)
        }
      }
    }
  }
}
