// SPDX-License-Identifier: Apache-2.0

import Foundation
import Results

extension ComparisonReport {
  func swatch(_ index: Int) -> String {
    let colour = ReportStyle.colours[index % ReportStyle.colours.count]
    return "<span class=\"swatch\" style=\"background:\(colour)\"></span>"
  }

  private func policy(_ one: Comparison.Case, _ index: Int) -> String {
    let row = one.rows[index]
    // Where a long name may break.
    let name = HTML.escaped(row.policy).replacing("@", with: "<wbr>@").replacing(",", with: ",<wbr>")
    return swatch(index) + "<code>\(name)</code>"
      + (row.undone > 0 ? " <b title=\"jobs left undone\">!</b>" : "")
  }

  /// The columns that a reader looks for first.
  func summaryTable(_ index: Int) -> String {
    let one = comparison.cases[index]
    let rows = one.rows
    func best(_ name: String) -> Double? {
      guard rows.count > 1 else { return nil }
      let values = rows.filter { $0.undone == 0 }.compactMap { $0[name]?.mean }
      guard Set(values).count > 1 else { return nil }
      return MetricInfo.named(name)?.better == .higher ? values.max() : values.min()
    }
    func cell(_ row: Comparison.Row, _ name: String, ranges: Bool = false, _ show: (Double) -> String) -> String {
      guard let value = row[name] else { return "–" }
      var text = show(value.mean)
      if value.mean == best(name) { text = "<b>\(text)</b>" }
      if ranges, value.low != value.high {
        text += "<span class=\"range\">\(show(value.low)) – \(show(value.high))</span>"
      }
      return text
    }
    func gap(_ row: Comparison.Row, _ name: String) -> String {
      row.gaps[name].map { "+" + Readable.fixed($0 * 100, 1) + " %" } ?? "–"
    }
    let unit = DurationUnit.suiting(rows.compactMap { $0["jct_mean_s"]?.mean }.max() ?? 0)
    func time(_ seconds: Double) -> String { Readable.fixed(seconds / unit.seconds, 2) }
    let hasRanks = rows.contains { !$0.ranks.isEmpty }
    let hasGaps = rows.contains { $0.gaps["jobs_cost_usd"] != nil }
    var head = ["Policy"]
    if hasRanks { head.append("Rank") }
    head += [
      "Mean completion, \(unit.name)", "above bound", "p95, \(unit.name)", "Mean wait, \(unit.name)",
      "Energy cost, USD",
    ]
    if hasGaps { head.append("above bound") }
    head.append("Carbon, t")
    if hasGaps { head.append("above bound") }
    head += ["GPUs busy", "Over fair share × 1.1", "On the network"]
    var body: [[String]] = []
    for (index, row) in rows.enumerated() {
      var cells = [policy(one, index)]
      if hasRanks { cells.append(row.ranks["jct_mean_s"].map(String.init) ?? "–") }
      cells += [
        cell(row, "jct_mean_s", ranges: true, time), gap(row, "jct_mean_s"), cell(row, "jct_p95_s", time),
        cell(row, "wait_mean_s", time), cell(row, "jobs_cost_usd", ranges: true) { Readable.amount($0) },
      ]
      if hasGaps { cells.append(gap(row, "jobs_cost_usd")) }
      cells.append(cell(row, "jobs_carbon_t", ranges: true) { Readable.amount($0) })
      if hasGaps { cells.append(gap(row, "jobs_carbon_t")) }
      cells += [
        cell(row, "utilisation") { Readable.percent($0) }, cell(row, "ftf_over_1_1") { Readable.percent($0) },
        cell(row, "network_share") { Readable.fixed($0 * 100, 2) + " %" },
      ]
      body.append(cells)
    }
    func limit(_ name: String) -> Double? { one.bounds.first { $0.name == name }?.value?.mean }
    if limit("jct_mean_s") != nil {
      var cells = ["No schedule is below"]
      if hasRanks { cells.append("") }
      cells += [
        limit("jct_mean_s").map(time) ?? "–", "", "", "", limit("jobs_cost_usd").map { Readable.amount($0) } ?? "–",
      ]
      if hasGaps { cells.append("") }
      cells.append(limit("jobs_carbon_t").map { Readable.amount($0) } ?? "–")
      if hasGaps { cells.append("") }
      body.append(cells + ["", "", ""])
    }
    var note =
      "Means over \(data.cases[index].windows.count == 1 ? "one window" : "\(data.cases[index].windows.count) windows")"
    if data.cases[index].windows.count > 1 { note += " with 95 % intervals" }
    note += "; best of each column in bold. "
    if hasRanks {
      note += "Policies share a rank by completion time where the interval of their paired difference holds zero. "
    }
    if hasGaps {
      note +=
        "Gaps in cost and carbon are to what no schedule can beat at the policy's own completion time; the last row "
      note += "has no limit of completion time."
    }
    var table = HTML.table(HTML.escaped(note), head: head.map(HTML.escaped), rows: body, classes: "summary")
    if limit("jct_mean_s") != nil { table = table.markingLastRow() }
    return table
  }

  /// Every policy against the best by completion time, window by window.
  func differencesTable(_ index: Int) -> String {
    let one = comparison.cases[index]
    let windows = data.cases[index].windows.count
    guard windows > 1,
      let base = one.rows.indices.filter({ one.rows[$0].undone == 0 && one.rows[$0]["jct_mean_s"] != nil })
        .min(by: { (one.rows[$0]["jct_mean_s"]!.mean, $0) < (one.rows[$1]["jct_mean_s"]!.mean, $1) })
    else { return "" }
    let shown: [(name: String, title: String, scale: Double)] = [
      ("jct_mean_s", "mean completion, h", 1 / 3600.0), ("jct_p95_s", "p95 completion, h", 1 / 3600.0),
      ("jobs_cost_usd", "energy cost, USD", 1), ("jobs_carbon_t", "carbon, t", 1),
    ]
    var rows: [[String]] = []
    for other in one.rows.indices where other != base {
      var cells = [policy(one, other)]
      for metric in shown {
        let pair = one.pairs.first {
          $0.metric == metric.name && ($0.a == min(base, other) && $0.b == max(base, other))
        }
        guard let pair else {
          cells.append("–")
          continue
        }
        let sign = other > base ? 1.0 : -1.0
        let ends = [pair.difference.low, pair.difference.high].map { $0 * sign * metric.scale }.sorted()
        let mean = pair.difference.mean * sign * metric.scale
        let isClear = ends[0] > 0 || ends[1] < 0
        let text = (mean > 0 ? "+" : "") + Readable.amount(mean)
        cells.append(
          (isClear ? "<b>\(text)</b>" : text)
            + "<span class=\"range\">\(Readable.amount(ends[0])) – \(Readable.amount(ends[1]))</span>")
      }
      rows.append(cells)
    }
    guard !rows.isEmpty else { return "" }
    return "<h3>Differences from \(HTML.escaped(one.rows[base].policy)), window by window</h3>\n"
      + HTML.table(
        "Paired over \(windows) windows, with 95 % intervals; bold where the interval leaves out zero.",
        head: ["Policy"] + shown.map(\.title), rows: rows)
  }

  /// Every metric that applies.
  func details(_ index: Int) -> String {
    let one = comparison.cases[index]
    var body: [[String]] = []
    for info in MetricInfo.all {
      let values = one.rows.map { $0[info.name] }
      guard values.contains(where: { $0 != nil }) else { continue }
      let name = "\(HTML.escaped(info.title)) <span class=\"range\"><code>\(info.name)</code></span>"
      body.append(
        [name]
          + values.map { value in
            guard let value else { return "–" }
            let text = Self.number(value.mean)
            guard value.low != value.high else { return text }
            return text + "<span class=\"range\">\(Self.number(value.low)) – \(Self.number(value.high))</span>"
          })
    }
    let decisions = data.cases[index].portraits.map { windows -> String in
      let known = windows.compactMap(\.engine.decisionMicrosecondsMean)
      return known.isEmpty ? "–" : Readable.amount(known.reduce(0, +) / Double(known.count))
    }
    body.append(
      ["decision, mean, µs <span class=\"range\">by the clock on the wall; in no other file</span>"] + decisions)
    let title = comparison.cases.count > 1 ? "All figures: \(one.title)" : "All figures"
    // Numbers stand for policies: their names would make the table too wide.
    let key = one.rows.indices.map { "<b>\($0 + 1)</b> <code>\(HTML.escaped(one.rows[$0].policy))</code>" }
    return
      "<h2 id=\"figures-\(index)\">\(HTML.escaped(title))</h2>\n<p class=\"note\">\(key.joined(separator: " · "))</p>\n"
      + HTML.table(
        "Definitions: Documentation/Comparing.md. A dash: does not apply.",
        head: ["Figure"] + one.rows.indices.map { swatch($0) + "\($0 + 1)" }, rows: body, classes: "details")
  }

  static func number(_ value: Double) -> String {
    abs(value) >= 1e7 ? String(Readable.amount(value / 1e6)) + " M" : Readable.amount(value)
  }

  func siteTable(_ portrait: RunPortrait, _ policy: Int) -> String {
    func mean(_ values: [Double]) -> Double? {
      values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    let first = Int(portrait.warmUp / 3600)
    let count = portrait.length.map { Int($0 / 3600) } ?? Int.max
    func window(_ values: [Double]) -> [Double] { Array(values.dropFirst(first).prefix(count)) }
    let rows = portrait.sites.enumerated().map { index, site in
      [
        swatch(index) + HTML.escaped(site.id), Readable.integer(site.gpus),
        Readable.percent(mean(window(site.busyGPUs)).map { $0 / Double(max(1, site.gpus)) }),
        Readable.amount(mean(window(site.powerKW))), Readable.amount(window(site.powerKW).max()),
        Readable.amount(mean(window(site.priceUSDPerMWh))), Readable.amount(mean(window(site.carbonGramsPerKWh))),
      ]
    }
    return HTML.table(
      "Under <code>\(HTML.escaped(data.policies[policy]))</code>, window "
        + "\(HTML.escaped(data.cases.first?.windows.first?.label ?? "")).",
      head: ["Site", "GPUs", "busy", "mean kW", "highest hour, kW", "mean price, USD/MWh", "mean carbon, g/kWh"],
      rows: rows)
  }
}

extension String {
  /// The last row of a table set apart.
  fileprivate func markingLastRow() -> String {
    guard let place = range(of: "<tr>", options: .backwards) else { return self }
    return replacingCharacters(in: place, with: "<tr class=\"bound\">")
  }
}
