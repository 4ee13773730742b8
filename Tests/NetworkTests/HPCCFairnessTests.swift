// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// What HPCC's additive step does for fairness on a port without jitter: four flows, 0.5 ms apart, into 25 Gb/s at a round
/// trip of 10 us.
@Suite struct HPCCFairnessTests {
  /// Jain's index over each tenth of 20 ms, and the utilisation.
  private func run(flows: Double?) throws -> (fairness: [Double], utilisation: Double) {
    let algorithm = try Algorithm(name: "hpcc", parameters: flows.map { [("concurrent_flows", $0)] } ?? [])
    var net = PlanBuilder(algorithm, duration: .microseconds(20_000))
    net.plan.packetBytes = 1024
    net.plan.seriesInterval = .microseconds(2_000)
    let hosts = net.hosts(4)
    let (tor, sink) = (net.switching(), net.host())
    for host in hosts { net.link(host, tor, .gigabits(25), .microseconds(4)) }
    let (out, _) = net.link(tor, sink, .gigabits(25), .microseconds(1)) { $0.buffer = 32_000_000 }
    for (k, host) in hosts.enumerated() { net.flow(host, sink, start: .microseconds(500 * Int64(k))) }
    let result = net.run()
    let fairness = result.series.map { row in
      jain(hosts.indices.map { k in row.flows.first { $0.flow == k }?.rate ?? 0 })
    }
    return (fairness, result.ports[out.lowerBound].utilisation)
  }

  /// W_AI = W_init (1 - eta) / N with N the flows that there are, as the paper sets it: equal within 4 ms, and stays so.
  @Test func theStepForTheFlowsThatThereAreIsFair() throws {
    let (fairness, utilisation) = try run(flows: 4)
    print("figure: HPCC, step for 4 of 4 flows: Jain by 2 ms \(fairness), utilisation \(utilisation)")
    for index in fairness[2...] { #expect(index > 0.99) }
    #expect(utilisation > 0.94)
  }

  /// With the default, made for a hundred flows, they do not become equal: said here, so that nobody takes it for fair.
  @Test func theStepForAHundredFlowsIsNot() throws {
    let (fairness, _) = try run(flows: nil)
    print("figure: HPCC, step for 100 of 4 flows: Jain by 2 ms \(fairness)")
    #expect(fairness.last! < 0.9)
  }
}
