// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The part of a trace that a run takes: jobs that are submitted in [start, start + length). Each of them runs to
/// its own end, however long after the window that is.
public struct TraceWindow: Sendable {
  /// For a trace with calendar times a date, `2017-10-09` or `2017-10-09T06:00:00`, on the trace's own clock. For a
  /// trace that counts from its start, seconds (`3600`) or a duration (`3 days`). Nil means the midnight before
  /// the first job, or second 0.
  public var start: String?
  /// Nil means to the end of the trace.
  public var length: Time?

  public init(start: String? = nil, length: Time? = nil) {
    self.start = start
    self.length = length
  }

  /// The start in ticks of the trace's clock, nil if none was asked for.
  func startTicks(on clock: TraceClock, file: String) throws(TraceError) -> Int128? {
    guard let start else { return nil }
    switch clock {
    case .calendar:
      if let ticks = CalendarTime.parse(Array(start.utf8)) { return ticks }
      throw TraceError(
        file: file, field: "start", expected: "a date such as 2017-10-09 or 2017-10-09T06:00:00, without a zone",
        found: "'\(start)'", advice: "this trace has wall-clock times without a zone: give the start on that clock")
    case .relative:
      if let ticks = TraceWindow.ticks(start) { return ticks }
      throw TraceError(
        file: file, field: "start", expected: "seconds such as 3600, or a duration such as 3 days", found: "'\(start)'",
        advice: "this trace has no dates: its times count from its own beginning")
    }
  }

  private static let units: [(names: [String], seconds: Int128)] = [
    (["", "s", "sec", "second", "seconds"], 1), (["min", "minute", "minutes"], 60),
    (["h", "hour", "hours"], 3600), (["d", "day", "days"], 86_400), (["w", "week", "weeks"], 604_800),
  ]

  /// A duration with or without a unit, in ticks.
  static func ticks(_ text: String) -> Int128? {
    let bytes = Array(text.utf8).filter { $0 != 32 && $0 != 9 }
    let split = bytes.firstIndex { ($0 | 32) >= 97 && ($0 | 32) <= 122 } ?? bytes.count
    let unit = String(decoding: bytes[split...], as: UTF8.self)
    guard let seconds = units.first(where: { $0.names.contains(unit) })?.seconds else { return nil }
    var record = Record()
    record.bytes = Array(bytes[..<split])
    record.split(at: .comma)
    guard record.count == 1, let value = record.decimal(0, scale: 11), value >= 0 else { return nil }
    return value * seconds
  }
}
