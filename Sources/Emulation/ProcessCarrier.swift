// SPDX-License-Identifier: Apache-2.0

import Glibc
import Quantities
import Records
import Simulation
import Site
import ZeroMQ

/// Every site in a process of its own, with ZeroMQ between: the emulation proper.
///
/// One ROUTER socket on a file in a private folder; agents are DEALERs named after site and incarnation, so that late
/// words of a dead one are recognised. What an agent was asked since its last snapshot is kept: when it dies or
/// stalls, another is launched, given the snapshot and asked the same again. Because a machine is a pure function of
/// what it is asked, nobody else notices.
public final class ProcessCarrier: SiteCarrier {
  struct Agent {
    var process: AgentProcess
    var incarnation = 1
    var snapshot: [UInt8]?
    /// Requests since the snapshot, the one in flight included.
    var log: [[UInt8]] = []
    /// Requests in all, by which an input that kills again and again is known.
    var asked: UInt64 = 0
    var deaths = 0
    var diedAt: UInt64 = .max
    var events: UInt64 = 0
  }

  public struct Options: Sendable {
    public var program: String
    public var logFolder: String
    /// An agent that does not answer for so long is taken for stalled.
    public var stallMilliseconds: Int
    /// Deaths at one input after which the run ends.
    public var patience: Int

    public init(program: String, logFolder: String, stallMilliseconds: Int = 120_000, patience: Int = 3) {
      self.program = program
      self.logFolder = logFolder
      self.stallMilliseconds = stallMilliseconds
      self.patience = patience
    }
  }

  let options: Options
  let context: Context
  let router: RouterBox
  var configurations: [SiteConfiguration] = []
  var agents: [Agent] = []
  public private(set) var restarts = 0
  public private(set) var peakAgentMegabytes = 0.0

  /// - Throws: ``EmulationError`` or `ZeroMQError` if no socket can be made.
  public init(options: Options) throws {
    self.options = options
    _ = SocketFolder.removeAbandoned()
    context = try Context()
    router = try RouterBox(context: context)
  }

  deinit { stop() }

  public var name: String { "processes" }
  public var processes: Int { agents.count + 1 }
  public var events: UInt64 { agents.reduce(0) { $0 + $1.events } }
  /// Process ids of the agents by site; for tests that kill them.
  public var processIDs: [Int32] { agents.map(\.process.pid) }

  public func start(_ configurations: [SiteConfiguration], states: [[UInt8]?]) throws {
    self.configurations = configurations
    for site in configurations.indices {
      var agent = Agent(process: try launch(site, incarnation: 1))
      agent.snapshot = states[site]
      agents.append(agent)
    }
    for site in agents.indices { try bringUp(site) }
  }

  private func identity(_ site: Int, _ incarnation: Int) -> String { "\(configurations[site].name)#\(incarnation)" }
  private func logPath(_ site: Int) -> String { "\(options.logFolder)/\(configurations[site].name).log" }

  private func launch(_ site: Int, incarnation: Int) throws -> AgentProcess {
    try AgentProcess.launch(
      program: options.program, arguments: [router.endpoint, identity(site, incarnation), "\(getpid())"],
      log: logPath(site))
  }

  public func advance(_ requests: [AdvanceRequest], meanwhile: () throws -> Void) throws -> [SiteMachine.Output] {
    for request in requests {
      try ask(request.site, .advance(to: request.horizon, inbox: request.inbox))
    }
    try meanwhile()
    let replies = try collect(requests.map(\.site))
    return try zip(requests, replies).map { request, reply in
      guard case .advanced(let output, let events) = reply else { throw unexpected(request.site, reply) }
      agents[request.site].events = events
      return output
    }
  }

  public func snapshot() throws -> [[UInt8]] {
    for site in agents.indices { try ask(site, .snapshot) }
    let replies = try collect(Array(agents.indices))
    var states: [[UInt8]] = []
    for (site, reply) in replies.enumerated() {
      guard case .state(let bytes) = reply else { throw unexpected(site, reply) }
      agents[site].snapshot = bytes
      agents[site].log.removeAll()
      states.append(bytes)
    }
    return states
  }

  public func finish(at end: Time) throws -> [[Record]] {
    for site in agents.indices { try ask(site, .finish(at: end)) }
    let replies = try collect(Array(agents.indices))
    return try replies.enumerated().map { site, reply in
      guard case .records(let records) = reply else { throw unexpected(site, reply) }
      return records
    }
  }

  public func stop() {
    for agent in agents { peakAgentMegabytes = max(peakAgentMegabytes, agent.process.peakMegabytes) }
    for site in agents.indices {
      var writer = ByteWriter()
      writer.write(AgentRequest.quit)
      _ = try? router.send(identity(site, agents[site].incarnation), writer.bytes)
    }
    for agent in agents {
      var patience = 200
      while agent.process.ending() == nil {
        usleep(5_000)
        patience -= 1
        if patience == 0 {
          agent.process.kill()
          break
        }
      }
    }
    agents.removeAll()
  }

  private func unexpected(_ site: Int, _ reply: AgentReply) -> EmulationError {
    let name = configurations[site].name
    if case .refused(let reason) = reply {
      return EmulationError("site '\(name)' refused a request: \(reason); see \(logPath(site))")
    }
    return EmulationError("site '\(name)' answered something else than it was asked; see \(logPath(site))")
  }

  // MARK: Asking

  private func ask(_ site: Int, _ request: AgentRequest) throws {
    var writer = ByteWriter(reserving: 256)
    writer.write(request)
    agents[site].log.append(writer.bytes)
    agents[site].asked += 1
    // A dead agent is noticed when its answer does not come.
    _ = try router.send(identity(site, agents[site].incarnation), writer.bytes)
  }

  /// Waits for one answer of each site, reviving those that die.
  private func collect(_ sites: [Int]) throws -> [AgentReply] {
    var replies = [AgentReply?](repeating: nil, count: sites.count)
    var position: [String: Int] = [:]
    for (index, site) in sites.enumerated() { position[identity(site, agents[site].incarnation)] = index }
    var missing = sites.count
    var waited = 0
    while missing > 0 {
      if let (sender, frame) = try router.receive(milliseconds: 20) {
        guard let index = position[sender], replies[index] == nil else { continue }
        replies[index] = try decode(frame, site: sites[index])
        missing -= 1
        waited = 0
        continue
      }
      waited += 20
      for (index, site) in sites.enumerated() where replies[index] == nil {
        let ending = agents[site].process.ending()
        guard ending != nil || waited >= options.stallMilliseconds else { continue }
        replies[index] = try revive(site, ending: ending)
        missing -= 1
      }
    }
    return replies.map { $0! }
  }

  private func decode(_ frame: [UInt8], site: Int) throws -> AgentReply {
    var reader = ByteReader(frame)
    do {
      let reply = try AgentReply(from: &reader)
      try reader.finish()
      return reply
    } catch {
      throw EmulationError("site '\(configurations[site].name)' sent rubbish: \(error); see \(logPath(site))")
    }
  }

  // MARK: Recovery

  /// Replaces a dead or stalled agent and returns its answer to the request in flight.
  private func revive(_ site: Int, ending: String?) throws -> AgentReply {
    var how = ending
    while true {
      let pid = agents[site].process.pid
      if how == nil {
        agents[site].process.kill()
        how = "did not answer for \(options.stallMilliseconds / 1000) s and was ended"
      }
      if agents[site].diedAt == agents[site].asked {
        agents[site].deaths += 1
      } else {
        agents[site].diedAt = agents[site].asked
        agents[site].deaths = 1
      }
      if agents[site].deaths >= options.patience {
        throw EmulationError(
          "site '\(configurations[site].name)' died \(agents[site].deaths) times at the same input: process \(pid) "
            + "\(how ?? "is gone"); its log is \(logPath(site))")
      }
      restarts += 1
      agents[site].incarnation += 1
      agents[site].process = try launch(site, incarnation: agents[site].incarnation)
      if try !bringUpOrDie(site) {
        how = agents[site].process.ending()
        continue
      }
      var last: AgentReply?
      for frame in agents[site].log {
        last = try exchange(site, frame)
        if last == nil { break }
      }
      if let last { return last }
      how = agents[site].process.ending()
    }
  }

  private func bringUp(_ site: Int) throws {
    while try !bringUpOrDie(site) {
      let ending = agents[site].process.ending()
      agents[site].deaths += 1
      if agents[site].deaths >= options.patience {
        throw EmulationError(
          "site '\(configurations[site].name)' does not come up: process \(agents[site].process.pid) "
            + "\(ending ?? "does not answer"); its log is \(logPath(site))")
      }
      if ending == nil { agents[site].process.kill() }
      restarts += 1
      agents[site].incarnation += 1
      agents[site].process = try launch(site, incarnation: agents[site].incarnation)
    }
  }

  /// Waits until the agent has announced itself and gives it its configuration. False if it died.
  private func bringUpOrDie(_ site: Int) throws -> Bool {
    guard try nextFrame(of: site) != nil else { return false }
    var writer = ByteWriter()
    writer.write(AgentRequest.configure(configurations[site], state: agents[site].snapshot))
    guard let reply = try exchange(site, writer.bytes) else { return false }
    guard case .configured = reply else { throw unexpected(site, reply) }
    return true
  }

  private func exchange(_ site: Int, _ frame: [UInt8]) throws -> AgentReply? {
    _ = try router.send(identity(site, agents[site].incarnation), frame)
    guard let answer = try nextFrame(of: site) else { return nil }
    return try decode(answer, site: site)
  }

  /// The next frame of one agent; those of others that come meanwhile are kept for later. Nil if it died or stalled.
  private func nextFrame(of site: Int) throws -> [UInt8]? {
    let me = identity(site, agents[site].incarnation)
    var waited = 0
    while true {
      if let frame = try router.receive(from: me, milliseconds: 20) { return frame }
      waited += 20
      if agents[site].process.ending() != nil { return nil }
      if waited >= options.stallMilliseconds { return nil }
    }
  }
}
