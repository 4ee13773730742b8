// SPDX-License-Identifier: Apache-2.0

import Foundation
import Workload

/// Reads what the columns of somebody's CSV mean, from a short YAML file that takes the place of a format's name:
///
///     name: our-cluster                              # what accounts call it; the file's own name if left out
///     separator: comma                               # or semicolon, tab, blanks
///     columns: [id, t, run, gpus]                    # names, for a file that has no header
///     submit: {column: submitted, unit: date}        # us, ms, s, min, h, d; unix, unix-ms; or date
///     duration: {column: run, unit: h}               # or start: and end: instead
///     gpus: {column: per_node, unit: gpus, times: nodes}   # gpus, per-cent or milli; `times` is optional
///     job_id: id                                     # everything from here on is optional
///     requested: {column: limit, unit: s}
///     user: who
///     group: queue
///     pin: site
///     data_home: site
///     gpu_models: type
///     skip: [{column: state, values: [PENDING]}]     # rows that are no jobs
public enum MappingReader {
  /// Whether a format is the path of such a file.
  public static func isPath(_ format: String) -> Bool { format.hasSuffix(".yaml") || format.hasSuffix(".yml") }

  /// - Throws: for a file that cannot be read, and for the first thing in it that is wrong, with its line.
  public static func read(path: String) throws(ScenarioError) -> ColumnMapping {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ScenarioError(
        file: path, line: nil, field: "", message: "cannot read this mapping of columns",
        advice: "A format that ends with .yaml is the path of such a file.")
    }
    guard let yaml = String(validating: data, as: UTF8.self) else {
      throw ScenarioError(file: path, line: nil, field: "", message: "the file is not UTF-8 text")
    }
    let root = Field(value: try Value.parse(yaml, at: Place(file: path, line: 1)), path: "")
    if case .null = root.value.content {
      throw root.error("the file is empty", "Begin with 'submit: {column: NAME, unit: s}'.")
    }
    let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    return try mapping(root, name: stem)
  }

  private static func mapping(_ root: Field, name: String) throws(ScenarioError) -> ColumnMapping {
    let section = try root.section([
      "name", "separator", "columns", "job_id", "submit", "duration", "start", "end", "gpus", "requested", "user",
      "group", "pin", "data_home", "gpu_models", "skip",
    ])
    let submit = try time(section.required("submit", example: "submit: {column: submitted, unit: s}"))
    let gpus = try gpus(section.required("gpus", example: "gpus: {column: gpus}"))
    var mapping = ColumnMapping(
      name: try section.optional("name")?.text() ?? name, submit: submit, runTime: try runTime(section), gpus: gpus)
    if let separator = section.optional("separator") {
      let word = try separator.word(of: ColumnMapping.Separator.allCases.map(\.rawValue))
      mapping.separator = ColumnMapping.Separator(rawValue: word) ?? .comma
    }
    if let names = section.optional("columns") {
      var list: [String] = []
      for item in try names.items() { list.append(try item.text()) }
      if list.isEmpty { throw names.error("expected the names of the columns, found an empty list") }
      mapping.names = list
    }
    mapping.jobID = try section.optional("job_id")?.text()
    if let field = section.optional("requested") {
      let column = try time(field)
      if column.unit.isCalendar { throw field.error("expected a length of time, found '\(column.unit.rawValue)'") }
      mapping.requested = column
    }
    mapping.user = try section.optional("user")?.text()
    mapping.group = try section.optional("group")?.text()
    mapping.pin = try section.optional("pin")?.text()
    mapping.dataHome = try section.optional("data_home")?.text()
    mapping.gpuModels = try section.optional("gpu_models")?.text()
    for item in try section.optional("skip")?.items() ?? [] { mapping.skip.append(try skip(item)) }
    return mapping
  }

  private static func time(_ field: Field) throws(ScenarioError) -> ColumnMapping.TimeColumn {
    let section = try field.section(["column", "unit"])
    let column = try section.required("column", example: "column: submitted").text()
    let units = ColumnMapping.TimeUnit.allCases.map(\.rawValue)
    let word = try section.required("unit", example: "unit: s").word(of: units)
    return ColumnMapping.TimeColumn(column: column, unit: ColumnMapping.TimeUnit(rawValue: word) ?? .seconds)
  }

  private static func gpus(_ field: Field) throws(ScenarioError) -> ColumnMapping.GPUColumn {
    let section = try field.section(["column", "unit", "times"])
    let units = ColumnMapping.GPUUnit.allCases.map(\.rawValue)
    let word = try section.optional("unit")?.word(of: units) ?? "gpus"
    return ColumnMapping.GPUColumn(
      column: try section.required("column", example: "column: gpus").text(),
      unit: ColumnMapping.GPUUnit(rawValue: word) ?? .gpus, times: try section.optional("times")?.text())
  }

  private static func runTime(_ section: Section) throws(ScenarioError) -> ColumnMapping.RunTime {
    let duration = section.optional("duration")
    let start = section.optional("start")
    let end = section.optional("end")
    if let duration {
      if let start { throw start.error("a run time is either 'duration' or 'start' and 'end'", "Remove one of them.") }
      let column = try time(duration)
      if column.unit.isCalendar { throw duration.error("expected a length of time, found '\(column.unit.rawValue)'") }
      return .column(column)
    }
    guard let start, let end else {
      throw section.field.error(
        "a job's run time is missing", "Add 'duration: {column: NAME, unit: s}', or 'start' and 'end'.")
    }
    let (first, last) = (try time(start), try time(end))
    if first.unit.isCalendar != last.unit.isCalendar {
      throw end.error("expected the kind of unit that 'start' has, found '\(last.unit.rawValue)'")
    }
    return .between(first, last)
  }

  private static func skip(_ field: Field) throws(ScenarioError) -> ColumnMapping.Skip {
    let section = try field.section(["column", "values"])
    var values: [String] = []
    for item in try section.required("values", example: "values: [PENDING]").items() {
      // An empty text in quotes means an empty field.
      guard case .scalar(let text) = item.value.content else { throw item.error("expected a text") }
      values.append(text)
    }
    return ColumnMapping.Skip(
      column: try section.required("column", example: "column: state").text(), values: values)
  }
}
