// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// Acknowledgements that wait for their fellows.
@Suite struct PacketAcknowledgementTests {
  private func run(packets: Int64, every: Int, delay: Time, limit: Int64 = .max) throws -> ExperimentResult {
    var net = PlanBuilder(try wideOpen(), duration: .seconds(0.2))
    net.plan.packetBytes = 1000
    net.plan.host.acknowledgeEvery = every
    net.plan.host.acknowledgeDelay = delay
    net.plan.host.acknowledgementBytes = 100
    net.plan.host.minimumTimeout = .seconds(1)
    let (a, b) = (net.host(), net.host())
    net.link(a, b, .gigabits(8), .microseconds(10))
    net.flow(a, b, bytes: 1000 * packets, limit: limit)
    return net.run()
  }

  /// One for every n packets, and one for what is left at the end: the last packet of a flow is answered at once.
  @Test(arguments: [(100, 1, 100), (100, 2, 50), (101, 2, 51), (100, 16, 7), (7, 16, 1)] as [(Int64, Int, Int64)])
  func oneForEvery(packets: Int64, every: Int, answers: Int64) throws {
    let result = try run(packets: packets, every: every, delay: .seconds(0.1))
    #expect(result.ports[1].bytesOut == answers * 100)
    #expect(result.flows[0].bytes == packets * 1000)
    #expect(result.packetHops == UInt64(packets + answers))
  }

  /// A window of three packets with one answer for every four: each flight waits for the timer of its first packet. The
  /// flow of seven packets takes three flights, the last of which is answered at once. With 1 us for a packet, 10 us of
  /// fibre and 0.1 us for the answer, a flight takes 11 us to its first arrival, 50 us of waiting and 10.1 us back.
  @Test func timerOfHeldBackAnswers() throws {
    let result = try run(packets: 7, every: 4, delay: .microseconds(50), limit: 2500)
    #expect(result.ports[1].bytesOut == 300)
    #expect(result.flows[0].end == .seconds((2 * (11 + 50 + 10.1) + 11) * 1e-6))
  }
}
