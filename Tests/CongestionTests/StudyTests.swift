// SPDX-License-Identifier: Apache-2.0

import Congestion
import CongestionControl
import Foundation
import Network
import Quantities
import ScenarioFile
import Testing

@Suite struct StudyStatisticsTests {
  /// 1, 2, 3, 4, 5: mean 3, deviation sqrt(2.5), and Student's 97.5 % at 4 degrees of freedom is 2.776.
  @Test func studentsInterval() throws {
    let estimate = try #require(StudyStatistics.estimate([1, 2, 3, 4, 5]))
    let half = 2.7764 * 2.5.squareRoot() / 5.0.squareRoot()
    #expect(estimate.mean == 3)
    let (low, high) = (try #require(estimate.low), try #require(estimate.high))
    #expect(abs(high - 3 - half) < 1e-12 && abs(low - 3 + half) < 1e-12)
    #expect(StudyStatistics.estimate([7])?.high == nil && StudyStatistics.estimate([]) == nil)
  }

  /// At 40 degrees of freedom the tables have 2.0211, at 120 1.9799: the expansion takes over at 31.
  @Test(arguments: [(41, 2.0211), (121, 1.9799), (31, 2.0423), (32, 2.0395)])
  func manySeeds(count: Int, percentile: Double) throws {
    // Half are 0 and half 2, but for one: the deviation is known exactly.
    let values = (0..<count).map { Double($0 % 2) * 2 }
    let mean = values.reduce(0, +) / Double(count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
    let half = try #require(StudyStatistics.estimate(values)?.halfWidth)
    #expect(abs(half * Double(count).squareRoot() / variance.squareRoot() - percentile) < 2e-4)
  }

  @Test func geometricMeans() throws {
    let mean = try #require(StudyStatistics.geometricMean([1, 2, 4]))
    #expect(abs(mean - 2) < 1e-14)
    #expect(StudyStatistics.geometricMean([]) == nil)
  }
}

@Suite struct StudyMetricsTests {
  static let experiment = """
    hosts: [a, b]
    switches: [t]
    links:
      - {between: [a, t], rate: 8 Gb/s, delay: 1 us}
      - {between: [t, b], rate: 8 Gb/s, delay: 1 us}
    flows:
      - {name: one, from: a, to: b, size: 1 MB, start: 1 ms}
      - {name: two, from: a, to: b, size: 1 MB, start: 11 ms}
      - {name: late, from: a, to: b, size: 1 MB, start: 21 ms}
    warmup: 5 ms
    duration: 30 ms

    """

  static func result() throws -> (NetworkPlan, ExperimentResult) {
    let plan = try plan(experiment)
    var result = ExperimentResult()
    for (index, flow) in plan.flows.enumerated() {
      // The second takes 2 ms and the third never ends.
      let end = index == 2 ? Time.never : flow.start + .microseconds(index == 0 ? 1000 : 2000)
      result.flows.append(
        ExperimentResult.Flow(
          group: flow.group, delivered: index == 0 ? 0 : 1_000_000, bytes: 1_000_000, start: flow.start, end: end,
          alone: .microseconds(1000), measured: .microseconds(index == 0 ? 0 : 2000), retransmitted: 0))
    }
    result.ports = plan.ports.map { _ in ExperimentResult.Port() }
    return (plan, result)
  }

  /// Flows that began in the warm-up do not count; one that has not ended counts with the time it was open, 9 ms.
  @Test func whatHasNotEndedCountsAsFarAsItCame() throws {
    let (plan, result) = try Self.result()
    let all = StudyMetrics(plan: plan, result: result, groups: nil, port: nil)
    #expect(all.flows == 2 && all.unfinished == 1)
    let mean = try #require(all.meanCompletion)
    #expect(abs(mean - 5.5e-3) < 1e-12)
    #expect(all.slowdown == 2)
    // 2 MB after the warm-up in 25 ms.
    #expect(abs(all.goodput - 16e6 / 25e-3) < 1)
    let two = StudyMetrics(plan: plan, result: result, groups: ["two"], port: "t->b")
    #expect(two.flows == 1 && two.unfinished == 0 && two.meanCompletion == 2e-3)
  }

  @Test func figuresSurviveTheirWayThroughText() throws {
    let (plan, result) = try Self.result()
    var metrics = StudyMetrics(plan: plan, result: result, groups: nil, port: nil)
    metrics.queueP99 = 1.0 / 3
    metrics.jain = nil
    #expect(StudyMetrics(fields: metrics.fields) == metrics)
    #expect(StudyMetrics(fields: Array(metrics.fields.dropLast())) == nil)
    #expect(StudyMetrics(fields: metrics.fields.map { $0 == "-" ? "x" : $0 }) == nil)
  }
}

/// What follows from runs, without any network.
@Suite struct StudyReportTests {
  static let yaml = """
    experiment:
      hosts: [a, b]
      links: [{between: [a, b], rate: 1 Gb/s, delay: $delay}]
      flows: [{from: a, to: b, size: 1 MB}]
      duration: 1 s
    axes: {delay: [1 us, 1 ms]}
    baselines: [{name: cubic, tune: {beta: [0.5, 0.9]}}, hpcc]
    tuning: {seeds: [101, 102]}
    seeds: [1, 2, 3]

    """

  /// - Parameter time: mean completion time by cell, contender, point and seed.
  static func report(_ time: (Int, Int, Int, UInt64) -> Double) throws -> StudyReport {
    let study = try StudyReader.parse(yaml: yaml, file: "s.yaml", baseDirectory: "/nowhere")
    let (plan, result) = try StudyMetricsTests.result()
    var blank = StudyMetrics(plan: plan, result: result, groups: nil, port: nil)
    blank.unfinished = 0
    var runs: [StudyReport.Run] = []
    for cell in 0..<2 {
      for (contender, entry) in study.contenders.enumerated() {
        for point in entry.points.indices {
          for seed in study.tuningSeeds + study.seeds {
            blank.meanCompletion = time(cell, contender, point, seed)
            blank.p99Completion = blank.meanCompletion
            runs.append(
              StudyReport.Run(cell: cell, contender: contender, point: point, seed: seed, metrics: blank))
          }
        }
      }
    }
    return StudyReport(
      study: study, network: "packet", contenderTitles: study.contenders.map(\.name), leftOut: [],
      runs: runs.reversed(), coreSeconds: 1)
  }

  /// Tuning looks at its own seeds and at nothing else: a point that is good only where it is reported is not taken.
  @Test func tuningNeverSeesTheReportingSeeds() throws {
    let report = try Self.report { _, contender, point, seed in
      if contender != 2 { return 1 }
      return seed > 100 ? [3, 2, 4][point] : [3, 2, 0.1][point]
    }
    let tuned = try #require(report.cells[0].entries.first { $0.contender == 2 && $0.variant == .tuned })
    #expect(tuned.point == 1 && tuned.ratio?.mean == 2)
    #expect(report.choice(tuned) == "beta 0.5")
  }

  @Test func ratiosArePairedBySeed() throws {
    // Seeds differ tenfold, the ratio does not: the interval is a point.
    let report = try Self.report { _, contender, _, seed in Double(seed) * 10 * (contender == 1 ? 1.5 : 1) }
    let candidate = try #require(report.cells[0].entries.first { $0.contender == 1 })
    #expect(candidate.ratio?.mean == 1.5)
    let half = try #require(candidate.ratio?.halfWidth)
    let mean = try #require(report.geometricMean(1, .published))
    #expect(abs(half) < 1e-12 && abs(mean - 1.5) < 1e-12)
  }

  /// Times of the candidate over the best baseline's, by seed, and what that is called.
  @Test(
    arguments: [
      ([0.9, 0.91, 0.9], "win"), ([1.01, 1.0, 1.015], "tie"), ([1.5, 0.9, 1.0], "tie"), ([1.1, 1.11, 1.1], "loss"),
      // Significant, but within 2 %.
      ([1.015, 1.015, 1.016], "tie"),
    ])
  func verdicts(times: [Double], verdict: String) throws {
    let report = try Self.report { _, contender, _, seed in
      contender == 1 && seed < 100 ? times[Int(seed) - 1] : contender == 3 ? 1 : 2
    }
    let match = try #require(report.cells[1].match)
    #expect(match.verdict.rawValue == verdict)
    #expect(report.title(report.cells[1].entries[match.best]) == "hpcc")
  }

  /// The digest is that of what was found, not of the order in which it was found nor of its cost.
  @Test func theDigestIsThatOfTheFindings() throws {
    let one = try Self.report { cell, contender, _, _ in Double(1 + cell + contender) }
    let other = StudyReport(
      study: one.study, network: "packet", contenderTitles: one.contenderTitles, leftOut: [],
      runs: one.runs.sorted { $0.seed > $1.seed }, coreSeconds: 99)
    #expect(one.digest == other.digest && one.runsCSV == other.runsCSV && one.csv == other.csv)
    let different = try Self.report { cell, contender, _, _ in Double(1 + cell + 2 * contender) }
    #expect(one.digest != different.digest)
  }
}

@Suite struct ScaledAlgorithmTests {
  /// What has the unit of a rate or of bytes follows the scale; gains, times and packets do not.
  @Test func ratesAndAmountsFollow() throws {
    let dcqcn = try Algorithm(name: "dcqcn", preset: "vendor")
    let half = dcqcn.scaled(by: 0.5)
    func value(_ algorithm: Algorithm, _ name: String) throws -> Double {
      algorithm.values[try #require(algorithm.information.parameters.firstIndex { $0.name == name })]
    }
    for name in ["minimum_mbps", "additive_mbps", "byte_counter"] {
      #expect(try value(half, name) == value(dcqcn, name) / 2, "\(name)")
    }
    for name in ["g", "increase_timer_us", "fast_recovery"] {
      #expect(try value(half, name) == value(dcqcn, name), "\(name)")
    }
  }
}
