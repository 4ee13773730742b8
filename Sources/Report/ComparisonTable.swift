// SPDX-License-Identifier: Apache-2.0

import Results

/// What `compare` prints: one row for each policy, the best value of each column marked with `*`.
public struct ComparisonTable: CustomStringConvertible {
  public let comparison: Comparison

  public init(_ comparison: Comparison) { self.comparison = comparison }

  /// A column of numbers of which the smallest is best.
  private struct Column {
    var title: String
    var values: [Double?]
    var format: (Double?) -> String
  }

  private static let width = 100

  private var columns: [Column] {
    let runs = comparison.runs
    /// Times of all policies in one unit, the one that suits the largest.
    func times(_ title: String, _ value: (Summary) -> Double?) -> Column {
      let values = runs.map(value)
      let unit = DurationUnit.suiting(values.compactMap { $0 }.max() ?? 0)
      return Column(title: "\(title) \(unit.name)", values: values.map { $0.map { $0 / unit.seconds } }) {
        Readable.fixed($0, 2)
      }
    }
    return [
      times("JCT") { $0.jobs.jct.mean }, times("p50") { $0.jobs.jct.p50 }, times("p95") { $0.jobs.jct.p95 },
      times("wait") { $0.jobs.wait.mean },
      Column(title: "USD", values: runs.map { $0.energy.costUSD }, format: Self.compact),
      Column(title: "CO2 t", values: runs.map { $0.energy.carbonTonnes }, format: Self.compact),
      Column(title: "MWh", values: runs.map { $0.energy.mwh }, format: Self.compact),
      Column(title: "WAN TB", values: runs.map { Double($0.wan.bytes) / 1e12 }, format: Self.compact),
      Column(
        title: "net %", values: runs.map { $0.jobs.networkShare.map { $0 * 100 } }, format: { Readable.fixed($0, 1) }),
    ]
  }

  /// Three digits and `k`, `M` or `G` for large amounts: the columns are narrow, and the files hold every digit.
  private static func compact(_ value: Double?) -> String {
    guard let value, value.isFinite, abs(value) >= 99_999.5 else { return Readable.amount(value) }
    for (limit, unit, name) in [(999_500.0, 1e3, "k"), (999.5e6, 1e6, "M")] where abs(value) < limit {
      return Readable.amount(value / unit) + name
    }
    return Readable.amount(value / 1e9) + "G"
  }

  /// Lines, each ended by a line feed.
  public var description: String {
    let columns = columns
    var table = TextTable(columns.map { ($0.title + " ", .right) })
    table.gap = 1
    for index in comparison.runs.indices {
      table.rows.append(
        columns.map { column in
          let text = column.format(column.values[index])
          let best = column.format(column.values.compactMap { $0 }.min())
          // Nothing is best where all look alike.
          let differ = column.values.contains { column.format($0) != text }
          return text + (differ && column.values[index] != nil && text == best ? "*" : " ")
        })
    }
    // A policy whose name would make the table too wide stands on a line of its own.
    let numbers = table.lines
    let numberWidth = numbers.map(\.count).max() ?? 0
    let room = max(Self.width - numberWidth - 1, 6)
    let names = comparison.runs.map(\.policy)
    let nameWidth = max(names.filter { $0.count <= room }.map(\.count).max() ?? 0, 6)
    var lines = ["policy".padded(nameWidth) + " " + numbers[0]]
    for (name, row) in zip(names, numbers.dropFirst()) {
      if name.count > nameWidth { lines.append(name) }
      lines.append((name.count > nameWidth ? "" : name).padded(nameWidth) + " " + row)
    }
    lines.append("")
    lines.append("* best of the column; JCT and wait are means; net: share of completion time spent on the network")
    for note in comparison.notes {
      for (index, line) in note.wrapped(at: 94).enumerated() { lines.append((index == 0 ? "note: " : "      ") + line) }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
