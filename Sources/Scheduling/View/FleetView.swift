// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A job that waits, as a policy may know it. Holds no references, so that a queue of thousands is cheap to pass.
public struct QueuedJob: Equatable, Sendable {
  /// Index in order of arrival over the whole run: the order of the queue, and what breaks ties.
  public var job: Int32
  public var submit: Time
  public var gpus: Int32
  /// Remaining run time on one site of reference speed, as far as the policy may know it.
  public var estimate: Time
  /// The site that must run it; -1 for any.
  public var pin: Int32
  /// Whether it may run over several sites at once.
  public var splittable: Bool
  /// The site that holds its data; -1 for none.
  public var dataHome: Int32
  /// Bytes to bring from its data home before it can run elsewhere.
  public var stagedBytes: Int64
  /// The site that holds its checkpoint; -1 for none.
  public var checkpointSite: Int32
  /// Bytes to bring from there.
  public var checkpointBytes: Int64
  /// Who submitted it, as a number given in order of first appearance; -1 where the trace does not say.
  public var user: Int32
  /// When it should have ended; never where nobody asks.
  public var deadline: Time
  /// How long it has held its GPUs so far, over all its stays.
  public var attained: Time
  /// Run time predicted from earlier jobs at its arrival, whatever the policy may know of durations.
  public var predicted: Time
  /// When a policy that shifts jobs in time wants it to run.
  public var stretch = Stretch.unplanned

  public init(
    job: Int32, submit: Time, gpus: Int32, estimate: Time, pin: Int32 = -1, splittable: Bool = false,
    dataHome: Int32 = -1, stagedBytes: Int64 = 0, checkpointSite: Int32 = -1, checkpointBytes: Int64 = 0,
    user: Int32 = -1, deadline: Time = .never, attained: Time = .zero, predicted: Time = .zero
  ) {
    self.job = job
    self.submit = submit
    self.gpus = gpus
    self.estimate = estimate
    self.pin = pin
    self.splittable = splittable
    self.dataHome = dataHome
    self.stagedBytes = stagedBytes
    self.checkpointSite = checkpointSite
    self.checkpointBytes = checkpointBytes
    self.user = user
    self.deadline = deadline
    self.attained = attained
    self.predicted = predicted
  }
}

/// A job that holds GPUs.
public struct RunningJob: Equatable, Sendable {
  public var job: Int32
  public var submit: Time
  public var gpus: Int32
  public var pieces: [Piece]
  public var start: Time
  /// When it is expected to end, by the same estimate that the queue showed. May have passed.
  public var expectedEnd: Time
  /// The estimate that the queue showed when it started: what was left to do at reference speed, without the waiting
  /// for data and the slowness of links that `expectedEnd` allows for.
  public var work: Time
  /// Its preemption is already ordered; its GPUs come free when its checkpoint is written.
  public var stopping: Bool
  public var preemptible: Bool
  /// Who submitted it; -1 where the trace does not say.
  public var user: Int32
  /// How long it had held its GPUs before this stay.
  public var attainedBefore: Time
  /// The job as it waited: its pin, its data and what else does not change while it runs.
  public var asQueued: QueuedJob
  /// Until when a policy that shifts jobs in time lets it run.
  public var stretch = Stretch.unplanned

  /// - Parameter asQueued: a job that is bound to nothing if left out.
  public init(
    job: Int32, submit: Time, gpus: Int32, pieces: [Piece], start: Time, expectedEnd: Time, work: Time? = nil,
    stopping: Bool = false, preemptible: Bool = true, user: Int32 = -1, attainedBefore: Time = .zero,
    asQueued: QueuedJob? = nil
  ) {
    self.asQueued = asQueued ?? QueuedJob(job: job, submit: submit, gpus: gpus, estimate: expectedEnd - start)
    self.job = job
    self.submit = submit
    self.gpus = gpus
    self.pieces = pieces
    self.start = start
    self.expectedEnd = expectedEnd
    self.work = work ?? expectedEnd - start
    self.stopping = stopping
    self.preemptible = preemptible
    self.user = user
    self.attainedBefore = attainedBefore
  }

  /// How long it has held its GPUs until `now`, over all its stays.
  public func attained(at now: Time) -> Time { attainedBefore + (now > start ? now - start : .zero) }
}

extension RunningJob {
  /// What is left to do in the same measure as ``QueuedJob/estimate``: the work shrinks evenly until the expected end.
  /// Only so can the two be compared; a job that waits for its data would otherwise look longer running than queued,
  /// and two jobs could preempt each other for ever.
  public func remaining(at now: Time) -> Double {
    let span = Double((expectedEnd - start).ticks)
    guard span > 0 else { return 0 }
    let left = Double((expectedEnd - now).ticks)
    if span == Double(work.ticks) { return max(0, left) }
    return Double(work.ticks) * min(1, max(0, left / span))
  }

  /// How it would stand in the queue if it were preempted now: with what is left to do, and its checkpoint where its
  /// largest piece is.
  func requeued(at now: Time, checkpointBytes: Int64) -> QueuedJob {
    var job = asQueued
    job.estimate = Time(ticks: Int64(remaining(at: now)))
    job.attained = attained(at: now)
    let leader = pieces.max { ($0.gpus, -$0.site) < ($1.gpus, -$1.site) }
    job.checkpointSite = leader?.site ?? -1
    job.checkpointBytes = checkpointBytes
    return job
  }
}

/// Everything that a policy sees, read-only. Sites are referred to by their index in `sites`.
public struct FleetView: Sendable {
  public var now: Time
  /// Sorted by `job`.
  public var queue: [QueuedJob]
  /// In order of start.
  public var running: [RunningJob]
  /// Sorted by name.
  public var sites: [SiteState]
  /// One-way delay of the route `[from][to]`.
  public var oneWayDelay: [[Time]]
  /// Free capacity of the route `[from][to]`, as the coordinator knows it; unlimited on the diagonal.
  public var residual: [[BitRate]]
  /// Capacity of the route `[from][to]`; unlimited on the diagonal.
  public var capacity: [[BitRate]]
  /// GPU-time that users have had.
  public var usage: UserUsage
  /// What the jobs that have ended tell of those to come.
  public var history: JobHistory
  /// False where no job of the run asks for no GPU, so that nobody need look for one in a queue of thousands.
  public var mayHoldJobsWithoutGPUs = true
  /// What may be known of prices and carbon to come, one for each site; empty where nothing is.
  public var outlook: [EnergyOutlook] = []
  /// What a byte costs that goes `[from][to]`, in USD; empty where ``SiteState/egressUSDPerByte`` says it all.
  public var egressUSDPerByte: [[Double]] = []
  /// Wavelengths that the policy may move between links; nil where it may not.
  public var light: LightView?

  public init(
    now: Time, queue: [QueuedJob], running: [RunningJob], sites: [SiteState], oneWayDelay: [[Time]],
    residual: [[BitRate]], capacity: [[BitRate]], usage: UserUsage = UserUsage(), history: JobHistory = JobHistory()
  ) {
    self.now = now
    self.queue = queue
    self.running = running
    self.sites = sites
    self.oneWayDelay = oneWayDelay
    self.residual = residual
    self.capacity = capacity
    self.usage = usage
    self.history = history
  }

  /// What a byte costs on its way from one site to another, in USD.
  public func egressUSD(from: Int, to: Int) -> Double {
    if from == to { return 0 }
    return egressUSDPerByte.isEmpty ? sites[from].egressUSDPerByte : egressUSDPerByte[from][to]
  }

  /// GPUs of all sites.
  var totalGPUs: Int64 { sites.reduce(0) { $0 + Int64($1.total) } }
}

/// Answers how long a job would hold its GPUs if it stood on given pieces.
public protocol RunTimeModel {
  /// Expected occupation: staging of data and checkpoint, then the run at the speed of the sites, stretched by the
  /// network between them. Where a policy only ranks sites for a split, it asks for one piece with all GPUs of the
  /// job and no nodes named.
  func runTime(of job: QueuedJob, on pieces: [Piece]) -> Time
  /// How long the GPUs of a job stand still to write its checkpoint, and as long again to read it.
  func checkpointTime(gpus: Int32) -> Time
  /// Bytes of the checkpoint of a job, which a move to another site brings there.
  func checkpointBytes(of job: Int32) -> Int64
}

extension RunTimeModel {
  public func checkpointTime(gpus: Int32) -> Time { .zero }
  public func checkpointBytes(of job: Int32) -> Int64 { 0 }
}
