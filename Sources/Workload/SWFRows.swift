// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Rows of the Standard Workload Format (Feitelson, Parallel Workloads Archive): header comments `; Key: value`, then
/// 18 fields a line, -1 for unknown. Processors become GPUs.
///
/// The filter is that of the published EASY reference for KTH-SP2 (Gaussier et al., SC 2015), in this order: submit
/// < 0 drops the row; if only one of allocated and requested processors is known it stands for both; a row where
/// either exceeds `MaxProcs` (or `MaxNodes`, where that is all there is) is dropped; so is a run time <= 0, then a
/// requested time <= 0. The job uses the requested processors, and its run time is cut at the requested time.
/// One addition: a log in which no usable row has a requested time (NASA iPSC) keeps them all, without estimates.
struct SWFRows: TraceRows {
  static let standardFields = 18
  let format = TraceFormat.swf
  let clock = TraceClock.relative
  let separator = FieldSeparator.blanks
  let fieldCount = standardFields
  private var maxProcessors: Int128?
  private var maxNodes: Int128?
  private var unixStart: String?
  private var capped = 0
  private var withRequest = 0
  private var withoutRequest = 0

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    guard record.bytes.first == UInt8(ascii: ";") else { return false }
    let text = String(decoding: record.bytes.dropFirst(), as: UTF8.self)
    guard let colon = text.firstIndex(of: ":") else { return true }
    let key = text[..<colon].split(separator: " ").joined(separator: " ")
    let value = text[text.index(after: colon)...].split(separator: " ").first.map(String.init) ?? ""
    switch key {
    case "MaxProcs": maxProcessors = Int128(value)
    case "MaxNodes": maxNodes = Int128(value)
    case "UnixStartTime": unixStart = value
    default: break
    }
    return true
  }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome {
    guard let id = record.text(0), record.decimal(0, scale: 0) != nil else { return .skip(.unreadableID) }
    guard let submit = record.ticks(1) else { return .skip(.unreadableSubmit) }
    guard submit >= 0 else { return .skip(.negativeSubmit) }
    guard let allocated = record.decimal(4, scale: 0), let asked = record.decimal(7, scale: 0),
      allocated < mostMilliGPUs / 1000, asked < mostMilliGPUs / 1000
    else { return .skip(.unreadableGPUs) }
    let processors = asked > 0 ? asked : allocated
    guard processors > 0 else { return .skip(.noGPU) }
    if let limit = positive(maxProcessors) ?? positive(maxNodes), max(allocated, asked) > limit {
      return .skip(.tooManyProcessors)
    }
    var duration: Time
    switch record.duration(3) {
    case .failure(let fault): return .skip(fault.reason)
    case .success(let time): duration = time
    }
    guard let request = record.ticks(8), request < Int128(Time.never.ticks) else { return .skip(.unreadableField) }
    var requested: Time?
    if request > 0 {
      withRequest += 1
      let time = Time(ticks: Int64(request))
      requested = time
      if duration > time {
        duration = time
        capped += 1
      }
    } else {
      withoutRequest += 1
    }
    let job = Job(
      id: id, submit: .zero, milliGPUs: Int64(processors) * 1000, duration: duration, requested: requested)
    return .job(TraceRow(job: job, submit: submit, provisional: requested == nil ? .noRequestedTime : nil))
  }

  private func positive(_ value: Int128?) -> Int128? { value.flatMap { $0 > 0 ? $0 : nil } }

  func end() -> RowsEnd {
    var end = RowsEnd(keepsProvisional: withRequest == 0)
    if let limit = positive(maxProcessors) ?? positive(maxNodes) {
      end.notes.append("one processor is read as one GPU; the logged machine had \(limit)")
    } else {
      end.notes.append("one processor is read as one GPU; the header names no MaxProcs, so no row is too large")
    }
    if let unixStart { end.notes.append("second 0 is Unix time \(unixStart)") }
    if capped > 0 { end.notes.append("run times of the file that were cut at the requested time: \(capped)") }
    if withRequest == 0, withoutRequest > 0 {
      end.notes.append("no row has a requested time: all are kept, without the user's estimate")
    }
    return end
  }
}
