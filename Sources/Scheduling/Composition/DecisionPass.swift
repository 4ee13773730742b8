// SPDX-License-Identifier: Apache-2.0

import Quantities

/// One decision while it is being composed: the view, what the decision has already given away, and its answers.
///
/// `sites` shares its storage with the view until the first start, so a decision that starts nothing copies nothing.
struct DecisionPass {
  let view: FleetView
  let placer: Placer
  /// The sites less what this decision has started.
  private(set) var sites: [SiteState]
  private(set) var decisions: [Decision] = []
  /// What is known not to fit any more.
  private(set) var gate: Gate

  init(view: FleetView, placer: Placer) {
    self.view = view
    self.placer = placer
    sites = view.sites
    gate = Gate(view.sites)
  }

  /// Starts every queued job that needs no GPU, on the preferred site: it waits for nothing.
  mutating func startJobsWithoutGPUs() {
    guard view.mayHoldJobsWithoutGPUs else { return }
    for position in view.queue.indices where view.queue[position].gpus == 0 {
      if let pieces = placer.place(view.queue[position], in: sites) { start(view.queue[position], on: pieces) }
    }
  }

  /// Serves the queue once: each job in its turn starts if it fits; the first that does not ends service, unless
  /// misfits are skipped.
  mutating func serve(_ order: inout ServiceOrder, skipping: Bool) {
    while !gate.isShut {
      let gate = gate
      // Strict service must see the job that does not fit; skipping need not.
      guard let position = order.nextPosition(where: { !skipping || gate.mayPass($0) }) else { return }
      let job = view.queue[position]
      if let pieces = place(job) {
        start(job, on: pieces)
      } else if !skipping {
        return
      }
    }
  }

  /// Where the job would go now, or nil if it does not fit.
  mutating func place(_ job: QueuedJob) -> [Piece]? {
    guard gate.mayPass(job) else { return nil }
    if let pieces = placer.place(job, in: sites) { return pieces }
    if !placer.isSelective { gate.noteMisfit(job) }
    return nil
  }

  /// Whether the job fits now; where it goes is left open.
  mutating func fits(_ job: QueuedJob) -> Bool {
    guard gate.mayPass(job) else { return false }
    if placer.canPlace(job, in: sites) { return true }
    if !placer.isSelective { gate.noteMisfit(job) }
    return false
  }

  mutating func start(_ job: QueuedJob, on pieces: [Piece]) {
    for piece in pieces { sites[Int(piece.site)].take(piece) }
    gate.update(sites)
    decisions.append(.start(job: job.job, pieces: pieces))
  }

  mutating func preempt(_ job: RunningJob) { decisions.append(.preempt(job: job.job)) }
}

/// Turns away at a glance jobs that cannot fit.
///
/// Free GPUs only become fewer within a decision, and whether a job without a pin fits depends on its size and on
/// whether it may be split. So a size that did not fit once need not be tried again.
struct Gate {
  /// Free GPUs of each site.
  private var free: [Int32] = []
  private var total: Int32 = 0
  private var largest: Int32 = 0
  private var misfits = SizeSet()
  private var splitMisfits = SizeSet()

  init(_ sites: [SiteState]) { update(sites) }

  /// No GPU is free.
  var isShut: Bool { total <= 0 }

  /// False only if the job certainly does not fit.
  func mayPass(_ job: QueuedJob) -> Bool {
    if job.pin >= 0 { return Int(job.pin) < free.count && job.gpus <= free[Int(job.pin)] }
    return job.splittable
      ? job.gpus <= total && !splitMisfits.contains(job.gpus)
      : job.gpus <= largest && !misfits.contains(job.gpus)
  }

  mutating func update(_ sites: [SiteState]) {
    total = 0
    largest = 0
    if free.count != sites.count { free = [Int32](repeating: 0, count: sites.count) }
    for index in sites.indices {
      let available = sites[index].free
      free[index] = available
      total += available
      largest = max(largest, available)
    }
  }

  mutating func noteMisfit(_ job: QueuedJob) {
    if job.pin >= 0 { return }
    if job.splittable { splitMisfits.insert(job.gpus) } else { misfits.insert(job.gpus) }
  }
}

/// A set of numbers of GPUs. Traces use few different ones, most of them small.
struct SizeSet {
  private var small: UInt64 = 0
  private var large: [Int32] = []

  func contains(_ size: Int32) -> Bool {
    size < 64 ? small & (1 << UInt64(size)) != 0 : large.contains(size)
  }
  mutating func insert(_ size: Int32) {
    if size < 64 { small |= 1 << UInt64(size) } else if !large.contains(size) { large.append(size) }
  }
}
