// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Scheduling
import Simulation
import Testing

/// A job of a test: whole seconds.
struct TestJob {
  var submit: Int64
  var gpus: Int32
  var duration: Int64
  /// What the policy is told; the duration when nil.
  var estimate: Int64?
  var pin: Int32 = -1
  var splittable = false
  var dataHome: Int32 = -1
  var user: Int32 = -1
  var deadline: Int64?

  init(
    _ submit: Int64, _ gpus: Int32, _ duration: Int64, estimate: Int64? = nil, pin: Int32 = -1,
    splittable: Bool = false, dataHome: Int32 = -1, user: Int32 = -1, deadline: Int64? = nil
  ) {
    self.submit = submit
    self.gpus = gpus
    self.duration = duration
    self.estimate = estimate
    self.pin = pin
    self.splittable = splittable
    self.dataHome = dataHome
    self.user = user
    self.deadline = deadline
  }
}

/// The estimate over the speed of the slowest site.
struct SpeedModel: RunTimeModel {
  var speeds: [Double]
  func runTime(of job: QueuedJob, on pieces: [Piece]) -> Time {
    let slowest = pieces.map { speeds[Int($0.site)] }.min() ?? 1
    return slowest == 1 ? job.estimate : .seconds(job.estimate.seconds / slowest)
  }
}

/// A textbook scheduler without delays: at an instant ended jobs are released, arrivals join, then decisions are
/// taken until there are none (a preempted job returns to the queue at once). Sites of reference speed only.
struct Replay {
  struct Outcome {
    var start: Int64 = -1
    var end: Int64 = -1
    var preemptions = 0
    /// Of its last start.
    var pieces: [Piece] = []
  }
  private(set) var outcomes: [Outcome]
  let jobs: [TestJob]
  private(set) var decisions = 0

  /// - Parameters:
  ///   - jobs: sorted by submit.
  ///   - checkpointCost: seconds added to the remaining time of a job at each preemption.
  ///   - outlook: of prices and carbon, for each site.
  ///   - watch: called with the view whenever decisions have come to rest.
  init(
    _ jobs: [TestJob], on sites: [SiteState], policy spec: String, delays: [[Time]]? = nil,
    checkpointCost: (Int32) -> Int64 = { _ in 0 }, outlook: [EnergyOutlook] = [],
    watch: (FleetView) throws -> Void = { _ in }
  ) throws {
    self.jobs = jobs
    outcomes = Array(repeating: Outcome(), count: jobs.count)
    let policy = ComposedPolicy(try PolicySpec(parsing: spec))
    let model = SpeedModel(speeds: sites.map(\.speed))
    var view = idleView(sites, delays: delays)
    view.usage = UserUsage(halfLife: policy.usageHalfLife)
    view.outlook = policy.outlook(outlook)
    var remaining = jobs.map { Time.seconds($0.duration) }
    var remainingEstimate = jobs.map { Time.seconds($0.estimate ?? $0.duration) }
    var segment = [Int](repeating: 0, count: jobs.count)
    var isQueued = [Bool](repeating: false, count: jobs.count)
    var attained = [Time](repeating: .zero, count: jobs.count)
    var predicted = [Time](repeating: .zero, count: jobs.count)
    var ends = EventQueue<(job: Int, segment: Int)>()
    var arrived = 0
    var look = Time.never
    func queued(_ job: Int, _ submit: Time) -> QueuedJob {
      QueuedJob(
        job: Int32(job), submit: submit, gpus: jobs[job].gpus, estimate: remainingEstimate[job], pin: jobs[job].pin,
        splittable: jobs[job].splittable, dataHome: jobs[job].dataHome, user: jobs[job].user,
        deadline: jobs[job].deadline.map { .seconds($0) } ?? .never, attained: attained[job],
        predicted: predicted[job])
    }
    while arrived < jobs.count || !ends.isEmpty || look < .never {
      view.now = min(ends.nextTime, arrived < jobs.count ? .seconds(jobs[arrived].submit) : .never, look)
      let second = view.now.ticks / Time.ticksPerSecond
      while ends.nextTime == view.now, let end = ends.pop() {
        let job = end.payload.job
        guard segment[job] == end.payload.segment else { continue }
        outcomes[job].end = second
        attained[job] += Replay.release(job, &view)
        view.history.note(user: jobs[job].user, gpus: jobs[job].gpus, seconds: attained[job].seconds)
      }
      while arrived < jobs.count, jobs[arrived].submit == second {
        isQueued[arrived] = true
        predicted[arrived] =
          view.history.prediction(user: jobs[arrived].user, gpus: jobs[arrived].gpus).map { .seconds($0) } ?? .zero
        view.queue.append(queued(arrived, view.now))
        arrived += 1
      }
      var round = 0
      for site in view.outlook.indices {
        let now = view.outlook[site]
        view.sites[site].usdPerGPUHour = now.kilowattsPerGPU * now.price.view(at: view.now).value(at: view.now) / 1000
        view.sites[site].carbonPerGPUHour =
          now.kilowattsPerGPU * now.carbon.view(at: view.now).value(at: view.now) / 1000
      }
      while true {
        policy.settle(&view, model: model)
        let answer = policy.decide(view, model: model)
        decisions += 1
        if answer.isEmpty { break }
        try checkDecisions(answer, against: view)
        round += 1
        try #require(round < 1000, "decisions do not come to rest at \(second) s under \(spec)")
        for case .start(let id, let pieces) in answer {
          let job = Int(id)
          isQueued[job] = false
          for piece in pieces { view.sites[Int(piece.site)].take(piece) }
          if outcomes[job].start < 0 { outcomes[job].start = second }
          outcomes[job].pieces = pieces
          var stay = RunningJob(
            job: id, submit: .seconds(jobs[job].submit), gpus: jobs[job].gpus, pieces: pieces, start: view.now,
            expectedEnd: view.now + remainingEstimate[job], user: jobs[job].user, attainedBefore: attained[job],
            asQueued: view.queue.first { $0.job == id })
          stay.stretch = stay.asQueued.stretch
          view.running.append(stay)
          ends.push((job, segment[job]), at: view.now + remaining[job])
        }
        view.queue.removeAll { !isQueued[Int($0.job)] }
        for case .preempt(let id) in answer {
          let job = Int(id)
          let stay = try #require(view.running.first { $0.job == id })
          let ran = Replay.release(job, &view)
          attained[job] += ran
          let cost = Time.seconds(checkpointCost(jobs[job].gpus))
          remaining[job] = remaining[job] + cost - ran
          remainingEstimate[job] = max(.zero, remainingEstimate[job] + cost - ran)
          segment[job] += 1
          outcomes[job].preemptions += 1
          isQueued[job] = true
          let place = view.queue.firstIndex { $0.job > id } ?? view.queue.count
          view.queue.insert(queued(job, stay.submit), at: place)
        }
      }
      look = policy.nextLook(view)
      if ends.isEmpty, arrived == jobs.count, view.queue.isEmpty { look = .never }
      try #require(look > view.now, "the next look is not ahead at \(second) s under \(spec)")
      try checkBooks(view)
      try watch(view)
    }
    let isEmpty = view.queue.isEmpty
    try #require(isEmpty, "jobs are left in the queue for ever under \(spec)")
  }

  /// Frees what a running job holds; returns for how long it did.
  private static func release(_ job: Int, _ view: inout FleetView) -> Time {
    guard let position = view.running.firstIndex(where: { $0.job == Int32(job) }) else { return .zero }
    let stay = view.running.remove(at: position)
    for piece in stay.pieces { view.sites[Int(piece.site)].give(piece) }
    let held = view.now - stay.start
    view.usage.add(user: stay.user, gpuSeconds: held.seconds * Double(stay.gpus), at: view.now)
    return held
  }
}

/// GPUs are neither lost nor created: at every site free and held ones make up the whole.
func checkBooks(_ view: FleetView) throws {
  var held = [Int32](repeating: 0, count: view.sites.count)
  for job in view.running { for piece in job.pieces { held[Int(piece.site)] += piece.gpus } }
  for (site, state) in view.sites.enumerated() {
    guard state.free >= 0, held[site] + state.free == state.total, state.nodeFree.reduce(0, +) == state.free else {
      throw BooksError(text: "at \(view.now.seconds) s: \(held[site]) held, \(state.free) free of \(state.total)")
    }
  }
}

struct BooksError: Error { var text: String }

func idleView(_ sites: [SiteState], delays: [[Time]]? = nil) -> FleetView {
  let rates = sites.indices.map { from in
    sites.indices.map { $0 == from ? BitRate.unlimited : BitRate.gigabits(100) }
  }
  return FleetView(
    now: .zero, queue: [], running: [], sites: sites,
    oneWayDelay: delays ?? sites.map { _ in sites.map { _ in .zero } }, residual: rates, capacity: rates)
}

/// A site of `nodes` nodes with `size` GPUs each.
func site(_ name: String, nodes: Int, of size: Int32 = 1, usd: Double = 0, speed: Double = 1) -> SiteState {
  SiteState(name: name, nodeSize: Array(repeating: size, count: nodes), usdPerGPUHour: usd, speed: speed)
}
