// SPDX-License-Identifier: Apache-2.0

import Quantities
import Scheduling
import Testing

struct PreemptionTests {
  let four = [site("a", nodes: 4)]

  @Test func theShorterTakesOver() throws {
    // At 10 job 1 (20 s) goes before job 0 (90 s left), which does not fit beside it. Strict: 0 is the first that
    // does not fit, so 2 waits behind it.
    let jobs = [TestJob(0, 4, 100), TestJob(10, 2, 20), TestJob(11, 2, 200)]
    let strict = try Replay(jobs, on: four, policy: "srtf")
    #expect(strict.outcomes.map(\.start) == [0, 10, 120])
    #expect(strict.outcomes.map(\.end) == [120, 30, 320])
    #expect(strict.outcomes.map(\.preemptions) == [1, 0, 0])
    // Skipping: 2 fills the gap from 11, and gives way at 30 with 181 s left.
    let skipping = try Replay(jobs, on: four, policy: "srtf-skip")
    #expect(skipping.outcomes.map(\.start) == [0, 10, 11])
    #expect(skipping.outcomes.map(\.end) == [120, 30, 301])
    #expect(skipping.outcomes.map(\.preemptions) == [1, 0, 1])
  }

  @Test func anEqualIsNotPreempted() throws {
    // With 60 s left job 0 stays against another 60 s, and gives way to 59 s.
    let equal = try Replay([TestJob(0, 4, 100), TestJob(40, 4, 60)], on: four, policy: "srtf")
    #expect(equal.outcomes.map(\.end) == [100, 160])
    let shorter = try Replay([TestJob(0, 4, 100), TestJob(40, 4, 59)], on: four, policy: "srtf")
    #expect(shorter.outcomes.map(\.end) == [159, 99])
  }

  @Test func theCostOfACheckpointIsWeighed() throws {
    let spec = "srtf(checkpoint=30s)"
    let stays = try Replay([TestJob(0, 4, 100), TestJob(40, 4, 30)], on: four, policy: spec)
    #expect(stays.outcomes.map(\.end) == [100, 130])
    let goes = try Replay([TestJob(0, 4, 100), TestJob(40, 4, 29)], on: four, policy: spec)
    #expect(goes.outcomes.map(\.end) == [129, 69])
  }

  private func view(
    _ sites: [SiteState], running: [(gpus: Int32, left: Int64, pieces: [Piece], stopping: Bool, preemptible: Bool)],
    queued: [(gpus: Int32, estimate: Int64)]
  ) -> FleetView {
    var view = idleView(sites)
    view.now = .seconds(1000)
    for (index, job) in running.enumerated() {
      for piece in job.pieces { view.sites[Int(piece.site)].take(piece) }
      view.running.append(
        RunningJob(
          job: Int32(index), submit: .zero, gpus: job.gpus, pieces: job.pieces, start: .zero,
          expectedEnd: .seconds(1000 + job.left), stopping: job.stopping, preemptible: job.preemptible))
    }
    for (index, job) in queued.enumerated() {
      view.queue.append(
        QueuedJob(
          job: Int32(running.count + index), submit: .zero, gpus: job.gpus, estimate: .seconds(job.estimate)))
    }
    return view
  }

  private func decide(_ spec: String, _ view: FleetView) throws -> [Decision] {
    let model = SpeedModel(speeds: view.sites.map(\.speed))
    let decisions = ComposedPolicy(try PolicySpec(parsing: spec)).decide(view, model: model)
    try checkDecisions(decisions, against: view)
    return decisions
  }

  private func piece(_ site: Int32, _ shares: (node: Int32, gpus: Int32)...) -> Piece {
    Piece(
      site: site, gpus: shares.reduce(0) { $0 + $1.gpus }, nodes: shares.map { NodeShare(node: $0.node, gpus: $0.gpus) }
    )
  }

  @Test func stoppingJobsAreNeitherFreeNorPreemptedAgain() throws {
    let sites = [site("a", nodes: 1, of: 4)]
    // Two GPUs come free anyway: a job for two waits for them, a job for four needs the other two as well.
    let running = [
      (Int32(2), Int64(500), [piece(0, (0, 2))], true, true), (2, 1000, [piece(0, (0, 2))], false, true),
    ]
    #expect(try decide("srtf", view(sites, running: running, queued: [(2, 10)])) == [])
    #expect(try decide("srtf", view(sites, running: running, queued: [(4, 10)])) == [.preempt(job: 1)])
  }

  @Test func whatMayNotBePreemptedIsNot() throws {
    let sites = [site("a", nodes: 1, of: 4)]
    let running = [(Int32(4), Int64(1000), [piece(0, (0, 4))], false, false)]
    #expect(try decide("srtf-skip", view(sites, running: running, queued: [(4, 10)])) == [])
  }

  @Test func theSiteWithTheLongestVictimIsChosen() throws {
    // Both sites would do; first-fit alone would take a, where the victim has 60 s left, not 1000.
    let sites = [site("a", nodes: 1, of: 8), site("b", nodes: 1, of: 8)]
    let running = [
      (Int32(8), Int64(60), [piece(0, (0, 8))], false, true), (8, 1000, [piece(1, (0, 8))], false, true),
    ]
    #expect(try decide("srtf", view(sites, running: running, queued: [(8, 50)])) == [.preempt(job: 1)])
  }

  @Test func promisedRoomIsNotGivenAway() throws {
    // Twelve GPUs, four free. Job 2 (8 GPUs, 50 s) is promised the free ones and those of job 1; job 0 stays; so job
    // 3 would fit in what is free now but not in what the desired set leaves.
    let sites = [site("a", nodes: 3, of: 4)]
    let running = [
      (Int32(4), Int64(100), [piece(0, (0, 4))], false, true), (4, 200, [piece(0, (1, 4))], false, true),
    ]
    for spec in ["srtf-skip", "srtf-skip@consolidated"] {
      let decisions = try decide(spec, view(sites, running: running, queued: [(8, 50), (4, 150)]))
      #expect(decisions == [.preempt(job: 1)], "\(spec)")
    }
  }

  @Test func freeNodesAreTakenBeforeVictims() throws {
    let sites = [site("a", nodes: 2, of: 8)]
    let running = [(Int32(8), Int64(1000), [piece(0, (0, 8))], false, true)]
    #expect(
      try decide("srtf@consolidated", view(sites, running: running, queued: [(8, 50)])) == [
        .start(job: 1, pieces: [piece(0, (1, 8))])
      ])
  }

  @Test func onlyTheVictimsOfOneNodeGo() throws {
    // A whole node is wanted: that of the longer job is cleared, not the first.
    let sites = [site("a", nodes: 2, of: 4)]
    let running = [
      (Int32(2), Int64(100), [piece(0, (0, 2))], false, true), (2, 200, [piece(0, (1, 2))], false, true),
    ]
    let decisions = try decide("srtf-skip@consolidated", view(sites, running: running, queued: [(4, 50)]))
    #expect(decisions == [.preempt(job: 1)])
  }

  @Test func aSplitJobKeepsAllItsPiecesOrNone() throws {
    // Job 0 stands on both sites with 100 s left; a job of 50 s for all of b drives it off a as well.
    let sites = [site("a", nodes: 4), site("b", nodes: 2)]
    let running = [(Int32(4), Int64(100), [piece(0, (0, 1), (1, 1)), piece(1, (0, 1), (1, 1))], false, true)]
    var state = view(sites, running: running, queued: [(2, 50)])
    state.queue[0].pin = 1
    #expect(try decide("srtf", state) == [.preempt(job: 0)])
  }
}
