// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// Strict priority between traffic classes.
@Suite struct PacketClassTests {
  /// Datagrams at a third of the line rate in the class before a flow that always has data: the line never rests, the
  /// datagrams all arrive, and the flow has what they leave, to the packet.
  @Test(arguments: [(NetworkPlan.TrafficClass.high, NetworkPlan.TrafficClass.normal), (.normal, .low), (.high, .low)])
  func lowClassGetsTheRest(first: NetworkPlan.TrafficClass, second: NetworkPlan.TrafficClass) throws {
    var net = PlanBuilder(try wideOpen(), duration: .seconds(0.1))
    net.plan.packetBytes = 1000
    let (a, x, s, b) = (net.host(), net.host(), net.switching(), net.host())
    net.link(a, s, .gigabits(100), .microseconds(1))
    net.link(x, s, .gigabits(100), .microseconds(1))
    let port = net.link(s, b, .gigabits(8), .microseconds(1)).there.lowerBound
    let datagrams = net.flow(
      x, b, trafficClass: first, datagrams: NetworkPlan.Datagrams(gap: .microseconds(3), size: 1000))
    let flow = net.flow(a, b, limit: 100_000, trafficClass: second)
    let result = net.run()
    let high = Double(result.flows[datagrams].bytes)
    #expect(abs(high - 0.1e9 / 3) < 0.03 * 0.1e9 / 3)
    // One byte a nanosecond, but for the first and the last microseconds.
    let sum = Double(result.flows[flow].bytes) + high
    #expect(abs(sum - 0.1e9) <= 5000)
    #expect(abs(Double(result.ports[port].bytesOut) - 0.1e9) <= 3000)
    // Of 100 kB in flight no more than what comes in first can stand before the others.
    #expect(result.ports[port].drops == 0)
  }
}
