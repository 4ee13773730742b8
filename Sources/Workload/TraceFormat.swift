// SPDX-License-Identifier: Apache-2.0

/// The names by which users call the formats of traces.
public enum TraceFormat: String, CaseIterable, Sendable {
  /// The derived CSV of Microsoft's Philly trace: `timestamp,duration,num_gpus,gpu_time,cluster`.
  case philly
  /// Microsoft's Philly trace as published, a JSON list of jobs with their attempts.
  case phillyJSON = "philly-json"
  /// The tables of Alibaba's PAI trace of 2020, joined.
  case pai
  /// Input of Alibaba's PAI simulator: `job_id,user,num_inst,num_gpu,num_cpu,submit_time,duration`.
  case paiSim = "pai-sim"
  /// PAI as prepared by GAIA: `arrival_time,length,cpus`, in hours or in seconds.
  case paiGAIA = "pai-gaia"
  /// Pods of Alibaba's trace of 2023; a list of its nodes is told apart.
  case openb
  /// SenseTime's four clusters of 2020.
  case helios
  /// Seren and Kalos of the Shanghai AI Lab, 2023.
  case acme
  /// The Standard Workload Format of the Parallel Workloads Archive.
  case swf
  /// Requests to an inference service: `TIMESTAMP,ContextTokens,GeneratedTokens`.
  case azureLLM = "azure-llm"
  /// Requests with the blocks of their prompts, JSON lines.
  case mooncake
  /// Requests to ChatGPT and GPT-4.
  case burstGPT = "burstgpt"
  /// Longhaul's own: `job_id,submit_s,gpus,duration_s` and optional columns, CSV or JSON lines.
  case native
  /// Longhaul's own for requests: `arrival_s,input_tokens,output_tokens` and optional columns.
  case requests
  /// Find out from the first line.
  case auto

  /// Formats that can be read.
  public static let readable: [TraceFormat] = allCases.filter { $0 != .auto }

  /// The format called `name`; the error lists the names there are.
  public static func named(_ name: String) throws(TraceError) -> TraceFormat {
    if let format = TraceFormat(rawValue: name) { return format }
    throw TraceError(
      file: "trace format", expected: "one of " + allCases.map(\.rawValue).joined(separator: ", "),
      found: "'\(name)'", advice: "name one of these or a YAML file that maps columns, or leave it to 'auto'")
  }

  /// Recognises a format by its first line that is neither blank nor a comment, or nil.
  static func recognise(_ head: Record) -> TraceFormat? {
    if head.bytes.first == UInt8(ascii: ";") { return .swf }
    if head.bytes.first == UInt8(ascii: "[") { return .phillyJSON }
    if head.bytes.first == UInt8(ascii: "{") { return recogniseObject(head) }
    var line = head
    line.split(at: .comma)
    let names = line.texts
    func has(_ wanted: String...) -> Bool { wanted.allSatisfy { names.contains($0) } }
    if has("timestamp", "duration", "num_gpus") { return .philly }
    if has("job_id", "num_inst", "num_gpu", "submit_time", "duration") { return .paiSim }
    if has("job_id", "submit_s", "gpus", "duration_s") { return .native }
    if has("arrival_s", "input_tokens", "output_tokens") { return .requests }
    if has("num_gpu", "gpu_milli", "creation_time") || Inventory.recognise(names) == .openbNodes { return .openb }
    if Inventory.recognise(names) == .heliosGPUs { return .helios }
    if Inventory.recognise(names) == .acmeSummary { return .acme }
    if has("gpu_num", "vc", "submit_time") { return .helios }
    if has("gpu_num", "node_num", "type", "submit_time") { return .acme }
    if has("arrival_time", "length", "cpus") { return .paiGAIA }
    if has("TIMESTAMP", "ContextTokens", "GeneratedTokens") { return .azureLLM }
    if has("Timestamp", "Request tokens", "Response tokens") { return .burstGPT }
    if PAITable.recognise(line) != nil { return .pai }
    line.split(at: .blanks)
    if line.count >= SWFRows.standardFields,
      (0..<SWFRows.standardFields).allSatisfy({ line.decimal($0, scale: 0) != nil })
    {
      return .swf
    }
    return nil
  }

  private static func recogniseObject(_ head: Record) -> TraceFormat? {
    var keys: [String] = []
    var cursor = JSONCursor(head.bytes)
    _ = cursor.members { cursor, key in
      keys.append(cursor.text(key) ?? "")
      return cursor.value() != nil
    }
    func has(_ wanted: String...) -> Bool { wanted.allSatisfy { keys.contains($0) } }
    if has("timestamp", "input_length", "output_length") { return .mooncake }
    if has("submit_s", "gpus", "duration_s") { return .native }
    if has("arrival_s", "input_tokens", "output_tokens") { return .requests }
    if has("jobid", "attempts") { return .phillyJSON }
    return nil
  }
}
