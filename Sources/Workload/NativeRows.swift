// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Rows of Longhaul's own CSV: `job_id,submit_s,gpus,duration_s` and, optional,
/// `user,pin,model,data_home,deadline_s,splittable,requested_s,group,gpu_models,parallelism`, in any order; or JSON lines with these
/// keys. `gpus` may have three decimals. `deadline_s` counts from the same instant as `submit_s`. An empty optional
/// field is unknown; other columns are ignored and named in the account, other keys of JSON are ignored. Lines that
/// begin with `#` are comments.
struct NativeRows: TraceRows {
  let format = TraceFormat.native
  let clock = TraceClock.relative
  let separator: FieldSeparator
  private(set) var fieldCount = 0
  private let path: String
  private var id = 0
  private var submit = 0
  private var gpus = 0
  private var duration = 0
  private var pin: Int?
  private var model: Int?
  private var dataHome: Int?
  private var deadline: Int?
  private var splittable: Int?
  private var requested: Int?
  private var user: Int?
  private var group: Int?
  private var gpuModels: Int?
  private var parallelism: Int?
  /// What has been read in that column, by its text.
  private var methods: [String: Parallelism] = [:]
  private var ignored: [String] = []
  private var headerIsRead = false
  private var labels = LabelPool()

  init(path: String, isJSON: Bool = false) {
    self.path = path
    separator = isJSON ? .json(NativeRows.known) : .comma
    if isJSON {
      headerIsRead = true
      fieldCount = NativeRows.known.count
      place(NativeRows.known)
    }
  }

  private mutating func place(_ names: [String]) {
    func index(_ name: String) -> Int? { names.firstIndex(of: name) }
    id = index("job_id") ?? 0
    submit = index("submit_s") ?? 0
    gpus = index("gpus") ?? 0
    duration = index("duration_s") ?? 0
    pin = index("pin")
    model = index("model")
    dataHome = index("data_home")
    deadline = index("deadline_s")
    splittable = index("splittable")
    requested = index("requested_s")
    user = index("user")
    group = index("group")
    gpuModels = index("gpu_models")
    parallelism = index("parallelism")
  }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if record.bytes.first == UInt8(ascii: "#") { return true }
    if headerIsRead { return false }
    let columns = Columns(record, path: path)
    let all = "job_id,submit_s,gpus,duration_s"
    for name in ["job_id", "submit_s", "gpus", "duration_s"] {
      _ = try columns.require(name, format: format, all: all)
    }
    place(columns.names)
    ignored = columns.names.filter { !NativeRows.known.contains($0) && !$0.isEmpty }
    fieldCount = record.count
    headerIsRead = true
    return true
  }

  private static let known = [
    "job_id", "submit_s", "gpus", "duration_s", "user", "pin", "model", "data_home", "deadline_s", "splittable",
    "requested_s", "group", "gpu_models", "parallelism",
  ]

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Job> {
    guard let name = record.text(id), !name.isEmpty else { return .skip(.unreadableID) }
    guard let submitted = record.ticks(submit) else { return .skip(.unreadableSubmit) }
    guard submitted >= 0 else { return .skip(.negativeSubmit) }
    guard let milliGPUs = record.decimal(gpus, scale: 3), milliGPUs < mostMilliGPUs else {
      return .skip(.unreadableGPUs)
    }
    guard milliGPUs > 0 else { return .skip(.noGPU) }
    var job = Job(id: name, submit: .zero, milliGPUs: Int64(milliGPUs), duration: .zero)
    switch record.duration(duration) {
    case .failure(let fault): return .skip(fault.reason)
    case .success(let time): job.duration = time
    }
    do {
      job.requested = try optional(requested, of: record) { record, field in
        guard let ticks = record.ticks(field), ticks > 0, ticks < Int128(Time.never.ticks) else { return nil }
        return Time(ticks: Int64(ticks))
      }
      var way: Parallelism?
      if let text = try optional(parallelism, of: record, { $0.text($1) }) {
        way = try method(text, line: record.line)
      }
      job.setLabels(
        labels.shared(
          pin: try optional(pin, of: record) { $0.text($1) },
          dataHomeName: try optional(dataHome, of: record) { $0.text($1) }, user: record.label(user),
          group: record.label(group), gpuModels: record.label(gpuModels),
          parallelism: way))
      job.splittable = try optional(splittable, of: record) { NativeRows.truth($0.text($1)) } ?? false
      let due = try optional(deadline, of: record) { $0.ticks($1) }
      // A deadline at or before the submission says that the two count from different instants.
      if let due, due <= submitted { return .skip(.unreadableField) }
      let modelName = try optional(model, of: record) { $0.text($1) }
      if let modelName { job.model = try modelIndex(modelName, line: record.line) }
      return .keep(TraceRow(item: job, submit: submitted, deadline: due))
    } catch let error as TraceError {
      throw error
    } catch {
      return .skip(.unreadableField)
    }
  }

  private func optional<Value>(
    _ field: Int?, of record: Record, _ read: (Record, Int) -> Value?
  ) throws -> Value? {
    guard let field, !record.isEmpty(field) else { return nil }
    guard let value = read(record, field) else { throw RowFault(.unreadableField) }
    return value
  }

  private func modelIndex(_ name: String, line: Int) throws(TraceError) -> Int {
    if let index = ModelCatalogue.index(of: name) { return index }
    throw TraceError(
      file: path, line: line, field: "model",
      expected: "one of " + ModelCatalogue.models.map(\.name).joined(separator: ", "), found: "'\(name)'",
      advice: "name a model of the catalogue, or leave the field empty to have one assigned")
  }

  private mutating func method(_ text: String, line: Int) throws(TraceError) -> Parallelism {
    if let known = methods[text] { return known }
    do throws(Parallelism.Refusal) {
      let read = try Parallelism(parsing: text)
      methods[text] = read
      return read
    } catch {
      throw TraceError(
        file: path, line: line, field: "parallelism", expected: "a parallelism such as data or diloco(local_steps=100)",
        found: "'\(text)': \(error.message)",
        advice: error.advice.isEmpty ? "correct it, or leave the field empty" : error.advice)
    }
  }

  private static func truth(_ text: String?) -> Bool? {
    switch text?.lowercased() {
    case "true", "yes", "1": return true
    case "false", "no", "0": return false
    default: return nil
    }
  }

  func end() -> RowsEnd {
    ignored.isEmpty ? RowsEnd() : RowsEnd(notes: ["columns without a use: \(ignored.joined(separator: ", "))"])
  }
}
