// SPDX-License-Identifier: Apache-2.0

/// Text as HTML.
enum HTML {
  static func escaped(_ text: String) -> String {
    var out = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }

  /// Text that may stand inside of a script element.
  static func script(_ text: String) -> String { text.replacing("</", with: "<\\/") }

  /// A table: cells are HTML, the first column is left, the others right.
  static func table(_ caption: String?, head: [String], rows: [[String]], classes: String = "") -> String {
    var out = "<div class=\"scroll\"><table class=\"\(classes)\">"
    if let caption { out += "<caption>\(caption)</caption>" }
    out += "<thead><tr>" + head.map { "<th scope=\"col\">\($0)</th>" }.joined() + "</tr></thead>\n<tbody>"
    for row in rows {
      out += "<tr>"
      for (index, cell) in row.enumerated() {
        out += index == 0 ? "<th scope=\"row\">\(cell)</th>" : "<td>\(cell)</td>"
      }
      out += "</tr>\n"
    }
    return out + "</tbody></table></div>\n"
  }

  static func list(_ items: [String]) -> String {
    "<ul>" + items.map { "<li>\(escaped($0))</li>" }.joined(separator: "\n") + "</ul>\n"
  }
}
