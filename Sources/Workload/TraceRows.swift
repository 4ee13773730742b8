// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What a trace's submit times count from.
enum TraceClock {
  /// 1970-01-01 00:00:00 of a wall clock without a zone.
  case calendar
  /// The trace's own beginning.
  case relative
}

/// A row that is a job, its times still on the trace's clock.
struct TraceRow {
  /// ``Job/submit`` and ``Job/deadline`` are not set yet.
  var job: Job
  /// In ticks of the trace's clock.
  var submit: Int128
  var deadline: Int128?
  /// Set if only the end of the file tells whether the row counts, and under which reason it is skipped if not.
  var provisional: SkipReason?
}

enum RowOutcome {
  case job(TraceRow)
  case skip(SkipReason)
}

/// What a format knows only after the last row.
struct RowsEnd {
  /// Whether rows marked provisional are jobs.
  var keepsProvisional = true
  /// Every ``Job/milliGPUs`` is divided by it, rounding up.
  var milliGPUDivisor: Int64 = 1
  /// For the account.
  var notes: [String] = []
}

/// One format of traces: turns lines into rows. Reading, windows and the account are ``TraceReader``'s.
protocol TraceRows {
  var format: TraceFormat { get }
  var clock: TraceClock { get }
  var separator: FieldSeparator { get }
  /// Fields that a row has; known once the header has been read.
  var fieldCount: Int { get }
  /// Takes a line that may be the header or a comment; false if it is a row. Called for every line until it says
  /// false, and after that for lines that begin with `#` or `;`.
  mutating func header(_ record: Record) throws(TraceError) -> Bool
  /// `number` counts rows from 1.
  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome
  func end() -> RowsEnd
}

/// The columns of a CSV by name.
struct Columns {
  let names: [String]
  private let path: String

  init(_ record: Record, path: String) {
    names = record.texts
    self.path = path
  }

  func index(of name: String) -> Int? { names.firstIndex(of: name) }

  func require(_ name: String, format: TraceFormat, all: String) throws(TraceError) -> Int {
    if let index = index(of: name) { return index }
    var found = names.prefix(12).joined(separator: ",")
    if found.utf8.count > 160 { found = String(found.prefix(160)) + "..." }
    throw TraceError(
      file: path, line: 1, field: "column '\(name)'", expected: "the header of format '\(format.rawValue)': \(all)",
      found: "'\(found)'", advice: "name the format that the file has, or rename its columns to those of 'native'")
  }
}

extension Record {
  /// A length of time in seconds; nil if unreadable.
  func ticks(_ field: Int) -> Int128? { decimal(field, scale: 11) }

  /// A run time as a job's duration, or why it cannot be one.
  func duration(_ field: Int) -> Result<Time, RowFault> {
    guard let ticks = ticks(field) else { return .failure(RowFault(.unreadableDuration)) }
    guard ticks > 0 else { return .failure(RowFault(.noDuration)) }
    guard ticks < Int128(Time.never.ticks) else { return .failure(RowFault(.beyondTimeSpan)) }
    return .success(Time(ticks: Int64(ticks)))
  }
}

/// A reason to skip a row, as an error.
struct RowFault: Error {
  let reason: SkipReason
  init(_ reason: SkipReason) { self.reason = reason }
}

/// The most GPUs that a row may ask for; more is a misread column.
let mostMilliGPUs: Int128 = 1_000_000_000_000
