// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities

/// Reads studies: an experiment as a template, axes, algorithms and how they are tuned.
public enum StudyReader {
  /// Fields that only a study has.
  private static let marks = ["experiment", "axes", "baselines", "candidate", "tuning"]

  /// Whether the file at `path` is a study rather than a single experiment. False for what cannot be read.
  public static func isStudy(path: String) -> Bool {
    guard let data = FileManager.default.contents(atPath: path), let yaml = String(validating: data, as: UTF8.self),
      let root = try? Value.parse(yaml, at: Place(file: path, line: 1)), case .mapping(let entries) = root.content
    else { return false }
    return entries.contains { marks.contains($0.key) }
  }

  /// Reads the study in the file at `path`.
  ///
  /// - Throws: ``ScenarioError`` for the first thing that is wrong, with file, line and field.
  public static func read(path: String, options: StudyOptions = StudyOptions()) throws(ScenarioError) -> Study {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ScenarioError(
        file: path, line: nil, field: "", message: "cannot read this file",
        advice: "Ready studies are in the folder Experiments/studies.")
    }
    guard let yaml = String(validating: data, as: UTF8.self) else {
      throw ScenarioError(file: path, line: nil, field: "", message: "the file is not UTF-8 text")
    }
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return try parse(yaml: yaml, file: path, baseDirectory: directory, options: options)
  }

  /// Reads the study in `yaml`; parameters as in ``ExperimentReader/parse(yaml:file:baseDirectory:)``.
  public static func parse(
    yaml: String, file: String, baseDirectory: String, options: StudyOptions = StudyOptions()
  ) throws(ScenarioError) -> Study {
    let root = try Value.parse(yaml, at: Place(file: file, line: 1))
    var reading = StudyReading(file: file, baseDirectory: baseDirectory, options: options)
    return try reading.study(Field(value: root, path: ""))
  }
}

/// One study in the course of being read.
struct StudyReading {
  let file: String
  let baseDirectory: String
  let options: StudyOptions
  var variables: [String: Value] = [:]
  var axes: [StudyAxis] = []
  var algorithms = StudyAlgorithms()

  init(file: String, baseDirectory: String, options: StudyOptions) {
    self.file = file
    self.baseDirectory = baseDirectory
    self.options = options
  }

  mutating func study(_ field: Field) throws(ScenarioError) -> Study {
    if case .null = field.value.content { throw field.error("the file is empty", "Begin with 'experiment:'.") }
    let root = try field.section([
      "name", "about", "network", "experiment", "variables", "axes", "scale", "measure", "reference", "candidate",
      "baselines", "tuning", "seeds", "budget",
    ])
    let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    var study = Study(name: try root.optional("name")?.text() ?? stem, file: file)
    study.about = try root.optional("about")?.text() ?? ""
    if let field = root.optional("network") {
      let word = try field.word(of: NetworkLevel.allCases.map(\.rawValue))
      study.network = NetworkLevel(rawValue: word) ?? study.network
    }
    study.network = options.network ?? study.network
    let templateField = try root.required("experiment", example: "experiment: {hosts: [...], links: [...], ...}")
    let template = try readTemplate(templateField)
    try readVariables(root)
    axes = try readAxes(root)
    try readContenders(root, into: &study)
    try readSeeds(root, into: &study)
    study.budget = try root.optional("budget").map(readBudget)
    study.axes = axes.map { Study.Axis(name: $0.name, labels: $0.points.map(\.label)) }
    study.settings = algorithms.settings.map(\.text)
    let used = template.names.map(\.name) + uses(of: root, ["scale", "measure"])
    try checkAllAreSet(template)
    try checkAllAreUsed(used)
    study.cells = try readCells(root, template, study)
    return study
  }

  /// What the study decides has no place in its template.
  private func readTemplate(_ field: Field) throws(ScenarioError) -> StudyTemplate {
    guard case .mapping(let entries) = field.value.content else {
      throw field.error("expected an experiment, found \(field.value.kind)", "Its fields are those of an experiment.")
    }
    for entry in entries where ["name", "network", "algorithms", "seeds"].contains(entry.key) {
      throw ScenarioError(
        file: entry.place.file, line: entry.place.line, field: "experiment.\(entry.key)",
        message: "the study decides this",
        advice: entry.key == "algorithms"
          ? "Name algorithms under 'candidate:' and 'baselines:' of the study." : "Move it out to the study.")
    }
    return StudyTemplate(field.value)
  }

  private mutating func readVariables(_ root: Section) throws(ScenarioError) {
    guard let field = root.optional("variables") else { return }
    guard case .mapping(let entries) = field.value.content else {
      throw field.error("expected names and values, found \(field.value.kind)", "For example: variables: {load: 0.6}")
    }
    for entry in entries { variables[entry.key] = entry.value }
  }

  private func uses(of root: Section, _ names: [String]) -> [String] {
    names.flatMap { name in root.optional(name).map { StudyTemplate($0.value).names.map(\.name) } ?? [] }
  }

  /// A misspelt name is told where it is used, before the one that it leaves unused.
  private func checkAllAreSet(_ template: StudyTemplate) throws(ScenarioError) {
    let set = variables.keys.sorted() + axes.flatMap { axis in axis.points.flatMap { $0.values.map(\.key) } }
    for (name, place) in template.names where !set.contains(name) {
      throw StudyTemplate.unknown(name, place, known: set)
    }
  }

  /// A value that changes nothing is a mistake, except that a point with several values may have a first one that only
  /// names it.
  private func checkAllAreUsed(_ used: [String]) throws(ScenarioError) {
    func check(_ name: String, _ place: Place, _ path: String) throws(ScenarioError) {
      if used.contains(name) { return }
      let advice =
        Spelling.nearest(name, in: used).map { "Did you mean '\($0)'?" }
        ?? "Write $\(name) in the experiment where the value belongs."
      throw ScenarioError(
        file: place.file, line: place.line, field: path, message: "nothing in the study says '$\(name)'", advice: advice
      )
    }
    for name in variables.keys.sorted() {
      try check(name, variables[name]?.place ?? Place(file: file, line: nil), "variables.\(name)")
    }
    for axis in axes {
      for point in axis.points {
        for entry in point.values where entry.key != axis.name || point.values.count == 1 {
          try check(entry.key, entry.place, "axes.\(axis.name).\(entry.key)")
        }
      }
    }
    for entry in algorithms.settings.flatMap(\.values) { try check(entry.key, entry.place, "tune.$\(entry.key)") }
  }

  private func readSeeds(_ root: Section, into study: inout Study) throws(ScenarioError) {
    func list(_ field: Field) throws(ScenarioError) -> [UInt64] {
      var seeds: [UInt64] = []
      for item in try field.items() {
        let seed = try item.seed()
        guard !seeds.contains(seed) else { throw item.error("seed \(seed) is named twice") }
        seeds.append(seed)
      }
      guard !seeds.isEmpty else { throw field.error("expected at least one seed, found an empty list") }
      return seeds
    }
    if let field = root.optional("seeds") { study.seeds = try list(field) }
    study.seeds = options.seeds ?? study.seeds
    let tuning = try root.optional("tuning")?.section(["seeds", "by"])
    if let field = tuning?.optional("by") {
      let word = try field.word(of: Study.Objective.allCases.map(\.rawValue))
      study.objective = Study.Objective(rawValue: word) ?? study.objective
    }
    guard study.contenders.contains(where: { $0.points.count > 1 }) else { return }
    guard let field = try tuning?.required("seeds", example: "seeds: [101, 102]") else {
      throw root.field.error(
        "the field 'tuning' is missing, and there is something to tune", "Add it, for example: tuning: {seeds: [101]}")
    }
    study.tuningSeeds = try list(field)
    if let both = study.tuningSeeds.first(where: study.seeds.contains) {
      throw field.error(
        "seed \(both) is one of the reporting seeds", "What is tuned on the seeds that are reported looks too good.")
    }
  }

  /// In core-seconds.
  private func readBudget(_ field: Field) throws(ScenarioError) -> Double {
    let text = try field.text()
    for (unit, seconds) in [("core-hours", 3600.0), ("core-minutes", 60), ("core-seconds", 1)]
    where text.hasSuffix(unit) {
      if let number = Quantity.parseNumber(String(text.dropLast(unit.count))), number > 0 { return number * seconds }
    }
    throw field.error("expected a budget such as '0.5 core-hours', found '\(text)'")
  }
}
