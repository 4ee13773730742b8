// SPDX-License-Identifier: Apache-2.0

import Yams

/// A piece of the resolved scenario on its way to text.
indirect enum Output {
  case text(String)
  /// One field a line.
  case block([(String, Output)])
  /// All on one line, in braces.
  case flow([(String, Output)])
  /// One item a line.
  case list([Output])
  /// All on one line, in brackets.
  case flowList([Output])

  static func number(_ value: Int) -> Output { .text(String(value)) }

  var yaml: String {
    get throws { try Yams.serialize(node: node, width: -1, allowUnicode: true) }
  }

  private var node: Node {
    switch self {
    case .text(let text):
      // An empty or null-like text has to be quoted, or it would read back as nothing.
      let style: Node.Scalar.Style = ["", "~", "null", "Null", "NULL"].contains(text) ? .doubleQuoted : .any
      return .scalar(Node.Scalar(text, .implicit, style))
    case .block(let fields): return .mapping(Node.Mapping(Output.pairs(fields), .implicit, .block))
    case .flow(let fields): return .mapping(Node.Mapping(Output.pairs(fields), .implicit, .flow))
    case .list(let items):
      return .sequence(Node.Sequence(items.map(\.node), .implicit, items.isEmpty ? .flow : .block))
    case .flowList(let items): return .sequence(Node.Sequence(items.map(\.node), .implicit, .flow))
    }
  }

  private static func pairs(_ fields: [(String, Output)]) -> [(Node, Node)] {
    fields.map { (Output.text($0.0).node, $0.1.node) }
  }
}
