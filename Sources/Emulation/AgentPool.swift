// SPDX-License-Identifier: Apache-2.0

import Glibc
import Simulation
import Site
import ZeroMQ

/// Agents in processes of their own, with ZeroMQ between: frames to them and frames back.
///
/// One ROUTER socket on a file in a private folder; agents are DEALERs named after what they are and their incarnation, so
/// that late words of a dead one are recognised. What an agent was asked since its introduction is kept: when it dies or
/// stalls, another is launched, introduced and asked the same again. Because a machine is a pure function of what it is
/// asked, nobody else notices.
public final class AgentPool {
  struct Agent {
    var process: AgentProcess
    var incarnation = 1
    /// The frame that makes a fresh process into this agent.
    var introduction: [UInt8]
    /// Requests since the introduction, the one in flight included.
    var log: [[UInt8]] = []
    var loggedBytes = 0
    /// Requests in all, by which an input that kills again and again is known.
    var asked: UInt64 = 0
    var deaths = 0
    var diedAt: UInt64 = .max
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
  private var names: [String] = []
  private var agents: [Agent] = []
  public private(set) var restarts = 0
  /// Requests that fresh processes were asked again, those in flight included.
  public private(set) var replayed = 0
  public private(set) var peakMegabytes = 0.0

  /// - Throws: ``EmulationError`` or `ZeroMQError` if no socket can be made.
  public init(options: Options) throws {
    self.options = options
    _ = SocketFolder.removeAbandoned()
    context = try Context()
    router = try RouterBox(context: context)
  }

  deinit { stop() }

  public var count: Int { agents.count }
  /// Process ids of the agents; for tests that kill them.
  public var processIDs: [Int32] { agents.map(\.process.pid) }
  func name(_ agent: Int) -> String { names[agent] }

  /// Launches one agent for each name and introduces it.
  public func start(names: [String], introductions: [[UInt8]]) throws {
    self.names = names
    for (index, introduction) in introductions.enumerated() {
      agents.append(Agent(process: try launch(index, incarnation: 1), introduction: introduction))
    }
    for index in agents.indices { try bringUp(index) }
  }

  private func identity(_ agent: Int, _ incarnation: Int) -> String { "\(names[agent])#\(incarnation)" }
  func logPath(_ agent: Int) -> String { "\(options.logFolder)/\(names[agent]).log" }

  private func launch(_ agent: Int, incarnation: Int) throws -> AgentProcess {
    try AgentProcess.launch(
      program: options.program, arguments: [router.endpoint, identity(agent, incarnation), "\(getpid())"],
      log: logPath(agent))
  }

  public func stop() {
    for agent in agents { peakMegabytes = max(peakMegabytes, agent.process.peakMegabytes) }
    for index in agents.indices {
      var writer = ByteWriter()
      writer.write(AgentRequest.quit)
      _ = try? router.send(identity(index, agents[index].incarnation), writer.bytes)
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

  /// The agent's state is in another introduction now: what it was asked before need not be kept.
  func reintroduce(_ agent: Int, as introduction: [UInt8]) {
    agents[agent].introduction = introduction
    agents[agent].log.removeAll()
    agents[agent].loggedBytes = 0
  }

  /// How much an agent has been asked since it was introduced: what a fresh process would be asked again.
  func log(of agent: Int) -> (requests: Int, bytes: Int) {
    (agents[agent].log.count, agents[agent].loggedBytes)
  }

  // MARK: Asking

  func ask(_ agent: Int, _ request: AgentRequest) throws {
    var writer = ByteWriter(reserving: 256)
    writer.write(request)
    agents[agent].log.append(writer.bytes)
    agents[agent].loggedBytes += writer.bytes.count
    agents[agent].asked += 1
    // A dead agent is noticed when its answer does not come.
    _ = try router.send(identity(agent, agents[agent].incarnation), writer.bytes)
  }

  /// Waits for one answer of each, reviving those that die.
  func collect(_ wanted: [Int]) throws -> [AgentReply] {
    var replies = [AgentReply?](repeating: nil, count: wanted.count)
    var position: [String: Int] = [:]
    for (index, agent) in wanted.enumerated() { position[identity(agent, agents[agent].incarnation)] = index }
    var missing = wanted.count
    var waited = 0
    while missing > 0 {
      if let (sender, frame) = try router.receive(milliseconds: 20) {
        guard let index = position[sender], replies[index] == nil else { continue }
        replies[index] = try decode(frame, wanted[index])
        missing -= 1
        waited = 0
        continue
      }
      waited += 20
      for (index, agent) in wanted.enumerated() where replies[index] == nil {
        let ending = agents[agent].process.ending()
        guard ending != nil || waited >= options.stallMilliseconds else { continue }
        replies[index] = try revive(agent, ending: ending)
        missing -= 1
      }
    }
    return replies.map { $0! }
  }

  private func decode(_ frame: [UInt8], _ agent: Int) throws -> AgentReply {
    var reader = ByteReader(frame)
    do {
      let reply = try AgentReply(from: &reader)
      try reader.finish()
      return reply
    } catch {
      throw EmulationError("site '\(names[agent])' sent rubbish: \(error); see \(logPath(agent))")
    }
  }

  // MARK: Recovery

  /// Replaces a dead or stalled agent and returns its answer to the request in flight.
  private func revive(_ agent: Int, ending: String?) throws -> AgentReply {
    var how = ending
    while true {
      let pid = agents[agent].process.pid
      if how == nil {
        agents[agent].process.kill()
        how = "did not answer for \(options.stallMilliseconds / 1000) s and was ended"
      }
      if agents[agent].diedAt == agents[agent].asked {
        agents[agent].deaths += 1
      } else {
        agents[agent].diedAt = agents[agent].asked
        agents[agent].deaths = 1
      }
      if agents[agent].deaths >= options.patience {
        throw EmulationError(
          "site '\(names[agent])' died \(agents[agent].deaths) times at the same input: process \(pid) "
            + "\(how ?? "is gone"); its log is \(logPath(agent))")
      }
      restarts += 1
      agents[agent].incarnation += 1
      agents[agent].process = try launch(agent, incarnation: agents[agent].incarnation)
      if try !bringUpOrDie(agent) {
        how = agents[agent].process.ending()
        continue
      }
      var last: AgentReply?
      for frame in agents[agent].log {
        replayed += 1
        last = try exchange(agent, frame)
        if last == nil { break }
      }
      if let last { return last }
      how = agents[agent].process.ending()
    }
  }

  private func bringUp(_ agent: Int) throws {
    while try !bringUpOrDie(agent) {
      let ending = agents[agent].process.ending()
      agents[agent].deaths += 1
      if agents[agent].deaths >= options.patience {
        throw EmulationError(
          "site '\(names[agent])' does not come up: process \(agents[agent].process.pid) "
            + "\(ending ?? "does not answer"); its log is \(logPath(agent))")
      }
      if ending == nil { agents[agent].process.kill() }
      restarts += 1
      agents[agent].incarnation += 1
      agents[agent].process = try launch(agent, incarnation: agents[agent].incarnation)
    }
  }

  /// Waits until the agent has announced itself and gives it its configuration. False if it died.
  private func bringUpOrDie(_ agent: Int) throws -> Bool {
    guard try nextFrame(of: agent) != nil else { return false }
    guard let reply = try exchange(agent, agents[agent].introduction) else { return false }
    guard case .configured = reply else { throw unexpected(agent, reply) }
    return true
  }

  private func exchange(_ agent: Int, _ frame: [UInt8]) throws -> AgentReply? {
    _ = try router.send(identity(agent, agents[agent].incarnation), frame)
    guard let answer = try nextFrame(of: agent) else { return nil }
    return try decode(answer, agent)
  }

  /// The next frame of one agent; those of others that come meanwhile are kept for later. Nil if it died or stalled.
  private func nextFrame(of agent: Int) throws -> [UInt8]? {
    let me = identity(agent, agents[agent].incarnation)
    var waited = 0
    while true {
      if let frame = try router.receive(from: me, milliseconds: 20) { return frame }
      waited += 20
      if agents[agent].process.ending() != nil { return nil }
      if waited >= options.stallMilliseconds { return nil }
    }
  }

  func unexpected(_ agent: Int, _ reply: AgentReply) -> EmulationError {
    let name = names[agent]
    if case .refused(let reason) = reply {
      return EmulationError("site '\(name)' refused a request: \(reason); see \(logPath(agent))")
    }
    return EmulationError("site '\(name)' answered something else than it was asked; see \(logPath(agent))")
  }
}
