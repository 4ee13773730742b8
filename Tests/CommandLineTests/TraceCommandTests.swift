// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct TraceCommandTests {
  static let keys: Set<String> = [
    "format", "rows", "jobs", "skipped", "span_s", "gpus", "duration_s",
  ]

  static func inspect(_ place: Workplace, _ file: String, _ more: String...) throws -> [String: Any] {
    let outcome = try place.run(["trace", "inspect", file, "--json"] + more)
    #expect(outcome.status == 0 && outcome.complaints == "", "\(outcome.complaints)")
    return try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  @Test func inspectAccountsForEveryRow() throws {
    let place = try Workplace()
    try place.write(
      "jobs.csv",
      """
      job_id,submit_s,gpus,duration_s
      a,100,8,10
      b,160,8,30
      c,400,1,20
      d,500,0,20
      e,600,1
      f,x,1,20
      torn,70
      """)
    let portrait = try Self.inspect(place, "jobs.csv")
    #expect(Self.keys.isSubset(of: portrait.keys), "\(portrait.keys.sorted())")
    #expect(portrait["format"] as? String == "native")
    #expect(portrait["rows"] as? Int == 7 && portrait["jobs"] as? Int == 3)
    let skipped = try #require(portrait["skipped"] as? [String: Int])
    #expect(skipped == ["torn-last-line": 1, "too-few-fields": 1, "unreadable-submit": 1, "no-gpu": 1])
    #expect(portrait["gpus"] as? [String: Int] == ["8": 2, "1": 1])
    #expect(portrait["span_s"] as? Double == 300)
    let durations = try #require(portrait["duration_s"] as? [String: Double])
    #expect(durations["min"] == 10 && durations["max"] == 30 && durations["mean"] == 20 && durations["p50"] == 20)
    #expect((portrait["sha256"] as? String)?.count == 64)
  }

  @Test func inspectForPeopleSaysTheSame() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs + "c,20,1")
    let outcome = try place.run("trace", "inspect", "jobs.csv")
    #expect(outcome.status == 0 && outcome.complaints == "")
    #expect(outcome.output.contains("3 = 2 jobs + 1 torn-last-line"), "\(outcome.output)")
  }

  @Test func inspectTakesAWindow() throws {
    let place = try Workplace()
    try place.write("jobs.csv", "job_id,submit_s,gpus,duration_s\na,0,1,1\nb,3600,1,1\nc,7200,1,1\n")
    let portrait = try Self.inspect(place, "jobs.csv", "--start", "30 min", "--until", "1 h")
    #expect(portrait["jobs"] as? Int == 1)
    #expect(portrait["skipped"] as? [String: Int] == ["outside-window": 2])
  }

  /// What convert writes, convert leaves as it is, and the jobs are those that were there.
  @Test func convertedTracesConvertToThemselves() throws {
    let place = try Workplace()
    try place.write(
      "jobs.csv",
      """
      job_id,duration_s,submit_s,gpus,model,deadline_s,splittable,requested_s,pin,data_home,colour
      a,10.25,100,8,resnet-50,500,true,20,omaha,columbus,red
      b,30,160.5,0.5,,,,,,,blue

      """)
    let first = try place.run("trace", "convert", "jobs.csv", "-o", "one.csv")
    #expect(first.status == 0 && first.output == "", "\(first.complaints)")
    #expect(try place.run("trace", "convert", "one.csv", "-o", "two.csv").status == 0)
    #expect(try place.read("one.csv") == place.read("two.csv"))
    let lines = try place.read("one.csv").split(separator: "\n")
    #expect(lines.count == 3 && lines[0].hasPrefix("job_id,submit_s,gpus,duration_s"))
    // The trace counts seconds from an instant of its own, which is kept.
    #expect(lines[1].hasPrefix("a,100,8,10.25,omaha,resnet-50,columbus,500,true,20"), "\(lines[1])")
    #expect(lines[2].hasPrefix("b,160.5,0.5,30,"), "\(lines[2])")
  }

  @Test func otherFormatsConvert() throws {
    let place = try Workplace()
    // Standard Workload Format: job, submit, wait, run, processors, ..., user; -1 for what is unknown.
    try place.write(
      "jobs.swf",
      """
      ; MaxProcs: 100
      1 0 -1 60 4 -1 -1 4 90 -1 1 1 -1 -1 -1 -1 -1 -1
      2 30 -1 0 4 -1 -1 4 90 -1 1 1 -1 -1 -1 -1 -1 -1
      3 45 -1 15 8 -1 -1 8 20 -1 1 1 -1 -1 -1 -1 -1 -1

      """)
    let outcome = try place.run("trace", "convert", "jobs.swf", "--output", "jobs.csv")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    let portrait = try Self.inspect(place, "jobs.csv")
    #expect(portrait["jobs"] as? Int == 2)
    #expect(portrait["gpus"] as? [String: Int] == ["4": 1, "8": 1])
    #expect(portrait["span_s"] as? Double == 45)
  }

  @Test func synthesisDependsOnTheSeedAlone() throws {
    let place = try Workplace()
    func make(_ profile: String, _ seed: String, _ name: String) throws -> String {
      let outcome = try place.run("trace", "synthesize", profile, "--jobs", "300", "--seed", seed, "-o", name)
      #expect(outcome.status == 0 && outcome.output == "", "\(outcome.complaints)")
      #expect(outcome.complaints.contains("synthetic"))
      return try place.read(name)
    }
    for profile in ["philly", "llm-training"] {
      let first = try make(profile, "7", "a.csv")
      #expect(try make(profile, "7", "b.csv") == first)
      #expect(try make(profile, "8", "c.csv") != first)
      let portrait = try Self.inspect(place, "a.csv")
      #expect(portrait["jobs"] as? Int == 300 && portrait["synthetic"] as? Bool == true)
    }
  }

  @Test func whatCannotBeReadOrWrittenIsRefused() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    try place.write("empty.csv", "")
    try place.refuse(["trace", "inspect", "nowhere.csv"], "nowhere.csv", "No such file")
    try place.refuse(["trace", "inspect", "empty.csv", "--json"], "empty")
    try place.refuse(["trace", "inspect", "jobs.csv", "--until", "soon"], "--until")
    try place.refuse(["trace", "inspect", "jobs.csv", "--format", "excel"], "excel")
    try place.refuse(["trace", "convert", "nowhere.csv", "-o", "out.csv"], "nowhere.csv")
    try place.refuse(["trace", "convert", "empty.csv", "-o", "out.csv"], "empty")
    try place.refuse(["trace", "convert", "jobs.csv", "-o", "nowhere/out.csv"], "nowhere/out.csv")
    try place.refuse(["trace", "synthesize", "filly", "--jobs", "3", "-o", "out.csv"], "filly", "philly")
    try place.refuse(["trace", "synthesize", "philly", "--jobs", "3", "-o", "nowhere/out.csv"], "nowhere/out.csv")
  }

  /// A conversion that fails must not cost what was there.
  @Test func aFailedConversionLeavesTheOldFile() throws {
    let place = try Workplace()
    try place.write("good.csv", twoJobs)
    try place.write("bad.csv", "hello\n")
    try place.refuse(["trace", "convert", "bad.csv", "-o", "good.csv"], "bad.csv")
    #expect(try place.read("good.csv") == twoJobs)
  }
}
