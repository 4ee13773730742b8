// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// What ports drop and mark.
@Suite struct PacketDropAndMarkTests {
  /// Hosts of 80 Gb/s and a port of 8 Gb/s between them: packets of 1000 bytes come every 0.1 us and leave every 1 us.
  private func bottleneck(
    _ algorithm: Algorithm, duration: Time, delay: Time, bytes: Int64?, limit: Int64 = .max, seed: UInt64 = 1,
    _ configure: (inout NetworkPlan.Port) -> Void
  ) -> (port: ExperimentResult.Port, flow: ExperimentResult.Flow) {
    var net = PlanBuilder(algorithm, duration: duration, seed: seed)
    net.plan.packetBytes = 1000
    let (a, s, b) = (net.host(), net.switching(), net.host())
    net.link(a, s, .gigabits(80), .tick)
    let port = net.link(s, b, .gigabits(8), delay, configure).there.lowerBound
    net.flow(a, b, bytes: bytes, limit: limit)
    let result = net.run()
    return (result.ports[port], result.flows[0])
  }

  /// Two hundred packets at once into 50,300 bytes. In units of a packet, k - k/10 + 1 of the first k + 1 are there when
  /// the (k + 1)-th is let in, so 55 fit; then each tenth of the others finds room: from the 58th on, 15 of them.
  @Test func dropTail() throws {
    let (port, _) = bottleneck(
      try wideOpen(), duration: .seconds(0.001), delay: .seconds(0.01), bytes: 200_000
    ) { $0.buffer = 50_300 }
    #expect(port.bytesIn == 200_000)
    #expect(port.drops == 130)
    #expect(port.bytesOut == 70_000)
    #expect(port.queueBytes.max <= 50_300 && port.queueBytes.max > 49_300)
  }

  /// A window that is full all the time keeps the queue where it is: between q and q + 1000 bytes, q when a packet comes.
  /// The share of marks is then P (q - minimum) / (maximum - minimum), within three standard deviations.
  @Test(arguments: [(0.05, 100_000), (0.5, 60_000), (1.0, 160_000)] as [(Double, Int64)])
  func markingIsProportional(probability: Double, limit: Int64) throws {
    let rule = NetworkPlan.Marking(minimum: 20_000, maximum: 200_000, probability: probability)
    let (port, flow) = bottleneck(
      try wideOpen(), duration: .seconds(0.4), delay: .microseconds(2), bytes: nil, limit: limit
    ) { $0.marking = rule }
    let queue = port.queueBytes.mean - 500
    let expected = probability * (queue - 20_000) / 180_000
    let packets = Double(flow.bytes) / 1000
    let share = Double(port.marks) / packets
    let deviation = (expected * (1 - expected) / packets).squareRoot()
    print("RED, P \(probability), queue \(queue): \(share) marked, \(expected) expected, deviation \(deviation)")
    #expect(packets > 300_000)
    #expect(abs(share - expected) <= 3 * deviation + 0.001 * expected)
  }

  /// Equal ends are a step: nothing below, everything at and above.
  @Test func step() throws {
    func marks(_ limit: Int64) throws -> (marks: Int64, packets: Int64) {
      let (port, flow) = bottleneck(
        try wideOpen(), duration: .seconds(0.01), delay: .microseconds(2), bytes: nil, limit: limit
      ) { $0.marking = NetworkPlan.Marking(minimum: 30_000, maximum: 30_000, probability: 1) }
      return (port.marks, flow.bytes / 1000)
    }
    #expect(try marks(30_000).marks == 0)
    let above = try marks(50_000)
    // The first thirty meet a shorter queue.
    #expect(above.packets > 9000 && above.marks >= above.packets - 40)
  }

  /// A queue that never is: at 99.5 % of the line rate the port is empty when a packet comes, but a counter that drains
  /// at 95 % gains 45 bytes in 995 sent. With a step at 90,000 bytes, the first (90,000 - 1000) 995/45 bytes or so go
  /// unmarked and all later ones are marked; one that drains at 99.9 % marks nothing.
  @Test func phantomQueue() throws {
    func run(drain: Double) throws -> (port: ExperimentResult.Port, packets: Int64) {
      var net = PlanBuilder(try Algorithm(name: "oracle"), duration: .seconds(0.02))
      net.plan.packetBytes = 1000
      let (a, s, b) = (net.host(), net.switching(), net.host())
      net.link(a, s, .gigabits(8), .microseconds(1))
      let port = net.link(s, b, .gigabits(8), .microseconds(1)) {
        $0.phantom = NetworkPlan.Phantom(drain: drain, size: 200_000, minimum: 90_000, maximum: 90_000)
      }.there.lowerBound
      net.flow(a, b)
      let result = net.run()
      return (result.ports[port], result.ports[port].bytesIn / 1000)
    }
    let (marked, packets) = try run(drain: 0.95)
    #expect(marked.queueBytes.max <= 1001)
    let unmarked = Double(packets - marked.marks)
    // The n-th packet leaves the counter at n 1000 - (n - 1) 950/0.995.
    let expected = (90_000 - 1000) / (1000 - 950 / 0.995)
    #expect(packets > 15_000)
    #expect(abs(unmarked - expected) <= 3, "\(unmarked) unmarked, \(expected) expected")
    #expect(try run(drain: 0.999).port.marks == 0)
  }
}
