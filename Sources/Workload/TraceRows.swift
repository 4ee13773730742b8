// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What a trace's submit times count from.
enum TraceClock {
  /// 1970-01-01 00:00:00 of a wall clock without a zone.
  case calendar
  /// The trace's own beginning.
  case relative
}

/// What rows turn into: jobs, or requests.
protocol TraceItem {
  /// When it arrives. While a trace is read, from an instant of the collector's.
  var arrival: Time { get set }
  /// How long it lasts by itself.
  var length: Time { get }
  /// What messages call one.
  static var noun: String { get }
  mutating func setDeadline(_ time: Time)
  /// Moves every instant but the arrival; false if one of them would leave virtual time.
  mutating func shiftOthers(by ticks: Int64) -> Bool
  mutating func finish(_ end: RowsEnd)
  /// Makes it small, now that it will be kept.
  mutating func pack(_ pool: inout NamePool)
  /// Makes ids unique; returns how many were changed.
  static func makeUnique(_ items: inout [Self]) -> Int
  /// How many equal another in all that counts, for items sorted by arrival.
  static func twins(_ items: [Self]) -> Int
}

/// A row that counts, its times still on the trace's clock.
struct TraceRow<Item> {
  /// Its arrival, and a job's deadline, are not set yet.
  var item: Item
  /// In ticks of the trace's clock.
  var submit: Int128
  var deadline: Int128?
  /// Set if only the end of the file tells whether the row counts, and under which reason it is skipped if not.
  var provisional: SkipReason?
}

enum RowOutcome<Item> {
  case keep(TraceRow<Item>)
  case skip(SkipReason)

  static func keep(_ item: Item, at submit: Int128) -> RowOutcome { .keep(TraceRow(item: item, submit: submit)) }
}

/// What a format knows only after the last row.
struct RowsEnd {
  /// Whether rows marked provisional are jobs.
  var keepsProvisional = true
  /// Every ``Job/milliGPUs`` is divided by it, rounding up.
  var milliGPUDivisor: Int64 = 1
  /// For the account.
  var notes: [String] = []
  /// Wall-clock seconds since 1970 at which a relative clock shows zero, where a format knows them.
  var relativeClockAtZero: Double?
}

/// One format of traces: turns records into rows. Reading, windows and the account are ``TraceReader``'s.
protocol TraceRows<Item> {
  associatedtype Item: TraceItem
  var format: TraceFormat { get }
  /// What the account calls it, where that is not the name of the format.
  var name: String { get }
  var clock: TraceClock { get }
  var framing: Framing { get }
  var separator: FieldSeparator { get }
  /// Fields that a row has; known once the header has been read. Not asked for when there is no separator.
  var fieldCount: Int { get }
  /// Whether a line that begins with this byte may be a comment behind the header as well.
  func mayBeComment(_ byte: UInt8) -> Bool
  /// Takes a line that may be the header or a comment; false if it is a row. Called for every line until it says
  /// false, and after that for lines that may be comments.
  mutating func header(_ record: Record) throws(TraceError) -> Bool
  /// `number` counts rows from 1.
  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Item>
  /// Another file of the same trace begins.
  mutating func begin(file: TraceFile)
  func end() -> RowsEnd
}

extension TraceRows {
  var name: String { format.rawValue }
  var framing: Framing { .lines }
  func mayBeComment(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "#") }
  mutating func begin(file: TraceFile) {}
}

/// The columns of a CSV by name.
struct Columns {
  let names: [String]
  private let path: String
  private let line: Int

  init(_ record: Record, path: String) {
    names = record.texts
    self.path = path
    line = record.line
  }

  func index(of name: String) -> Int? { names.firstIndex(of: name) }

  func require(_ name: String, format: TraceFormat, all: String) throws(TraceError) -> Int {
    if let index = index(of: name) { return index }
    var found = names.prefix(12).joined(separator: ",")
    if found.utf8.count > 160 { found = String(found.prefix(160)) + "..." }
    throw TraceError(
      file: path, line: line, field: "column '\(name)'", expected: "the header of format '\(format.rawValue)': \(all)",
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
