// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Scheduling
import Testing

/// Values of each hour from time zero on, as a policy is given them.
func forecaster(_ values: [Double], _ rule: ForecastRule = .perfect) -> Forecaster {
  Forecaster(EnergySeries(start: .zero, values: values), rule: rule, name: "test")
}

private let hour: Int64 = 3600

/// Shifts on schedules worked out by hand. Carbon by hour: 50, 40, 10, 30, 20, 60, and again; so within a day a job of two
/// hours meets 90, 50, 40, 50, 80, 110 when it starts at hour 0, 1, 2, 3, 4, 5.
struct ShiftTests {
  let carbon = [50.0, 40, 10, 30, 20, 60]
  let price = [30.0, 10, 40, 50, 20, 60]
  let one = [site("a", nodes: 4)]

  private func replay(
    _ jobs: [TestJob], _ spec: String, sites: [SiteState]? = nil, outlook: [EnergyOutlook]? = nil
  ) throws -> Replay {
    let mine = EnergyOutlook(price: forecaster(price), carbon: forecaster(carbon))
    return try Replay(jobs, on: sites ?? one, policy: spec, outlook: outlook ?? [mine])
  }

  /// Start and end of a job of two hours that arrives at time zero, in hours.
  private func span(_ spec: String) throws -> [Double] {
    let outcome = try replay([TestJob(0, 2, 2 * hour)], spec).outcomes[0]
    return [Double(outcome.start) / 3600, Double(outcome.end) / 3600]
  }

  @Test func runNowAndWaitFull() throws {
    #expect(try span("fifo~run-now") == [0, 2])
    #expect(try span("fifo~wait-full(slack=3h)") == [3, 5])
    // A job of two hours is not short where less than two hours is.
    #expect(try span("fifo~wait-full(slack=3h,short=2h,short_slack=1h)") == [3, 5])
    #expect(try span("fifo~wait-full(slack=3h,short=3h,short_slack=1h)") == [1, 3])
  }

  @Test func lowestSlotLooksAtTheStartAlone() throws {
    #expect(try span("fifo~lowest-slot(slack=4h)") == [2, 4])
    #expect(try span("fifo~lowest-slot(slack=1h)") == [1, 3])
    #expect(try span("fifo~lowest-slot-price(slack=4h)") == [1, 3])
  }

  @Test func lowestWindowSumsOverTheRun() throws {
    #expect(try span("fifo~lowest-window(slack=4h)") == [2, 4])
    #expect(try span("fifo~lowest-window(slack=1h)") == [1, 3])
    // Prices: 40, 50, 90, 70, 80 for starts at hour 0 to 4.
    #expect(try span("fifo~lowest-window-price(slack=4h)") == [0, 2])
    // Of starts every four hours, 90 and 80.
    #expect(try span("fifo~lowest-window(slack=4h,every=4h)") == [4, 6])
  }

  @Test func carbonTimeWeighsTheWait() throws {
    // Saved for each hour in the system: (90 - 50) / 3 = 13.3, (90 - 40) / 4 = 12.5, (90 - 50) / 5 = 8.
    #expect(try span("fifo~carbon-time(slack=4h)") == [1, 3])
    // No later start saves money.
    #expect(try span("fifo~carbon-time-price(slack=3h)") == [0, 2])
  }

  @Test func waitAwhileSuspends() throws {
    // The lowest two of the first five hours are 2 and 4.
    let job = try replay([TestJob(0, 2, 2 * hour)], "fifo~wait-awhile(slack=3h)").outcomes[0]
    #expect(job.start == 2 * hour && job.end == 5 * hour && job.preemptions == 1)
    // An hour and a half: all of hour 2 and the first half of hour 4.
    let short = try replay([TestJob(0, 2, 5400)], "fifo~wait-awhile(slack=4h)").outcomes[0]
    #expect(short.start == 2 * hour && short.end == 4 * hour + 1800)
    // By price: hours 1 and 4; without slack nothing is shifted.
    let cheap = try replay([TestJob(0, 2, 2 * hour)], "fifo~wait-awhile-price(slack=3h)").outcomes[0]
    #expect(cheap.start == hour && cheap.end == 5 * hour)
    #expect(try span("fifo~wait-awhile(slack=0s)") == [0, 2])
  }

  @Test func thresholdRunsThroughWhenTheSlackIsGone() throws {
    // 30 % of each day is at or below 20: hours 2 and 4.
    let patient = try replay([TestJob(0, 2, 2 * hour)], "fifo~threshold(slack=10h)").outcomes[0]
    #expect(patient.start == 2 * hour && patient.end == 5 * hour && patient.preemptions == 1)
    // Three hours of slack are hours 0, 1 and 3; one hour is hour 0.
    #expect(try span("fifo~threshold(slack=3h)") == [2, 5])
    #expect(try span("fifo~threshold(slack=1h)") == [1, 3])
    // Half of the day is at or below 30.
    #expect(try span("fifo~threshold(slack=10h,quantile=0.5)") == [2, 5 - 1])
  }

  @Test func whatIsHeldBackIsInNobodysWay() throws {
    // Job 0 waits for hour 2; strict service serves job 1 meanwhile, and job 2 behind it.
    let jobs = [TestJob(0, 4, hour), TestJob(1, 4, hour / 2), TestJob(2, 4, hour / 2)]
    let replay = try replay(jobs, "fifo~lowest-slot(slack=2h,short=40min,short_slack=0s)")
    #expect(replay.outcomes.map(\.start) == [2 * hour, 1, 1 + hour / 2])
  }

  @Test func theSlotMayBeFull() throws {
    // Both want hour 2; the second finds no GPU then and starts when the first has ended, lowest or not.
    let jobs = [TestJob(0, 4, hour), TestJob(1, 4, hour)]
    #expect(try replay(jobs, "fifo~lowest-slot(slack=2h)").outcomes.map(\.start) == [2 * hour, 3 * hour])
  }

  @Test func theLowestOfTheSitesThatAreLargeEnoughCounts() throws {
    // b is clean in hour 1 and has two GPUs. A job of two waits for that; one of four for hour 2 of a; so does one that
    // is bound to a.
    let sites = [site("a", nodes: 4), site("b", nodes: 2)]
    let outlook = [
      EnergyOutlook(price: forecaster(price), carbon: forecaster(carbon)),
      EnergyOutlook(price: forecaster(price), carbon: forecaster([70, 5, 70, 70, 70, 70])),
    ]
    let jobs = [TestJob(0, 2, 60), TestJob(0, 4, 60), TestJob(0, 2, 60, pin: 0)]
    let replay = try replay(jobs, "fifo@carbon-greedy~lowest-slot(slack=4h)", sites: sites, outlook: outlook)
    #expect(replay.outcomes.map(\.start) == [hour, 2 * hour, 2 * hour + 60])
    #expect(replay.outcomes.map { $0.pieces[0].site } == [1, 0, 0])
  }

  @Test func aForecastMayBeWrong() throws {
    // The first day is lowest in its hour 2, the second in its hour 5. A job of the second day that believes in
    // yesterday takes hour 26, one that knows better hour 29.
    var days = [Double](repeating: 50, count: 48)
    days[2] = 10
    days[24 + 5] = 10
    let outlook = [EnergyOutlook(price: forecaster(days), carbon: forecaster(days))]
    let jobs = [TestJob(24 * hour, 1, hour)]
    func start(_ more: String) throws -> Int64 {
      try replay(jobs, "fifo~lowest-slot(slack=12h\(more))", outlook: outlook).outcomes[0].start / hour
    }
    #expect(try start("") == 29)
    #expect(try start(",forecast=perfect") == 29)
    #expect(try start(",forecast=persistence") == 26)
    // Errors of ten times the mean hide it in most cases.
    let wrong = try (1...8).count { try start(",forecast=noise,error=10,seed=\($0)") != 29 }
    #expect(wrong >= 6)
  }

  @Test func aPreemptedJobIsNotHeldBackAgain() throws {
    // Job 0 starts at hour 2 and is preempted by the shorter job 1; when that ends it goes on at once.
    let jobs = [TestJob(0, 4, 2 * hour), TestJob(3 * hour - 1, 4, 60)]
    let replay = try replay(jobs, "srtf~lowest-slot(slack=2h,short=1h,short_slack=0s)")
    #expect(replay.outcomes.map(\.start) == [2 * hour, 3 * hour - 1])
    #expect(replay.outcomes[0].end == 4 * hour + 60 && replay.outcomes[0].preemptions == 1)
  }
}
