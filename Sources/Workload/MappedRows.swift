// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Rows of a CSV whose columns the user has explained, see ``ColumnMapping``.
///
/// Numbers of times count to nine decimals of their unit. Dates with an offset are converted to UTC, dates without one
/// are a wall clock whose days all have 24 hours. Lines that begin with `#` are comments.
struct MappedRows: TraceRows {
  let format = TraceFormat.native
  let clock: TraceClock
  let separator: FieldSeparator
  private(set) var fieldCount = 0
  var name: String { mapping.name }
  private let path: String
  private let mapping: ColumnMapping
  private var fields: [String: Int] = [:]
  private var headerIsRead = false
  private var labels = LabelPool()

  init(path: String, mapping: ColumnMapping) {
    self.path = path
    self.mapping = mapping
    separator = mapping.separator.field
    clock = mapping.submit.unit.isCalendar ? .calendar : .relative
  }

  /// Every column that the mapping names.
  private var wanted: [String] {
    var list = [mapping.submit.column, mapping.gpus.column]
    switch mapping.runTime {
    case .column(let column): list.append(column.column)
    case .between(let start, let end): list += [start.column, end.column]
    }
    list += [mapping.jobID, mapping.gpus.times, mapping.requested?.column, mapping.user].compactMap { $0 }
    list += [mapping.group, mapping.pin, mapping.dataHome, mapping.gpuModels].compactMap { $0 }
    return list + mapping.skip.map(\.column)
  }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if record.bytes.first == UInt8(ascii: "#") { return true }
    if headerIsRead { return false }
    headerIsRead = true
    let names = mapping.names ?? record.texts
    fieldCount = names.count
    for name in wanted {
      guard let index = names.firstIndex(of: name) else {
        throw TraceError(
          file: path, line: record.line, field: "column '\(name)'",
          expected: "this column, which '\(mapping.name)' maps",
          found: "'\(names.prefix(20).joined(separator: ","))'",
          advice: "correct the name, or the separator, in the mapping")
      }
      fields[name] = index
    }
    return mapping.names == nil
  }

  private func field(_ name: String) -> Int { fields[name] ?? 0 }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Job> {
    for rule in mapping.skip where rule.values.contains(record.text(field(rule.column)) ?? "") {
      return .skip(.leftOutByMapping)
    }
    var id = "row-\(number)"
    if let column = mapping.jobID {
      guard let name = record.text(field(column)), !name.isEmpty else { return .skip(.unreadableID) }
      id = name
    }
    guard let submitted = time(record, mapping.submit) else { return .skip(.unreadableSubmit) }
    if clock == .relative, submitted < 0 { return .skip(.negativeSubmit) }
    guard let milliGPUs = gpus(record) else { return .skip(.unreadableGPUs) }
    guard milliGPUs > 0 else { return .skip(.noGPU) }
    var ticks: Int128
    switch mapping.runTime {
    case .column(let column):
      guard let read = time(record, column) else { return .skip(.unreadableDuration) }
      ticks = read
    case .between(let start, let end):
      if record.isEmpty(field(start.column)) { return .skip(.neverStarted) }
      if record.isEmpty(field(end.column)) { return .skip(.stillRunning) }
      guard let began = time(record, start), let ended = time(record, end) else { return .skip(.unreadableDuration) }
      ticks = ended - began
    }
    guard ticks > 0 else { return .skip(.noDuration) }
    guard ticks < Int128(Time.never.ticks) else { return .skip(.beyondTimeSpan) }
    var job = Job(id: id, submit: .zero, milliGPUs: milliGPUs, duration: Time(ticks: Int64(ticks)))
    if let column = mapping.requested, !record.isEmpty(field(column.column)) {
      guard let asked = time(record, column), asked < Int128(Time.never.ticks) else { return .skip(.unreadableField) }
      if asked > 0 { job.requested = Time(ticks: Int64(asked)) }
    }
    func label(_ name: String?) -> String? { record.label(name.map { field($0) }) }
    job.setLabels(
      labels.shared(
        pin: label(mapping.pin), dataHomeName: label(mapping.dataHome), user: label(mapping.user),
        group: label(mapping.group), gpuModels: label(mapping.gpuModels)))
    return .keep(job, at: submitted)
  }

  private func time(_ record: Record, _ column: ColumnMapping.TimeColumn) -> Int128? {
    let field = field(column.column)
    if column.unit == .date {
      guard let (wall, offset) = CalendarTime.parseWithOffset(record.slice(field)) else { return nil }
      return wall - (offset ?? 0)
    }
    // Below the limit the product stays within 128 bits.
    guard let value = record.decimal(field, scale: 9), abs(value) < 10_000_000_000_000_000_000_000 else { return nil }
    let product = value * column.unit.ticks
    return (product + (product < 0 ? -500_000_000 : 500_000_000)) / 1_000_000_000
  }

  private func gpus(_ record: Record) -> Int64? {
    let scale: Int
    switch mapping.gpus.unit {
    case .gpus: scale = 3
    case .perCent: scale = 1
    case .milli: scale = 0
    }
    guard let each = record.decimal(field(mapping.gpus.column), scale: scale), abs(each) < mostMilliGPUs else {
      return nil
    }
    guard let times = mapping.gpus.times else { return Int64(each) }
    guard let count = record.decimal(field(times), scale: 0), abs(count) < mostMilliGPUs,
      abs(each * count) < mostMilliGPUs
    else { return nil }
    return Int64(each * count)
  }

  func end() -> RowsEnd {
    var notes = ["columns were read as the mapping '\(mapping.name)' says"]
    if mapping.jobID == nil { notes.append("rows have no ids: a job is called row- and the number of its row") }
    return RowsEnd(notes: notes)
  }
}
