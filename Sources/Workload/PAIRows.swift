// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Jobs of Alibaba's PAI trace of 2020 (Weng et al., NSDI 2022), its table of jobs joined with that of tasks.
///
/// A job is submitted at its own `start_time`. It asks for the GPUs of all its tasks at once, `inst_num x plan_gpu` per
/// cent each, and runs from the first start to the last end of the tasks with GPUs (of the job itself where those are
/// missing). `Terminated` is success and `Failed` jobs count for the time that they ran; `Waiting` never ran, and a job
/// without an end still ran. The seconds have a constant taken off and keep hour and weekday at UTC+8, so a year has
/// no meaning. The models of GPUs are those that the tasks were given, or those asked for where the table of group tags
/// lies beside the others and names them; that table also gives jobs their group.
struct PAIRows: TraceRows {
  let format = TraceFormat.pai
  let clock = TraceClock.relative
  let separator = FieldSeparator.comma
  let fieldCount = 6
  private let tasks: PAITasks
  private let groups: PAIGroups?
  private var grouped = 0
  private var workloads: [String: Int] = [:]
  private var withoutTasks = 0
  private var failed = 0
  private var labels = LabelPool()

  init(tasks: PAITasks, groups: PAIGroups?) {
    self.tasks = tasks
    self.groups = groups
  }

  mutating func header(_ record: Record) throws(TraceError) -> Bool { record.texts.first == "job_name" }

  /// `job_name,inst_id,user,status,start_time,end_time`.
  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Job> {
    guard let name = record.text(0), !name.isEmpty else { return .skip(.unreadableID) }
    let status = record.text(3) ?? ""
    if status == "Waiting" || record.isEmpty(4) { return .skip(.neverStarted) }
    guard let submitted = record.ticks(4) else { return .skip(.unreadableSubmit) }
    guard submitted >= 0 else { return .skip(.negativeSubmit) }
    guard let tasks = tasks.find(record.slice(0)) else {
      withoutTasks += 1
      return .skip(.noGPU)
    }
    guard tasks.milliGPUs > 0 else { return .skip(.noGPU) }
    guard status != "Running", !record.isEmpty(5) else { return .skip(.stillRunning) }
    guard let ended = record.ticks(5) else { return .skip(.unreadableDuration) }
    let start = tasks.startTicks ?? submitted
    let end = tasks.endTicks ?? ended
    guard end > start else { return .skip(.noDuration) }
    guard end - start < Int128(Time.never.ticks) else { return .skip(.beyondTimeSpan) }
    if status == "Failed" { failed += 1 }
    var job = Job(id: name, submit: .zero, milliGPUs: Int64(tasks.milliGPUs), duration: Time(ticks: Int64(end - start)))
    var models = tasks.model == 255 ? nil : self.tasks.models[Int(tasks.model)]
    var group: String?
    if let groups, let tags = groups.find(record.slice(1)) {
      group = groups.group(of: tags)
      models = groups.model(of: tags) ?? models
      grouped += 1
      if let workload = groups.workload(of: tags) { workloads[workload, default: 0] += 1 }
    }
    job.setLabels(labels.shared(user: record.label(2), group: group, gpuModels: models))
    return .keep(job, at: submitted)
  }

  func end() -> RowsEnd {
    var notes = [
      "GPUs are those of all tasks of a job, plan_gpu in per cent; jobs that failed, kept: \(failed)",
      "hours and weekdays are those of UTC+8; the date means nothing",
    ]
    if withoutTasks > 0 { notes.append("jobs without a row in the table of tasks, skipped as no-gpu: \(withoutTasks)") }
    if tasks.damaged > 0 {
      notes.append("rows of \(tasks.rows) in the table of tasks that cannot be read: \(tasks.damaged)")
    }
    if let groups {
      notes.append("jobs with a group tag: \(grouped); rows of \(groups.rows) that cannot be read: \(groups.damaged)")
      if !workloads.isEmpty {
        let list = workloads.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(8)
        notes.append(
          "workloads named by the tags, most frequent first: "
            + list.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
      }
    }
    return RowsEnd(notes: notes, relativeClockAtZero: 8 * 3600)
  }
}
