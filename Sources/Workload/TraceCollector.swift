// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Gathers the jobs, or the requests, of one window and keeps the account while a trace streams by.
///
/// What is kept is kept once, as the finished items with their times on a provisional origin, and put in order where
/// it lies: memory grows with the window by the size of an item and 5 bytes.
struct TraceCollector<Item: TraceItem> {
  private let path: String
  private let window: TraceWindow
  private(set) var rows: any TraceRows<Item>
  /// Start of the window on the trace's clock, once known.
  private var start: Int128?
  /// What the times of kept items count from; the final origin is at or before it.
  private var base: Int128?
  private var kept: [Item] = []
  private var names = NamePool()
  /// Line of each kept row, and under which reason it is skipped if provisional rows are (index + 1, or 0).
  private var keptLines: [UInt32] = []
  private var marks: [UInt8] = []
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
  private var isInHeader = true

  init(path: String, window: TraceWindow, rows: any TraceRows<Item>) throws(TraceError) {
    self.path = path
    self.window = window
    self.rows = rows
    start = try window.startTicks(on: rows.clock, file: path)
    if start == nil, rows.clock == .relative { start = 0 }
    base = start
  }

  private static var limit: Int128 { Int128(Time.never.ticks) }

  mutating func collect(_ input: inout TraceInput, file: TraceFile) throws(TraceError) {
    var record = Record()
    isInHeader = true
    previous = nil
    rows.begin(file: file)
    let framing = rows.framing
    while try input.next(&record, framing) {
      if record.isBlank { continue }
      record.split(at: rows.separator)
      if isInHeader {
        if try rows.header(record) { continue }
        isInHeader = false
      }
      try take(record)
    }
  }

  private mutating func take(_ record: Record) throws(TraceError) {
    // The formats decide what is a comment; the count of fields must not get in the way.
    if rows.mayBeComment(record.bytes[0]), try rows.header(record) { return }
    rowCount += 1
    if let reason = fault(of: record) {
      skip(reason, line: record.line)
      return
    }
    lastLineIsWhole = record.isTerminated
    switch try rows.row(record, number: rowCount) {
    case .skip(let reason):
      // A row that stops behind a comma has all its fields, the last one without a byte.
      let isTorn = !record.isTerminated && reason.isDamage && (record.ranges.last?.isEmpty ?? true)
      if isTorn { lastLineIsWhole = true }
      skip(isTorn ? .tornLastLine : reason, line: record.line)
    case .keep(let row): keep(row, line: record.line)
    }
  }

  /// What is wrong with the shape of a record.
  private func fault(of record: Record) -> SkipReason? {
    switch rows.separator {
    case .none: return record.isTerminated ? nil : .tornLastLine
    case .json:
      if record.count > 0 { return nil }
      return record.isTerminated ? .brokenJSON : .tornLastLine
    default:
      let wanted = rows.fieldCount
      if record.count == wanted, !record.hasOpenQuote { return nil }
      if !record.isTerminated, record.count < wanted || record.hasOpenQuote { return .tornLastLine }
      if record.hasOpenQuote { return .unbalancedQuote }
      return record.count < wanted ? .tooFewFields : .tooManyFields
    }
  }

  private mutating func skip(_ reason: SkipReason, line: Int, count: Int = 1) {
    let index = reason.index
    if skips[index] == 0 || line < firstLines[index] { firstLines[index] = line }
    skips[index] += count
  }

  private mutating func keep(_ row: TraceRow<Item>, line: Int) {
    if let previous, row.submit < previous { outOfOrder += 1 }
    previous = row.submit
    earliest = min(earliest ?? row.submit, row.submit)
    latest = max(latest ?? row.submit, row.submit)
    // With a known start the window is cut here, so that memory grows with the window and not with the trace.
    if let start, !contains(row.submit - start) {
      if let reason = row.provisional {
        let entry = provisionalOutside[reason] ?? (0, line)
        provisionalOutside[reason] = (entry.count + 1, entry.line)
      } else {
        skip(.outsideWindow, line: line)
      }
      return
    }
    var origin = base ?? midnight(row.submit)
    base = origin
    if row.submit - origin <= -TraceCollector.limit {
      rebase(from: origin, to: midnight(row.submit))
      origin = midnight(row.submit)
      base = origin
    }
    let offset = row.submit - origin
    // The final origin is not later, so it is too far from that as well.
    guard offset < TraceCollector.limit else { return skip(.beyondTimeSpan, line: line) }
    var item = row.item
    item.arrival = Time(ticks: Int64(offset))
    if let deadline = row.deadline {
      // Set as the distance from the origin, like the arrival.
      let distance = deadline - origin
      guard distance < TraceCollector.limit else { return skip(.beyondTimeSpan, line: line) }
      item.setDeadline(Time(ticks: Int64(distance)))
    }
    item.pack(&names)
    kept.append(item)
    keptLines.append(UInt32(clamping: line))
    if let reason = row.provisional {
      if marks.isEmpty { marks = [UInt8](repeating: 0, count: kept.count - 1) }
      marks.append(UInt8(reason.index + 1))
    } else if !marks.isEmpty {
      marks.append(0)
    }
  }

  private func midnight(_ ticks: Int128) -> Int128 {
    CalendarTime.floorDivide(ticks, CalendarTime.ticksPerDay) * CalendarTime.ticksPerDay
  }

  /// Lets the times of what is kept count from an earlier instant; what is then out of virtual time goes.
  private mutating func rebase(from old: Int128, to new: Int128) {
    let shift = old - new
    sift { item, _, _ in
      let moved = Int128(item.arrival.ticks) + shift
      guard moved < TraceCollector.limit, item.shiftOthers(by: Int64(clamping: shift)) else { return .beyondTimeSpan }
      item.arrival = Time(ticks: Int64(moved))
      return nil
    }
  }

  /// Goes over what is kept in place; items for which `judge` gives a reason are skipped.
  private mutating func sift(_ judge: (inout Item, Int, SkipReason?) -> SkipReason?) {
    var write = 0
    for read in kept.indices {
      let line = Int(keptLines[read])
      let mark = marks.isEmpty ? 0 : marks[read]
      let provisional = mark == 0 ? nil : SkipReason.allCases[Int(mark) - 1]
      if let reason = judge(&kept[read], line, provisional) {
        skip(reason, line: line)
        continue
      }
      if write != read {
        kept.swapAt(write, read)
        keptLines[write] = keptLines[read]
        if !marks.isEmpty { marks[write] = marks[read] }
      }
      write += 1
    }
    kept.removeLast(kept.count - write)
    keptLines.removeLast(keptLines.count - write)
    if !marks.isEmpty { marks.removeLast(marks.count - write) }
  }

  private func contains(_ offset: Int128) -> Bool {
    guard offset >= 0 else { return false }
    guard let length = window.length else { return true }
    return offset < Int128(length.ticks)
  }

  mutating func finish(sha256: String) throws(TraceError) -> (items: [Item], account: TraceAccount) {
    let end = rows.end()
    for reason in SkipReason.allCases {
      if let entry = provisionalOutside[reason] {
        skip(end.keepsProvisional ? .outsideWindow : reason, line: entry.line, count: entry.count)
      }
    }
    let origin = start ?? midnight(earliest ?? 0)
    place(origin: origin, end: end)
    try refuseNothing(origin: origin)
    let repeated = Item.makeUnique(&kept)
    sortByArrival()

    var account = TraceAccount(format: rows.name, path: path, sha256: sha256, rows: rowCount, jobs: kept.count)
    account.skipped = zip(SkipReason.allCases, zip(skips, firstLines)).filter { $0.1.0 > 0 }.map {
      TraceSkip(reason: $0.0, count: $0.1.0, firstLine: $0.1.1)
    }
    account.hasDates = rows.clock == .calendar
    account.notes = end.notes + notes(origin: origin, repeated: repeated, account: account)
    let zero = Double(origin) / Double(Time.ticksPerSecond)
    account.clockAtZero = rows.clock == .calendar ? zero : end.relativeClockAtZero.map { $0 + zero }
    let items = kept
    kept = []
    return (items, account)
  }

  /// Lets the times of what is kept count from `origin`.
  private mutating func place(origin: Int128, end: RowsEnd) {
    let shift = (base ?? origin) - origin
    let window = window
    sift { item, _, provisional in
      if let provisional, !end.keepsProvisional { return provisional }
      let submit = Int128(item.arrival.ticks) + shift
      if let length = window.length, submit < 0 || submit >= Int128(length.ticks) { return .outsideWindow }
      guard submit + Int128(item.length.ticks) < TraceCollector.limit, item.shiftOthers(by: Int64(clamping: shift))
      else { return .beyondTimeSpan }
      item.arrival = Time(ticks: Int64(submit))
      item.finish(end)
      return nil
    }
    keptLines = []
    marks = []
  }

  private func refuseNothing(origin: Int128) throws(TraceError) {
    guard kept.isEmpty else { return }
    let reasons = zip(SkipReason.allCases, skips).filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }
    var found = rowCount == 0 ? "no rows" : "none in \(rowCount) rows (\(reasons.joined(separator: ", ")))"
    var advice = "check the file, and the format '\(rows.name)' that it was read as"
    if let earliest, let latest, skips[SkipReason.outsideWindow.index] > 0 {
      found += "; submissions run from \(text(earliest)) to \(text(latest)), the window starts at \(text(origin))"
      advice = "move or widen the window"
    }
    let damaged = zip(SkipReason.allCases, zip(skips, firstLines)).filter { $0.0.isDamage && $0.1.0 > 0 }
    throw TraceError(
      file: path, line: damaged.map(\.1.1).min(), expected: "at least one \(Item.noun)", found: found, advice: advice)
  }

  private func text(_ ticks: Int128) -> String {
    rows.clock == .calendar ? CalendarTime.text(ticks) : "\(ticks / Int128(Time.ticksPerSecond)) s"
  }

  /// Sorts in place, ties in the order of the file.
  private mutating func sortByArrival() {
    let isSorted = zip(kept, kept.dropFirst()).allSatisfy { $0.arrival <= $1.arrival }
    if isSorted { return }
    var order = (0..<UInt32(kept.count)).map { $0 }
    let times = kept.map(\.arrival.ticks)
    order.sort { (times[Int($0)], $0) < (times[Int($1)], $1) }
    // Each cycle of the permutation is walked once; a place that has its item points to itself.
    for first in order.indices {
      var place = first
      while Int(order[place]) != first, Int(order[place]) != place {
        let from = Int(order[place])
        kept.swapAt(place, from)
        order[place] = UInt32(place)
        place = from
      }
      order[place] = UInt32(place)
    }
  }

  private func notes(origin: Int128, repeated: Int, account: TraceAccount) -> [String] {
    var notes: [String] = []
    if rows.clock == .calendar {
      let why = window.start == nil ? ", the midnight before the first job" : ""
      notes.append("submit times count from \(text(origin))\(why)")
    } else if origin != 0 {
      notes.append("submit times count from \(text(origin)) of the trace")
    }
    if outOfOrder > 0 { notes.append("rows earlier than the one before: \(outOfOrder); sorted by submit time") }
    if repeated > 0 { notes.append("rows that repeat an id: \(repeated); kept, with #2, #3 ... behind it") }
    let twins = Item.twins(kept)
    if twins > 0 {
      notes.append("jobs that equal another in submit time, duration and GPUs: \(twins); kept as distinct jobs")
    }
    for skip in account.skipped where skip.reason.isDamage {
      notes.append("first row skipped as \(skip.reason.rawValue): line \(skip.firstLine)")
    }
    if !lastLineIsWhole { notes.append("the last line has all its fields but no line end: read as a whole row") }
    return notes
  }
}

extension SkipReason {
  /// Its place in the order of accounts.
  var index: Int { SkipReason.indices[self] ?? 0 }

  private static let indices = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($0.element, $0.offset) })
}
