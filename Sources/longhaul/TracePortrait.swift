// SPDX-License-Identifier: Apache-2.0

import Report
import Results
import Workload

/// What `trace inspect` prints.
struct TracePortrait {
  let trace: Trace
  let statistics: TraceStatistics

  init(_ trace: Trace) {
    self.trace = trace
    statistics = TraceStatistics(trace)
  }

  var text: String {
    let account = trace.account
    var lines = [
      "\(account.path)",
      "format    \(account.format)\(account.synthetic ? " (synthetic)" : "")",
      "sha256    \(account.sha256)",
      "rows      \(Readable.integer(account.rows)) = \(Readable.integer(account.jobs)) jobs"
        + (account.skipped.isEmpty ? "" : " + ")
        + account.skipped.map { "\(Readable.integer($0.count)) \($0.reason.rawValue)" }.joined(separator: " + "),
      "span      \(Readable.duration(statistics.spanSeconds)), \(Readable.integer(Int(statistics.gpuHours))) GPU-hours",
    ]
    let total = Double(max(1, statistics.jobs))
    lines.append(
      "GPUs      "
        + statistics.gpus.prefix(8).map {
          "\(gpus($0.milliGPUs)): \(Readable.percent(Double($0.jobs) / total))"
        }.joined(separator: "  "))
    if let d = statistics.durations {
      lines.append(
        "duration  "
          + [
            ("min", d.min), ("p25", d.p25), ("p50", d.p50), ("p75", d.p75), ("p95", d.p95), ("p99", d.p99),
            ("max", d.max), ("mean", d.mean),
          ].map { "\($0.0) \(Readable.duration($0.1))" }.joined(separator: "  "))
    }
    if let hours = statistics.arrivalsByHour { lines.append("by hour   " + spark(hours) + "   0-23 h") }
    if let days = statistics.arrivalsByWeekday { lines.append("by day    " + spark(days) + "   Mon-Sun") }
    for note in account.notes { lines.append("note      \(note)") }
    return lines.joined(separator: "\n") + "\n"
  }

  private func gpus(_ milli: Int64) -> String {
    milli % 1000 == 0 ? "\(milli / 1000)" : Readable.fixed(Double(milli) / 1000, 3)
  }

  /// A row of bars, the highest for the largest count.
  private func spark(_ counts: [Int]) -> String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let most = max(1, counts.max() ?? 1)
    return String(counts.map { bars[min(bars.count - 1, $0 * bars.count / (most + 1))] })
  }

  var json: String {
    let account = trace.account
    let d = statistics.durations
    let durations: OrderedJSON =
      d.map {
        .object([
          ("min", .number($0.min)), ("p10", .number($0.p10)), ("p25", .number($0.p25)), ("p50", .number($0.p50)),
          ("p75", .number($0.p75)), ("p90", .number($0.p90)), ("p95", .number($0.p95)), ("p99", .number($0.p99)),
          ("max", .number($0.max)), ("mean", .number($0.mean)),
        ])
      } ?? .null
    return OrderedJSON.object([
      ("path", .string(account.path)), ("format", .string(account.format)), ("sha256", .string(account.sha256)),
      ("synthetic", .bool(account.synthetic)), ("rows", .integer(account.rows)), ("jobs", .integer(account.jobs)),
      ("skipped", .object(account.skipped.map { ($0.reason.rawValue, .integer($0.count)) })),
      ("span_s", .number(statistics.spanSeconds)),
      ("gpus", .object(statistics.gpus.map { (gpus($0.milliGPUs), .integer($0.jobs)) })),
      ("gpu_hours", .number(statistics.gpuHours)), ("duration_s", durations),
      ("arrivals_by_hour", statistics.arrivalsByHour.map { .array($0.map { .integer($0) }) } ?? .null),
      ("arrivals_by_weekday", statistics.arrivalsByWeekday.map { .array($0.map { .integer($0) }) } ?? .null),
      ("notes", .array(account.notes.map { .string($0) })),
    ]).text + "\n"
  }
}
