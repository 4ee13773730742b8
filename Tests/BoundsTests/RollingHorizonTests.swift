// SPDX-License-Identifier: Apache-2.0

import Bounds
import Quantities
import Scheduling
import Simulation
import Testing

/// The programme of slots against trying everything.
struct SlotProgramTests {
  private func instance(seed: Int) -> SlotProgram {
    var random = RandomStream(seed: UInt64(seed), name: "slot-program")
    let slots = 2 + random.below(3)
    let sites = 1 + random.below(2)
    let free = (0..<sites).map { _ in
      // Running jobs end: what is free only grows.
      var level = random.below(3)
      return (0..<slots).map { _ in
        level += random.below(2)
        return Double(level)
      }
    }
    let jobs = (0..<1 + random.below(4)).map { _ in
      let options = (0..<sites).filter { _ in random.below(4) > 0 }.map { site in
        SlotProgram.Option(
          site: site, slots: 1 + random.below(3), costs: (0..<slots).map { _ in Double(random.below(50)) })
      }
      return SlotProgram.Job(
        gpus: Double(1 + random.below(3)), options: options, deferred: Double(20 + random.below(60)))
    }
    return SlotProgram(free: free, jobs: jobs)
  }

  /// The least cost of all ways to start the jobs from `index` on, by recursion over every start of each.
  private func search(_ program: SlotProgram, _ index: Int, _ free: inout [[Double]]) -> Double {
    guard index < program.jobs.count else { return 0 }
    let job = program.jobs[index]
    var best = job.deferred + search(program, index + 1, &free)
    for option in job.options {
      for slot in option.costs.indices {
        let held = slot..<min(free[option.site].count, slot + option.slots)
        guard held.allSatisfy({ free[option.site][$0] >= job.gpus }) else { continue }
        for step in held { free[option.site][step] -= job.gpus }
        best = min(best, option.costs[slot] + search(program, index + 1, &free))
        for step in held { free[option.site][step] += job.gpus }
      }
    }
    return best
  }

  @Test func equalsExhaustiveSearch() throws {
    var deferred = 0
    var later = 0
    for seed in 0..<300 {
      let program = instance(seed: seed)
      let (starts, cost) = try program.solve()
      var free = program.free
      #expect(abs(cost - search(program, 0, &free)) < 1e-6, "seed \(seed)")
      // What it says it does is possible, and costs what it says.
      var sum = 0.0
      for (job, start) in zip(program.jobs, starts) {
        guard let start else {
          sum += job.deferred
          deferred += 1
          continue
        }
        if start.slot > 0 { later += 1 }
        let option = try #require(job.options.first { $0.site == start.site })
        sum += option.costs[start.slot]
        for step in start.slot..<min(program.free[0].count, start.slot + option.slots) {
          free[start.site][step] -= job.gpus
        }
      }
      #expect(abs(sum - cost) < 1e-6, "seed \(seed)")
      #expect(free.allSatisfy { $0.allSatisfy { $0 >= 0 } }, "seed \(seed)")
    }
    #expect(deferred > 20 && later > 20, "the instances exercise waiting")
  }
}

/// Decisions of `milp` on cases worked out by hand.
struct RollingHorizonPolicyTests {
  /// By site, USD per GPU-hour in each hour from now on.
  private struct Prices: HorizonEnergy {
    var usd: [[Double]]
    func energy(site: Int, from: Time, to: Time) -> (usd: Double, kilograms: Double) {
      var sum = 0.0
      for (hour, price) in usd[site].enumerated() {
        let begin = max(from.seconds, Double(hour) * 3600)
        let end = min(to.seconds, hour == usd[site].count - 1 ? .infinity : Double(hour + 1) * 3600)
        sum += max(0, end - begin) / 3600 * price
      }
      return (sum, sum)
    }
  }

  private struct AtPace: RunTimeModel {
    func runTime(of job: QueuedJob, on pieces: [Piece]) -> Time { job.estimate }
  }

  private func decide(
    _ spec: String, _ jobs: [QueuedJob], free: [Int32] = [4, 4], running: [RunningJob] = [], _ usd: [[Double]]
  ) throws -> PolicyAnswer {
    guard case .milp(let settings) = try PolicySource(parsing: spec) else { return PolicyAnswer() }
    let sites = free.enumerated().map { SiteState(name: "s\($0)", nodeSize: [4], nodeFree: [$1]) }
    let view = FleetView(
      now: .zero, queue: jobs, running: running, sites: sites, oneWayDelay: [], residual: [], capacity: [])
    return try RollingHorizonPolicy(settings).decide(view, model: AtPace(), outlook: Prices(usd: usd))
  }

  private func job(_ id: Int32, gpus: Int32 = 4, hours: Int64 = 1) -> QueuedJob {
    QueuedJob(job: id, submit: .zero, gpus: gpus, estimate: .seconds(3600 * hours))
  }

  private func piece(_ site: Int32, _ gpus: Int32 = 4) -> [Piece] {
    [Piece(site: site, gpus: gpus, nodes: [NodeShare(node: 0, gpus: gpus)])]
  }

  /// Power costs 3 now and 1 in two hours at s0, 2.6 at s1. Four GPUs for an hour: waiting saves 8 USD against s0 now
  /// and 6.4 against s1 now. At 2 USD an hour of completion time it is worth two hours; at 4 it is not.
  @Test func waitsWhereWaitingPays() throws {
    let usd = [[3.0, 3, 1], [2.6, 2.6, 2.6]]
    let patient = try decide("milp(slot=1h,slots=4,time=2)", [job(0)], usd)
    #expect(patient == PolicyAnswer(look: .seconds(7200)))
    let hasty = try decide("milp(slot=1h,slots=4,time=4)", [job(0)], usd)
    #expect(hasty == PolicyAnswer(decisions: [.start(job: 0, pieces: piece(1))]))
  }

  /// Two jobs want the one cheap site; the long one gains more from it. It goes there now, and the short one, for which
  /// an hour is dearer than the difference, to the other.
  @Test func theCheapSiteGoesToWhoGainsMost() throws {
    let answer = try decide("milp(slot=1h,slots=4,time=6)", [job(0, hours: 1), job(1, hours: 3)], [[2], [1]])
    #expect(
      answer.decisions == [.start(job: 0, pieces: piece(0)), .start(job: 1, pieces: piece(1))]
        && answer.look == .never)
  }

  /// s0 is held for an hour and a half more, so free from slot 2 on; the job waits for it and is looked at again then.
  @Test func waitsForWhatRuns() throws {
    let busy = RunningJob(
      job: 0, submit: .zero, gpus: 4, pieces: piece(0), start: .zero, expectedEnd: .seconds(5400))
    let answer = try decide("milp(slot=1h,slots=4)", [job(1)], free: [0, 0], running: [busy], [[1], [1]])
    #expect(answer == PolicyAnswer(look: .seconds(7200)))
    // One that is late is taken to end in this slot.
    var late = busy
    late.expectedEnd = .zero
    #expect(
      try decide("milp(slot=1h,slots=4)", [job(1)], free: [0, 0], running: [late], [[1], [1]]).look == .seconds(3600))
  }

  /// Where all is alike, nobody waits: ties go to the earlier slot and the first site.
  @Test func tiesAreNotWaitedFor() throws {
    let answer = try decide("milp(slot=1h,slots=4,time=0)", [job(0)], [[1], [1]])
    #expect(answer == PolicyAnswer(decisions: [.start(job: 0, pieces: piece(0))]))
  }

  /// A job that no site can hold is spread when it is first, and jobs without GPUs wait for nothing.
  @Test func whatMustBeSplitIs() throws {
    var large = job(0, gpus: 6)
    large.splittable = true
    let answer = try decide("milp(slot=1h)", [large, job(1, gpus: 0)], [[1], [1]])
    #expect(answer.decisions.count == 2)
    #expect(answer.decisions.contains(.start(job: 0, pieces: piece(0) + piece(1, 2))))
  }
}
