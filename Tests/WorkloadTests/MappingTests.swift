// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Workload

@Suite struct MappingTests {
  static func read(_ text: String, _ mapping: ColumnMapping) throws -> Trace {
    let file = TemporaryFile(text)
    let result = try TraceReader.read(path: file.path, columns: mapping)
    #expect(result.account.isComplete && result.account.format == mapping.name)
    return result
  }

  @Test func numbersWithUnitsAndRowsLeftOut() throws {
    var mapping = ColumnMapping(
      name: "ours", submit: .init(column: "t", unit: .milliseconds),
      runTime: .column(.init(column: "len", unit: .hours)),
      gpus: .init(column: "share", unit: .perCent, times: "n"))
    mapping.separator = .semicolon
    mapping.jobID = "id"
    mapping.user = "who"
    mapping.requested = .init(column: "limit", unit: .minutes)
    mapping.skip = [.init(column: "state", values: ["PENDING", "HELD"])]
    let result = try Self.read(
      "id;t;len;share;n;who;limit;state\nx;1500;0.5;50;3;ann;90;DONE\ny;0;1;100;1;bob;;HELD\nz;0;1;100;2;bob;;DONE\n"
        + "v;0;0;100;2;bob;;DONE\nw;oops;1;100;2;bob;;DONE\n", mapping)
    #expect(result.jobs.map(\.id) == ["z", "x"] && result.jobs.map(\.milliGPUs) == [2000, 1500])
    #expect(result.jobs.map { $0.duration.seconds } == [3600, 1800] && result.jobs[1].submit.seconds == 1.5)
    #expect(result.jobs[1].requested?.seconds == 5400 && result.jobs[1].user == "ann")
    #expect(
      result.account.skipped.map { "\($0.reason.rawValue) \($0.count)" }
        == ["unreadable-submit 1", "no-duration 1", "left-out-by-mapping 1"])
  }

  @Test func datesWithOffsetsAndAFileWithoutHeader() throws {
    var mapping = ColumnMapping(
      name: "dates", submit: .init(column: "s", unit: .date),
      runTime: .between(.init(column: "b", unit: .date), .init(column: "e", unit: .date)),
      gpus: .init(column: "g"))
    mapping.names = ["s", "b", "e", "g"]
    let result = try Self.read(
      "2023-03-01T01:00:00+08:00,2023-03-01 01:00:10+08:00,2023-02-28 17:01:10Z,4\n"
        + "2023-02-28 18:00:00Z,,,1\n2023-02-28 18:00:00Z,2023-02-28 18:00:00Z,,1\n", mapping)
    #expect(result.jobs.map(\.id) == ["row-1"] && result.jobs[0].duration.seconds == 60)
    #expect(result.jobs[0].submit.seconds == 17 * 3600)
    #expect(result.account.skipped.map(\.reason) == [.neverStarted, .stillRunning])
    let unix = ColumnMapping(
      name: "unix", submit: .init(column: "s", unit: .unix), runTime: .column(.init(column: "d", unit: .seconds)),
      gpus: .init(column: "g"))
    #expect(try Self.read("s,d,g\n1507550410,5,1\n", unix).jobs[0].submit.seconds == 12 * 3600 + 10)
  }

  @Test func aColumnThatIsNotThere() {
    let mapping = ColumnMapping(
      name: "m", submit: .init(column: "t", unit: .seconds), runTime: .column(.init(column: "len", unit: .seconds)),
      gpus: .init(column: "g"))
    let file = TemporaryFile("t;len;g\n1;2;3\n")
    let error = #expect(throws: TraceError.self) { try TraceReader.read(path: file.path, columns: mapping) }
    #expect(error?.line == 1 && error?.field == "column 't'")
  }
}
