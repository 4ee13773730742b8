// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What tuning changes in the experiment; collected while algorithms are read.
struct StudyAlgorithms {
  struct Setting {
    var values: [Value.Entry]
    var text: String
  }
  /// The first changes nothing.
  var settings = [Setting(values: [], text: "")]

  /// The position of a setting with these values.
  mutating func setting(_ values: [Value.Entry]) -> Int {
    let text = values.map { "\($0.key) \($0.value.inline)" }.joined(separator: ", ")
    if let index = settings.firstIndex(where: { $0.text == text }) { return index }
    settings.append(Setting(values: values, text: text))
    return settings.count - 1
  }
}

extension StudyReading {
  /// Points of one algorithm beyond which a mistake is likelier than intent.
  static let pointLimit = 1000

  mutating func readContenders(_ root: Section, into study: inout Study) throws(ScenarioError) {
    func plain(_ name: String, _ text: String) -> Field {
      root.optional(name)
        ?? Field(value: Value(content: .scalar(text), place: root.field.value.place), path: name)
    }
    study.contenders.append(try readContender(plain("reference", "oracle"), .reference))
    study.contenders.append(try readContender(plain("candidate", "distance-aware"), .candidate))
    let list = try root.optional("baselines")?.items() ?? []
    var baselines: [Study.Contender] = []
    for field in list {
      let contender = try readContender(field, .baseline)
      if let twin = baselines.first(where: { $0.points[0].algorithm.spec == contender.points[0].algorithm.spec }) {
        throw field.error("'\(twin.name)' is named twice with the same constants", "Keep one of them.")
      }
      baselines.append(contender)
    }
    study.contenders += try select(baselines)
  }

  /// Leaves what `--algorithms` names.
  private func select(_ baselines: [Study.Contender]) throws(ScenarioError) -> [Study.Contender] {
    guard let names = options.algorithms else { return baselines }
    let known = baselines.map(\.name)
    for name in names where !known.contains(name) {
      throw ScenarioError(
        file: "--algorithms \(names.joined(separator: ","))", line: nil, field: "",
        message: "the study has no baseline '\(name)'",
        advice: Spelling.nearest(name, in: known).map { "Did you mean '\($0)'?" }
          ?? "It has: \(known.joined(separator: ", ")).")
    }
    return baselines.filter { names.contains($0.name) }
  }

  /// A name, or `{name, preset, parameters, presets: [...], tune: {parameter: [values], $variable: [values]}}`.
  private mutating func readContender(
    _ field: Field, _ role: Study.Contender.Role
  ) throws(ScenarioError) -> Study.Contender {
    guard case .mapping(let entries) = field.value.content else {
      let algorithm = Experiment.Algorithm(spec: try Reading.controller(field), origin: field.origin)
      return Study.Contender(
        role: role, points: [Study.Point(algorithm: algorithm, setting: 0, text: "as published")])
    }
    let section = try field.section(["name", "preset", "parameters", "presets", "tune"])
    let own = Field(
      value: Value(
        content: .mapping(entries.filter { !["presets", "tune"].contains($0.key) }), place: field.value.place),
      path: field.path)
    let algorithm = Experiment.Algorithm(spec: try Reading.controller(own), origin: field.origin)
    var contender = Study.Contender(
      role: role, points: [Study.Point(algorithm: algorithm, setting: 0, text: "as published")])
    guard section.optional("presets") != nil || section.optional("tune") != nil else { return contender }
    guard role == .baseline else {
      throw field.error(
        "the \(role.rawValue) is not tuned", "Only baselines are: that is what makes the comparison fair.")
    }
    let choices = try readTuning(section)
    let count = choices.reduce(1) { min($0 * $1.values.count, Self.pointLimit + 1) }
    guard count <= Self.pointLimit else {
      throw field.error("more than \(Self.pointLimit) combinations to tune over", "Leave out some values.")
    }
    for index in 0..<count {
      if let point = try makePoint(algorithm, choices, index) { contender.points.append(point) }
    }
    return contender
  }

  private struct Choice {
    enum Kind { case preset, parameter, variable }
    var kind: Kind
    var name: String
    var values: [Field]
  }

  private func readTuning(_ section: Section) throws(ScenarioError) -> [Choice] {
    var choices: [Choice] = []
    if let field = section.optional("presets") {
      choices.append(Choice(kind: .preset, name: "preset", values: try field.items()))
    }
    if let field = section.optional("tune") {
      guard case .mapping(let entries) = field.value.content else {
        throw field.error(
          "expected parameters with lists of values, found \(field.value.kind)", "For example: tune: {beta: [0.5, 0.7]}"
        )
      }
      for entry in entries {
        let list = Field(value: entry.value, path: "\(field.path).\(entry.key)")
        if let name = StudyTemplate.variable(entry.key) {
          choices.append(Choice(kind: .variable, name: name, values: try list.items()))
        } else {
          choices.append(Choice(kind: .parameter, name: entry.key, values: try list.items()))
        }
      }
    }
    for choice in choices where choice.values.isEmpty {
      throw section.field.error("expected at least one value of '\(choice.name)', found an empty list")
    }
    return choices
  }

  /// The `index`-th combination; nil if it is the algorithm as published.
  private mutating func makePoint(
    _ algorithm: Experiment.Algorithm, _ choices: [Choice], _ index: Int
  ) throws(ScenarioError) -> Study.Point? {
    var rest = index
    var spec = algorithm.spec
    var texts: [String] = []
    var settings: [Value.Entry] = []
    for choice in choices {
      let field = choice.values[rest % choice.values.count]
      rest /= choice.values.count
      switch choice.kind {
      case .preset:
        spec.preset = try field.text()
        texts.append("preset \(spec.preset ?? "")")
      case .parameter:
        let number = try field.number(
          -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude, "a parameter")
        spec.parameters.removeAll { $0.name == choice.name }
        spec.parameters.append(ControllerParameter(name: choice.name, value: number))
        texts.append("\(choice.name) \(try field.text())")
      case .variable:
        if case .null = field.value.content { continue }
        settings.append(Value.Entry(key: choice.name, place: field.value.place, value: field.value))
        texts.append("\(choice.name) \(field.value.inline)")
      }
    }
    if spec == algorithm.spec, settings.isEmpty { return nil }
    return Study.Point(
      algorithm: Experiment.Algorithm(spec: spec, origin: algorithm.origin), setting: algorithms.setting(settings),
      text: texts.joined(separator: ", "))
  }
}
