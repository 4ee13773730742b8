// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Records
import Simulation

/// The life of a job at a site: inputs arrive, peers get ready, it computes, it ends or is stopped.
extension SiteMachine {
  mutating func obey(_ command: Command, at now: Time) {
    switch command {
    case .start(let start):
      precondition(jobs[start.job] == nil, "a job starts once at a site")
      precondition(held + Int(start.gpus) <= configuration.gpus, "GPUs of a site are oversubscribed")
      var job = SiteJob(command: start, at: now)
      job.checkpointInterval = configuration.faults.checkpointInterval
      job.missing.removeAll { early.remove($0) != nil }
      meter.advance(to: now, &records)
      held += Int(start.gpus)
      meter.busy += Int64(start.gpus)
      meter.heldIdle += start.idlePower
      meter.held.all += start.idlePower
      meter.held.waiting += start.idlePower
      jobs[start.job] = job
      // The coordinator had not heard of the outage when it sent the command.
      if isDown { return fail(start.job, at: now) }
      inputsMayBeComplete(start.job, at: now)
    case .transfer(let spec): openFlow(spec, demand: spec.limit, at: now)
    case .stop(let id, let segment, let write):
      guard let job = jobs[id], job.command.segment == segment, job.phase != .writing else { return }
      stop(id, write: write, at: now)
    case .light(let port, let rate, let at): network?.retune(port: Int(port), rate: rate, at: at)
    case .fail(let id, let segment):
      guard jobs[id]?.command.segment == segment else { return }
      fail(id, at: now)
    }
  }

  mutating func openFlow(_ spec: FlowSpec, demand: BitRate, at now: Time) {
    if network != nil {
      network!.open(spec, demand: demand, at: now)
    } else {
      send(.ideal(.open(spec, demand: demand)), to: .coordinator, at: now)
    }
  }

  mutating func closeFlow(_ id: FlowID, at now: Time) {
    if network != nil {
      network!.close(id, at: now)
    } else {
      send(.ideal(.close(id)), to: .coordinator, at: now)
    }
  }

  /// A data set or checkpoint is here.
  mutating func arrive(_ flow: FlowID, at now: Time) {
    if abandoned.remove(flow) != nil { return }
    guard let job = jobs[flow.job], job.command.segment == flow.segment,
      let index = job.missing.firstIndex(of: flow)
    else {
      early.insert(flow)
      return
    }
    jobs[flow.job]!.missing.remove(at: index)
    inputsMayBeComplete(flow.job, at: now)
  }

  private mutating func inputsMayBeComplete(_ id: Int32, at now: Time) {
    guard let job = jobs[id], job.phase == .waitingForInputs, job.missing.isEmpty else { return }
    jobs[id]!.phase = .waitingForPeers
    if job.isLeader(configuration.site) {
      memberReady(id, at: now)
    } else {
      tell(job, .ready(job: id, segment: job.command.segment), Int(job.command.leader), at: now)
    }
  }

  mutating func tell(_ job: SiteJob, _ message: JobMessage, _ site: Int, at now: Time) {
    send(.job(message), to: MachineID(site: site), at: now + configuration.siteDelays[site])
  }

  mutating func tellMembers(_ job: SiteJob, _ message: JobMessage, at now: Time) {
    for member in job.command.members where Int(member.site) != configuration.site {
      tell(job, message, Int(member.site), at: now)
    }
  }

  mutating func hear(_ message: JobMessage, from: MachineID, at now: Time) {
    switch message {
    case .ready(let id, let segment):
      // The leader's own start may still be under way if the member is nearer to the coordinator.
      guard jobs[id]?.command.segment == segment else {
        earlyReady[id, default: []].append(segment)
        return
      }
      memberReady(id, at: now)
    case .go(let id, let segment):
      guard jobs[id]?.command.segment == segment else { return }
      compute(id, at: now)
    case .potential(let id, let segment, let edge, let rate):
      guard let job = jobs[id], job.command.segment == segment else { return }
      jobs[id]!.potentials[Int(edge)] = rate.bitsPerSecond
      repace(id, at: now)
    case .usage(let id, let segment, let edge, let rate):
      guard let job = jobs[id], job.command.segment == segment, job.phase == .running else { return }
      network?.setUsage(job.gradientFlow(Int(edge)).id, rate, at: now)
    case .throttle(let id, let segment, let share):
      guard let job = jobs[id], job.command.segment == segment else { return }
      setThrottle(id, ofMember: job.memberIndex(from.site), share, at: now)
    case .pace(let id, let segment, let duty):
      guard let job = jobs[id], job.command.segment == segment else { return }
      jobs[id]!.duty = duty
      settlePower(id, at: now)
    case .finish(let id, let segment):
      guard jobs[id]?.command.segment == segment else { return }
      endRunning(id, at: now)
      release(id, ended: true, at: now)
    }
  }

  private mutating func memberReady(_ id: Int32, at now: Time) {
    jobs[id]!.ready += 1
    if let list = earlyReady[id] {
      let segment = jobs[id]!.command.segment
      jobs[id]!.ready += list.filter { $0 == segment }.count
      earlyReady[id] = nil
    }
    let job = jobs[id]!
    guard job.ready == job.command.members.count, job.phase == .waitingForPeers else { return }
    if job.command.restore > .zero {
      jobs[id]!.phase = .restoring
      schedule(id, at: now + job.command.restore)
      settlePower(id, at: now)
      holdCap(at: now)
    } else {
      go(id, at: now)
    }
  }

  private mutating func go(_ id: Int32, at now: Time) {
    tellMembers(jobs[id]!, .go(job: id, segment: jobs[id]!.command.segment), at: now)
    compute(id, at: now)
  }

  /// The job computes from now on.
  private mutating func compute(_ id: Int32, at now: Time) {
    jobs[id]!.phase = .running
    if jobs[id]!.computeStart == .never { jobs[id]!.computeStart = now }
    jobs[id]!.runningSince = now
    jobs[id]!.progressSince = now
    let job = jobs[id]!
    if job.isSplit, job.command.iteration.volume > 0 {
      let demand = BitRate(Int64(job.command.iteration.demand.rounded(.up)))
      for edge in job.edges(from: configuration.site) { openFlow(job.gradientFlow(edge), demand: demand, at: now) }
    } else if job.isSplit {
      jobs[id]!.potentials = jobs[id]!.potentials.map { _ in Int64.max / 2 }
    }
    if throttle < SiteJob.one { reportThrottle(id, at: now) }
    if job.isLeader(configuration.site) { repace(id, at: now) }
    settlePower(id, at: now)
    holdCap(at: now)
  }

  /// The network would give a gradient flow of this site another rate.
  mutating func hearPotential(_ flow: FlowID, _ rate: BitRate, at now: Time) {
    guard let job = jobs[flow.job], job.command.segment == flow.segment, job.phase == .running else { return }
    let edge = FlowOrdinal.edge(of: flow.ordinal)
    if job.isLeader(configuration.site) {
      jobs[flow.job]!.potentials[edge] = rate.bitsPerSecond
      repace(flow.job, at: now)
    } else {
      tell(
        job, .potential(job: flow.job, segment: flow.segment, edge: Int32(edge), rate: rate),
        Int(job.command.leader), at: now)
    }
  }

  /// The leader derives the pace of the job from the slowest of its flows.
  mutating func repace(_ id: Int32, at now: Time) {
    guard jobs[id]!.phase == .running, jobs[id]!.isLeader(configuration.site) else { return }
    jobs[id]!.settleProgress(at: now)
    let job = jobs[id]!
    let iteration = job.command.iteration
    var speed = iteration.localSpeed
    let slowest = job.potentials.min() ?? 0
    if job.isSplit { speed = slowest > 0 ? iteration.speed(atRate: Double(slowest)) : 0 }
    let throttle = job.throttle
    if throttle < 1, speed > 0 {
      // Slower computing lengthens every step by as much, whatever else it waits for.
      speed = throttle > 0 ? 1 / (1 / speed + (1 / throttle - 1) / iteration.localSpeed) : 0
    }
    if job.isSplit, network != nil, slowest > 0, iteration.volume > 0 {
      limitUsage(id, needed: Int64((iteration.volume * 8 * speed / iteration.alone).rounded(.up)), at: now)
    }
    if job.isSplit { tellPace(id, speed / iteration.localSpeed, at: now) }
    jobs[id]!.speed = Int64((speed * Double(SiteJob.one)).rounded())
    schedule(id, at: jobs[id]!.endTime())
  }

  /// Flows that could be clearly faster than the job needs are held to what it needs. Those near the slowest are not:
  /// they must be free to grow, or the job would never get faster again.
  private mutating func limitUsage(_ id: Int32, needed: Int64, at now: Time) {
    let job = jobs[id]!
    let demand = Int64(job.command.iteration.demand.rounded(.up))
    for (k, edge) in job.edges.enumerated() {
      let usage = Double(job.potentials[k]) > 1.05 * Double(needed) ? needed : demand
      guard Double(abs(usage - job.usageSent[k])) > 0.01 * Double(max(usage, job.usageSent[k])) else { continue }
      jobs[id]!.usageSent[k] = usage
      let site = Int(job.command.members[edge.0].site)
      if site == configuration.site {
        network!.setUsage(job.gradientFlow(k).id, BitRate(usage), at: now)
      } else {
        tell(
          job, .usage(job: id, segment: job.command.segment, edge: Int32(k), rate: BitRate(usage)), site, at: now)
      }
    }
  }

  /// An event that the job had scheduled for itself.
  mutating func jobEvent(_ id: Int32, at now: Time) {
    jobs[id]!.eventAt = .never
    switch jobs[id]!.phase {
    case .restoring: go(id, at: now)
    case .running:
      jobs[id]!.settleProgress(at: now)
      jobs[id]!.work = .zero
      tellMembers(jobs[id]!, .finish(job: id, segment: jobs[id]!.command.segment), at: now)
      endRunning(id, at: now)
      release(id, ended: true, at: now)
    case .writing: release(id, ended: false, at: now)
    case .waitingForInputs, .waitingForPeers: break
    }
  }

  mutating func endRunning(_ id: Int32, at now: Time) {
    let job = jobs[id]!
    if job.phase == .running, job.isSplit, job.command.iteration.volume > 0 {
      for edge in job.edges(from: configuration.site) { closeFlow(job.gradientFlow(edge).id, at: now) }
    }
  }

  private mutating func stop(_ id: Int32, write: Time, at now: Time) {
    jobs[id]!.settleProgress(at: now)
    let job = jobs[id]!
    tellMembers(job, .finish(job: id, segment: job.command.segment), at: now)
    endRunning(id, at: now)
    for flow in job.missing { abandoned.insert(flow) }
    if job.phase == .running, write > .zero {
      jobs[id]!.phase = .writing
      // Time spent at work ends here; what follows is the price of preemption.
      jobs[id]!.progressSince = now
      schedule(id, at: now + write)
      settlePower(id, at: now)
      holdCap(at: now)
    } else {
      release(id, ended: false, at: now)
    }
  }

  /// Frees the GPUs, closes the account of the stay and tells the coordinator.
  mutating func release(_ id: Int32, ended: Bool, failed: Bool = false, at now: Time) {
    setDraw(id, Draw(all: 0, waiting: 0), at: now)
    let job = jobs.removeValue(forKey: id)!
    held -= Int(job.command.gpus)
    meter.busy -= Int64(job.command.gpus)
    meter.heldIdle -= job.command.idlePower
    records.append(
      .stay(
        StayRecord(
          job: id, segment: job.command.segment, site: Int32(configuration.site), gpus: job.command.gpus,
          start: job.stayStart, end: now, computeStart: job.computeStart,
          energyKWh: job.meter.energyTicks.kilowattHours,
          waitingEnergyKWh: job.meter.waitingTicks.kilowattHours, costUSD: job.meter.costUSD,
          carbonKg: job.meter.carbonKg)))
    for flow in job.missing { abandoned.insert(flow) }
    let leads = job.isLeader(configuration.site)
    let done = Time(ticks: job.command.work.ticks - job.work.ticks)
    let iterations = done.seconds / job.command.iteration.alone
    let report = Report(
      job: id, segment: job.command.segment, gpus: job.command.gpus, at: now, isLeader: leads, ended: ended,
      remaining: failed ? job.saved : job.work, networkTime: leads ? networkTime(job, done: done, at: now) : .zero,
      gradientBytes: leads
        ? Int64(iterations * job.command.iteration.volume * Double(job.edges.count)) : 0,
      failed: failed, lost: failed && leads ? job.saved - job.work : .zero)
    send(.report(report), to: .coordinator, at: now + (isDown ? silence : configuration.controlDelay))
    holdCap(at: now)
  }

  /// Time at which the job held GPUs but could not use them for want of the network: waiting for inputs, and running
  /// slower than it would on one site.
  private func networkTime(_ job: SiteJob, done: Time, at now: Time) -> Time {
    guard job.runningSince > .zero || job.phase == .running || job.phase == .writing else {
      return now - job.stayStart
    }
    let waited = job.runningSince - job.stayStart - job.command.restore
    let ran = job.progressSince - job.runningSince
    let local = Time.seconds(done.seconds / job.command.iteration.localSpeed)
    let lost = job.isSplit ? max(Time.zero, ran - local - job.throttledTime) : .zero
    return max(.zero, waited) + lost
  }
}
