// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// A network that is cut into parts gives what it gives in one piece.
@Suite struct PacketPartTests {
  /// Three sites in a row and a triangle's third side, two hosts each, with everything that crosses a cut: loss, marks, flow
  /// control between sites, datagrams, a collective, an ending, a change of rate.
  private func plan(_ algorithm: Algorithm, _ configure: (inout NetworkPlan) -> Void = { _ in }) -> NetworkPlan {
    var net = PlanBuilder(algorithm, duration: .seconds(0.02), warmup: .seconds(0.005), seed: 9)
    net.plan.packetBytes = 2000
    net.plan.headerBytes = 60
    net.plan.host.acknowledgeEvery = 2
    net.plan.host.acknowledgeDelay = .microseconds(30)
    net.plan.host.receiveDelay = .microseconds(1)
    net.plan.host.notificationDelay = .microseconds(2)
    net.plan.sampleInterval = .microseconds(20)
    net.plan.seriesInterval = .microseconds(500)
    var hosts: [[Int]] = []
    var switches: [Int] = []
    for site in 0..<3 {
      hosts.append(net.hosts(2, site: site))
      switches.append(net.switching(site: site))
      for host in hosts[site] {
        net.link(switches[site], host, .gigabits(10), .microseconds(1)) {
          $0.buffer = 400_000
          $0.marking = NetworkPlan.Marking(minimum: 50_000, maximum: 200_000, probability: 0.1)
        }
      }
    }
    for (a, b, delay) in [(0, 1, 100), (1, 2, 330), (0, 2, 500)] as [(Int, Int, Int64)] {
      net.link(switches[a], switches[b], .gigabits(10), .microseconds(delay)) {
        $0.buffer = 500_000
        $0.marking = NetworkPlan.Marking(minimum: 50_000, maximum: 200_000, probability: 0.1)
        $0.loss = .random(0.0005)
        if a == 0, b == 1 { $0.flowControl = .init(pause: 100_000, resume: 80_000, headroom: 600_000) }
        if a == 1 { $0.changes = [NetworkPlan.Change(at: .seconds(0.012), rate: .gigabits(5))] }
      }
    }
    net.flow(hosts[0][0], hosts[1][0], bytes: 3_000_000)
    net.flow(hosts[0][1], hosts[1][0])
    net.flow(hosts[0][0], hosts[2][1], bytes: 2_000_001, start: .seconds(0.001))
    net.flow(hosts[1][1], hosts[2][1], stop: .seconds(0.013))
    net.flow(hosts[2][0], hosts[0][1], bytes: 40_000_000, start: .seconds(0.002), stop: .seconds(0.01))
    net.flow(hosts[2][0], hosts[2][1], start: .seconds(0.003))
    net.flow(
      hosts[1][0], hosts[0][0], start: .seconds(0.004), stop: .seconds(0.015),
      datagrams: NetworkPlan.Datagrams(gap: .microseconds(10), size: 1500, isExponential: true))
    net.plan.flows.sort { $0.start < $1.start }
    net.plan.collectives = [
      NetworkPlan.Collective(
        name: "ring", kind: .allReduce, sites: hosts, bytes: 600_000, chunks: 2, repeats: 2, start: .seconds(0.001))
    ]
    configure(&net.plan)
    return net.plan
  }

  /// Runs the parts as a driver does: each as far as nothing from the others can reach it.
  private func runInParts(_ plan: NetworkPlan) throws -> (result: ExperimentResult, parts: Int) {
    let partOf = plan.parts(of: .packet)
    let lookahead = PartLookahead(plan: plan, partOf: partOf)
    let parts = (0..<lookahead.count).map { PacketPart(plan: plan, partOf: partOf, part: $0) }
    var pending = parts.map { _ in [PartMessage]() }
    let end = plan.duration + .tick
    while true {
      let acts = parts.indices.map { k in pending[k].reduce(parts[k].nextTime) { min($0, $1.at) } }
      guard let earliest = acts.min(), earliest < end else { break }
      let bounds = lookahead.bounds(acts: acts, end: end)
      let inboxes = pending
      pending = parts.map { _ in [] }
      for k in parts.indices {
        guard acts[k] < bounds[k] else {
          pending[k] += inboxes[k]
          continue
        }
        for message in try parts[k].advance(to: bounds[k], inbox: inboxes[k].map(\.bytes)) {
          #expect(message.at >= bounds[message.to], "a word comes too late")
          pending[message.to].append(message)
        }
      }
    }
    var results = parts.map { $0.finish() }
    var whole = results.removeFirst()
    for result in results { whole.merge(result) }
    whole.closeCollectives()
    return (whole, parts.count)
  }

  static let algorithms = [
    "annulus", "bbr", "cubic", "dcqcn", "dctcp", "distance-aware", "gemini", "hpcc", "nscc", "powertcp", "swift",
    "timely",
    "uno",
  ]

  private func expectSame(_ plan: NetworkPlan) throws -> ExperimentResult {
    var experiment = PacketExperiment(plan: plan)
    let whole = experiment.run()
    let (cut, parts) = try runInParts(plan)
    #expect(parts == 3)
    for (k, pair) in zip(whole.flows, cut.flows).enumerated() { #expect(pair.0 == pair.1, "flow \(k)") }
    for (k, pair) in zip(whole.ports, cut.ports).enumerated() { #expect(pair.0 == pair.1, "port \(k)") }
    #expect(whole.collectives == cut.collectives)
    #expect(whole.series == cut.series)
    #expect(whole.packetHops == cut.packetHops)
    #expect(whole.flows.count == cut.flows.count && whole.ports.count == cut.ports.count)
    return whole
  }

  /// Every field but the number of events: each part takes samples of its own.
  @Test(arguments: algorithms) func cutIsAsWhole(_ name: String) throws {
    let result = try expectSame(plan(try Algorithm(name: name)))
    #expect(result.flows[0].bytes > 100_000 && result.ports.contains { $0.losses > 0 })
    // Not every algorithm is done with the collective by then.
    #expect(result.collectives.count == 2 || name != "distance-aware")
  }

  /// Flow control between sites: its pauses are counted at the end that asks for them.
  @Test func pausesAcrossTheCut() throws {
    let result = try expectSame(plan(try wideOpen()))
    #expect(result.ports.contains { $0.pauses > 0 })
  }

  /// Words between hosts and ports that get lost are the same ones.
  @Test func lostWordsAcrossTheCut() throws {
    let algorithm = try Algorithm(name: "distance-aware")
    let lossy = try expectSame(plan(algorithm) { $0.controlLoss = 0.05 })
    let faultless = try expectSame(plan(algorithm))
    #expect(lossy.flows != faultless.flows)
  }

  /// A longer fibre in mid-run, of which the other parts know too.
  @Test(arguments: ["cubic", "dcqcn", "distance-aware"]) func changedDelayAcrossTheCut(_ name: String) throws {
    _ = try expectSame(
      plan(try Algorithm(name: name)) { plan in
        for k in plan.ports.indices where plan.nodes[plan.ports[k].from].site != plan.nodes[plan.ports[k].to].site {
          plan.ports[k].changes = [
            NetworkPlan.Change(at: .seconds(0.006), delay: Time(ticks: plan.ports[k].delay.ticks / 10 * 13))
          ]
        }
      })
  }
}
