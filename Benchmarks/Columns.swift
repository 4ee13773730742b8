// SPDX-License-Identifier: Apache-2.0

/// A small table: the first column to the left, all others to the right.
struct Columns {
  private var rows: [[String]]

  init(_ titles: [String]) { rows = [titles] }

  mutating func add(_ cells: [String]) { rows.append(cells) }

  func show() {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      var line = "   "
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        line += column == 0 ? cell + space : "   " + space + cell
      }
      print(line)
    }
  }
}
