// SPDX-License-Identifier: Apache-2.0

import Quantities
import Records
import Simulation
import Site

/// Every site in a process of its own: the emulation proper.
public final class ProcessCarrier: SiteCarrier {
  public typealias Options = AgentPool.Options

  let pool: AgentPool
  private var configurations: [SiteConfiguration] = []
  private var counts: [UInt64] = []

  /// - Throws: ``EmulationError`` or `ZeroMQError` if no socket can be made.
  public init(options: Options) throws { pool = try AgentPool(options: options) }

  public var name: String { "processes" }
  public var processes: Int { pool.count + 1 }
  public var restarts: Int { pool.restarts }
  public var peakAgentMegabytes: Double { pool.peakMegabytes }
  public var events: UInt64 { counts.reduce(0, +) }
  /// Process ids of the agents by site; for tests that kill them.
  public var processIDs: [Int32] { pool.processIDs }

  public func start(_ configurations: [SiteConfiguration], states: [[UInt8]?]) throws {
    self.configurations = configurations
    counts = [UInt64](repeating: 0, count: configurations.count)
    try pool.start(
      names: configurations.map(\.name), introductions: zip(configurations, states).map(introduction))
  }

  private func introduction(_ configuration: SiteConfiguration, _ state: [UInt8]?) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(AgentRequest.configure(configuration, state: state))
    return writer.bytes
  }

  public func advance(_ requests: [AdvanceRequest], meanwhile: () throws -> Void) throws -> [SiteMachine.Output] {
    for request in requests {
      try pool.ask(request.site, .advance(to: request.horizon, inbox: request.inbox))
    }
    try meanwhile()
    let replies = try pool.collect(requests.map(\.site))
    return try zip(requests, replies).map { request, reply in
      guard case .advanced(let output, let events) = reply else { throw pool.unexpected(request.site, reply) }
      counts[request.site] = events
      return output
    }
  }

  public func snapshot() throws -> [[UInt8]] {
    for site in configurations.indices { try pool.ask(site, .snapshot) }
    let replies = try pool.collect(Array(configurations.indices))
    var states: [[UInt8]] = []
    for (site, reply) in replies.enumerated() {
      guard case .state(let bytes) = reply else { throw pool.unexpected(site, reply) }
      pool.reintroduce(site, as: introduction(configurations[site], bytes))
      states.append(bytes)
    }
    return states
  }

  public func finish(at end: Time) throws -> [[Record]] {
    for site in configurations.indices { try pool.ask(site, .finish(at: end)) }
    let replies = try pool.collect(Array(configurations.indices))
    return try replies.enumerated().map { site, reply in
      guard case .records(let records) = reply else { throw pool.unexpected(site, reply) }
      return records
    }
  }

  public func stop() { pool.stop() }
}
