// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// Bytes neither vanish nor appear, whatever is lost, repeated or sprayed.
@Suite struct PacketConservationTests {
  enum Loss: CaseIterable {
    case none, random, periodic, bursts

    var rule: NetworkPlan.Loss {
      switch self {
      case .none: .none
      case .random: .random(0.01)
      case .periodic: .every(97)
      case .bursts: .bursts(probability: 0.001, length: 8)
      }
    }
  }

  struct Case: Sendable, CustomStringConvertible {
    var loss: Loss
    var recovery: NetworkPlan.Recovery
    var balancing: NetworkPlan.Balancing
    var every: Int
    var description: String { "\(loss) \(recovery) \(balancing) ack every \(every)" }
  }

  static let cases: [Case] = Loss.allCases.flatMap { loss in
    [NetworkPlan.Recovery.selectiveRepeat, .goBackN].flatMap { recovery in
      [NetworkPlan.Balancing.ecmp, .spray].flatMap { balancing in
        [1, 4].map { Case(loss: loss, recovery: recovery, balancing: balancing, every: $0) }
      }
    }
  }

  /// Four senders on two parallel links with loss and too little room, and one short last packet each. At the end
  /// every flow has brought its bytes, once; no packet is left anywhere; and at every port and every link, what came in
  /// went on, was dropped or was lost.
  @Test(arguments: cases) func everythingIsAccountedFor(_ one: Case) throws {
    var net = PlanBuilder(try Algorithm(name: "dctcp"), duration: .seconds(4), seed: 5)
    net.plan.packetBytes = 1000
    net.plan.host.recovery = one.recovery
    net.plan.host.acknowledgeEvery = one.every
    // All packets have one size, so that bytes can be counted in packets.
    net.plan.host.acknowledgementBytes = 1000
    net.plan.host.reorderTime = .microseconds(50)
    let senders = net.hosts(4)
    let (s, t, b) = (net.switching(), net.switching(), net.host())
    for sender in senders { net.link(sender, s, .gigabits(10), .microseconds(2)) }
    net.link(s, t, .gigabits(10), .microseconds(20), count: 2, balancing: one.balancing) {
      $0.loss = one.loss.rule
      $0.buffer = 100_000
    }
    net.link(t, b, .gigabits(10), .microseconds(2)) { $0.buffer = 30_000 }
    let sizes = senders.indices.map { 1_000_000 + 1000 * Int64($0) }
    for (k, sender) in senders.enumerated() { net.flow(sender, b, bytes: sizes[k]) }
    var experiment = PacketExperiment(plan: net.plan)
    let result = experiment.run()
    for (flow, size) in zip(result.flows, sizes) {
      #expect(flow.bytes == size && flow.end < .never, "\(flow)")
    }
    #expect(experiment.livePackets == 0)
    let plan = net.plan
    for (place, port) in result.ports.enumerated() {
      #expect(port.bytesIn == port.bytesOut + 1000 * port.drops + Int64(experiment.backlog(ofPort: place)))
    }
    for (node, spec) in plan.nodes.enumerated() where !spec.isHost {
      let came = plan.ports.indices.filter { plan.ports[$0].to == node }.reduce(Int64(0)) {
        $0 + result.ports[$1].bytesOut - 1000 * result.ports[$1].losses
      }
      let went = plan.ports.indices.filter { plan.ports[$0].from == node }.reduce(Int64(0)) {
        $0 + result.ports[$1].bytesIn
      }
      #expect(came == went, "node \(node)")
    }
    let lossy = result.ports[8].losses + result.ports[9].losses
    #expect(one.loss == .none ? lossy == 0 : lossy > 10)
    #expect(result.flows.reduce(0) { $0 + $1.retransmitted } > 0 || one.loss == .none)
  }

  /// The way becomes a hundred times longer in mid-run and a timer of 100 us takes everything in flight for lost, again and
  /// again. Answers to what was sent first then come for more than has been sent again.
  @Test(arguments: [NetworkPlan.Recovery.selectiveRepeat, .goBackN], [1, 4, 64])
  func spuriousTimeouts(recovery: NetworkPlan.Recovery, every: Int) throws {
    var net = PlanBuilder(try wideOpen(), duration: .seconds(4))
    net.plan.packetBytes = 1000
    net.plan.host.recovery = recovery
    net.plan.host.acknowledgeEvery = every
    net.plan.host.minimumTimeout = .microseconds(100)
    let (a, b) = (net.host(), net.host())
    net.link(a, b, .gigabits(10), .microseconds(10)) {
      $0.changes = [NetworkPlan.Change(at: .seconds(0.001), delay: .microseconds(1000))]
    }
    net.flow(a, b, bytes: 5_000_500, limit: 100_000)
    var experiment = PacketExperiment(plan: net.plan)
    let flow = experiment.run().flows[0]
    #expect(flow.bytes == 5_000_500 && flow.end < .never)
    #expect(flow.retransmitted > 0)
    #expect(experiment.livePackets == 0)
  }

  /// Two sprayed lines, one 30 us longer than the other, and a sender that takes what is overtaken by 5 us for lost: half
  /// of the packets turn out to be late only, the last ones too. Nothing beyond the end is ever sent.
  @Test func lateIsNotLost() throws {
    var net = PlanBuilder(try wideOpen(), duration: .seconds(1))
    net.plan.packetBytes = 1000
    net.plan.host.reorderTime = .microseconds(5)
    let (a, s, t, b) = (net.host(), net.switching(), net.switching(), net.host())
    net.link(a, s, .gigabits(15), .microseconds(1))
    let lines = net.link(s, t, .gigabits(10), .microseconds(10), count: 2, balancing: .spray).there
    net.plan.ports[lines.lowerBound + 1].delay = .microseconds(40)
    net.link(t, b, .gigabits(40), .microseconds(1))
    // When the first flow has sent everything, so many others come that what it is to send again waits for its turn
    // until the answer is there.
    let sizes = [119_500] + (0..<150).map { 30_000 + 7 * Int64($0) }
    for (k, size) in sizes.enumerated() { net.flow(a, b, bytes: size, start: k == 0 ? .zero : .microseconds(65)) }
    var experiment = PacketExperiment(plan: net.plan)
    let result = experiment.run()
    #expect(result.flows.map(\.bytes) == sizes)
    #expect(result.flows.reduce(0) { $0 + $1.retransmitted } > 0)
    #expect(experiment.livePackets == 0)
    #expect(result.ports.allSatisfy { $0.drops == 0 })
  }

  /// Every n-th packet is lost, neither more nor fewer.
  @Test func everyNth() throws {
    var net = PlanBuilder(try wideOpen(), duration: .seconds(2))
    net.plan.packetBytes = 1000
    let (a, b) = (net.host(), net.host())
    net.link(a, b, .gigabits(10), .microseconds(5)) { $0.loss = .every(50) }
    net.flow(a, b, bytes: 1_000_000)
    let result = net.run()
    #expect(result.ports[0].losses == result.ports[0].bytesOut / 1000 / 50)
    #expect(result.flows[0].retransmitted == result.ports[0].losses * 1000)
  }

  /// Bursts begin with the given probability and are as long as stated in the mean: the share of packets lost is
  /// p L / (1 + p (L - 1)), if one in p begins a burst of those that do not lie in one. Bursts vary, so the count does by
  /// about sqrt(2 L / (p N)) L.
  @Test(arguments: [1.0, 4, 20]) func meanLengthOfBursts(length: Double) throws {
    let probability = 0.002
    var net = PlanBuilder(try Algorithm(name: "oracle"), duration: .seconds(4), seed: 3)
    net.plan.packetBytes = 1000
    let (a, b) = (net.host(), net.host())
    net.link(a, b, .gigabits(8), .microseconds(5)) { $0.loss = .bursts(probability: probability, length: length) }
    net.flow(a, b)
    let port = net.run().ports[0]
    let packets = Double(port.bytesOut) / 1000
    let share = Double(port.losses) / packets
    let expected = probability * length / (1 + probability * (length - 1))
    let deviation = (2 / (probability * packets)).squareRoot()
    print("bursts of \(length): share lost \(share), \(expected) expected, \(deviation) one standard deviation")
    #expect(abs(share - expected) <= 3 * deviation * expected)
    #expect(packets > 1_000_000)
  }
}
