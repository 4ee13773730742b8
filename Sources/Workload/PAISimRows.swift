// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Rows of the CSV that Alibaba's PAI simulator reads: `job_id,user,num_inst,num_gpu,num_cpu,submit_time,duration`,
/// in any order, with `gpu_type` and others in the files that come with it. A job asks for `num_inst x num_gpu` GPUs.
///
/// **Unit of num_gpu.** The trace's own tables count in per cent of a GPU (50 = half of one); the simulator's loader
/// expects whole GPUs (it multiplies by 100 itself), and lists prepared from other traces hold whole GPUs. The rule:
/// per cent if the header has `gpu_type` (so it comes from PAI) *and* some instance asks for more than 8, the GPUs
/// of PAI's largest machine; else whole GPUs. The account says which.
struct PAISimRows: TraceRows {
  let format = TraceFormat.paiSim
  let clock = TraceClock.relative
  let separator = FieldSeparator.comma
  private(set) var fieldCount = 0
  private let path: String
  private var id = 0
  private var instances = 0
  private var gpus = 0
  private var submit = 0
  private var duration = 0
  private var user: Int?
  private var gpuType: Int?
  private var hasGPUType: Bool { gpuType != nil }
  private var labels = LabelPool()
  private var mostPerInstance: Int128 = 0
  private var headerIsRead = false

  init(path: String) { self.path = path }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if headerIsRead { return false }
    let columns = Columns(record, path: path)
    let all = "job_id,user,num_inst,num_gpu,num_cpu,submit_time,duration"
    id = try columns.require("job_id", format: format, all: all)
    instances = try columns.require("num_inst", format: format, all: all)
    gpus = try columns.require("num_gpu", format: format, all: all)
    submit = try columns.require("submit_time", format: format, all: all)
    duration = try columns.require("duration", format: format, all: all)
    user = columns.index(of: "user")
    gpuType = columns.index(of: "gpu_type")
    fieldCount = record.count
    headerIsRead = true
    return true
  }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Job> {
    guard let name = record.text(id), !name.isEmpty else { return .skip(.unreadableID) }
    guard let submitted = record.ticks(submit) else { return .skip(.unreadableSubmit) }
    guard submitted >= 0 else { return .skip(.negativeSubmit) }
    guard let each = record.decimal(gpus, scale: 3), let count = record.decimal(instances, scale: 0),
      each < mostMilliGPUs, count < mostMilliGPUs, each > -mostMilliGPUs, count > -mostMilliGPUs,
      each * count < mostMilliGPUs
    else { return .skip(.unreadableGPUs) }
    mostPerInstance = max(mostPerInstance, each)
    guard each > 0, count > 0 else { return .skip(.noGPU) }
    switch record.duration(duration) {
    case .failure(let fault): return .skip(fault.reason)
    case .success(let time):
      var job = Job(id: name, submit: .zero, milliGPUs: Int64(each * count), duration: time)
      job.setLabels(labels.shared(user: record.label(user), gpuModels: record.label(gpuType)))
      return .keep(job, at: submitted)
    }
  }

  func end() -> RowsEnd {
    var end = RowsEnd()
    if hasGPUType, mostPerInstance > 8000 {
      end.milliGPUDivisor = 100
      end.notes.append(
        "num_gpu read as per cent of a GPU: the header has gpu_type and an instance asks for more than 8")
    } else {
      end.notes.append(
        hasGPUType
          ? "num_gpu read as GPUs: the header has gpu_type, but no instance asks for more than 8"
          : "num_gpu read as GPUs: the header has no gpu_type, so the list is not in PAI's per cent")
    }
    return end
  }
}
