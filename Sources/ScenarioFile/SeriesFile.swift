// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities

/// A price or carbon series read from a CSV of instants and values.
///
/// Rows may come in any order and at any pace; they are sorted. Of rows with one instant the last of the file
/// counts. A value holds until the next row; a hole of more than 24 h is an error, a smaller one is counted. Hours in
/// which a value changes get the mean over the hour, so that energy at constant power costs what the rows say.
struct SeriesFile {
  /// Instant of the first hour.
  var first: Int64
  /// One value an hour, without holes.
  var hours: [Double]
  var rows = 0
  var duplicates = 0
  var outOfOrder = 0
  var empty = 0
  /// Hours that hold the value of an earlier row because none begins in them.
  var held = 0
  /// Hours in which a value changes.
  var averaged = 0

  /// The longest hole, in seconds, that the value before it fills.
  static let longestHole: Int64 = 86_400

  private struct Row {
    var instant: Int64
    var value: Double
    var line: Int
  }

  /// - Parameters:
  ///   - path: of the file; `name` is how messages call it.
  ///   - column: name of the values; nil if the file has two columns only.
  ///   - timeColumn: name of the instants; nil for the first column.
  ///   - zone: seconds east of UTC for instants without an offset; nil if nobody said.
  init(
    path: String, name: String, column: Field?, timeColumn: Field?, zone: Int64?, field: Field
  ) throws(ScenarioError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      let exists = FileManager.default.fileExists(atPath: path)
      throw field.error(
        exists ? "cannot read the file '\(path)'" : "there is no file '\(path)'",
        "Paths are relative to the scenario's file.")
    }
    func error(_ line: Int, _ message: String, _ advice: String = "") -> ScenarioError {
      ScenarioError(file: name, line: line, field: field.path, message: message, advice: advice)
    }
    var lines = CSVLines(Array(data))
    guard let header = lines.next() else { throw error(1, "the file is empty") }
    func index(_ wanted: Field) throws(ScenarioError) -> Int {
      let text = try wanted.text()
      if let index = header.fields.firstIndex(of: text) { return index }
      let near = Spelling.nearest(text, in: header.fields).map { "Did you mean '\($0)'?" }
      let all = header.fields.map { "'\($0)'" }.joined(separator: ", ")
      throw wanted.error("'\(name)' has no column '\(text)'", near ?? "Its columns are: \(all).")
    }
    let timeIndex: Int
    if let timeColumn { timeIndex = try index(timeColumn) } else { timeIndex = 0 }
    let valueIndex: Int
    if let column {
      valueIndex = try index(column)
    } else {
      guard header.fields.count == 2 else {
        throw field.error(
          "'\(name)' has \(header.fields.count) columns, and no 'column' says which one holds the values",
          "Its columns are: \(header.fields.map { "'\($0)'" }.joined(separator: ", ")).")
      }
      valueIndex = 1 - timeIndex
    }

    var all: [Row] = []
    while let line = lines.next() {
      rows += 1
      guard line.fields.count > max(timeIndex, valueIndex) else {
        throw error(line.number, "expected \(header.fields.count) columns, found \(line.fields.count)")
      }
      let instantText = line.fields[timeIndex]
      let valueText = line.fields[valueIndex]
      let instant: Int64
      switch Instant.parse(instantText, defaultOffset: zone) {
      case .instant(let seconds): instant = seconds
      case .needsOffset:
        throw error(
          line.number, "'\(instantText)' does not say its time zone",
          "Add a zone to the scenario: 'zone: UTC', or an offset such as 'zone: UTC+8' or 'zone: \"-05:00\"'.")
      case .invalid:
        throw error(line.number, "expected an instant such as '2023-10-09 00:00:00', found '\(instantText)'")
      }
      if ["", "NaN", "nan", "NA", "null"].contains(valueText) {
        empty += 1
        continue
      }
      guard let value = Quantity.parseNumber(valueText) else {
        throw error(line.number, "expected a number in column '\(header.fields[valueIndex])', found '\(valueText)'")
      }
      if let last = all.last, instant < last.instant { outOfOrder += 1 }
      all.append(Row(instant: instant, value: value, line: line.number))
    }
    guard !all.isEmpty else { throw error(1, "the file has no rows with a value") }
    all.sort { ($0.instant, $0.line) < ($1.instant, $1.line) }

    var series: [Row] = []
    series.reserveCapacity(all.count)
    for row in all {
      if let last = series.last {
        if last.instant == row.instant {
          series.removeLast()
          duplicates += 1
        } else if row.instant - last.instant > SeriesFile.longestHole {
          let hours = Quantity.rounded(Double(row.instant - last.instant) / 3600, digits: 4)
          throw error(
            row.line,
            "no value for \(hours) h before this row, since \(Instant.text(last.instant)) in line \(last.line)",
            "Holes of up to 24 h are filled with the value before them; give the missing rows.")
        }
      }
      series.append(row)
    }
    first = series[0].instant
    hours = []
    resample(series)
  }

  /// Steps of `series` as means over hours counted from its first instant.
  private mutating func resample(_ series: [Row]) {
    let step = SeriesFile.usualStep(series)
    let end = series[series.count - 1].instant + step
    let count = Int((end - first + 3599) / 3600)
    hours.reserveCapacity(count)
    // The last row that begins at or before the hour under way.
    var row = 0
    for hour in 0..<count {
      let from = first + 3600 * Int64(hour)
      let to = min(from + 3600, end)
      while row + 1 < series.count, series[row + 1].instant <= from { row += 1 }
      if row + 1 == series.count || series[row + 1].instant >= to {
        hours.append(series[row].value)
        if series[row].instant < from { held += 1 }
        continue
      }
      averaged += 1
      var sum = 0.0
      var at = from
      var current = row
      while at < to {
        let until = current + 1 < series.count ? min(series[current + 1].instant, to) : to
        sum += series[current].value * Double(until - at)
        at = until
        if at < to { current += 1 }
      }
      hours.append(sum / Double(to - from))
    }
  }

  /// The most frequent distance between neighbours, the smallest of equals: how long the last row holds.
  private static func usualStep(_ series: [Row]) -> Int64 {
    let steps = zip(series, series.dropFirst()).map { $1.instant - $0.instant }.sorted()
    var best: (count: Int, step: Int64) = (0, 3600)
    var index = 0
    while index < steps.count {
      let next = steps[index...].firstIndex { $0 != steps[index] } ?? steps.count
      if next - index > best.count { best = (next - index, steps[index]) }
      index = next
    }
    return best.step
  }
}
