// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Rows of Alibaba's PAI trace as prepared by GAIA (Hanafy et al., ASPLOS 2024): `arrival_time,length,cpus`.
///
/// **Unit.** The file for a year is in hours and the one for a week in seconds, and nothing in them says so. GAIA kept
/// jobs of 5 minutes to 3 days, so a length is 1/12 to 72 in hours and 300 to 259,200 in seconds, which never meet. The
/// unit is the one that fits the rows at the beginning of the file (about 7,000); a later length that does not fit it
/// is an error, as is a beginning that fits neither. One cpu is read as one GPU: the file has no other size.
struct GAIARows: TraceRows {
  let format = TraceFormat.paiGAIA
  let clock = TraceClock.relative
  let separator = FieldSeparator.comma
  private(set) var fieldCount = 0
  private let path: String
  /// Seconds in the file's unit of time.
  private let unit: Int128
  private var arrival = 0
  private var length = 0
  private var cpus = 0
  private var headerIsRead = false

  private static let hours: ClosedRange<Int128> = 83...72_000
  private static let seconds: ClosedRange<Int128> = 300_000...259_200_000

  /// `head` is the beginning of the file.
  init(path: String, head: [Record]) throws(TraceError) {
    self.path = path
    var least: Int128?
    var most: Int128 = 0
    let column = head.first.flatMap { first in
      var record = first
      record.split(at: .comma)
      return record.texts.firstIndex(of: "length")
    }
    for var record in head.dropFirst() {
      record.split(at: .comma)
      guard let column, column < record.count, let value = record.decimal(column, scale: 3), value > 0 else { continue }
      least = min(least ?? value, value)
      most = max(most, value)
    }
    guard let least else {
      unit = 1
      return
    }
    if GAIARows.hours.contains(least), GAIARows.hours.contains(most) {
      unit = 3600
    } else if GAIARows.seconds.contains(least), GAIARows.seconds.contains(most) {
      unit = 1
    } else {
      throw GAIARows.failure(path, line: nil, "lengths from \(text(least)) to \(text(most))")
    }
  }

  private static func failure(_ path: String, line: Int?, _ found: String) -> TraceError {
    TraceError(
      file: path, line: line, field: "length",
      expected: "lengths from 1/12 to 72 (hours) or from 300 to 259200 (seconds), as GAIA prepares them", found: found,
      advice: "say the unit in a YAML file that maps the columns, and name that as the format")
  }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if headerIsRead { return false }
    let columns = Columns(record, path: path)
    arrival = try columns.require("arrival_time", format: format, all: "arrival_time,length,cpus")
    length = try columns.require("length", format: format, all: "arrival_time,length,cpus")
    cpus = try columns.require("cpus", format: format, all: "arrival_time,length,cpus")
    fieldCount = record.count
    headerIsRead = true
    return true
  }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Job> {
    // 13 digits: an hour is 3,600 times a second, and the last place shall still be a tick.
    guard let arrived = record.decimal(arrival, scale: 13) else { return .skip(.unreadableSubmit) }
    guard arrived >= 0 else { return .skip(.negativeSubmit) }
    guard let milliGPUs = record.decimal(cpus, scale: 3), milliGPUs < mostMilliGPUs else {
      return .skip(.unreadableGPUs)
    }
    guard milliGPUs > 0 else { return .skip(.noGPU) }
    guard let lasts = record.decimal(length, scale: 13) else { return .skip(.unreadableDuration) }
    guard lasts > 0 else { return .skip(.noDuration) }
    let thousandths = lasts / 10_000_000_000
    guard (unit == 1 ? GAIARows.seconds : GAIARows.hours).contains(thousandths) else {
      throw GAIARows.failure(path, line: record.line, "\(text(thousandths)) amid \(unit == 1 ? "seconds" : "hours")")
    }
    let job = Job(
      id: "gaia-\(number)", submit: .zero, milliGPUs: Int64(milliGPUs),
      duration: Time(ticks: Int64((lasts * unit + 50) / 100)))
    return .keep(job, at: (arrived * unit + 50) / 100)
  }

  func end() -> RowsEnd {
    RowsEnd(notes: [
      "times read as \(unit == 1 ? "seconds" : "hours"): the only unit in which lengths are those that GAIA keeps, 5 "
        + "minutes to 3 days",
      "one cpu is read as one GPU; the file has no count of GPUs",
      "rows have no ids: a job is called gaia- and the number of its row",
    ])
  }
}

private func text(_ thousandths: Int128) -> String { NativeTrace.decimal(Int64(clamping: thousandths), digits: 3) }
