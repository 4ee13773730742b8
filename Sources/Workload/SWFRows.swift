// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Rows of the Standard Workload Format (Feitelson, Parallel Workloads Archive): header comments `; Key: value`, then
/// 18 fields a line, -1 for unknown. Processors become GPUs. Logs that simulators write may have more columns (often
/// 21): the first row says how many, and those behind the 18th are not used.
///
/// The filter is that of the published EASY reference for KTH-SP2 (Gaussier et al., SC 2015), in this order: submit
/// < 0 drops the row; if only one of allocated and requested processors is known it stands for both; a row where
/// either exceeds `MaxProcs` (or `MaxNodes`, where that is all there is) is dropped; so is a run time <= 0, then a
/// requested time <= 0. The job uses the requested processors, and its run time is cut at the requested time.
/// Two additions: a log in which no usable row has a requested time (NASA iPSC) keeps them all, without estimates; and
/// lines of partial executions (status 2, 3 and 4) are skipped, because the format lists the whole job besides.
struct SWFRows: TraceRows {
  static let standardFields = 18
  let format = TraceFormat.swf
  let clock = TraceClock.relative
  let separator = FieldSeparator.blanks
  private(set) var fieldCount = standardFields
  private var fieldsAreKnown = false
  private var header = SWFHeader()
  private var rowCount: Int64 = 0
  private var capped = 0
  private var withRequest = 0
  private var withoutRequest = 0
  private var dependent = 0
  private var labels = LabelPool()

  func mayBeComment(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ";") || byte == UInt8(ascii: "#") }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if record.bytes.first == UInt8(ascii: "#") { return true }
    guard record.bytes.first == UInt8(ascii: ";") else {
      if !fieldsAreKnown { fieldCount = max(SWFRows.standardFields, record.count) }
      fieldsAreKnown = true
      return false
    }
    header.take(record)
    return true
  }

  /// The most processors that a job can have had.
  private var processors: Int64? {
    [header.number("MaxProcs"), header.number("MaxNodes")].compactMap { $0 }.first { $0 > 0 }
  }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Job> {
    rowCount += 1
    let line: SWFRecord
    switch SWFRecord.read(record) {
    case .failure(let fault): return .skip(fault.reason)
    case .success(let read): line = read
    }
    guard line.submit >= 0 else { return .skip(.negativeSubmit) }
    if let status = line.status, status.isPart { return .skip(.partialExecution) }
    let known = [line.requestedProcessors, line.allocated].compactMap { $0 }.filter { $0 > 0 }
    guard let processors = known.first else { return .skip(.noGPU) }
    guard known.allSatisfy({ Int128($0) * 1000 < mostMilliGPUs }) else { return .skip(.unreadableGPUs) }
    if let limit = self.processors, known.contains(where: { $0 > limit }) { return .skip(.tooManyProcessors) }
    guard let run = line.run, run > 0 else { return .skip(.noDuration) }
    guard run < Int128(Time.never.ticks) else { return .skip(.beyondTimeSpan) }
    var job = Job(
      id: String(line.job), submit: .zero, milliGPUs: processors * 1000, duration: Time(ticks: Int64(run)))
    if let request = line.requestedTime, request > 0 {
      guard request < Int128(Time.never.ticks) else { return .skip(.unreadableField) }
      withRequest += 1
      let time = Time(ticks: Int64(request))
      job.requested = time
      if job.duration > time {
        job.duration = time
        capped += 1
      }
    } else {
      withoutRequest += 1
    }
    if line.precedingJob != nil { dependent += 1 }
    job.setLabels(labels.shared(user: line.user.map(String.init), group: line.group.map(String.init)))
    return .keep(
      TraceRow(item: job, submit: line.submit, provisional: job.requested == nil ? .noRequestedTime : nil))
  }

  func end() -> RowsEnd {
    var end = RowsEnd(keepsProvisional: withRequest == 0)
    if let limit = processors {
      end.notes.append("one processor is read as one GPU; the logged machine had \(limit)")
    } else {
      end.notes.append("one processor is read as one GPU; the header names no MaxProcs, so no row is too large")
    }
    clockNotes(&end)
    if let said = header.number("MaxRecords") ?? header.number("MaxJobs"), said != rowCount {
      end.notes.append("the header announces \(said) jobs, the file has \(rowCount)")
    }
    if fieldCount > SWFRows.standardFields {
      end.notes.append("rows have \(fieldCount) columns; those behind the 18th are not used")
    }
    if capped > 0 { end.notes.append("run times of the file that were cut at the requested time: \(capped)") }
    if dependent > 0 {
      end.notes.append("jobs that name a job that they followed: \(dependent); they arrive when they did in the log")
    }
    if withRequest == 0, withoutRequest > 0 {
      end.notes.append("no row has a requested time: all are kept, without the user's estimate")
    }
    return end
  }

  /// `UnixStartTime` is in UTC. `TimeZone`, seconds east of it, is what old logs have; a name of a zone is not looked up.
  private func clockNotes(_ end: inout RowsEnd) {
    guard let start = header.number("UnixStartTime") else { return }
    end.notes.append("second 0 is Unix time \(start)")
    let zone = header.values["TimeZoneString"]
    if let text = header.values["TimeZone"]?.split(separator: " ").first, let offset = Int64(text),
      abs(offset) <= 50_400
    {
      end.relativeClockAtZero = Double(start) + Double(offset)
      end.notes.append("hours and weekdays are shown at \(offset) s from UTC all year, as the header's TimeZone says")
    } else {
      end.relativeClockAtZero = Double(start)
      end.notes.append("hours and weekdays are shown in UTC" + (zone.map { "; the machine stood in \($0)" } ?? ""))
    }
  }
}
