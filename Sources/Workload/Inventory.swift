// SPDX-License-Identifier: Apache-2.0

/// A table that comes with a trace and describes machines, or the trace as a whole: it holds no jobs, and its account
/// says so of every row.
public struct Inventory: Sendable {
  public enum Kind: String, Sendable {
    /// Nodes of Alibaba's openb: `sn,cpu_milli,memory_mib,gpu,model`.
    case openbNodes = "openb-nodes"
    /// GPUs of each virtual cluster of a Helios cluster, day by day: `date,vc...,total`.
    case heliosGPUs = "helios-gpus"
    /// Figures of whole traces, published with Acme.
    case acmeSummary = "acme-summary"
  }

  /// A model of GPU, a virtual cluster, or a trace.
  public struct Entry: Equatable, Sendable {
    public var name: String
    /// Machines, or nil where the table does not count them.
    public var machines: Int?
    public var gpus: Int?
    public var jobs: Int?
  }

  public var kind: Kind
  /// Sorted by name.
  public var entries: [Entry]
  public var account: TraceAccount

  /// By the names of its columns, or nil.
  static func recognise(_ names: [String]) -> Kind? {
    func has(_ wanted: String...) -> Bool { wanted.allSatisfy { names.contains($0) } }
    if has("sn", "gpu", "model") { return .openbNodes }
    if names.first == "date", names.last == "total", names.dropFirst().first?.hasPrefix("vc") == true {
      return .heliosGPUs
    }
    if has("id", "job_num", "gpu_job_num", "avg_run_time_gpu") { return .acmeSummary }
    return nil
  }

  static func read(_ kind: Kind, _ input: inout TraceInput) throws(TraceError) -> Inventory {
    var table: [String: Entry] = [:]
    var account = TraceAccount(format: kind.rawValue, path: input.path, sha256: "", rows: 0, jobs: 0)
    var record = Record()
    var names: [String] = []
    var days = 0
    var skips: [SkipReason: (count: Int, line: Int)] = [:]
    while try input.next(&record, .lines) {
      if record.isBlank { continue }
      record.split(at: .comma)
      if names.isEmpty {
        names = record.texts
        continue
      }
      account.rows += 1
      var reason = SkipReason.notAJob
      if record.count < names.count {
        reason = record.isTerminated ? .tooFewFields : .tornLastLine
      } else if record.count > names.count {
        reason = .tooManyFields
      }
      skips[reason] = ((skips[reason]?.count ?? 0) + 1, skips[reason]?.line ?? record.line)
      guard reason == .notAJob, table.count < 100_000 else { continue }
      days += 1
      add(record, names, kind, &table)
    }
    account.skipped = SkipReason.allCases.compactMap { reason in
      skips[reason].map { TraceSkip(reason: reason, count: $0.count, firstLine: $0.line) }
    }
    account.sha256 = try input.digest()
    guard days > 0 else {
      throw TraceError(
        file: input.path, line: 1, expected: "rows behind the header", found: "none", advice: "fetch the file again")
    }
    switch kind {
    case .openbNodes: account.notes = ["a list of nodes: its pods are in openb_pod_list_default.csv"]
    case .heliosGPUs:
      account.notes = ["GPUs of each virtual cluster on the last day of \(days); the jobs are in cluster_log.csv"]
    case .acmeSummary: account.notes = ["figures of whole traces; the jobs are in trace_seren.csv and trace_kalos.csv"]
    }
    return Inventory(kind: kind, entries: table.values.sorted { $0.name < $1.name }, account: account)
  }

  private static func add(_ record: Record, _ names: [String], _ kind: Kind, _ table: inout [String: Entry]) {
    func count(_ field: Int) -> Int? { record.decimal(field, scale: 0).flatMap { Int(exactly: $0) } }
    func column(_ name: String) -> Int { names.firstIndex(of: name) ?? 0 }
    switch kind {
    case .openbNodes:
      let model = record.label(column("model")) ?? "no GPU"
      var entry = table[model] ?? Entry(name: model, machines: 0, gpus: 0)
      entry.machines = (entry.machines ?? 0) + 1
      entry.gpus = (entry.gpus ?? 0).addingReportingOverflow(count(column("gpu")) ?? 0).partialValue
      table[model] = entry
    case .heliosGPUs:
      for field in 1..<names.count { table[names[field]] = Entry(name: names[field], gpus: count(field)) }
    case .acmeSummary:
      let name = record.label(column("id")) ?? "?"
      table[name] = Entry(name: name, jobs: count(column("job_num")))
    }
  }

  /// What a reader of jobs says of it.
  public var refusal: TraceError {
    TraceError(
      file: account.path, line: 1, expected: "a trace of jobs", found: "\(account.rows) rows of \(kind.rawValue)",
      advice: account.notes.first ?? "name the trace that it belongs to")
  }
}
