// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `longhaul model`, `scenario from-topology` and `topology check`.
@Suite struct ModelCommandTests {
  @Test func theCurveIsACSV() throws {
    let outcome = try Workplace().run(
      "model", "curve", "nemotron-4-340b", "--gpus", "3072", "--rates", "0.4 Tb/s,1.6 Tb/s", "--round-trips",
      "0 ms,50 ms", "--parallelism", "data", "--parallelism", "data(overlap=none)")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[0] == "parallelism,round_trip_ms,rate_gbps,step_s,throughput,computing,demand_gbps,gigabytes_a_step")
    #expect(lines.count == 9)
    // 5.44 Tb at 1.6 Tb/s hide behind 6.87 s: at most half a per cent is lost, without overlap 3.4 of 13.7 s.
    #expect(lines[2].contains(",0.99") && lines[6].contains(",0.75"))
  }

  /// The first cell of Streaming DiLoCo's row: 196.6 Gb/s.
  @Test func theNeedIsThatOfThePaper() throws {
    let outcome = try Workplace().run(
      "model", "need", "--parameters", "100e9", "--layers", "108", "--step", "4.9 s", "--parallelism", "data")
    #expect(outcome.output.contains("gbps_50,gbps_80,gbps_90,gbps_95,gbps_99"))
    #expect(outcome.output.contains("\",196.6,358.6,423.2,457.9,486.9"))
  }

  @Test func publishedResultsAreShown() throws {
    let outcome = try Workplace().run("model", "published")
    for words in ["x1.068", "0.79 Tb/s", "ratio     595"] { #expect(outcome.output.contains(words), "\(words)") }
  }

  @Test func badQuestionsAreRefused() throws {
    let place = try Workplace()
    try place.refuse(["model", "curve", "nemotron"], "nemotron-4-340b")
    try place.refuse(["model", "curve", "dlrm"], "all-to-all")
    try place.refuse(["model", "curve", "--parameters", "1e9"], "--layers")
    try place.refuse(["model", "curve", "gpt2-xl", "--rates", "5"], "--rates", "unit")
    try place.refuse(["model", "curve", "gpt2-xl", "--parallelism", "expert"], "all-to-all")
    try place.refuse(["model", "curve", "gpt2-xl", "--parallelism", "dilco"], "did you mean 'diloco'")
    try place.refuse(["model", "need", "gpt2-xl", "--utilisations", "100"], "between 0 and 100")
    try place.refuse(["model", "curve", "gpt2-xl", "--sites", "1"], "--sites")
  }
}

@Suite struct MapCommandTests {
  static let map = """
    graph [
      node [ id 0 label "Omaha" Latitude 41.26 Longitude -95.94 ]
      node [ id 1 label "Chicago" Latitude 41.88 Longitude -87.63 ]
      node [ id 2 label "Columbus" Latitude 39.96 Longitude -83.00 ]
      edge [ source 0 target 1 LinkSpeedRaw 400000000000.0 ]
      edge [ source 1 target 2 ]
    ]
    """

  /// What is written runs as it is.
  @Test func aMapBecomesAScenarioThatRuns() throws {
    let place = try Workplace()
    try place.write("map.gml", Self.map)
    let made = try place.run(
      "scenario", "from-topology", "map.gml", "--sites", "Omaha,Columbus", "--gpus", "512", "-o", "map.yaml")
    #expect(made.status == 0 && made.output == "", "\(made.complaints)")
    for words in ["assumed:", "no capacity in the map", "paths through nodes that are not sites"] {
      #expect(made.complaints.contains(words))
    }
    let text = try place.read("map.yaml")
    #expect(text.contains("# omaha-columbus passes Chicago."))
    // Great circles of 695 and 443 km, times 1.3.
    #expect(text.contains("distance: 14") && text.contains("km"))
    let run = try place.run("emulate", "map.yaml", "--driver", "inline", "--quiet", "--out", "run")
    #expect(run.status == 0, "\(run.complaints)")
    let assumptions = try #require(try place.summary("run")["assumptions"] as? [String])
    #expect(assumptions.contains { $0.contains("paths through nodes that are not sites") })
    // Standard output takes it as well, and nothing is overwritten unasked.
    let shown = try place.run("scenario", "from-topology", "map.gml", "--sites", "0,2")
    #expect(shown.output.contains("sites:"))
    try place.refuse(["scenario", "from-topology", "map.gml", "--sites", "0,2", "-o", "map.yaml"], "--force")
  }

  @Test func badMapsAreRefused() throws {
    let place = try Workplace()
    try place.write("map.gml", Self.map)
    try place.write("torn.gml", String(Self.map.dropLast(1)))
    try place.refuse(["scenario", "from-topology", "map.gml", "--sites", "Omaha,Columbo"], "did you mean 'Columbus'")
    try place.refuse(["scenario", "from-topology", "map.gml", "--sites", "Omaha"], "at least two")
    try place.refuse(["scenario", "from-topology", "torn.gml", "--sites", "0,2"], "torn.gml, line 1", "not closed")
    try place.refuse(["scenario", "from-topology", "none.gml", "--sites", "0,2"], "none.gml")
    try place.refuse(["scenario", "from-topology", "map.gml"], "--sites")
    try place.refuse(["topology", "check", "nowhere"], "nowhere", "us-east-1.dat")
  }

  @Test func roundTripsAreChecked() throws {
    let place = try Workplace()
    try place.write("us-east-1.dat", "10/10.5/12/0.1:us-east-2\n")
    try place.write("us-east-2.dat", "10/10.7/12/0.1:us-east-1\n")
    let outcome = try place.run("topology", "check", ".")
    // 483.6 km: 4.73 ms of light, 10.6 ms measured.
    #expect(outcome.status == 0 && outcome.output.contains("2.24"), "\(outcome.output)\(outcome.complaints)")
    // A folder of data has them further down.
    try FileManager.default.createDirectory(atPath: place.file("data/wan/rtt-x"), withIntermediateDirectories: true)
    for name in ["us-east-1.dat", "us-east-2.dat"] {
      try FileManager.default.copyItem(atPath: place.file(name), toPath: place.file("data/wan/rtt-x/" + name))
    }
    #expect(try place.run("topology", "check", "data").output == outcome.output)
    #expect(
      try place.run("topology", "check", ".", "--pairs").output.contains("us-east-1,us-east-2,483.6,10.600,2.239"))
  }
}
