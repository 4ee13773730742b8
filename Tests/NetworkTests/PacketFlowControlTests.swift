// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// Priority flow control: nothing is dropped, and somebody else pays.
@Suite struct PacketFlowControlTests {
  /// Five senders with windows of 1 MB each into one port with 300 kB.
  private func incast(paused: Bool) throws -> (result: ExperimentResult, port: Int, senders: Int) {
    var net = PlanBuilder(try wideOpen(), duration: .seconds(0.02))
    net.plan.packetBytes = 1000
    let senders = net.hosts(5)
    let (s, b) = (net.switching(), net.host())
    for host in senders {
      net.link(host, s, .gigabits(10), .microseconds(1)) {
        // Two microseconds and two packets are on the way when it is said, 4.5 kB.
        if paused { $0.flowControl = .init(pause: 40_000, resume: 30_000, headroom: 10_000) }
      }
    }
    let port = net.link(s, b, .gigabits(10), .microseconds(1)) { $0.buffer = 300_000 }.there.lowerBound
    for host in senders { net.flow(host, b, bytes: 2_000_000) }
    return (net.run(), port, senders.count)
  }

  @Test func pausesInsteadOfDrops() throws {
    let (with, port, count) = try incast(paused: true)
    #expect(with.ports.allSatisfy { $0.drops == 0 })
    #expect((0..<count).allSatisfy { with.ports[2 * $0].pauses > 0 })
    #expect(with.flows.allSatisfy { $0.bytes == 2_000_000 && $0.retransmitted == 0 })
    // 10 MB at 10 Gb/s, the first packet's way and the last one's: the port is never idle.
    let end = with.flows.map(\.end).max()!
    #expect(abs(end.seconds - (10_000 * 0.8e-6 + 2.8e-6)) < 1e-6)
    // No sender ever holds more than its share and what was on the way.
    #expect(with.ports[port].queueBytes.max <= 5 * 50_000)
    let (without, _, _) = try incast(paused: false)
    #expect(without.ports[port].drops > 0 && without.ports.allSatisfy { $0.pauses == 0 })
  }

  /// Two flows share the link between two switches; one goes on at 10 Gb/s, the other into a port of 1 Gb/s. If that
  /// pauses the link, the innocent one stands behind it; in a class of its own it does not.
  @Test func headOfLineBlocking() throws {
    func victim(_ trafficClass: NetworkPlan.TrafficClass, paused: Bool) throws -> Double {
      var net = PlanBuilder(try wideOpen(), duration: .seconds(0.05), warmup: .seconds(0.01))
      net.plan.packetBytes = 1000
      let (a, x, s, t) = (net.host(), net.host(), net.switching(), net.switching())
      let (b, v) = (net.host(), net.host())
      func rule(_ port: inout NetworkPlan.Port) {
        if paused { port.flowControl = .init(pause: 40_000, resume: 30_000, headroom: 20_000) }
      }
      net.link(a, s, .gigabits(10), .microseconds(1), rule)
      net.link(x, s, .gigabits(10), .microseconds(1), rule)
      net.link(s, t, .gigabits(10), .microseconds(1), rule)
      net.link(t, b, .gigabits(1), .microseconds(1))
      net.link(t, v, .gigabits(10), .microseconds(1))
      net.flow(a, b, limit: 500_000)
      let flow = net.flow(x, v, limit: 500_000, trafficClass: trafficClass)
      return net.run().flows[flow].goodput
    }
    let (same, apart) = (try victim(.normal, paused: true), try victim(.high, paused: true))
    let free = try victim(.normal, paused: false)
    print(
      "beside a paused flow: \(same / 1e9) Gb/s, in a class of its own \(apart / 1e9), without pauses \(free / 1e9)")
    // The other flow gets 1 Gb/s in any case; without pauses the rest is the victim's.
    #expect(free > 8.9e9)
    #expect(apart > 8.9e9)
    #expect(same < 0.5 * free)
  }
}
