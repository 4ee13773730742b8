// SPDX-License-Identifier: Apache-2.0

import Quantities
import Scheduling
import Testing

private func starts(_ jobs: [TestJob], _ spec: String, on sites: [SiteState]) throws -> [Int64] {
  try Replay(jobs, on: sites, policy: spec).outcomes.map(\.start)
}

/// Schedules small enough to work out by hand.
struct OrderTests {
  // Four GPUs. Job 0 holds three until 100; of the others, in order of arrival: 1 needs 2 GPUs for 50 s, 2 one for
  // 80 s, 3 one for 10 s, 4 four for 5 s.
  let jobs = [
    TestJob(0, 3, 100), TestJob(1, 2, 50), TestJob(1, 1, 80), TestJob(1, 1, 10), TestJob(1, 4, 5),
  ]
  let four = [site("a", nodes: 4)]

  @Test func fifoStopsAtTheFirstMisfit() throws {
    // 1 does not fit until 100, then 1, 2 and 3 fill the site; 2 lasts until 180, then 4.
    #expect(try starts(jobs, "fifo", on: four) == [0, 100, 100, 100, 180])
  }

  @Test func fifoSkipGoesOn() throws {
    // 2 takes the free GPU until 81, 3 until 91; at 100 job 1 starts, and 4 waits for it.
    #expect(try starts(jobs, "fifo-skip", on: four) == [0, 100, 1, 81, 150])
  }

  @Test func sjfStopsAtTheShortestMisfit() throws {
    // 4 is the shortest and does not fit until 100. After it: 3, 1 and 2 together.
    #expect(try starts(jobs, "sjf", on: four) == [0, 105, 105, 105, 100])
  }

  @Test func sjfSkipTakesTheShortestThatFits() throws {
    // 3 from 1 to 11, then 2 until 91; 4 at 100, then 1.
    #expect(try starts(jobs, "sjf-skip", on: four) == [0, 105, 11, 1, 100])
  }

  @Test func tiesKeepTheOrderOfArrival() throws {
    let equal = [TestJob(0, 4, 10), TestJob(1, 4, 7), TestJob(2, 4, 7), TestJob(3, 4, 6)]
    #expect(try starts(equal, "sjf", on: four) == [0, 16, 23, 10])
  }

  @Test func sjfGoesByTheEstimate() throws {
    let wrong = [TestJob(0, 4, 10), TestJob(1, 4, 7, estimate: 100), TestJob(2, 4, 50, estimate: 60)]
    #expect(try starts(wrong, "sjf", on: four) == [0, 60, 10])
  }

  @Test func jobsWithoutGPUsWaitForNothing() throws {
    let jobs = [TestJob(0, 4, 100), TestJob(1, 4, 10), TestJob(2, 0, 30)]
    for spec in ["fifo", "fifo-skip", "sjf", "fifo+easy", "srtf"] {
      #expect(try starts(jobs, spec, on: four)[2] == 2, "\(spec)")
    }
  }

  @Test func pinsHoldAJobToItsSite() throws {
    let sites = [site("a", nodes: 4), site("b", nodes: 4)]
    // 1 waits for b although a is free; strict service lets 2 wait too, skipping puts it on a.
    let jobs = [TestJob(0, 3, 100, pin: 1), TestJob(1, 2, 10, pin: 1), TestJob(2, 2, 10)]
    #expect(try starts(jobs, "fifo", on: sites) == [0, 100, 100])
    let skipping = try Replay(jobs, on: sites, policy: "fifo-skip")
    #expect(skipping.outcomes.map(\.start) == [0, 100, 2])
    #expect(skipping.outcomes.map { $0.pieces[0].site } == [1, 1, 0])
  }
}

struct EASYTests {
  let ten = [site("a", nodes: 10)]

  @Test func endsByTheShadowInstantOrUsesSpareGPUs() throws {
    // 1 is the head: its 8 GPUs are free at 100, and 2 are spare then. 2 ends exactly at 100 and so leaves the spare
    // ones to 3, which is long. Nothing is free for 4 before the head ends.
    let jobs = [TestJob(0, 6, 100), TestJob(1, 8, 50), TestJob(2, 2, 98), TestJob(3, 2, 1000), TestJob(4, 2, 10)]
    #expect(try starts(jobs, "fifo+easy", on: ten) == [0, 100, 2, 3, 150])
    // One second longer, 2 needs the spare GPUs for itself; 3 waits until it ends, and 4 is gone in time.
    var longer = jobs
    longer[2].duration = 99
    #expect(try starts(longer, "fifo+easy", on: ten) == [0, 100, 2, 101, 4])
  }

  @Test func aJobBeyondItsEstimateEndsAtAnyMoment() throws {
    // 0 should have ended at 50 and runs until 100: from 50 on the head is due at any moment, so 2 would be in its
    // way and 3, on the two spare GPUs, is not.
    let jobs = [TestJob(0, 6, 100, estimate: 50), TestJob(1, 8, 50), TestJob(60, 4, 10), TestJob(61, 2, 1000)]
    #expect(try starts(jobs, "fifo+easy", on: ten) == [0, 100, 150, 61])
  }

  @Test func sitesWithoutReservationConstrainNobody() throws {
    // b is free at 50, a at 100, so the head 2 has its reservation on b. 3 goes to a for as long as it likes; 4 finds
    // only b, where it would be in the way; 5 is gone from b by 50.
    let sites = [site("a", nodes: 4), site("b", nodes: 4)]
    let jobs = [
      TestJob(0, 2, 100, pin: 0), TestJob(0, 3, 50, pin: 1), TestJob(1, 4, 10), TestJob(2, 2, 1000),
      TestJob(2, 1, 1000), TestJob(2, 1, 48),
    ]
    let replay = try Replay(jobs, on: sites, policy: "fifo+easy")
    #expect(replay.outcomes.map(\.start) == [0, 0, 50, 2, 60, 2])
    #expect(replay.outcomes.map { $0.pieces[0].site } == [0, 1, 1, 0, 1, 1])
  }

  @Test func aRefusedJobTriesItsNextSite() throws {
    // The head 2 has a reserved from 50; 3 would go to a by name, is too long for it, and goes to b.
    let sites = [site("a", nodes: 4), site("b", nodes: 3)]
    let jobs = [TestJob(0, 3, 50, pin: 0), TestJob(0, 1, 500, pin: 1), TestJob(1, 4, 10), TestJob(2, 1, 1000)]
    let replay = try Replay(jobs, on: sites, policy: "fifo+easy")
    #expect(replay.outcomes.map(\.start) == [0, 0, 50, 2])
    #expect(replay.outcomes[3].pieces[0].site == 1)
  }

  @Test func reservationsNodeByNode() throws {
    // Two nodes of 8. Node 0 is full until 100, node 1 holds 4 until 500. The head wants a whole node: node 0 at 100.
    // 3, long, fits on node 1. 4 in a pool would be harmless by number; on nodes it has no place: node 1 is full.
    let sites = [site("a", nodes: 2, of: 8)]
    let jobs = [TestJob(0, 8, 100), TestJob(0, 4, 500), TestJob(1, 8, 10), TestJob(2, 4, 1000), TestJob(3, 2, 1000)]
    let replay = try Replay(jobs, on: sites, policy: "fifo+easy@consolidated")
    #expect(replay.outcomes.map(\.start) == [0, 0, 100, 2, 110])
    #expect(replay.outcomes[2].pieces == [Piece(site: 0, gpus: 8, nodes: [NodeShare(node: 0, gpus: 8)])])
  }

  @Test func theHeadOfSJFIsItsShortest() throws {
    // Of 1, 2 and 3 the shortest is 2, which needs all: reserved at 100. 3 is gone by then, 1 is not.
    let jobs = [TestJob(0, 6, 100), TestJob(1, 4, 150), TestJob(1, 10, 20), TestJob(1, 4, 80)]
    #expect(try starts(jobs, "sjf+easy", on: ten) == [0, 120, 100, 1])
  }

  @Test func aHeadThatCanBeSplitIsReservedOverSites() throws {
    // The head needs 6 GPUs of two sites of 4. From 50 on a is free, from 80 on b: two GPUs are free on b, so split
    // over a and b it fits at 50. 3 on b's free GPUs may not stay beyond that, 4 may.
    let sites = [site("a", nodes: 4), site("b", nodes: 4)]
    let jobs = [
      TestJob(0, 4, 50, pin: 0), TestJob(0, 2, 80, pin: 1), TestJob(1, 6, 10, splittable: true), TestJob(2, 1, 100),
      TestJob(2, 1, 48),
    ]
    let replay = try Replay(jobs, on: sites, policy: "fifo+easy")
    #expect(replay.outcomes.map(\.start) == [0, 0, 50, 60, 2])
    #expect(replay.outcomes[2].pieces.map(\.gpus) == [4, 2])
  }
}
