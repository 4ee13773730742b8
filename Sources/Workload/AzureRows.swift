// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Requests to a service of Azure (Patel et al., "Splitwise", ISCA 2024; the week of 2024 has the same columns):
/// `TIMESTAMP,ContextTokens,GeneratedTokens`. Times have seven decimals and count as UTC; those with an offset are
/// converted to it.
struct AzureRows: RequestRows {
  let format = TraceFormat.azureLLM
  let clock = TraceClock.calendar
  let separator = FieldSeparator.comma
  private(set) var fieldCount = 0
  private let path: String
  private var time = 0
  private var input = 0
  private var output = 0
  private var headerIsRead = false

  init(path: String) { self.path = path }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if headerIsRead { return false }
    let columns = Columns(record, path: path)
    let all = "TIMESTAMP,ContextTokens,GeneratedTokens"
    time = try columns.require("TIMESTAMP", format: format, all: all)
    input = try columns.require("ContextTokens", format: format, all: all)
    output = try columns.require("GeneratedTokens", format: format, all: all)
    fieldCount = record.count
    headerIsRead = true
    return true
  }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Request> {
    guard let (wall, offset) = CalendarTime.parseWithOffset(record.slice(time)) else { return .skip(.unreadableSubmit) }
    guard let read = record.tokens(input), let written = record.tokens(output) else {
      return .skip(.unreadableTokens)
    }
    return .keep(Request(arrival: .zero, inputTokens: read, outputTokens: written), at: wall - (offset ?? 0))
  }

  func end() -> RowsEnd { RowsEnd(notes: ["times are taken as UTC"]) }
}
