// SPDX-License-Identifier: Apache-2.0

import Foundation
import ScenarioFile
import Testing
import Workload

/// YAML that says what the columns of a CSV mean.
@Suite struct MappingReaderTests {
  static func read(_ yaml: String) throws -> ColumnMapping {
    let path = NSTemporaryDirectory() + "longhaul-mapping-\(UUID().uuidString).yaml"
    try yaml.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try MappingReader.read(path: path)
  }

  @Test func everyField() throws {
    let mapping = try Self.read(
      """
      name: ours
      separator: tab
      columns: [id, t, b, e, g, n, who, q, s, limit]
      submit: {column: t, unit: unix-ms}
      start: {column: b, unit: date}
      end: {column: e, unit: date}
      gpus: {column: g, unit: per-cent, times: n}
      job_id: id
      requested: {column: limit, unit: min}
      user: who
      group: q
      pin: who
      data_home: who
      gpu_models: q
      skip:
        - {column: s, values: [PENDING, ""]}

      """)
    var expected = ColumnMapping(
      name: "ours", submit: .init(column: "t", unit: .unixMilliseconds),
      runTime: .between(.init(column: "b", unit: .date), .init(column: "e", unit: .date)),
      gpus: .init(column: "g", unit: .perCent, times: "n"))
    expected.separator = .tab
    expected.names = ["id", "t", "b", "e", "g", "n", "who", "q", "s", "limit"]
    expected.jobID = "id"
    expected.requested = .init(column: "limit", unit: .minutes)
    (expected.user, expected.group, expected.pin, expected.dataHome) = ("who", "q", "who", "who")
    expected.gpuModels = "q"
    expected.skip = [.init(column: "s", values: ["PENDING", ""])]
    #expect(mapping == expected)
  }

  /// What to write, and the line and the words of the answer.
  static let mistakes: [(yaml: String, line: Int, says: String)] = [
    ("", 1, "the file is empty"),
    ("submit: {column: t, unit: s}\n", 1, "'gpus' is missing"),
    ("gpus: {column: g}\nsubmit: {column: t}\nduration: {column: d, unit: s}\n", 2, "'unit' is missing"),
    ("gpus: {column: g}\nsubmit: {column: t, unit: sec}\nduration: {column: d, unit: s}\n", 2, "'sec' is not known"),
    ("gpus: {column: g, unit: gpu}\nsubmit: {column: t, unit: s}\nduration: {column: d, unit: s}\n", 1, "'gpu' is not"),
    ("gpus: {column: g}\nsubmit: {column: t, unit: s}\nstart: {column: d, unit: s}\n", 1, "run time is missing"),
    (
      "gpus: {column: g}\nsubmit: {column: t, unit: s}\nduration: {column: d, unit: date}\n", 3,
      "expected a length of time"
    ),
    (
      "gpus: {column: g}\nsubmit: {column: t, unit: s}\nstart: {column: d, unit: date}\n"
        + "end: {column: e, unit: s}\n", 4,
      "the kind of unit that 'start' has"
    ),
    (
      "gpus: {column: g}\nsubmit: {column: t, unit: s}\nduration: {column: d, unit: s}\ncolour: red\n", 4,
      "unknown field"
    ),
  ]

  @Test(arguments: mistakes.indices) func mistakesNameLineAndField(_ index: Int) throws {
    let mistake = Self.mistakes[index]
    let error = #expect(throws: ScenarioError.self) { try Self.read(mistake.yaml) }
    #expect(
      error?.line == mistake.line && "\(String(describing: error))".contains(mistake.says),
      "\(String(describing: error))")
  }
}
