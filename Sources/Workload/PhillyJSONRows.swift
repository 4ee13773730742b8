// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Jobs of Microsoft's Philly trace as published (Jeon et al., USENIX ATC 2019): a JSON list of
/// `{status, vc, jobid, attempts: [{start_time, end_time, detail: [{ip, gpus: [...]}]}], submitted_time, user}`.
///
/// A job that failed was tried again, now and then on other GPUs. Its run time is the sum of its attempts' and its GPUs
/// are those of its longest attempt: between attempts it held no GPU. (The notebook that comes with the trace counts
/// from the first start to the last end, and the GPUs of the first attempt.) An attempt without a start, or one before
/// the last without an end, counts for nothing; a last one without an end still ran when the log was taken, and the
/// job is skipped. Times are `null`, "" or the text "None" where unknown. For the clock see ``PacificClock``: of the
/// hour shown twice the reading counts that does not lie before what happened before it.
struct PhillyJSONRows: TraceRows {
  let format = TraceFormat.phillyJSON
  let clock = TraceClock.calendar
  let framing = Framing.elements
  let separator = FieldSeparator.none
  let fieldCount = 0
  private var pacific = PacificClock()
  private var labels = LabelPool()
  private var restarted = 0
  private var changedGang = 0
  private var lostAttempts = 0
  private var statuses: [(name: String, count: Int)] = []

  private struct Attempt {
    var start: Int128?
    var end: Int128?
    var gpus = 0
  }

  private struct Fields {
    var id, user, group, status: Range<Int>?
    var submitted: Int128?
    var attempts: [Attempt] = []
  }

  func mayBeComment(_ byte: UInt8) -> Bool { false }
  mutating func header(_ record: Record) throws(TraceError) -> Bool { false }

  mutating func row(_ record: Record, number: Int) throws(TraceError) -> RowOutcome<Job> {
    var cursor = JSONCursor(record.bytes)
    var fields = Fields()
    let isObject = cursor.members { cursor, key in
      if cursor.equals(key, "attempts") { return PhillyJSONRows.attempts(&cursor, &fields.attempts) }
      guard let value = cursor.value() else { return false }
      if cursor.equals(key, "jobid") { fields.id = value }
      if cursor.equals(key, "user") { fields.user = value }
      if cursor.equals(key, "vc") { fields.group = value }
      if cursor.equals(key, "status") { fields.status = value }
      if cursor.equals(key, "submitted_time") { fields.submitted = CalendarTime.parse(cursor.bytes[value]) }
      return true
    }
    guard isObject, cursor.isAtEnd() else { return .skip(.brokenJSON) }
    guard let id = fields.id.flatMap({ cursor.text($0) }), !id.isEmpty else { return .skip(.unreadableID) }
    guard let submitted = fields.submitted else { return .skip(.unreadableSubmit) }
    if let status = fields.status.flatMap({ cursor.text($0) }) { count(status) }
    return job(
      id, submitted, fields.attempts,
      labels.shared(
        user: fields.user.flatMap { cursor.text($0) }, group: fields.group.flatMap { cursor.text($0) }))
  }

  private mutating func job(
    _ id: String, _ submitted: Int128, _ attempts: [Attempt], _ labels: Job.Labels?
  ) -> RowOutcome<Job> {
    let tried = attempts.filter { $0.start != nil }
    lostAttempts += attempts.count - tried.count
    guard let last = tried.last else { return .skip(.neverStarted) }
    guard last.end != nil else { return .skip(.stillRunning) }
    let submit = pacific.instant(submitted)
    var now = submit
    var total: Int128 = 0
    var longest: (ticks: Int128, gpus: Int) = (-1, 0)
    for attempt in tried {
      guard let startWall = attempt.start, let endWall = attempt.end else {
        lostAttempts += 1
        continue
      }
      let start = pacific.instant(startWall, notBefore: now)
      let end = pacific.instant(endWall, notBefore: start)
      now = max(now, end)
      guard end >= start else {
        lostAttempts += 1
        continue
      }
      total += end - start
      if end - start > longest.ticks { longest = (end - start, attempt.gpus) }
    }
    guard longest.gpus > 0 else { return .skip(longest.ticks < 0 ? .noDuration : .noGPU) }
    guard total > 0 else { return .skip(.noDuration) }
    guard total < Int128(Time.never.ticks) else { return .skip(.beyondTimeSpan) }
    if tried.count > 1 { restarted += 1 }
    if tried.contains(where: { $0.gpus != longest.gpus }) { changedGang += 1 }
    var job = Job(id: id, submit: .zero, milliGPUs: Int64(longest.gpus) * 1000, duration: Time(ticks: Int64(total)))
    job.setLabels(labels)
    return .keep(job, at: submit)
  }

  private static func attempts(_ cursor: inout JSONCursor, _ list: inout [Attempt]) -> Bool {
    list = []
    cursor.skipBlanks()
    if cursor.next == UInt8(ascii: "n") { return cursor.value() != nil }
    return cursor.elements { cursor in
      var attempt = Attempt()
      let isObject = cursor.members { cursor, key in
        if cursor.equals(key, "detail") { return gpus(&cursor, &attempt.gpus) }
        guard let value = cursor.value() else { return false }
        if cursor.equals(key, "start_time") { attempt.start = CalendarTime.parse(cursor.bytes[value]) }
        if cursor.equals(key, "end_time") { attempt.end = CalendarTime.parse(cursor.bytes[value]) }
        return true
      }
      list.append(attempt)
      return isObject
    }
  }

  /// Counts the GPUs of all machines of an attempt.
  private static func gpus(_ cursor: inout JSONCursor, _ count: inout Int) -> Bool {
    var found = 0
    let isList = cursor.elements { cursor in
      cursor.members { cursor, key in
        if cursor.equals(key, "gpus") {
          return cursor.elements { cursor in
            found += 1
            return cursor.value() != nil
          }
        }
        return cursor.value() != nil
      }
    }
    count = found
    return isList
  }

  private mutating func count(_ status: String) {
    if let index = statuses.firstIndex(where: { $0.name == status }) {
      statuses[index].count += 1
    } else if statuses.count < 16 {
      statuses.append((status, 1))
    }
  }

  func end() -> RowsEnd {
    var notes = [
      PhillyRows.clockNote,
      "a job's run time is the sum of its attempts', its GPUs are those of the longest; jobs of several attempts: "
        + "\(restarted), on changing numbers of GPUs: \(changedGang)",
    ]
    let list = statuses.sorted { $0.name < $1.name }.map { "\($0.name) \($0.count)" }.joined(separator: ", ")
    if !list.isEmpty { notes.append("status: \(list); a failed or killed job counts for the time that it ran") }
    if lostAttempts > 0 { notes.append("attempts without a start or an end, not counted: \(lostAttempts)") }
    if pacific.ambiguous > 0 {
      notes.append(
        "instants in the hour that the wall clock shows twice: \(pacific.ambiguous); read in order of events")
    }
    return RowsEnd(notes: notes)
  }
}
