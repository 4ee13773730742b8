// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Quantities
import Results
import Runs
import ScenarioFile
import Testing

/// A demand that moves, followed by light or not. Small: six hours with one change of sides.
@Suite(.serialized) struct LightPathRunTests {
  func scenario(
    _ policy: String, period: Double = 3 * 3600, level: String = "fluid", more: [(String, String)] = []
  ) throws -> Scenario {
    let folder = try Scratch()
    var rows = "job_id,submit_s,gpus,duration_s,pin,model,data_home\n"
    for k in 0..<130 {
      let at = 10 + 165 * k
      rows += "j\(k),\(at),256,1200,\(Int(Double(at) / period) % 2 == 0 ? "east" : "west"),dlrm,hub\n"
    }
    try rows.write(toFile: folder.file("moving.csv"), atomically: true, encoding: .utf8)
    var overrides = ScenarioOverrides(
      set: [(path: "light_paths.policy", value: policy), (path: "network.level", value: level)]
        + more.map { (path: $0.0, value: $0.1) })
    overrides.trace = folder.file("moving.csv")
    overrides.format = "native"
    return try ScenarioReader.read(path: root + "/Scenarios/moving-demand.yaml", overrides: overrides).keeping(folder)
  }

  @Test(arguments: ["fluid", "ideal"])
  func followingWinsUntilTheDemandIsFaster(level: String) throws {
    let still = try run(try scenario("static", level: level))
    let following = try run(try scenario("demand-following", level: level))
    #expect(still.jobs.completed == 130 && following.jobs.completed == 130)
    #expect(still.lightPaths?.retunes == 0)
    #expect(following.lightPaths!.retunes == 2, "once for the east, once for the west")
    // 7 TB a job take 139 s at 400 Gb/s and 79 s at 700 Gb/s.
    let (slow, fast) = (still.wan.fctSlowdown.mean!, following.wan.fctSlowdown.mean!)
    #expect(following.jobs.jct.mean! < still.jobs.jct.mean! - 20)
    #expect(fast < 0.9 * slow, "slowdowns \(slow), \(fast)")
    // Every 15 minutes to the other side: what was seen is over when it is acted upon.
    let restless = try run(try scenario("demand-following", period: 900, level: level))
    let patient = try run(try scenario("static", period: 900, level: level))
    #expect(restless.jobs.completed == 130)
    #expect(restless.jobs.jct.mean! > patient.jobs.jct.mean! + 20)
  }

  /// Placement and light paths chosen together: wavelengths move when a demand begins, not an interval later, so that even
  /// a demand that changes sides every 15 minutes is served better than by wavelengths that stand still.
  @Test func longhaulMovesLightWithWhatItPlaces() throws {
    for period in [3 * 3600.0, 900] {
      let policy = [("scheduler.policy", "longhaul")]
      let still = try run(try scenario("static", period: period, more: policy))
      let following = try run(try scenario("demand-following", period: period))
      let together = try run(try scenario("placement", period: period, more: policy))
      #expect(together.jobs.completed == 130)
      #expect(together.lightPaths!.retunes > 0)
      #expect(together.jobs.jct.mean! < still.jobs.jct.mean! - 20)
      #expect(together.jobs.jct.mean! < following.jobs.jct.mean!)
      let apart = try run(try scenario("placement", period: period, more: policy), driver: .processes)
      #expect(apart.digest == together.digest)
    }
  }

  @Test func sameDigestInProcessesAndAfterAnInterruption() throws {
    let inline = try run(try scenario("demand-following"))
    #expect(try run(try scenario("demand-following"), driver: .processes).digest == inline.digest)
    let scratch = try Scratch()
    let read = try scenario("demand-following", more: [("light_paths.reconfiguration", "10 min")])
    let whole = try run(read)
    var first: EmulationRun? = try EmulationRun.new(read, at: scratch.file("run"), options: options(.inline))
    var isDue = false
    // While wavelengths are dark: the first look is at 15 minutes.
    first!.afterRound = { status, _ in isDue = status.time > .seconds(1000) }
    first!.shouldStop = { isDue }
    #expect(throws: Conductor.Interrupted.self) { try first!.run() }
    first = nil
    #expect(try EmulationRun.resume(scratch.file("run"), options: options(.inline)).run().digest == whole.digest)
  }

  /// Capacity follows the wavelengths: 7 x 100 Gb/s less 1 %, from a second after the first look on.
  @Test func availabilityAndLoadAreThoseOfTheLight() throws {
    let scratch = try Scratch()
    _ = try EmulationRun.new(try scenario("demand-following"), at: scratch.file("run"), options: options(.inline)).run()
    let rows = try String(contentsOfFile: scratch.file("run/light_paths.csv"), encoding: .utf8).split(separator: "\n")
      .dropFirst().map { $0.split(separator: ",").map(String.init) }
    #expect(rows.map { $0[3] } == ["hub-east", "hub-west", "hub-east", "hub-west", "hub-east", "hub-west"])
    #expect(rows.map { $0[4] } == ["4", "4", "7", "1", "1", "7"])
    #expect(Double(rows[2][0])! == 900)
    #expect(abs(Double(rows[2][1])! - 900.5) < 0.05)
    #expect(Double(rows[4][0])! == 3 * 3600 + 900)
  }
}
