// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import Results
import Runs
import ScenarioFile
import Testing
import Topology

/// What fibre and optics change in actual runs.
@Suite struct OpticsRunTests {
  static func hollowCore(_ set: [(String, String)]) throws -> [String: Double] {
    let scenario = try ScenarioReader.read(
      path: root + "/Scenarios/hollow-core.yaml", overrides: ScenarioOverrides(set: set.map { ($0.0, $0.1) }))
    let scratch = try Scratch()
    let path = scratch.file("run")
    _ = try EmulationRun.new(scenario, at: path, options: options(.inline)).run()
    var seconds: [String: Double] = [:]
    for row in try CSV(path + "/jobs.csv").rows {
      seconds[row["job_id"]!] = Double(row["jct_s"]!)! - Double(row["wait_s"]!)!
    }
    return seconds
  }

  /// The same 1,361 km of two fibres, for a job that waits for light and for one that waits for bandwidth.
  ///
  /// An hour of steps of 90 ms is 40,000 steps. Each waits for a round trip, which is 2 x 1,361 x (4.895 - 3.35) us =
  /// 4.205 ms shorter in hollow core: 168.2 s less. An hour of steps of 10.3 s is 350 steps: 1.5 s less of what
  /// bandwidth makes 5,969 s. With twice the bandwidth it is the other way round.
  @Test func lightAndBandwidth() throws {
    let smf = try Self.hollowCore([])
    let hollow = try Self.hollowCore([("links[*].medium", "hollow-core")])
    let wide = try Self.hollowCore([("links[*].wavelengths", "2")])
    let (light, bandwidth) = ("latency-bound", "bandwidth-bound")
    #expect(abs(smf[light]! - hollow[light]! - 168.2) < 0.5)
    #expect(abs(smf[bandwidth]! - hollow[bandwidth]! - 1.5) < 0.5)
    // 40,000 x 13.39 ms (13.32 of light, the rest in modules, amplifiers and regeneration), on 3,600 s.
    #expect(abs(smf[light]! / 3600 - 1.149) < 0.002 && abs(hollow[light]! / 3600 - 1.102) < 0.002)
    #expect(smf[light]! - wide[light]! < 1)
    #expect(wide[bandwidth]! < 0.62 * smf[bandwidth]!)
  }

  static func small(_ set: [(String, String)], driver: RunOptions.Driver = .inline) throws -> Summary {
    let scenario = try ScenarioReader.parse(
      yaml: SmallFleet().yaml, file: "small.yaml", baseDirectory: root,
      overrides: ScenarioOverrides(set: set.map { ($0.0, $0.1) }))
    return try run(scenario, driver: driver)
  }

  /// Co-packaged and linear optics take what the catalogue says off the network of each site, and the energy account
  /// shows exactly that: nothing else has changed.
  @Test func opticsOfASiteShowInItsEnergy() throws {
    let usual = try Self.small([])
    for (optics, saved) in [("1.6t-cpo", 6.25), ("800g-lpo", 7.0)] {
      // Sites of up to 64 GPUs: one tier. A pluggable's 8.5 W for 400 Gb/s become 2.25 W at the switch, or 5 W at both.
      let other = try Self.small([("sites[*].fabric.optics", optics)])
      #expect(other.jobs.jct == usual.jobs.jct)
      for (a, b) in zip(usual.energy.bySite, other.energy.bySite) {
        let kilowatts = (try #require(a.networkKW)) - (try #require(b.networkKW))
        #expect(abs(kilowatts - saved * Double(a.gpus) / 1000) < 1e-9, "\(a.id)")
        let network = (try #require(a.networkMWh)) - (try #require(b.networkMWh))
        #expect(network > 0 && abs((a.mwh - b.mwh) / network - 1) < 1e-6, "\(a.id)")
        #expect(b.costUSD < a.costUSD && b.carbonTonnes < a.carbonTonnes && b.peakKW < a.peakKW)
      }
      #expect(other.digest != usual.digest)
    }
    let inline = try Self.small([("sites[*].fabric.optics", "1.6t-cpo")])
    #expect(try Self.small([("sites[*].fabric.optics", "1.6t-cpo")], driver: .processes).digest == inline.digest)
  }

  /// What a line takes is in the results term by term, and adds up.
  @Test func linesAreAccountedFor() throws {
    let plus = try Self.small([("links[*].distance", "900 km")])
    let zr = try Self.small([("links[*].distance", "900 km"), ("links[*].optics", "400zr")])
    for (summary, sites) in [(plus, 1), (zr, 8)] {
      for line in try #require(summary.wan.lines) {
        #expect(line.regenerationSites == sites)
        let sum =
          line.propagationMicroseconds + line.opticsMicroseconds + line.amplificationMicroseconds
          + line.regenerationMicroseconds + line.equipmentMicroseconds
        #expect(abs(line.delayMicroseconds - sum) < 1e-6)
        #expect(line.propagationMicroseconds == 4405.5)
        #expect(line.modules == 2 * line.wavelengths * (1 + sites))
      }
      let parts = try #require(summary.energy.wanParts)
      let sum = parts.router + parts.optics + parts.amplifiers + parts.regeneration + parts.switches
      #expect(abs(summary.energy.wanMWh / sum - 1) < 1e-9)
      #expect(abs(parts.regeneration / parts.optics - Double(sites)) < 1e-9)
    }
  }
}
