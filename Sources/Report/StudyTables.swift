// SPDX-License-Identifier: Apache-2.0

import Congestion
import ScenarioFile

/// A study as tables: in text for a terminal, in Markdown for documentation.
public struct StudyTables {
  public let report: StudyReport
  private let candidate: Int?

  public init(_ report: StudyReport) {
    self.report = report
    candidate = report.contender(.candidate)
  }

  private struct Grid {
    var title: String
    var note = ""
    var columns: [String]
    var rows: [[String]]
  }

  private var reference: String { report.contender(.reference).map { report.contenderTitles[$0] } ?? "the reference" }
  private var baselines: [Int] {
    report.study.contenders.indices.filter { index in
      report.study.contenders[index].role == .baseline
        && report.cells.contains { cell in cell.entries.contains { $0.contender == index } }
    }
  }
  private var axisNames: [String] { report.study.axes.map(\.name) }
  /// Whether flows come to an end at all.
  private var hasCompletions: Bool { report.cells.contains { $0.entries.contains { $0.ratio != nil } } }

  // MARK: Cells of tables

  /// "1.04 ± 0.02"; "≥" where flows had not ended.
  private func ratio(_ entry: StudyReport.Entry?, withInterval: Bool = true) -> String {
    guard let entry, let ratio = entry.ratio else { return Readable.none }
    return (entry.unfinished > 0 ? "≥ " : "") + Self.text(ratio, withInterval: withInterval)
  }

  private static func text(_ estimate: StudyStatistics.Estimate, withInterval: Bool = true) -> String {
    let digits = estimate.mean < 10 ? 2 : 1
    let mean = Readable.fixed(estimate.mean, digits)
    guard withInterval, let half = estimate.halfWidth else { return mean }
    return "\(mean) ± \(Readable.fixed(half, digits))"
  }

  private func entry(_ contender: Int, _ variant: StudyReport.Variant, _ cell: StudyReport.Cell) -> StudyReport.Entry? {
    report.entry(contender, variant, in: cell)
  }

  // MARK: Grids

  /// The candidate, the best baseline, and who is ahead.
  private var verdicts: Grid {
    var rows: [[String]] = []
    for cell in report.cells {
      var row = cell.labels
      row.append(candidate.map { ratio(entry($0, .published, cell)) } ?? Readable.none)
      if let match = cell.match {
        let best = cell.entries[match.best]
        row += [
          "\(report.title(best)), \(best.variant.rawValue)", ratio(best), Self.text(match.ratio),
          match.verdict.rawValue,
        ]
      } else {
        row += [Readable.none, Readable.none, Readable.none, Readable.none]
      }
      rows.append(row)
    }
    let name = candidate.map { report.contenderTitles[$0] } ?? ""
    return Grid(
      title: "Mean completion time over \(reference)'s: \(name) and the best baseline of each cell",
      columns: axisNames + [name, "best baseline", "its ratio", "\(name) / best", "verdict"], rows: rows)
  }

  private func ratios(_ variant: StudyReport.Variant) -> Grid {
    let columns = baselines
    let rows = report.cells.map { cell in
      cell.labels + [candidate.map { ratio(entry($0, .published, cell), withInterval: false) } ?? Readable.none]
        + columns.map { ratio(entry($0, variant, cell), withInterval: false) }
    }
    let name = candidate.map { report.contenderTitles[$0] } ?? ""
    let what = variant == .tuned ? "baselines tuned for each cell" : "baselines as published"
    return Grid(
      title: "Mean completion time over \(reference)'s, \(what)",
      columns: axisNames + [name]
        + columns.map { variant == .tuned ? report.tunedTitle($0) : report.contenderTitles[$0] }, rows: rows)
  }

  private var means: Grid {
    let list = [candidate].compactMap { $0 } + baselines
    return Grid(
      title: "Geometric means over the cells",
      columns: ["algorithm", "published", "tuned", "flows that had not ended"],
      rows: list.map { index in
        let unfinished = report.cells.reduce(0) { $0 + (entry(index, .published, $1)?.unfinished ?? 0) }
        let flows = report.cells.reduce(0) { sum, cell in
          sum + (entry(index, .published, cell)?.runs.reduce(0) { $0 + $1.flows } ?? 0)
        }
        let isTuned = report.study.contenders[index].points.count > 1
        return [
          report.contenderTitles[index], Readable.fixed(report.geometricMean(index, .published), 3),
          isTuned ? Readable.fixed(report.geometricMean(index, .tuned), 3) : "not tuned",
          flows > 0 ? Readable.percent(Double(unfinished) / Double(flows)) : Readable.none,
        ]
      })
  }

  /// What else the candidate, the reference and the best baseline do in each cell.
  private var others: Grid {
    var rows: [[String]] = []
    for cell in report.cells {
      var list: [StudyReport.Entry] = []
      for role in [Study.Contender.Role.reference, .candidate] {
        if let index = report.contender(role), let entry = entry(index, .published, cell) { list.append(entry) }
      }
      if let match = cell.match { list.append(cell.entries[match.best]) }
      rows += list.map { cell.labels + [report.title($0)] + figures($0) }
    }
    return Grid(
      title: "Tails, queues and drops (means over the seeds)", columns: axisNames + ["algorithm"] + Self.figureTitles,
      rows: rows)
  }

  /// For studies of flows without an end: everything of everybody.
  private var everything: Grid {
    var rows: [[String]] = []
    for cell in report.cells {
      for entry in cell.entries where entry.variant == .published || entry.point > 0 {
        let choice = entry.variant == .tuned ? "\(report.title(entry)), tuned" : report.title(entry)
        rows.append(cell.labels + [choice] + figures(entry))
      }
    }
    return Grid(title: "All algorithms", columns: axisNames + ["algorithm"] + Self.figureTitles, rows: rows)
  }

  private static let figureTitles = [
    "FCT p99 / reference's", "utilisation", "queue p99", "drops", "sent again", "Jain",
  ]

  private func figures(_ entry: StudyReport.Entry) -> [String] {
    [
      entry.p99Ratio.map { Self.text($0) } ?? Readable.none,
      Readable.percent(entry.mean { $0.utilisation }),
      Readable.duration(entry.mean { $0.queueP99 }.map { $0 / 1e6 }), Readable.fixed(entry.mean { $0.drops }, 0),
      Readable.percent(entry.mean { $0.sentAgain }), Readable.fixed(entry.mean { $0.jain }, 3),
    ]
  }

  private var choices: Grid {
    var rows: [[String]] = []
    for index in baselines where report.study.contenders[index].points.count > 1 {
      var counts: [(text: String, count: Int)] = []
      for cell in report.cells {
        guard let entry = cell.entries.first(where: { $0.contender == index && $0.variant == .tuned }) else { continue }
        let text = report.choice(entry)
        if let at = counts.firstIndex(where: { $0.text == text }) {
          counts[at].count += 1
        } else {
          counts.append((text, 1))
        }
      }
      let sorted = counts.enumerated().sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }
      rows.append([
        report.contenderTitles[index], String(report.study.contenders[index].points.count),
        sorted.prefix(3).map { "\($0.element.text) (\($0.element.count))" }.joined(separator: "; ")
          + (sorted.count > 3 ? "; \(sorted.count - 3) more" : ""),
      ])
    }
    return Grid(
      title: "What tuning chose", columns: ["algorithm", "tried", "chosen (in so many cells)"], rows: rows)
  }

  private var losses: [String] {
    report.cells.compactMap { cell in
      guard let match = cell.match, match.verdict == .loss, let candidate else { return nil }
      let best = cell.entries[match.best]
      let place = zip(report.study.axes, cell.labels).map { "\($0.name) \($1)" }.joined(separator: ", ")
      return "\(place): \(report.contenderTitles[candidate]) takes \(Self.text(match.ratio)) times as long as "
        + "\(report.title(best)) (\(report.choice(best)))"
    }
  }

  // MARK: Sentences

  /// "29 wins, 2 ties, 1 loss in 32 cells"
  public var score: String {
    func count(_ verdict: StudyReport.Verdict, _ one: String, _ many: String) -> String {
      let number = report.count(verdict)
      return "\(number) \(number == 1 ? one : many)"
    }
    return "\(count(.win, "win", "wins")), \(count(.tie, "tie", "ties")), \(count(.loss, "loss", "losses")) in "
      + "\(report.cells.count) cell\(report.cells.count == 1 ? "" : "s")"
  }

  private var seeds: String {
    func list(_ seeds: [UInt64]) -> String { seeds.map { "\($0)" }.joined(separator: ", ") }
    var text = "Seeds \(list(report.study.seeds)); intervals are Student's, 95 %."
    if report.study.seeds.count == 1 { text = "One seed (\(list(report.study.seeds))), so no intervals." }
    if !report.study.tuningSeeds.isEmpty {
      let by = report.study.objective == .meanFCT ? "the least mean completion time" : "the most payload delivered"
      text += " Tuned cell by cell for \(by) on seeds \(list(report.study.tuningSeeds))."
    }
    return text
  }

  private var cost: String {
    let budget = report.study.budget.map { " of a budget of \(Self.cores($0))" } ?? ""
    return "\(Readable.integer(report.runs.count)) runs in \(Self.cores(report.coreSeconds))\(budget)"
  }

  private static func cores(_ seconds: Double) -> String {
    seconds < 120
      ? Readable.fixed(seconds, 1) + " core-seconds"
      : seconds < 7200
        ? Readable.fixed(seconds / 60, 1) + " core-minutes" : Readable.fixed(seconds / 3600, 2) + " core-hours"
  }

  // MARK: Text and Markdown

  /// What the command prints.
  public func text(directory: String?) -> String {
    var lines = ["\(report.study.name), \(report.network) level", ""]
    for grid in hasCompletions ? [verdicts, means] : [everything] {
      var table = TextTable(
        grid.columns.enumerated().map { ($0.element, Self.isText($0.offset, grid) ? .left : .right) })
      table.rows = grid.rows
      lines += table.lines + [""]
    }
    if hasCompletions { lines.append("Score        \(score)") }
    for out in report.leftOut { lines.append("Left out     \(out.name): \(out.reason)") }
    lines += ["Cost         \(cost)", "Digest       \(report.digest)"]
    if let directory { lines.append("Results in   \(directory)") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func isText(_ column: Int, _ grid: Grid) -> Bool {
    guard let cell = grid.rows.first?[column] else { return true }
    return !(cell.first?.isNumber ?? false) && cell.first != "≥" && cell != Readable.none
  }

  /// A section for documentation; headings from the second level on.
  public var markdown: String {
    var out = "## \(report.study.name), \(report.network) level\n\n"
    if !report.study.about.isEmpty {
      out += report.study.about.split(whereSeparator: \.isNewline).joined(separator: " ") + "\n\n"
    }
    out += "\(seeds) \(cost) (measured where this was written).\n\n"
    if hasCompletions { out += "\(score).\n\n" }
    for item in report.leftOut { out += "Left out: \(item.name), because \(item.reason).\n\n" }
    if hasCompletions {
      out += Self.markdown(means) + Self.markdown(verdicts)
      out += "### Losses\n\n"
      out += losses.isEmpty ? "None.\n\n" : losses.map { "- \($0)\n" }.joined() + "\n"
      if !baselines.isEmpty { out += Self.markdown(ratios(.published)) }
      if !report.study.tuningSeeds.isEmpty { out += Self.markdown(ratios(.tuned)) + Self.markdown(choices) }
      out += Self.markdown(others)
    } else {
      out += Self.markdown(everything)
    }
    return out + "Digest: `\(report.digest)`\n"
  }

  private static func markdown(_ grid: Grid) -> String {
    var out = "### \(grid.title)\n\n"
    func row(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    out += row(grid.columns)
    out += "|" + grid.columns.indices.map { isText($0, grid) ? "---|" : "---:|" }.joined() + "\n"
    for cells in grid.rows { out += row(cells) }
    return out + "\n"
  }
}
