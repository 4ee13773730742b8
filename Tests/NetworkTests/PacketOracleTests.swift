// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// The oracle gives every flow its max-min share.
@Suite struct PacketOracleTests {
  /// Lines of 10, 4 and 20 Gb/s in a row. One flow over all three, one over the first two, one over the last only, two
  /// over the first only: by progressive filling the middle gives 2 each to those that pass it, which leaves 6 of the
  /// first to two flows and 18 of the last to one.
  @Test func parkingLot() throws {
    var net = PlanBuilder(try Algorithm(name: "oracle"), duration: .seconds(0.02), warmup: .seconds(0.005))
    net.plan.packetBytes = 1000
    let switches = (0..<4).map { _ in net.switching() }
    for (k, gigabits) in [10, 4, 20].enumerated() {
      net.link(switches[k], switches[k + 1], .gigabits(Int64(gigabits)), .microseconds(50)) { $0.buffer = 100_000 }
    }
    for (from, to) in [(0, 3), (0, 2), (2, 3), (0, 1), (0, 1)] {
      let (a, b) = (net.host(), net.host())
      net.link(a, switches[from], .gigabits(100), .microseconds(1))
      net.link(switches[to], b, .gigabits(100), .microseconds(1))
      net.flow(a, b)
    }
    let result = net.run()
    for (flow, gigabits) in zip(result.flows, [2.0, 2, 18, 3, 3]) {
      // 99.5 % of every line is handed out; the last line's flow gets what is left of that.
      #expect(abs(flow.goodput / 1e9 - 0.995 * gigabits) <= 0.002 * gigabits)
    }
    #expect(result.ports.allSatisfy { $0.drops == 0 })
    // A queue of no more than a packet or two of each flow.
    #expect(result.ports.allSatisfy { $0.queueBytes.max <= 10_000 })
  }

  /// Shares follow joins, ends and changes at once.
  @Test func sharesFollowWhatHappens() throws {
    var net = PlanBuilder(try Algorithm(name: "oracle"), duration: .seconds(0.04))
    net.plan.packetBytes = 1000
    net.plan.seriesInterval = .seconds(0.01)
    let (a, x, s, b) = (net.host(), net.host(), net.switching(), net.host())
    net.link(a, s, .gigabits(10), .microseconds(1))
    net.link(x, s, .gigabits(10), .microseconds(1))
    net.link(s, b, .gigabits(10), .microseconds(10)) {
      $0.changes = [NetworkPlan.Change(at: .seconds(0.03), rate: .gigabits(4))]
    }
    net.flow(a, b)
    net.flow(x, b, start: .seconds(0.01), stop: .seconds(0.02))
    let rates = net.run().series.map { $0.flows.map { $0.rate / 1e9 } }
    #expect(abs(rates[0][0] - 9.95) < 0.05)
    #expect(abs(rates[1][0] - 4.975) < 0.05 && abs(rates[1][1] - 4.975) < 0.05)
    #expect(abs(rates[2][0] - 9.95) < 0.05)
    #expect(abs(rates[3][0] - 3.98) < 0.05)
  }
}
