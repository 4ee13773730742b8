// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Simulation
import Site

/// Carries rounds to the parts of a network under experiment, wherever they live.
public protocol PartCarrier: AnyObject {
  /// "inline" or "processes".
  var name: String { get }
  var processes: Int { get }
  var restarts: Int { get }
  func start(_ plan: NetworkPlan, level: ExperimentLevel, partOf: [Int]) throws
  /// Advances parts and returns what they say and when they act next, in the same order.
  func advance(_ requests: [PartRequest]) throws -> [(messages: [PartMessage], next: Time)]
  func finish() throws -> [ExperimentResult]
  func stop()
}

/// What a part is asked in one round.
public struct PartRequest: Sendable {
  public var part: Int
  public var horizon: Time
  public var inbox: [[UInt8]]
}

/// Runs one experiment: derives from what parts do next how far each may go, and passes on what they say. The results do
/// not depend on how the network is cut, nor on where its parts live.
public final class ExperimentConductor {
  let plan: NetworkPlan
  let level: ExperimentLevel
  let carrier: any PartCarrier
  /// Told the time that all parts have reached.
  public var progress: (Time) -> Void = { _ in }
  /// Asked after each round whether to stop.
  public var shouldStop: () -> Bool = { false }
  public private(set) var windows: UInt64 = 0

  /// Thrown by ``run()`` when ``shouldStop`` says so.
  public struct Interrupted: Error {
    public init() {}
  }

  public init(plan: NetworkPlan, level: ExperimentLevel, carrier: any PartCarrier) {
    self.plan = plan
    self.level = level
    self.carrier = carrier
  }

  public func run() throws -> ExperimentResult {
    defer { carrier.stop() }
    let partOf = plan.parts(of: level)
    let lookahead = PartLookahead(plan: plan, partOf: partOf)
    let count = lookahead.count
    try carrier.start(plan, level: level, partOf: partOf)
    // Everything up to the end, that instant included.
    let end = plan.duration + .tick
    // A lone part is stopped now and then all the same, so that there is progress to show.
    let stride = Time(ticks: max(1, plan.duration.ticks / 200))
    var next = [Time](repeating: .zero, count: count)
    var pending = [[PartMessage]](repeating: [], count: count)
    var reached = Time.zero
    while true {
      let acts = (0..<count).map { k in pending[k].reduce(next[k]) { min($0, $1.at) } }
      guard let earliest = acts.min(), earliest < end else { break }
      var bounds = lookahead.bounds(acts: acts, end: end)
      if count == 1 { bounds[0] = min(end, max(reached, earliest) + stride) }
      var requests: [PartRequest] = []
      for k in 0..<count where acts[k] < bounds[k] {
        requests.append(PartRequest(part: k, horizon: bounds[k], inbox: pending[k].map(\.bytes)))
        pending[k].removeAll(keepingCapacity: true)
      }
      precondition(!requests.isEmpty, "nobody may move: the lookahead is wrong")
      for (request, reply) in zip(requests, try carrier.advance(requests)) {
        next[request.part] = reply.next
        for message in reply.messages { pending[message.to].append(message) }
      }
      windows += 1
      if earliest >= reached {
        reached = max(earliest, count == 1 ? bounds[0] : earliest)
        progress(min(reached, plan.duration))
      }
      if shouldStop() { throw Interrupted() }
    }
    var results = try carrier.finish()
    var whole = results.removeFirst()
    for result in results { whole.merge(result) }
    whole.closeCollectives()
    return whole
  }
}

/// All parts in this process.
public final class InlinePartCarrier: PartCarrier {
  private var parts: [any ExperimentPart] = []
  public init() {}
  public var name: String { "inline" }
  public var processes: Int { 1 }
  public var restarts: Int { 0 }

  public func start(_ plan: NetworkPlan, level: ExperimentLevel, partOf: [Int]) throws {
    parts = (0...(partOf.max() ?? 0)).map { plan.makePart(level: level, partOf: partOf, part: $0) }
  }

  public func advance(_ requests: [PartRequest]) throws -> [(messages: [PartMessage], next: Time)] {
    try requests.map { request in
      let messages = try parts[request.part].advance(to: request.horizon, inbox: request.inbox)
      return (messages, parts[request.part].nextTime)
    }
  }

  public func finish() throws -> [ExperimentResult] { parts.map { $0.finish() } }
  public func stop() { parts = [] }
}

/// Every part in a process of its own, with ZeroMQ between.
///
/// Where the level can write its state, each process is asked for it now and then, so that one that dies goes on from there
/// and not from the start, and what it was asked before need not be kept.
public final class ProcessPartCarrier: PartCarrier {
  let pool: AgentPool
  /// Requests, and bytes of them, after which a part writes its state.
  private let snapshotRequests: Int
  private static let snapshotBytes = 64_000_000
  private var introduction: (_ part: Int, _ state: [UInt8]?) -> [UInt8] = { _, _ in [] }
  private var writesState = false

  /// - Throws: ``EmulationError`` or `ZeroMQError` if no socket can be made.
  public init(options: AgentPool.Options, snapshotRequests: Int = 4096) throws {
    pool = try AgentPool(options: options)
    self.snapshotRequests = snapshotRequests
  }

  public var name: String { "processes" }
  public var processes: Int { pool.count + 1 }
  public var restarts: Int { pool.restarts }
  /// Requests that processes were asked again after one had died.
  public var replayed: Int { pool.replayed }
  /// Process ids of the agents; for tests that kill them.
  public var processIDs: [Int32] { pool.processIDs }

  public func start(_ plan: NetworkPlan, level: ExperimentLevel, partOf: [Int]) throws {
    let count = (partOf.max() ?? 0) + 1
    writesState = level == .packet
    introduction = { part, state in
      var writer = ByteWriter()
      writer.write(AgentRequest.configurePart(plan, level: level, partOf: partOf, part: part, state: state))
      return writer.bytes
    }
    // A part goes by the name of its first node.
    let names = (0..<count).map { part in plan.nodes[partOf.firstIndex(of: part) ?? 0].name }
    try pool.start(names: names, introductions: (0..<count).map { introduction($0, nil) })
  }

  public func advance(_ requests: [PartRequest]) throws -> [(messages: [PartMessage], next: Time)] {
    for request in requests {
      try pool.ask(request.part, .advancePart(to: request.horizon, inbox: request.inbox))
    }
    let replies = try zip(requests, try pool.collect(requests.map(\.part))).map { request, reply in
      guard case .partAdvanced(let messages, let next) = reply else { throw pool.unexpected(request.part, reply) }
      return (messages, next)
    }
    if writesState {
      try takeStates(
        requests.map(\.part).filter {
          let log = pool.log(of: $0)
          return log.requests >= snapshotRequests || log.bytes >= ProcessPartCarrier.snapshotBytes
        })
    }
    return replies
  }

  private func takeStates(_ parts: [Int]) throws {
    for part in parts { try pool.ask(part, .snapshot) }
    for (part, reply) in zip(parts, try pool.collect(parts)) {
      guard case .state(let bytes) = reply else { throw pool.unexpected(part, reply) }
      pool.reintroduce(part, as: introduction(part, bytes))
    }
  }

  public func finish() throws -> [ExperimentResult] {
    for part in 0..<pool.count { try pool.ask(part, .finishPart) }
    return try pool.collect(Array(0..<pool.count)).enumerated().map { part, reply in
      guard case .partFinished(let result) = reply else { throw pool.unexpected(part, reply) }
      return result
    }
  }

  public func stop() { pool.stop() }
}
