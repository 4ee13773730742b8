// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What a file turned out to hold.
public enum TraceContents: Sendable {
  case jobs(Trace)
  case requests(RequestTrace)
  case inventory(Inventory)

  public var account: TraceAccount {
    switch self {
    case .jobs(let trace): trace.account
    case .requests(let trace): trace.account
    case .inventory(let table): table.account
    }
  }
}

/// Reads traces of every format, a record at a time, and accounts for every row.
///
/// Files may be packed as gzip, xz or tar. A row that cannot be used is skipped under a named reason. A file that is
/// missing, empty, damaged in its packing, no text, without the header of its format, with a line of more than a MiB,
/// or without a single job in the window is an error that names the file and, where there is one, the line.
public enum TraceReader {
  /// The jobs of a trace. `path` may be a folder that holds a trace of several files (Helios, PAI).
  ///
  /// - Parameters:
  ///   - columns: what the columns of a CSV mean that has no format of its own; takes the place of `format`.
  ///   - progress: is told now and then which share of the files' bytes has been read.
  public static func read(
    path: String, format: TraceFormat = .auto, window: TraceWindow = TraceWindow(), columns: ColumnMapping? = nil,
    progress: ((Double) -> Void)? = nil
  ) throws(TraceError) -> Trace {
    switch try contents(path: path, format: format, window: window, columns: columns, progress: progress) {
    case .jobs(let trace): return trace
    case .inventory(let table): throw table.refusal
    case .requests(let trace):
      throw TraceError(
        file: path, expected: "a trace of jobs", found: "a stream of requests (\(trace.account.format))",
        advice: "requests have no GPUs and no run time of their own: let a workload 'inference: FILE' serve them")
    }
  }

  /// The requests of a stream.
  public static func readRequests(
    path: String, format: TraceFormat = .auto, window: TraceWindow = TraceWindow()
  ) throws(TraceError) -> RequestTrace {
    switch try contents(path: path, format: format, window: window) {
    case .requests(let trace): return trace
    case .inventory(let table): throw table.refusal
    case .jobs(let trace):
      throw TraceError(
        file: path, expected: "a stream of requests", found: "a trace of jobs (\(trace.account.format))",
        advice: "name a file of azure-llm, mooncake, burstgpt or requests here")
    }
  }

  /// Whatever the file holds.
  public static func contents(
    path: String, format: TraceFormat = .auto, window: TraceWindow = TraceWindow(), columns: ColumnMapping? = nil,
    progress: ((Double) -> Void)? = nil
  ) throws(TraceError) -> TraceContents {
    let files = try TraceFile.resolve(path)
    let meter = progress.map { ReadingMeter($0) }
    for file in files { meter?.expect(file.path) }
    let input = try TraceInput(path: files[0].path, meter: meter)
    return try contents(path, files, input, format, window, columns)
  }

  /// Whatever `bytes` hold, as if they were a file called `name`. Formats of several files cannot be read so.
  public static func contents(
    bytes: [UInt8], name: String, format: TraceFormat = .auto, window: TraceWindow = TraceWindow(),
    columns: ColumnMapping? = nil
  ) throws(TraceError) -> TraceContents {
    let source = try TraceSource.unpacked(MemorySource(bytes), path: name)
    let input = try TraceInput(path: name, source: source)
    return try contents(name, [TraceFile(path: name, name: "")], input, format, window, columns)
  }

  private static func contents(
    _ path: String, _ files: [TraceFile], _ first: consuming TraceInput, _ format: TraceFormat, _ window: TraceWindow,
    _ columns: ColumnMapping?
  ) throws(TraceError) -> TraceContents {
    var input = first
    if let columns {
      return .jobs(try jobs(path, files, &input, window, MappedRows(path: path, mapping: columns)))
    }
    let head = input.head(1).first ?? Record()
    let format = format == .auto ? try recognise(head, path: path) : format
    let isJSON = head.bytes.first == UInt8(ascii: "{")
    func requests(_ rows: some RequestRows) throws(TraceError) -> TraceContents {
      .requests(try self.requests(path, files, &input, window, rows))
    }
    switch format {
    case .azureLLM: return try requests(AzureRows(path: path))
    case .mooncake: return try requests(MooncakeRows())
    case .burstGPT: return try requests(BurstGPTRows(path: path))
    case .requests: return try requests(OwnRequestRows(path: path, isJSON: isJSON))
    default: break
    }
    var named = head
    named.split(at: .comma)
    if let kind = Inventory.recognise(named.texts) { return .inventory(try Inventory.read(kind, &input)) }
    if format == .pai { return .jobs(try pai(path, named, &input, window)) }
    let rows = try rows(of: format, path: path, input: input, isJSON: isJSON, several: files.count > 1)
    return .jobs(try jobs(path, files, &input, window, rows))
  }

  private static func recognise(_ head: Record, path: String) throws(TraceError) -> TraceFormat {
    if let found = TraceFormat.recognise(head) { return found }
    let start = String(decoding: head.bytes.prefix(120), as: UTF8.self)
    throw TraceError(
      file: path, line: max(1, head.line),
      expected: "the first line of one of " + TraceFormat.readable.map(\.rawValue).joined(separator: ", "),
      found: "'\(start)'",
      advice: "name the format, or a YAML file that says what the columns mean, or give the file the header "
        + "job_id,submit_s,gpus,duration_s of 'native'")
  }

  private static func rows(
    of format: TraceFormat, path: String, input: TraceInput, isJSON: Bool, several: Bool
  ) throws(TraceError) -> any TraceRows<Job> {
    switch format {
    case .philly: PhillyRows(path: path)
    case .phillyJSON: PhillyJSONRows()
    case .paiSim: PAISimRows(path: path)
    case .paiGAIA: try GAIARows(path: path, head: input.head(.max))
    case .openb: OpenbRows(path: path)
    case .helios, .acme: SlurmRows(format: format, path: path, several: several)
    case .swf: SWFRows()
    default: NativeRows(path: path, isJSON: isJSON)
    }
  }

  /// The tables of jobs and of tasks lie in one folder; either may be named. That of group tags is read if it is there.
  private static func pai(
    _ path: String, _ head: Record, _ input: inout TraceInput, _ window: TraceWindow
  ) throws(TraceError) -> Trace {
    let table = PAITable.recognise(head)
    guard table == .job || table == .task else {
      throw TraceError(
        file: input.path, line: 1, expected: "PAI's table of jobs or of tasks",
        found: table.map { "its \($0.rawValue)" } ?? "a line of another shape",
        advice: "name the folder of the tables, or \(PAITable.job.rawValue).csv in it")
    }
    let other: PAITable = table == .job ? .task : .job
    let folder = TraceFile.folder(of: input.path)
    guard let beside = other.file(in: folder) else {
      throw TraceError(
        file: input.path, expected: "\(other.rawValue).csv beside it, or packed as .csv.gz or .tar.gz",
        found: "no such file in \(folder)", advice: "fetch it too: longhaul trace fetch pai")
    }
    input.meter?.expect(beside)
    var second = try TraceInput(path: beside, meter: input.meter)
    if table == .task { swap(&input, &second) }
    guard let tags = PAITable.group.file(in: folder) else {
      return try pai(path, jobs: &input, tasks: &second, window)
    }
    input.meter?.expect(tags)
    var third = try TraceInput(path: tags, meter: input.meter)
    let groups = try PAIGroups(&third)
    return try pai(path, jobs: &input, tasks: &second, window, groups: groups, more: [third])
  }

  /// The jobs of PAI from its two tables in memory.
  public static func readPAI(
    jobs: [UInt8], tasks: [UInt8], window: TraceWindow = TraceWindow()
  ) throws(TraceError) -> Trace {
    func input(_ bytes: [UInt8], _ table: PAITable) throws(TraceError) -> TraceInput {
      let source = try TraceSource.unpacked(MemorySource(bytes), path: table.rawValue)
      return try TraceInput(path: table.rawValue, source: source)
    }
    var first = try input(jobs, .job)
    var second = try input(tasks, .task)
    return try pai("pai", jobs: &first, tasks: &second, window)
  }

  private static func pai(
    _ path: String, jobs: inout TraceInput, tasks: inout TraceInput, _ window: TraceWindow,
    groups: PAIGroups? = nil, more: [TraceInput] = []
  ) throws(TraceError) -> Trace {
    let rows = PAIRows(tasks: try PAITasks(&tasks), groups: groups)
    var collector = try TraceCollector(path: path, window: window, rows: rows)
    try collector.collect(&jobs, file: TraceFile(path: jobs.path, name: ""))
    func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
    var digests = [(try jobs.digest(), name(jobs.path)), (try tasks.digest(), name(tasks.path))]
    for var input in more { digests.append((try input.digest(), name(input.path))) }
    let sha256 = combined(digests)
    let (items, account) = try collector.finish(sha256: sha256)
    return Trace(jobs: items, account: account)
  }

  private static func jobs(
    _ path: String, _ files: [TraceFile], _ input: inout TraceInput, _ window: TraceWindow,
    _ rows: any TraceRows<Job>
  ) throws(TraceError) -> Trace {
    var collector = try TraceCollector(path: path, window: window, rows: rows)
    let sha256 = try collect(&collector, path, files, &input)
    let (items, account) = try collector.finish(sha256: sha256)
    var trace = Trace(jobs: items, account: account)
    trace.account.synthetic = items.contains { $0.id.hasPrefix(TraceSynthesis.idPrefix) }
    return trace
  }

  private static func requests<Rows: RequestRows>(
    _ path: String, _ files: [TraceFile], _ input: inout TraceInput, _ window: TraceWindow, _ rows: Rows
  ) throws(TraceError) -> RequestTrace {
    var collector = try TraceCollector<Request>(path: path, window: window, rows: rows)
    let sha256 = try collect(&collector, path, files, &input)
    let read = collector.rows as? Rows ?? rows
    let (items, account) = try collector.finish(sha256: sha256)
    return RequestTrace(
      requests: items, models: read.models, sessions: read.sessionCount, blockTokens: read.blockTokens,
      account: account)
  }

  private static func collect<Item>(
    _ collector: inout TraceCollector<Item>, _ path: String, _ files: [TraceFile], _ input: inout TraceInput
  ) throws(TraceError) -> String {
    var digests: [(String, String)] = []
    for (index, file) in files.enumerated() {
      if index > 0 { input = try TraceInput(path: file.path, meter: input.meter) }
      try collector.collect(&input, file: file)
      let name = file.path.hasPrefix(path + "/") ? String(file.path.dropFirst(path.count + 1)) : file.path
      digests.append((try input.digest(), name))
    }
    return digests.count == 1 ? digests[0].0 : combined(digests)
  }

  private static func combined(_ digests: [(hash: String, name: String)]) -> String {
    SHA256.hex(hashing: digests.flatMap { Array("\($0.hash)  \($0.name)\n".utf8) })
  }
}
