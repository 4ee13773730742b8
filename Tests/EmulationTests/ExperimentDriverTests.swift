// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Emulation
import Glibc
import Network
import Quantities
import Testing

/// A network under experiment gives the same results cut by sites in one process and in processes of its own.
@Suite(.serialized) struct ExperimentDriverTests {
  /// Two hosts at each of two sites, 100 km apart; four flows, of which one has no end.
  private func plan(_ name: String) throws -> NetworkPlan {
    var plan = NetworkPlan(
      algorithm: try Algorithm(name: name, preset: nil, parameters: []), duration: .microseconds(20_000))
    for site in 0..<2 { plan.nodes.append(.init(name: "w\(site)", isHost: false, site: site)) }
    func join(_ a: Int, _ b: Int, _ gigabits: Int64, _ delay: Time, buffer: Int64) {
      for (x, y) in [(a, b), (b, a)] {
        plan.ports.append(.init(from: x, to: y, rate: .gigabits(gigabits), delay: delay, buffer: buffer))
        plan.bundles.append(.init(ports: plan.ports.count - 1..<plan.ports.count))
      }
    }
    join(0, 1, 40, .microseconds(500), buffer: 8_000_000)
    for host in 0..<4 {
      plan.nodes.append(.init(name: "h\(host)", isHost: true, site: host / 2))
      join(host / 2, host + 2, 100, .microseconds(1), buffer: .max)
    }
    plan.groups = ["all"]
    for (index, pair) in [(2, 4), (3, 5), (5, 2), (2, 3)].enumerated() {
      plan.flows.append(
        .init(
          group: 0, source: pair.0, destination: pair.1, bytes: index == 1 ? nil : 4_000_000,
          start: .microseconds(Int64(index) * 700)))
    }
    plan.warmup = .microseconds(2_000)
    return plan
  }

  @Test(arguments: ["distance-aware", "dcqcn", "dctcp", "cubic"]) func fluidInProcesses(name: String) throws {
    let plan = try plan(name)
    let inline = try ExperimentConductor(plan: plan, level: .fluid, carrier: InlinePartCarrier()).run()
    let scratch = try Scratch()
    let carrier = try ProcessPartCarrier(options: .init(program: agentProgram, logFolder: scratch.path))
    let conductor = ExperimentConductor(plan: plan, level: .fluid, carrier: carrier)
    var most = 0
    conductor.progress = { _ in most = max(most, carrier.processes) }
    let processes = try conductor.run()
    #expect(most == 3)
    #expect(processes == inline)
    #expect(inline.flows.contains { $0.end < .never } && !inline.series.isEmpty)
  }

  /// Both agents die on the way, one of them twice: they go on from the states that they wrote last, and nobody notices.
  @Test(arguments: ["distance-aware", "dcqcn", "hpcc"]) func killedPacketAgentsGoOn(name: String) throws {
    var plan = try plan(name)
    plan.ports[0].loss = .random(0.0005)
    let inline = try ExperimentConductor(plan: plan, level: .packet, carrier: InlinePartCarrier()).run()
    let scratch = try Scratch()
    let carrier = try ProcessPartCarrier(
      options: .init(program: agentProgram, logFolder: scratch.path), snapshotRequests: 5)
    let conductor = ExperimentConductor(plan: plan, level: .packet, carrier: carrier)
    var rounds = 0
    conductor.shouldStop = {
      rounds += 1
      if rounds == 13 || rounds == 33 { kill(carrier.processIDs[0], SIGKILL) }
      if rounds == 22 { kill(carrier.processIDs[1], SIGKILL) }
      return false
    }
    #expect(try conductor.run() == inline)
    #expect(rounds > 35 && carrier.restarts == 3)
    // Each was asked again no more than what had come since its last state.
    #expect(carrier.replayed <= 3 * 6 && carrier.replayed >= 3)
    #expect(inline.ports.contains { $0.losses > 0 } && inline.flows.contains { $0.end < .never })
  }
}
