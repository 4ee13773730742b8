// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Workload

private let second = Time.seconds(Int64(1))

/// Every trap of the formats in a file small enough to count by hand.
@Suite struct RowTests {
  static let phillyHeader = "timestamp,duration,num_gpus,gpu_time,cluster\n"

  @Test func phillyRowsAreSortedTiesInFileOrderTwinsKept() throws {
    let text =
      RowTests.phillyHeader
      + "2017-10-09 00:00:10,5.5,2,11.0,b\n2017-10-08 23:59:59,7.0,1,7.0,a\n"
      + "2017-10-09 00:00:10,9.0,1,9.0,c\n2017-10-09 00:00:10,5.5,2,11.0,b\n"
    let result = try trace(text)
    #expect(result.jobs.map(\.id) == ["philly-2", "philly-1", "philly-3", "philly-4"])
    #expect(result.jobs.map { $0.submit.seconds } == [86_399, 86_410, 86_410, 86_410])
    #expect(result.jobs[1].duration == Time(ticks: 550_000_000_000))
    #expect(result.account.notes.contains { $0.hasPrefix("rows earlier than the one before: 1;") })
    #expect(result.account.notes.contains { $0.contains("equal another in submit time, duration and GPUs: 1;") })
  }

  @Test func damagedRowsAreCountedByReasonAndLine() throws {
    let text =
      RowTests.phillyHeader
      + "2017-10-09 00:00:10,5,1,5,a\n"  // line 2: good
      + "2017-02-29 00:00:10,5,1,5,a\n"  // no such day
      + "2017-10-09 24:00:00,5,1,5,a\n"  // no such hour
      + "2017-10-09 00:00:10,,1,5,a\n"
      + "2017-10-09 00:00:10,nan,1,5,a\n"
      + "2017-10-09 00:00:10,0,1,5,a\n"
      + "2017-10-09 00:00:10,-3,1,5,a\n"
      + "2017-10-09 00:00:10,5,0,5,a\n"
      + "2017-10-09 00:00:10,5,one,5,a\n"
      + "2017-10-09 00:00:10,5\n"
      + "\n"
      + "2017-10-09 00:00:10,5,1,5,a,b,c\n"
      + "2017-10-09 00:00:10,5,1,5,\"a\n"
      + "2017-10-09 00:00:10,1e9,1,5,a\n"  // 31 years
      + "2017-10-09 00:0"
    let account = try trace(text).account
    #expect(account.rows == 14)
    #expect(account.jobs == 1)
    let counts = account.skipped.map { [$0.reason.rawValue, String($0.count), String($0.firstLine)] }
    #expect(
      counts == [
        ["torn-last-line", "1", "16"], ["too-few-fields", "1", "11"], ["too-many-fields", "1", "13"],
        ["unbalanced-quote", "1", "14"], ["unreadable-submit", "2", "3"], ["unreadable-duration", "2", "5"],
        ["unreadable-gpus", "1", "10"], ["no-gpu", "1", "9"], ["no-duration", "2", "7"],
        ["beyond-time-span", "1", "15"],
      ])
    #expect(account.notes.contains("first row skipped as unreadable-duration: line 5"))
  }

  @Test func lineEndsAndByteOrderMarkDoNotMatter() throws {
    let unix = "job_id,submit_s,gpus,duration_s\na,1,1,10\nb,2,0.5,20\n"
    let expected = try trace(unix).jobs
    let windows = "\u{FEFF}" + unix.split(separator: "\n").joined(separator: "\r\n") + "\r\n"
    #expect(try trace(windows).jobs == expected)
    let unended = try trace(String(unix.dropLast()))
    #expect(unended.jobs == expected)
    #expect(unended.account.notes.contains { $0.contains("no line end") })
  }

  @Test func paiUnitsFollowTheStatedRule() throws {
    let header = "job_id,user,num_inst,num_gpu,num_cpu,submit_time,duration"
    // Without gpu_type numbers are GPUs, however large.
    let listed = try trace(header + "\n1,u,2,50,0,0,10\n2,u,1,0.25,0,5,10\n3,u,1,0,4,5,10\n")
    #expect(listed.jobs.map(\.milliGPUs) == [100_000, 250])
    #expect(listed.account.count(of: .noGPU) == 1)
    // With gpu_type and more than 8 an instance: per cent. 2 x 50 % = 1 GPU, 25 % = 250, 800 % = 8 GPUs.
    let perCent = try trace(
      header + ",gpu_type\n1,u,2,50,0,0,10,T4\n2,u,1,25,0,5,10,T4\n3,u,1,800,0,6,10,V100\n4,u,1,0,4,6,10,CPU\n")
    #expect(perCent.jobs.map(\.milliGPUs) == [1000, 250, 8000])
    #expect(perCent.account.notes.contains { $0.contains("per cent") })
    // With gpu_type and at most 8: GPUs, as the simulator's own loader takes them.
    let whole = try trace(header + ",gpu_type\n1,u,2,0.5,0,0,10,T4\n2,u,1,8,0,5,10,V100\n")
    #expect(whole.jobs.map(\.milliGPUs) == [1000, 8000])
  }

  static func swf(_ fields: String...) -> String {
    "; MaxProcs: 10\n" + fields.joined(separator: "\n") + "\n"
  }

  @Test func swfFilterRowByRow() throws {
    func row(_ id: Int, submit: Int = 5, run: String = "100", allocated: Int = 4, requested: Int = 4, time: Int = 200)
      -> String
    {
      "\(id) \(submit) -1 \(run) \(allocated) 1.5 -1 \(requested) \(time) -1 1 1 1 1 1 1 -1 -1"
    }
    let text = RowTests.swf(
      row(1), row(2, submit: -1), row(3, allocated: -1), row(4, requested: -1), row(5, allocated: -1, requested: -1),
      row(6, allocated: 11), row(7, requested: 11), row(8, run: "0"), row(9, run: "-1"), row(10, time: -1),
      row(11, time: 60), row(12, allocated: 10, requested: 3), "13 5 -1", row(14, run: "0.5"))
    let result = try trace(text)
    #expect(result.jobs.map(\.id) == ["1", "3", "4", "11", "12", "14"])
    #expect(result.jobs.map(\.milliGPUs) == [4000, 4000, 4000, 4000, 3000, 4000])
    #expect(result.jobs[3].duration == second * 60)
    #expect(result.jobs[3].requested == second * 60)
    #expect(result.jobs[5].duration == Time(ticks: 50_000_000_000))
    let counts = result.account.skipped.map { "\($0.reason.rawValue) \($0.count)" }
    #expect(
      counts == [
        "too-few-fields 1", "negative-submit 1", "no-gpu 1", "too-many-processors 2", "no-duration 2",
        "no-requested-time 1",
      ])
  }

  @Test func maxNodesStandsInForMaxProcs() throws {
    let row = "1 0 -1 10 8 -1 -1 8 20 -1 1 1 1 1 1 1 -1 -1\n2 0 -1 10 9 -1 -1 9 20 -1 1 1 1 1 1 1 -1 -1\n"
    #expect(try trace("; MaxNodes: 8\n" + row).jobs.map(\.id) == ["1"])
    #expect(try trace("; MaxNodes: 8\n; MaxProcs: 16\n" + row).jobs.count == 2)
    #expect(try trace(row, .swf).jobs.count == 2)
  }

  @Test func windowsCutBySubmissionOnly() throws {
    let text =
      "job_id,submit_s,gpus,duration_s,deadline_s\na,0,1,9999,\nb,10,1,9999,500\n"
      + "c,19.99999999999,1,9999,\nd,20,1,1,\n"
    let window = TraceWindow(start: "10 s", length: second * 10)
    let result = try trace(text, .native, window)
    #expect(result.jobs.map(\.id) == ["b", "c"])
    #expect(result.jobs.map(\.submit) == [.zero, Time(ticks: 999_999_999_999)])
    #expect(result.jobs[0].deadline == second * 490)
    #expect(result.account.count(of: .outsideWindow) == 2)
    for start in ["0.5 hours", "30 min", "1800"] {
      let error = refusal(text, .native, TraceWindow(start: start))
      #expect(error?.description.contains("window starts at 1800 s") == true)
    }
  }

  @Test func aCalendarWindowTakesDatesOnly() throws {
    let text = RowTests.phillyHeader + "2017-10-09 06:00:00,5,1,5,a\n2017-10-10 06:00:00,5,1,5,a\n"
    let late = try trace(text, .philly, TraceWindow(start: "2017-10-09T12:00:00"))
    #expect(late.jobs.map { $0.submit.seconds } == [18 * 3600])
    #expect(late.account.clockAtZero == 1_507_550_400)  // date -u -d 2017-10-09T12:00:00 +%s
    let statistics = TraceStatistics(late)
    #expect(statistics.arrivalsByHour?[6] == 1)
    #expect(statistics.arrivalsByWeekday == [0, 1, 0, 0, 0, 0, 0])  // a Tuesday
    #expect(refusal(text, .philly, TraceWindow(start: "3600"))?.field == "start")
    #expect(refusal(text, .philly, TraceWindow(start: "2017-13-01"))?.field == "start")
    let native = "job_id,submit_s,gpus,duration_s\na,0,1,9\n"
    #expect(refusal(native, .native, TraceWindow(start: "2017-10-09"))?.field == "start")
  }

  @Test func repeatedIdsBecomeUnique() throws {
    let result = try trace("job_id,submit_s,gpus,duration_s\na,0,1,9\na,1,1,9\na#2,2,1,9\na,3,1,9\n")
    #expect(Set(result.jobs.map(\.id)).count == 4)
    // Ids of the file stay what they are.
    #expect(result.jobs.map(\.id) == ["a", "a#3", "a#2", "a#4"])
  }
}
