// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// Links that change while packets are under way.
@Suite struct PacketChangeTests {
  /// A window of 2 MB through one port of 10 Gb/s, with the changes given.
  private func run(
    _ changes: [NetworkPlan.Change], bytes: Int64? = nil, limit: Int64 = 2_000_000, delay: Time = .microseconds(100)
  ) throws -> (result: ExperimentResult, port: Int) {
    var net = PlanBuilder(try wideOpen(), duration: .seconds(0.1))
    net.plan.packetBytes = 1000
    net.plan.seriesInterval = .seconds(0.01)
    net.plan.host.minimumTimeout = .seconds(1)
    let (a, s, b) = (net.host(), net.switching(), net.host())
    net.link(a, s, .gigabits(40), .microseconds(1))
    let port = net.link(s, b, .gigabits(10), delay) { $0.changes = changes }.there.lowerBound
    net.flow(a, b, bytes: bytes, limit: limit)
    return (net.run(), port)
  }

  /// What arrives in the tenths of the run, in Gb/s.
  private func rates(_ result: ExperimentResult) -> [Double] {
    result.series.map { ($0.flows.first?.rate ?? 0) / 1e9 }
  }

  @Test func halfTheRate() throws {
    let (result, port) = try run([NetworkPlan.Change(at: .seconds(0.05), rate: .gigabits(5))])
    let rates = rates(result)
    #expect(rates.count == 10)
    for (k, rate) in rates.enumerated().dropFirst() where k != 5 {
      #expect(abs(rate - (k < 5 ? 10 : 5)) < 0.002, "interval \(k): \(rate)")
    }
    #expect(abs(result.ports[port].utilisation - 1) < 0.001)
    #expect(result.flows[0].retransmitted == 0)
  }

  /// Nothing leaves for 20 ms, and then everything goes on: no byte is lost, and none of the time before and after.
  @Test func outage() throws {
    let (result, port) = try run([
      NetworkPlan.Change(at: .seconds(0.03), rate: .zero), NetworkPlan.Change(at: .seconds(0.05), rate: .gigabits(10)),
    ])
    let rates = rates(result)
    // What was on the fibre still arrives.
    for (k, expected) in [10, 10, 0.1, 0, 9.9, 10, 10, 10, 10].enumerated() {
      #expect(abs(rates[k + 1] - expected) < 0.005, "interval \(k + 1): \(rates[k + 1])")
    }
    #expect(result.flows[0].retransmitted == 0)
    #expect(result.ports[port].drops == 0)
    #expect(abs(Double(result.ports[port].bytesOut) - 0.08 * 1.25e9) <= 4000)
  }

  /// A fibre that grows or shrinks keeps the order of packets, so nothing is sent twice.
  @Test(arguments: [(10, 300), (300, 10)] as [(Int64, Int64)]) func delayChanges(before: Int64, after: Int64) throws {
    let (result, _) = try run(
      [NetworkPlan.Change(at: .seconds(0.01), delay: .microseconds(after))], bytes: 20_000_000,
      delay: .microseconds(before))
    #expect(result.flows[0].bytes == 20_000_000 && result.flows[0].retransmitted == 0)
    // 20,000 packets of 0.8 us; 2 MB in flight cover either round trip.
    #expect(abs(result.flows[0].end.seconds - (0.016 + 1.2e-6 + Double(after) * 1e-6)) < 2e-6)
  }
}
