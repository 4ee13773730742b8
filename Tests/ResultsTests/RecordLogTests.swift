// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records
import Results
import Testing

@Suite struct RecordLogTests {
  func read(_ path: String) throws -> [Record] {
    var records: [Record] = []
    try RecordLog.read(path: path) { record in records.append(record) }
    return records
  }

  func size(_ path: String) throws -> Int64 {
    (try FileManager.default.attributesOfItem(atPath: path)[.size] as! NSNumber).int64Value
  }

  @Test func readsWhatWasWritten() throws {
    let folder = try TemporaryFolder()
    let log = try RecordLog.create(path: folder.path("records.bin"))
    #expect(log.offset == RecordLog.headerSize)
    try log.append(Fixture.records)
    let expected = log.offset
    #expect(try log.flush() == expected)
    #expect(try size(log.path) == expected)
    #expect(try read(log.path) == Fixture.records)
  }

  /// More than one buffer and more than one piece of a read.
  @Test func readsLongLogs() throws {
    let folder = try TemporaryFolder()
    let log = try RecordLog.create(path: folder.path("records.bin"))
    for _ in 0..<3000 { try log.append(Fixture.records) }
    _ = try log.flush()
    #expect(log.offset > 2 << 20)
    var count = 0
    var same = true
    try RecordLog.read(path: log.path) { record in
      same = same && record == Fixture.records[count % Fixture.records.count]
      count += 1
    }
    #expect(same)
    #expect(count == 3000 * Fixture.records.count)
  }

  @Test func resumingCutsOffWhatCameLater() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("records.bin")
    var offset: Int64 = 0
    do {
      let log = try RecordLog.create(path: path)
      try log.append(Array(Fixture.records.prefix(3)))
      offset = try log.flush()
      try log.append(Array(Fixture.records.suffix(4)))
      _ = try log.flush()
    }
    let resumed = try RecordLog.open(path: path, at: offset)
    #expect(try size(path) == offset)
    try resumed.append(Fixture.records[3])
    _ = try resumed.flush()
    #expect(try read(path) == Array(Fixture.records.prefix(4)))
  }

  @Test func whatWasNotFlushedIsLostAndNothingElse() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("records.bin")
    do {
      let log = try RecordLog.create(path: path)
      try log.append(Fixture.records[0])
      _ = try log.flush()
      try log.append(Fixture.records[1])
    }
    #expect(try read(path) == [Fixture.records[0]])
  }

  /// At every length that is not the end of a record, the error names the file and where the torn record begins.
  @Test func tornRecordIsAnErrorWithItsPlace() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("records.bin")
    let log = try RecordLog.create(path: path)
    try log.append(Fixture.records[0])
    let second = try log.flush()
    try log.append(Fixture.records[1])
    let end = try log.flush()
    for length in (second + 1)..<end {
      #expect(truncate(path, off_t(length)) == 0)
      var seen = 0
      do {
        try RecordLog.read(path: path) { _ in seen += 1 }
        Issue.record("a log of \(length) bytes was read")
      } catch let error as ResultsError {
        guard case .badLog(let file, let offset, _) = error else { throw error }
        #expect(file == path && offset == second && seen == 1)
        #expect("\(error)".contains(path) && "\(error)".contains("byte \(second)"))
      }
    }
  }

  @Test func refusesOffsetsAndFilesThatMakeNoSense() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("records.bin")
    let end: Int64
    do {
      let log = try RecordLog.create(path: path)
      try log.append(Fixture.records)
      end = try log.flush()
    }
    #expect(throws: ResultsError.self) { try RecordLog.open(path: path, at: end + 1) }
    #expect(throws: ResultsError.self) { try RecordLog.open(path: path, at: end - 1) }
    #expect(throws: ResultsError.self) { try RecordLog.open(path: path, at: 3) }
    #expect(throws: ResultsError.self) { try RecordLog.create(path: path) }
    #expect(try size(path) == end)

    try Data("job_id,submit_s\n".utf8).write(to: URL(fileURLWithPath: folder.path("other")))
    #expect(throws: ResultsError.self) { try read(folder.path("other")) }
    #expect(throws: ResultsError.self) { try read(folder.path("missing")) }

    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[8] = 99
    try bytes.write(to: URL(fileURLWithPath: folder.path("newer")))
    do {
      _ = try read(folder.path("newer"))
      Issue.record("a log of version 99 was read")
    } catch { #expect("\(error)".contains("version 99")) }
  }
}
