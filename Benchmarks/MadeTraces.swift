// SPDX-License-Identifier: Apache-2.0

import Foundation
import Simulation
import Workload

/// Traces of every format, made here row by row so that each row is a job or a request.
enum MadeTraces {
  static let formats = TraceFormat.readable

  /// Writes `rows` rows; returns what to read: the file, or a folder for PAI's three tables.
  static func write(_ format: TraceFormat, rows: Int, in folder: String) throws -> String {
    if format == .pai {
      let place = folder + "/pai-\(rows)"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      try write("", rows, to: place + "/pai_job_table.csv") { row, random in
        let start = Double(row * 5 + random.below(60))
        return "\(hex(row)),\(hex(row + 1 << 40)),u\(random.below(900)),Terminated,\(start),\(start + 900)\n"
      }
      try write("", rows, to: place + "/pai_task_table.csv") { row, random in
        let start = Double(row * 5 + 60)
        return "\(hex(row)),worker,\(1 + random.below(4)).0,Terminated,\(start),\(start + 800),600.0,29.3,50.0,T4\n"
      }
      try write("", rows, to: place + "/pai_group_tag_table.csv") { row, random in
        "\(hex(row + 1 << 40)),u\(random.below(900)),T4,\(hex(random.below(max(1, rows / 5)))),bert\n"
      }
      return place
    }
    let path = "\(folder)/\(format.rawValue)-\(rows)"
    try write(header(format), rows, to: path) { row, random in line(format, row, &random) }
    return path
  }

  private static func write(
    _ header: String, _ rows: Int, to path: String, line: (Int, inout RandomStream) -> String
  ) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
    else { throw BenchmarkError("cannot write \(path)") }
    defer { try? file.close() }
    var random = RandomStream(seed: 1, name: "made trace")
    var text = header
    for row in 0..<rows {
      text += line(row, &random)
      if text.utf8.count > 1 << 20 {
        try file.write(contentsOf: Data(text.utf8))
        text = ""
      }
    }
    try file.write(contentsOf: Data(text.utf8))
  }

  private static func header(_ format: TraceFormat) -> String {
    switch format {
    case .philly: "timestamp,duration,num_gpus,gpu_time,cluster\n"
    case .phillyJSON: "["
    case .paiSim: "job_id,user,num_inst,num_gpu,num_cpu,submit_time,duration\n"
    case .paiGAIA: "arrival_time,length,cpus\n"
    case .openb:
      "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
    case .helios: "job_id,user,vc,gpu_num,cpu_num,node_num,state,submit_time,start_time,end_time,duration,queue\n"
    case .acme: "job_id,user,node_num,gpu_num,cpu_num,type,state,submit_time,start_time,end_time,duration,queue\n"
    case .swf: "; MaxProcs: 1000\n"
    case .azureLLM: "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    case .burstGPT: "Timestamp,Session ID,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
    case .native: "job_id,submit_s,gpus,duration_s,user\n"
    case .requests: "arrival_s,input_tokens,output_tokens\n"
    case .pai, .mooncake, .auto: ""
    }
  }

  private static func line(_ format: TraceFormat, _ row: Int, _ random: inout RandomStream) -> String {
    let gpus = 1 << random.below(4)
    let seconds = 60 + random.below(100_000)
    let user = "u\(random.below(900))"
    switch format {
    case .philly: return "\(date(row, random.below(3000))),\(seconds).0,\(gpus),1.0,11cb48\n"
    case .phillyJSON:
      let list = (0..<gpus).map { "\"gpu\($0)\"" }.joined(separator: ", ")
      return (row == 0 ? "" : ",\n") + "{\"status\": \"Pass\", \"vc\": \"ee9e8c\", "
        + "\"jobid\": \"application_1506638472019_\(row)\", \"attempts\": [{\"start_time\": \"\(date(row, 60))\", "
        + "\"end_time\": \"\(date(row, 60 + seconds))\", \"detail\": [{\"ip\": \"m47\", \"gpus\": [\(list)]}]}], "
        + "\"submitted_time\": \"\(date(row, 0))\", \"user\": \"\(user)\"}"
    case .paiSim: return "\(row),\(user),1,\(gpus),8,\(row * 5 + random.below(60)),\(seconds)\n"
    case .paiGAIA: return "\(Double(row) / 1000),\(1 + Double(random.below(60)) + 0.408_055_555_5),\(gpus)\n"
    case .openb:
      let start = row * 5 + random.below(60)
      return "openb-pod-\(row),12000,16384,1,\(100 * (1 + random.below(10))),,LS,Running,\(start),\(start + seconds),"
        + "\(start + 3)\n"
    case .helios:
      return "\(row),\(user),vcJkd,\(gpus),8,1,COMPLETED,\(date(row, 0)),\(date(row, 9)),\(date(row, 9 + seconds)),"
        + "\(seconds),9\n"
    case .acme:
      return "\(row),\(user),1,\(gpus),8,Other,FAILED,\(date(row, 0))+08:00,\(date(row, 9))+08:00,"
        + "\(date(row, 9 + seconds))+08:00,\(seconds),9\n"
    case .swf:
      return "\(row) \(row * 5 + random.below(60)) 3 \(seconds) \(gpus) -1 -1 \(gpus) 200000 -1 1 7 3 1 1 1 -1 -1\n"
    case .azureLLM: return "\(date(row, 0)).9799600,\(random.below(8000)),\(gpus)\n"
    case .mooncake:
      let blocks = (0..<13).map { _ in String(random.below(100_000)) }.joined(separator: ", ")
      return
        "{\"timestamp\": \(row * 300), \"input_length\": 6500, \"output_length\": \(gpus), \"hash_ids\": [\(blocks)]}\n"
    case .burstGPT: return "\(row),s\(row / 4),ChatGPT,\(random.below(4000)),\(gpus),1,Conversation log\n"
    case .native: return "job-\(row),\(row * 5 + random.below(3000)),\(gpus),\(seconds),\(user)\n"
    case .requests: return "\(row).25,\(random.below(4000)),\(gpus)\n"
    case .pai, .auto: return ""
    }
  }

  private static func hex(_ number: Int) -> String {
    let text = String(UInt64(bitPattern: Int64(number)) &* 0x9e37_79b9_7f4a_7c15, radix: 16)
    return String(repeating: "0", count: 24 - text.count) + text
  }

  /// An instant 5 s a row after the beginning of 2020.
  private static func date(_ row: Int, _ more: Int) -> String {
    let second = row * 5 + more
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    var day = second / 86_400
    var month = 1
    for length in [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
      if day < length { break }
      day -= length
      month += 1
    }
    return "2020-\(two(month))-\(two(day + 1)) \(two(second / 3600 % 24)):\(two(second / 60 % 60)):\(two(second % 60))"
  }
}
