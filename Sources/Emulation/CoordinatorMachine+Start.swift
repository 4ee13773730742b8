// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Scheduling
import Simulation
import Site
import Workload

extension CoordinatorMachine {
  /// Starts a job: books the GPUs, commands the sites, and has its data sent there.
  mutating func start(_ id: Int32, _ chosen: [Piece], at now: Time) {
    let index = Int(id)
    guard let place = view.queue.firstIndex(where: { $0.job == id }) else {
      preconditionFailure("a job is started that does not wait")
    }
    let queued = view.queue.remove(at: place)
    let pieces = chosen.sorted { $0.site < $1.site }
    var state = states[id]!
    state.segment += 1
    state.pieces = pieces
    state.reportsMissing = Int32(pieces.count)
    state.mostSites = max(state.mostSites, Int32(pieces.count))
    let leaderPiece = pieces.max { ($0.gpus, -$0.site) < ($1.gpus, -$1.site) }!
    let leader = Int(leaderPiece.site)
    let transfers = self.transfers(job: index, pieces: pieces, leader: leader, state: state)
    let restored = state.segment > 0 && !state.hasNothingSaved
    if restored, Int(state.leader) != leader { state.migrations += 1 }
    state.leader = Int32(leader)
    let expected = plan.runTime(of: queued, on: pieces, load: load)
    let arrival = now + plan.scenario.controlDelays[leader]
    if state.firstStart == .never { state.firstStart = arrival }
    for piece in pieces {
      view.sites[Int(piece.site)].take(piece)
      if !state.staged.contains(piece.site) { state.staged.append(piece.site) }
    }
    let iteration = plan.iteration(job: plan.jobs[index], pieces: pieces)
    if plan.followsFabric {
      records += plan.fabricRecords(job: id, segment: state.segment, pieces: pieces, iteration: iteration)
    }
    let members = pieces.map { Member(site: Int($0.site), gpus: $0.gpus) }
    let edges = plan.edges(of: plan.jobs[index], pieces: pieces.count)
    for (k, piece) in pieces.enumerated() {
      let site = Int(piece.site)
      var limit = BitRate.unlimited
      for (a, b) in edges where a == k {
        let next = pieces[b]
        limit = min(
          limit, plan.flowLimit(gpus: Int(min(piece.gpus, next.gpus)), from: site, to: Int(next.site)))
      }
      let start = StartCommand(
        job: id, segment: state.segment, gpus: piece.gpus, members: members, leader: leader,
        inputs: transfers.filter { Int($0.destination) == site }.map(\.id), work: state.remaining,
        restore: restored ? plan.scenario.checkpoint.time(gpus: plan.jobs[index].gpus) : .zero, iteration: iteration,
        flowLimit: limit,
        activePower: plan.power(of: piece, \.activeWatts), idlePower: plan.power(of: piece, \.idleWatts),
        stalledPower: plan.power(of: piece, \.stalledWatts))
      command(.start(start), to: site, at: now)
    }
    for spec in transfers {
      state.wanBytes += spec.amount.bytes
      load.add(spec, job: id, at: now)
      noteDemand(spec)
      command(.transfer(spec), to: Int(spec.source), at: now)
    }
    for (a, b) in edges {
      load.reserve(
        job: id, from: Int(pieces[a].site), to: Int(pieces[b].site), rate: BitRate(Int64(iteration.demand)))
    }
    state.hasNothingSaved = false
    state.failedAt = -1
    state.lost = .zero
    let back = plan.scenario.controlDelays[leader]
    var stay = RunningJob(
      job: id, submit: queued.submit, gpus: queued.gpus, pieces: pieces, start: now,
      expectedEnd: arrival + expected + back, work: queued.estimate, user: queued.user,
      attainedBefore: queued.attained,
      asQueued: asQueued(index, state: states[id]!, work: queued.estimate))
    stay.stretch = queued.stretch
    view.running.append(stay)
    states[id] = state
  }

  /// What has to be brought to the sites before the job can compute.
  private func transfers(job index: Int, pieces: [Piece], leader: Int, state: JobState) -> [FlowSpec] {
    let job = plan.jobs[index]
    var list: [FlowSpec] = []
    let segment = state.segment
    if let home = job.dataHome, job.stagedBytes > 0 {
      for piece in pieces where Int(piece.site) != home && !state.staged.contains(piece.site) {
        let site = Int(piece.site)
        // Each site reads its share of the data.
        let bytes = Int64(Int128(job.stagedBytes) * Int128(piece.gpus) / Int128(max(1, job.gpus)))
        guard bytes > 0 else { continue }
        list.append(
          FlowSpec(
            id: FlowID(job: Int32(index), segment: segment, ordinal: FlowOrdinal.staging(to: site)), source: home,
            destination: site, amount: BitTicks(bytes: bytes),
            limit: plan.flowLimit(gpus: Int(piece.gpus), from: home, to: site)))
      }
    }
    if segment > 0, !state.hasNothingSaved, state.leader >= 0, Int(state.leader) != leader, let model = job.model {
      list.append(
        FlowSpec(
          id: FlowID(job: Int32(index), segment: segment, ordinal: FlowOrdinal.checkpoint(to: leader)),
          source: Int(state.leader), destination: leader,
          amount: BitTicks(bytes: ModelCatalogue.models[model].checkpointBytes),
          limit: plan.flowLimit(gpus: job.gpus, from: Int(state.leader), to: leader)))
    }
    return list
  }
}

/// Answers policies how long a job would hold its GPUs.
struct RunTimes: RunTimeModel {
  let plan: FleetPlan
  let load: LinkLoad

  func runTime(of job: QueuedJob, on pieces: [Piece]) -> Time { plan.runTime(of: job, on: pieces, load: load) }
  func checkpointTime(gpus: Int32) -> Time { plan.scenario.checkpoint.time(gpus: Int(gpus)) }
  func checkpointBytes(of job: Int32) -> Int64 {
    plan.jobs[Int(job)].model.map { ModelCatalogue.models[$0].checkpointBytes } ?? 0
  }
}

extension FleetPlan {
  /// Staging over what is left of the links, then the estimate at the pace of the sites and of the links between them.
  func runTime(of job: QueuedJob, on pieces: [Piece], load: LinkLoad) -> Time {
    var wait = Time.zero
    for piece in pieces {
      let site = Int(piece.site)
      if job.dataHome >= 0, Int(job.dataHome) != site, job.stagedBytes > 0 {
        let bytes = Double(job.stagedBytes) * Double(piece.gpus) / Double(max(1, job.gpus))
        wait = max(wait, load.time(bytes: bytes, from: Int(job.dataHome), to: site, limit: transferLimit(piece, job)))
      }
    }
    if job.checkpointSite >= 0, job.checkpointBytes > 0, !pieces.contains(where: { $0.site == job.checkpointSite }),
      let first = pieces.first
    {
      wait = max(
        wait,
        load.time(
          bytes: Double(job.checkpointBytes), from: Int(job.checkpointSite), to: Int(first.site),
          limit: transferLimit(first, job)))
    }
    let iteration = self.iteration(job: jobs[Int(job.job)], pieces: pieces)
    var speed = iteration.localSpeed
    if pieces.count > 1 {
      var rate = iteration.demand
      for (a, b) in edges(of: jobs[Int(job.job)], pieces: pieces.count) {
        rate = min(rate, load.residual(from: Int(pieces[a].site), to: Int(pieces[b].site)).double)
      }
      speed = iteration.speed(atRate: max(1e6, rate))
    }
    if speed == 1 { return wait + job.estimate }
    return wait + Time.seconds(job.estimate.seconds / speed)
  }

  private func transferLimit(_ piece: Piece, _ job: QueuedJob) -> BitRate {
    flowLimit(gpus: Int(piece.gpus), from: max(0, Int(job.dataHome)), to: Int(piece.site))
  }
}
