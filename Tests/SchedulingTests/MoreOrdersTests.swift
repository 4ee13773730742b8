// SPDX-License-Identifier: Apache-2.0

import Quantities
import Scheduling
import Testing

private func replay(_ jobs: [TestJob], _ spec: String, gpus: Int) throws -> Replay {
  try Replay(jobs, on: [site("a", nodes: gpus)], policy: spec)
}

private func starts(_ jobs: [TestJob], _ spec: String, gpus: Int = 4) throws -> [Int64] {
  try replay(jobs, spec, gpus: gpus).outcomes.map(\.start)
}

/// Orders that leave running jobs alone, on schedules worked out by hand: four GPUs, job 0 holds all of them at first.
struct QueueingOrderTests {
  @Test func ljfTakesTheLongestFirst() throws {
    let jobs = [TestJob(0, 4, 10), TestJob(1, 4, 5), TestJob(1, 4, 20), TestJob(1, 4, 8)]
    #expect(try starts(jobs, "ljf") == [0, 38, 10, 30])
  }

  @Test func edfTakesTheEarliestDeadlineFirst() throws {
    // 2 has no deadline and comes last.
    let jobs = [
      TestJob(0, 4, 10), TestJob(1, 4, 5, deadline: 100), TestJob(1, 4, 5), TestJob(1, 4, 5, deadline: 50),
    ]
    #expect(try starts(jobs, "edf") == [0, 15, 20, 10])
  }

  @Test func wfp3WeighsTheWaitByTheRunTime() throws {
    // At 100: job 1 (80/80)^3 x 1 = 1, job 2 (40/40)^3 x 4 = 4, job 3 (20/10)^3 x 2 = 16. 3 starts, 2 does not fit beside
    // it. At 110 job 2 is ahead of 1 with (50/40)^3 x 4 = 7.8 against (90/80)^3 = 1.4.
    let jobs = [TestJob(0, 4, 100), TestJob(20, 1, 80), TestJob(60, 4, 40), TestJob(80, 2, 10)]
    #expect(try starts(jobs, "wfp3") == [0, 150, 110, 100])
  }

  @Test func f1IsTheFittedFunction() throws {
    // Job 1: 3 x 2 + 0 = 6, job 2: 1 x 4 + 0 = 4, job 3: 1 x 1 + 870 x 0.301 = 262.9.
    let jobs = [TestJob(0, 4, 10), TestJob(1, 2, 1000), TestJob(1, 4, 10), TestJob(2, 1, 10)]
    #expect(try starts(jobs, "f1") == [0, 20, 10, 20])
  }

  @Test func qssfPredictsFromTheUsersEarlierJobs() throws {
    // By 61, user 0 had one job of 4 GPUs and 50 s, user 1 one of 10 s; sizes of 4 GPUs lasted 30 s in the mean. So
    // predicted GPU-times are 200 for job 3 of user 0, 40 for job 4 of user 1, 120 for job 5 of somebody new: what they
    // really take (5, 200 and 7 s) is not known.
    let jobs = [
      TestJob(0, 4, 50, user: 0), TestJob(50, 4, 10, user: 1), TestJob(60, 4, 100, user: 0),
      TestJob(61, 4, 5, user: 0), TestJob(61, 4, 200, user: 1), TestJob(61, 4, 7, user: 2),
    ]
    #expect(try starts(jobs, "qssf") == [0, 50, 60, 367, 160, 360])
  }

  @Test func fairShareServesWhoHadLeast() throws {
    // At 100 user 0 has had 400 GPU-seconds; user 1 has had none, and 40 at 110.
    let jobs = [
      TestJob(0, 4, 100, user: 0), TestJob(1, 4, 10, user: 0), TestJob(1, 4, 10, user: 1), TestJob(1, 4, 10, user: 1),
    ]
    #expect(try starts(jobs, "fair-share") == [0, 120, 100, 110])
    // With a half-life of one second the 400 have come down to 400 / 2^10 by 110, which is less than 40.
    #expect(try starts(jobs, "fair-share(half_life=1s)") == [0, 110, 100, 120])
  }

  @Test func fairShareCountsWhatRunsNow() throws {
    // User 0 holds one GPU since 0: 50 GPU-seconds at 50, when the GPU of job 1 comes free. User 1 has had 50 x 3 then.
    let jobs = [
      TestJob(0, 1, 200, user: 0), TestJob(0, 3, 50, user: 1), TestJob(1, 3, 10, user: 1), TestJob(2, 3, 10, user: 0),
    ]
    #expect(try starts(jobs, "fair-share") == [0, 0, 60, 50])
  }
}

/// Orders that preempt, on schedules worked out by hand.
struct PreemptiveOrderTests {
  @Test func srsfCountsGPUs() throws {
    // At 10 job 0 has 90 GPU-seconds left. A job of 4 GPUs and 30 s has 120 and waits, though it is shorter.
    let longer = try replay([TestJob(0, 1, 100), TestJob(10, 4, 30)], "srsf", gpus: 4)
    #expect(longer.outcomes.map(\.start) == [0, 100] && longer.outcomes[0].preemptions == 0)
    #expect(try starts([TestJob(0, 1, 100), TestJob(10, 4, 30)], "srtf") == [0, 10])
    // One of 20 s has 80 and goes first.
    let shorter = try replay([TestJob(0, 1, 100), TestJob(10, 4, 20)], "srsf", gpus: 4)
    #expect(shorter.outcomes.map(\.end) == [120, 30] && shorter.outcomes[0].preemptions == 1)
  }

  @Test func smallestLooksAtGPUsAlone() throws {
    // Job 1 takes the place of job 0 at 10, though it is longer. Job 2 asks for as many GPUs as job 0, came later and
    // waits for it. Job 0 goes on at 80 with 40 s left, gives way to the single GPU of job 3 from 110 to 120, and ends.
    let jobs = [TestJob(0, 4, 50), TestJob(10, 2, 70), TestJob(20, 4, 5), TestJob(110, 1, 10)]
    let replay = try replay(jobs, "smallest", gpus: 4)
    #expect(replay.outcomes.map(\.start) == [0, 10, 130, 110])
    #expect(replay.outcomes.map(\.end) == [130, 80, 135, 120])
    #expect(replay.outcomes.map(\.preemptions) == [2, 0, 0, 0])
  }

  @Test func lasDemotesByGPUTime() throws {
    // Job 0 leaves the first queue at 20 GPU-seconds and gives way to 1, which is still in it; the next threshold would
    // be at 60, but nobody waits then.
    let jobs = [TestJob(0, 1, 100), TestJob(5, 1, 10)]
    let replay = try replay(jobs, "las(first=20,second=60,third=300)", gpus: 1)
    #expect(replay.outcomes.map(\.start) == [0, 20])
    #expect(replay.outcomes.map(\.end) == [110, 30])
    #expect(replay.outcomes.map(\.preemptions) == [1, 0])
    // On two GPUs the same GPU-time takes half as long.
    let wide = try Replay(
      [TestJob(0, 2, 100), TestJob(5, 2, 4)], on: [site("a", nodes: 2)], policy: "las(first=20,second=60,third=300)")
    #expect(wide.outcomes.map(\.start) == [0, 10])
    #expect(wide.outcomes.map(\.end) == [104, 14])
  }

  @Test func gittinsLearnsFromWhatHasEnded() throws {
    // By 106 jobs of 5 and 100 s have ended. A job that has had nothing ends within the quantum of 10 s with probability
    // 1/2, after 7.5 s in the mean: index 1/15. From 10 s on only the job of 100 s is like it: index 0. So 2 goes on at
    // 106 and gives way to 3 at 115.
    let jobs = [TestJob(0, 1, 5), TestJob(5, 1, 100), TestJob(105, 1, 200), TestJob(106, 1, 8)]
    let replay = try replay(jobs, "gittins(quantum=10)", gpus: 1)
    #expect(replay.outcomes.map(\.start) == [0, 5, 105, 115])
    #expect(replay.outcomes.map(\.end) == [5, 105, 313, 123])
  }

  @Test func themisServesTheWorstOffWhenALeaseEnds() throws {
    // Two jobs of both GPUs: alone on half the fleet each would take twice as long. At 10 job 0 has rho = 100 / 200, job 1
    // has (9 + 10) / 20. Before that the lease holds.
    let jobs = [TestJob(0, 2, 100), TestJob(1, 2, 10)]
    let replay = try replay(jobs, "themis(lease=10s)", gpus: 2)
    #expect(replay.outcomes.map(\.start) == [0, 10])
    #expect(replay.outcomes.map(\.end) == [110, 20])
    #expect(try starts(jobs, "themis(lease=40s)", gpus: 2) == [0, 40])
  }

  @Test func maxMinGivesEveryoneTheSameTime() throws {
    // Both are due half of the time. Job 0 leads by five seconds and so has the rounds that begin at 0, 20, 40, ...
    let replay = try replay([TestJob(0, 2, 100), TestJob(5, 2, 100)], "max-min(round=10s)", gpus: 2)
    #expect(replay.outcomes.map(\.end) == [190, 200])
    #expect(replay.outcomes.map(\.preemptions) == [9, 9])
  }

  @Test func maxMinGivesSmallJobsAllTheyCanUse() throws {
    // Three GPUs; 1 uses one, which is less than its third of them, and so is due all of the time: it never gives way.
    // 0 and 2 want two GPUs each and are due L = 1 of them, half of the time.
    let jobs = [TestJob(0, 2, 100), TestJob(0, 1, 300), TestJob(0, 2, 100)]
    let replay = try replay(jobs, "max-min(round=10s)", gpus: 3)
    #expect(replay.outcomes[1].end == 300 && replay.outcomes[1].preemptions == 0)
    // The two together need 200 s of the pair of GPUs, and neither ever leads by more than two rounds.
    let ends = [replay.outcomes[0].end, replay.outcomes[2].end].sorted()
    #expect(ends[1] == 200 && ends[0] >= 180)
  }
}

struct ConservativeTests {
  // Ten GPUs. 1 can start at 100, 2 at 150; 3 would fit at once, but not be over by then.
  let jobs = [TestJob(0, 6, 100), TestJob(1, 8, 50), TestJob(1, 9, 50), TestJob(2, 2, 1000)]

  @Test func delaysNobody() throws {
    #expect(try starts(jobs, "fifo+conservative", gpus: 10) == [0, 100, 150, 200])
    // EASY only looks after the head: 3 takes the two GPUs that 1 leaves, and 2 waits for it.
    #expect(try starts(jobs, "fifo+easy", gpus: 10) == [0, 100, 1002, 2])
  }

  @Test func depthBoundsTheReservations() throws {
    #expect(try starts(jobs, "fifo+conservative(depth=1)", gpus: 10) == [0, 100, 1002, 2])
  }

  @Test func aShortJobFillsTheHole() throws {
    var short = jobs
    short[3].duration = 98
    #expect(try starts(short, "fifo+conservative", gpus: 10) == [0, 100, 150, 2])
    // Two GPUs of 1's time are spare as well, until 150.
    short[3].duration = 148
    #expect(try starts(short, "fifo+conservative", gpus: 10) == [0, 100, 150, 2])
    short[3].duration = 149
    #expect(try starts(short, "fifo+conservative", gpus: 10) == [0, 100, 150, 200])
  }

  @Test func reservesOnTheSiteThatIsFreeFirst() throws {
    // b is free at 40, a at 100: 2 has b from 40 to 90, 3 (b again) from 90, and 4, five seconds, fits before.
    let sites = [site("a", nodes: 4), site("b", nodes: 4)]
    let jobs = [
      TestJob(0, 4, 100, pin: 0), TestJob(0, 3, 40, pin: 1), TestJob(1, 4, 50), TestJob(1, 4, 20), TestJob(2, 1, 38),
      TestJob(2, 1, 39),
    ]
    let replay = try Replay(jobs, on: sites, policy: "fifo+conservative")
    // 3 finds b free at 90, before a at 100; 5 is one second too long for the hole beside 1, and waits for a.
    #expect(replay.outcomes.map(\.start) == [0, 0, 40, 90, 2, 100])
    #expect(replay.outcomes.map { $0.pieces[0].site } == [0, 1, 1, 1, 1, 0])
  }

  /// With exact estimates no job starts later than any instant once reserved for it: under conservative backfilling a
  /// job's start never moves back when later jobs arrive.
  @Test func laterArrivalsDelayNobody() throws {
    let early = [
      TestJob(0, 6, 100), TestJob(1, 8, 50), TestJob(2, 3, 70), TestJob(3, 9, 50), TestJob(4, 5, 40),
    ]
    let before = try starts(early, "fifo+conservative", gpus: 10)
    for gpus in Int32(1)...10 {
      for duration in [5, 60, 95, 96, 150, 1000] as [Int64] {
        let after = try starts(early + [TestJob(5, gpus, duration)], "fifo+conservative", gpus: 10)
        for (a, b) in zip(before, after) { #expect(b <= a, "\(gpus) GPUs for \(duration) s") }
      }
    }
  }
}
