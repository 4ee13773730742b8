// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Workload

@Suite struct NativeTests {
  @Test func writtenJobsReadBackEqual() throws {
    var full = Job(id: "a,\"b\"", submit: Time(ticks: 1), milliGPUs: 1, duration: Time(ticks: 123_456_789_012_345))
    full.requested = Time(ticks: 500_000_000_001)
    full.pin = "omaha, ne"
    full.model = ModelCatalogue.index(of: "llama-3-8b")
    full.dataHomeName = "columbus"
    full.deadline = Time(ticks: 9_000_000_000_000_000_000)
    full.splittable = true
    let jobs = [
      full, Job(id: "#x", submit: .seconds(Int64(3)), milliGPUs: 64_000, duration: .tick),
      Job(id: " ", submit: .seconds(Int64(3)), milliGPUs: 500, duration: .hour),
    ]
    let file = TemporaryFile()
    try NativeTrace.write(jobs: jobs, to: file.path)
    let result = try TraceReader.read(path: file.path)
    #expect(result.account.format == "native")
    #expect(result.jobs == jobs)
    #expect(readLines(file.path)[0] == NativeTrace.header)
  }

  /// What `trace convert` does: the jobs, or requests, of every format, written in our own and read back.
  @Test(arguments: TraceFormat.readable) func everyFormatConverts(_ format: TraceFormat) throws {
    let file = TemporaryFile()
    let contents: TraceContents
    if format == .pai {
      let parts = HostileTests.seed("pai").split(separator: UInt8(ascii: "="))
      contents = .jobs(try TraceReader.readPAI(jobs: Array(parts[0]), tasks: Array(parts[1])))
    } else {
      contents = try HostileTests.read(HostileTests.seed(format.rawValue), format)
    }
    switch contents {
    case .jobs(let trace):
      try NativeTrace.write(jobs: trace.jobs, to: file.path)
      #expect(try TraceReader.read(path: file.path).jobs == trace.jobs)
    case .requests(let trace):
      try NativeTrace.write(requests: trace, to: file.path)
      let again = try TraceReader.readRequests(path: file.path)
      #expect(again.requests == trace.requests && again.models == trace.models)
    case .inventory: Issue.record("\(format) holds no jobs")
    }
  }

  @Test func columnsMayStandInAnyOrderAndOthersAreNamed() throws {
    let result = try trace(
      "# a comment\nduration_s,weather,gpus,job_id,submit_s,splittable,user\n9,sun,1,a,0,yes,u\n"
        + "9,rain,1,b,0,,u\n9,fog,1,c,0,maybe,u\n")
    #expect(result.jobs.map(\.id) == ["a", "b"])
    #expect(result.jobs.map(\.splittable) == [true, false])
    #expect(result.account.count(of: .unreadableField) == 1)
    #expect(result.account.notes.contains("columns without a use: weather"))
  }

  /// The shapes of two public lists, turned into the native format by renaming columns.
  @Test func publicListsConvertByRenaming() throws {
    guard let tiresias = Shared.path("reference/scheduling/tiresias_60_job.csv"),
      let helios = Shared.path("reference/scheduling/philly_tight_3vc.csv")
    else { return }
    var lines = readLines(tiresias)
    lines[0] = "job_id,gpus,submit_s,iterations,name,duration_s,interval"
    #expect(try trace(lines.joined(separator: "\n") + "\n").jobs.count == 60)
    lines = readLines(helios)
    lines[0] = "job_id,submit_s,duration_s,gpus,vc"
    // 1,453 + 1,096 + 315 jobs of three virtual clusters.
    #expect(try trace(lines.joined(separator: "\n") + "\n").account.rows == 2864)
  }

  @Test func aFolderThatIsNotThereIsAnError() {
    #expect(throws: TraceError.self) { try NativeTrace.write(jobs: [], to: "/nonexistent/out.csv") }
  }

  @Test func statisticsByHand() throws {
    let result = try trace("job_id,submit_s,gpus,duration_s\na,5,2,3600\nb,1,0.5,7200\nc,11,2,10\n")
    let statistics = TraceStatistics(result)
    #expect(statistics.jobs == 3)
    #expect(statistics.spanSeconds == 10)
    #expect(statistics.gpus == [.init(milliGPUs: 500, jobs: 1), .init(milliGPUs: 2000, jobs: 2)])
    #expect(statistics.durations?.p50 == 3600)
    #expect(abs((statistics.durations?.mean ?? 0) - 10_810.0 / 3) < 1e-9)
    #expect(abs(statistics.gpuHours - (2 + 1 + 20.0 / 3600)) < 1e-12)
    #expect(statistics.arrivalsByHour == nil)
  }
}
