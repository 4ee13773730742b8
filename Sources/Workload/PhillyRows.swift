// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Rows of the CSV derived from Microsoft's Philly trace (Jeon et al., USENIX ATC 2019; extracted by the authors of
/// Pollux, OSDI 2021): `timestamp,duration,num_gpus,gpu_time,cluster`.
///
/// The rows are not sorted and have no ids; equal rows are distinct jobs. Times are wall-clock without a zone and
/// taken as if every day had 24 hours: only the hour of 2017-11-05 in which daylight saving ends is affected.
/// A job's id is `philly-` and the number of its row, whatever the window.
struct PhillyRows: TraceRows {
  let format = TraceFormat.philly
  let clock = TraceClock.calendar
  let separator = FieldSeparator.comma
  private(set) var fieldCount = 0
  private let path: String
  private var timestamp = 0
  private var duration = 0
  private var gpus = 0
  private var headerIsRead = false

  init(path: String) { self.path = path }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if headerIsRead { return false }
    let columns = Columns(record, path: path)
    let all = "timestamp,duration,num_gpus,gpu_time,cluster"
    timestamp = try columns.require("timestamp", format: format, all: all)
    duration = try columns.require("duration", format: format, all: all)
    gpus = try columns.require("num_gpus", format: format, all: all)
    fieldCount = record.count
    headerIsRead = true
    return true
  }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome {
    guard let submit = CalendarTime.parse(record.slice(timestamp)) else { return .skip(.unreadableSubmit) }
    guard let milliGPUs = record.decimal(gpus, scale: 3), milliGPUs < mostMilliGPUs else {
      return .skip(.unreadableGPUs)
    }
    guard milliGPUs > 0 else { return .skip(.noGPU) }
    switch record.duration(duration) {
    case .failure(let fault): return .skip(fault.reason)
    case .success(let time):
      let job = Job(id: "philly-\(number)", submit: .zero, milliGPUs: Int64(milliGPUs), duration: time)
      return .job(TraceRow(job: job, submit: submit))
    }
  }

  func end() -> RowsEnd {
    RowsEnd(notes: [
      "times are the cluster's wall clock (US Pacific) without a zone, read as if every day had 24 hours",
      "rows have no ids: a job is called philly- and the number of its row",
    ])
  }
}
