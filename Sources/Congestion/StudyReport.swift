// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Results
import ScenarioFile
import Simulation

/// What a study found: for each cell and algorithm the figures over the seeds, and how the candidate fares against the
/// best baseline.
public struct StudyReport: Sendable {
  /// How constants were chosen.
  public enum Variant: String, Sendable {
    case published, tuned
  }

  /// One run, with what it was.
  public struct Run: Sendable {
    public var cell: Int
    public var contender: Int
    public var point: Int
    public var seed: UInt64
    public var metrics: StudyMetrics
    public init(cell: Int, contender: Int, point: Int, seed: UInt64, metrics: StudyMetrics) {
      self.cell = cell
      self.contender = contender
      self.point = point
      self.seed = seed
      self.metrics = metrics
    }
  }

  /// One algorithm in one cell with one choice of its constants, over the reporting seeds.
  public struct Entry: Sendable {
    public var contender: Int
    public var variant: Variant
    public var point: Int
    /// One for each seed, in their order.
    public var runs: [StudyMetrics]
    /// Mean completion time over the reference's on the same seed.
    public var ratio: StudyStatistics.Estimate?
    /// The same of the 99th percentile.
    public var p99Ratio: StudyStatistics.Estimate?
    public var unfinished: Int { runs.reduce(0) { $0 + $1.unfinished } }

    func estimate(_ value: (StudyMetrics) -> Double?) -> StudyStatistics.Estimate? {
      StudyStatistics.estimate(runs.compactMap(value))
    }
    /// Mean of a figure over the seeds that have it.
    public func mean(_ value: (StudyMetrics) -> Double?) -> Double? { StudyStatistics.mean(runs.compactMap(value)) }
  }

  public enum Verdict: String, Sendable {
    /// The whole interval lies below 1.
    case win
    /// The interval holds 1, or the mean is at most 2 % above.
    case tie
    case loss
  }

  /// The candidate against the baseline that does best in the cell, tuned or not.
  public struct Match: Sendable {
    /// Position in ``Cell/entries``.
    public var best: Int
    /// Mean completion time of the candidate over that baseline's, on the same seeds.
    public var ratio: StudyStatistics.Estimate
    public var verdict: Verdict
  }

  public struct Cell: Sendable {
    public var labels: [String]
    public var scale: Double
    /// Reference, candidate, then every baseline as published and, where there was a choice, tuned.
    public var entries: [Entry]
    /// Nil if nothing came to an end, or there is no baseline.
    public var match: Match?
  }

  public let study: Study
  /// "packet", "fluid" or "ideal".
  public let network: String
  public let contenderTitles: [String]
  /// Baselines that the level cannot run, with what it does not follow.
  public let leftOut: [(name: String, reason: String)]
  public private(set) var cells: [Cell] = []
  /// Every run, in the order of cells, contenders, points and seeds.
  public let runs: [Run]
  /// Core-seconds of all runs, measured. Not part of the digest.
  public let coreSeconds: Double

  /// Point of each contender in each cell that tuning chose: the best on the tuning seeds, the first of equals.
  public static func tunedPoints(_ study: Study, runs: [Run]) -> [[Int]] {
    var values: [[[[Double]]]] = study.cells.map { _ in study.contenders.map { $0.points.map { _ in [] } } }
    for run in runs where study.tuningSeeds.contains(run.seed) {
      let value = study.objective == .meanFCT ? run.metrics.meanCompletion : -run.metrics.goodput
      values[run.cell][run.contender][run.point].append(value ?? .infinity)
    }
    return values.map { cell in
      cell.map { points in
        var best = 0
        var least = Double.infinity
        for (index, list) in points.enumerated() {
          guard let mean = StudyStatistics.mean(list), mean < least else { continue }
          (best, least) = (index, mean)
        }
        return best
      }
    }
  }

  /// - Parameter runs: all that the study asks for, in any order.
  public init(
    study: Study, network: String, contenderTitles: [String], leftOut: [(name: String, reason: String)], runs: [Run],
    coreSeconds: Double
  ) {
    self.study = study
    self.network = network
    self.contenderTitles = contenderTitles
    self.leftOut = leftOut
    self.coreSeconds = coreSeconds
    func isReporting(_ run: Run) -> Bool { study.seeds.contains(run.seed) }
    self.runs = runs.sorted {
      ($0.cell, $0.contender, $0.point, isReporting($0) ? 1 : 0, $0.seed)
        < ($1.cell, $1.contender, $1.point, isReporting($1) ? 1 : 0, $1.seed)
    }
    let chosen = Self.tunedPoints(study, runs: self.runs)
    var found: [[Int]: StudyMetrics] = [:]
    for run in self.runs {
      if let seed = study.seeds.firstIndex(of: run.seed) {
        found[[run.cell, run.contender, run.point, seed]] = run.metrics
      }
    }
    for cell in study.cells.indices {
      var entries: [Entry] = []
      for contender in study.contenders.indices {
        func add(_ variant: Variant, _ point: Int) {
          let runs = study.seeds.indices.compactMap { found[[cell, contender, point, $0]] }
          if !runs.isEmpty { entries.append(Entry(contender: contender, variant: variant, point: point, runs: runs)) }
        }
        add(.published, 0)
        if study.contenders[contender].points.count > 1 { add(.tuned, chosen[cell][contender]) }
      }
      cells.append(Self.judged(study.cells[cell], entries, study))
    }
  }

  private static func judged(_ cell: Study.Cell, _ entries: [Entry], _ study: Study) -> Cell {
    func ratios(_ a: Entry, _ b: Entry, _ value: (StudyMetrics) -> Double?) -> [Double] {
      zip(a.runs, b.runs).compactMap { a, b in
        guard let a = value(a), let b = value(b), b > 0 else { return nil }
        return a / b
      }
    }
    var result = Cell(labels: cell.labels, scale: cell.scale, entries: entries)
    let reference = entries.first { study.contenders[$0.contender].role == .reference }
    if let reference {
      for index in entries.indices {
        result.entries[index].ratio = StudyStatistics.estimate(
          ratios(entries[index], reference) { $0.meanCompletion })
        result.entries[index].p99Ratio = StudyStatistics.estimate(
          ratios(entries[index], reference) { $0.p99Completion })
      }
    }
    let candidate = entries.first { study.contenders[$0.contender].role == .candidate }
    var best: (index: Int, value: Double)?
    for (index, entry) in entries.enumerated() where study.contenders[entry.contender].role == .baseline {
      guard let value = entry.mean({ $0.meanCompletion }), value < best?.value ?? .infinity else { continue }
      best = (index, value)
    }
    if let candidate, let best,
      let ratio = StudyStatistics.estimate(ratios(candidate, entries[best.index]) { $0.meanCompletion })
    {
      let verdict: Verdict
      if let low = ratio.low, let high = ratio.high {
        verdict = high < 1 ? .win : low > 1 && ratio.mean > 1.02 ? .loss : .tie
      } else {
        verdict = ratio.mean < 0.98 ? .win : ratio.mean > 1.02 ? .loss : .tie
      }
      result.match = Match(best: best.index, ratio: ratio, verdict: verdict)
    }
    return result
  }

  /// Geometric mean over the cells of mean completion time over the reference's, for one contender and variant; nil if a
  /// cell has none.
  public func geometricMean(_ contender: Int, _ variant: Variant) -> Double? {
    var ratios: [Double] = []
    for cell in cells {
      guard let entry = entry(contender, variant, in: cell), let ratio = entry.ratio?.mean, ratio > 0 else {
        return nil
      }
      ratios.append(ratio)
    }
    return StudyStatistics.geometricMean(ratios)
  }

  public func entry(_ contender: Int, _ variant: Variant, in cell: Cell) -> Entry? {
    cell.entries.first { $0.contender == contender && $0.variant == variant }
      // What was not tuned is as published in both tables.
      ?? cell.entries.first { $0.contender == contender }
  }

  /// Position of the contender with this role.
  public func contender(_ role: Study.Contender.Role) -> Int? { study.contenders.firstIndex { $0.role == role } }

  public func title(_ entry: Entry) -> String {
    entry.variant == .tuned ? tunedTitle(entry.contender) : contenderTitles[entry.contender]
  }

  /// The name where constants were tuned: without the preset, which tuning may have changed, unless another contender
  /// has the same name.
  public func tunedTitle(_ contender: Int) -> String {
    let entry = study.contenders[contender]
    let isAlone = study.contenders.count { $0.name == entry.name } == 1
    return entry.points.count > 1 && isAlone ? entry.name : contenderTitles[contender]
  }

  /// What was chosen, for people.
  public func choice(_ entry: Entry) -> String { study.contenders[entry.contender].points[entry.point].text }

  /// SHA-256 of the results as JSON without what depends on how and where they were computed.
  public var digest: String { SHA256.hex(hashing: Array(json(withEngine: false).text.utf8)) }
}
