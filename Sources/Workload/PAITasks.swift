// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What the tasks of PAI's jobs ask for and when they ran, by the job's name.
///
/// A million names take more memory than what is to be known of them, so a job is found by 80 bits of hashes of its
/// name; the chance that any two of a million share them is 1 in 10^12. Times are kept in units of 10 ms (the trace
/// counts whole seconds), GPUs in thousandths. 24 bytes a task.
struct PAITasks {
  struct Entry: NamedByHash {
    var hash: UInt64
    var start: UInt32
    var end: UInt32
    var milliGPUs: UInt32
    var second: UInt16
    /// Index in `models`, or 255.
    var model: UInt8

    /// Ticks on the trace's clock; nil where unknown.
    var startTicks: Int128? { start == .max ? nil : Int128(start) * unit }
    var endTicks: Int128? { end == 0 ? nil : Int128(end) * unit }
    private var unit: Int128 { Int128(Time.ticksPerSecond / 100) }
  }

  private var entries: [Entry] = []
  private(set) var models = [String]()
  private(set) var rows = 0
  private(set) var damaged = 0

  /// Reads the table of tasks.
  init(_ input: inout TraceInput) throws(TraceError) {
    var record = Record()
    while try input.next(&record, .lines) {
      if record.isBlank { continue }
      record.split(at: .comma)
      if rows == 0, record.texts.first == "job_name" { continue }
      rows += 1
      if let entry = entry(record) { entries.append(entry) } else { damaged += 1 }
    }
    entries.sort { ($0.hash, $0.second) < ($1.hash, $1.second) }
    merge()
  }

  /// `job_name,task_name,inst_num,status,start_time,end_time,plan_cpu,plan_mem,plan_gpu,gpu_type`; nil if unreadable.
  private mutating func entry(_ record: Record) -> Entry? {
    guard record.count == 10, !record.isEmpty(0) else { return nil }
    var milliGPUs: Int128 = 0
    // An empty plan is a task without GPUs. Per cent: 50 is half a GPU, 500 thousandths.
    if !record.isEmpty(8), !record.isEmpty(2) {
      guard let plan = record.decimal(8, scale: 1), let count = record.decimal(2, scale: 0), plan >= 0, count >= 0,
        plan < mostMilliGPUs, count < mostMilliGPUs, plan * count < mostMilliGPUs
      else { return nil }
      milliGPUs = plan * count
    }
    func time(_ field: Int, _ unknown: UInt32) -> UInt32? {
      if record.isEmpty(field) { return unknown }
      return record.decimal(field, scale: 2).flatMap { UInt32(exactly: $0) }
    }
    guard let start = time(4, .max), let end = time(5, 0), let gpus = UInt32(exactly: milliGPUs) else { return nil }
    let name = record.slice(0)
    return Entry(
      hash: IdentityHash.of(name), start: start, end: end, milliGPUs: gpus, second: IdentityHash.second(name),
      model: model(record.label(9)))
  }

  private mutating func model(_ name: String?) -> UInt8 {
    guard let name, name != "CPU" else { return 255 }
    if let index = models.firstIndex(of: name) { return UInt8(index) }
    guard models.count < 255 else { return 255 }
    models.append(name)
    return UInt8(models.count - 1)
  }

  /// Makes one entry of the tasks of each job. Tasks without GPUs count for nothing.
  private mutating func merge() {
    var write = 0
    for entry in entries {
      if write > 0, entries[write - 1].hash == entry.hash, entries[write - 1].second == entry.second {
        var whole = entries[write - 1]
        if entry.milliGPUs > 0 {
          if whole.milliGPUs == 0 { (whole.start, whole.end, whole.model) = (.max, 0, entry.model) }
          let (sum, overflow) = whole.milliGPUs.addingReportingOverflow(entry.milliGPUs)
          whole.milliGPUs = overflow ? .max : sum
          whole.start = min(whole.start, entry.start)
          whole.end = max(whole.end, entry.end)
        }
        entries[write - 1] = whole
      } else {
        entries[write] = entry
        write += 1
      }
    }
    entries.removeLast(entries.count - write)
  }

  func find(_ name: ArraySlice<UInt8>) -> Entry? { entries.find(name) }
}
