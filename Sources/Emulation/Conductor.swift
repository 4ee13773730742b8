// SPDX-License-Identifier: Apache-2.0

import Quantities
import Records
import Simulation
import Site

/// Where records go while a run is under way.
public protocol RecordSink: AnyObject {
  func append(_ records: [Record]) throws
  /// Makes everything appended durable and returns how much that is, for ``Checkpoint/recordOffset``.
  func flush() throws -> Int64
}

/// How far a run is, for a progress line.
public struct RunStatus: Sendable {
  public var time: Time
  public var finishedJobs: Int
  public var totalJobs: Int
  public var running: Int
  public var queued: Int
  public var windows: UInt64
  public var restarts: Int
}

/// What a run has cost the engine.
public struct RunCounts: Equatable, Sendable {
  /// Rounds of windows: each is one exchange with the sites that had something to do.
  public var windows: UInt64 = 0
  /// Messages between machines.
  public var messages: UInt64 = 0
  public var events: UInt64 = 0
  public var restarts = 0
  /// Requests to sites: a window asks only those that have something to do.
  public var wakes: UInt64 = 0
}

/// What ``Conductor/run()`` ends with.
public struct RunOutcome: Sendable {
  /// The end of the last job.
  public var endTime: Time
  public var counts: RunCounts
  /// False if jobs are left that nothing will ever start.
  public var complete: Bool
}

/// Moves time. In every round it derives from the machines' promises how far each may go, wakes those that have
/// something to do before that, and passes on what they say. It knows no policy and no socket.
public final class Conductor {
  public let plan: FleetPlan
  let carrier: any SiteCarrier
  let sink: any RecordSink
  /// Where checkpoints go; nil for runs that cannot be resumed.
  public var checkpointPath: String?
  /// Who decides where the plan's policy is not composed here.
  public var decisions: (any DecisionSource)?
  /// Checks every invariant of the coordinator after each of its steps; for tests.
  public var checked = false
  /// Called after each round; for progress and for tests that kill processes.
  public var afterRound: ((RunStatus) -> Void)?
  /// Asked after each round whether the run should stop, to be resumed later.
  public var shouldStop: () -> Bool = { false }
  /// Asked after each round whether a checkpoint is due. What it answers changes no result.
  public var checkpointIsDue: () -> Bool = { false }

  var coordinator: CoordinatorMachine
  var pending: [[Message]]
  var promises: [Promise]
  var coordinatorNext: Time
  public private(set) var counts = RunCounts()
  private var siteStates: [[UInt8]?]
  private var priorRestarts = 0
  private var priorEvents: UInt64 = 0

  public init(plan: FleetPlan, carrier: any SiteCarrier, sink: any RecordSink) {
    self.plan = plan
    self.carrier = carrier
    self.sink = sink
    coordinator = CoordinatorMachine(plan: plan)
    let n = plan.sites.count
    pending = [[Message]](repeating: [], count: n + 1)
    promises = plan.sites.map { SiteMachine(configuration: $0).promise() }
    coordinatorNext = coordinator.next()
    siteStates = [[UInt8]?](repeating: nil, count: n)
  }

  /// Continues where a checkpoint was written.
  public init(
    plan: FleetPlan, carrier: any SiteCarrier, sink: any RecordSink, checkpoint: Checkpoint
  ) throws {
    self.plan = plan
    self.carrier = carrier
    self.sink = sink
    var reader = ByteReader(checkpoint.coordinator)
    coordinator = try CoordinatorMachine(plan: plan, from: &reader)
    try reader.finish()
    guard checkpoint.sites.count == plan.sites.count else {
      throw EmulationError("the checkpoint is of another scenario")
    }
    pending = checkpoint.pending
    promises = checkpoint.promises
    coordinatorNext = coordinator.next()
    counts = checkpoint.counts
    priorRestarts = checkpoint.counts.restarts
    siteStates = checkpoint.sites
  }

  /// Thrown by ``run()`` when ``shouldStop`` says so, after a checkpoint.
  public struct Interrupted: Error {
    public init() {}
  }

  public func run() throws -> RunOutcome {
    var ending = "the run has failed"
    defer {
      carrier.stop()
      decisions?.finish(ending)
    }
    try carrier.start(plan.sites, states: siteStates)
    siteStates = []
    while try round() {
      afterRound?(status)
      if shouldStop() {
        try writeCheckpoint()
        ending = "the run is interrupted"
        throw Interrupted()
      }
      if checkpointPath != nil, checkpointIsDue() { try writeCheckpoint() }
    }
    let end = coordinator.lastEnd
    for records in try carrier.finish(at: end) { try sink.append(records) }
    let complete = coordinator.isDone
    try sink.append(coordinator.finish(at: end))
    _ = try sink.flush()
    ending = complete ? "the run is over" : "jobs are left that nothing will start"
    counts.events = carrier.events + coordinator.eventCount
    counts.restarts = priorRestarts + carrier.restarts
    return RunOutcome(endTime: end, counts: counts, complete: complete)
  }

  public var status: RunStatus {
    let progress = coordinator.progress()
    return RunStatus(
      time: progress.now, finishedJobs: progress.finished, totalJobs: plan.jobs.count, running: progress.running,
      queued: progress.queued, windows: counts.windows, restarts: priorRestarts + carrier.restarts)
  }

  /// One round. False when nothing is left to do.
  private func round() throws -> Bool {
    let n = plan.sites.count
    if isOver { return false }
    var act = [Time](repeating: .never, count: n + 1)
    var speak = [Time](repeating: .never, count: n)
    for k in 0..<n {
      let heard = pending[k].reduce(Time.never) { min($0, $1.at) }
      act[k] = min(promises[k].next, heard)
      speak[k] = min(promises[k].nextToSites, heard)
    }
    act[n] = pending[n].reduce(coordinatorNext) { min($0, $1.at) }
    let bounds = plan.lookahead.bounds(act: act, speak: speak)
    var requests: [AdvanceRequest] = []
    for k in 0..<n where act[k] < bounds[k] {
      requests.append(AdvanceRequest(site: k, horizon: bounds[k], inbox: pending[k]))
      pending[k].removeAll(keepingCapacity: true)
    }
    var coordinatorOutput: CoordinatorMachine.Output?
    let coordinatorDue = act[n] < bounds[n]
    if requests.isEmpty && !coordinatorDue {
      if act.allSatisfy({ $0 == .never }) { return false }
      preconditionFailure("nobody may move: the lookahead is wrong")
    }
    let inbox = pending[n]
    if coordinatorDue { pending[n].removeAll(keepingCapacity: true) }
    let outputs = try carrier.advance(requests) {
      guard coordinatorDue else { return }
      coordinatorOutput = try coordinator.advance(to: bounds[n], inbox: inbox, asking: decisions)
      if checked { coordinator.checkInvariants() }
    }
    for (request, output) in zip(requests, outputs) {
      promises[request.site] = output.promise
      if !output.records.isEmpty { try sink.append(output.records) }
      route(output.outbox)
    }
    if let output = coordinatorOutput {
      coordinatorNext = output.next
      if !output.records.isEmpty { try sink.append(output.records) }
      route(output.outbox)
    }
    counts.windows += 1
    counts.wakes += UInt64(requests.count)
    return true
  }

  private func route(_ messages: [Message]) {
    counts.messages += UInt64(messages.count)
    for message in messages {
      pending[message.to.isCoordinator ? plan.sites.count : message.to.site].append(message)
    }
  }

  /// All jobs are over, and no word, job or flow is under way.
  private var isOver: Bool {
    guard coordinator.isQuiet() else { return false }
    return pending.allSatisfy(\.isEmpty) && promises.allSatisfy(\.idle)
  }

  public func writeCheckpoint() throws {
    guard let path = checkpointPath else { return }
    counts.events = carrier.events + coordinator.eventCount
    var current = counts
    current.restarts = priorRestarts + carrier.restarts
    var writer = ByteWriter()
    coordinator.encode(into: &writer)
    // The record of decisions must reach at least as far as the checkpoint that relies on it.
    try decisions?.flush()
    let checkpoint = Checkpoint(
      counts: current, recordOffset: try sink.flush(), coordinator: writer.bytes, sites: try carrier.snapshot(),
      pending: pending, promises: promises)
    try checkpoint.write(to: path)
  }
}
