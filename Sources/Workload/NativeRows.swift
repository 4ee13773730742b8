// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Rows of Longhaul's own CSV: `job_id,submit_s,gpus,duration_s` and, optional,
/// `user,pin,model,data_home,deadline_s,splittable,requested_s,parallelism`, in any order. `gpus` may have three decimals.
/// `deadline_s` counts from the same instant as `submit_s`. An empty optional field is unknown; other columns are
/// ignored and named in the account. Lines that begin with `#` are comments.
struct NativeRows: TraceRows {
  let format = TraceFormat.native
  let clock = TraceClock.relative
  let separator = FieldSeparator.comma
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
  private var parallelism: Int?
  /// What has been read in that column, by its text.
  private var methods: [String: SharedParallelism] = [:]
  private var ignored: [String] = []
  private var headerIsRead = false

  init(path: String) { self.path = path }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if record.bytes.first == UInt8(ascii: "#") { return true }
    if headerIsRead { return false }
    let columns = Columns(record, path: path)
    let all = "job_id,submit_s,gpus,duration_s"
    id = try columns.require("job_id", format: format, all: all)
    submit = try columns.require("submit_s", format: format, all: all)
    gpus = try columns.require("gpus", format: format, all: all)
    duration = try columns.require("duration_s", format: format, all: all)
    pin = columns.index(of: "pin")
    model = columns.index(of: "model")
    dataHome = columns.index(of: "data_home")
    deadline = columns.index(of: "deadline_s")
    splittable = columns.index(of: "splittable")
    requested = columns.index(of: "requested_s")
    parallelism = columns.index(of: "parallelism")
    ignored = columns.names.filter { !NativeRows.known.contains($0) && !$0.isEmpty }
    fieldCount = record.count
    headerIsRead = true
    return true
  }

  private static let known = [
    "job_id", "submit_s", "gpus", "duration_s", "user", "pin", "model", "data_home", "deadline_s", "splittable",
    "requested_s", "parallelism",
  ]

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome {
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
      job.pin = try optional(pin, of: record) { $0.text($1) }
      job.dataHomeName = try optional(dataHome, of: record) { $0.text($1) }
      job.splittable = try optional(splittable, of: record) { NativeRows.truth($0.text($1)) } ?? false
      let due = try optional(deadline, of: record) { $0.ticks($1) }
      // A deadline at or before the submission says that the two count from different instants.
      if let due, due <= submitted { return .skip(.unreadableField) }
      let modelName = try optional(model, of: record) { $0.text($1) }
      if let modelName { job.model = try modelIndex(modelName, line: record.line) }
      if let text = try optional(parallelism, of: record, { $0.text($1) }) {
        job.setParallelism(try method(text, line: record.line))
      }
      return .job(TraceRow(job: job, submit: submitted, deadline: due))
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

  private mutating func method(_ text: String, line: Int) throws(TraceError) -> SharedParallelism {
    if let known = methods[text] { return known }
    do throws(Parallelism.Refusal) {
      let read = SharedParallelism(try Parallelism(parsing: text))
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
