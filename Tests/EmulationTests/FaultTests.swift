// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Quantities
import Results
import Runs
import ScenarioFile
import Testing

/// The ring of five sites of which the scenario tells.
func ring(_ overrides: [(String, String)] = []) throws -> Scenario {
  try ScenarioReader.read(
    path: root + "/Scenarios/ring-with-a-cut.yaml",
    overrides: ScenarioOverrides(set: overrides.map { (path: $0.0, value: $0.1) }))
}

/// Four sites in a square, one job at a time, and what breaks on the way.
struct Square {
  var jobs: String
  var faults = "[]"
  var restoration = "{routing: 1 s}"
  var level = "fluid"
  var controller = "distance-aware"
  var extra = "{checkpoint: 0 s, checkpoint_interval: 10 min, failure_detection: 5 s}"
  var policy = "fifo-skip@first-fit"

  func scenario() throws -> Scenario {
    let folder = try Scratch()
    try ("job_id,submit_s,gpus,duration_s,model,data_home,splittable\n" + jobs)
      .write(toFile: folder.file("jobs.csv"), atomically: true, encoding: .utf8)
    let sites = ["a", "b", "c", "d"].map {
      "  - {id: \($0), at: {latitude: 40, longitude: -90}, gpus: {model: h100, count: 16, per_node: 8, scale_up_domain: 8},"
        + " power: {pue: 1}, price: {constant: 40 USD/MWh}, carbon: {constant: 400 g/kWh}}"
    }.joined(separator: "\n")
    let links = ["[a, b]", "[b, c]", "[c, d]", "[d, a]"].map {
      "  - {between: \($0), distance: 200 km, optics: 400zr-plus, wavelengths: 1}"
    }.joined(separator: "\n")
    return try ScenarioReader.parse(
      yaml: """
        name: square
        sites:
        \(sites)
        links:
        \(links)
        coordinator: {site: d, processing_delay: 1 ms}
        network: {level: \(level), congestion_control: \(controller)}
        scheduler: {policy: '\(policy)', estimates: exact}
        workloads: [{trace: '\(folder.file("jobs.csv"))', format: native}]
        models: {assignment: none, data_home: uniform, seed: 7}
        jobs: \(extra)
        faults: \(faults)
        restoration: \(restoration)
        """, file: "square.yaml", baseDirectory: folder.path, overrides: ScenarioOverrides()
    ).keeping(folder)
  }
}

/// Scratch folders of scenarios that tests have made, which live as long as the tests.
nonisolated(unsafe) private var kept: [Scratch] = []
private let lock = NSLock()
extension Scenario {
  func keeping(_ folder: Scratch) -> Scenario {
    lock.withLock { kept.append(folder) }
    return self
  }
}

@Suite struct FaultTests {
  /// 600 GB from a to d take 12 s at 400 Gb/s over the fibre between them, which is cut after 5 s. One second later the
  /// rest takes the way by b and c: 13 s, and not a byte is missing.
  @Test(arguments: ["fluid", "ideal"])
  func transfersTakeAnotherWay(level: String) throws {
    func start(_ faults: String, _ restoration: String = "{routing: 1 s}") throws -> Double {
      // 22.6 MB/s a GPU is what dlrm reads: 8 GPUs for 3318.6 s consume 600 GB. Three jobs fill a, b and c, so that only d
      // has room, and the data has to travel there.
      let fillers = (1...3).map { "x\($0),0,16,20000,,,false\n" }.joined()
      let square = Square(
        jobs: fillers + "one,1,8,3318.584,dlrm,a,false\n", faults: faults, restoration: restoration, level: level)
      let scenario = try square.scenario()
      let scratch = try Scratch()
      let summary = try EmulationRun.new(scenario, at: scratch.file("run"), options: options(.inline)).run()
      #expect(summary.jobs.completed == 4)
      let text = try String(contentsOfFile: scratch.file("run/placements.csv"), encoding: .utf8)
      let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("one,") }).split(
        separator: ",", omittingEmptySubsequences: false)
      #expect(row[2] == "d")
      #expect(summary.wan.bytes == 600_000_000_000 || abs(summary.wan.bytes - 600_000_000_000) < 20_000_000)
      return Double(row[9])! - 1
    }
    let undisturbed = try start("[]")
    // The fluid level grants 99 % of a line.
    #expect(undisturbed > 12 && undisturbed < 12 / 0.99 + 0.05)
    // Site d is a neighbour of a: the way is the fibre d-a itself, and the other one by b and c.
    let cut = "[{link: d-a, at: 6 s, duration: 12 h}]"
    let other = try start(cut)
    #expect(abs(other - undisturbed - 1) < 0.05, "the time until routes follow: \(other) s")
    let protected = try start(cut, "{protection: 50 ms}")
    #expect(abs(protected - undisturbed - 0.05) < 0.05, "50 ms: \(protected) s")
    #expect(protected > undisturbed + 0.045)
    // Mended after 20 s: the way by the fibre is taken again, or it was waited for.
    let waited = try start("[{link: d-a, at: 6 s, duration: 20 s}]", "{routing: none}")
    #expect(abs(waited - undisturbed - 20) < 0.05, "the time of repair: \(waited) s")
    // No way is left: what remains waits at its source.
    let island = "[{link: d-a, at: 6 s, duration: 20 s}, {link: c-d, at: 3 s, duration: 40 s}]"
    let stranded = try start(island)
    // The ideal network is there with the fibre, sites have to hear of it.
    #expect(
      abs(stranded - undisturbed - (level == "ideal" ? 20 : 21)) < 0.05,
      "until the first fibre is mended and routes follow: \(stranded) s")
  }

  /// A job of an hour that computes from the first instant on loses its site 25 minutes into it: the checkpoint of minute
  /// 20 is what is left, and 5 minutes x 16 GPUs are lost. It is placed again when 5 s of silence have passed.
  @Test(arguments: ["fluid", "ideal"], ["site", "power"])
  func jobsGoBackToTheirCheckpoint(level: String, kind: String) throws {
    let square = Square(
      jobs: "one,0,16,3600,,,false\n", faults: "[{site: a, kind: \(kind), at: 25 min, duration: 2 h}]", level: level)
    let summary = try run(try square.scenario())
    #expect(summary.jobs.completed == 1 && summary.jobs.unfinished == 0)
    let faults = try #require(summary.faults)
    #expect(faults.jobsLost == 1 && faults.jobsHit == 1)
    #expect(abs(faults.lostGPUHours - 5.0 / 60 * 16) < 0.01)
    // 25 min, the silence, and the 40 min that were not saved; a few ms for the words.
    #expect(abs(summary.jobs.jct.mean! - (25 * 60 + 5 + 40 * 60)) < 0.1, "\(summary.jobs.jct.mean!)")
    let end = summary.jobs.makespan!
    #expect(abs(faults.sites[0].availability - 25 * 60 / end) < 1e-6)
    #expect(faults.sites[1].availability == 1)
    let links = faults.links.map(\.availability).min()!
    #expect(abs(links - (kind == "site" ? faults.sites[0].availability : 1)) < 1e-9)
  }

  /// A site without power draws none. 1 h of an empty fleet of 4 x 16 GPUs with one site away for half of it.
  @Test func nothingDrawsPowerInAnOutage() throws {
    func idle(_ faults: String) throws -> Double {
      try run(try Square(jobs: "one,0,8,3600,,,false\n", faults: faults).scenario()).energy.idleMWh
    }
    let all = try idle("[]")
    let less = try idle("[{site: b, at: 10 min, duration: 30 min}]")
    // 56 GPUs idle for an hour; 16 of them for half of it are saved.
    #expect(abs(less / all - (56 - 8) / 56.0) < 1e-3)
  }

  /// Jobs over two sites lose a member, or their leader; both come back.
  @Test(arguments: ["a", "b"], ["fluid", "ideal"])
  func splitJobsLoseAMember(site: String, level: String) throws {
    // 24 GPUs: 16 at a, which leads, and 8 at b.
    var square = Square(
      jobs: "one,0,24,3600,llama-3-8b,,true\n", faults: "[{site: \(site), kind: power, at: 25 min, duration: 2 h}]",
      level: level)
    let whole = try run(try Square(jobs: square.jobs, level: level).scenario())
    let summary = try run(try square.scenario())
    #expect(summary.jobs.completed == 1 && summary.jobs.split == 1)
    let lost = try #require(summary.faults).lostGPUHours
    // Five minutes, and what a leader that has not heard yet takes for work in the silence.
    #expect(lost > 4.0 / 60 * 24 && lost <= (5.0 + 5.1 / 60) / 60 * 24)
    let more = summary.jobs.jct.mean! - whole.jobs.jct.mean!
    #expect(more > 250 && more < 400, "five minutes again, and the silence: \(more) s")
    square.faults = "[{site: \(site), at: 25 min, duration: 3 s}]"
    let brief = try run(try square.scenario())
    #expect(brief.jobs.completed == 1 && brief.faults!.jobsLost == 1, "an outage shorter than the silence")
  }

  /// What the scenario is there for: nothing dies of the cut, it costs something, and less than without another way.
  @Test func aCutOnARing() throws {
    let whole = try run(try ring([("faults", "[]")]))
    let cut = try run(try ring())
    let waiting = try run(try ring([("restoration", "{routing: none}")]))
    for summary in [whole, cut, waiting] {
      #expect(summary.jobs.completed == summary.jobs.submitted && summary.jobs.unfinished == 0)
    }
    #expect(cut.jobs.split == 2)
    let (a, b, c) = (whole.jobs.jct.mean!, cut.jobs.jct.mean!, waiting.jobs.jct.mean!)
    #expect(a + 1 < b && b + 100 < c, "mean completion: \(a), \(b), \(c) s")
    let link = try #require(cut.faults?.links.first { $0.id == "atlanta-abilene" })
    #expect(link.availability < 0.7 && link.availability > 0.5)
    #expect(whole.faults == nil)
  }
}

/// The digest does not depend on who runs the machines, nor on deaths among them.
@Suite(.serialized) struct FaultDriverTests {
  static let faults =
    "[{link: atlanta-abilene, at: 6 h, duration: 3 h}, {site: ashburn, at: 8 h, duration: 2 h}, "
    + "{site: abilene, kind: power, at: 9 h, duration: 1 h}, {random: fibre-cuts, until: 20 h, mtbf: 200 h, repair: 1 h}]"

  @Test(arguments: ["fluid", "ideal"])
  func sameDigestInProcesses(level: String) throws {
    let overrides = [("faults", Self.faults), ("network.level", level)]
    let inline = try run(try ring(overrides))
    #expect(inline.faults!.jobsLost > 0)
    #expect(try run(try ring(overrides), driver: .processes).digest == inline.digest)
  }

  @Test func theCutInBothDriversAndUnderKills() throws {
    let inline = try run(try ring())
    let scratch = try Scratch()
    let run = try EmulationRun.new(try ring(), at: scratch.file("run"), options: options(.processes))
    var rounds = 0
    var killed = 0
    run.afterRound = { status, agents in
      rounds += 1
      // One before the cut, one while it lasts, one after.
      if killed == 0, status.time > .hour * 3 {
        killed = 1
        kill(agents[0], SIGKILL)
      }
      if killed == 1, status.time > .hour * 7 {
        killed = 2
        kill(agents[2], SIGKILL)
      }
      if killed == 2, status.time > .hour * 19 {
        killed = 3
        kill(agents[3], SIGTERM)
      }
    }
    let summary = try run.run()
    #expect(summary.engine.restarts == 3)
    #expect(summary.digest == inline.digest)
  }

  /// Stopped while a fibre is dark and a site without power, and resumed.
  @Test func resumedInAnOutage() throws {
    let overrides = [("faults", Self.faults)]
    let undisturbed = try run(try ring(overrides))
    let scratch = try Scratch()
    let path = scratch.file("run")
    var run: EmulationRun? = try EmulationRun.new(try ring(overrides), at: path, options: options(.inline))
    for stop in [7.0, 8.5, 9.5] {
      var isDue = false
      run!.afterRound = { status, _ in isDue = status.time > .seconds(stop * 3600) }
      run!.shouldStop = { isDue }
      #expect(throws: Conductor.Interrupted.self) { try run!.run() }
      run = nil
      run = try EmulationRun.resume(path, options: options(.inline))
    }
    #expect(try run!.run().digest == undisturbed.digest)
  }
}
