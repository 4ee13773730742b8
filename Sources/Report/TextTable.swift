// SPDX-License-Identifier: Apache-2.0

/// Aligned columns of text.
struct TextTable {
  enum Alignment { case left, right }

  var columns: [(title: String, alignment: Alignment)]
  var rows: [[String]] = []
  /// Spaces between two columns.
  var gap = 2

  init(_ columns: [(String, Alignment)]) {
    self.columns = columns.map { (title: $0.0, alignment: $0.1) }
  }

  /// Lines without spaces at their ends.
  var lines: [String] {
    let all = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        if column > 0 { line += String(repeating: " ", count: gap) }
        let space = String(repeating: " ", count: widths[column] - cell.count)
        line += columns[column].alignment == .left ? cell + space : space + cell
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

extension String {
  /// Cut to `width` characters, the last of them `…` where something is missing.
  func shortened(to width: Int) -> String {
    count <= width ? self : String(prefix(max(width - 1, 0))) + "…"
  }

  /// Broken at spaces into lines of at most `width` characters; a longer word stays whole.
  func wrapped(at width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return line.isEmpty ? lines : lines + [line]
  }
}
