// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Quantities
import ScenarioFile
import Simulation
import Site

/// Sites in a ring without jobs, and rounds that do as little as a round can.
struct Ring {
  let plan: FleetPlan
  private var rounds: Int64 = 0

  init(sites: Int) throws {
    var yaml = "name: ring\nsites:\n"
    for k in 0..<sites {
      yaml += """
          - id: \(Ring.name(k))
            at: {latitude: 40, longitude: \(-120 + k)}
            gpus: {model: h100, count: 64, per_node: 8, scale_up_domain: 8}
            fabric: {optics: 800g-2xdr4, oversubscription: 1}
            power: {pue: 1.15}
            price: {constant: 40 USD/MWh}
            carbon: {constant: 400 g/kWh}

        """
    }
    yaml += "links:\n"
    for k in 0..<(sites == 2 ? 1 : sites) {
      yaml += """
          - between: [\(Ring.name(k)), \(Ring.name((k + 1) % sites))]
            distance: 800 km
            medium: smf
            optics: 400zr-plus
            wavelengths: 1
            buffer: 64 MB

        """
    }
    yaml += """
      coordinator: {site: \(Ring.name(0)), processing_delay: 1 ms}
      network: {level: fluid, congestion_control: distance-aware}
      scheduler: {policy: fifo, estimates: exact}
      workloads:
        - {synthetic: philly, jobs: 1, seed: 1}

      """
    let scenario = try ScenarioReader.parse(yaml: yaml, file: "ring.yaml", baseDirectory: ".")
    plan = try FleetPlan(scenario: scenario, jobs: [])
  }

  static func name(_ k: Int) -> String { String(format: "site-%02d", k) }

  /// A horizon one millisecond on and one event before it: word of a job that this site does not have.
  mutating func requests(_ asked: Int) -> [AdvanceRequest] {
    rounds += 1
    let horizon = Time.microseconds(1000 * rounds)
    return (0..<asked).map { site in
      AdvanceRequest(site: site, horizon: horizon, inbox: [word(to: site, before: horizon)])
    }
  }

  private func word(to site: Int, before horizon: Time) -> Message {
    Message(
      from: MachineID(site: (site + 1) % plan.sites.count), to: MachineID(site: site), at: horizon - .tick,
      sequence: UInt64(rounds), body: .job(.go(job: 0, segment: 0)))
  }

  /// Bytes of one request and of its answer.
  func frameSizes() throws -> (request: Int, reply: Int) {
    var shell = AgentShell()
    var configure = ByteWriter()
    configure.write(AgentRequest.configure(plan.sites[0], state: nil))
    _ = shell.answer(configure.bytes)
    var advance = ByteWriter()
    let horizon = Time.microseconds(1000)
    advance.write(AgentRequest.advance(to: horizon, inbox: [word(to: 0, before: horizon)]))
    guard let reply = shell.answer(advance.bytes) else { throw BenchmarkError("an agent did not answer") }
    return (advance.bytes.count, reply.count)
  }
}
