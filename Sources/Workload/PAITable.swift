// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The tables of Alibaba's PAI trace of 2020. Their files have no header; the names of the columns lie beside them in
/// `.header` files.
enum PAITable: String, CaseIterable {
  case job = "pai_job_table"
  case task = "pai_task_table"
  case instance = "pai_instance_table"
  case group = "pai_group_tag_table"
  case machine = "pai_machine_spec"
  case metric = "pai_machine_metric"
  case sensor = "pai_sensor_table"

  private static let statuses = ["Terminated", "Failed", "Running", "Waiting", "Interrupted", "Ready"]

  /// The table that a line belongs to, by its columns' names or, without, by where the status stands.
  static func recognise(_ line: Record) -> PAITable? {
    let texts = line.texts
    switch texts {
    case ["job_name", "inst_id", "user", "status", "start_time", "end_time"]: return .job
    case ["inst_id", "user", "gpu_type_spec", "group", "workload"]: return .group
    case ["machine", "gpu_type", "cap_cpu", "cap_mem", "cap_gpu"]: return .machine
    default: break
    }
    if texts.first == "job_name" {
      if texts.contains("plan_gpu") { return .task }
      if texts.contains("gpu_wrk_util") { return .sensor }
      if texts.contains("inst_name") { return .instance }
    }
    if texts.first == "worker_name", texts.contains("machine_cpu_iowait") { return .metric }
    if texts.count == 6, statuses.contains(texts[3]) { return .job }
    if texts.count == 10, statuses.contains(texts[3]) { return .task }
    if texts.count == 9, statuses.contains(texts[5]) { return .instance }
    return nil
  }

  /// The file of this table in a folder, packed or not; nil if there is none.
  func file(in folder: String) -> String? {
    for ending in [".csv", ".csv.gz", ".csv.xz", ".tar.gz", ".tar.xz", ""] {
      let path = "\(folder)/\(rawValue)\(ending)"
      if access(path, R_OK) == 0 { return path }
    }
    return nil
  }
}
