// SPDX-License-Identifier: Apache-2.0

import Quantities

/// An axis in the course of being read.
struct StudyAxis {
  struct Point {
    var label: String
    /// What it puts in the place of `$name`.
    var values: [Value.Entry]
    var place: Place
  }
  var name: String
  var points: [Point]
}

/// Axes, and the cells that they span.
extension StudyReading {
  /// Cells beyond which a mistake is likelier than intent.
  static let cellLimit = 10_000

  func readAxes(_ root: Section) throws(ScenarioError) -> [StudyAxis] {
    guard let field = root.optional("axes") else { return [] }
    guard case .mapping(let entries) = field.value.content else {
      throw field.error(
        "expected axes, each with a list of values, found \(field.value.kind)",
        "For example: axes: {distance: [10 km, 100 km]}")
    }
    var axes: [StudyAxis] = []
    for entry in entries {
      let list = Field(value: entry.value, path: "axes.\(entry.key)")
      var axis = StudyAxis(name: entry.key, points: [])
      for item in try list.items() {
        var point = StudyAxis.Point(label: item.value.inline, values: [], place: item.value.place)
        if case .mapping(let values) = item.value.content {
          guard let first = values.first, first.key == entry.key, case .scalar(let label) = first.value.content else {
            throw item.error(
              "expected '\(entry.key)' as the first of its values: it names the point",
              "For example: {\(entry.key): 10 km, size: 1 MB}")
          }
          point.label = label
          point.values = values
        } else {
          point.values = [Value.Entry(key: entry.key, place: item.value.place, value: item.value)]
        }
        guard !axis.points.contains(where: { $0.label == point.label }) else {
          throw item.error("'\(point.label)' is named twice")
        }
        axis.points.append(point)
      }
      guard !axis.points.isEmpty else { throw list.error("expected at least one value, found an empty list") }
      axes.append(axis)
    }
    return try select(axes)
  }

  /// Leaves what `--only` names.
  private func select(_ axes: [StudyAxis]) throws(ScenarioError) -> [StudyAxis] {
    var wanted: [String: [String]] = [:]
    for text in options.only {
      func error(_ message: String, _ advice: String) -> ScenarioError {
        ScenarioError(file: "--only \(text)", line: nil, field: "", message: message, advice: advice)
      }
      guard let sign = text.firstIndex(of: "=") else {
        throw error("expected AXIS=VALUE, found no '='", "For example: --only 'distance=10 km'")
      }
      let name = String(text[..<sign])
      let label = String(text[text.index(after: sign)...])
      guard let axis = axes.first(where: { $0.name == name }) else {
        let near = Spelling.nearest(name, in: axes.map(\.name)).map { "Did you mean '\($0)'?" }
        throw error("there is no axis '\(name)'", near ?? "There are: \(axes.map(\.name).joined(separator: ", ")).")
      }
      guard axis.points.contains(where: { $0.label == label }) else {
        let labels = axis.points.map(\.label)
        let near = Spelling.nearest(label, in: labels).map { "Did you mean '\($0)'?" }
        throw error("axis '\(name)' has no value '\(label)'", near ?? "There are: \(labels.joined(separator: ", ")).")
      }
      wanted[name, default: []].append(label)
    }
    return axes.map { axis in
      guard let labels = wanted[axis.name] else { return axis }
      return StudyAxis(name: axis.name, points: axis.points.filter { labels.contains($0.label) })
    }
  }

  func readCells(_ root: Section, _ template: StudyTemplate, _ study: Study) throws(ScenarioError) -> [Study.Cell] {
    let count = axes.reduce(1) { min($0 * $1.points.count, Self.cellLimit + 1) }
    guard count <= Self.cellLimit else {
      throw root.field.error("the axes span more than \(Self.cellLimit) cells", "Leave out some of their values.")
    }
    var cells: [Study.Cell] = []
    for index in 0..<count {
      var rest = index
      var points: [StudyAxis.Point] = []
      for axis in axes.reversed() {
        points.insert(axis.points[rest % axis.points.count], at: 0)
        rest /= axis.points.count
      }
      var values = variables
      for point in points { for entry in point.values { values[entry.key] = entry.value } }
      cells.append(try readCell(root, template, study, points, values))
    }
    return cells
  }

  private func readCell(
    _ root: Section, _ template: StudyTemplate, _ study: Study, _ points: [StudyAxis.Point], _ values: [String: Value]
  ) throws(ScenarioError) -> Study.Cell {
    var scale = options.scale ?? 1
    if let field = root.optional("scale"), options.scale == nil {
      let filled = Field(value: try StudyTemplate.fill(field.value, values), path: "scale")
      scale = try filled.number(1e-6...1e6, "a factor")
    }
    let place = points.last?.place ?? root.field.value.place
    var cell = Study.Cell(
      labels: points.map(\.label), experiments: [], scale: scale,
      origin: Experiment.Origin(file: place.file, line: place.line))
    for setting in algorithms.settings {
      var values = values
      for entry in setting.values { values[entry.key] = entry.value }
      var reading = ExperimentReading(file: file, baseDirectory: baseDirectory)
      var experiment = try reading.experiment(Field(value: try template.filled(values), path: "experiment"))
      experiment.name = study.name
      cell.experiments.append(experiment.scaled(by: scale))
    }
    guard let measure = root.optional("measure") else { return cell }
    let filled = Field(value: try StudyTemplate.fill(measure.value, values), path: "measure")
    let section = try filled.section(["flows", "port"])
    if let field = section.optional("flows") {
      let known = cell.experiments[0].flows.map(\.name)
      cell.groups = []
      for item in try field.items() { cell.groups?.append(try item.word(of: known)) }
    }
    cell.port = try section.optional("port")?.text()
    return cell
  }
}
