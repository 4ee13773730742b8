// SPDX-License-Identifier: Apache-2.0

import Quantities

/// An experiment in which `$name` stands for values that a study varies.
struct StudyTemplate {
  let root: Value
  /// Every name that follows a '$' somewhere in the template, with the first place of each.
  private(set) var names: [(name: String, place: Place)] = []

  init(_ root: Value) {
    self.root = root
    collect(root)
  }

  private mutating func collect(_ value: Value) {
    switch value.content {
    case .null: break
    case .scalar(let text):
      if let name = Self.variable(text), !names.contains(where: { $0.name == name }) {
        names.append((name, value.place))
      }
    case .sequence(let items): for item in items { collect(item) }
    case .mapping(let entries): for entry in entries { collect(entry.value) }
    }
  }

  /// The name in "$name"; nil for any other text.
  static func variable(_ text: String) -> String? {
    guard text.first == "$", text.count > 1 else { return nil }
    return String(text.dropFirst())
  }

  static func unknown(_ name: String, _ place: Place, known: [String]) -> ScenarioError {
    let advice =
      Spelling.nearest(name, in: known).map { "Did you mean '$\($0)'?" }
      ?? (known.isEmpty
        ? "Name it under 'axes:' or 'variables:'."
        : "Known are: \(Set(known).sorted().map { "$\($0)" }.joined(separator: ", ")).")
    return ScenarioError(
      file: place.file, line: place.line, field: "$\(name)", message: "no axis or variable has this name",
      advice: advice)
  }

  /// The template with every `$name` replaced. Errors in a value are told with the line where the value stands.
  func filled(_ values: [String: Value]) throws(ScenarioError) -> Value { try Self.fill(root, values) }

  static func fill(_ value: Value, _ values: [String: Value]) throws(ScenarioError) -> Value {
    switch value.content {
    case .null: return value
    case .scalar(let text):
      guard let name = variable(text) else { return value }
      guard let new = values[name] else { throw unknown(name, value.place, known: values.keys.sorted()) }
      return new
    case .sequence(let items):
      var filled: [Value] = []
      for item in items { filled.append(try fill(item, values)) }
      return Value(content: .sequence(filled), place: value.place)
    case .mapping(let entries):
      var filled: [Value.Entry] = []
      for entry in entries {
        filled.append(Value.Entry(key: entry.key, place: entry.place, value: try fill(entry.value, values)))
      }
      return Value(content: .mapping(filled), place: value.place)
    }
  }
}

extension Value {
  /// As one would write it on one line.
  var inline: String {
    switch content {
    case .null: "~"
    case .scalar(let text): text
    case .sequence(let items): "[" + items.map(\.inline).joined(separator: ", ") + "]"
    case .mapping(let entries): "{" + entries.map { "\($0.key): \($0.value.inline)" }.joined(separator: ", ") + "}"
    }
  }
}
