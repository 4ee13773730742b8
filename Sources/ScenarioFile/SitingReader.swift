// SPDX-License-Identifier: Apache-2.0

import Energy
import Foundation
import Quantities
import Topology

/// Reads siting studies: a scenario with `candidates` in the place of `sites`, and `siting` in the place of `links`.
public enum SitingReader {
  /// - Throws: ``ScenarioError`` for the first thing that is wrong, with file, line and field.
  public static func read(
    path: String, overrides: ScenarioOverrides = ScenarioOverrides()
  ) throws(ScenarioError) -> SitingStudy {
    guard let data = FileManager.default.contents(atPath: path),
      let yaml = String(validating: data, as: UTF8.self)
    else {
      throw ScenarioError(
        file: path, line: nil, field: "", message: "there is no such file of UTF-8 text",
        advice: "Ready siting studies are in the folder Siting.")
    }
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return try parse(yaml: yaml, file: path, baseDirectory: directory, overrides: overrides)
  }

  public static func parse(
    yaml: String, file: String, baseDirectory: String, overrides: ScenarioOverrides = ScenarioOverrides()
  ) throws(ScenarioError) -> SitingStudy {
    var root = try Value.parse(yaml, at: Place(file: file, line: 1))
    var assumptions = Assumptions()
    try overrides.apply(to: &root, &assumptions)
    let reading = Reading(file: file, baseDirectory: baseDirectory, assumptions: assumptions)
    let template = try SitingTemplate(root, file: file, baseDirectory: baseDirectory)
    do throws(ScenarioError) {
      return try reading.siting(template)
    } catch {
      throw SitingTemplate.renamed(error)
    }
  }
}

/// The parts of a siting study from which scenarios are made.
struct SitingTemplate: Sendable {
  let file: String
  let baseDirectory: String
  /// What a scenario has beside sites and links.
  let rest: [Value.Entry]
  let siting: Value
  let place: Place
  /// In the order of the file, without what only siting knows.
  let sites: [(id: String, site: Value, land: Value?, lastMile: Value?)]

  init(_ root: Value, file: String, baseDirectory: String) throws(ScenarioError) {
    self.file = file
    self.baseDirectory = baseDirectory
    place = root.place
    let top = Field(value: root, path: "")
    guard case .mapping(let entries) = root.content else {
      throw top.error("expected a siting study", "Begin with a list of 'candidates:'.")
    }
    for entry in entries where entry.key == "sites" || entry.key == "links" {
      throw ScenarioError(
        file: entry.place.file, line: entry.place.line, field: entry.key,
        message: "'\(entry.key)' belong to a scenario, and this is a siting study",
        advice: "Write 'candidates:', and say under 'siting: {link: ...}' how chosen ones are joined.")
    }
    guard let list = entries.first(where: { $0.key == "candidates" }) else {
      throw top.error("the field 'candidates' is missing", "List the places that a fleet could stand at.")
    }
    siting = entries.first { $0.key == "siting" }?.value ?? Value(content: .mapping([]), place: root.place)
    rest = entries.filter { $0.key != "candidates" && $0.key != "siting" }
    var sites: [(id: String, site: Value, land: Value?, lastMile: Value?)] = []
    for field in try Field(value: list.value, path: "candidates").items() {
      guard case .mapping(let fields) = field.value.content else {
        throw field.error("expected a group of fields, found \(field.value.kind)")
      }
      guard let id = field.value.scalar("id") else {
        throw field.error("the field 'id' is missing", "Add it, for example: id: omaha")
      }
      var site = field.value
      site.content = .mapping(fields.filter { $0.key != "land" && $0.key != "last_mile" })
      sites.append((id, site, field.value["land"], field.value["last_mile"]))
    }
    guard !sites.isEmpty else {
      throw Field(value: list.value, path: "candidates").error("expected at least one candidate, found an empty list")
    }
    self.sites = sites
  }

  /// A scenario of these candidates, every pair of them joined.
  func root(of ids: [String], link: Value?, kilometres: (Int, Int) throws(ScenarioError) -> Double)
    throws(ScenarioError) -> Value
  {
    func scalar(_ text: String) -> Value { Value(content: .scalar(text), place: place) }
    func entry(_ key: String, _ value: Value) -> Value.Entry { Value.Entry(key: key, place: value.place, value: value) }
    let chosen = sites.filter { ids.contains($0.id) }
    var links: [Value] = []
    for a in chosen.indices {
      for b in chosen.indices where b > a {
        var fields: [Value.Entry] = []
        if case .mapping(let given)? = link?.content { fields = given }
        let ends = Value(content: .sequence([scalar(chosen[a].id), scalar(chosen[b].id)]), place: link?.place ?? place)
        fields.insert(entry("between", ends), at: 0)
        let from = sites.firstIndex { $0.id == chosen[a].id }!
        let to = sites.firstIndex { $0.id == chosen[b].id }!
        fields.append(entry("distance", scalar("\(Quantity.number(try kilometres(from, to))) km")))
        links.append(Value(content: .mapping(fields), place: link?.place ?? place))
      }
    }
    var entries = rest
    entries.append(entry("sites", Value(content: .sequence(chosen.map(\.site)), place: place)))
    entries.append(entry("links", Value(content: .sequence(links), place: place)))
    return Value(content: .mapping(entries), place: place)
  }

  /// Length of the line between two candidates, by their place in the file.
  func kilometres(_ a: Int, _ b: Int) throws(ScenarioError) -> Double {
    func coordinates(_ index: Int) throws(ScenarioError) -> Coordinates {
      let path = "candidates[\(sites[index].id)].at"
      guard let at = sites[index].site["at"] else {
        throw Field(value: sites[index].site, path: "candidates[\(sites[index].id)]").error(
          "the field 'at' is missing", "Add it, for example: at: {latitude: 41.26, longitude: -95.94}")
      }
      let section = try Field(value: at, path: path).section(["latitude", "longitude"])
      return Coordinates(
        latitude: try section.required("latitude", example: "latitude: 41.26").number(-90...90, "degrees north"),
        longitude: try section.required("longitude", example: "longitude: -95.94").number(-180...180, "degrees east"))
    }
    func lastMile(_ index: Int) throws(ScenarioError) -> Double {
      guard let value = sites[index].lastMile else { return 0 }
      return try Field(value: value, path: "candidates[\(sites[index].id)].last_mile").quantity(
        Quantity.parseKilometres)
    }
    var factor = 1.3
    if let value = rest.first(where: { $0.key == "route_factor" })?.value {
      factor = try Field(value: value, path: "route_factor").number(1...10, "a factor")
    }
    let route = try coordinates(a).greatCircleKilometres(to: coordinates(b)) * factor
    return try ((route + lastMile(a) + lastMile(b)) * 1000).rounded() / 1000
  }

  /// What readers of scenarios call sites and links has other names in a study.
  static func renamed(_ error: ScenarioError) -> ScenarioError {
    var error = error
    if error.field.hasPrefix("sites[") { error.field = "candidates[" + error.field.dropFirst(6) }
    if error.field.hasPrefix("links["), let close = error.field.firstIndex(of: "]") {
      error.field = "siting.link" + error.field[error.field.index(after: close)...]
    }
    return error
  }

  func scenario(of ids: [String]) throws(ScenarioError) -> Scenario {
    let reading = Reading(file: file, baseDirectory: baseDirectory, assumptions: Assumptions())
    let root = try root(of: ids, link: siting["link"], kilometres: kilometres)
    return try reading.scenario(Field(value: root, path: ""))
  }
}

extension Reading {
  func siting(_ template: SitingTemplate) throws(ScenarioError) -> SitingStudy {
    let section = try Field(value: template.siting, path: "siting").section([
      "choose", "period", "link", "weights", "carbon_price", "water_price", "millisecond", "land_years",
    ])
    let everyone = template.sites.map(\.id)
    let chooseField = section.optional("choose")
    let choose = try chooseField?.integer(1...everyone.count, "a number of places out of the candidates") ?? 1
    let sets = SitingTemplate.sets(of: choose, outOf: everyone.count)
    guard sets <= Double(SitingStudy.mostSets) else {
      throw (chooseField ?? section.field).error(
        "\(choose) out of \(everyone.count) candidates are more sets than the \(SitingStudy.mostSets) that are looked at",
        "Choose fewer, or take out candidates.")
    }
    let periodField = section.optional("period")
    let period = try periodField?.quantity(Time.parse) ?? .hour * 24 * 365
    if let periodField, period == .zero {
      throw periodField.error("expected a period above zero, found '\(period.text)'", "For example: period: 365 days.")
    }
    var weights: [Double] = []
    let given = try section.optional("weights")?.section(SitingStudy.Criterion.allCases.map(\.rawValue))
    for criterion in SitingStudy.Criterion.allCases {
      weights.append(try given?.optional(criterion.rawValue)?.number(0...1e6, "a weight") ?? 1)
    }
    let carbon = try price(section, "carbon_price", 100, "Carbon costs 100 USD/t", Quantity.parseCarbonPrice)
    let water = try price(section, "water_price", 2, "Water costs 2 USD/m3", Quantity.parseWaterPrice)
    let millisecond = try price(
      section, "millisecond", 1, "A millisecond of mean round trip to the others is worth 1 USD a year for each kW",
      Quantity.parseYearlyPrice)
    let years = try section.optional("land_years")?.number(1...100, "years over which land and shell are paid") ?? 15
    if section.optional("land_years") == nil { assumptions.add("Land and shell are paid over 15 years.") }

    let root = try template.root(of: everyone, link: template.siting["link"], kilometres: template.kilometres)
    let full = try scenario(Field(value: root, path: ""))
    var candidates: [SitingStudy.Candidate] = []
    for (index, spec) in full.fleet.sites.enumerated() {
      let land = template.sites.first { $0.id == spec.id }?.land
      candidates.append(try candidate(spec, energy: full.energy[index], land: land, period: period))
    }
    var lines: [[LinkSpec?]] = candidates.map { _ in candidates.map { _ in nil } }
    for link in full.fleet.links {
      lines[min(link.ends.0, link.ends.1)][max(link.ends.0, link.ends.1)] = link
    }
    assumptions.add(
      "What a line costs is the middle of an order of magnitude for leased wavelengths (recalled), half of it to either "
        + "end.")
    var sentences = full.assumptions
    for sentence in assumptions.sentences where !sentences.contains(sentence) { sentences.append(sentence) }
    return SitingStudy(
      name: full.name, candidates: candidates, lines: lines, choose: choose, period: period, weights: weights,
      usdPerTonne: carbon, usdPerCubicMetre: water, usdPerMillisecond: millisecond, landYears: years,
      assumptions: sentences, template: template)
  }

  private func candidate(
    _ spec: SiteSpec, energy: SiteEnergy, land: Value?, period: Time
  ) throws(ScenarioError) -> SitingStudy.Candidate {
    var usd = CostCatalogue.shell.middle
    if let land {
      usd = try Field(value: land, path: "candidates[\(spec.id)].land").quantity(Quantity.parseBuildPrice)
    } else {
      assumptions.add(
        "Land and shell at {} cost \(Quantity.rounded(usd / 1e6, digits: 3)) million USD/MW, the middle of "
          + "\(CostCatalogue.shell.source) (order of magnitude, \(CostCatalogue.shell.certainty.rawValue)).",
        for: spec.id)
    }
    let metered = MeteredSpan(energy, from: .zero, to: period)
    let hours = period.seconds / 3600
    var watts = 0.0
    for pool in spec.pools {
      guard let model = GPUCatalogue.lookup(pool.model) else { continue }
      watts += model.placed(in: pool, at: spec).activeWatts * Double(pool.count)
    }
    return SitingStudy.Candidate(
      spec: spec, energy: energy, landUSDPerMW: usd, usdPerMWh: energy.price.integral(from: .zero, to: period) / hours,
      usdPerMWhWithPUE: metered.usd / hours, kilogramsPerMWh: metered.kilograms / hours,
      litresPerMWh: metered.litres / hours, pue: Double(metered.weight) / Double(period.ticks) / 1000,
      kilowatts: watts / 1000)
  }

  private func price(
    _ section: Section, _ name: String, _ usual: Double, _ assumed: String,
    _ parse: (String) throws(QuantityError) -> Double
  ) throws(ScenarioError) -> Double {
    if let field = section.optional(name) { return try field.quantity(parse) }
    assumptions.add("\(assumed).")
    return usual
  }
}

extension SitingTemplate {
  /// Binomial coefficient; not exact where it is large.
  static func sets(of k: Int, outOf n: Int) -> Double {
    (0..<min(k, n - k)).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
  }
}
