// SPDX-License-Identifier: Apache-2.0

import Results

/// What `compare` prints: for each case one row for each policy, the best value of each column marked with `*`.
public struct ComparisonTable: CustomStringConvertible {
  public let comparison: Comparison

  public init(_ comparison: Comparison) { self.comparison = comparison }

  private struct Column {
    var title: String
    var values: [Double?]
    /// Of the row of the bound.
    var bound: Double?
    var better = MetricInfo.Better.lower
    var format: (Double?) -> String

    var best: String? {
      let known = values.compactMap { $0 }
      switch better {
      case .lower: return known.min().map { format($0) }
      case .higher: return known.max().map { format($0) }
      case .neither: return nil
      }
    }
  }

  private static let width = 100

  private func columns(_ one: Comparison.Case) -> [Column] {
    let rows = one.rows
    func means(_ name: String) -> [Double?] { rows.map { $0[name]?.mean } }
    func bound(_ name: String) -> Double? { one.bounds.first { $0.name == name }?.value?.mean }
    /// Times of all policies in one unit, the one that suits the largest.
    func times(_ title: String, _ name: String) -> Column {
      let values = means(name)
      let unit = DurationUnit.suiting(values.compactMap { $0 }.max() ?? 0)
      return Column(
        title: "\(title) \(unit.name)", values: values.map { $0.map { $0 / unit.seconds } },
        bound: bound(name).map { $0 / unit.seconds }
      ) { Readable.fixed($0, 2) }
    }
    func gaps(_ name: String) -> [Column] {
      let values = rows.map { $0.gaps[name].map { $0 * 100 } }
      guard values.contains(where: { $0 != nil }) else { return [] }
      return [
        Column(title: "+%", values: values, better: .neither) {
          ($0 ?? 0) < 9999.5 ? Readable.fixed($0, 1) : Self.compact($0)
        }
      ]
    }
    func amounts(_ title: String, _ name: String, _ factor: Double = 1) -> Column {
      Column(
        title: title, values: means(name).map { $0.map { $0 * factor } }, bound: bound(name), format: Self.compact)
    }
    func percents(_ title: String, _ name: String, _ better: MetricInfo.Better) -> Column {
      Column(title: title, values: means(name).map { $0.map { $0 * 100 } }, better: better) { Readable.fixed($0, 1) }
    }
    var columns = [times("JCT", "jct_mean_s")] + gaps("jct_mean_s")
    columns += [times("p95", "jct_p95_s"), times("wait", "wait_mean_s"), amounts("USD", "jobs_cost_usd")]
    columns += gaps("jobs_cost_usd")
    columns += [amounts("CO2 t", "jobs_carbon_t")] + gaps("jobs_carbon_t")
    columns += [
      percents("busy %", "utilisation", .neither), amounts("WAN TB", "wan_bytes", 1e-12),
      percents("net %", "network_share", .lower),
    ]
    if one.rows.contains(where: { !$0.ranks.isEmpty }) {
      for (title, name) in [("rank", "jct_mean_s"), ("by $", "jobs_cost_usd")] {
        columns.append(
          Column(title: title, values: rows.map { $0.ranks[name].map(Double.init) }, better: .neither) {
            $0.map { String(Int($0)) } ?? Readable.none
          })
      }
    }
    return columns.filter { $0.values.contains { $0 != nil } }
  }

  /// Three digits and `k`, `M` or `G` for large amounts: the columns are narrow, and the files hold every digit.
  private static func compact(_ value: Double?) -> String {
    guard let value, value.isFinite, abs(value) >= 99_999.5 else { return Readable.amount(value) }
    for (limit, unit, name) in [(999_500.0, 1e3, "k"), (999.5e6, 1e6, "M")] where abs(value) < limit {
      return Readable.amount(value / unit) + name
    }
    return Readable.amount(value / 1e9) + "G"
  }

  private func lines(_ one: Comparison.Case) -> [String] {
    let columns = columns(one)
    var table = TextTable(columns.map { ($0.title + " ", .right) })
    table.gap = 1
    for index in one.rows.indices {
      table.rows.append(
        columns.map { column in
          let text = column.format(column.values[index])
          // Nothing is best where all look alike.
          let differ = column.values.contains { column.format($0) != text }
          return text + (differ && column.values[index] != nil && text == column.best ? "*" : " ")
        })
    }
    let hasBound = columns.contains { $0.bound != nil }
    if hasBound { table.rows.append(columns.map { ($0.bound == nil ? "" : $0.format($0.bound)) + " " }) }
    // A policy whose name would make the table too wide stands on a line of its own.
    let numbers = table.lines
    let numberWidth = numbers.map(\.count).max() ?? 0
    let room = max(Self.width - numberWidth - 1, 6)
    let names = one.rows.map { $0.policy + ($0.undone > 0 ? " !" : "") } + (hasBound ? ["bound"] : [])
    let nameWidth = max(names.filter { $0.count <= room }.map(\.count).max() ?? 0, 6)
    var lines = ["policy".padded(nameWidth) + " " + numbers[0]]
    for (name, row) in zip(names, numbers.dropFirst()) {
      if name.count > nameWidth { lines.append(name) }
      lines.append((name.count > nameWidth ? "" : name).padded(nameWidth) + " " + row)
    }
    return lines
  }

  /// A what-if: the main figures of each policy, one column for each case.
  private func whatIf() -> [String] {
    let cases = comparison.cases
    guard cases.count > 1 else { return [] }
    var lines: [String] = []
    for (title, name, scale) in [
      ("mean completion time, h", "jct_mean_s", 1 / 3600.0), ("energy cost of the jobs, USD", "jobs_cost_usd", 1),
    ] {
      lines += ["", title]
      var table = TextTable([("policy", .left)] + cases.indices.map { ("[\($0 + 1)]", .right) })
      for (index, policy) in comparison.data.policies.enumerated() {
        table.rows.append(
          [policy.shortened(to: 60)] + cases.map { Readable.amount($0.rows[index][name].map { $0.mean * scale }) })
      }
      lines += table.lines
    }
    return lines + [""] + cases.enumerated().map { "[\($0.offset + 1)] \($0.element.title)" }
  }

  /// Lines, each ended by a line feed.
  public var description: String {
    var lines: [String] = []
    for (index, one) in comparison.cases.enumerated() {
      if comparison.cases.count > 1 { lines += (index > 0 ? [""] : []) + ["[\(index + 1)] \(one.title)"] }
      lines += self.lines(one)
    }
    lines += whatIf()
    lines.append("")
    var legend =
      "* best of the column; JCT and wait are means; USD and CO2: energy of the jobs; net: share of completion "
    legend += "time spent on the network"
    let hasGaps = comparison.cases.contains { $0.rows.contains { !$0.gaps.isEmpty } }
    if hasGaps {
      legend +=
        "; +%: above what no schedule can beat, in cost and carbon at the policy's own mean completion time; the "
      legend += "row 'bound' has no limit of completion time for them"
    }
    if comparison.cases.contains(where: { $0.rows.contains { $0.undone > 0 } }) { legend += "; !: see the notes" }
    lines += legend.wrapped(at: Self.width)
    for note in comparison.notes {
      for (index, line) in note.wrapped(at: 94).enumerated() { lines.append((index == 0 ? "note: " : "      ") + line) }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
