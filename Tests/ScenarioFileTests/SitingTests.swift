// SPDX-License-Identifier: Apache-2.0

import Quantities
import ScenarioFile
import Testing
import Topology

/// Places ranked by figures that a person can check.
///
/// | | price | PUE | carbon | land |
/// |---|---|---|---|---|
/// | cheap | 20 USD/MWh | 1.5 | 800 g/kWh | 10 MUSD/MW |
/// | clean | 60 USD/MWh | 1.1 | 50 g/kWh | 12 MUSD/MW |
/// | dear | 100 USD/MWh | 1.2 | 400 g/kWh | 15 MUSD/MW |
///
/// They stand on the equator, a degree (111.195 km) and then nine degrees apart.
@Suite struct SitingTests {
  static let text = """
    name: places
    route_factor: 1
    siting:
      choose: 2
      period: 10 days
      link: {optics: 800zr-plus, wavelengths: 1}
      carbon_price: 100 USD/t
      millisecond: 10 USD/kW-year
      land_years: 10
    candidates:
      - id: cheap
        at: {latitude: 0, longitude: 0}
        gpus: {model: h100, count: 1000}
        power: {pue: 1.5}
        price: {constant: 20 USD/MWh}
        carbon: {constant: 800 g/kWh}
        land: 10 MUSD/MW
      - id: clean
        at: {latitude: 0, longitude: 1}
        gpus: {model: h100, count: 1000}
        power: {pue: 1.1}
        price: {constant: 60 USD/MWh}
        carbon: {constant: 50 g/kWh}
        land: 12 USD/W
        last_mile: 10 km
      - id: dear
        at: {latitude: 0, longitude: 10}
        gpus: {model: h100, count: 1000}
        power: {pue: 1.2}
        price: {constant: 100 USD/MWh}
        carbon: {constant: 400 g/kWh}
        land: 15e6 USD/MW
    workloads: [{synthetic: philly, jobs: 5, seed: 1}]

    """

  static func study(_ set: [(String, String)] = [], _ text: String = text) throws -> SitingStudy {
    try SitingReader.parse(
      yaml: text, file: "s.yaml", baseDirectory: "/nowhere", overrides: ScenarioOverrides(set: set.map { ($0.0, $0.1) })
    )
  }

  func agree(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-6 * max(1, abs(b)) }

  @Test func termsByHand() throws {
    let study = try Self.study()
    #expect(study.candidates.map(\.spec.id) == ["cheap", "clean", "dear"])
    let score = study.score(of: 0, against: [0, 1])
    // A kW for a year is 8.766 MWh.
    #expect(agree(score.terms[0], 20 * 8.766))
    #expect(agree(score.terms[1], 20 * 0.5 * 8.766))
    // 800 g/kWh x 1.5 x 8,766 kWh = 10.52 t.
    #expect(agree(score.terms[2], 0.8 * 1.5 * 8.766 * 100))
    #expect(agree(score.terms[3], 10_000 / 10))
    // 121.195 km of fibre, and 10 us of error correction and three amplifiers, there and back.
    let milliseconds = 2 * (121.195 * 4.895 + 10 + 0.3) / 1000
    #expect(abs(score.roundTripMilliseconds - milliseconds) < 1e-4)
    #expect(abs(score.terms[4] - 10 * milliseconds) < 1e-3)
    // Beyond 120 km: the middle of 20,000 and 80,000 USD a month is 40,000; half of a year of it over 1,350 kW.
    #expect(agree(score.terms[5], 40_000 * 12 / 2 / 1350))
    #expect(agree(score.total, score.terms.reduce(0, +)))
    #expect(study.score(of: 0, against: [0]).terms[4...] == [0, 0])
  }

  /// The sum by hand: clean 526 + 53 + 48 + 1,200, cheap 175 + 88 + 1,052 + 1,000, dear 877 + 175 + 421 + 1,500, and lines.
  @Test func ranks() throws {
    let study = try Self.study()
    #expect(study.ranking().map { study.candidates[$0.index].spec.id } == ["clean", "cheap", "dear"])
    // Whoever does not mind carbon stands where power is cheap.
    let careless = try Self.study([("siting.weights.carbon", "0")])
    #expect(careless.ranking().map { careless.candidates[$0.index].spec.id } == ["cheap", "clean", "dear"])
    #expect(careless.score(of: 0, against: [0, 1]).terms[2] == 0)
    // A price changes the rank as a weight does.
    let free = try Self.study([("siting.carbon_price", "0 USD/t")])
    #expect(free.ranking().map(\.index) == careless.ranking().map(\.index))
    let moved = try Self.study([("candidates[dear].price.constant", "-200 USD/MWh")])
    #expect(moved.candidates[moved.ranking()[0].index].spec.id == "dear")
  }

  /// Every pair is looked at; the best is the least of all, and distance counts within the pair alone.
  @Test func choosesSets() throws {
    let study = try Self.study()
    let choices = study.choices(10)
    #expect(choices.map(\.members) == [[0, 1], [1, 2], [0, 2]])
    for choice in choices {
      let by = choice.members.map { study.score(of: $0, against: choice.members).total }
      #expect(agree(choice.total, (by[0] + by[1]) / 2))
    }
    #expect(try Self.study([("siting.choose", "3")]).choices(10).map(\.members) == [[0, 1, 2]])
  }

  @Test func aChoiceIsAScenario() throws {
    let study = try Self.study()
    let scenario = try study.scenario(of: study.choices(1)[0])
    #expect(scenario.fleet.sites.map(\.id) == ["cheap", "clean"])
    #expect(scenario.fleet.links.map(\.id) == ["cheap-clean"])
    #expect(abs(scenario.fleet.links[0].kilometres - 121.195) < 0.001)
    #expect(scenario.workloads.count == 1 && scenario.energy[0].price.value(at: .zero) == 20)
    #expect(try parse(scenario.resolvedYAML) == scenario)
  }

  @Test func mistakesAreExplained() {
    func refusal(_ old: String, _ new: String) -> String {
      do {
        _ = try Self.study([], Self.text.replacing(line: old, by: new))
        return "nothing was wrong"
      } catch {
        return "\(error)"
      }
    }
    for (old, new, words) in [
      ("choose: 2", "choose: 4", ["s.yaml:4: siting.choose", "at most 3", "found 4"]),
      ("carbon_price: 100 USD/t", "carbon_price: 100 EUR/t", ["s.yaml:7: siting.carbon_price", "USD/t"]),
      ("carbon_price: 100 USD/t", "carbon_prize: 100 USD/t", ["Did you mean 'carbon_price'?"]),
      ("pue: 1.1}", "pue: 0.9}", ["s.yaml:21: candidates[clean].power.pue"]),
      ("land: 10 MUSD/MW", "land: 10 MW", ["s.yaml:17: candidates[cheap].land", "12 MUSD/MW"]),
      ("land: 10 MUSD/MW", "country: US", ["candidates[cheap].country", "unknown field"]),
      ("optics: 800zr-plus", "optics: 1600zr, regeneration: none", ["s.yaml:6: siting.link.optics", "cannot close"]),
      ("candidates:", "sites:", ["s.yaml:10: sites", "siting study"]),
      ("last_mile: 10 km", "last_mile: 10", ["candidates[clean].last_mile", "unit"]),
      ("id: dear", "id: clean", ["listed twice"]),
    ] {
      let text = refusal(old, new)
      for word in words { #expect(text.contains(word), "\(new): no '\(word)' in: \(text)") }
    }
  }

  /// Ontario's mean price over 362 days of 2023, computed again from the file by hand: its clock is five hours behind.
  @Test func realSeries() throws {
    guard let path = Folders.data("prices/hpe-sustain-2023/CA-ON_electricity_prices_2023.csv") else { return }
    let study = try SitingReader.read(path: Folders.root + "/Siting/five-markets.yaml")
    let toronto = try #require(study.candidates.first { $0.spec.id == "toronto" })
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline).dropFirst()
    let days = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
    var prices: [Int: Double] = [:]
    for line in lines {
      let digits = line.split { !$0.isNumber }.prefix(4).compactMap { Int($0) }
      guard digits[0] == 2023 else { continue }
      prices[(days[digits[1] - 1] + digits[2] - 1) * 24 + digits[3] + 5] = Double(line.split(separator: ",")[1])
    }
    var sum = 0.0
    var last = 0.0
    for hour in 24..<24 + 362 * 24 {
      last = prices[hour] ?? last
      sum += last * 0.7410
    }
    #expect(agree(toronto.usdPerMWh, sum / Double(362 * 24)), "\(toronto.usdPerMWh)")
    #expect(study.ranking().count == 5 && study.choices(3).count == 3)
  }
}
