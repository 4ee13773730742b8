// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `longhaul congestion` as a user calls it.
@Suite struct CongestionCommandTests {
  static let experiment = """
    name: small
    hosts: [near, far, sink]
    switches: [tor]
    links:
      - {between: [near, tor], rate: 40 Gb/s, delay: 0.5 us}
      - {between: [far, tor], rate: 40 Gb/s, distance: 80 km, medium: smf}
      - {between: [tor, sink], rate: 40 Gb/s, delay: 0.5 us, buffer: 32 MB, marking: {min: 1 MB, max: 2 MB, probability: 0.05}}
    flows:
      - {from: near, to: sink, size: unlimited}
      - {from: far, to: sink, size: 8 MB, start: 1 ms}
    algorithms: [distance-aware, {name: dcqcn, preset: paper}]
    warmup: 2 ms
    duration: 10 ms
    seeds: [1, 2]
    """

  private func results(_ place: Workplace, _ folder: String) throws -> [String: Any] {
    try #require(
      JSONSerialization.jsonObject(with: Data(try place.read("\(folder)/congestion.json").utf8)) as? [String: Any])
  }

  @Test(arguments: ["packet", "fluid"]) func processesGiveTheDigestOfOneProcess(network: String) throws {
    let place = try Workplace()
    try place.write("small.yaml", Self.experiment)
    var digests: [String] = []
    for driver in ["inline", "processes"] {
      let outcome = try place.run([
        "congestion", "small.yaml", "--network", network, "--driver", driver, "--out", driver, "--quiet",
      ])
      #expect(outcome.status == 0 && outcome.complaints == "", "\(outcome.complaints)")
      digests.append(try #require(try results(place, driver)["digest"] as? String))
    }
    #expect(digests[0] == digests[1])
  }

  @Test func leavesWhatTheInterfaceSays() throws {
    let place = try Workplace()
    try place.write("small.yaml", Self.experiment)
    let outcome = try place.run(["congestion", "small.yaml", "--out", "out"])
    #expect(outcome.status == 0, "\(outcome.complaints)")
    let json = try results(place, "out")
    #expect(json["name"] as? String == "small" && json["network"] as? String == "packet")
    let runs = try #require(json["runs"] as? [[String: Any]])
    #expect(runs.map { $0["algorithm"] as? String } == ["distance-aware", "distance-aware", "dcqcn", "dcqcn"])
    #expect(runs.map { $0["seed"] as? Int } == [1, 2, 1, 2])
    for run in runs {
      #expect(
        Set([
          "algorithm", "preset", "parameters", "seed", "flows", "ports", "jain", "collectives", "convergence_s",
          "engine",
        ]).isSubset(of: run.keys))
      let flows = try #require(run["flows"] as? [[String: Any]])
      // The far flow has an end, and has come to it; nothing can be faster than alone.
      #expect((flows[1]["slowdown"] as? Double ?? 0) >= 1)
      #expect(flows[0]["fct_s"] is NSNull)
      let ports = try #require(run["ports"] as? [[String: Any]])
      #expect(ports.contains { $0["name"] as? String == "tor->sink" })
    }
    #expect(place.exists("out/series.csv"))
    #expect(place.contents.filter { $0.hasSuffix(".svg") }.count == 4)
    #expect(!place.exists("out/unfinished"))
  }

  @Test func whatALevelDoesNotFollowIsRefused() throws {
    let place = try Workplace()
    try place.write("small.yaml", Self.experiment)
    let outcome = try place.run([
      "congestion", "small.yaml", "--network", "fluid", "--algorithms", "annulus", "--out", "out",
    ])
    #expect(outcome.status == 2 && outcome.complaints.contains("near-source"), "\(outcome.complaints)")
    #expect(!place.exists("out"))
  }

  @Test func finishedResultsAreNotOverwritten() throws {
    let place = try Workplace()
    try place.write("small.yaml", Self.experiment)
    let call = ["congestion", "small.yaml", "--algorithms", "distance-aware", "--seeds", "1", "--out", "out"]
    #expect(try place.run(call).status == 0)
    let before = try place.read("out/congestion.json")
    let again = try place.run(call)
    #expect(again.status == 2 && again.complaints.contains("--force"), "\(again.complaints)")
    #expect(try place.read("out/congestion.json") == before)
  }

  @Test(
    arguments: [
      (["--algorithms", "reno"], "unknown congestion control 'reno'"), (["--seeds", "one"], "--seeds"),
      (["--algorithms", "dcqcn:vendr"], "vendor"), (["--network", "wire"], "wire"),
    ])
  func badUsageIsRefused(arguments: [String], says: String) throws {
    let place = try Workplace()
    try place.write("small.yaml", Self.experiment)
    let outcome = try place.run(["congestion", "small.yaml", "--out", "out"] + arguments)
    #expect(outcome.status == 2 && outcome.complaints.contains(says), "\(outcome.complaints)")
    #expect(!place.exists("out"))
  }

  static let finite = """
    name: finite
    hosts: [{name: a, count: 2}, {name: c, count: 2}]
    switches: [s, t]
    links:
      - {between: [a, s], rate: 10 Gb/s, delay: 1 us}
      - {between: [s, t], rate: 10 Gb/s, delay: 50 us, buffer: 1 MB}
      - {between: [t, c], rate: 10 Gb/s, delay: 1 us}
    flows:
      - {from: a, to: c, size: 500 kB, start_jitter: 100 us}
    algorithms: [oracle, bbr]
    duration: 20 ms
    seeds: [1, 2, 3]
    """

  /// Two experiments at two levels: a table on standard output, the same figures as JSON beside it.
  @Test func oneLevelIsHeldAgainstAnother() throws {
    let place = try Workplace()
    try place.write("one.yaml", Self.finite)
    try place.write("two.yaml", Self.finite.replacing("name: finite", with: "name: other"))
    let call = ["congestion", "one.yaml", "two.yaml", "--against", "packet", "--out", "out"]
    let outcome = try place.run(call)
    #expect(outcome.status == 0, "\(outcome.complaints)")
    #expect(outcome.output.contains("agrees") || outcome.output.contains("overlap"))
    let json = try #require(
      JSONSerialization.jsonObject(with: Data(try place.read("out/agreement.json").utf8)) as? [String: Any])
    #expect(json["network"] as? String == "fluid" && json["against"] as? String == "packet")
    let experiments = try #require(json["experiments"] as? [[String: Any]])
    #expect(experiments.map { $0["name"] as? String } == ["finite", "other"])
    let rows = try #require(experiments[0]["algorithms"] as? [[String: Any]])
    #expect(rows.map { $0["algorithm"] as? String } == ["oracle", "bbr"])
    // Told the same rates, both levels take the same time but for the last packets' way.
    #expect(abs(try #require(rows[0]["error"] as? Double)) < 0.02)
    #expect(rows[0]["unfinished"] as? Int == 0 && rows[0]["flows"] as? Int == 6)
    #expect(!place.exists("out/unfinished"))
    // The same again is refused, and the same elsewhere gives the same figures.
    #expect(try place.run(call).status == 2)
  }

  @Test(
    arguments: [
      (["one.yaml", "two.yaml"], "expected one experiment"),
      (["one.yaml", "--against", "packet", "--network", "packet"], "other than packet"),
      (["one.yaml", "--against", "packet", "--driver", "processes"], "inline"),
      (["one.yaml", "--against", "packet", "--tolerance", "narrow"], "--tolerance"),
    ])
  func wrongComparisonsAreRefused(arguments: [String], says: String) throws {
    let place = try Workplace()
    try place.write("one.yaml", Self.finite)
    try place.write("two.yaml", Self.finite)
    let outcome = try place.run(["congestion"] + arguments + ["--out", "out"])
    #expect(outcome.status == 2 && outcome.complaints.contains(says), "\(outcome.complaints)")
    #expect(!place.exists("out"))
  }
}
