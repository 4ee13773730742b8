// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Traces that are damaged, empty, or ask for too much.
@Suite struct TraceInputTests {
  static let scenario = Built.root + "/Scenarios/one-cluster.yaml"

  static func emulate(_ place: Workplace, _ trace: String) throws -> Outcome {
    try place.write("jobs.csv", trace)
    return try place.run(
      "emulate", scenario, "--trace", "jobs.csv", "--format", "native", "--driver", "inline", "--out", "run")
  }

  /// A download that broke off: the last line is cut within a field. The rest counts.
  @Test func aTornLastLineIsSkippedAndCounted() throws {
    let place = try Workplace()
    let outcome = try Self.emulate(place, twoJobs + "c,20,1")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    let summary = try place.summary("run")
    let workload = try #require((summary["workloads"] as? [[String: Any]])?.first)
    #expect(workload["rows"] as? Int == 3 && workload["jobs"] as? Int == 2)
    #expect(workload["skipped"] as? [String: Int] == ["torn-last-line": 1])
    #expect((summary["jobs"] as? [String: Any])?["completed"] as? Int == 2)
    // A person who sees the table alone must see it too; long lines are folded.
    let words = outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("1 of 3 rows skipped"), "\(outcome.output)")
  }

  /// The file is complete but for its last line end.
  @Test func aMissingLineEndIsNoDamage() throws {
    let place = try Workplace()
    let outcome = try Self.emulate(place, twoJobs + "c,20,1,30")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    #expect((try place.summary("run")["jobs"] as? [String: Any])?["completed"] as? Int == 3)
  }

  @Test func aJobLargerThanEverySiteIsRejectedWithItsReason() throws {
    let place = try Workplace()
    let outcome = try Self.emulate(place, twoJobs + "huge,20,129,30\n")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    let jobs = try #require(place.summary("run")["jobs"] as? [String: Any])
    #expect(jobs["submitted"] as? Int == 3 && jobs["completed"] as? Int == 2 && jobs["rejected"] as? Int == 1)
    #expect(jobs["unfinished"] as? Int == 0)
    let reasons = try #require(jobs["rejected_reasons"] as? [String: Int])
    let reason = try #require(reasons.first)
    #expect(reasons.count == 1 && reason.value == 1)
    #expect(reason.key.contains("129") && reason.key.contains("128"), "\(reason.key)")
    let row = try #require(place.read("run/jobs.csv").components(separatedBy: "\n").first { $0.hasPrefix("huge,") })
    #expect(row.contains("rejected"))
    #expect(outcome.output.contains("rejected"))
  }

  @Test func aTraceWithoutAJobIsRefused() throws {
    let place = try Workplace()
    let run = ["emulate", Self.scenario, "--trace", "jobs.csv", "--driver", "inline", "--out", "run"]
    try place.write("jobs.csv", "")
    try place.refuse(run, "jobs.csv", "empty")
    try place.write("jobs.csv", "job_id,submit_s,gpus,duration_s\n")
    try place.refuse(run, "jobs.csv", "no rows")
    try place.write("jobs.csv", "job_id,submit_s,gpus,duration_s\na,never,1,2\n")
    try place.refuse(run, "jobs.csv", "unreadable-submit")
    try place.write("jobs.csv", "hello\nworld\n")
    try place.refuse(run, "jobs.csv", "line 1")
    try place.write("jobs.csv", "job_id,submit_s,gpus\na,0,1\n")
    try place.refuse(run + ["--format", "native"], "duration_s")
    try place.write("jobs.csv", twoJobs)
    try place.refuse(run + ["--start", "3 days"], "jobs.csv")
  }

  @Test func aTraceThatIsNotThereOrNotText() throws {
    let place = try Workplace()
    let run = ["emulate", Self.scenario, "--driver", "inline", "--out", "run"]
    try place.refuse(run + ["--trace", "nowhere.csv"], "--trace", "nowhere.csv", "no file")
    try place.refuse(run + ["--trace", "."], "folder")
    try Data([0x1F, 0x8B, 8, 0, 1, 2, 3]).write(to: URL(fileURLWithPath: place.file("jobs.csv.gz")))
    try place.refuse(run + ["--trace", "jobs.csv.gz"], "jobs.csv.gz", "a whole gzip file")
    try place.write("jobs.csv", twoJobs)
    try place.refuse(run + ["--trace", "jobs.csv", "--format", "helios"], "helios", "column 'gpu_num'")
    // Requests are no jobs.
    try place.write("requests.csv", "arrival_s,input_tokens,output_tokens\n1,2,3\n")
    try place.refuse(run + ["--trace", "requests.csv"], "a stream of requests")
  }

  /// Any CSV whose columns a short file explains.
  @Test func aMappingOfColumnsRuns() throws {
    let place = try Workplace()
    try place.write("ours.csv", "who;begin;hours;nodes;state\nann;0;0.5;2;DONE\nbob;60;1;1;HELD\nann;120;2;1;DONE\n")
    let mapping = """
      separator: semicolon
      submit: {column: begin, unit: s}
      duration: {column: hours, unit: h}
      gpus: {column: nodes}
      user: who
      skip: [{column: state, values: [HELD]}]

      """
    try place.write("ours.yaml", mapping)
    let portrait = try TraceCommandTests.inspect(place, "ours.csv", "--format", "ours.yaml")
    #expect(portrait["format"] as? String == "ours" && portrait["jobs"] as? Int == 2)
    #expect(portrait["skipped"] as? [String: Int] == ["left-out-by-mapping": 1])
    let run = ["emulate", Self.scenario, "--trace", "ours.csv", "--driver", "inline", "--out", "run", "--format"]
    let outcome = try place.run(run + ["ours.yaml"])
    #expect(outcome.status == 0, "\(outcome.complaints)")
    #expect((try place.summary("run")["jobs"] as? [String: Any])?["completed"] as? Int == 2)
    try FileManager.default.removeItem(atPath: place.file("run"))
    try place.write("wrong.yaml", mapping.with("unit: h", by: "unit: hours"))
    try place.refuse(run + ["wrong.yaml"], "wrong.yaml:3", "'hours' is not known here")
    try place.write("wrong.yaml", mapping.with("column: nodes", by: "column: node"))
    try place.refuse(run + ["wrong.yaml"], "ours.csv, line 1, column 'node'")
    try place.refuse(run + ["nowhere.yaml"], "nowhere.yaml", "mapping of columns")
    try place.write("wrong.yaml", "submit: {column: begin, unit: s}\ngpus: {column: nodes}\n")
    try place.refuse(run + ["wrong.yaml"], "run time is missing")
  }

  /// Every format of jobs enters a run as it is.
  @Test func aPackedTraceOfAnotherFormatRuns() throws {
    let place = try Workplace()
    // A job of two attempts on eight GPUs; the list goes over several lines.
    try place.write(
      "log.json",
      """
      [{"status": "Pass", "vc": "v", "jobid": "application_1", "user": "u", "submitted_time": "2017-10-09 01:00:00",
        "attempts": [
          {"start_time": "2017-10-09 01:00:10", "end_time": "2017-10-09 01:00:20", "detail": [{"ip": "m", "gpus": ["gpu0"]}]},
          {"start_time": "2017-10-09 02:00:00", "end_time": "2017-10-09 02:01:00", "detail": [{"ip": "m", "gpus": ["gpu0", "gpu1"]}]}
      ]}]

      """)
    let outcome = try place.run("emulate", Self.scenario, "--trace", "log.json", "--driver", "inline", "--out", "run")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    let row = try #require(
      place.read("run/jobs.csv").components(separatedBy: "\n").first { $0.hasPrefix("application_1,") })
    #expect(row.contains("application_1,3600"), "\(row)")
  }
}
