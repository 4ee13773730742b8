// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities

/// A file of instants and values, before anything is made of it: a CSV file with a header, or the JSON of Open-Meteo.
struct TimedRows {
  struct Row {
    var instant: Int64
    var value: Double
    /// For messages: the line of a CSV file, the place in the list of a JSON one.
    var line: Int
  }

  /// Instants in the order of the file, without those that do not exist and those without a value.
  var rows: [Row] = []
  var total = 0
  var empty = 0
  var outOfOrder = 0
  /// Rows in the hour that a clock leaves out in spring: invented by whoever wrote the file.
  var invented = 0
  /// Rows in the hour that comes twice in autumn.
  var ambiguous = 0

  /// Which columns are wanted, and how their times are meant.
  struct Wish {
    var field: Field
    /// Field that names the column of the values; nil if the file has to make it plain.
    var column: Field?
    /// Beginning of the column's name that is taken when no field names one.
    var usual: String?
    var timeColumn: Field?
    var zone: ClockZone?
  }

  /// The content of a file, read once for all of its columns.
  enum Document {
    case csv(header: [String], lines: [(number: Int, fields: [String])])
    case openMeteo(times: [String], columns: [String: [Double?]], offset: Int64)
  }

  static func open(path: String, field: Field) throws(ScenarioError) -> Document {
    guard let data = FileManager.default.contents(atPath: path) else {
      let exists = FileManager.default.fileExists(atPath: path)
      let advice =
        field.value.place.line == nil
        ? "Paths on the command line are relative to the current directory."
        : "Paths are relative to the scenario's file, or to the folder that 'data' names."
      throw field.error(exists ? "cannot read the file '\(path)'" : "there is no file '\(path)'", advice)
    }
    if data.first(where: { !$0.isASCIIBlank }) == UInt8(ascii: "{") { return try openMeteo(data, path, field) }
    var lines = CSVLines(Array(data))
    guard let header = lines.next() else {
      throw ScenarioError(file: path, line: 1, field: field.path, message: "the file is empty")
    }
    var rest: [(Int, [String])] = []
    while let line = lines.next() { rest.append(line) }
    return .csv(header: header.fields, lines: rest)
  }

  private static func openMeteo(_ data: Data, _ path: String, _ field: Field) throws(ScenarioError) -> Document {
    func error(_ message: String) -> ScenarioError {
      ScenarioError(
        file: path, line: nil, field: field.path, message: message,
        advice: "Expected what Open-Meteo answers: utc_offset_seconds, and hourly with time and other lists.")
    }
    guard let root = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
      throw error("the file is not valid JSON")
    }
    guard let offset = root["utc_offset_seconds"] as? Int, let hourly = root["hourly"] as? [String: Any],
      let times = hourly["time"] as? [String]
    else { throw error("the file is no answer of Open-Meteo") }
    var columns: [String: [Double?]] = [:]
    for (name, list) in hourly where name != "time" {
      guard let values = list as? [Any] else { continue }
      guard values.count == times.count else {
        throw error("'hourly.\(name)' has \(values.count) values for \(times.count) times")
      }
      columns[name] = values.map { $0 as? Double }
    }
    return .openMeteo(times: times, columns: columns, offset: Int64(offset))
  }

  init(_ document: Document, path: String, _ wish: Wish) throws(ScenarioError) {
    switch document {
    case .csv(let header, let lines): try read(header, lines, path, wish)
    case .openMeteo(let times, let columns, let offset):
      try read(times, columns, ClockZone(seconds: offset), path, wish)
    }
    if rows.isEmpty { throw wish.error(path, 1, "the file has no rows with a value") }
  }

  private mutating func read(
    _ times: [String], _ columns: [String: [Double?]], _ zone: ClockZone, _ path: String, _ wish: Wish
  ) throws(ScenarioError) {
    let name = try wish.column?.text() ?? wish.usual ?? ""
    guard let values = columns[name] else {
      let known = columns.keys.sorted().map { "'\($0)'" }.joined(separator: ", ")
      throw (wish.column ?? wish.field).error("'\(path)' has no list '\(name)'", "It has: \(known).")
    }
    for (index, text) in times.enumerated() {
      total += 1
      try append(text, values[index], line: index + 1, zone, path, wish)
    }
  }

  private mutating func read(
    _ header: [String], _ lines: [(number: Int, fields: [String])], _ path: String, _ wish: Wish
  ) throws(ScenarioError) {
    let all = header.map { "'\($0)'" }.joined(separator: ", ")
    func index(_ wanted: Field) throws(ScenarioError) -> Int {
      let text = try wanted.text()
      if let index = header.firstIndex(of: text) { return index }
      let near = Spelling.nearest(text, in: header).map { "Did you mean '\($0)'?" }
      throw wanted.error("'\(path)' has no column '\(text)'", near ?? "Its columns are: \(all).")
    }
    let time = try wish.timeColumn.map { (field) throws(ScenarioError) in try index(field) } ?? 0
    let value: Int
    if let column = wish.column {
      value = try index(column)
    } else if let usual = wish.usual {
      guard let found = header.firstIndex(where: { $0.hasPrefix(usual) }) else {
        throw wish.field.error("'\(path)' has no column whose name begins with '\(usual)'", "Its columns are: \(all).")
      }
      value = found
    } else {
      guard header.count == 2 else {
        throw wish.field.error(
          "'\(path)' has \(header.count) columns, and no 'column' says which one holds the values",
          "Its columns are: \(all).")
      }
      value = 1 - time
    }
    // A column that says UTC in its name needs no zone.
    let zone = wish.zone ?? (header[time].contains("UTC") ? ClockZone("UTC") : nil)
    for line in lines {
      total += 1
      guard line.fields.count > max(time, value) else {
        throw wish.error(path, line.number, "expected \(header.count) columns, found \(line.fields.count)")
      }
      let text = line.fields[value]
      var number: Double?
      if !["", "NaN", "nan", "NA", "null"].contains(text) {
        number = Quantity.parseNumber(text)
        if number == nil {
          throw wish.error(path, line.number, "expected a number in column '\(header[value])', found '\(text)'")
        }
      }
      try append(line.fields[time], number, line: line.number, zone, path, wish)
    }
  }

  /// Instants of the hour that comes twice, seen once so far.
  private var seenOnce: Set<Int64> = []

  private mutating func append(
    _ text: String, _ value: Double?, line: Int, _ zone: ClockZone?, _ path: String, _ wish: Wish
  ) throws(ScenarioError) {
    var instant: Int64
    switch Instant.parse(text, defaultOffset: nil) {
    case .instant(let seconds): instant = seconds
    case .invalid:
      throw wish.error(path, line, "expected an instant such as '2023-10-09 00:00:00', found '\(text)'")
    case .needsOffset:
      guard let zone else {
        throw wish.error(
          path, line, "'\(text)' does not say its time zone",
          "Add a zone to the scenario: 'zone: UTC', an offset such as 'zone: UTC+8' or 'zone: \"-05:00\"', or a place "
            + "such as 'zone: Europe/Berlin'.")
      }
      guard case .instant(let local) = Instant.parse(text, defaultOffset: 0) else { return }
      switch zone.meaning(of: local) {
      case .instant(let seconds): instant = seconds
      case .twice(let first, let second):
        ambiguous += 1
        instant = seenOnce.insert(local).inserted ? first : second
      case .never:
        invented += 1
        return
      case .unknown:
        throw wish.error(
          path, line, "'\(text)' lies before the years whose daylight saving is known here",
          "Give instants with an offset, or a zone with a fixed one.")
      }
    }
    guard let value else {
      empty += 1
      return
    }
    if let last = rows.last, instant < last.instant { outOfOrder += 1 }
    rows.append(Row(instant: instant, value: value, line: line))
  }
}

extension TimedRows.Wish {
  func error(_ path: String, _ line: Int, _ message: String, _ advice: String = "") -> ScenarioError {
    ScenarioError(file: path, line: line, field: field.path, message: message, advice: advice)
  }
}

extension ClockZone {
  init(seconds: Int64) {
    standard = seconds
    rule = .none
  }
}

extension UInt8 {
  /// Blanks, line breaks and the bytes of a byte order mark.
  fileprivate var isASCIIBlank: Bool { self == 32 || (9...13).contains(self) || [0xEF, 0xBB, 0xBF].contains(self) }
}
