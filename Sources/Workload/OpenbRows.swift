// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Pods of Alibaba's GPU trace of 2023, "openb" (Weng et al., USENIX ATC 2023): `name,cpu_milli,memory_mib,num_gpu,
/// gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time`, in seconds from an unknown instant.
///
/// A pod asks for `num_gpu x gpu_milli` thousandths of a GPU and runs from `scheduled_time` to `deletion_time`. Pods of
/// every phase but Pending ran, Failed ones too: they count. Pending pods were never placed and are skipped before
/// anything else is asked of them. `gpu_spec` lists models that will do with `|` between them. The list holds the pods
/// that were alive near its end, so its first 100 days are almost empty.
struct OpenbRows: TraceRows {
  let format = TraceFormat.openb
  let clock = TraceClock.relative
  let separator = FieldSeparator.comma
  private(set) var fieldCount = 0
  private let path: String
  private var name = 0
  private var count = 0
  private var share = 0
  private var phase = 0
  private var created = 0
  private var deleted = 0
  private var scheduled = 0
  private var models: Int?
  private var group: Int?
  private var headerIsRead = false
  private var phases: [(name: String, count: Int)] = []
  private var withModels = 0
  private var labels = LabelPool()

  init(path: String) { self.path = path }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if headerIsRead { return false }
    let columns = Columns(record, path: path)
    let all = "name,...,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time"
    name = try columns.require("name", format: format, all: all)
    count = try columns.require("num_gpu", format: format, all: all)
    share = try columns.require("gpu_milli", format: format, all: all)
    phase = try columns.require("pod_phase", format: format, all: all)
    created = try columns.require("creation_time", format: format, all: all)
    deleted = try columns.require("deletion_time", format: format, all: all)
    scheduled = try columns.require("scheduled_time", format: format, all: all)
    models = columns.index(of: "gpu_spec")
    group = columns.index(of: "qos")
    fieldCount = record.count
    headerIsRead = true
    return true
  }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Job> {
    guard let id = record.text(name), !id.isEmpty else { return .skip(.unreadableID) }
    let phase = record.text(phase) ?? ""
    countPhase(phase)
    if phase == "Pending" { return .skip(.neverStarted) }
    guard let submitted = record.ticks(created) else { return .skip(.unreadableSubmit) }
    guard submitted >= 0 else { return .skip(.negativeSubmit) }
    guard let gpus = record.decimal(count, scale: 0), let each = record.decimal(share, scale: 0), gpus >= 0, each >= 0,
      gpus < mostMilliGPUs, each < mostMilliGPUs, gpus * each < mostMilliGPUs
    else { return .skip(.unreadableGPUs) }
    guard gpus * each > 0 else { return .skip(.noGPU) }
    if record.isEmpty(scheduled) { return .skip(.neverStarted) }
    if record.isEmpty(deleted) { return .skip(.stillRunning) }
    guard let began = record.ticks(scheduled), let ended = record.ticks(deleted) else {
      return .skip(.unreadableDuration)
    }
    guard ended > began else { return .skip(.noDuration) }
    guard ended - began < Int128(Time.never.ticks) else { return .skip(.beyondTimeSpan) }
    var job = Job(
      id: id, submit: .zero, milliGPUs: Int64(gpus * each), duration: Time(ticks: Int64(ended - began)))
    let spec = record.label(models)
    if spec != nil { withModels += 1 }
    job.setLabels(labels.shared(group: record.label(group), gpuModels: spec))
    return .keep(job, at: submitted)
  }

  private mutating func countPhase(_ name: String) {
    if let index = phases.firstIndex(where: { $0.name == name }) {
      phases[index].count += 1
    } else if phases.count < 16 {
      phases.append((name, 1))
    }
  }

  func end() -> RowsEnd {
    let list = phases.sorted { $0.name < $1.name }.map { "\($0.name) \($0.count)" }.joined(separator: ", ")
    var notes = [
      "pods by phase: \(list); all but Pending ran, from scheduled_time to deletion_time",
      "the list holds the pods alive near its end: before second 9,400,000 there is almost none",
    ]
    if withModels > 0 {
      notes.append("pods that name the GPU models that will do: \(withModels); placement does not look at it")
    }
    return RowsEnd(notes: notes)
  }
}
