// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Scenarios that are wrong, and some that only look so.
@Suite struct ScenarioInputTests {
  /// Each line of the list spoils Scenarios/two-sites.yaml in one place. The message has to name the file, the place and
  /// what to do.
  static let spoilt: [(old: String, new: String, words: [String])] = [
    ("cap: 150 kW", "cap: 150 km", ["sites[omaha].power.cap", "'150 km'", "kW"]),
    ("distance: 1445 km", "distance: 1445", ["links[omaha-columbus].distance", "'1445'", "unit"]),
    ("wavelengths: 2", "wavelenghts: 2", ["wavelenghts", "unknown field", "Did you mean 'wavelengths'?"]),
    ("id: columbus", "id: omaha", ["'omaha'", "listed twice"]),
    ("[omaha, columbus]", "[omaha, atlanta]", ["'atlanta'"]),
    ("wavelengths: 2", "wavelengths: 0", ["wavelengths", "at least 1", "found 0"]),
    ("count: 32", "count: 0", ["sites[columbus].gpus.count", "at least 1", "found 0"]),
    ("count: 32", "count: -4", ["sites[columbus].gpus.count"]),
    ("model: h100, count: 32", "model: h10O, count: 32", ["h10O"]),
    ("optics: 800zr-plus", "optics: 800zr-minus", ["800zr-minus"]),
    ("pue: 1.15}\n    price: {constant", "pue: 0.5}\n    price: {constant", ["sites[columbus].power.pue"]),
    ("level: fluid", "level: liquid", ["network.level", "'liquid'", "fluid"]),
    ("distance-aware", "distance-unaware", ["distance-unaware", "distance-aware", "dcqcn"]),
    ("distance-aware", "{name: dcqcn, preset: papr}", ["papr", "paper"]),
    (
      "distance-aware", "{name: dcqcn, parameters: {notification_interval_us: 0}}",
      ["notification_interval_us", "0.1"]
    ),
    ("distance-aware", "{name: cubic, parameters: {bata: 0.7}}", ["bata", "beta"]),
    ("cheapest-energy", "cheapest-enregy", ["cheapest-enregy", "cheapest-energy"]),
    ("synthetic: philly", "synthetic: filly", ["filly", "philly"]),
    ("name: two-sites", "name: [two-sites", ["bad.yaml:"]),
  ]

  @Test(arguments: spoilt.indices) func isRefused(index: Int) throws {
    let (old, new, words) = Self.spoilt[index]
    let place = try Workplace()
    try place.write("bad.yaml", Built.scenario("two-sites.yaml").with(old, by: new))
    let before = place.contents
    let outcome = try place.run("emulate", "bad.yaml", "--driver", "inline", "--out", "run")
    #expect(outcome.status == 2, "\(new): \(outcome.complaints)")
    #expect(outcome.output == "")
    for word in words { #expect(outcome.complaints.contains(word), "no '\(word)' in: \(outcome.complaints)") }
    #expect(place.contents == before)
  }

  @Test func theMessageNamesTheLine() throws {
    let place = try Workplace()
    let text = try Built.scenario("two-sites.yaml").with("wavelengths: 2", by: "wavelenghts: 2")
    try place.write("bad.yaml", text)
    let line = try #require(text.components(separatedBy: "\n").firstIndex { $0.contains("wavelenghts") }) + 1
    try place.refuse(["emulate", "bad.yaml"], "bad.yaml:\(line): ")
  }

  @Test func aFileThatIsNotThere() throws {
    let place = try Workplace()
    try place.refuse(["emulate", "nowhere.yaml"], "nowhere.yaml", "no such file")
    try place.refuse(["emulate", "."], ".")
    try place.write("empty.yaml", "")
    try place.refuse(["emulate", "empty.yaml"], "empty.yaml")
  }

  @Test func aSiteThatNoLinkReaches() throws {
    let place = try Workplace()
    let lonely = """
        - id: lonely
          at: {latitude: 33.75, longitude: -84.39}
          gpus: {model: h100, count: 8, per_node: 8, scale_up_domain: 8}
          price: {constant: 1 USD/MWh}
          carbon: {constant: 1 g/kWh}
      links:
      """
    try place.write("bad.yaml", Built.scenario("two-sites.yaml").with("links:", by: lonely))
    try place.refuse(["emulate", "bad.yaml", "--out", "run"], "sites[lonely]", "links")
  }

  /// Power has had negative prices on real markets: they are no mistake.
  @Test func aNegativePriceRuns() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    try place.write(
      "negative.yaml", Built.scenario("one-cluster.yaml").with("constant: 35 USD/MWh", by: "constant: -35 USD/MWh"))
    let outcome = try place.run(
      "emulate", "negative.yaml", "--trace", "jobs.csv", "--driver", "inline", "--out", "run")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    let energy = try #require(place.summary("run")["energy"] as? [String: Any])
    let cost = try #require(energy["cost_usd"] as? Double)
    let energyUsed = try #require(energy["mwh"] as? Double)
    #expect(energyUsed > 0 && abs(cost + 35 * energyUsed) < 1e-9, "\(cost) USD for \(energyUsed) MWh")
  }

  @Test func overridesThatAreWrong() throws {
    let place = try Workplace()
    let scenario = Built.root + "/Scenarios/two-sites.yaml"
    func refuse(_ change: String, _ words: String...) throws {
      let before = place.contents
      let outcome = try place.run("emulate", scenario, "--set", change, "--out", "run")
      #expect(outcome.status == 2 && outcome.output == "", "\(change): \(outcome.complaints)")
      for word in ["--set"] + words {
        #expect(outcome.complaints.contains(word), "no '\(word)' in: \(outcome.complaints)")
      }
      #expect(place.contents == before)
    }
    try refuse("nonsense", "PATH=VALUE")
    try refuse("sites[omaha].gpus.cuont=3", "Did you mean 'count'?")
    try refuse("sites[atlanta].gpus.count=3", "omaha, columbus")
    try refuse("links[*].buffer=3 parsec", "'3 parsec'")
    try refuse("sites[*].gpus.count=many", ".gpus.count", "'many'")
    try refuse("links[omaha-columbus].medium=copper", "copper")
  }

  @Test func unknownNamesOnTheCommandLine() throws {
    let place = try Workplace()
    try place.write("jobs.csv", twoJobs)
    let start = ["emulate", Built.root + "/Scenarios/one-cluster.yaml", "--trace", "jobs.csv", "--out", "run"]
    try place.refuse(start + ["--policy", "fofi"], "fofi", "fifo")
    try place.refuse(start + ["--policy", "fifo@nowhere"], "nowhere")
    try place.refuse(start + ["--congestion-control", "reno"], "reno", "cubic")
    try place.refuse(start + ["--format", "excel"], "excel", "native")
    try place.refuse(start + ["--network", "postal"], "postal", "ideal")
    try place.refuse(start + ["--driver", "threads"], "threads", "inline")
    try place.refuse(start + ["--sped", "3"], "--sped")
    try place.refuse(start + ["--start", "yesterday"], "--start", "yesterday")
    try place.refuse(start + ["--until", "5"], "--until", "unit")
    try place.refuse(start + ["--seed", "x"], "--seed")
    try place.refuse(
      ["compare", Built.root + "/Scenarios/one-cluster.yaml", "--policies", "fifo,fofi", "--out", "run"], "fofi")
    try place.refuse(
      ["compare", Built.root + "/Scenarios/one-cluster.yaml", "--policies", "", "--out", "run"], "--policies")
  }

  @Test(arguments: ["0", "-1", "nan", "fast"]) func speedsThatAreNone(speed: String) throws {
    let place = try Workplace()
    let arguments = ["emulate", Built.root + "/Scenarios/one-cluster.yaml", "--speed=\(speed)", "--out", "run"]
    try place.refuse(arguments, "--speed")
  }
}
