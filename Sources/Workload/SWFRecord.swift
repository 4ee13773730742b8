// SPDX-License-Identifier: Apache-2.0

import Quantities

/// One line of the Standard Workload Format (version 2.2, Feitelson, Parallel Workloads Archive) with all its 18
/// fields. -1 in the file means unknown and is nil here; so is any other negative number, except in `submit`.
struct SWFRecord {
  /// Columns, from 0.
  enum Field {
    static let job = 0
    static let submit = 1
    static let wait = 2
    static let run = 3
    static let allocated = 4
    static let cpuTime = 5
    static let memory = 6
    static let requestedProcessors = 7
    static let requestedTime = 8
    static let requestedMemory = 9
    static let status = 10
    static let user = 11
    static let group = 12
    static let executable = 13
    static let queue = 14
    static let partition = 15
    static let precedingJob = 16
    static let thinkTime = 17
  }

  /// What became of the job: its completion, or the fate of one of its partial executions.
  enum Status: Int {
    case failed = 0
    case completed = 1
    /// A part that is continued by another line.
    case partial = 2
    case lastPartCompleted = 3
    case lastPartFailed = 4
    /// Before or while it ran.
    case cancelled = 5

    var isPart: Bool { self == .partial || self == .lastPartCompleted || self == .lastPartFailed }
  }

  var job: Int64
  /// Ticks since the log's beginning.
  var submit: Int128
  /// Ticks.
  var wait, run, cpuTime, requestedTime, thinkTime: Int128?
  var allocated, requestedProcessors: Int64?
  /// KB for each processor.
  var memory, requestedMemory: Int64?
  var status: Status?
  var user, group, executable, queue, partition, precedingJob: Int64?

  /// Reads a line that has been split at blanks and has 18 fields at least; what cannot be read is the error.
  static func read(_ record: Record) -> Result<SWFRecord, RowFault> {
    func seconds(_ field: Int, _ reason: SkipReason) throws(RowFault) -> Int128? {
      guard let ticks = record.ticks(field) else { throw RowFault(reason) }
      return ticks < 0 ? nil : ticks
    }
    func number(_ field: Int, _ reason: SkipReason = .unreadableField) throws(RowFault) -> Int64? {
      // Averages may have decimals although they count KB.
      guard let value = record.decimal(field, scale: 0), value < Int128(Int64.max) else { throw RowFault(reason) }
      return value < 0 ? nil : Int64(value)
    }
    do throws(RowFault) {
      guard let job = record.decimal(Field.job, scale: 0), let id = Int64(exactly: job) else {
        throw RowFault(.unreadableID)
      }
      guard let submit = record.ticks(Field.submit) else { throw RowFault(.unreadableSubmit) }
      return .success(
        SWFRecord(
          job: id, submit: submit, wait: try seconds(Field.wait, .unreadableField),
          run: try seconds(Field.run, .unreadableDuration), cpuTime: try seconds(Field.cpuTime, .unreadableField),
          requestedTime: try seconds(Field.requestedTime, .unreadableField),
          thinkTime: try seconds(Field.thinkTime, .unreadableField),
          allocated: try number(Field.allocated, .unreadableGPUs),
          requestedProcessors: try number(Field.requestedProcessors, .unreadableGPUs),
          memory: try number(Field.memory), requestedMemory: try number(Field.requestedMemory),
          status: try number(Field.status).flatMap { Status(rawValue: Int($0)) },
          user: try number(Field.user), group: try number(Field.group), executable: try number(Field.executable),
          queue: try number(Field.queue), partition: try number(Field.partition),
          precedingJob: try number(Field.precedingJob)))
    } catch {
      return .failure(error)
    }
  }
}

/// The header comments `; Key: value` of a log. Of a key given twice the first counts.
struct SWFHeader {
  private(set) var values: [String: String] = [:]

  /// Takes a line that begins with a semicolon.
  mutating func take(_ record: Record) {
    let text = String(decoding: record.bytes.dropFirst().prefix(1000), as: UTF8.self)
    guard let colon = text.firstIndex(of: ":") else { return }
    let key = text[..<colon].split(separator: " ").joined(separator: " ")
    let value = text[text.index(after: colon)...].split(separator: " ").joined(separator: " ")
    if values[key] == nil, values.count < 256 { values[key] = value }
  }

  /// The first word of a value as a number that is not negative.
  func number(_ key: String) -> Int64? {
    guard let word = values[key]?.split(separator: " ").first, let number = Int64(word), number >= 0 else { return nil }
    return number
  }
}
