// SPDX-License-Identifier: Apache-2.0

import Bounds
import Quantities
import Scheduling
import Simulation
import Testing

/// A small fleet with jobs, prices and carbon, as policies see it and as the bounds do.
private struct SmallCase {
  struct Job {
    var submit: Time
    var gpus: Int32
    var work: Time
    var pin: Int32
  }
  var gpus: [Int32] = []
  var speeds: [Double] = []
  /// By site and hour, per GPU-hour.
  var usd: [[Double]] = []
  var carbon: [[Double]] = []
  var jobs: [Job] = []
  /// No run is longer: twelve jobs of 5 h one after the other, after 12 h of arrivals.
  static let hours = 80

  init(seed: Int) {
    var random = RandomStream(seed: UInt64(seed), name: "policy-bounds")
    for _ in 0..<1 + random.below(3) {
      gpus.append(Int32(1 + random.below(6)))
      speeds.append([0.5, 1, 2][random.below(3)])
      usd.append((0..<SmallCase.hours).map { _ in random.uniform() * 3 - 0.2 })
      carbon.append((0..<SmallCase.hours).map { _ in 0.05 + random.uniform() })
    }
    var now: Int64 = 0
    for _ in 0..<1 + random.below(12) {
      now += Int64(random.below(3600))
      let pin = random.below(4) == 0 ? Int32(random.below(gpus.count)) : -1
      let most = pin >= 0 ? gpus[Int(pin)] : gpus.max()!
      jobs.append(
        Job(
          submit: .seconds(now), gpus: Int32(1 + random.below(Int(most))),
          work: .seconds(Int64(60 + random.below(9000))),
          pin: pin))
    }
  }

  func problem(_ unit: [[Double]]) -> BoundProblem {
    BoundProblem(
      sites: gpus.indices.map { .init(gpus: Double(gpus[$0]), speed: speeds[$0], unitCost: unit[$0]) },
      jobs: jobs.map {
        .init(
          submit: $0.submit.seconds / 3600, gpus: Double($0.gpus), work: $0.work.seconds / 3600,
          site: $0.pin >= 0 ? Int($0.pin) : nil)
      })
  }

  struct Outcome {
    var usd = 0.0
    var carbon = 0.0
    var meanCompletion = 0.0
  }

  private struct AtPace: RunTimeModel {
    var speeds: [Double]
    func runTime(of job: QueuedJob, on pieces: [Piece]) -> Time {
      .seconds(job.estimate.seconds / (pieces.map { speeds[Int($0.site)] }.min() ?? 1))
    }
  }

  private struct Prices: HorizonEnergy {
    var small: SmallCase
    func energy(site: Int, from: Time, to: Time) -> (usd: Double, kilograms: Double) {
      (small.sum(small.usd, site, from, to), small.sum(small.carbon, site, from, to))
    }
  }

  private func sum(_ unit: [[Double]], _ site: Int, _ from: Time, _ to: Time) -> Double {
    var sum = 0.0
    var at = from.seconds / 3600
    let end = to.seconds / 3600
    while at < end {
      let next = min(end, at.rounded(.down) + 1)
      sum += (next - at) * unit[site][min(SmallCase.hours - 1, Int(at))]
      at = next
    }
    return sum
  }

  /// Follows a policy from event to event. Preemption costs nothing here: that can only help the policy.
  func follow(_ spec: String) throws -> Outcome {
    let source = try PolicySource(parsing: spec)
    var outcome = Outcome()
    let sites = gpus.indices.map { SiteState(name: "s\($0)", nodeSize: [gpus[$0]], speed: speeds[$0]) }
    let none = [[Time]](repeating: [Time](repeating: .zero, count: sites.count), count: sites.count)
    let rates = [[BitRate]](repeating: [BitRate](repeating: .unlimited, count: sites.count), count: sites.count)
    var view = FleetView(
      now: .zero, queue: [], running: [], sites: sites, oneWayDelay: none, residual: rates, capacity: rates)
    var left = jobs.map(\.work)
    var next = 0
    var look = Time.never
    func stop(_ index: Int) -> RunningJob {
      let job = view.running.remove(at: index)
      let piece = job.pieces[0]
      view.sites[Int(piece.site)].give(piece)
      let gpus = Double(job.gpus)
      outcome.usd += gpus * sum(usd, Int(piece.site), job.start, view.now)
      outcome.carbon += gpus * sum(carbon, Int(piece.site), job.start, view.now)
      return job
    }
    func enqueue(_ id: Int) {
      let place = view.queue.firstIndex { $0.job > Int32(id) } ?? view.queue.count
      view.queue.insert(
        QueuedJob(
          job: Int32(id), submit: jobs[id].submit, gpus: jobs[id].gpus, estimate: left[id], pin: jobs[id].pin),
        at: place)
    }
    while next < jobs.count || !view.queue.isEmpty || !view.running.isEmpty {
      let arrival = next < jobs.count ? jobs[next].submit : .never
      view.now = min(arrival, look, view.running.map(\.expectedEnd).min() ?? .never)
      guard view.now < .never else { throw Stuck() }
      while let index = view.running.firstIndex(where: { $0.expectedEnd <= view.now }) {
        let id = Int(stop(index).job)
        outcome.meanCompletion += (view.now - jobs[id].submit).seconds / 3600 / Double(jobs.count)
      }
      while next < jobs.count, jobs[next].submit <= view.now {
        enqueue(next)
        next += 1
      }
      for site in sites.indices {
        let hour = min(SmallCase.hours - 1, Int(view.now.seconds / 3600))
        view.sites[site].usdPerGPUHour = usd[site][hour]
        view.sites[site].carbonPerGPUHour = carbon[site][hour]
      }
      var answer: PolicyAnswer
      switch source {
      case .composed(let spec):
        answer = PolicyAnswer(decisions: ComposedPolicy(spec).decide(view, model: AtPace(speeds: speeds)))
      case .milp(let settings):
        answer =
          view.queue.isEmpty
          ? PolicyAnswer()
          : try RollingHorizonPolicy(settings).decide(view, model: AtPace(speeds: speeds), outlook: Prices(small: self))
      default: throw Stuck()
      }
      try checkDecisions(answer.decisions, against: view)
      var preempted = false
      for decision in answer.decisions {
        switch decision {
        case .start(let id, let pieces):
          let place = view.queue.firstIndex { $0.job == id }!
          let job = view.queue.remove(at: place)
          view.sites[Int(pieces[0].site)].take(pieces[0])
          let end = view.now + .seconds(left[Int(id)].seconds / speeds[Int(pieces[0].site)])
          view.running.append(
            RunningJob(
              job: id, submit: job.submit, gpus: job.gpus, pieces: pieces, start: view.now, expectedEnd: end,
              work: job.estimate))
        case .preempt(let id):
          let job = stop(view.running.firstIndex { $0.job == id }!)
          let done = (view.now - job.start).seconds * speeds[Int(job.pieces[0].site)]
          left[Int(id)] = max(.tick, left[Int(id)] - .seconds(done))
          enqueue(Int(id))
          preempted = true
        case .retune: throw Stuck()
        }
      }
      if case .composed(let spec) = source { answer.look = ComposedPolicy(spec).nextLook(view) }
      look = preempted ? view.now : answer.look
    }
    return outcome
  }

  struct Stuck: Error {}
}

struct PolicyBoundTests {
  private static let policies = [
    "fifo@first-fit", "sjf-skip@cheapest-energy", "fifo+easy@carbon-greedy", "srtf-skip@most-free",
  ]

  /// A thousand instances, each under two policies: none of them below the bound of completion time, of cost or of carbon,
  /// neither without a limit nor at the completion time that it reaches itself.
  @Test func noPolicyGoesBelow() throws {
    var nearest = (mean: Double.infinity, carbon: Double.infinity)
    for seed in 0..<1000 {
      let small = SmallCase(seed: seed)
      let (usd, carbon) = (small.problem(small.usd), small.problem(small.carbon))
      let least = (mean: completionBound(usd), usd: try costBound(usd), carbon: try costBound(carbon))
      for offset in 0..<2 {
        let policy = PolicyBoundTests.policies[(seed + offset * 2 + seed / 4) % 4]
        let found = try small.follow(policy)
        let what = "seed \(seed), \(policy)"
        #expect(found.meanCompletion >= least.mean - 1e-9, "\(what)")
        #expect(found.usd >= least.usd - 1e-7, "\(what)")
        #expect(found.carbon >= least.carbon - 1e-7, "\(what)")
        if seed % 4 == 0 {
          let hasty = try costBound(carbon, meanCompletion: found.meanCompletion * (1 + 1e-7))
          #expect(found.carbon >= hasty - 1e-7 && hasty >= least.carbon - 1e-7, "\(what)")
          nearest.carbon = min(nearest.carbon, found.carbon / hasty)
          #expect(
            found.usd >= (try costBound(usd, meanCompletion: found.meanCompletion * (1 + 1e-7))) - 1e-7, "\(what)")
        }
        nearest.mean = min(nearest.mean, found.meanCompletion / least.mean)
      }
    }
    print("nearest to the bounds: mean completion x \(nearest.mean), carbon at that completion x \(nearest.carbon)")
    // The bounds are worth something: somewhere a policy comes near.
    #expect(nearest.mean < 1 + 1e-9 && nearest.carbon < 1.1)
  }

  /// The rolling horizon, which plans with the prices themselves, neither.
  @Test func neitherDoesTheRollingHorizon() throws {
    for seed in 0..<60 {
      let small = SmallCase(seed: seed)
      let found = try small.follow("milp(slot=30min,slots=8,jobs=5,time=0.3,carbon=0.5)")
      #expect(found.meanCompletion >= completionBound(small.problem(small.usd)) - 1e-9, "seed \(seed)")
      #expect(found.usd >= (try costBound(small.problem(small.usd))) - 1e-7, "seed \(seed)")
      #expect(found.carbon >= (try costBound(small.problem(small.carbon))) - 1e-7, "seed \(seed)")
    }
  }
}

/// Every schedule of whole hours of tiny instances.
struct ExhaustiveBoundTests {
  private struct Tiny {
    var sites: [BoundProblem.Site] = []
    var jobs: [BoundProblem.Job] = []
    static let hours = 8

    init(seed: Int, alike: Bool = false) {
      var random = RandomStream(seed: UInt64(seed), name: "exhaustive-bounds")
      for _ in 0..<(alike ? 1 : 1 + random.below(2)) {
        sites.append(
          BoundProblem.Site(
            gpus: alike ? 1 : Double(1 + random.below(3)), speed: 1,
            unitCost: (0..<Tiny.hours).map { _ in Double(random.below(9)) }))
      }
      let most = Int(sites.map(\.gpus).max()!)
      for _ in 0..<1 + random.below(3) {
        jobs.append(
          BoundProblem.Job(
            submit: alike ? 0 : Double(random.below(3)), gpus: Double(1 + random.below(most)),
            work: Double(1 + random.below(2))))
      }
    }

    /// Calls `found` with cost and mean completion of every schedule without preemption whose starts are whole hours.
    func schedules(_ found: (Double, Double) throws -> Void) rethrows {
      var free = sites.map { [Double](repeating: $0.gpus, count: Tiny.hours) }
      func place(_ index: Int, _ cost: Double, _ sum: Double) throws {
        guard index < jobs.count else {
          try found(cost, sum / Double(jobs.count))
          return
        }
        let job = jobs[index]
        for site in sites.indices where sites[site].gpus >= job.gpus {
          for start in Int(job.submit)...(Tiny.hours - Int(job.work)) {
            let held = start..<start + Int(job.work)
            guard held.allSatisfy({ free[site][$0] >= job.gpus }) else { continue }
            for hour in held { free[site][hour] -= job.gpus }
            let price = held.reduce(0.0) { $0 + sites[site].unitCost[$1] * job.gpus }
            try place(index + 1, cost + price, sum + Double(held.upperBound) - job.submit)
            for hour in held { free[site][hour] += job.gpus }
          }
        }
      }
      try place(0, 0, 0)
    }
  }

  @Test func neverBelow() throws {
    var equal = 0
    for seed in 0..<150 {
      let tiny = Tiny(seed: seed)
      let problem = BoundProblem(sites: tiny.sites, jobs: tiny.jobs)
      var leastMean = Double.infinity
      // The least cost of each mean completion time.
      var leastCost: [Double: Double] = [:]
      tiny.schedules { cost, mean in
        leastMean = min(leastMean, mean)
        leastCost[mean] = min(leastCost[mean] ?? .infinity, cost)
      }
      guard leastMean < .infinity else { continue }
      let bound = completionBound(problem)
      #expect(leastMean >= bound - 1e-9, "seed \(seed)")
      if leastMean < bound + 1e-9 { equal += 1 }
      let free = try costBound(problem)
      for mean in leastCost.keys.sorted() {
        #expect(leastCost[mean]! >= free - 1e-7, "seed \(seed)")
        #expect(
          leastCost[mean]! >= (try costBound(problem, meanCompletion: mean * (1 + 1e-9))) - 1e-7,
          "seed \(seed), \(mean)")
      }
    }
    #expect(equal > 20)
  }

  /// On one GPU with all jobs there from the start no schedule loses to a preemptive or a fractional one: shortest first
  /// is best, and the bound is it.
  @Test func equalWhereTheRelaxationIsWhole() throws {
    for seed in 0..<50 {
      let tiny = Tiny(seed: seed, alike: true)
      var leastMean = Double.infinity
      tiny.schedules { _, mean in leastMean = min(leastMean, mean) }
      let bound = completionBound(BoundProblem(sites: tiny.sites, jobs: tiny.jobs))
      #expect(abs(bound - leastMean) < 1e-9, "seed \(seed)")
    }
  }
}
