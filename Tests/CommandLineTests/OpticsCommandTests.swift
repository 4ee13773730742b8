// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `scenario link` and `site`, as a person meets them.
@Suite struct OpticsCommandTests {
  static let scenario = Built.root + "/Scenarios/two-sites.yaml"

  static func cells(_ set: [String]) throws -> [String: String] {
    let outcome = try Workplace().run(
      ["scenario", "link", scenario, "--csv"] + set.flatMap { ["--set", "links[*].\($0)"] })
    #expect(outcome.status == 0 && outcome.complaints == "", "\(outcome.complaints)")
    let lines = outcome.output.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(lines.count == 2)
    return Dictionary(uniqueKeysWithValues: zip(lines[0], lines[1]).map { (String($0), String($1)) })
  }

  /// A published test of routers, amplifiers and regenerators.
  @Test(arguments: [(50, 632.0), (100, 1131), (500, 5179)])
  func measuredRoundTrips(kilometres: Int, microseconds: Double) throws {
    let cells = try Self.cells(["distance=\(kilometres) km", "optics=400zr-plus", "equipment=ptx-lab"])
    let delay = try #require(Double(cells["delay_us"] ?? ""))
    #expect(abs(2 * delay / microseconds - 1) < 0.03, "\(delay)")
  }

  @Test func hollowCoreInOneWord() throws {
    let smf = try Self.cells(["distance=1361 km"])
    let hollow = try Self.cells(["distance=1361 km", "medium=hollow-core"])
    #expect(abs(2 * (try #require(Double(smf["propagation_us"] ?? ""))) / 1000 - 13.3) < 0.1)
    #expect(abs(2 * (try #require(Double(hollow["propagation_us"] ?? ""))) / 1000 - 9.1) < 0.1)
  }

  @Test func whatDoesNotCloseIsRefused() throws {
    let place = try Workplace()
    func refuse(_ set: [String], _ words: String...) throws {
      let outcome = try place.run(
        ["scenario", "link", Self.scenario] + set.flatMap { ["--set", "links[*].\($0)"] })
      #expect(outcome.status == 2 && outcome.output == "")
      for word in words { #expect(outcome.complaints.contains(word), "no '\(word)' in: \(outcome.complaints)") }
    }
    try refuse(
      ["optics=800zr", "distance=500 km", "regeneration=none"], "101 dB", "of 22 dB", "'800zr-plus'", "4 sites")
    try refuse(["optics=1600zr", "distance=300 km", "regeneration=none"], "61 dB", "'1.6t-embedded'")
    try refuse(["optics=800g-2xsr4", "distance=2 km", "medium=mmf-om4"], "7 dB of 1.8 dB", "'800g-2xfr4'")
    #expect(try Self.cells(["optics=800zr", "distance=500 km"])["regeneration_sites"] == "4")
    #expect(try Self.cells(["optics=1.6t-embedded", "distance=1000 km"])["regeneration_sites"] == "0")
    #expect(try Self.cells(["optics=800g-dr8", "distance=500 m"])["amplifiers"] == "0")
    try place.refuse(["scenario", "link", Self.scenario, "omaha-atlanta"], "omaha-atlanta", "omaha-columbus")
  }

  @Test func aTableForPeople() throws {
    let outcome = try Workplace().run("scenario", "link", Self.scenario)
    #expect(outcome.status == 0)
    for word in [
      "regeneration sites", "propagation", "error correction", "amplifiers", "OSNR", "order of magnitude",
      "fabric of 64",
    ] { #expect(outcome.output.contains(word), "no '\(word)' in: \(outcome.output)") }
  }

  static let places = """
    name: places
    siting: {choose: 2, period: 10 days, link: {optics: 800zr-plus, wavelengths: 1}}
    candidates:
      - {id: a, at: {latitude: 0, longitude: 0}, gpus: {model: h100, count: 8}, price: {constant: 90 USD/MWh}, carbon: {constant: 1 g/kWh}, land: 10 MUSD/MW}
      - {id: b, at: {latitude: 0, longitude: 5}, gpus: {model: h100, count: 8}, price: {constant: 20 USD/MWh}, carbon: {constant: 1 g/kWh}, land: 10 MUSD/MW}
      - {id: c, at: {latitude: 0, longitude: 9}, gpus: {model: h100, count: 8}, price: {constant: 30 USD/MWh}, carbon: {constant: 1 g/kWh}, land: 10 MUSD/MW}
    workloads: [{synthetic: philly, jobs: 5, seed: 1}]

    """

  @Test func placesAreRanked() throws {
    let place = try Workplace()
    try place.write("places.yaml", Self.places)
    let ranked = try place.run("site", "places.yaml", "--csv", "--quiet")
    #expect(ranked.status == 0 && ranked.complaints == "")
    let order = ranked.output.split(separator: "\n").dropFirst().map { $0.split(separator: ",")[1] }
    #expect(order == ["b", "c", "a"], "\(ranked.output)")
    let shown = try place.run("site", "places.yaml")
    for word in ["weight", "Best 3 sets of 2", "b, c: ", "USD/MWh, PUE 1.150"] {
      #expect(shown.output.contains(word), "no '\(word)' in: \(shown.output)")
    }
    #expect(shown.complaints.contains("Carbon costs 100 USD/t"))
    let emulated = try place.run("site", "places.yaml", "--emulate", "2", "--quiet", "--out", "runs")
    #expect(emulated.status == 0, "\(emulated.complaints)")
    #expect(emulated.output.contains("b+c") && emulated.output.contains("emulated"))
    #expect(FileManager.default.fileExists(atPath: place.path + "/runs/1-b+c/summary.json"))
    try place.refuse(["site", "nowhere.yaml"], "nowhere.yaml")
    try place.refuse(["site", "places.yaml", "--set", "siting.choose=9"], "siting.choose", "at most 3")
  }
}
