// SPDX-License-Identifier: Apache-2.0

import Quantities
import Records
import Simulation
import Site

/// All machines in this process, called as functions: the fast way for sweeps.
public final class InlineCarrier: SiteCarrier {
  var machines: [SiteMachine] = []
  /// Checks every invariant of a site after each of its steps; for tests.
  let checked: Bool

  public init(checked: Bool = false) { self.checked = checked }

  public var name: String { "inline" }
  public var processes: Int { 1 }
  public var restarts: Int { 0 }
  public var peakAgentMegabytes: Double { 0 }
  public var events: UInt64 { machines.reduce(0) { $0 + $1.eventCount } }

  public func start(_ configurations: [SiteConfiguration], states: [[UInt8]?]) throws {
    machines = []
    for (configuration, state) in zip(configurations, states) {
      if let state {
        var reader = ByteReader(state)
        machines.append(try SiteMachine(configuration: configuration, from: &reader))
        try reader.finish()
      } else {
        machines.append(SiteMachine(configuration: configuration))
      }
    }
  }

  public func advance(_ requests: [AdvanceRequest], meanwhile: () throws -> Void) throws -> [SiteMachine.Output] {
    try meanwhile()
    var outputs: [SiteMachine.Output] = []
    outputs.reserveCapacity(requests.count)
    for request in requests {
      outputs.append(machines[request.site].advance(to: request.horizon, inbox: request.inbox))
      if checked { machines[request.site].checkInvariants() }
    }
    return outputs
  }

  public func snapshot() throws -> [[UInt8]] {
    machines.map { machine in
      var writer = ByteWriter()
      machine.encode(into: &writer)
      return writer.bytes
    }
  }

  public func finish(at end: Time) throws -> [[Record]] {
    machines.indices.map { machines[$0].finish(at: end) }
  }

  public func stop() {}
}
