// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Rows of SenseTime's Helios (Hu et al., SC 2021: Earth, Saturn, Uranus, Venus) and of the Shanghai AI Lab's Acme (Hu
/// et al., NSDI 2024: Seren, Kalos), which share their columns: `job_id,user,gpu_num,node_num,state,submit_time,
/// start_time,end_time,duration`, with `vc` in Helios and `type` in Acme.
///
/// Jobs of every state count for the time that they ran. The run time is `end_time - start_time`; the column
/// `duration` stands in only where one of them is missing, because Kalos lets it include the wait. Helios shows the
/// wall clock of China (UTC+8, no daylight saving time). Acme writes offsets: instants are put on the clock of the
/// offset of its first row. Job ids are unique within a cluster only: where a trace is a folder of several, the
/// cluster's name stands before the id.
struct SlurmRows: TraceRows {
  let format: TraceFormat
  let clock = TraceClock.calendar
  let separator = FieldSeparator.comma
  private(set) var fieldCount = 0
  private var path: String
  private let several: Bool
  private var cluster = ""
  private var id = 0
  private var gpus = 0
  private var submit = 0
  private var start = 0
  private var ended = 0
  private var duration = 0
  private var user: Int?
  private var group: Int?
  private var state: Int?
  private var headerIsRead = false
  private var offset: Int128?
  private var otherOffsets = 0
  private var differing = 0
  private var fromColumn = 0
  private var labels = LabelPool()

  init(format: TraceFormat, path: String, several: Bool) {
    self.format = format
    self.path = path
    self.several = several
  }

  mutating func begin(file: TraceFile) {
    path = file.path
    cluster = file.name
    headerIsRead = false
  }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if headerIsRead { return false }
    let columns = Columns(record, path: path)
    let all = "job_id,user,\(format == .helios ? "vc," : "")gpu_num,...,submit_time,start_time,end_time,duration"
    id = try columns.require("job_id", format: format, all: all)
    gpus = try columns.require("gpu_num", format: format, all: all)
    submit = try columns.require("submit_time", format: format, all: all)
    start = try columns.require("start_time", format: format, all: all)
    ended = try columns.require("end_time", format: format, all: all)
    duration = try columns.require("duration", format: format, all: all)
    user = columns.index(of: "user")
    group = columns.index(of: "vc")
    state = columns.index(of: "state")
    fieldCount = record.count
    headerIsRead = true
    return true
  }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Job> {
    guard let name = record.text(id), !name.isEmpty else { return .skip(.unreadableID) }
    guard let submitted = instant(record, submit) else { return .skip(.unreadableSubmit) }
    guard let milliGPUs = record.decimal(gpus, scale: 3), milliGPUs < mostMilliGPUs else {
      return .skip(.unreadableGPUs)
    }
    guard milliGPUs > 0 else { return .skip(.noGPU) }
    switch runTime(record) {
    case .failure(let fault): return .skip(fault.reason)
    case .success(let time):
      var job = Job(
        id: several ? "\(cluster)-\(name)" : name, submit: .zero, milliGPUs: Int64(milliGPUs), duration: time)
      job.setLabels(labels.shared(user: record.label(user), group: record.label(group)))
      return .keep(job, at: submitted)
    }
  }

  /// On the clock of the first offset; nil for an empty field as for one that is no instant.
  private mutating func instant(_ record: Record, _ field: Int) -> Int128? {
    guard let (wall, found) = CalendarTime.parseWithOffset(record.slice(field)) else { return nil }
    guard let found else { return wall }
    let own = offset ?? found
    if offset == nil { offset = found }
    if found != own { otherOffsets += 1 }
    return wall - found + own
  }

  private mutating func runTime(_ record: Record) -> Result<Time, RowFault> {
    guard !Self.isMissing(record, start) else { return .failure(RowFault(.neverStarted)) }
    guard !Self.isMissing(record, ended) else { return .failure(RowFault(.stillRunning)) }
    guard let began = instant(record, start), let stop = instant(record, ended) else {
      if Self.isMissing(record, duration) { return .failure(RowFault(.unreadableDuration)) }
      fromColumn += 1
      return record.duration(duration)
    }
    let ticks = stop - began
    if let column = record.ticks(duration), abs(column - ticks) > Int128(Time.ticksPerSecond) { differing += 1 }
    guard ticks > 0 else { return .failure(RowFault(.noDuration)) }
    guard ticks < Int128(Time.never.ticks) else { return .failure(RowFault(.beyondTimeSpan)) }
    return .success(Time(ticks: Int64(ticks)))
  }

  /// Empty, or what pandas and Slurm write for nothing.
  private static func isMissing(_ record: Record, _ field: Int) -> Bool {
    let text = record.slice(field)
    return text.isEmpty || ["nan", "NaN", "NaT", "None", "Unknown", "null"].contains { text.elementsEqual($0.utf8) }
  }

  func end() -> RowsEnd {
    var notes: [String] = []
    if let offset {
      let minutes = Int(offset / (60 * Int128(Time.ticksPerSecond)))
      let hours = abs(minutes) / 60
      let rest = abs(minutes) % 60
      notes.append(
        "times are on a clock \(minutes < 0 ? "-" : "+")\(hours):\(rest < 10 ? "0" : "")\(rest) from UTC"
          + (otherOffsets > 0 ? "; instants of other offsets, converted: \(otherOffsets)" : ""))
    } else {
      notes.append(
        format == .helios
          ? "times are the wall clock of China (UTC+8) without a zone" : "times are a wall clock without a zone")
    }
    notes.append("jobs that failed or were cancelled count for the time that they ran")
    if differing > 0 {
      notes.append(
        "rows whose column duration is not end_time - start_time (it includes the wait): \(differing); "
          + "end_time - start_time counts")
    }
    if fromColumn > 0 {
      notes.append("rows whose run time is the column duration, for want of instants: \(fromColumn)")
    }
    return RowsEnd(notes: notes)
  }
}
