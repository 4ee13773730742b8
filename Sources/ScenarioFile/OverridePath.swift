// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The left side of `--set`: "links[omaha-columbus].medium", "sites[*].gpus.count".
struct OverridePath {
  enum Step: Equatable {
    case field(String)
    /// An id, a number counted from 0, or '*' for all.
    case item(String)
  }
  var steps: [Step]
  var place: Place

  /// - Throws: for an empty path, an empty step, or brackets that do not match.
  init(_ text: String, place: Place) throws(ScenarioError) {
    self.place = place
    steps = []
    func malformed(_ message: String) -> ScenarioError {
      ScenarioError(
        file: place.file, line: place.line, field: text, message: message,
        advice: "A path looks like this: sites[omaha].gpus.count")
    }
    var rest = text[...]
    var expectsName = true
    while let character = rest.first {
      if character == "[" {
        guard !expectsName else { throw malformed("expected the name of a field before '['") }
        guard let close = rest.firstIndex(of: "]") else { throw malformed("'[' is never closed") }
        let selector = rest[rest.index(after: rest.startIndex)..<close]
        guard !selector.isEmpty else { throw malformed("expected an id, a number or '*' in '[]'") }
        steps.append(.item(String(selector)))
        rest = rest[rest.index(after: close)...]
      } else if character == "." {
        guard !expectsName else { throw malformed("expected the name of a field before '.'") }
        rest.removeFirst()
        expectsName = true
      } else {
        guard expectsName else { throw malformed("expected '.' before '\(rest)'") }
        let name = rest.prefix { $0 != "." && $0 != "[" }
        steps.append(.field(String(name)))
        rest = rest[name.endIndex...]
        expectsName = false
      }
    }
    if expectsName { throw malformed("expected the name of a field at the end of the path") }
  }

  /// Puts `new` where this path leads; groups of fields that are left out in the scenario are added.
  func put(_ new: Value, into root: inout Value) throws(ScenarioError) { try put(new, into: &root, steps[...], "") }

  private func put(
    _ new: Value, into value: inout Value, _ steps: ArraySlice<Step>, _ walked: String
  ) throws(ScenarioError) {
    guard let step = steps.first else {
      value = new
      return
    }
    switch step {
    case .field(let name):
      if case .null = value.content { value = Value(content: .mapping([]), place: place) }
      guard case .mapping(var entries) = value.content else {
        let advice: String
        if case .sequence = value.content {
          advice = "Name one of its items, or all: \(walked)[*].\(name)"
        } else {
          advice = "Give the whole of it: --set '\(walked)={\(name): ...}'"
        }
        throw error(walked, "has no field '\(name)', it is \(value.kind)", advice)
      }
      let path = walked.isEmpty ? name : "\(walked).\(name)"
      if let index = entries.firstIndex(where: { $0.key == name }) {
        try put(new, into: &entries[index].value, steps.dropFirst(), path)
        if steps.count == 1 { entries[index].place = place }
      } else {
        // Whether there is such a field is for the reader of the scenario to say, which knows all their names.
        var added = Value(content: .null, place: place)
        try put(new, into: &added, steps.dropFirst(), path)
        entries.append(Value.Entry(key: name, place: place, value: added))
      }
      value.content = .mapping(entries)
    case .item(let selector):
      var items: [Value]
      let isList: Bool
      switch value.content {
      case .sequence(let list): (items, isList) = (list, true)
      case .mapping where selector == "*" || selector == "0": (items, isList) = ([value], false)
      default: throw error("\(walked)[\(selector)]", "expected a list to select from, found \(value.kind)", "")
      }
      for index in try select(selector, from: items, walked) {
        try put(new, into: &items[index], steps.dropFirst(), "\(walked)[\(OverridePath.name(of: items[index], index))]")
      }
      if isList { value.content = .sequence(items) } else { value = items[0] }
    }
  }

  private func select(_ selector: String, from items: [Value], _ walked: String) throws(ScenarioError) -> [Int] {
    if selector == "*" {
      if items.isEmpty { throw error(walked, "the list is empty", "") }
      return Array(items.indices)
    }
    let names = items.enumerated().map { OverridePath.name(of: $0.element, $0.offset) }
    if let index = names.firstIndex(of: selector) { return [index] }
    // A link answers to both orders of its ends.
    let swapped = items.firstIndex { OverridePath.ends(of: $0).map { "\($0.1)-\($0.0)" } == selector }
    if let swapped { return [swapped] }
    if let number = Int(selector), items.indices.contains(number) { return [number] }
    let known = names.isEmpty ? "The list is empty." : "There are: \(names.joined(separator: ", "))."
    let advice = Spelling.nearest(selector, in: names).map { "Did you mean '\($0)'?" } ?? known
    throw error("\(walked)[\(selector)]", "there is no such item", advice)
  }

  private func error(_ field: String, _ message: String, _ advice: String) -> ScenarioError {
    ScenarioError(file: place.file, line: place.line, field: field, message: message, advice: advice)
  }

  /// What an item of a list is called in paths: its id, the hyphened ends of a link, or its number from 0.
  static func name(of item: Value, _ index: Int) -> String {
    if let id = item.scalar("id") { return id }
    if let (a, b) = ends(of: item) { return "\(a)-\(b)" }
    return String(index)
  }

  static func ends(of link: Value) -> (String, String)? {
    guard case .sequence(let ends) = link["between"]?.content, ends.count == 2,
      case .scalar(let a) = ends[0].content, case .scalar(let b) = ends[1].content
    else { return nil }
    return (a, b)
  }
}
