// SPDX-License-Identifier: Apache-2.0

import Foundation
import ScenarioFile
import Testing

/// Every kind of mistake, with the line and the words that a user sees.
@Suite struct ScenarioErrorTests {
  /// What to replace in the scenario of two sites, by what, and how the message begins and what it also has.
  struct Mistake: Sendable, CustomTestStringConvertible {
    var old: String
    var new: String
    var begins: String
    var has: String
    init(_ old: String, _ new: String, _ begins: String, _ has: String = "") {
      (self.old, self.new, self.begins, self.has) = (old, new, begins, has)
    }
    var testDescription: String { new }
  }

  static let mistakes: [Mistake] = [
    // Names
    Mistake(
      "count: 64", "cuont: 64", "s.yaml:6: sites[omaha].gpus.cuont: unknown field", "Did you mean 'count'?"),
    Mistake("name: two", "nmae: two", "s.yaml:1: nmae: unknown field", "Did you mean 'name'?"),
    Mistake("name: two", "colour: red", "s.yaml:1: colour: unknown field", "Known fields here are: name, seed"),
    Mistake("count: 32", "counts: 32", "s.yaml:14: sites[columbus].gpus.counts: unknown field", "'count'"),
    Mistake(
      "model: h100, count: 64", "model: h1000, count: 64",
      "s.yaml:6: sites[omaha].gpus.model: 'h1000' is not known here",
      "Did you mean 'h100'?"),
    Mistake(
      "medium: smf", "medium: holow-core", "s.yaml:20: links[omaha-columbus].medium: 'holow-core' is not known",
      "Did you mean 'hollow-core'?"),
    Mistake("optics: 800zr-plus", "optics: 800zr-pluss", "s.yaml:21: links[omaha-columbus].optics:", "'800zr-plus'"),
    Mistake(
      "between: [omaha, columbus]", "between: [omaha, colombus]",
      "s.yaml:18: links[omaha-colombus].between[1]: there is no site 'colombus'", "Did you mean 'columbus'?"),
    Mistake("site: omaha", "site: paris", "s.yaml:24: coordinator.site: there is no site 'paris'", "columbus, omaha"),
    Mistake("level: fluid", "level: fluidd", "s.yaml:25: network.level: 'fluidd' is not known", "'fluid'"),
    Mistake("profile: pjm}", "profile: pjn}", "s.yaml:15: sites[columbus].price.profile: 'pjn'", "'pjm'"),
    Mistake(
      "estimates: exact", "estimates: exactly", "s.yaml:26: scheduler.estimates: expected exact, user,", "'exact'"),
    // Units and numbers
    Mistake(
      "35 USD/MWh", "35 km",
      "s.yaml:8: sites[omaha].price.constant: expected a price such as '35 USD/MWh', found '35 km'"),
    Mistake("35 USD/MWh", "35", "s.yaml:8: sites[omaha].price.constant: expected a price", "the unit is missing"),
    Mistake(
      "35 USD/MWh", "35 EUR/MWh", "s.yaml:8: sites[omaha].price.constant: this price is in EUR",
      "exchange_rate: 1.08 USD/EUR"),
    Mistake("400 g/kWh", "400 USD/MWh", "s.yaml:9: sites[omaha].carbon.constant: expected a carbon intensity"),
    Mistake(
      "1445 km", "1445",
      "s.yaml:19: links[omaha-columbus].distance: expected a distance such as '1361 km', found '1445'"),
    Mistake(
      "64 MB", "64 Mb", "s.yaml:23: links[omaha-columbus].buffer: expected a number of bytes", "did you mean 'MB'?"),
    Mistake(
      "processing_delay: 1 ms", "processing_delay: 1", "s.yaml:24: coordinator.processing_delay: expected a time"),
    Mistake("count: 64", "count: many", "s.yaml:6: sites[omaha].gpus.count: expected a number of GPUs", "'many'"),
    Mistake("count: 64", "count: 6.4", "s.yaml:6: sites[omaha].gpus.count: expected a number of GPUs as a whole"),
    Mistake(
      "count: 64", "count: 0", "s.yaml:6: sites[omaha].gpus.count: expected a number of GPUs, at least 1, found 0"),
    Mistake("count: 64", "count: -8", "s.yaml:6: sites[omaha].gpus.count: expected a number of GPUs, at least 1"),
    Mistake("wavelengths: 8", "wavelengths: 0", "s.yaml:22: links[omaha-columbus].wavelengths: expected", "at least 1"),
    Mistake("wavelengths: 8", "rate: 0 Gb/s", "s.yaml:22: links[omaha-columbus].rate: expected a rate above zero"),
    Mistake("64 MB", "0 MB", "s.yaml:23: links[omaha-columbus].buffer: expected a buffer above zero"),
    Mistake("latitude: 41.26", "latitude: 141", "s.yaml:5: sites[omaha].at.latitude: expected degrees north, from -90"),
    Mistake(
      "latitude: 41.26", "latitude: north", "s.yaml:5: sites[omaha].at.latitude: expected degrees north as a plain"),
    Mistake("pue: 1.15", "pue: 0.9", "s.yaml:7: sites[omaha].power.pue: expected a power usage effectiveness, from 1"),
    Mistake("pue: 1.15", "pue: 1.1234", "s.yaml:7: sites[omaha].power.pue: expected at most three decimals"),
    Mistake("pue: 1.15", "cap: 10 kW", "s.yaml:7: sites[omaha].power.cap: 10 kW is less than", "when all are idle"),
    Mistake(
      "pue: 1.15", "cooling: evaporative", "s.yaml:7: sites[omaha].power.cooling: cooling follows the weather, and"),
    Mistake(
      "pue: 1.15", "weather: {file: a.csv}", "s.yaml:7: sites[omaha].power.weather: weather acts on the cooling",
      "liquid, evaporative, air"),
    Mistake(
      "pue: 1.15", "pue: 1.1, cooling: air, weather: {temperature: 20 C, humidity: 50 %}",
      "s.yaml:7: sites[omaha].power.pue: 'pue' is fixed"),
    Mistake(
      "pue: 1.15", "cooling: ice, weather: {temperature: 20 C, humidity: 50 %}",
      "s.yaml:7: sites[omaha].power.cooling: 'ice' is not known here"),
    Mistake(
      "pue: 1.15", "cooling: air, weather: {temperature: 20, humidity: 50 %}",
      "s.yaml:7: sites[omaha].power.weather.temperature:", "the unit is missing"),
    Mistake(
      "pue: 1.15", "cooling: air, weather: {temperature: 20 C, humidity: 150 %}",
      "s.yaml:7: sites[omaha].power.weather.humidity: expected a relative humidity from 0 to 100 %"),
    Mistake("pue: 1.15", "when_capped: block", "s.yaml:7: sites[omaha].power.when_capped: there is no cap"),
    Mistake(
      "pue: 1.15", "cap: 1 MW, when_capped: hope", "s.yaml:7: sites[omaha].power.when_capped: 'hope' is not known here"),
    Mistake(
      "pue: 1.15", "demand_charge: 12 USD/kW", "s.yaml:7: sites[omaha].power.demand_charge:",
      "did you mean 'USD/kW-month'?"),
    Mistake("name: two", "forecast: {kind: noise}", "s.yaml:1: forecast: the field 'error' is missing"),
    Mistake(
      "name: two", "forecast: {kind: persistence, seed: 3}", "s.yaml:1: forecast.seed: 'seed' belongs to kind noise"),
    Mistake("name: two", "egress: {price: 2 USD}", "s.yaml:1: egress.price:", "0.02 USD/GB"),
    Mistake("name: two", "egress: {}", "s.yaml:1: egress: expected one of 'price' and 'file'"),
    Mistake("name: two", "data: /no/such/folder", "s.yaml:1: data: there is no folder '/no/such/folder'"),
    Mistake(
      "calendar: 2023-10-09T00:00:00Z", "calendar: 2023-10-09T00:00:00",
      "s.yaml:2: calendar: '2023-10-09T00:00:00' does not say its time zone", "2023-10-09T00:00:00Z"),
    Mistake("calendar: 2023-10-09", "calendar: 2023-13-09", "s.yaml:2: calendar: expected an instant such as"),
    // Shapes
    Mistake("sites:", "sites: []\nfoo:", "s.yaml:4: foo: unknown field"),
    Mistake("price: {constant: 35 USD/MWh}", "price: 35 USD/MWh", "s.yaml:8: sites[omaha].price: expected a group of"),
    Mistake("price: {constant: 35 USD/MWh}", "price: {}", "s.yaml:8: sites[omaha].price: expected one of 'constant'"),
    Mistake(
      "constant: 35 USD/MWh", "constant: 35 USD/MWh, profile: pjm", "s.yaml:8: sites[omaha].price: expected one of",
      "found 2 of them"),
    Mistake(
      "constant: 35 USD/MWh", "constant: 35 USD/MWh, zone: UTC", "s.yaml:8: sites[omaha].price.zone: 'zone' belongs"),
    Mistake("price: {constant: 35 USD/MWh}", "fabric: {}", "s.yaml:4: sites[omaha]: the field 'price' is missing"),
    Mistake("[omaha, columbus]", "[omaha]", "s.yaml:18: links[0].between: expected the ids of two sites, found 1"),
    Mistake("[omaha, columbus]", "[omaha, omaha]", "s.yaml:18: links[omaha-omaha].between: the link joins 'omaha' to"),
    Mistake("id: columbus", "id: omaha", "s.yaml:10: sites[omaha].id: site 'omaha' is listed twice (first in line 4)"),
    Mistake("id: columbus", "id: new york", "s.yaml:10: sites[new york].id: expected an id of letters"),
    Mistake("{site: omaha, processing_delay: 1 ms}", "{delay: 0 s, processing_delay: 1 ms}", "s.yaml:24: coordinator"),
    Mistake("jobs: 100", "jobs: 0", "s.yaml:28: workloads[0].jobs: expected a number of jobs, at least 1"),
    Mistake("jobs: 100", "format: philly", "s.yaml:28: workloads[0].format: 'format' belongs to a trace"),
    Mistake("synthetic: philly", "trace: none.csv", "s.yaml:28: workloads[0].jobs: 'jobs' belongs to a synthetic"),
    Mistake(
      "synthetic: philly, jobs: 100, seed: 3", "trace: none.csv, format: philly",
      "s.yaml:28: workloads[0].trace: there is no file '/nowhere/none.csv'"),
    Mistake(
      "synthetic: philly, jobs: 100, seed: 3", "jobs: 3", "s.yaml:28: workloads[0]: expected 'trace', 'synthetic' or"),
    // YAML itself
    Mistake("medium: smf", "medium: {smf", "s.yaml:21: not valid YAML"),
    Mistake("medium: smf", "\tmedium: smf", "s.yaml:20: not valid YAML"),
    Mistake("medium: smf", "distance: 3 km", "s.yaml:19: field 'distance' is given more than once"),
  ]

  @Test(arguments: mistakes)
  func explains(_ mistake: Mistake) {
    let text = message(twoSites.replacing(line: mistake.old, by: mistake.new))
    #expect(text.hasPrefix(mistake.begins), "\(text)")
    #expect(mistake.has.isEmpty || text.contains(mistake.has), "\(text)")
  }

  @Test func emptyFilesAndLists() {
    #expect(message("").hasPrefix("s.yaml:1: the file is empty"))
    #expect(message("# nothing\n").hasPrefix("s.yaml:1: the file is empty"))
    #expect(message("- a\n- b\n").hasPrefix("s.yaml:1: expected a group of fields, found a list"))
    #expect(message("sites: []\n").hasPrefix("s.yaml:1: sites: expected at least one site, found an empty list"))
    #expect(message("name: x\n").hasPrefix("s.yaml:1: the field 'sites' is missing"))
    let noWork = twoSites.replacing(line: "- {synthetic", by: "# {").replacing(line: "workloads:", by: "workloads: []")
    #expect(message(noWork).hasPrefix("s.yaml:27: workloads: expected at least one workload"))
  }

  @Test func aSiteThatNobodyReaches() {
    let text = message(twoSites.replacing(line: "links:", by: "links: []\nroute_factor: 1.3\n#").replacingLinks())
    // Columbus comes first by name, so it is omaha that cannot be reached.
    #expect(text.hasPrefix("s.yaml:4: sites[omaha]: no path of links leads here from 'columbus'"), "\(text)")
    #expect(text.contains("Add a link to 'omaha' under 'links:'"))
  }

  @Test func twoLinksBetweenTheSameSites() throws {
    let second = twoSites.replacing(
      line: "coordinator:", by: "  - {between: [columbus, omaha], distance: 1 km}\ncoordinator:")
    #expect(
      message(second).hasPrefix(
        "s.yaml:24: links[columbus-omaha]: link 'omaha-columbus' (in line 18) joins the same two sites"))
    let named = twoSites.replacing(
      line: "coordinator:", by: "  - {id: second, between: [columbus, omaha], distance: 1500 km}\ncoordinator:")
    #expect(try parse(named).fleet.links.map(\.id) == ["omaha-columbus", "second"])
  }

  @Test func faults() {
    func fault(_ text: String) -> String { message(twoSites + "faults: [\(text)]\n") }
    #expect(
      fault("{link: omaha-paris, at: 1 h, capacity: 1 Gb/s}").hasPrefix("s.yaml:29: faults[0].link: there is no link"))
    #expect(fault("{link: omaha-columbus, at: 1 h}").contains("cuts the link for ever"))
    #expect(
      fault("{link: omaha-columbus, kind: wavelengths, at: 1 h, duration: 1 h}").contains(
        "expected either 'capacity' or 'wavelengths'"))
    #expect(fault("{link: omaha-columbus, at: 1 h, duration: 1 h, until: 3 h}").contains("Give one of the two"))
    #expect(fault("{site: omaha, at: 1 h}").contains("takes the site away for ever"))
    #expect(fault("{site: omahaa, at: 1 h, duration: 1 h}").contains("Did you mean 'omaha'?"))
    #expect(fault("{site: omaha, link: omaha-columbus, at: 1 h, duration: 1 h}").contains("either a link or a site"))
    #expect(fault("{random: fibre-cut, until: 3 days}").contains("fibre-cuts"))
    #expect(fault("{random: fibre-cuts, until: 3 days, mtbf: 12}").contains("expected a mean time such as 12 h"))
    #expect(
      message(twoSites + "restoration: {routing: 1 ms}\n").contains("word of it takes longer than that"))
    #expect(fault("{link: omaha-columbus, at: 1 h, capacity: 0 Gb/s}").contains("cuts the link for ever"))
    #expect(fault("{link: omaha-columbus, at: 2 h, until: 1 h, wavelengths: 0}").contains("expected a time after 'at'"))
    #expect(fault("{link: omaha-columbus, at: 2 h, capacity: 9 Tb/s}").contains("more than the link's 6.4 Tb/s"))
  }

  @Test func faultsThatMeet() throws {
    let scenario = try parse(
      twoSites + """
        faults:
          - {link: omaha-columbus, at: 4 h, until: 5 h, wavelengths: 1}
          - {link: omaha-columbus, at: 2 h, until: 4 h, wavelengths: 0}

        """)
    #expect(scenario.fleet.links[0].changes.map(\.at.seconds) == [7200, 14_400, 18_000])
    #expect(scenario.fleet.links[0].changes.map(\.capacity.text) == ["0 b/s", "800 Gb/s", "6.4 Tb/s"])
  }

  /// Faults that overlap: the worst of them counts, but lost wavelengths add up. 8 x 800 Gb/s.
  @Test func faultsThatOverlap() throws {
    let scenario = try parse(
      twoSites + """
        faults:
          - {link: omaha-columbus, at: 1 h, duration: 4 h, wavelengths: 6}
          - {link: omaha-columbus, at: 2 h, duration: 2 h, wavelengths: 7}
          - {link: omaha-columbus, at: 3 h, duration: 30 min}
          - {site: omaha, at: 10 h, duration: 1 h}
          - {site: columbus, kind: power, at: 12 h, duration: 1 h}

        """)
    let changes = scenario.fleet.links[0].changes
    #expect(changes.map { $0.at.seconds / 3600 } == [1, 2, 3, 3.5, 4, 5, 10, 11])
    #expect(
      changes.map(\.capacity.text) == [
        "4.8 Tb/s", "4 Tb/s", "0 b/s", "4 Tb/s", "4.8 Tb/s", "6.4 Tb/s", "0 b/s", "6.4 Tb/s",
      ])
    #expect(scenario.fleet.outages.map(\.takesNetwork) == [false, true])
    // Nothing else leads to the other site, so that traffic waits for the fibre.
    #expect(scenario.fleet.reroutes.count == 8)
    #expect(scenario.fleet.reroutes[0].route == nil && scenario.fleet.reroutes[0].at.seconds == 10_803)
    let again = try parse(scenario.resolvedYAML, in: "/elsewhere")
    #expect(again == scenario)
  }

  /// Mean times for 1,445 km: a cut every 321.1 / 1.445 = 222.2 h.
  @Test func randomFaults() throws {
    let yaml = twoSites + "faults: [{random: fibre-cuts, until: 800 days, mtbf: 321.1 h, repair: 1 h}]\n"
    let cuts = try parse(yaml).faults
    #expect(try parse(yaml).faults == cuts)
    #expect(cuts.allSatisfy { $0.kind == .cut && $0.link == "omaha-columbus" && $0.at < $0.until! })
    // 800 days over 222.2 h + 1 h are 86 cuts; the deviation of their number is about 9.3.
    #expect(abs(Double(cuts.count) - 86) < 28)
    let other = try parse(twoSites + "seed: 9\nfaults: [{random: fibre-cuts, until: 800 days}]\n")
    #expect(other.faults != cuts && other.faults.count < 30)
  }

  @Test func missingFiles() throws {
    let error = #expect(throws: ScenarioError.self) { try ScenarioReader.read(path: "/nowhere/at-all.yaml") }
    #expect(error?.description.hasPrefix("/nowhere/at-all.yaml: there is no such file") == true)
    let folder = try Folder()
    let unreadable = #expect(throws: ScenarioError.self) { try ScenarioReader.read(path: folder.path) }
    #expect(unreadable?.message == "cannot read this file")
  }
}

extension String {
  /// Comments out the lines of the only link.
  fileprivate func replacingLinks() -> String {
    var result = self
    for line in ["- between", "distance", "medium", "optics: 800zr", "wavelengths", "buffer"] {
      result = result.replacing(line: line, by: "# \(line)")
    }
    return result
  }
}
