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

  /// 897 Pending pods were never placed; 1,870 Failed ones ran and count. 1,088 pods ask for no GPU: those of them that
  /// are not Pending are skipped for that.
  @Test func openbPodsByPhase() throws {
    guard let path = Shared.path("data/jobs/alibaba-openb-2023/openb_pod_list_default.csv") else { return }
    let trace = try TraceReader.read(path: path)
    let account = trace.account
    #expect(account.isComplete && account.format == "openb" && account.rows == 8152)
    #expect(account.count(of: .neverStarted) == 897)
    #expect(account.notes.contains { $0.contains("Failed 1870, Pending 897,") })
    let fields = readLines(path).dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let ran = fields.filter { $0[7] != "Pending" }
    #expect(account.count(of: .noGPU) == ran.count { $0[3] == "0" })
    #expect(fields.count { $0[3] == "0" } == 1088)
    #expect(account.count(of: .noDuration) == ran.count { $0[3] != "0" && $0[9] == $0[10] })
    // Fractions stay fractions; several GPUs are several times the share of one.
    let wanted = ran.filter { $0[3] != "0" && $0[9] != $0[10] }.map { (Int64($0[3]) ?? 0) * (Int64($0[4]) ?? 0) }
    #expect(trace.jobs.map(\.milliGPUs).sorted() == wanted.sorted())
    #expect(trace.jobs.contains { $0.milliGPUs == 460 })
  }

  @Test func openbNodesAreAnInventory() throws {
    guard let path = Shared.path("data/jobs/alibaba-openb-2023/openb_node_list_all_node.csv") else { return }
    guard case .inventory(let table) = try TraceReader.contents(path: path) else {
      Issue.record("no inventory")
      return
    }
    #expect(table.account.isComplete && table.account.rows == 1523 && table.account.jobs == 0)
    #expect(table.entries.reduce(0) { $0 + ($1.gpus ?? 0) } == 6212)
    #expect(table.entries.first { $0.name == "no GPU" }?.machines == 310)
    #expect(throws: TraceError.self) { try TraceReader.read(path: path) }
  }

  @Test func gaiaInHoursAndInSeconds() throws {
    guard let year = Shared.path("data/jobs/alibaba-pai-2020-gaia/pai-100k.csv"),
      let week = Shared.path("data/jobs/alibaba-pai-2020-gaia/pai_1k.csv")
    else { return }
    let hours = try TraceReader.read(path: year)
    #expect(hours.account.isComplete && hours.account.rows == 99_998 && hours.jobs.count == 99_998)
    let statistics = TraceStatistics(hours)
    #expect(abs(statistics.spanSeconds / 3600 - 8759.45) < 0.01)
    #expect(abs((statistics.durations?.min ?? 0) / 3600 - 0.0836) < 1e-4)
    #expect(abs((statistics.durations?.max ?? 0) / 3600 - 71.1) < 0.1)
    #expect(statistics.gpus.first?.milliGPUs == 1000 && statistics.gpus.last?.milliGPUs == 400_000)
    let seconds = try TraceReader.read(path: week)
    #expect(seconds.jobs.count == 1000 && TraceStatistics(seconds).spanSeconds == 604_756)
    #expect(TraceStatistics(seconds).durations?.min == 303 && TraceStatistics(seconds).durations?.max == 214_787)
  }

  @Test func azureHasEveryRequest() throws {
    guard let path = Shared.path("data/llm/azure-llm-2023/AzureLLMInferenceTrace_code.csv") else { return }
    let trace = try TraceReader.readRequests(path: path)
    #expect(trace.account.isComplete && trace.account.rows == 8819 && trace.requests.count == 8819)
    let inputs = trace.requests.map(\.inputTokens).sorted()
    let outputs = trace.requests.map(\.outputTokens).sorted()
    #expect([inputs[0], inputs[4409], inputs[8818]] == [3, 1469, 7437])
    #expect([outputs[0], outputs[4409], outputs[8818]] == [6, 13, 1899])
    // 18:17:03.9799600 after the midnight of 2023-11-16, to the last of seven digits.
    #expect(trace.requests[0].arrival == Time(ticks: 6_582_397_996 * 1_000_000))
    let span = trace.requests[8818].arrival - trace.requests[0].arrival
    #expect(abs(span.seconds - 3435.95) < 0.005)
    #expect(throws: TraceError.self) { try TraceReader.read(path: path) }
  }

  @Test func mooncakeHasEveryRequestAndItsBlocks() throws {
    guard let path = Shared.path("data/llm/mooncake-fast25/conversation_trace.jsonl") else { return }
    let trace = try TraceReader.readRequests(path: path)
    #expect(trace.account.isComplete && trace.account.format == "mooncake" && trace.requests.count == 12_031)
    #expect(trace.requests.allSatisfy { $0.blocks.count == ($0.inputTokens + 511) / 512 })
    #expect(trace.account.notes.contains { $0.contains("with the one before: 10851;") })
    #expect(trace.requests.last?.arrival.seconds == 3536.999)
    #expect(trace.requests[0].blocks == Array(0..<14))
  }

  /// What each file beside the repository turns out to be when nobody says. A number of jobs below 0 stands for files
  /// that are no traces: column lists and descriptions.
  static let files: [String: (format: String, rows: Int, jobs: Int)] = [
    "jobs/alibaba-openb-2023/openb_node_list_all_node.csv": ("openb-nodes", 1523, 0),
    "jobs/alibaba-openb-2023/openb_pod_list_default.csv": ("openb", 8152, 6203),
    "jobs/alibaba-pai-2020-gaia/pai-100k.csv": ("pai-gaia", 99_998, 99_998),
    "jobs/alibaba-pai-2020-gaia/pai_1k.csv": ("pai-gaia", 1000, 1000),
    "jobs/format-samples/acme_cluster_summary.csv": ("acme-summary", 5, 0),
    "jobs/format-samples/acme_trace_kalos.sample.csv": ("acme", 2, 2),
    "jobs/format-samples/acme_trace_seren.sample.csv": ("acme", 2, 2),
    "jobs/format-samples/helios_cluster_gpu_number.sample.csv": ("helios-gpus", 1, 0),
    "jobs/format-samples/helios_cluster_log.sample.csv": ("helios", 3, 3),
    "jobs/format-samples/philly_cluster_job_log.sample.json": ("philly-json", 1, 1),
    "jobs/philly-derived/philly-to-2017-10.csv": ("philly", 52_849, 52_849),
    "jobs/swf-hpc2n-excerpt/hpc2n-excerpt.swf": ("swf", 3170, 3145),
    "jobs/swf-kth-sp2-1996/KTH-SP2-1996-log.swf": ("swf", 28_489, 28_481),
    "jobs/swf-kth-sp2-1996/KTH-SP2-easy-reference.swf.gz": ("swf", 28_481, 28_481),
    "jobs/swf-nasa-ipsc-1993/NASA-iPSC-1993-3.1-cln.swf": ("swf", 18_239, 18_066),
    "llm/azure-llm-2023/AzureLLMInferenceTrace_code.csv": ("azure-llm", 8819, 8819),
    "llm/mooncake-fast25/conversation_trace.jsonl": ("mooncake", 12_031, 12_031),
  ]

  @Test func everyFileIsReadWithAuto() throws {
    for folder in ["jobs", "llm"] {
      guard let root = Shared.path("data/" + folder) else { return }
      for line in readLines(root, command: "cd '\(root)' && find . -type f | sort; true") {
        let name = folder + line.dropFirst()
        let path = root + line.dropFirst()
        if name.hasSuffix(".header") || name.hasSuffix("SOURCE.md") {
          // Names of columns without a row, and prose.
          #expect(throws: TraceError.self, "\(name)") { try TraceReader.contents(path: path) }
          continue
        }
        guard let expected = Self.files[name] else {
          Issue.record("nobody says what \(name) is")
          continue
        }
        let account = try TraceReader.contents(path: path).account
        #expect(account.isComplete, "\(name)")
        #expect(account.format == expected.format, "\(name)")
        #expect(account.rows == expected.rows && account.jobs == expected.jobs, "\(name): \(account.jobs)")
      }
    }
  }

  /// The samples of the formats whose whole files are elsewhere, by hand.
  @Test func samples() throws {
    guard let kalos = Shared.path("data/jobs/format-samples/acme_trace_kalos.sample.csv"),
      let seren = Shared.path("data/jobs/format-samples/acme_trace_seren.sample.csv"),
      let helios = Shared.path("data/jobs/format-samples/helios_cluster_log.sample.csv"),
      let philly = Shared.path("data/jobs/format-samples/philly_cluster_job_log.sample.json")
    else { return }
    // The column duration says 18 and 82: Kalos counts the wait in.
    let a = try TraceReader.read(path: kalos)
    #expect(a.jobs.map { $0.duration.seconds } == [8, 70])
    #expect(a.account.notes.contains { $0.contains("includes the wait): 2;") })
    let b = try TraceReader.read(path: seren)
    #expect(b.jobs.map { $0.duration.seconds } == [117, 2693] && b.jobs.allSatisfy { $0.milliGPUs == 8000 })
    // 00:18:22 at +08:00 is in the first hour of that clock.
    #expect(TraceStatistics(b).arrivalsByHour?[0] == 2)
    let c = try TraceReader.read(path: helios)
    #expect(c.jobs.map { $0.duration.seconds } == [36_848, 249, 675_233])
    #expect(c.jobs.map(\.group) == ["vcJkd", "vchbv", "vcpDC"])
    // Attempts of 74 s and of 2017-10-07 01:13:30 to 2017-10-09 06:53:12, which are 193,182 s, each on eight GPUs.
    let d = try TraceReader.read(path: philly)
    #expect(d.jobs[0].duration.seconds == 74 + 193_182 && d.jobs[0].milliGPUs == 8000)
    #expect(d.jobs[0].user == "ce2f4c" && d.jobs[0].group == "ee9e8c")
  }
}
