// SPDX-License-Identifier: Apache-2.0

import Congestion
import Foundation
import Runs
import ScenarioFile
import Testing

/// The small version of the tables in `Documentation/CongestionTables.md`: the study itself, one seed, scaled rates at the
/// same ratios, the near cells, and the baselines that come closest.
@Suite struct CongestionTableTests {
  private func report(only: [String], scale: Double? = nil, algorithms: [String]) throws -> StudyReport {
    var options = StudyOptions()
    options.only = only
    options.seeds = [1]
    options.scale = scale
    options.algorithms = algorithms
    let path = Place.root.appendingPathComponent("Experiments/studies/distances.yaml").path
    let folder = NSTemporaryDirectory() + "longhaul-study-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let study = try StudyReader.read(path: path, options: options)
    return try StudyRunner(study, directory: folder, jobs: 2, force: false).run { _ in [] }
  }

  /// Flows of at least one bandwidth-delay product, 10 km, both bottlenecks, a quarter and one bandwidth-delay product of
  /// buffer, against baselines tuned for each of these cells: the geometric mean of mean completion times over the
  /// oracle's is at most 1.10, and in no cell is a baseline ahead by more than 2 %.
  @Test func nearCellsAgainstTunedBaselines() throws {
    let report = try report(
      only: ["distance=10 km", "buffer=0.25 bdp", "buffer=1 bdp"], algorithms: ["nscc", "powertcp", "bbr", "dcqcn"])
    #expect(report.cells.count == 4)
    let candidate = try #require(report.contender(.candidate))
    let mean = try #require(report.geometricMean(candidate, .published))
    #expect(mean <= 1.10, "geometric mean \(mean)")
    for cell in report.cells {
      let match = try #require(cell.match)
      let best = report.title(cell.entries[match.best])
      #expect(match.ratio.mean <= 1.02, "\(cell.labels): \(match.ratio.mean) times as long as \(best)")
      let entry = try #require(report.entry(candidate, .published, in: cell))
      #expect(entry.runs[0].flows >= 30 && entry.unfinished == 0)
      #expect(entry.runs[0].drops == 0)
      // Nobody can be far ahead of the max-min rates with sizes that differ this little.
      #expect(cell.entries.allSatisfy { ($0.ratio?.mean ?? 1) > 0.7 })
    }
  }

  /// The same at 100 km, as published only.
  @Test func aHundredKilometres() throws {
    let report = try report(only: ["distance=100 km", "buffer=1 bdp", "bottleneck=destination"], algorithms: [])
    let candidate = try #require(report.contender(.candidate))
    let mean = try #require(report.geometricMean(candidate, .published))
    #expect(mean <= 1.10, "geometric mean \(mean)")
  }

  /// What makes scaled rates worth anything: half the rate and half the bytes give the same times. The oracle's and the
  /// candidate's mean completion times move by less than 3 % from a fortieth to a twentieth of the rates.
  @Test func theScaleHardlyMatters() throws {
    let cells = ["distance=10 km", "buffer=1 bdp", "bottleneck=source"]
    let small = try report(only: cells, scale: 0.025, algorithms: []).cells[0]
    let large = try report(only: cells, scale: 0.05, algorithms: []).cells[0]
    for (a, b) in zip(small.entries, large.entries) {
      let ratio = try #require(a.runs[0].meanCompletion) / #require(b.runs[0].meanCompletion)
      #expect(abs(ratio - 1) < 0.03, "\(ratio)")
    }
  }
}
