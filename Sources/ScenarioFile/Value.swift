// SPDX-License-Identifier: Apache-2.0

import Yams

/// Where a part of a scenario is written.
struct Place: Equatable, Sendable {
  var file: String
  var line: Int?
}

/// A YAML document with the place of every part, and nothing interpreted yet: scalars are text.
struct Value: Sendable {
  struct Entry: Sendable {
    var key: String
    var place: Place
    var value: Value
  }
  indirect enum Content: Sendable {
    /// Nothing, `~` or `null`: counts as left out.
    case null
    case scalar(String)
    case sequence([Value])
    case mapping([Entry])
  }
  var content: Content
  var place: Place

  /// Reads one document.
  ///
  /// - Parameters:
  ///   - place: of the text's beginning. Without a line (an option) no part of it has one.
  /// - Throws: for text that is not YAML, a key given twice, and keys that are not plain text.
  static func parse(_ yaml: String, at place: Place) throws(ScenarioError) -> Value {
    let node: Node?
    do {
      node = try Yams.compose(yaml: yaml)
    } catch let error as YamlError {
      throw scenarioError(error, place)
    } catch {
      throw ScenarioError(file: place.file, line: place.line, field: "", message: "cannot be read as YAML: \(error)")
    }
    guard let node else { return Value(content: .null, place: place) }
    return try Value(node, in: place)
  }

  init(content: Content, place: Place) {
    self.content = content
    self.place = place
  }

  private init(_ node: Node, in document: Place) throws(ScenarioError) {
    place = Value.place(of: node, in: document)
    switch node {
    case .scalar(let scalar):
      let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      content = isNull ? .null : .scalar(scalar.string)
    case .sequence(let sequence):
      var values: [Value] = []
      for item in sequence { values.append(try Value(item, in: document)) }
      content = .sequence(values)
    case .mapping(let mapping):
      var entries: [Entry] = []
      for (key, value) in mapping {
        let keyPlace = Value.place(of: key, in: document)
        guard case .scalar(let scalar) = key else {
          throw ScenarioError(
            file: keyPlace.file, line: keyPlace.line, field: "", message: "expected the name of a field before ':'",
            advice: "Put a text with special characters in quotes.")
        }
        entries.append(Entry(key: scalar.string, place: keyPlace, value: try Value(value, in: document)))
      }
      content = .mapping(entries)
    case .alias(let alias):
      throw ScenarioError(
        file: place.file, line: place.line, field: "", message: "alias '\(alias.anchor.rawValue)' refers to nothing")
    }
  }

  private static func place(of node: Node, in document: Place) -> Place {
    document.line == nil ? document : Place(file: document.file, line: node.mark?.line ?? document.line)
  }

  private static func scenarioError(_ error: YamlError, _ place: Place) -> ScenarioError {
    func result(_ line: Int?, _ message: String, _ advice: String) -> ScenarioError {
      ScenarioError(
        file: place.file, line: place.line == nil ? nil : line, field: "", message: message, advice: advice)
    }
    let advice = "Look at the indentation, the brackets and the quotes of this line and of the one before."
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let origin = context.map { " (\($0.text) at line \($0.mark.line))" } ?? ""
      return result(mark.line, "not valid YAML: \(problem)\(origin)", advice)
    case .reader(let problem, let offset, _, let yaml):
      let line = offset.map { 1 + yaml.utf8.prefix($0).count { $0 == UInt8(ascii: "\n") } }
      return result(line ?? place.line, "not valid YAML: \(problem)", "The file has to be UTF-8 text.")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.sorted().map { "'\($0)'" }.joined(separator: ", ")
      return result(context.mark.line, "field \(names) is given more than once", "Keep one of them.")
    default:
      return result(place.line, "not valid YAML: \(error)", advice)
    }
  }

  /// The text of the scalar under `key`, if this is a mapping that has one.
  func scalar(_ key: String) -> String? {
    guard case .mapping(let entries) = content, let entry = entries.first(where: { $0.key == key }),
      case .scalar(let text) = entry.value.content
    else { return nil }
    return text
  }

  /// The value under `key`, if this is a mapping that has one.
  subscript(_ key: String) -> Value? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// What this is, for messages.
  var kind: String {
    switch content {
    case .null: "nothing"
    case .scalar(let text): "'\(text)'"
    case .sequence(let items): items.isEmpty ? "an empty list" : "a list"
    case .mapping: "a group of fields"
    }
  }
}
