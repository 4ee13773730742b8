// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `longhaul congestion STUDY` as a user calls it.
@Suite struct StudyCommandTests {
  static let study = """
    name: small
    experiment:
      hosts: [near, far, sink]
      switches: [tor]
      links:
        - {between: [near, tor], rate: 40 Gb/s, delay: 0.5 us}
        - {between: [far, tor], rate: 40 Gb/s, distance: $distance}
        - {between: [tor, sink], rate: 40 Gb/s, delay: 0.5 us, buffer: 1 MB}
      flows:
        - {name: bulk, from: [near, far], to: sink, arrivals: {poisson: {load: 0.3, sizes: {uniform: [100 kB, 4 MB]}}}}
      warmup: 1 ms
      duration: 12 ms
    axes: {distance: [10 km, 20 km]}
    scale: 0.25
    measure: {port: tor->sink}
    baselines: [{name: cubic, tune: {beta: [0.7, 0.9]}}, {name: dcqcn, presets: [vendor, paper]}, annulus]
    tuning: {seeds: [101]}
    seeds: [1, 2]
    budget: 1 core-minutes
    """

  private func results(_ place: Workplace, _ folder: String) throws -> [String: Any] {
    try #require(
      JSONSerialization.jsonObject(with: Data(try place.read("\(folder)/study.json").utf8)) as? [String: Any])
  }

  /// One worker or four: the same bytes, engine figures aside; and everything that the documentation promises is there.
  @Test func workersChangeNothing() throws {
    let place = try Workplace()
    try place.write("small.yaml", Self.study)
    for jobs in ["1", "4"] {
      let outcome = try place.run(["congestion", "small.yaml", "--jobs", jobs, "--out", jobs, "--quiet"])
      #expect(outcome.status == 0 && outcome.complaints == "", "\(outcome.complaints)")
      #expect(outcome.output.contains("Score") && outcome.output.contains("of a budget of 60.0 core-seconds"))
    }
    for file in ["runs.csv", "study.csv", "study.svg"] {
      #expect(try place.read("1/\(file)") == place.read("4/\(file)"), "\(file)")
    }
    let (one, four) = (try results(place, "1"), try results(place, "4"))
    #expect(one["digest"] as? String == four["digest"] as? String)
    #expect(!place.exists("1/runs.log"))
    #expect(
      Set(["name", "network", "axes", "seeds", "tuning_seeds", "cells", "wins", "ties", "losses", "engine", "digest"])
        .isSubset(of: one.keys))
    let cells = try #require(one["cells"] as? [[String: Any]])
    #expect(cells.map { $0["distance"] as? String } == ["10 km", "20 km"])
    for cell in cells {
      let entries = try #require(cell["algorithms"] as? [[String: Any]])
      // Reference and candidate once, two baselines twice, one that is not tuned.
      #expect(entries.count == 2 + 4 + 1)
      let oracle = try #require(entries[0]["fct_over_reference"] as? [String: Any])
      #expect(oracle["mean"] as? Double == 1)
    }
    // Two cells: (oracle, candidate, annulus) x 2 seeds, cubic 2 + 3 and dcqcn 2 + 3, and what was chosen.
    let rows = try place.read("1/runs.csv").split(separator: "\n").count - 1
    #expect(rows >= 2 * 16 && rows <= 2 * 20, "\(rows)")
  }

  /// Killed in the middle, torn line and all: the same command goes on, and ends where an undisturbed run ends.
  @Test func killedInTheMiddle() throws {
    let place = try Workplace()
    try place.write("small.yaml", Self.study)
    let call = ["congestion", "small.yaml", "--jobs", "2", "--quiet", "--out"]
    #expect(try place.run(call + ["whole"]).status == 0)

    let process = Process()
    process.executableURL = URL(fileURLWithPath: Built.program)
    process.arguments = call + ["killed"]
    process.currentDirectoryURL = URL(fileURLWithPath: place.path)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    // As soon as a few runs are on disk; on a machine so fast that it is over by then, the check below says so.
    let log = place.file("killed/runs.log")
    func lines() -> Int { (FileManager.default.contents(atPath: log) ?? Data()).count { $0 == 10 } }
    while lines() < 3, process.isRunning { usleep(200) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal, "was over before it was killed")
    let before = lines()
    #expect(before >= 3 && !place.exists("killed/study.json"))
    // As if it had been killed while writing.
    let handle = try #require(FileHandle(forWritingAtPath: log))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("0123456789abcdef 0.5 12 0 0.00".utf8))
    try handle.close()
    #expect(try place.run(call + ["killed"]).status == 0)
    for file in ["runs.csv", "study.csv"] {
      #expect(try place.read("whole/\(file)") == place.read("killed/\(file)"), "\(file)")
    }
  }

  @Test func whatALevelDoesNotFollowIsLeftOutAndSaid() throws {
    let place = try Workplace()
    try place.write("small.yaml", Self.study)
    let outcome = try place.run([
      "congestion", "small.yaml", "--network", "fluid", "--only", "distance=10 km", "--seeds", "1", "--out", "out",
    ])
    #expect(outcome.status == 0 && outcome.output.contains("Left out     annulus"), "\(outcome.complaints)")
    #expect(try results(place, "out")["network"] as? String == "fluid")
  }

  @Test func finishedStudiesAreNotOverwritten() throws {
    let place = try Workplace()
    try place.write("small.yaml", Self.study)
    let call = ["congestion", "small.yaml", "--only", "distance=10 km", "--algorithms", "cubic", "--out", "out"]
    #expect(try place.run(call).status == 0)
    let again = try place.run(call)
    #expect(again.status == 2 && again.complaints.contains("--force"), "\(again.complaints)")
  }

  @Test(
    arguments: [
      (["--only", "distanse=10 km"], "Did you mean 'distance'?"), (["--driver", "processes"], "inline"),
      (["--scale", "0"], "--scale"), (["--jobs", "0"], "--jobs"), (["--algorithms", "qubic"], "'cubic'"),
    ])
  func badUsageIsRefused(arguments: [String], says: String) throws {
    let place = try Workplace()
    try place.write("small.yaml", Self.study)
    try place.refuse(["congestion", "small.yaml", "--out", "out"] + arguments, says)
  }

  @Test func mistakesInAStudyAreRefusedBeforeAnythingRuns() throws {
    let place = try Workplace()
    try place.write("port.yaml", Self.study.with("tor->sink", by: "tor->sinc"))
    try place.refuse(["congestion", "port.yaml", "--out", "out"], "port.yaml", "'tor->sink'")
    try place.write("parameter.yaml", Self.study.with("{beta: [0.7", by: "{bta: [0.7"))
    try place.refuse(["congestion", "parameter.yaml", "--out", "out"], "parameter.yaml:16", "'beta'")
    try place.write("preset.yaml", Self.study.with("paper]", by: "papre]"))
    try place.refuse(["congestion", "preset.yaml", "--out", "out"], "'paper'")
  }
}
