// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Requests in a form of Longhaul's own: a CSV with a header, or JSON lines, of `arrival_s,input_tokens,output_tokens`
/// and, optional, `session,model,blocks`; blocks with blanks between them, or as a list in JSON.
struct OwnRequestRows: RequestRows {
  let format = TraceFormat.requests
  let clock = TraceClock.relative
  let separator: FieldSeparator
  private(set) var fieldCount = 0
  private let path: String
  /// Columns of `names`; nil where there is none.
  private var fields: [Int?]
  private var headerIsRead: Bool
  private var modelNames = NameNumbers(keepsNames: true)
  private var sessions = NameNumbers(keepsNames: false)
  private static let names = ["arrival_s", "input_tokens", "output_tokens", "session", "model", "blocks"]

  init(path: String, isJSON: Bool) {
    self.path = path
    separator = isJSON ? .json(OwnRequestRows.names) : .comma
    fields = Array(OwnRequestRows.names.indices)
    headerIsRead = isJSON
    fieldCount = fields.count
  }

  var models: [String] { modelNames.names }
  var sessionCount: Int { sessions.count }

  mutating func header(_ record: Record) throws(TraceError) -> Bool {
    if record.bytes.first == UInt8(ascii: "#") { return true }
    if headerIsRead { return false }
    let columns = Columns(record, path: path)
    for name in OwnRequestRows.names.prefix(3) {
      _ = try columns.require(name, format: format, all: "arrival_s,input_tokens,output_tokens")
    }
    fields = OwnRequestRows.names.map { columns.index(of: $0) }
    fieldCount = record.count
    headerIsRead = true
    return true
  }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Request> {
    guard let arrived = record.ticks(fields[0] ?? 0) else { return .skip(.unreadableSubmit) }
    guard arrived >= 0 else { return .skip(.negativeSubmit) }
    guard let read = record.tokens(fields[1] ?? 0), let written = record.tokens(fields[2] ?? 0) else {
      return .skip(.unreadableTokens)
    }
    var request = Request(arrival: .zero, inputTokens: read, outputTokens: written)
    request.session = record.label(fields[3]).map { sessions.number($0) }
    request.model = record.label(fields[4]).map { modelNames.number($0) }
    if let field = fields[5] {
      guard let blocks = record.blocks(field) else { return .skip(.unreadableField) }
      request.blocks = blocks
    }
    return .keep(request, at: arrived)
  }

  func end() -> RowsEnd { RowsEnd() }
}
