// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct CompareCommandTests {
  /// Three weeks of a job an hour, of one to four GPUs and half an hour to three hours.
  private static let trace: String = {
    var text = "job_id,submit_s,gpus,duration_s,user\n"
    for k in 0..<(3 * 168) {
      text += "j\(k),\(3600 * k + 60 * (k % 7)),\(1 << (k % 5 % 3)),\(1800 * (1 + k * k % 6)),u\(k % 3)\n"
    }
    return text
  }()

  private static let arguments = [
    "compare", Built.root + "/Scenarios/two-sites.yaml", "--trace", "weeks.csv", "--until", "7 days", "--replicates",
    "3", "--policies", "fifo,sjf-skip@cheapest-energy", "--set", "sites[*].gpus.count=8", "--quiet",
  ]

  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.write("weeks.csv", Self.trace)
    return place
  }

  private func json(_ place: Workplace, _ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: place.file(name)))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func policies(_ root: [String: Any]) throws -> [[String: Any]] {
    try #require(root["policies"] as? [[String: Any]])
  }

  private func mean(_ policy: [String: Any], _ metric: String) throws -> Double {
    let metrics = try #require(policy["metrics"] as? [String: [String: Any]])
    return try #require(metrics[metric]?["mean"] as? Double, "\(metric)")
  }

  @Test func windowsBoundsAndFiles() throws {
    let place = try place()
    let outcome = try place.run(Self.arguments + ["--out", "out", "--warm-up", "1 day"])
    #expect(outcome.status == 0, "\(outcome.complaints)")
    #expect(outcome.output.contains("bound") && outcome.output.contains("3 windows"))
    let root = try json(place, "out/comparison.json")
    let windows = try #require((root["cases"] as? [[String: Any]])?[0]["windows"] as? [[String: Any]])
    #expect(windows.map { $0["warm_up_s"] as? Double } == [0, 86_400, 86_400])
    #expect(windows.map { $0["start"] as? String } == ["0 s", "518400 s", "1123200 s"])
    for policy in try policies(root) {
      // The scenario's own synthetic jobs are beside those of the trace.
      let submitted = try mean(policy, "submitted")
      #expect(submitted >= 168)
      // Sixteen GPUs are too few for some of the synthetic ones: refused, and every other job ends.
      // (Means over three windows, hence the rounding.)
      #expect(abs(try mean(policy, "completed") + mean(policy, "rejected") - submitted) < 1e-9)
      // Nothing beats a bound.
      let gaps = try #require(policy["gap_to_bound"] as? [String: Double])
      #expect(gaps.keys.sorted() == ["jct_mean_s", "jobs_carbon_t", "jobs_cost_usd"])
      for (metric, gap) in gaps { #expect(gap >= -1e-9, "\(metric)") }
    }
    for name in ["comparison.csv", "windows.csv", "report.html"] { #expect(place.exists("out/" + name)) }
    #expect(!place.exists("out/unfinished"))
    try place.refuse(Self.arguments + ["--out", "out"], "holds a finished comparison")
  }

  /// One window and no warm-up is the run that `emulate` makes.
  @Test func oneWindowIsWhatEmulateRuns() throws {
    let place = try place()
    let shared = [
      Built.root + "/Scenarios/two-sites.yaml", "--trace", "weeks.csv", "--until", "7 days", "--network", "ideal",
    ]
    #expect(try place.run(["emulate", "--policy", "fifo", "--driver", "inline", "--out", "run"] + shared).status == 0)
    #expect(try place.run(["compare", "--policies", "fifo", "--no-bounds", "--out", "out"] + shared).status == 0)
    let policy = try policies(json(place, "out/comparison.json"))[0]
    let digest = try #require(place.summary("run")["digest"] as? String)
    #expect(policy["digests"] as? [String] == [digest])
    let outcome = try place.run("report", "run", "-o", "page.html")
    #expect(outcome.status == 0 && place.exists("page.html"), "\(outcome.complaints)")
    try place.refuse(["report", "nowhere"], "nowhere")
  }

  /// A comparison that is killed leaves nothing that looks finished, and goes on to the same bytes.
  @Test func killedAndStartedAgain() throws {
    let place = try place()
    let arguments = Self.arguments + ["--jobs", "1"]
    #expect(try place.run(arguments + ["--out", "whole"]).status == 0)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Built.program)
    process.arguments = arguments + ["--out", "again"]
    process.currentDirectoryURL = URL(fileURLWithPath: place.path)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    // Killed as soon as a run is done and others are not.
    let until = Date().addingTimeInterval(50)
    while process.isRunning, Date() < until {
      let done = (try? FileManager.default.contentsOfDirectory(atPath: place.file("again/unfinished"))) ?? []
      if done.contains(where: { $0.hasSuffix(".json") }) { break }
      usleep(500)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let kept = (try? FileManager.default.contentsOfDirectory(atPath: place.file("again/unfinished"))) ?? []
    #expect(!kept.isEmpty && !place.exists("again/comparison.json"))
    #expect(try place.run(arguments + ["--out", "again"]).status == 0)
    for name in ["comparison.json", "comparison.csv", "windows.csv"] {
      #expect(try place.read("whole/" + name) == place.read("again/" + name), "\(name)")
    }
  }

  @Test func whatIfAndMatrix() throws {
    let place = try place()
    try place.write("two-sites.yaml", Built.scenario("two-sites.yaml"))
    try place.write(
      "matrix.yaml",
      """
      name: gpus
      scenarios: [two-sites.yaml]
      traces: [weeks.csv]
      policies: [fifo, sjf]
      vary: {'sites[*].gpus.count': [8, 64]}

      """)
    let outcome = try place.run("compare", "matrix.yaml", "--no-bounds", "--no-links", "--quiet", "--out", "out")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    #expect(outcome.output.contains("[2] sites[*].gpus.count=64"))
    let list = try policies(json(place, "out/comparison.json"))
    #expect(list.count == 4)
    // More GPUs, less waiting.
    #expect(try mean(list[2], "wait_mean_s") < mean(list[0], "wait_mean_s"))
    try place.write("wrong.yaml", "scenarios: [two-sites.yaml]\npolicy: fifo\n")
    try place.refuse(["compare", "wrong.yaml", "--out", "x"], "wrong.yaml:2", "policies")
    try place.refuse(["compare", "two-sites.yaml", "--policies", "fifo", "--vary", "seed", "--out", "x"], "--vary")
    try place.refuse(
      [
        "compare", "two-sites.yaml", "--trace", "weeks.csv", "--until", "7 days", "--policies", "fifo", "--replicates",
        "9",
        "--out", "x",
      ], "3 windows", "--replicates 3")
    try place.refuse(["compare", "two-sites.yaml", "--policies", "fifo,fifo", "--out", "x"], "twice")
  }

  /// Alibaba's 1,000 jobs on 24 GPUs: the two meanings of FIFO in one table.
  @Test func twoMeaningsOfFIFO() throws {
    let shared = URL(fileURLWithPath: Built.root).deletingLastPathComponent().path
    let trace = shared + "/shared/reference/scheduling/pai_1k.csv"
    guard FileManager.default.fileExists(atPath: trace) else {
      print("SKIPPED: no shared/reference/scheduling/pai_1k.csv beside the repository")
      #expect(ProcessInfo.processInfo.environment["CI"] == nil, "reference data are missing")
      return
    }
    let place = try Workplace()
    let outcome = try place.run(
      "compare", Built.root + "/Scenarios/one-cluster.yaml", "--trace", trace, "--format", "pai-sim", "--set",
      "sites[cluster].gpus.count=24", "--policies", "fifo,fifo-skip", "--quiet", "--out", "out")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    let list = try policies(json(place, "out/comparison.json"))
    #expect(abs(try mean(list[0], "jct_mean_s") - 14628.981) < 5e-4)
    #expect(abs(try mean(list[1], "jct_mean_s") - 13285.27) < 5e-3)
  }
}
