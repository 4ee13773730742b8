// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Requests to ChatGPT and GPT-4 at a university (Wang et al., "BurstGPT", arXiv 2401.17644): `Timestamp,Model,Request
/// tokens,Response tokens,Total tokens,Log Type`, in seconds from midnight of the first day; later releases add
/// `Session ID` and `Elapsed time`. Requests that failed have no response tokens; they are kept.
struct BurstGPTRows: RequestRows {
  let format = TraceFormat.burstGPT
  let clock = TraceClock.relative
  let separator = FieldSeparator.comma
  private(set) var fieldCount = 0
  private let path: String
  private var time = 0
  private var input = 0
  private var output = 0
  private var model: Int?
  private var session: Int?
  private var headerIsRead = false
  private var failed = 0
  private var modelNames = NameNumbers(keepsNames: true)
  private var sessions = NameNumbers(keepsNames: false)

  init(path: String) { self.path = path }

  var models: [String] { modelNames.names }
  var sessionCount: Int { sessions.count }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if headerIsRead { return false }
    let columns = Columns(record, path: path)
    let all = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type"
    time = try columns.require("Timestamp", format: format, all: all)
    input = try columns.require("Request tokens", format: format, all: all)
    output = try columns.require("Response tokens", format: format, all: all)
    model = columns.index(of: "Model")
    session = columns.index(of: "Session ID")
    fieldCount = record.count
    headerIsRead = true
    return true
  }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Request> {
    guard let arrived = record.ticks(time) else { return .skip(.unreadableSubmit) }
    guard arrived >= 0 else { return .skip(.negativeSubmit) }
    guard let read = record.tokens(input), let written = record.tokens(output) else {
      return .skip(.unreadableTokens)
    }
    var request = Request(arrival: .zero, inputTokens: read, outputTokens: written)
    if written == 0 { failed += 1 }
    request.model = record.label(model).map { modelNames.number($0) }
    request.session = record.label(session).map { sessions.number($0) }
    return .keep(request, at: arrived)
  }

  func end() -> RowsEnd {
    RowsEnd(
      notes: ["requests without a response token, which failed: \(failed); kept"], relativeClockAtZero: nil)
  }
}
