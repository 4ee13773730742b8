// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Workload

/// Counts that the descriptions of the public traces state, and results that others computed from them.
@Suite struct PublicTraceTests {
  @Test func phillyHasAllItsJobs() throws {
    guard let path = Shared.path("data/jobs/philly-derived/philly-to-2017-10.csv") else { return }
    let trace = try TraceReader.read(path: path)
    #expect(trace.account.isComplete)
    #expect(trace.account.format == "philly")
    #expect(trace.account.rows == 52_849)
    #expect(trace.account.jobs == 52_849)
    #expect(trace.account.skipped.isEmpty)
    #expect(trace.account.sha256 == "8ca30a56827897de15501c5660823dd0e07172613241c2c60fd5cb80b05a03d4")
    // The first job is of 2017-09-04 10:30:41, so time starts at that midnight.
    #expect(trace.jobs[0].submit == .seconds(Int64(37_841)))
    #expect(trace.account.notes.contains { $0.contains("2017-09-04T00:00:00") })
    let sizes = TraceStatistics(trace).gpus
    #expect(sizes.map(\.milliGPUs) == [1000, 2000, 4000, 8000, 12_000, 16_000, 24_000, 32_000])
    #expect(sizes.map(\.jobs) == [50_188, 904, 945, 713, 7, 65, 4, 23])
    #expect(TraceStatistics(trace).durations?.max == 4_628_226)
    #expect(zip(trace.jobs, trace.jobs.dropFirst()).allSatisfy { $0.submit <= $1.submit })
    // Its description counts 37 exact duplicates.
    #expect(trace.account.notes.contains { $0.contains("duration and GPUs: 37;") })
  }

  @Test func aWeekOfPhillyIsTheListOfTheReference() throws {
    guard let path = Shared.path("data/jobs/philly-derived/philly-to-2017-10.csv"),
      let reference = Shared.path("reference/scheduling/philly_week_20171009.csv")
    else { return }
    let week = TraceWindow(start: "2017-10-09", length: .hour * (24 * 7))
    let philly = try TraceReader.read(path: path, format: .philly, window: week)
    #expect(philly.account.isComplete)
    #expect(philly.jobs.count == 12_751)
    #expect(philly.account.count(of: .outsideWindow) == 52_849 - 12_751)
    #expect(philly.jobs[0].submit == .seconds(Int64(116)))
    let listed = try TraceReader.read(path: reference, format: .auto)
    #expect(listed.account.format == "pai-sim")
    // Even the order of ties agrees: that of the file.
    #expect(philly.jobs.map(Shape.init) == listed.jobs.map(Shape.init))
    // Some job ends long after the week: it is kept whole.
    let end = philly.jobs.map { $0.submit + $0.duration }.max() ?? .zero
    #expect(end > .hour * (24 * 14))
  }

  @Test func paiOfTheReferenceIsInWholeGPUs() throws {
    guard let path = Shared.path("reference/scheduling/pai_1k.csv") else { return }
    let trace = try TraceReader.read(path: path)
    #expect(trace.account.rows == 1000)
    #expect(TraceStatistics(trace).gpus.map(\.milliGPUs) == [1000, 2000, 3000, 4000])
    #expect(TraceStatistics(trace).gpus.map(\.jobs) == [859, 72, 43, 26])
    #expect(trace.jobs.last?.submit == .seconds(Int64(604_756)))
    #expect(trace.account.notes.contains { $0.contains("read as GPUs") })
  }

  /// The published reference simulation used 28,481 of the 28,489 jobs; their submit, run and requested times and
  /// processors must be ours, to the second.
  @Test func kthIsFilteredAsInThePublishedReference() throws {
    guard let path = Shared.path("data/jobs/swf-kth-sp2-1996/KTH-SP2-1996-log.swf"),
      let reference = Shared.path("data/jobs/swf-kth-sp2-1996/KTH-SP2-easy-reference.swf.gz")
    else { return }
    let trace = try TraceReader.read(path: path)
    #expect(trace.account.isComplete)
    #expect(trace.account.rows == 28_489)
    #expect(trace.account.jobs == 28_481)
    #expect(trace.account.count(of: .noDuration) == 8)
    #expect(trace.account.notes.contains { $0.hasSuffix("cut at the requested time: 475") })
    var expected: [[Int64]] = []
    for line in readLines(reference, command: "gzip -dc") where !line.hasPrefix(";") {
      let fields = line.split(separator: " ").compactMap { Int64($0) }
      expected.append([fields[0], fields[1], fields[3], fields[7], fields[8]])
    }
    expected.sort { $0[0] < $1[0] }
    let second = Time.ticksPerSecond
    let ours = trace.jobs.map { job -> [Int64] in
      [
        Int64(job.id) ?? -1, job.submit.ticks / second, job.duration.ticks / second, job.milliGPUs / 1000,
        (job.requested?.ticks ?? -1) / second,
      ]
    }.sorted { $0[0] < $1[0] }
    #expect(expected.count == 28_481)
    #expect(ours == expected)
  }

  @Test func nasaIsUsableWithoutRequestedTimes() throws {
    guard let path = Shared.path("data/jobs/swf-nasa-ipsc-1993/NASA-iPSC-1993-3.1-cln.swf") else { return }
    let trace = try TraceReader.read(path: path, format: .swf)
    #expect(trace.account.isComplete)
    #expect(trace.account.rows == 18_239)
    #expect(trace.account.count(of: .noDuration) == 173)
    #expect(trace.account.jobs == 18_239 - 173)
    #expect(trace.jobs.allSatisfy { $0.requested == nil })
    #expect(trace.account.notes.contains { $0.contains("no row has a requested time") })
    // A window sees the same rule.
    let day = try TraceReader.read(path: path, format: .swf, window: TraceWindow(start: "3 days", length: .hour * 24))
    #expect(day.account.isComplete)
    let inDay = trace.jobs.filter { $0.submit >= .hour * 72 && $0.submit < .hour * 96 }
    #expect(day.jobs.map(\.id) == inDay.map(\.id))
    #expect(!inDay.isEmpty)
  }

  @Test func hpc2nHasFractionsAndJobsThatNeverRan() throws {
    guard let path = Shared.path("data/jobs/swf-hpc2n-excerpt/hpc2n-excerpt.swf") else { return }
    let trace = try TraceReader.read(path: path)
    #expect(trace.account.isComplete)
    #expect(trace.account.rows == 3170)
    #expect(trace.account.count(of: .noDuration) == 25)
    #expect(trace.account.jobs == 3145)
    #expect(trace.account.notes.contains { $0.hasSuffix("cut at the requested time: 320") })
  }

  @Test func tracesOfLaterVersionsAreNamed() throws {
    let cases = [
      ("data/jobs/alibaba-openb-2023/openb_pod_list_default.csv", "openb"),
      ("data/jobs/alibaba-pai-2020-gaia/pai_1k.csv", "pai-gaia"),
      ("data/jobs/format-samples/helios_cluster_log.sample.csv", "helios"),
      ("data/jobs/format-samples/acme_trace_seren.sample.csv", "acme"),
      ("data/jobs/format-samples/philly_cluster_job_log.sample.json", "philly-json"),
    ]
    for (file, name) in cases {
      guard let path = Shared.path(file), let format = TraceFormat(rawValue: name), !format.isReadable else { continue }
      let error = #expect(throws: TraceError.self) { try TraceReader.read(path: path) }
      #expect(error?.description.contains("format '\(name)' is not read by this version") == true)
    }
  }
}
