// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Service with preemption: decides which jobs should hold GPUs, then starts and preempts towards that.
///
/// The *desired set* is built from running jobs that may be preempted and queued jobs, least key first, ties running
/// first and then in order of arrival. Each is taken if it fits in the room that the others before it leave; strict
/// service stops at the first that does not fit, skipping goes on. Room is the fleet without the jobs that may not be
/// preempted; jobs that are already stopping have left it in thought, but their GPUs are not free yet.
///
/// - A running job fits if its own place is still there: it does not move.
/// - A queued job is started if it fits in room that is also free now. Otherwise it takes room that running jobs hold,
///   on the site where that costs least: where the victim with the least key has the greatest (jobs that are stopping
///   are no victims), ties in the placement's order. It is not started; a later decision does that, when they are gone.
///   Only where no single site has the room does it take it split over several, in the placement's order.
/// - Running jobs outside the desired set are preempted.
///
/// A queued job comes before a running one only with a strictly lesser key, so none is preempted for an equal.
struct Preemption {
  private let view: FleetView
  private let placer: Placer
  private let order: any QueueOrder
  private let packing: Packing
  /// What the desired set leaves. In a pool the nodes of this ledger mean nothing, only their sum.
  private var room: [SiteState]
  /// What is both room and free now.
  private var available: [SiteState]
  /// Sites with room that is promised to queued jobs but not free yet. Only there is something free that is not room.
  private var isPromised: [Bool]
  /// Positions in `view.running` of the jobs that have been taken into the desired set.
  private var isKept: [Bool]
  /// Positions of those that may be preempted, greatest key first; sorted when the first victim is looked for.
  private var victims: [(position: Int, key: Double)]?

  static func serve(_ order: any QueueOrder, skipping: Bool, in pass: inout DecisionPass) {
    var preemption = Preemption(order, pass)
    preemption.run(skipping: skipping, in: &pass)
  }

  private init(_ order: any QueueOrder, _ pass: DecisionPass) {
    view = pass.view
    placer = pass.placer
    packing = pass.placer.packing
    var order = order
    order.prepare(for: pass.view)
    self.order = order
    room = pass.sites
    available = pass.sites
    isPromised = pass.sites.map { _ in false }
    isKept = view.running.map { !$0.preemptible || $0.stopping || $0.gpus == 0 }
    for job in view.running where job.preemptible || job.stopping {
      for piece in job.pieces { room[Int(piece.site)].give(piece) }
    }
  }

  private mutating func run(skipping: Bool, in pass: inout DecisionPass) {
    guard view.queue.contains(where: { $0.gpus > 0 }) else { return }
    // Queued jobs have positions 0..., running ones -1, -2, ...
    var entries: [LeastFirst<Double>.Entry] = []
    entries.reserveCapacity(view.running.count + view.queue.count)
    for (position, job) in view.running.enumerated() where !isKept[position] {
      entries.append(.init(key: order.key(of: job, at: view.now), tie: Int64(job.job), item: -1 - Int32(position)))
    }
    for (position, job) in view.queue.enumerated() where job.gpus > 0 {
      let tie = Int64(1) << 32 + Int64(job.job)
      entries.append(.init(key: order.key(of: job, at: view.now), tie: tie, item: Int32(position)))
    }
    var candidates = LeastFirst(entries)
    var misfits = SizeSet()
    while let next = candidates.pop() {
      var fits = false
      if next.item < 0 {
        fits = keep(Int(-1 - next.item), pass)
      } else {
        let job = view.queue[Int(next.item)]
        let isPlain = job.pin < 0 && !job.splittable && !placer.isSelective
        if !(isPlain && misfits.contains(job.gpus)) { fits = take(job, in: &pass) }
        if !fits, isPlain { misfits.insert(job.gpus) }
      }
      if !fits, !skipping { break }
      if skipping, !fits, room.allSatisfy({ $0.free == 0 }) { break }
    }
    for (position, job) in view.running.enumerated() where !isKept[position] { pass.preempt(job) }
  }

  /// Leaves a running job where it is, if its place is still there.
  private mutating func keep(_ position: Int, _ pass: DecisionPass) -> Bool {
    let pieces = view.running[position].pieces
    guard pieces.allSatisfy({ packing.canClaim($0, on: room[Int($0.site)]) }) else { return false }
    isKept[position] = true
    claim(pieces, pass)
    return true
  }

  /// Takes a queued job into the desired set, and starts it if that is possible now.
  private mutating func take(_ job: QueuedJob, in pass: inout DecisionPass) -> Bool {
    if let pieces = placer.place(job, in: available) {
      pass.start(job, on: pieces)
      claim(pieces, pass)
      return true
    }
    guard let pieces = placeOverVictims(job) else { return false }
    for piece in pieces { isPromised[Int(piece.site)] = true }
    claim(pieces, pass)
    return true
  }

  private mutating func claim(_ pieces: [Piece], _ pass: DecisionPass) {
    for piece in pieces {
      let site = Int(piece.site)
      packing.claim(piece, on: &room[site])
      available[site] = isPromised[site] ? packing.limit(pass.sites[site], by: room[site]) : pass.sites[site]
    }
  }

  /// Room for a job on the site whose victims have most left to do, or split.
  private mutating func placeOverVictims(_ job: QueuedJob) -> [Piece]? {
    let candidates = placer.ranked(job, in: room)
    if candidates.isEmpty { return placer.split(job, in: room) }
    var best: (piece: Piece, leastKey: Double)?
    for candidate in candidates {
      let found = victimise(for: job, on: candidate)
      if best.map({ found.leastKey > $0.leastKey }) ?? true { best = found }
    }
    return best.map { [$0.piece] }
  }

  /// Takes victims of a site away, greatest key first, until the job fits there. Tells where it then goes, and the
  /// key of the last victim; infinity if it only waits for jobs that are stopping.
  private mutating func victimise(for job: QueuedJob, on candidate: Piece) -> (piece: Piece, leastKey: Double) {
    let index = Int(candidate.site)
    let victims = sortedVictims()
    var site = room[index]
    // Without the running jobs that are not yet kept; may fall below zero where their place is already lost.
    for victim in victims where !isKept[victim.position] {
      for piece in view.running[victim.position].pieces where piece.site == candidate.site { add(piece, -1, to: &site) }
    }
    var leastKey = Double.infinity
    if let piece = tryPacking(job, on: site, candidate) { return (piece, leastKey) }
    for victim in victims where !isKept[victim.position] {
      var isHere = false
      for piece in view.running[victim.position].pieces where piece.site == candidate.site {
        add(piece, 1, to: &site)
        isHere = true
      }
      guard isHere else { continue }
      leastKey = victim.key
      if let piece = tryPacking(job, on: site, candidate) { return (piece, leastKey) }
    }
    return (candidate, leastKey)
  }

  /// In a pool where it goes does not matter, only whether the number of GPUs is there.
  private func tryPacking(_ job: QueuedJob, on site: SiteState, _ candidate: Piece) -> Piece? {
    if packing == .pool { return site.free >= job.gpus ? candidate : nil }
    var clamped = site
    clamped.nodeFree = site.nodeFree.map { max($0, 0) }
    clamped.free = clamped.nodeFree.reduce(0, +)
    return packing.pack(job.gpus, on: clamped, index: candidate.site)
  }

  private func add(_ piece: Piece, _ sign: Int32, to site: inout SiteState) {
    site.free += sign * piece.gpus
    if packing == .pool { return }
    for share in piece.nodes { site.nodeFree[Int(share.node)] += sign * share.gpus }
  }

  private mutating func sortedVictims() -> [(position: Int, key: Double)] {
    if let victims { return victims }
    var sorted: [(position: Int, key: Double)] = []
    for position in view.running.indices where !isKept[position] {
      sorted.append((position, order.key(of: view.running[position], at: view.now)))
    }
    sorted.sort { $0.key != $1.key ? $0.key > $1.key : $0.position > $1.position }
    victims = sorted
    return sorted
  }
}
