// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Where results go, and what must never be lost there.
@Suite struct RunDirectoryTests {
  static let results = ["jobs.csv", "placements.csv", "sites.csv", "links.csv", "run.sqlite", "summary.json"]

  static func arguments(_ out: String) -> [String] {
    ["emulate", Built.root + "/Scenarios/one-cluster.yaml", "--trace", "jobs.csv", "--driver", "inline", "--out", out]
  }

  @Test func aRunLeavesItsResultsAndNothingHalfWritten() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    let outcome = try place.run(Self.arguments("run"))
    #expect(outcome.status == 0, "\(outcome.complaints)")
    for name in Self.results + ["scenario.yaml"] { #expect(place.exists("run/" + name), "\(name)") }
    #expect(!place.contents.contains { $0.hasSuffix(".partial") })
    #expect(outcome.output.contains("Results in   run"))
  }

  @Test func standardOutputCarriesResultsOnly() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    let loud = try place.run(Self.arguments("loud"))
    let quiet = try place.run(Self.arguments("quiet") + ["--quiet"])
    #expect(loud.status == 0 && quiet.status == 0)
    #expect(quiet.complaints == "", "--quiet leaves nothing to say")
    // The tables differ in the name of the folder and in how long it took.
    func lasting(_ text: String) -> [String] {
      text.components(separatedBy: "\n").filter { !$0.hasPrefix("Engine") && !$0.hasPrefix("Results in") }
    }
    #expect(lasting(loud.output) == lasting(quiet.output))
    #expect(!loud.output.contains("\r") && !loud.output.contains("\u{1B}"))
  }

  @Test func theSameRunGivesTheSameDigest() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    #expect(try place.run(Self.arguments("a")).status == 0)
    #expect(try place.run(Self.arguments("b")).status == 0)
    let digest = try #require(place.summary("a")["digest"] as? String)
    #expect(try place.summary("b")["digest"] as? String == digest && digest.count == 64)
    for name in ["jobs.csv", "placements.csv", "sites.csv", "links.csv"] {
      #expect(try place.read("a/" + name) == place.read("b/" + name))
    }
  }

  @Test func aFinishedRunIsNotOverwritten() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    #expect(try place.run(Self.arguments("run")).status == 0)
    let before = try Self.results.map { try Data(contentsOf: URL(fileURLWithPath: place.file("run/" + $0))) }
    try place.refuse(Self.arguments("run"), "run", "finished run", "--out")
    #expect(try Self.results.map { try Data(contentsOf: URL(fileURLWithPath: place.file("run/" + $0))) } == before)
    // Saying so replaces it.
    #expect(try place.run(Self.arguments("run") + ["--force"]).status == 0)
    #expect(place.exists("run/summary.json"))
    try place.refuse(["resume", "run"], "finished")
  }

  /// Bad input must not cost the run that is there, even with `--force`.
  @Test func forceWithBadInputLosesNothing() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    #expect(try place.run(Self.arguments("run")).status == 0)
    let before = try place.read("run/summary.json")
    try place.refuse(Self.arguments("run") + ["--force", "--policy", "fofi"], "fofi")
    try place.refuse(Self.arguments("run") + ["--force", "--format", "philly"], "jobs.csv")
    #expect(try place.read("run/summary.json") == before)
  }

  @Test func aFolderOfOtherThingsIsLeftAlone() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    try FileManager.default.createDirectory(atPath: place.file("home"), withIntermediateDirectories: true)
    try place.write("home/thesis.tex", "years of work")
    for extra in [[], ["--force"]] {
      try place.refuse(Self.arguments("home") + extra, "home", "thesis.tex", "--out")
      #expect(try place.read("home/thesis.tex") == "years of work")
    }
  }

  /// The lock that a running process would hold.
  @Test func aFolderInUseIsLeftAlone() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    try FileManager.default.createDirectory(atPath: place.file("run"), withIntermediateDirectories: true)
    let descriptor = open(place.file("run"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    try place.refuse(Self.arguments("run"), "run", "another process")
    try place.refuse(["resume", "run"], "run", "another process")
    close(descriptor)
    #expect(try place.run(Self.arguments("run")).status == 0)
  }

  @Test func aPlaceThatCannotBeWritten() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    try place.write("file", "no folder")
    try place.refuse(Self.arguments("file/run"), "file/run")
    try place.refuse(Self.arguments("file"), "file")
    #expect(try place.read("file") == "no folder")
    try place.refuse(Self.arguments("/proc/longhaul"), "/proc/longhaul")
  }

  @Test func onlyRunsCanBeResumed() throws {
    let place = try Workplace()
    try place.refuse(["resume", "nowhere"], "nowhere")
    try FileManager.default.createDirectory(atPath: place.file("empty"), withIntermediateDirectories: true)
    try place.refuse(["resume", "empty"], "empty", "not a run directory")
  }

  @Test func withoutOutRunsAreNumbered() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    let arguments = Array(Self.arguments("").dropLast(2))
    for number in 1...2 {
      #expect(try place.run(arguments).status == 0)
      #expect(place.exists("runs/one-cluster-\(number)/summary.json"))
    }
  }

  @Test func compareLeavesItsTable() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    let outcome = try place.run(
      "compare", Built.root + "/Scenarios/one-cluster.yaml", "--trace", "jobs.csv", "--policies", "fifo,sjf", "--out",
      "both")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    #expect(outcome.output.contains("fifo") && outcome.output.contains("sjf"))
    let data = try Data(contentsOf: URL(fileURLWithPath: place.file("both/comparison.json")))
    let comparison = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect((comparison["policies"] as? [Any])?.count == 2)
    #expect(place.exists("both/comparison.csv"))
  }

  /// A fleet with a network, from the smallest scenario that has one.
  @Test func twoSitesRun() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    let outcome = try place.run(
      "emulate", Built.root + "/Scenarios/two-sites.yaml", "--trace", "jobs.csv", "--driver", "inline", "--out", "run")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    let jobs = try #require(place.summary("run")["jobs"] as? [String: Any])
    #expect(jobs["unfinished"] as? Int == 0)
    // The rest was synthesised, and says so.
    #expect(try place.summary("run").description.contains("synthetic"))
  }
}
