// SPDX-License-Identifier: Apache-2.0

/// The names by which users call the formats of job traces.
public enum TraceFormat: String, CaseIterable, Sendable {
  /// The derived CSV of Microsoft's Philly trace: `timestamp,duration,num_gpus,gpu_time,cluster`.
  case philly
  case phillyJSON = "philly-json"
  case pai
  /// Input of Alibaba's PAI simulator: `job_id,user,num_inst,num_gpu,num_cpu,submit_time,duration`.
  case paiSim = "pai-sim"
  case paiGAIA = "pai-gaia"
  case openb
  case helios
  case acme
  /// The Standard Workload Format of the Parallel Workloads Archive.
  case swf
  case azureLLM = "azure-llm"
  case mooncake
  case burstGPT = "burstgpt"
  /// Longhaul's own: `job_id,submit_s,gpus,duration_s` and optional columns.
  case native
  /// Find out from the first line.
  case auto

  /// Formats that this version reads.
  public static let readable: [TraceFormat] = [.philly, .paiSim, .swf, .native]

  /// Whether this version reads it (`auto` stands for those that it does).
  public var isReadable: Bool { self == .auto || TraceFormat.readable.contains(self) }

  /// The format called `name`; the error lists the names there are.
  public static func named(_ name: String) throws(TraceError) -> TraceFormat {
    if let format = TraceFormat(rawValue: name) { return format }
    throw TraceError(
      file: "trace format", expected: "one of " + allCases.map(\.rawValue).joined(separator: ", "),
      found: "'\(name)'", advice: "name one of these, or leave it to 'auto'")
  }

  /// Recognises a format by its first line that is not blank, or nil. Formats that cannot be read yet are
  /// recognised too, so that the error can name them.
  static func recognise(_ head: Record) -> TraceFormat? {
    var line = head
    if line.bytes.first == UInt8(ascii: ";") { return .swf }
    if line.bytes.first == UInt8(ascii: "[") { return .phillyJSON }
    line.split(at: .comma)
    let names = line.texts
    func has(_ wanted: String...) -> Bool { wanted.allSatisfy { names.contains($0) } }
    if has("timestamp", "duration", "num_gpus") { return .philly }
    if has("job_id", "num_inst", "num_gpu", "submit_time", "duration") { return .paiSim }
    if has("job_id", "submit_s", "gpus", "duration_s") { return .native }
    if has("num_gpu", "gpu_milli", "creation_time") { return .openb }
    if has("gpu_num", "vc", "submit_time") { return .helios }
    if has("gpu_num", "node_num", "type", "submit_time") { return .acme }
    if has("arrival_time", "length", "cpus") { return .paiGAIA }
    line.split(at: .blanks)
    if line.count == SWFRows.standardFields, (0..<line.count).allSatisfy({ line.decimal($0, scale: 0) != nil }) {
      return .swf
    }
    return nil
  }
}
