// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Gathers the jobs of one window and keeps the account while a trace streams by.
struct TraceCollector {
  private let path: String
  private let window: TraceWindow
  private var rows: any TraceRows
  /// Start of the window on the trace's clock, once known.
  private var start: Int128?
  private var kept: [TraceRow] = []
  /// Line of each kept row.
  private var keptLines: [Int] = []
  private var rowCount = 0
  private var skips = [Int](repeating: 0, count: SkipReason.allCases.count)
  private var firstLines = [Int](repeating: 0, count: SkipReason.allCases.count)
  /// Rows that would be skipped for being provisional and fell outside the window, too.
  private var provisionalOutside: [SkipReason: (count: Int, line: Int)] = [:]
  private var previous: Int128?
  private var earliest: Int128?
  private var latest: Int128?
  private var outOfOrder = 0
  private var lastLineIsWhole = true
  private var notes: [String] = []

  init(path: String, window: TraceWindow, rows: any TraceRows) throws(TraceError) {
    self.path = path
    self.window = window
    self.rows = rows
    start = try window.startTicks(on: rows.clock, file: path)
    if start == nil, rows.clock == .relative { start = 0 }
  }

  mutating func collect(_ lines: inout LineReader) throws(TraceError) {
    var record = Record()
    var inHeader = true
    while try lines.next(&record) {
      if record.isBlank { continue }
      record.split(at: rows.separator)
      if inHeader {
        if try rows.header(record) { continue }
        inHeader = false
      }
      try take(record)
    }
  }

  private mutating func take(_ record: Record) throws(TraceError) {
    if record.bytes[0] == UInt8(ascii: "#") || record.bytes[0] == UInt8(ascii: ";") {
      // The formats decide what is a comment; the count of fields must not get in the way.
      if try rows.header(record) { return }
    }
    rowCount += 1
    if record.count != rows.fieldCount || record.hasOpenQuote {
      let torn = !record.isTerminated && (record.count < rows.fieldCount || record.hasOpenQuote)
      skip(
        torn
          ? .tornLastLine
          : record.hasOpenQuote
            ? .unbalancedQuote : record.count < rows.fieldCount ? .tooFewFields : .tooManyFields, line: record.line)
      return
    }
    lastLineIsWhole = record.isTerminated
    switch try rows.row(record, number: rowCount) {
    case .skip(let reason): skip(reason, line: record.line)
    case .job(let row): keep(row, line: record.line)
    }
  }

  private mutating func skip(_ reason: SkipReason, line: Int, count: Int = 1) {
    let index = TraceCollector.index(reason)
    if skips[index] == 0 || line < firstLines[index] { firstLines[index] = line }
    skips[index] += count
  }

  private static func index(_ reason: SkipReason) -> Int { SkipReason.allCases.firstIndex(of: reason) ?? 0 }

  private mutating func keep(_ row: TraceRow, line: Int) {
    if let previous, row.submit < previous { outOfOrder += 1 }
    previous = row.submit
    earliest = min(earliest ?? row.submit, row.submit)
    latest = max(latest ?? row.submit, row.submit)
    // With a known start the window is cut here, so that memory grows with the window and not with the trace.
    if let start, !contains(row.submit, from: start) {
      if let reason = row.provisional {
        let entry = provisionalOutside[reason] ?? (0, line)
        provisionalOutside[reason] = (entry.count + 1, entry.line)
      } else {
        skip(.outsideWindow, line: line)
      }
      return
    }
    kept.append(row)
    keptLines.append(line)
  }

  private func contains(_ submit: Int128, from start: Int128) -> Bool {
    guard submit >= start else { return false }
    guard let length = window.length else { return true }
    return submit - start < Int128(length.ticks)
  }

  mutating func finish(sha256: String) throws(TraceError) -> Trace {
    let end = rows.end()
    for reason in SkipReason.allCases {
      if let entry = provisionalOutside[reason] {
        skip(end.keepsProvisional ? .outsideWindow : reason, line: entry.line, count: entry.count)
      }
    }
    let origin = start ?? CalendarTime.floorDivide(earliest ?? 0, CalendarTime.ticksPerDay) * CalendarTime.ticksPerDay
    var jobs = place(origin: origin, end: end)
    try refuseNothing(jobs, origin: origin)
    let repeated = makeUnique(&jobs)
    sortBySubmit(&jobs)

    var account = TraceAccount(
      format: rows.format.rawValue, path: path, sha256: sha256, rows: rowCount, jobs: jobs.count)
    account.skipped = zip(SkipReason.allCases, zip(skips, firstLines)).filter { $0.1.0 > 0 }.map {
      TraceSkip(reason: $0.0, count: $0.1.0, firstLine: $0.1.1)
    }
    account.notes = end.notes + self.notes(origin: origin, jobs: jobs, repeated: repeated, account: account)
    if rows.clock == .calendar { account.clockAtZero = Double(origin) / Double(Time.ticksPerSecond) }
    account.synthetic = jobs.contains { $0.id.hasPrefix(TraceSynthesis.idPrefix) }
    return Trace(jobs: jobs, account: account)
  }

  /// The kept rows as jobs whose times count from `origin`.
  private mutating func place(origin: Int128, end: RowsEnd) -> [Job] {
    var jobs: [Job] = []
    jobs.reserveCapacity(kept.count)
    for (position, row) in kept.enumerated() {
      let line = keptLines[position]
      if let reason = row.provisional, !end.keepsProvisional {
        skip(reason, line: line)
        continue
      }
      guard contains(row.submit, from: origin) else {
        skip(.outsideWindow, line: line)
        continue
      }
      let submit = row.submit - origin
      let limit = Int128(Time.never.ticks)
      guard submit + Int128(row.job.duration.ticks) < limit, (row.deadline ?? origin) - origin < limit else {
        skip(.beyondTimeSpan, line: line)
        continue
      }
      var job = row.job
      job.submit = Time(ticks: Int64(submit))
      job.deadline = row.deadline.map { Time(ticks: Int64($0 - origin)) }
      job.milliGPUs = (job.milliGPUs + end.milliGPUDivisor - 1) / end.milliGPUDivisor
      jobs.append(job)
    }
    kept.removeAll()
    return jobs
  }

  private func refuseNothing(_ jobs: [Job], origin: Int128) throws(TraceError) {
    guard jobs.isEmpty else { return }
    let reasons = zip(SkipReason.allCases, skips).filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }
    var found = rowCount == 0 ? "no rows" : "none in \(rowCount) rows (\(reasons.joined(separator: ", ")))"
    var advice = "check the file, and the format '\(rows.format.rawValue)' that it was read as"
    if let earliest, let latest, skips[TraceCollector.index(.outsideWindow)] > 0 {
      found += "; submissions run from \(text(earliest)) to \(text(latest)), the window starts at \(text(origin))"
      advice = "move or widen the window"
    }
    throw TraceError(file: path, expected: "at least one job", found: found, advice: advice)
  }

  private func text(_ ticks: Int128) -> String {
    rows.clock == .calendar ? CalendarTime.text(ticks) : "\(ticks / Int128(Time.ticksPerSecond)) s"
  }

  /// Ids must be unique in a run: the second `x` becomes `x#2`. Returns how many were renamed.
  private func makeUnique(_ jobs: inout [Job]) -> Int {
    var seen: Set<String> = []
    seen.reserveCapacity(jobs.count)
    var copies: [String: Int] = [:]
    var renamed = 0
    for index in jobs.indices where !seen.insert(jobs[index].id).inserted {
      let id = jobs[index].id
      var copy = copies[id] ?? 2
      while !seen.insert("\(id)#\(copy)").inserted { copy += 1 }
      jobs[index].id = "\(id)#\(copy)"
      copies[id] = copy + 1
      renamed += 1
    }
    return renamed
  }

  private func sortBySubmit(_ jobs: inout [Job]) {
    let isSorted = zip(jobs, jobs.dropFirst()).allSatisfy { $0.submit <= $1.submit }
    if isSorted { return }
    let order = jobs.indices.sorted { (jobs[$0].submit, $0) < (jobs[$1].submit, $1) }
    jobs = order.map { jobs[$0] }
  }

  private func notes(origin: Int128, jobs: [Job], repeated: Int, account: TraceAccount) -> [String] {
    var notes: [String] = []
    if rows.clock == .calendar {
      let why = window.start == nil ? ", the midnight before the first job" : ""
      notes.append("submit times count from \(text(origin))\(why)")
    } else if origin != 0 {
      notes.append("submit times count from \(text(origin)) of the trace")
    }
    if outOfOrder > 0 { notes.append("rows earlier than the one before: \(outOfOrder); sorted by submit time") }
    if repeated > 0 { notes.append("rows that repeat an id: \(repeated); kept, with #2, #3 ... behind it") }
    let twins = TraceCollector.twins(jobs)
    if twins > 0 {
      notes.append("jobs that equal another in submit time, duration and GPUs: \(twins); kept as distinct jobs")
    }
    for skip in account.skipped where skip.reason.isDamage {
      notes.append("first row skipped as \(skip.reason.rawValue): line \(skip.firstLine)")
    }
    if !lastLineIsWhole { notes.append("the last line has all its fields but no line end: read as a whole row") }
    return notes
  }

  private static func twins(_ jobs: [Job]) -> Int {
    func key(_ job: Job) -> (Time, Time, Int64) { (job.submit, job.duration, job.milliGPUs) }
    let keys = jobs.map(key).sorted { $0 < $1 }
    return zip(keys, keys.dropFirst()).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
  }
}
