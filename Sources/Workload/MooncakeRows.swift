// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Requests of Mooncake (Qin et al., FAST 2025), JSON lines: `timestamp` in ms, `input_length`, `output_length` and
/// `hash_ids`, the blocks of 512 tokens of the prompt. Timestamps are quantised: arrivals come in batches.
struct MooncakeRows: RequestRows {
  let format = TraceFormat.mooncake
  let clock = TraceClock.relative
  let separator = FieldSeparator.json(["timestamp", "input_length", "output_length", "hash_ids"])
  let fieldCount = 4
  let blockTokens: Int? = 512
  private var previous: Int128?
  private var together = 0
  private var odd = 0

  func mayBeComment(_ byte: UInt8) -> Bool { false }
  mutating func header(_ record: Record) throws(TraceError) -> Bool { false }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Request> {
    guard let arrived = record.decimal(0, scale: 8) else { return .skip(.unreadableSubmit) }
    guard arrived >= 0 else { return .skip(.negativeSubmit) }
    guard let input = record.tokens(1), let output = record.tokens(2) else { return .skip(.unreadableTokens) }
    guard let blocks = record.blocks(3) else { return .skip(.unreadableField) }
    if blocks.count != (input + 511) / 512 { odd += 1 }
    if arrived == previous { together += 1 }
    previous = arrived
    return .keep(Request(arrival: .zero, inputTokens: input, outputTokens: output, blocks: blocks), at: arrived)
  }

  func end() -> RowsEnd {
    var notes = ["requests that arrive with the one before: \(together); the timestamps are quantised"]
    if odd > 0 { notes.append("requests whose blocks of 512 tokens do not add up to their input: \(odd)") }
    return RowsEnd(notes: notes)
  }
}

extension Record {
  /// A JSON list of whole numbers, `[1, 2]`, or numbers between blanks; empty for an empty field.
  func blocks(_ field: Int) -> [UInt32]? {
    var list: [UInt32] = []
    var value: UInt32?
    for byte in slice(field) {
      switch byte {
      case 48...57:
        let (times, overflow) = (value ?? 0).multipliedReportingOverflow(by: 10)
        let (sum, carry) = times.addingReportingOverflow(UInt32(byte - 48))
        if overflow || carry { return nil }
        value = sum
      case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ","), 32, 9:
        if let value { list.append(value) }
        value = nil
      default: return nil
      }
    }
    if let value { list.append(value) }
    return list
  }
}
