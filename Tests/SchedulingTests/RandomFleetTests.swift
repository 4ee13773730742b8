// SPDX-License-Identifier: Apache-2.0

import Quantities
import Scheduling
import Simulation
import Testing

/// Small random fleets and traces; a failure names its seed.
struct RandomFleetTests {
  private struct Instance {
    var sites: [SiteState] = []
    var delays: [[Time]] = []
    var jobs: [TestJob] = []

    init(seed: Int, sites count: Int? = nil, plain: Bool = false) {
      var random = RandomStream(seed: UInt64(seed), name: "scheduling-tests")
      let siteCount = count ?? 1 + random.below(4)
      for index in 0..<siteCount {
        let size = plain ? 1 : [1, 2, 4, 8][random.below(4)]
        sites.append(
          site("s\(index)", nodes: 1 + random.below(plain ? 12 : 5), of: Int32(size), usd: random.uniform() - 0.2))
      }
      delays = (0..<siteCount).map { from in
        (0..<siteCount).map { to in from == to ? .zero : .microseconds(Int64(abs(from - to) * 1000)) }
      }
      var submit: Int64 = 0
      for _ in 0..<60 {
        submit += Int64(random.below(25))
        var job = TestJob(submit, Int32(1 + random.below(12)), Int64(random.below(120)))
        if !plain {
          if random.below(12) == 0 { job.gpus = 0 }
          job.estimate = random.below(3) == 0 ? Int64(random.below(200)) : nil
          job.splittable = random.below(3) == 0
          job.dataHome = Int32(random.below(siteCount + 1)) - 1
          if random.below(5) == 0 { job.pin = Int32(random.below(siteCount)) }
          job.user = Int32(random.below(4)) - 1
          if random.below(3) == 0 { job.deadline = submit + Int64(random.below(500)) }
        }
        jobs.append(job)
      }
    }

    /// Leaves out what the policy says can never run.
    mutating func keepWhatCanRun(under policy: ComposedPolicy) {
      let sites = sites
      jobs = jobs.filter { job in
        policy.canEverRun(
          QueuedJob(
            job: 0, submit: .zero, gpus: job.gpus, estimate: .zero, pin: job.pin, splittable: job.splittable,
            dataHome: job.dataHome),
          sites: sites) == nil
      }
    }
  }

  /// Every job ends, whatever the policy; every decision can be carried out and no GPU is ever given twice (both
  /// checked by the replay at each step); a preempted job has run in full all the same.
  @Test func allJobsEndUnderEveryPolicy() throws {
    let parts = PolicyCatalogue.parts(of: .order)
    // Long quanta for jobs of a minute or two would never end.
    let short = ["las", "gittins", "themis", "max-min"]
    let orders =
      parts.map(\.name).filter { name in !short.contains { name.hasPrefix($0) } }
      + [
        "las(first=20,second=60,third=300)", "las-skip(first=10,second=100,third=200)", "gittins(quantum=50)",
        "gittins-skip(quantum=20)", "themis(lease=30s)", "themis-skip(lease=7s)", "max-min(round=20s)",
        "max-min-skip(round=11s)", "fifo+easy", "sjf+easy", "fifo+conservative", "wfp3+conservative(depth=3)",
      ]
    let placements = PolicyCatalogue.parts(of: .placement).map(\.name)
    #expect(orders.count >= 32 && placements.count >= 16)
    for seed in 0..<600 {
      var instance = Instance(seed: seed)
      let spec = "\(orders[seed % orders.count])@\(placements[seed / orders.count % placements.count])"
      instance.keepWhatCanRun(under: ComposedPolicy(try PolicySpec(parsing: spec)))
      let jobs = instance.jobs
      do {
        let replay = try Replay(jobs, on: instance.sites, policy: spec, delays: instance.delays)
        for (job, outcome) in zip(jobs, replay.outcomes) {
          try #require(outcome.start >= job.submit && outcome.end >= outcome.start + job.duration, "\(spec)")
          try #require(outcome.preemptions > 0 || outcome.end == outcome.start + job.duration, "\(spec)")
        }
      } catch {
        Issue.record("seed \(seed), \(spec): \(error)")
      }
    }
  }

  /// With exact estimates on one site the head starts no later than the instant first reserved for it, which is
  /// worked out here from the running jobs alone.
  @Test func easyKeepsItsPromise() throws {
    var promises = 0
    for seed in 0..<200 {
      var instance = Instance(seed: seed, sites: 1, plain: true)
      instance.keepWhatCanRun(under: ComposedPolicy(try PolicySpec(parsing: "fifo+easy")))
      var promised: [Int32: Time] = [:]
      let replay = try Replay(
        instance.jobs, on: instance.sites, policy: "fifo+easy",
        watch: { view in
          guard let head = view.queue.first, promised[head.job] == nil else { return }
          var free = view.sites[0].free
          for job in view.running.sorted(by: { $0.expectedEnd < $1.expectedEnd }) where free < head.gpus {
            free += job.gpus
            promised[head.job] = job.expectedEnd
          }
        })
      promises += promised.count
      for (job, instant) in promised {
        #expect(.seconds(replay.outcomes[Int(job)].start) <= instant, "seed \(seed), job \(job)")
      }
    }
    #expect(promises > 1000)
  }

  /// On one pool the jobs that run under `srtf-skip` are, whenever decisions have come to rest, those that a greedy
  /// choice by remaining time finds.
  @Test func srtfRunsTheGreedyChoice() throws {
    for seed in 0..<100 {
      var instance = Instance(seed: seed, sites: 1, plain: true)
      instance.keepWhatCanRun(under: ComposedPolicy(try PolicySpec(parsing: "srtf-skip")))
      _ = try Replay(
        instance.jobs, on: instance.sites, policy: "srtf-skip",
        watch: { view in
          var all = view.running.map { (left: $0.expectedEnd - view.now, queued: 0, job: $0.job, gpus: $0.gpus) }
          all += view.queue.map { (left: $0.estimate, queued: 1, job: $0.job, gpus: $0.gpus) }
          all.sort { ($0.left, $0.queued, $0.job) < ($1.left, $1.queued, $1.job) }
          var free = view.sites[0].total
          var chosen: [Int32] = []
          for job in all where job.gpus <= free {
            free -= job.gpus
            chosen.append(job.job)
          }
          try #require(chosen.sorted() == view.running.map(\.job).sorted(), "seed \(seed), \(view.now.seconds) s")
        })
    }
  }
}
