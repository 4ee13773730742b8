// SPDX-License-Identifier: Apache-2.0

import Quantities

/// From when to when jobs of a trace are submitted, on its own clock: what windows of it are chosen from.
public struct TraceSpan: Sendable {
  /// Whether windows begin at dates, or at seconds after the trace's own beginning.
  public let hasDates: Bool
  /// Ticks on the trace's clock of the beginning (the midnight before the first job, or its second 0), and of the last
  /// submission.
  public let beginning: Int128
  public let last: Int128

  /// Reads the whole trace.
  public init(path: String, format: TraceFormat, columns: ColumnMapping?) throws(TraceError) {
    let trace = try TraceReader.read(path: path, format: format, columns: columns)
    hasDates = trace.account.hasDates
    let second = Int128(Time.ticksPerSecond)
    beginning = hasDates ? Int128((trace.account.clockAtZero ?? 0).rounded()) * second : 0
    last = beginning + Int128(trace.jobs.last?.submit.ticks ?? 0)
  }

  /// Where a window begins that a scenario states.
  public func start(of window: TraceWindow, file: String) throws(TraceError) -> Int128 {
    try window.startTicks(on: hasDates ? .calendar : .relative, file: file) ?? beginning
  }

  /// An instant of the trace's clock in the way that windows state it.
  public func text(_ ticks: Int128) -> String {
    if hasDates { return CalendarTime.text(ticks) }
    let second = Int128(Time.ticksPerSecond)
    let fraction = Int64(ticks % second)
    return "\(ticks / second)" + (fraction == 0 ? "" : String(NativeTrace.decimal(fraction, digits: 11).dropFirst()))
      + " s"
  }
}
