// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// A network that is cut into parts gives what it gives in one piece.
@Suite struct PacketPartTests {
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
    let result = try expectSame(threeSites(try Algorithm(name: name)))
    #expect(result.flows[0].bytes > 100_000 && result.ports.contains { $0.losses > 0 })
    // Not every algorithm is done with the collective by then.
    #expect(result.collectives.count == 2 || name != "distance-aware")
  }

  /// Flow control between sites: its pauses are counted at the end that asks for them.
  @Test func pausesAcrossTheCut() throws {
    let result = try expectSame(threeSites(try wideOpen()))
    #expect(result.ports.contains { $0.pauses > 0 })
  }

  /// Words between hosts and ports that get lost are the same ones.
  @Test func lostWordsAcrossTheCut() throws {
    let algorithm = try Algorithm(name: "distance-aware")
    let lossy = try expectSame(threeSites(algorithm) { $0.controlLoss = 0.05 })
    let faultless = try expectSame(threeSites(algorithm))
    #expect(lossy.flows != faultless.flows)
  }

  /// A longer fibre in mid-run, of which the other parts know too.
  @Test(arguments: ["cubic", "dcqcn", "distance-aware"]) func changedDelayAcrossTheCut(_ name: String) throws {
    _ = try expectSame(
      threeSites(try Algorithm(name: name)) { plan in
        for k in plan.ports.indices where plan.nodes[plan.ports[k].from].site != plan.nodes[plan.ports[k].to].site {
          plan.ports[k].changes = [
            NetworkPlan.Change(at: .seconds(0.006), delay: Time(ticks: plan.ports[k].delay.ticks / 10 * 13))
          ]
        }
      })
  }
}
