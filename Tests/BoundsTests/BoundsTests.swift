// SPDX-License-Identifier: Apache-2.0

import Bounds
import Simulation
import Testing

private typealias Site = BoundProblem.Site
private typealias Job = BoundProblem.Job

struct LinearProgramTests {
  @Test func aTextbookProgramme() throws {
    // Dantzig's: maximise 3x + 5y with x <= 4, 2y <= 12, 3x + 2y <= 18: 36 at (2, 6).
    var program = LinearProgram()
    let rows = [4.0, 12, 18].map { program.addRow(upper: $0) }
    let x = program.addColumn(cost: -3, entries: [(rows[0], 1), (rows[2], 3)])
    let y = program.addColumn(cost: -5, entries: [(rows[1], 2), (rows[2], 2)])
    let solution = try program.solve()
    #expect(abs(solution.objective + 36) < 1e-9)
    #expect(abs(solution.values[x] - 2) < 1e-9 && abs(solution.values[y] - 6) < 1e-9)
  }

  @Test func wholeNumbersCost() throws {
    // Knapsack of 10: weights 6, 5, 5, values 8, 5, 5. Fractions take 8 + 4 x 1 = 12, whole numbers 10.
    func best(whole: Bool) throws -> Double {
      var program = LinearProgram()
      let weight = program.addRow(upper: 10)
      for (w, value) in [(6.0, 8.0), (5, 5), (5, 5)] {
        _ = program.addColumn(cost: -value, upper: 1, isWhole: whole, entries: [(weight, w)])
      }
      return -(try program.solve().objective)
    }
    #expect(abs(try best(whole: false) - 12) < 1e-9)
    #expect(abs(try best(whole: true) - 10) < 1e-9)
  }

  @Test func saysWhyThereIsNoAnswer() {
    var impossible = LinearProgram()
    let row = impossible.addRow(lower: 3)
    _ = impossible.addColumn(cost: 1, upper: 2, entries: [(row, 1)])
    #expect(throws: ProgramError.infeasible) { try impossible.solve() }
    var endless = LinearProgram()
    let other = endless.addRow(lower: 0)
    _ = endless.addColumn(cost: -1, entries: [(other, 1)])
    #expect(throws: ProgramError.unbounded) { try endless.solve() }
  }
}

struct CompletionBoundTests {
  private func bound(_ jobs: [Job], gpus: Double = 1, speed: Double = 1) -> Double {
    completionBound(BoundProblem(sites: [Site(gpus: gpus, speed: speed, unitCost: [])], jobs: jobs))
  }

  @Test func oneGPUIsSRPT() {
    // 4 h from 0, 1 h from 1: SRPT ends them at 5 and 2, (5 + 1) / 2.
    #expect(abs(bound([Job(submit: 0, gpus: 1, work: 4), Job(submit: 1, gpus: 1, work: 1)]) - 3) < 1e-12)
  }

  @Test func aloneItIsTheRunTime() {
    // Ten GPUs for a job of one: it cannot run faster than alone. Twice the speed halves it.
    #expect(abs(bound([Job(submit: 3, gpus: 1, work: 4)], gpus: 10) - 4) < 1e-12)
    #expect(abs(bound([Job(submit: 3, gpus: 1, work: 4)], gpus: 10, speed: 2) - 2) < 1e-12)
  }

  @Test func meanBusyTimesTightenIt() {
    // Two GPUs, three jobs of one GPU and 2 h at once. Best is 2, 2 and 4 h: 8/3. One machine of two GPUs would end
    // them at 1, 2 and 3: 2. Mean busy times there are 0.5, 1.5 and 2.5, and half a run on top is 1.5, 2.5, 3.5: 7.5/3.
    let jobs = Array(repeating: Job(submit: 0, gpus: 1, work: 2), count: 3)
    #expect(abs(bound(jobs, gpus: 2) - 2.5) < 1e-12)
  }
}

struct CostBoundTests {
  @Test func theCheapestHoursOfTheCheapestSite() throws {
    // One job of 2 GPUs and 2 h, from hour 1 on. a costs 5, 1, 4, 1; b 2 throughout, and has one GPU. Of the four
    // GPU-hours two go to a's hour 3... and two to its hour 1, at 1 each.
    let sites = [
      Site(gpus: 2, speed: 1, unitCost: [5, 1, 4, 1]), Site(gpus: 1, speed: 1, unitCost: [2, 2, 2, 2]),
    ]
    let problem = BoundProblem(sites: sites, jobs: [Job(submit: 1, gpus: 2, work: 2)])
    #expect(abs(try costBound(problem) - 4) < 1e-9)
    // Pinned to b it needs four hours of its one GPU, and there are three left.
    let pinned = BoundProblem(sites: sites, jobs: [Job(submit: 1, gpus: 2, work: 2, site: 1)])
    #expect(throws: ProgramError.infeasible) { try costBound(pinned) }
    // From hour 0 on it fits: 4 x 2.
    let early = BoundProblem(sites: sites, jobs: [Job(submit: 0, gpus: 2, work: 2, site: 1)])
    #expect(abs(try costBound(early) - 8) < 1e-9)
  }

  @Test func fasterGPUsPayForLessTime() throws {
    let sites = [Site(gpus: 1, speed: 2, unitCost: [3, 3]), Site(gpus: 1, speed: 1, unitCost: [2, 2])]
    let problem = BoundProblem(sites: sites, jobs: [Job(submit: 0, gpus: 1, work: 1)])
    // Half an hour at 3 is less than an hour at 2.
    #expect(abs(try costBound(problem) - 1.5) < 1e-9)
  }

  @Test func negativePricesAreFilled() throws {
    let problem = BoundProblem(
      sites: [Site(gpus: 4, speed: 1, unitCost: [-1, 1])], jobs: [Job(submit: 0, gpus: 1, work: 1)])
    // Its own hour of work earns 1. Holding the GPU longer may earn more in reality, up to all four.
    let bound = try costBound(problem)
    #expect(bound <= -1 + 1e-9 && bound >= -4 - 1e-9)
  }

  @Test func haste() throws {
    // An hour of work; now costs 10, hour 5 costs 1. Ending within 1 h in the mean leaves no choice; each hour of
    // patience moves a fifth of the work (the mean busy time may rise by 1 of 5 hours).
    let problem = BoundProblem(
      sites: [Site(gpus: 1, speed: 1, unitCost: [10, 10, 10, 10, 10, 1])], jobs: [Job(submit: 0, gpus: 1, work: 1)])
    #expect(abs(try costBound(problem) - 1) < 1e-9)
    #expect(abs(try costBound(problem, meanCompletion: 6) - 1) < 1e-9)
    // A limit of 1 h is that of running at once.
    #expect(abs(try costBound(problem, meanCompletion: 1) - 10) < 1e-9)
    #expect(abs(try costBound(problem, meanCompletion: 3) - (10 - 9 * 0.5)) < 1e-9)
    #expect(throws: ProgramError.infeasible) { try costBound(problem, meanCompletion: 0.4) }
  }
}

/// Small random instances; a failure names its seed.
struct RandomBoundTests {
  private struct Instance {
    var problem: BoundProblem
    var random: RandomStream

    init(seed: Int, unit: Bool = false) {
      var random = RandomStream(seed: UInt64(seed), name: "bounds-tests")
      let hours = unit ? 6 : 60
      let sites = (0..<1 + random.below(3)).map { index in
        var stream = random.child(index)
        return Site(
          gpus: Double(1 + stream.below(unit ? 2 : 6)), speed: unit ? 1 : [0.5, 1, 2][stream.below(3)],
          unitCost: (0..<hours).map { _ in unit ? Double(stream.below(9)) : stream.uniform() * 3 - 0.2 })
      }
      let largest = sites.map(\.gpus).max()!
      let count = unit ? 1 + random.below(4) : 1 + random.below(12)
      var jobs: [Job] = []
      for _ in 0..<count {
        let pin = !unit && random.below(4) == 0 ? random.below(sites.count) : nil
        let most = pin.map { sites[$0].gpus } ?? largest
        jobs.append(
          Job(
            submit: unit ? Double(random.below(3)) : random.uniform() * 10,
            gpus: unit ? 1 : Double(1 + random.below(Int(most))), work: unit ? 1 : 0.1 + random.uniform() * 3,
            site: pin))
      }
      problem = BoundProblem(sites: sites, jobs: jobs)
      self.random = random
    }
  }

  /// A policy without sense: jobs in a random order start at a random site that holds them, at a random instant at
  /// which it has room, and run through. Returns its cost and its mean completion time, or nil if the horizon ends.
  private func schedule(_ problem: BoundProblem, _ random: inout RandomStream) -> (cost: Double, mean: Double)? {
    var order = Array(problem.jobs.indices)
    for last in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(last, random.below(last + 1)) }
    var stays: [(site: Int, gpus: Double, from: Double, to: Double)] = []
    var cost = 0.0
    var sum = 0.0
    for index in order {
      let job = problem.jobs[index]
      let able = problem.sites.indices.filter { (job.site ?? $0) == $0 && problem.sites[$0].gpus >= job.gpus }
      let site = able[random.below(able.count)]
      let length = job.work / problem.sites[site].speed
      // It has room when some stay ends, or at once, or after some waiting.
      let patience = random.below(2) == 0 ? 0 : random.uniform() * 12
      let instants = ([job.submit + patience] + stays.map(\.to)).filter { $0 >= job.submit + patience }.sorted()
      let start = instants.first { start in
        // What is held only rises where stays begin.
        let looks = [start] + stays.map(\.from).filter { $0 > start && $0 < start + length }
        return looks.allSatisfy { look in
          let held = stays.reduce(0.0) { $1.site == site && $1.from <= look && $1.to > look ? $0 + $1.gpus : $0 }
          return held + job.gpus <= problem.sites[site].gpus
        }
      }
      guard let start, start + length <= Double(problem.sites[0].unitCost.count) else { return nil }
      stays.append((site, job.gpus, start, start + length))
      sum += start + length - job.submit
      var from = start
      while from < start + length {
        let to = min(start + length, from.rounded(.down) + 1)
        cost += (to - from) * job.gpus * problem.sites[site].unitCost[Int(from)]
        from = to
      }
    }
    return (cost, sum / Double(problem.jobs.count))
  }

  @Test func noScheduleGoesBelow() throws {
    var checked = 0
    var nearest = Double.infinity
    for seed in 0..<1000 {
      var instance = Instance(seed: seed)
      let completion = completionBound(instance.problem)
      let least = try costBound(instance.problem)
      for _ in 0..<2 {
        guard let found = schedule(instance.problem, &instance.random) else { continue }
        checked += 1
        #expect(found.mean >= completion - 1e-9, "seed \(seed)")
        #expect(found.cost >= least - 1e-7, "seed \(seed)")
        let hasty = try costBound(instance.problem, meanCompletion: found.mean * (1 + 1e-7))
        #expect(found.cost >= hasty - 1e-7, "seed \(seed)")
        #expect(hasty >= least - 1e-7, "seed \(seed)")
        nearest = min(nearest, found.mean / completion)
      }
    }
    #expect(checked > 1200)
    // Somewhere chance finds the best that is possible.
    #expect(nearest < 1 + 1e-9)
  }

  /// Jobs of one GPU and one hour that arrive on the hour: the programme is a transportation problem, whose corners are
  /// whole, so it must find what trying everything finds.
  @Test func equalsExhaustiveSearchWhereCornersAreWhole() throws {
    for seed in 0..<200 {
      let problem = Instance(seed: seed, unit: true).problem
      var best = Double.infinity
      var used = problem.sites.map { site in [Double](repeating: 0, count: site.unitCost.count) }
      func place(_ job: Int, _ cost: Double) {
        guard job < problem.jobs.count else {
          best = min(best, cost)
          return
        }
        for site in problem.sites.indices {
          for hour in Int(problem.jobs[job].submit)..<6 where used[site][hour] < problem.sites[site].gpus {
            used[site][hour] += 1
            place(job + 1, cost + problem.sites[site].unitCost[hour])
            used[site][hour] -= 1
          }
        }
      }
      place(0, 0)
      #expect(abs(try costBound(problem) - best) < 1e-7, "seed \(seed)")
    }
  }
}
