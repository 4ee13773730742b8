// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Records
import Scheduling
import Simulation
import Site
import Workload

/// The coordinator as a deterministic state machine: it receives arrivals and reports, asks the policy, and commands
/// the sites. At the ideal level it also hosts the network.
///
/// At one instant it first takes what has ended, then what arrives, then decides once.
public struct CoordinatorMachine: Sendable {
  let plan: FleetPlan
  var nextArrival = 0
  var view: FleetView
  var states: [Int32: JobState] = [:]
  var load: LinkLoad
  var ideal: IdealNetwork?
  /// When and with what the flows of the ideal network began.
  var idealStarts: [FlowID: Time] = [:]
  var inbox = EventQueue<Message>()
  var sequence: UInt64 = 0
  public internal(set) var eventCount: UInt64 = 0
  /// The end of the last stay known.
  public internal(set) var lastEnd = Time.zero
  public internal(set) var finishedJobs = 0
  /// Of the plan's news, what has not come yet.
  var nextNews = 0
  /// Sites that are known to be without power.
  var down: [Bool]
  /// Wavelengths of every link, and how they are moved; nil where they are not.
  var light: LightState?
  /// When the policy wants to look again though nothing happens.
  var look = Time.never
  /// Until when what the view says of prices holds; a machine that is rebuilt looks anew.
  private var pricesUntil = Time.zero
  /// How often a policy has been asked that is not composed here.
  var decisionCount: UInt64 = 0

  var outbox: [Message] = []
  var records: [Record] = []
  var bound = Time.never

  public init(plan: FleetPlan) {
    self.plan = plan
    let fleet = plan.scenario.fleet
    let sites = fleet.sites.indices.map { k in
      // A policy knows one price for what leaves a site; of a table it is the highest of its row.
      let egress = plan.scenario.charges.egressUSDPerGB?[k].max() ?? 0
      return SiteState(
        name: fleet.sites[k].id, nodeSize: plan.nodeSizes[k], speed: plan.speeds[k], egressUSDPerByte: egress / 1e9,
        domains: fleet.sites[k].placement == .domains ? plan.tiers[k].fabric?.domains ?? [] : [])
    }
    let capacity = fleet.sites.indices.map { from in
      fleet.sites.indices.map { to in plan.network.capacity(from: from, to: to) }
    }
    view = FleetView(
      now: .zero, queue: [], running: [], sites: sites, oneWayDelay: fleet.delays, residual: capacity,
      capacity: capacity, usage: UserUsage(halfLife: plan.policy.usageHalfLife))
    view.mayHoldJobsWithoutGPUs = plan.jobs.contains { $0.gpus == 0 }
    view.outlook = plan.outlook
    if let table = plan.scenario.charges.egressUSDPerGB { view.egressUSDPerByte = table.map { $0.map { $0 / 1e9 } } }
    load = LinkLoad(model: plan.network)
    down = fleet.sites.map { _ in false }
    light = fleet.lightPaths.map { LightState(paths: $0, links: fleet.links) }
    if plan.scenario.networkLevel == .ideal {
      ideal = IdealNetwork(capacities: plan.network.ports.map(\.capacity))
    }
  }

  public var running: Int { view.running.count { $0.job >= 0 } }
  public var queued: Int { view.queue.count }
  /// Every job of the workload is over.
  public var isDone: Bool { nextArrival == plan.jobs.count && view.queue.isEmpty && running == 0 }

  /// Whether every job is over and nothing is on its way in the ideal network.
  ///
  /// Mutating, as ``progress()``, though nothing changes: who holds this machine in a class would copy all of it for a
  /// property that is computed, once or more in every round.
  mutating func isQuiet() -> Bool { isDone && ideal?.openFlows ?? 0 == 0 }

  mutating func progress() -> (now: Time, finished: Int, running: Int, queued: Int) {
    (view.now, finishedJobs, running, queued)
  }

  /// When it will act next if it hears nothing.
  public mutating func next() -> Time {
    var time = min(inbox.nextTime, look)
    if nextArrival < plan.jobs.count { time = min(time, plan.jobs[nextArrival].submit) }
    if ideal != nil { time = min(time, ideal!.nextEvent(), nextCapacityChange()) }
    if let light, !isDone || light.changes.contains(where: { $0.at > view.now }) {
      time = min(time, light.changes.first?.at ?? .never)
      if light.paths.policy == .demandFollowing, !isDone { time = min(time, light.look) }
    }
    if nextNews < plan.news.count { time = min(time, plan.news[nextNews].at) }
    return time
  }

  public struct Output: Sendable {
    public var outbox: [Message]
    public var records: [Record]
    public var next: Time
  }

  /// Handles every instant before `horizon`, stopping earlier where an answer could come back.
  ///
  /// - Parameter source: who decides if the plan's policy is not composed here.
  /// - Throws: what the source throws, or ``EmulationError`` for a decision that the fleet cannot carry out. Nothing can
  ///   be asked of this machine afterwards.
  public mutating func advance(
    to horizon: Time, inbox messages: [Message], asking source: (any DecisionSource)? = nil
  ) throws -> Output {
    for message in messages {
      inbox.nextSequence = message.sequence
      inbox.push(message, at: message.at, rank: UInt64(message.from.raw))
    }
    bound = horizon
    while true {
      let time = next()
      guard time < bound else { break }
      try handle(time, asking: source)
    }
    let output = Output(outbox: outbox, records: records, next: next())
    outbox.removeAll(keepingCapacity: true)
    records.removeAll(keepingCapacity: true)
    return output
  }

  private mutating func handle(_ now: Time, asking source: (any DecisionSource)?) throws {
    view.now = now
    var changed = look <= now
    if ideal != nil { advanceIdeal(to: now) }
    if hearNews(at: now) { changed = true }
    if light != nil, turnLight(at: now) { changed = true }
    while inbox.nextTime <= now, let entry = inbox.pop() {
      eventCount += 1
      switch entry.payload.body {
      case .report(let report):
        take(report, from: entry.payload.from.site, at: now)
        changed = true
      case .outage(let isOver):
        if isOver {
          endOutage(of: entry.payload.from.site)
        } else {
          beginOutage(of: entry.payload.from.site, at: now)
        }
        changed = true
      case .ideal(let message): hear(message, at: now)
      case .network, .job, .command: preconditionFailure("a message that only sites understand")
      }
    }
    while nextArrival < plan.jobs.count, plan.jobs[nextArrival].submit <= now {
      arrive(nextArrival, at: now)
      nextArrival += 1
      eventCount += 1
      changed = true
    }
    if ideal != nil { settleIdeal(at: now) }
    if changed { try decide(at: now, asking: source) }
  }

  mutating func send(_ body: Message.Body, to site: Int, at time: Time) {
    outbox.append(
      Message(from: .coordinator, to: MachineID(site: site), at: time, sequence: sequence, body: body))
    sequence += 1
    bound = min(bound, time + plan.lookahead.reach[site][plan.sites.count])
  }

  mutating func command(_ command: Command, to site: Int, at now: Time) {
    send(.command(command), to: site, at: now + plan.scenario.controlDelays[site])
  }

  // MARK: Jobs

  private mutating func arrive(_ index: Int, at now: Time) {
    let job = plan.jobs[index]
    var state = JobState(remaining: job.duration)
    let predicted = view.history.prediction(user: plan.users[index], gpus: Int32(job.gpus))
    state.predicted = predicted.map { .seconds($0) } ?? .zero
    let queued = queuedJob(index, state: state)
    var reason: String?
    if plan.pins[index] == -2 {
      reason = "pinned to '\(job.pin ?? "")', which is not a site of this fleet"
    } else {
      reason = plan.canEverRun(queued, sites: view.sites)
    }
    if let reason {
      finishedJobs += 1
      records.append(
        .job(
          JobRecord(
            job: Int32(index), status: .rejected, start: now, end: now, sites: 0, networkTime: .zero, wanBytes: 0,
            preemptions: 0, migrations: 0, reason: reason)))
      return
    }
    states[Int32(index)] = state
    view.queue.append(queued)
  }

  func queuedJob(_ index: Int, state: JobState) -> QueuedJob {
    let job = plan.jobs[index]
    let model = job.model.map { ModelCatalogue.models[$0] }
    let hasRun = state.segment >= 0 && !state.hasNothingSaved
    return QueuedJob(
      job: Int32(index), submit: job.submit, gpus: Int32(job.gpus),
      estimate: plan.estimate(index, remaining: state.remaining), pin: plan.pins[index],
      splittable: job.splittable && model?.siteBound == nil,
      dataHome: job.dataHome.map { Int32($0) } ?? -1, stagedBytes: job.stagedBytes,
      checkpointSite: hasRun ? state.leader : -1, checkpointBytes: hasRun ? model?.checkpointBytes ?? 0 : 0,
      user: plan.users[index], deadline: job.deadline ?? .never, attained: state.attained, predicted: state.predicted)
  }

  /// What does not change of a job while it runs, as it would stand in the queue.
  func asQueued(_ index: Int, state: JobState, work: Time) -> QueuedJob {
    var job = queuedJob(index, state: state)
    job.estimate = work
    job.checkpointSite = -1
    job.checkpointBytes = 0
    return job
  }

  private mutating func decide(at now: Time, asking source: (any DecisionSource)?) throws {
    look = .never
    guard plan.policy.isConcerned(by: view) else { return }
    if now >= pricesUntil { updatePrices(at: now) }
    load.expire(at: now)
    if load.changed { view.residual = load.residual() }
    view.light = light?.paths.policy == .placement ? lightView(at: now) : nil
    let model = RunTimes(plan: plan, load: load)
    let answer: PolicyAnswer
    plan.timer?.begin()
    if plan.isComposed {
      plan.policy.settle(&view, model: model)
      answer = PolicyAnswer(decisions: plan.policy.decide(view, model: model))
    } else if let source {
      answer = try source.answer(view, model: model, decision: decisionCount)
      decisionCount += 1
    } else {
      throw EmulationError("policy \(plan.policyText) is not composed here, and nobody else is there to ask")
    }
    plan.timer?.end()
    do {
      try checkDecisions(answer.decisions, against: view)
    } catch {
      throw EmulationError("policy \(plan.policyText) at \(now.seconds) s: \(error)")
    }
    for decision in answer.decisions {
      switch decision {
      case .start(let job, let pieces): start(job, pieces, at: now)
      case .preempt(let job): preempt(job, at: now)
      case .retune(let wavelengths): retune(wavelengths, at: now)
      }
    }
    look = plan.isComposed ? plan.policy.nextLook(view) : answer.look
  }

  /// What running costs at this moment. It changes by the hour or seldom, decisions are taken all the time.
  private mutating func updatePrices(at now: Time) {
    pricesUntil = .never
    for k in view.sites.indices {
      let model = plan.nodeModels[k].first
      let kilowatts = (model?.activeWatts ?? 0) * Double(plan.scenario.energy[k].cooling.pueMilli(at: now)) / 1e6
      view.outlook[k].kilowattsPerGPU = kilowatts
      view.sites[k].usdPerGPUHour = kilowatts * plan.scenario.energy[k].price.value(at: now) / 1000
      view.sites[k].carbonPerGPUHour = kilowatts * plan.scenario.energy[k].carbon.value(at: now) / 1000
      for series in [plan.scenario.energy[k].price, plan.scenario.energy[k].carbon] {
        pricesUntil = min(pricesUntil, series.interpolation == .step ? series.nextChange(after: now) : now)
      }
      pricesUntil = min(pricesUntil, plan.scenario.energy[k].cooling.nextChange(after: now))
    }
  }

  private mutating func preempt(_ id: Int32, at now: Time) {
    guard let index = view.running.firstIndex(where: { $0.job == id }), let state = states[id] else { return }
    view.running[index].stopping = true
    let write = plan.scenario.checkpoint.time(gpus: plan.jobs[Int(id)].gpus)
    command(.stop(job: id, segment: state.segment, write: write), to: Int(state.leader), at: now)
  }

  private mutating func take(_ report: Report, from site: Int, at now: Time) {
    guard var state = states[report.job], state.segment == report.segment,
      let piece = state.pieces.first(where: { Int($0.site) == site })
    else { preconditionFailure("a report on a stay that does not exist") }
    view.sites[site].give(piece)
    if down[site] { holdBack(site) }
    if let index = view.running.firstIndex(where: { $0.job == report.job }) {
      // The sites of a split job report one by one.
      view.running[index].pieces.removeAll { Int($0.site) == site }
      view.running[index].gpus -= piece.gpus
    }
    state.reportsMissing -= 1
    lastEnd = max(lastEnd, report.at)
    if report.isLeader {
      state.networkTime += report.networkTime
      state.wanBytes += report.gradientBytes
      state.remaining = report.remaining
      state.ended = report.ended
      state.endedAt = report.at
      state.lost = report.lost
    }
    if report.failed { spread(report, from: site, &state, at: now) }
    states[report.job] = state
    guard state.reportsMissing == 0 else { return }
    load.release(job: report.job)
    let job = plan.jobs[Int(report.job)]
    if let index = view.running.firstIndex(where: { $0.job == report.job }) {
      let held = now - view.running[index].start
      state.attained += held
      states[report.job]!.attained = state.attained
      view.usage.add(user: plan.users[Int(report.job)], gpuSeconds: held.seconds * Double(job.gpus), at: now)
      view.running.remove(at: index)
    }
    if state.ended {
      states[report.job] = nil
      finishedJobs += 1
      view.history.note(user: plan.users[Int(report.job)], gpus: Int32(job.gpus), seconds: state.attained.seconds)
      records.append(
        .job(
          JobRecord(
            job: report.job, status: .completed, start: state.firstStart, end: state.endedAt, sites: state.mostSites,
            networkTime: state.networkTime, wanBytes: state.wanBytes, preemptions: state.preemptions,
            migrations: state.migrations, reason: "")))
    } else {
      if state.failedAt >= 0 {
        states[report.job] = afterFailure(report.job, state)
      } else {
        states[report.job]!.preemptions += 1
      }
      let again = queuedJob(Int(report.job), state: states[report.job]!)
      let place = view.queue.firstIndex { $0.job > report.job } ?? view.queue.count
      view.queue.insert(again, at: place)
    }
  }

  /// Jobs that are not over when nothing moves any more, and the ports of the ideal network.
  public mutating func finish(at end: Time) -> [Record] {
    var final: [Record] = []
    for job in view.queue.map(\.job) + view.running.map(\.job).filter({ $0 >= 0 }) {
      let state = states[job]
      final.append(
        .job(
          JobRecord(
            job: job, status: .unfinished, start: state?.firstStart ?? .never, end: end,
            sites: state?.mostSites ?? 0, networkTime: state?.networkTime ?? .zero, wanBytes: state?.wanBytes ?? 0,
            preemptions: state?.preemptions ?? 0, migrations: state?.migrations ?? 0, reason: "")))
    }
    if let ideal {
      for (port, spec) in plan.network.ports.enumerated() {
        let carried = ideal.carried(port, at: max(end, ideal.now))
        final.append(
          .port(
            PortRecord(
              port: Int32(port), bytesIn: carried.bytes, bytesOut: carried.bytes, bytesDropped: 0,
              utilisation: spec.utilisation(of: carried, until: end), queueMicrosecondsMean: 0,
              queueMicrosecondsP99: 0, queueMicrosecondsMax: 0, availability: spec.availability(until: end))))
      }
    }
    return final
  }

  /// What must always hold.
  public func checkInvariants() {
    for site in view.sites {
      precondition(site.free >= 0 && site.free <= site.total, "GPUs of \(site.name) are oversubscribed")
      precondition(site.nodeFree.reduce(0, +) == site.free, "nodes of \(site.name) do not add up")
    }
    ideal?.checkInvariants()
  }
}
