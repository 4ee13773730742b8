// SPDX-License-Identifier: Apache-2.0

import Quantities
import Scheduling
import Testing

/// Where one queued job goes; the run takes its estimate over the speed of the site.
private func chosen(_ job: QueuedJob, _ spec: String, _ view: FleetView) throws -> Int32? {
  var view = view
  view.queue = [job]
  let decisions = ComposedPolicy(try PolicySpec(parsing: spec)).decide(
    view, model: SpeedModel(speeds: view.sites.map(\.speed)))
  try checkDecisions(decisions, against: view)
  guard case .start(_, let pieces)? = decisions.first else { return nil }
  return pieces[0].site
}

private func hourJob(_ id: Int32 = 0, home: Int32 = -1, bytes: Int64 = 0) -> QueuedJob {
  QueuedJob(job: id, submit: .zero, gpus: 1, estimate: .hour, dataHome: home, stagedBytes: bytes)
}

struct MorePlacementsTests {
  let three = [site("a", nodes: 4), site("b", nodes: 4), site("c", nodes: 4)]

  @Test func localOnlyWaitsForItsHome() throws {
    // 1 waits for a although b is free; strict service lets 2, at home on b, wait with it.
    let jobs = [TestJob(0, 4, 50, dataHome: 0), TestJob(1, 2, 10, dataHome: 0), TestJob(1, 2, 10, dataHome: 1)]
    #expect(try Replay(jobs, on: three, policy: "fifo@local-only").outcomes.map(\.start) == [0, 50, 50])
    let skipping = try Replay(jobs, on: three, policy: "fifo-skip@local-only")
    #expect(skipping.outcomes.map(\.start) == [0, 50, 1])
    #expect(skipping.outcomes.map { $0.pieces[0].site } == [0, 0, 1])
  }

  @Test func localOnlyRejectsWhatItsHomeCannotHold() throws {
    let sites = [site("a", nodes: 4), site("b", nodes: 8)]
    let large = QueuedJob(job: 0, submit: .zero, gpus: 6, estimate: .hour, dataHome: 0)
    let reason = ComposedPolicy(try PolicySpec(parsing: "fifo@local-only")).canEverRun(large, sites: sites)
    #expect(reason?.contains("'a', which has 4") == true)
    #expect(ComposedPolicy(try PolicySpec(parsing: "fifo")).canEverRun(large, sites: sites) == nil)
  }

  @Test func roundRobinDealsJobsInTurn() throws {
    let replay = try Replay(
      Array(repeating: TestJob(0, 1, 100), count: 5), on: three, policy: "fifo@round-robin")
    #expect(replay.outcomes.map { $0.pieces[0].site } == [0, 1, 2, 0, 1])
    // It is a's turn for job 3, but a is full: b.
    let full = [TestJob(0, 4, 100), TestJob(0, 1, 100), TestJob(0, 1, 100), TestJob(0, 2, 100)]
    #expect(
      try Replay(full, on: three, policy: "fifo@round-robin").outcomes.map { $0.pieces[0].site } == [0, 1, 2, 1])
  }

  /// How many of 300 long jobs of one GPU each of four sites of 100 gets.
  private func loads(_ spec: String) throws -> [Int] {
    let sites = ["a", "b", "c", "d"].map { site($0, nodes: 100) }
    let replay = try Replay(Array(repeating: TestJob(0, 1, 1000), count: 300), on: sites, policy: spec)
    var counts = [0, 0, 0, 0]
    for outcome in replay.outcomes { counts[Int(outcome.pieces[0].site)] += 1 }
    return counts
  }

  @Test func randomUsesAllSitesAndFollowsItsSeed() throws {
    let one = try loads("fifo@random(seed=1)")
    // 75 each in the mean, with a standard deviation of 7.5; five of them is far.
    #expect(one.allSatisfy { abs($0 - 75) <= 38 })
    #expect(try loads("fifo@random(seed=1)") == one)
    #expect(try loads("fifo@random(seed=2)") != one)
  }

  @Test func twoChoicesAreEvenerThanOne() throws {
    func spread(_ counts: [Int]) -> Int { counts.max()! - counts.min()! }
    for seed in 1...5 {
      // Two random choices stay within a few of each other (log log n), one does not (square root of n).
      let two = spread(try loads("fifo@power-of-two(seed=\(seed))"))
      #expect(two <= 4)
      #expect(two < spread(try loads("fifo@random(seed=\(seed))")))
    }
  }

  @Test func leastLoadedCountsShares() throws {
    // a: 5 of 10 free, b: 3 of 4. Most GPUs are free at a, the least share is held at b.
    let sites = [
      SiteState(name: "a", nodeSize: [10], nodeFree: [5]), SiteState(name: "b", nodeSize: [4], nodeFree: [3]),
    ]
    #expect(try chosen(hourJob(), "fifo@least-loaded", idleView(sites)) == 1)
    #expect(try chosen(hourJob(), "fifo@most-free", idleView(sites)) == 0)
  }

  @Test func carbonGreedyCountsTheWholeStay() throws {
    var sites = three
    for (index, carbon) in [0.5, 0.2, 0.6].enumerated() { sites[index].carbonPerGPUHour = carbon }
    #expect(try chosen(hourJob(), "fifo@carbon-greedy", idleView(sites)) == 1)
    // At a quarter of the speed b emits 4 x 0.2.
    sites[1].speed = 0.25
    #expect(try chosen(hourJob(), "fifo@carbon-greedy", idleView(sites)) == 0)
  }

  @Test func egressIsPartOfTheBill() throws {
    // Data of 1 TB at a, where an hour costs 1 USD; half of that at b.
    var sites = [site("a", nodes: 4, usd: 1), site("b", nodes: 4, usd: 0.5)]
    let job = hourJob(home: 0, bytes: 1_000_000_000_000)
    #expect(try chosen(job, "fifo@cheapest-with-egress", idleView(sites)) == 1)
    sites[0].egressUSDPerByte = 1e-12
    #expect(try chosen(job, "fifo@cheapest-with-egress", idleView(sites)) == 0)
    #expect(try chosen(job, "fifo@cheapest-energy", idleView(sites)) == 1)
    sites[0].egressUSDPerByte = 4e-13
    #expect(try chosen(job, "fifo@cheapest-with-egress", idleView(sites)) == 1)
  }

  @Test func dataGravityMovesFewestBytes() throws {
    // Data of 1 GB at b, a checkpoint of 5 GB at c: 6 GB would go to a, 5 to b, 1 to c.
    var job = hourJob(home: 1, bytes: 1_000_000_000)
    job.checkpointSite = 2
    job.checkpointBytes = 5_000_000_000
    #expect(try chosen(job, "fifo@data-gravity", idleView(three)) == 2)
    job.checkpointBytes = 500_000_000
    #expect(try chosen(job, "fifo@data-gravity", idleView(three)) == 1)
  }

  @Test func bandwidthAwareAvoidsTheSlowRoute() throws {
    // Home is full. The route to a has 10 Gb/s left, that to b 40.
    var sites = three
    sites[2].nodeFree = [0, 0, 0, 0]
    sites[2].free = 0
    var view = idleView(sites)
    view.residual[2][0] = .gigabits(10)
    view.residual[2][1] = .gigabits(40)
    let job = hourJob(home: 2, bytes: 1_000_000_000_000)
    #expect(try chosen(job, "fifo@bandwidth-aware", view) == 1)
    // The slowest transfer counts: a checkpoint of twice the size at b, over 10 Gb/s to a and at hand at b; but with
    // nothing left between c and b, a it is.
    view.residual[2][1] = .zero
    #expect(try chosen(job, "fifo@bandwidth-aware", view) == 0)
  }

  @Test func earliestFinishTakesTheFasterSite() throws {
    var sites = three
    sites[1].speed = 2
    #expect(try chosen(hourJob(), "fifo@earliest-finish", idleView(sites)) == 1)
    sites[2].speed = 2.5
    #expect(try chosen(hourJob(), "fifo@earliest-finish", idleView(sites)) == 2)
  }
}
