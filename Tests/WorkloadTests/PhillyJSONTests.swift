// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Workload

/// The published Philly log: attempts, missing times, and the night of 2017-11-05, in which 1:00 to 2:00 comes twice.
@Suite struct PhillyJSONTests {
  static func attempt(_ start: String, _ end: String, gpus: [Int] = [1]) -> String {
    let machines = gpus.map { count in
      "{\"ip\": \"m1\", \"gpus\": [\((0..<count).map { "\"gpu\($0)\"" }.joined(separator: ", "))]}"
    }
    func time(_ text: String) -> String { text == "null" ? text : "\"\(text)\"" }
    return
      "{\"start_time\": \(time(start)), \"end_time\": \(time(end)), \"detail\": [\(machines.joined(separator: ","))]}"
  }

  static func job(_ id: String, _ submitted: String, _ attempts: String...) -> String {
    "{\"status\": \"Pass\", \"vc\": \"v\", \"jobid\": \"\(id)\", \"attempts\": [\(attempts.joined(separator: ", "))],\n"
      + " \"submitted_time\": \"\(submitted)\", \"user\": \"u\"}"
  }

  static func list(_ jobs: String...) -> String { "[\(jobs.joined(separator: ",\n"))]\n" }

  @Test func attemptsAddUpAndTheLongestSaysTheGPUs() throws {
    let day = "2017-10-09 "
    let result = try trace(
      Self.list(
        Self.job(
          "a", day + "01:00:00", Self.attempt(day + "01:00:10", day + "01:00:20", gpus: [8]),
          Self.attempt(day + "02:00:00", day + "02:01:00", gpus: [8, 8])),
        Self.job("never", day + "01:00:00"),
        Self.job("running", day + "01:00:00", Self.attempt(day + "01:00:00", "None")),
        Self.job("waiting", day + "01:00:00", Self.attempt("null", "null")),
        Self.job("nothing", day + "01:00:00", Self.attempt(day + "01:00:00", day + "01:00:00")),
        Self.job("nogpu", day + "01:00:00", Self.attempt(day + "01:00:00", day + "01:01:00", gpus: [])),
        // The first attempt's end is lost: it counts for nothing.
        Self.job(
          "lost", day + "00:59:00", Self.attempt(day + "01:00:00", "null"),
          Self.attempt(day + "03:00:00", day + "03:00:30"))))
    #expect(result.account.format == "philly-json" && result.account.rows == 7)
    #expect(result.jobs.map(\.id) == ["lost", "a"])
    #expect(result.jobs.map { $0.duration.seconds } == [30, 70])
    #expect(result.jobs.map(\.milliGPUs) == [1000, 16_000])
    #expect(
      result.account.skipped.map { "\($0.reason.rawValue) \($0.count)" }
        == ["no-gpu 1", "no-duration 1", "never-started 2", "still-running 1"])
    #expect(result.account.notes.contains { $0.contains("several attempts: 2, on changing numbers of GPUs: 1") })
  }

  /// Daylight saving time ends at 2:00 of 2017-11-05: from 0:30 to 3:00 three and a half hours go by.
  @Test func theHourThatComesTwice() throws {
    let night = "2017-11-05 "
    let result = try trace(
      Self.list(
        Self.job("through", night + "00:30:00", Self.attempt(night + "00:30:00", night + "03:00:00")),
        // 1:50 of the first hour to 1:10 of the second.
        Self.job("backwards", night + "01:40:00", Self.attempt(night + "01:50:00", night + "01:10:00")),
        // Submitted at 1:30, which may be either; started at 1:20, which is then the second.
        Self.job("second", night + "01:30:00", Self.attempt(night + "01:20:00", night + "01:25:00")),
        Self.job("after", night + "02:30:00", Self.attempt(night + "02:30:00", night + "02:31:00"))))
    let seconds = Dictionary(uniqueKeysWithValues: result.jobs.map { ($0.id, $0.duration.seconds) })
    #expect(seconds == ["through": 3.5 * 3600, "backwards": 20 * 60, "second": 300, "after": 60])
    // The clock stays on daylight saving time, so 2:30 behind the change is 3:30.
    #expect(result.jobs.last?.id == "after" && result.jobs.last?.submit.seconds == 3.5 * 3600)
    // The day after: March is not touched by this; in winter the distance is that of the wall.
    let winter = try trace(
      Self.list(Self.job("w", "2018-01-01 00:00:00", Self.attempt("2018-01-01 00:00:00", "2018-01-01 01:00:00"))))
    #expect(winter.jobs[0].duration.seconds == 3600)
    let spring = try trace(
      Self.list(Self.job("s", "2018-03-11 01:00:00", Self.attempt("2018-03-11 01:00:00", "2018-03-11 04:00:00"))))
    #expect(spring.jobs[0].duration.seconds == 7200)
  }

  @Test func theDerivedFileUsesTheSameClock() throws {
    let result = try trace(
      "timestamp,duration,num_gpus,gpu_time,cluster\n2017-11-05 00:30:00,60,1,60,a\n2017-11-05 01:30:00,60,1,60,a\n"
        + "2017-11-05 03:00:00,60,1,60,b\n")
    #expect(result.jobs.map { $0.submit.seconds } == [1800, 5400, 4 * 3600])
    #expect(result.account.notes.contains { $0.contains("shows twice: 1;") })
    #expect(result.jobs.map(\.group) == ["a", "a", "b"])
  }

  @Test func damagedElements() throws {
    let good = Self.job("a", "2017-10-09 01:00:00", Self.attempt("2017-10-09 01:00:00", "2017-10-09 01:01:00"))
    let result = try trace("[\(good), 7, {\"jobid\": 1, ]}, \(good),\n{\"status\": \"Pass\", \"vc\": \"6", .phillyJSON)
    #expect(result.jobs.map(\.id) == ["a", "a#2"])
    #expect(result.account.count(of: .tornLastLine) == 1)
    #expect(result.account.rows == 2 + result.account.skipped.reduce(0) { $0 + $1.count })
    #expect(refusal("[\(good)] trailing", .phillyJSON)?.found == "more text")
    #expect(refusal("[]\n", .phillyJSON)?.found == "no rows")
    #expect(refusal("[", .phillyJSON)?.found == "no rows")
    // Escapes, brackets within texts and depth beyond reason.
    let deep = "{\"jobid\": " + String(repeating: "[", count: 100_000) + "}"
    #expect(try trace("[\(good), {\"x\": \"]}\\\\\\\"\", \"jobid\": null}]").account.count(of: .unreadableID) == 1)
    #expect(try trace("[\(good), \(deep)", .phillyJSON).account.count(of: .tornLastLine) == 1)
  }
}
