// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Scheduling
import Testing

/// `longhaul` on schedules worked out by hand. Prices are USD/MWh at 1,000 kW a GPU, so that they read as USD for each hour
/// of a GPU.
struct LonghaulTests {
  private let hour: Int64 = 3600

  private func outlook(_ prices: [[Double]]) -> [EnergyOutlook] {
    prices.map { EnergyOutlook(price: forecaster($0), carbon: forecaster([0]), kilowattsPerGPU: 1000) }
  }

  private func replay(
    _ jobs: [TestJob], _ spec: String, _ sites: [SiteState], _ prices: [[Double]], checkpoint: Int64 = 0
  ) throws -> Replay {
    try Replay(
      jobs, on: sites, policy: spec, checkpointCost: { _ in checkpoint }, outlook: outlook(prices))
  }

  @Test func theCheaperSiteOverTheRunIsTaken() throws {
    // Now a is cheaper, over three hours b: 1 + 9 + 9 against 2 + 2 + 2. A job of an hour goes to a, one of three to b.
    let sites = [site("a", nodes: 4), site("b", nodes: 4)]
    let prices = [[1.0, 9, 9, 9], [2.0, 2, 2, 2]]
    let jobs = [TestJob(0, 1, hour), TestJob(0, 1, 3 * hour)]
    // Time is dear, so that nothing moves or waits once it runs.
    let outcomes = try replay(jobs, "longhaul(time=1000)", sites, prices).outcomes
    #expect(outcomes.map(\.start) == [0, 0] && outcomes.map(\.preemptions) == [0, 1])
    // Moving is free here, so the long job takes the cheap hour of a first and is moved at its end.
    #expect(outcomes.map { $0.pieces[0].site } == [0, 1])
    #expect(outcomes.map(\.end) == [hour, 3 * hour])
  }

  @Test func aJobWaitsIfTheWaitCostsLess() throws {
    // Four GPUs at 10 now and 2 from the second hour on: an hour of waiting saves 32 USD.
    let sites = [site("a", nodes: 4)]
    let prices = [[10.0] + [Double](repeating: 2, count: 23)]
    let jobs = [TestJob(0, 4, hour)]
    #expect(try replay(jobs, "longhaul(time=31)", sites, prices).outcomes[0].start == hour)
    #expect(try replay(jobs, "longhaul(time=33)", sites, prices).outcomes[0].start == 0)
    // The energy may weigh less.
    #expect(try replay(jobs, "longhaul(time=31,cost=0.9)", sites, prices).outcomes[0].start == 0)
    // A deadline that the wait would miss is kept.
    let due = [TestJob(0, 4, hour, deadline: hour + 1800)]
    #expect(try replay(due, "longhaul(time=1)", sites, prices).outcomes[0].start == 0)
  }

  @Test func aRunningJobIsSuspendedForADearHour() throws {
    // Three hours at 2, 40, 2: the second is left out at 4 x 38 USD an hour saved, unless time weighs more.
    let sites = [site("a", nodes: 4)]
    let prices = [[2.0, 40] + [Double](repeating: 2, count: 22)]
    let jobs = [TestJob(0, 4, 3 * hour)]
    let patient = try replay(jobs, "longhaul(time=100)", sites, prices).outcomes[0]
    #expect(patient.preemptions == 1 && patient.end == 4 * hour)
    let hurried = try replay(jobs, "longhaul(time=200)", sites, prices).outcomes[0]
    #expect(hurried.preemptions == 0 && hurried.end == 3 * hour)
  }

  @Test func carbonCountsAtItsPrice() throws {
    // a is 1 USD an hour cheaper, b emits 0.5 t less an hour: at 1 USD/t a, at 3 USD/t b.
    let sites = [site("a", nodes: 4), site("b", nodes: 4)]
    let outlook = [
      EnergyOutlook(price: forecaster([1]), carbon: forecaster([600]), kilowattsPerGPU: 1000),
      EnergyOutlook(price: forecaster([2]), carbon: forecaster([100]), kilowattsPerGPU: 1000),
    ]
    func chosen(_ carbon: Int) throws -> Int32 {
      try Replay(
        [TestJob(0, 1, hour)], on: sites, policy: "longhaul(carbon=\(carbon))", outlook: outlook
      ).outcomes[0].pieces[0].site
    }
    #expect(try chosen(1) == 0 && chosen(3) == 1)
  }

  @Test func theShorterJobGoesFirst() throws {
    // As srtf: job 1 needs 10 min, job 0 has 50 min left; less than two minutes of difference change nothing.
    let sites = [site("a", nodes: 4)]
    let prices = [[1.0]]
    let first = try replay([TestJob(0, 4, hour), TestJob(600, 4, 600)], "longhaul", sites, prices)
    #expect(first.outcomes.map(\.end) == [hour + 600, 1200])
    let alike = try replay([TestJob(0, 4, 700), TestJob(600, 4, 40)], "longhaul", sites, prices)
    #expect(alike.outcomes.map(\.end) == [700, 740])
  }

  /// By hand: a hub of eight wavelengths, four to each side. A job of 7 TB that starts in the west draws all but one of
  /// them there while the east is idle. With 7 TB on their way east it draws none, because halves balance. With 2 TB there
  /// and 14 TB on their way west both links need 460 s together, and 401 s as one and seven; with 7 TB and 14 TB, 560 s, and
  /// 561 s as two and six. None are drawn while earlier moves are dark.
  @Test func lightFollowsWhatItStarts() throws {
    func decisions(_ backlog: (east: Double, west: Double), settledAt: Time = .zero) throws -> [Decision] {
      var view = idleView([site("east", nodes: 1), site("hub", nodes: 1), site("west", nodes: 1)])
      view.outlook = outlook([[1], [1], [1]])
      view.now = .seconds(10)
      view.residual = view.residual.map { $0.map { _ in .gigabits(400) } }
      view.light = LightView(
        links: [
          .init(a: 1, b: 0, wavelengths: 4, configured: 4, rate: .gigabits(100), demand: 0, backlog: backlog.east),
          .init(a: 1, b: 2, wavelengths: 4, configured: 4, rate: .gigabits(100), demand: 0, backlog: backlog.west),
        ], pool: [7, 8, 7], floor: 1, reconfiguration: .seconds(1), settledAt: settledAt)
      view.queue = [
        QueuedJob(
          job: 0, submit: .seconds(10), gpus: 1, estimate: .seconds(1000), pin: 2, dataHome: 1,
          stagedBytes: 7_000_000_000_000)
      ]
      let policy = ComposedPolicy(try PolicySpec(parsing: "longhaul"))
      policy.settle(&view, model: SpeedModel(speeds: [1, 1, 1]))
      return policy.decide(view, model: SpeedModel(speeds: [1, 1, 1]))
    }
    #expect(try decisions((0, 0)).count == 2 && decisions((0, 0)).last == .retune(wavelengths: [1, 7]))
    #expect(try decisions((7e12, 0)).count == 1)
    #expect(try decisions((2e12, 14e12)).last == .retune(wavelengths: [1, 7]))
    #expect(try decisions((7e12, 14e12)).count == 1)
    #expect(try decisions((0, 0), settledAt: .seconds(11)).count == 1)
  }

  /// Where stopping has a price, a move must earn more than that.
  @Test func aMoveMustPayForItself() throws {
    var view = idleView([site("a", nodes: 4), site("b", nodes: 4)])
    view.outlook = outlook([[5], [1]])
    view.now = .hour * 2
    let pieces = [Piece(site: 0, gpus: 1, nodes: [NodeShare(node: 0, gpus: 1)])]
    view.sites[0].take(pieces[0])
    view.running = [
      RunningJob(job: 0, submit: .zero, gpus: 1, pieces: pieces, start: .hour, expectedEnd: .hour * 4)
    ]
    struct Costly: RunTimeModel {
      var checkpoint: Time
      func runTime(of job: QueuedJob, on pieces: [Piece]) -> Time { job.estimate }
      func checkpointTime(gpus: Int32) -> Time { checkpoint }
    }
    func decisions(_ seconds: Int64, _ spec: String) throws -> [Decision] {
      let policy = ComposedPolicy(try PolicySpec(parsing: spec))
      var seen = view
      policy.settle(&seen, model: Costly(checkpoint: .seconds(seconds)))
      return policy.decide(seen, model: Costly(checkpoint: .seconds(seconds)))
    }
    // Two hours left: 8 USD are saved. Two checkpoints of a minute take 2 min x (1 + 0.54) USD/h, or 241 at 7,200 USD/h.
    #expect(try decisions(60, "longhaul(time=1)") == [.preempt(job: 0)])
    #expect(try decisions(60, "longhaul(time=7200)") == [])
    // Bytes: 1 TB of checkpoint at 10 USD.
    struct Heavy: RunTimeModel {
      func runTime(of job: QueuedJob, on pieces: [Piece]) -> Time { job.estimate }
      func checkpointBytes(of job: Int32) -> Int64 { 1_000_000_000_000 }
    }
    func heavy(_ spec: String) throws -> [Decision] {
      let policy = ComposedPolicy(try PolicySpec(parsing: spec))
      var seen = view
      policy.settle(&seen, model: Heavy())
      return policy.decide(seen, model: Heavy())
    }
    #expect(try heavy("longhaul(time=1)") == [.preempt(job: 0)])
    #expect(try heavy("longhaul(time=1,network=10)") == [])
    // Between reviews nothing is moved.
    view.now = .hour * 2 + .seconds(60)
    #expect(try decisions(60, "longhaul(time=1)") == [])
  }
}
