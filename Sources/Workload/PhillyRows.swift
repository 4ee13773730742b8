// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Rows of the CSV derived from Microsoft's Philly trace (Jeon et al., USENIX ATC 2019; extracted by the authors of
/// Pollux, OSDI 2021): `timestamp,duration,num_gpus,gpu_time,cluster`.
///
/// The rows are not sorted and have no ids; equal rows are distinct jobs. Times are the wall clock of the US Pacific
/// coast and put on a clock that stays on daylight saving time, see ``PacificClock``; of the hour that ends it the
/// first reading counts. A job's id is `philly-` and the number of its row, whatever the window.
struct PhillyRows: TraceRows {
  let format = TraceFormat.philly
  let clock = TraceClock.calendar
  let separator = FieldSeparator.comma
  private(set) var fieldCount = 0
  private let path: String
  private var timestamp = 0
  private var duration = 0
  private var gpus = 0
  private var cluster: Int?
  private var headerIsRead = false
  private var pacific = PacificClock()
  private var labels = LabelPool()

  init(path: String) { self.path = path }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if headerIsRead { return false }
    let columns = Columns(record, path: path)
    let all = "timestamp,duration,num_gpus,gpu_time,cluster"
    timestamp = try columns.require("timestamp", format: format, all: all)
    duration = try columns.require("duration", format: format, all: all)
    gpus = try columns.require("num_gpus", format: format, all: all)
    cluster = columns.index(of: "cluster")
    fieldCount = record.count
    headerIsRead = true
    return true
  }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Job> {
    guard let wall = CalendarTime.parse(record.slice(timestamp)) else { return .skip(.unreadableSubmit) }
    guard let milliGPUs = record.decimal(gpus, scale: 3), milliGPUs < mostMilliGPUs else {
      return .skip(.unreadableGPUs)
    }
    guard milliGPUs > 0 else { return .skip(.noGPU) }
    switch record.duration(duration) {
    case .failure(let fault): return .skip(fault.reason)
    case .success(let time):
      var job = Job(id: "philly-\(number)", submit: .zero, milliGPUs: Int64(milliGPUs), duration: time)
      job.setLabels(labels.shared(group: record.label(cluster)))
      return .keep(job, at: pacific.instant(wall))
    }
  }

  func end() -> RowsEnd {
    var notes = [PhillyRows.clockNote, "rows have no ids: a job is called philly- and the number of its row"]
    if pacific.ambiguous > 0 {
      notes.append(
        "submissions in the hour that the wall clock shows twice: \(pacific.ambiguous); read as the first of the two")
    }
    return RowsEnd(notes: notes)
  }

  static let clockNote =
    "times are the wall clock of the cluster (US Pacific), put on a clock that stays on daylight saving time: from the "
    + "first Sunday of November it is an hour ahead of the wall"
}

extension Record {
  /// The field as a name, nil where it is empty or no text.
  func label(_ field: Int?) -> String? {
    guard let field, !isEmpty(field) else { return nil }
    return text(field)
  }
}
