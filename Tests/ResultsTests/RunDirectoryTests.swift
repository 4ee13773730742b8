// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records
import Results
import Testing

@Suite struct RunDirectoryTests {
  let results = ["jobs.csv", "placements.csv", "sites.csv", "links.csv", "run.sqlite", "portrait.json", "summary.json"]

  func names(_ path: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

  @Test func nothingLooksFinishedBeforeTheEnd() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("deep/run/")
    let directory = try Fixture.directory(path)
    #expect(!RunDirectory.isFinished(path))
    #expect(try names(path) == ["log", "records.bin", "scenario.yaml", "state"])
    #expect(throws: ResultsError.notFinished(directory.path)) { try RunDirectory.readSummary(path) }
    _ = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
    #expect(RunDirectory.isFinished(path))
    #expect(try names(path) == (results + ["log", "records.bin", "scenario.yaml", "state"]).sorted())
    #expect(try contents(directory.scenarioPath) == "name: two-regions\n")
  }

  @Test func finishingTwiceIsRefusedAndChangesNothing() throws {
    let folder = try TemporaryFolder()
    let directory = try Fixture.directory(folder.path("run"))
    _ = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
    let before = try contents(directory.summaryPath)
    #expect(throws: ResultsError.alreadyFinished(directory.path)) {
      try directory.finish(info: Fixture.info(policy: "sjf"), inputs: Fixture.inputs)
    }
    #expect(try contents(directory.summaryPath) == before)
  }

  @Test func aDirectoryInUseIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("run")
    do {
      let holder = try Fixture.directory(path)
      #expect(throws: ResultsError.inUse(path)) { try RunDirectory.open(path) }
      #expect(throws: ResultsError.inUse(path)) { try RunDirectory.create(path, force: true) }
      withExtendedLifetime(holder) {}
    }
    let directory = try RunDirectory.open(path)
    _ = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
  }

  @Test func otherRunsAndFilesAreNotOverwritten() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("run")
    do { _ = try Fixture.directory(path) }
    #expect(throws: ResultsError.holdsUnfinishedRun(path)) { try RunDirectory.create(path) }
    do { _ = try RunDirectory.open(path).finish(info: Fixture.info(), inputs: Fixture.inputs) }
    #expect(throws: ResultsError.holdsFinishedRun(path)) { try RunDirectory.create(path) }
    #expect(throws: ResultsError.alreadyFinished(path)) { try RunDirectory.open(path) }
    #expect(RunDirectory.isFinished(path))

    try Data("mine".utf8).write(to: URL(fileURLWithPath: path + "/notes.txt"))
    try Data("old".utf8).write(to: URL(fileURLWithPath: path + "/log/omaha.log"))
    do {
      let again = try RunDirectory.create(path, force: true)
      #expect(try names(path) == ["log", "notes.txt", "state"])
      #expect(try names(again.logFolder) == [])
    }

    let other = folder.path("other")
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    #expect(throws: Never.self) { _ = try RunDirectory.create(other) }
    // Interrupted before it wrote anything: taken again.
    try Data("name".utf8).write(to: URL(fileURLWithPath: other + "/scenario.yaml.partial"))
    #expect(throws: Never.self) { _ = try RunDirectory.create(other) }
    #expect(try names(other) == ["log", "state"])
    for name in ["log", "state"] { try FileManager.default.removeItem(atPath: other + "/" + name) }
    try Data("mine".utf8).write(to: URL(fileURLWithPath: other + "/thesis.tex"))
    for force in [false, true] {
      #expect(throws: ResultsError.holdsOtherFiles(other, "thesis.tex")) {
        try RunDirectory.create(other, force: force)
      }
    }
    #expect(throws: ResultsError.notARun(other)) { try RunDirectory.open(other) }
    #expect(try names(other) == ["thesis.tex"])
  }

  /// A folder stands where a file must go, so that the step that creates it, or gives it its name, fails.
  @Test(arguments: [
    "run.sqlite.partial", "sites.csv.partial", "summary.json.partial", "jobs.csv", "links.csv", "run.sqlite",
  ])
  func failureOnTheWayLeavesNoSummary(obstacle: String) throws {
    let folder = try TemporaryFolder()
    let directory = try Fixture.directory(folder.path("run"))
    let blocked = directory.path + "/" + obstacle
    try FileManager.default.createDirectory(atPath: blocked + "/in the way", withIntermediateDirectories: true)
    #expect(throws: (any Error).self) { try directory.finish(info: Fixture.info(), inputs: Fixture.inputs) }
    #expect(!RunDirectory.isFinished(directory.path))
    #expect(!FileManager.default.fileExists(atPath: directory.summaryPath))
    try FileManager.default.removeItem(atPath: blocked)
    _ = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
    #expect(RunDirectory.isFinished(directory.path))
    #expect(try names(directory.path).filter { $0.hasSuffix(".partial") } == [])
  }

  @Test func aTornLogLeavesNoSummary() throws {
    let folder = try TemporaryFolder()
    let directory = try Fixture.directory(folder.path("run"))
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: directory.recordsPath))
    let end = try handle.seekToEnd()
    try handle.truncate(atOffset: end - 1)
    do {
      _ = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
      Issue.record("a torn log became results")
    } catch { #expect("\(error)".contains(directory.recordsPath)) }
    #expect(!FileManager.default.fileExists(atPath: directory.summaryPath))
    #expect(!FileManager.default.fileExists(atPath: directory.jobsPath))
  }

  @Test func impossibleRecordsAreRefused() throws {
    let impossible: [(Record, String)] = [
      (Fixture.job(9, .completed, s(0), s(1), sites: 1, network: .zero, wan: 0, preemptions: 0), "job 9"),
      (Fixture.records[0], "second report of job 'a'"),
      (Fixture.records[10], "hour 0 of site 'columbus'"),
      (Fixture.records[14], "second report of port 1"),
      (Fixture.stay(0, 0, site: 2, gpus: 1, s(0), s(1), 0, 0, 0), "site 2"),
      (Fixture.stay(0, 0, site: 0, gpus: 1, s(2), s(1), 0, 0, 0), "job 'a'"),
      (Fixture.stay(0, 0, site: 0, gpus: 1, s(0), s(1), .nan, 0, 0), "not finite"),
      (Fixture.hour(0, -1, s(3600), busy: 0, idle: 0, kWh: 0, idleKWh: 0), "hour -1"),
    ]
    for (record, words) in impossible {
      let folder = try TemporaryFolder()
      let directory = try Fixture.directory(folder.path("run"), records: Fixture.records + [record])
      do {
        _ = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
        Issue.record("accepted: \(record)")
      } catch { #expect("\(error)".contains(words), "\(error)") }
    }
    let folder = try TemporaryFolder()
    let early = Fixture.job(3, .completed, s(39), s(50), sites: 1, network: .zero, wan: 0, preemptions: 0)
    let directory = try Fixture.directory(folder.path("run"), records: [early])
    #expect(throws: ResultsError.self) { try directory.finish(info: Fixture.info(), inputs: Fixture.inputs) }
  }
}
