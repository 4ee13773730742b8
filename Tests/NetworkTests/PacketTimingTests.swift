// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// How long packets take when nothing is in their way: to the tick.
@Suite struct PacketTimingTests {
  /// Hosts joined by two switches: links of 10, 4 and 25 Gb/s, 1, 20 and 3 us long.
  private func threeHops(bytes: Int64, _ configure: (inout NetworkPlan) -> Void = { _ in }) throws -> (
    plan: NetworkPlan, result: ExperimentResult, path: [Int]
  ) {
    var net = PlanBuilder(try wideOpen(), duration: .seconds(0.01))
    net.plan.packetBytes = 1500
    net.plan.headerBytes = 100
    configure(&net.plan)
    let (a, s, t, b) = (net.host(), net.switching(), net.switching(), net.host())
    let path = [
      net.link(a, s, .gigabits(10), .microseconds(1)), net.link(s, t, .gigabits(4), .microseconds(20)),
      net.link(t, b, .gigabits(25), .microseconds(3)),
    ]
    net.flow(a, b, bytes: bytes)
    return (net.plan, net.run(), path.map(\.there.lowerBound))
  }

  /// One full packet: 1.2 + 3 + 0.48 us of transmission, one after the other, and 24 us of fibre.
  @Test func onePacketIsStoredAndForwarded() throws {
    let (plan, result, path) = try threeHops(bytes: 1400)
    #expect(result.flows[0].end == .seconds(28.68e-6))
    #expect(result.flows[0].end == plan.timeAlone(bytes: 1400, path: path))
    #expect(result.flows[0].bytes == 1400)
  }

  /// Of a short packet only what there is of it, with its header: 300 bytes take 0.24 + 0.6 + 0.096 us.
  @Test func shortPacket() throws {
    let (_, result, _) = try threeHops(bytes: 200)
    #expect(result.flows[0].end == .seconds(24.936e-6))
    #expect(result.flows[0].bytes == 200)
  }

  /// A flow of n packets, the last of them short: the first passes every port, the others follow at the rate of the
  /// slowest, 3 us each; the short last one of 800 bytes takes 1.6 us there. But it is shorter than what it follows at
  /// the last port too: 0.48 us for the first, 0.256 us for itself.
  @Test func flowOfManyPackets() throws {
    let bytes: Int64 = 1400 * 99 + 700
    let (_, result, _) = try threeHops(bytes: bytes)
    let slow = 1.2 + 1 + 99 * 3.0 + 1.6 + 20
    #expect(result.flows[0].end == .seconds((slow + 0.256 + 3) * 1e-6))
    #expect(result.flows[0].bytes == bytes)
    #expect(result.flows[0].retransmitted == 0)
  }

  /// A flow alone takes what the plan says of it, exactly, whatever is left for its last packet.
  @Test(arguments: [1, 1399, 1400, 1401, 2800, 3000, 17 * 1400 + 5, 400 * 1400] as [Int64]) func timeAlone(bytes: Int64)
    throws
  {
    let (plan, result, path) = try threeHops(bytes: bytes)
    #expect(result.flows[0].end == plan.timeAlone(bytes: bytes, path: path))
    #expect(result.flows[0].alone == result.flows[0].end)
  }

  /// The delays of the cards add up to the round trip, no more and no less: a window of one packet sends one each round
  /// trip. 28.68 us for the packet, 64 bytes back in 0.0512 + 0.128 + 0.02048 us and 24 us of fibre, 5 us at the
  /// receiver and 7 us at the sender.
  @Test func cardDelaysAddUp() throws {
    let (_, result, _) = try threeHops(bytes: 1400 * 3) { plan in
      plan.host.receiveDelay = .microseconds(5)
      plan.host.reactionDelay = .microseconds(7)
      plan.host.acknowledgementBytes = 64
      // The window is one packet whatever happens.
      plan.algorithm = try! Algorithm(name: "cubic", parameters: [("initial_packets", 1000)])
    }
    // Alone with a wide window nothing waits for an acknowledgement.
    #expect(result.flows[0].end == .seconds((28.68 + 6) * 1e-6))
    var net = PlanBuilder(try wideOpen(), duration: .seconds(0.01))
    net.plan.packetBytes = 1500
    net.plan.headerBytes = 100
    net.plan.host.receiveDelay = .microseconds(5)
    net.plan.host.reactionDelay = .microseconds(7)
    let (a, s, t, b) = (net.host(), net.switching(), net.switching(), net.host())
    net.link(a, s, .gigabits(10), .microseconds(1))
    net.link(s, t, .gigabits(4), .microseconds(20))
    net.link(t, b, .gigabits(25), .microseconds(3))
    net.flow(a, b, bytes: 1400 * 3, limit: 1)
    let loop = 28.68 + 5 + (0.0512 + 0.128 + 0.02048 + 24) + 7
    let end = net.run().flows[0].end
    #expect(end == .seconds((2 * loop + 28.68) * 1e-6))
  }
}
