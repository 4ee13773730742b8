// SPDX-License-Identifier: Apache-2.0

import Report
import Results
import Workload

/// What `trace inspect` prints: one screen, or JSON with the keys of the interface.
struct TracePortrait {
  let contents: TraceContents

  var text: String {
    let account = contents.account
    var lines = [
      account.path,
      "format    \(account.format)\(account.synthetic ? " (synthetic)" : "")",
    ]
    if !account.sha256.isEmpty { lines.append("sha256    \(account.sha256)") }
    lines.append(rows)
    switch contents {
    case .jobs(let trace): lines += describe(TraceStatistics(trace))
    case .requests(let trace): lines += describe(trace)
    case .inventory(let table): lines += describe(table)
    }
    for note in account.notes { lines.append("note      \(note)") }
    return lines.joined(separator: "\n") + "\n"
  }

  private var rows: String {
    let account = contents.account
    let noun: String
    if case .requests = contents { noun = "requests" } else { noun = "jobs" }
    let parts =
      ["\(Readable.integer(account.jobs)) \(noun)"]
      + account.skipped.map {
        "\(Readable.integer($0.count)) \($0.reason.rawValue)"
      }
    return "rows      \(Readable.integer(account.rows)) = " + parts.joined(separator: " + ")
  }

  private func describe(_ statistics: TraceStatistics) -> [String] {
    var lines = [
      "span      \(Readable.duration(statistics.spanSeconds)), \(Readable.integer(Int(statistics.gpuHours))) GPU-hours"
    ]
    if statistics.users > 0 {
      lines.append(
        "users     \(Readable.integer(statistics.users))"
          + (statistics.groups > 0 ? " in \(Readable.integer(statistics.groups)) groups" : "")
          + "; the busiest tenth of them submits \(Readable.percent(statistics.busiestTenthShare))")
    } else if statistics.groups > 0 {
      lines.append("users     not named; \(Readable.integer(statistics.groups)) groups")
    }
    let total = Double(max(1, statistics.jobs))
    // The sizes that most jobs have, in order of size.
    let common = statistics.gpus.enumerated().sorted { ($1.element.jobs, $0.offset) < ($0.element.jobs, $1.offset) }
      .prefix(8).sorted { $0.offset < $1.offset }.map(\.element)
    var mix = common.map { "\(Self.gpus($0.milliGPUs)): \(Readable.percent(Double($0.jobs) / total))" }
    if statistics.gpus.count > common.count {
      let rest = Double(statistics.jobs - common.reduce(0) { $0 + $1.jobs }) / total
      mix.append("\(statistics.gpus.count - common.count) other sizes: \(Readable.percent(rest))")
    }
    lines.append("GPUs      " + mix.joined(separator: "  "))
    if let d = statistics.durations {
      lines.append(
        "duration  "
          + [
            ("min", d.min), ("p25", d.p25), ("p50", d.p50), ("p75", d.p75), ("p95", d.p95), ("p99", d.p99),
            ("max", d.max), ("mean", d.mean),
          ].map { "\($0.0) \(Readable.duration($0.1))" }.joined(separator: "  "))
    }
    return lines + arrivals(statistics.arrivalsByHour, statistics.arrivalsByWeekday)
  }

  private func describe(_ trace: RequestTrace) -> [String] {
    let statistics = RequestStatistics(trace)
    let rate = statistics.spanSeconds > 0 ? Double(statistics.requests - 1) / statistics.spanSeconds : nil
    var lines = [
      "span      \(Readable.duration(statistics.spanSeconds))"
        + (rate.map { ", \(Readable.amount($0)) requests/s" } ?? "")
    ]
    for (name, tokens) in [("input", statistics.input), ("output", statistics.output)] {
      guard let tokens else { continue }
      let figures = [
        ("min", tokens.min), ("p50", tokens.p50), ("p90", tokens.p90), ("p99", tokens.p99), ("max", tokens.max),
      ]
      lines.append(
        "\(name)".padded(10) + figures.map { "\($0.0) \(Readable.integer($0.1))" }.joined(separator: "  ")
          + "  mean \(Readable.amount(tokens.mean)) tokens")
    }
    if !trace.models.isEmpty { lines.append("models    " + trace.models.prefix(12).joined(separator: ", ")) }
    if trace.sessions > 0 { lines.append("sessions  \(Readable.integer(trace.sessions))") }
    if let share = statistics.repeatedBlockShare {
      lines.append("prefixes  \(Readable.percent(share)) of the blocks of prompts had occurred before")
    }
    return lines + arrivals(statistics.arrivalsByHour, statistics.arrivalsByWeekday)
  }

  private func describe(_ table: Inventory) -> [String] {
    let shown = table.entries.prefix(30).map { entry in
      var parts: [String] = []
      if let machines = entry.machines { parts.append("\(Readable.integer(machines)) machines") }
      if let gpus = entry.gpus { parts.append("\(Readable.integer(gpus)) GPUs") }
      if let jobs = entry.jobs { parts.append("\(Readable.integer(jobs)) jobs") }
      return "holds     \(entry.name): \(parts.joined(separator: ", "))"
    }
    let hidden = table.entries.count - shown.count
    return shown + (hidden > 0 ? ["holds     ... and \(hidden) more"] : [])
  }

  private func arrivals(_ hours: [Int]?, _ weekdays: [Int]?) -> [String] {
    var lines: [String] = []
    if let hours { lines.append("by hour   " + Self.spark(hours) + "   0-23 h") }
    if let weekdays { lines.append("by day    " + Self.spark(weekdays) + "   Mon-Sun") }
    return lines
  }

  private static func gpus(_ milli: Int64) -> String {
    milli % 1000 == 0 ? "\(milli / 1000)" : Readable.fixed(Double(milli) / 1000, 3)
  }

  /// A row of bars, the highest for the largest count.
  private static func spark(_ counts: [Int]) -> String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let most = max(1, counts.max() ?? 1)
    return String(counts.map { bars[min(bars.count - 1, $0 * bars.count / (most + 1))] })
  }

  var json: String {
    let account = contents.account
    var pairs: [(String, OrderedJSON)] = [
      ("path", .string(account.path)), ("format", .string(account.format)), ("sha256", .string(account.sha256)),
      ("synthetic", .bool(account.synthetic)), ("rows", .integer(account.rows)), ("jobs", .integer(account.jobs)),
      ("skipped", .object(account.skipped.map { ($0.reason.rawValue, .integer($0.count)) })),
    ]
    func list(_ counts: [Int]?) -> OrderedJSON { counts.map { .array($0.map { .integer($0) }) } ?? .null }
    switch contents {
    case .jobs(let trace):
      let statistics = TraceStatistics(trace)
      pairs += [
        ("span_s", .number(statistics.spanSeconds)),
        ("gpus", .object(statistics.gpus.map { (Self.gpus($0.milliGPUs), .integer($0.jobs)) })),
        ("gpu_hours", .number(statistics.gpuHours)), ("duration_s", Self.json(statistics.durations)),
        ("users", .integer(statistics.users)), ("groups", .integer(statistics.groups)),
        ("arrivals_by_hour", list(statistics.arrivalsByHour)),
        ("arrivals_by_weekday", list(statistics.arrivalsByWeekday)),
      ]
    case .requests(let trace):
      let statistics = RequestStatistics(trace)
      pairs += [
        ("span_s", .number(statistics.spanSeconds)), ("gpus", .object([])), ("duration_s", .null),
        ("input_tokens", Self.json(statistics.input)), ("output_tokens", Self.json(statistics.output)),
        ("models", .array(trace.models.map { .string($0) })), ("sessions", .integer(trace.sessions)),
        ("repeated_block_share", statistics.repeatedBlockShare.map { .number($0) } ?? .null),
        ("arrivals_by_hour", list(statistics.arrivalsByHour)),
        ("arrivals_by_weekday", list(statistics.arrivalsByWeekday)),
      ]
    case .inventory(let table):
      func number(_ count: Int?) -> OrderedJSON { count.map { .integer($0) } ?? .null }
      pairs += [
        ("span_s", .number(0)), ("gpus", .object([])), ("duration_s", .null),
        (
          "holds",
          .array(
            table.entries.map {
              .object([
                ("name", .string($0.name)), ("machines", number($0.machines)), ("gpus", number($0.gpus)),
                ("jobs", number($0.jobs)),
              ])
            })
        ),
      ]
    }
    pairs.append(("notes", .array(account.notes.map { .string($0) })))
    return OrderedJSON.object(pairs).text + "\n"
  }

  private static func json(_ durations: TraceStatistics.Durations?) -> OrderedJSON {
    guard let d = durations else { return .null }
    return .object([
      ("min", .number(d.min)), ("p10", .number(d.p10)), ("p25", .number(d.p25)), ("p50", .number(d.p50)),
      ("p75", .number(d.p75)), ("p90", .number(d.p90)), ("p95", .number(d.p95)), ("p99", .number(d.p99)),
      ("max", .number(d.max)), ("mean", .number(d.mean)),
    ])
  }

  private static func json(_ tokens: RequestStatistics.Tokens?) -> OrderedJSON {
    guard let t = tokens else { return .null }
    return .object([
      ("min", .integer(t.min)), ("p50", .integer(t.p50)), ("p90", .integer(t.p90)), ("p99", .integer(t.p99)),
      ("max", .integer(t.max)), ("mean", .number(t.mean)),
    ])
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
