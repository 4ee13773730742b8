// SPDX-License-Identifier: Apache-2.0

import Quantities
import ScenarioFile
import Simulation

/// Mean completion times over the reference's as a table in colours, in SVG: a row for each algorithm, tuned where it was
/// tuned; columns for the values of the last two axes, and a panel for every combination of the others.
struct StudyPicture {
  private static let left = 170.0
  private static let columnWidth = 46.0
  private static let rowHeight = 24.0
  private static let groupGap = 10.0
  private static let head = 66.0
  private static let scaleEnd = 8.0

  let report: StudyReport

  init(_ report: StudyReport) { self.report = report }

  private struct Row {
    var contender: Int
    var title: String
    /// Geometric mean over the cells.
    var mean: Double
  }

  /// Candidate first, then the baselines, better ones first.
  private var rows: [Row] {
    let study = report.study
    let rows = study.contenders.indices.filter { study.contenders[$0].role != .reference }.map { index in
      Row(
        contender: index, title: report.tunedTitle(index),
        mean: report.geometricMean(index, .tuned) ?? .infinity)
    }
    func rank(_ row: Row) -> Int { study.contenders[row.contender].role == .candidate ? 0 : 1 }
    return rows.sorted { (rank($0), $0.mean, $0.contender) < (rank($1), $1.mean, $1.contender) }
  }

  /// Axes that make columns, and how many cells a panel has.
  private var columnAxes: ArraySlice<Study.Axis> { report.study.axes.suffix(2) }
  private var panelSize: Int { columnAxes.reduce(1) { $0 * $1.labels.count } }

  var svg: String {
    let rows = rows
    let panels = report.cells.count / max(1, panelSize)
    let inner = columnAxes.count > 1 ? columnAxes.last?.labels.count ?? 1 : panelSize
    let groups = panelSize / max(1, inner)
    let width = max(
      700, Self.left + Double(panelSize) * Self.columnWidth + Double(groups - 1) * Self.groupGap + 90)
    let panelHeight = Self.head + Double(rows.count) * Self.rowHeight + 22
    let height = 78 + Double(panels) * panelHeight + 64
    var out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Chart.number(width))\" "
    out += "height=\"\(Chart.number(height))\" viewBox=\"0 0 \(Chart.number(width)) \(Chart.number(height))\" "
    out += "font-family=\"Helvetica, Arial, sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    let reference = report.contender(.reference).map { report.contenderTitles[$0] } ?? "the reference"
    out += Chart.text(16, 28, "Mean flow completion time over \(reference)'s", size: 18, weight: "bold")
    let tuned = report.study.tuningSeeds.isEmpty ? "as published" : "baselines tuned for each cell"
    let seeds = report.study.seeds.count
    out += Chart.text(
      16, 50, "\(report.study.name), \(report.network) level, \(tuned), \(seeds) seed\(seeds == 1 ? "" : "s")",
      size: 13,
      fill: "#555555")
    for panel in 0..<panels {
      out += "<g transform=\"translate(0 \(Chart.number(66 + Double(panel) * panelHeight)))\">\n"
      out += heading(panel, inner: inner) + body(rows, panel, inner: inner) + "</g>\n"
    }
    return out + legend(y: height - 50) + "</svg>\n"
  }

  private func x(_ column: Int, inner: Int) -> Double {
    Self.left + Double(column) * Self.columnWidth + Double(column / inner) * Self.groupGap
  }

  private func heading(_ panel: Int, inner: Int) -> String {
    let first = report.cells[panel * panelSize]
    let above = report.study.axes.count - columnAxes.count
    var out = ""
    if above > 0 {
      let title = zip(report.study.axes, first.labels).prefix(above).map { "\($0.name): \($1)" }
      out += Chart.text(16, 18, title.joined(separator: ", "), size: 14, weight: "bold")
    }
    for column in 0..<panelSize {
      let labels = report.cells[panel * panelSize + column].labels.suffix(columnAxes.count)
      let middle = x(column, inner: inner) + Self.columnWidth / 2
      if columnAxes.count > 1, column % inner == 0, let axis = columnAxes.first, let label = labels.first {
        let span = Double(inner) * Self.columnWidth
        let start = x(column, inner: inner)
        out += Chart.text(start + span / 2, 34, "\(axis.name) \(label)", size: 13, anchor: "middle")
        out += "<path d=\"M\(Chart.number(start + 2)) 40H\(Chart.number(start + span - 2))\" stroke=\"#999999\"/>\n"
      }
      out += Chart.text(middle, 57, labels.last ?? "", size: 11, anchor: "middle", fill: "#444444")
    }
    if let axis = columnAxes.last {
      out += Chart.text(Self.left - 10, 57, axis.name, size: 11, anchor: "end", fill: "#444444")
    }
    let end = x(panelSize - 1, inner: inner) + Self.columnWidth
    return out + Chart.text(end + 38, 57, "geo. mean", size: 11, anchor: "middle", fill: "#444444")
  }

  private func body(_ rows: [Row], _ panel: Int, inner: Int) -> String {
    var out = ""
    let cells = report.cells[panel * panelSize..<(panel + 1) * panelSize]
    let best = cells.map { cell in
      rows.compactMap { report.entry($0.contender, .tuned, in: cell)?.ratio?.mean }.min() ?? 0
    }
    for (index, row) in rows.enumerated() {
      let y = Self.head + Double(index) * Self.rowHeight
      let isCandidate = report.study.contenders[row.contender].role == .candidate
      out += Chart.text(
        Self.left - 10, y + 16, row.title, size: 13, anchor: "end", weight: isCandidate ? "bold" : "normal")
      var ratios: [Double] = []
      for (column, cell) in cells.enumerated() {
        guard let entry = report.entry(row.contender, .tuned, in: cell), let ratio = entry.ratio?.mean else { continue }
        ratios.append(ratio)
        out += tile(
          x(column, inner: inner), y, ratio, isBest: ratio <= best[column] * (1 + 1e-9), isBound: entry.unfinished > 0)
      }
      let end = x(panelSize - 1, inner: inner) + Self.columnWidth
      let mean = ratios.count == cells.count ? StudyStatistics.geometricMean(ratios) : nil
      if let mean { out += tile(end + 16, y, mean, isBest: false, isBound: false) }
    }
    return out
  }

  private func tile(_ x: Double, _ y: Double, _ ratio: Double, isBest: Bool, isBound: Bool) -> String {
    let (fill, ink) = Self.colours(ratio)
    let size = "width=\"\(Chart.number(Self.columnWidth - 2))\" height=\"\(Chart.number(Self.rowHeight - 2))\""
    let border = isBest ? " stroke=\"#D55E00\" stroke-width=\"2\"" : ""
    let text = (isBound ? "≥" : "") + Self.short(ratio)
    return "<rect x=\"\(Chart.number(x + 1))\" y=\"\(Chart.number(y))\" \(size) rx=\"2\" fill=\"\(fill)\"\(border)/>\n"
      + Chart.text(
        x + Self.columnWidth / 2, y + 15.5, text, size: 12, anchor: "middle", weight: isBest ? "bold" : "normal",
        fill: ink)
  }

  private static func short(_ ratio: Double) -> String {
    // Two digits after the point while they matter.
    let digits = ratio < 9.995 ? 100.0 : ratio < 99.95 ? 10 : 1
    let text = Quantity.number((ratio * digits).rounded() / digits)
    if digits == 100, ratio < 9.995 {
      let parts = text.split(separator: ".")
      let fraction = parts.count > 1 ? String(parts[1]) : ""
      return parts[0] + "." + fraction + String(repeating: "0", count: max(0, 2 - fraction.count))
    }
    return text
  }

  /// From near white at 1 to dark blue at ``scaleEnd``, evenly in the logarithm; green below 1.
  private static func colours(_ ratio: Double) -> (fill: String, ink: String) {
    if ratio < 0.995 { return ("#b7e4c7", "#222222") }
    let share = min(1, max(0, DeterministicMath.log(ratio) / DeterministicMath.log(scaleEnd)))
    let stops: [(Double, Double, Double)] = [
      (247, 251, 255), (198, 219, 239), (107, 174, 214), (33, 113, 181), (8, 48, 107),
    ]
    let position = share * Double(stops.count - 1)
    let index = min(stops.count - 2, Int(position))
    let part = position - Double(index)
    func mix(_ a: Double, _ b: Double) -> String {
      let value = Int((a + (b - a) * part).rounded())
      let text = String(value, radix: 16)
      return text.count < 2 ? "0" + text : text
    }
    let (a, b) = (stops[index], stops[index + 1])
    return ("#" + mix(a.0, b.0) + mix(a.1, b.1) + mix(a.2, b.2), share > 0.55 ? "#ffffff" : "#222222")
  }

  private func legend(y: Double) -> String {
    var out = ""
    var x = Self.left
    for value in [0.9, 1, 1.25, 1.5, 2, 3, 4, 6, 8] {
      let (fill, ink) = Self.colours(value)
      out += "<rect x=\"\(Chart.number(x))\" y=\"\(Chart.number(y))\" width=\"40\" height=\"16\" fill=\"\(fill)\"/>\n"
      let text = value < 1 ? "&lt;1" : Quantity.number(value) + (value == 8 ? "+" : "")
      out += Chart.text(x + 20, y + 12.5, text.replacing("&lt;", with: "<"), size: 11, anchor: "middle", fill: ink)
      x += 40
    }
    out += Chart.text(
      Self.left, y + 34, "framed: best of its column;  ≥: some flows had not ended, so it is more",
      size: 11, fill: "#555555")
    return out + Chart.text(Self.left - 10, y + 12.5, "times the reference", size: 11, anchor: "end", fill: "#555555")
  }
}
