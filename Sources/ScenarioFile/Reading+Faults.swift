// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation
import Topology

extension Reading {
  /// What breaks: as it is scheduled, and as it is drawn from mean times. In order of time.
  func readFaults(
    _ root: Section, sites: [SiteEntry], links: [LinkEntry]
  ) throws(ScenarioError) -> (specs: [FaultSpec], output: [Output]) {
    var found: [FaultSpec] = []
    for (number, field) in (try root.optional("faults")?.items() ?? []).enumerated() {
      if case .mapping(let entries) = field.value.content, entries.contains(where: { $0.key == "random" }) {
        found += try readRandomFaults(field, number: number, sites: sites, links: links)
      } else {
        found.append(try readFault(field, sites: sites, links: links))
      }
    }
    found.sort(by: FaultSpec.precedes)
    let output = found.map { spec in
      var output: [(String, Output)] = []
      output.append(spec.kind.isOfSite ? ("site", .text(spec.site)) : ("link", .text(spec.link)))
      output.append(("kind", .text(spec.kind.rawValue)))
      output.append(("at", .text(spec.at.text)))
      if let until = spec.until { output.append(("until", .text(until.text))) }
      if !spec.kind.isOfSite, !spec.kind.isOfFibre { output.append(("capacity", .text(spec.capacity.text))) }
      return Output.flow(output)
    }
    return (found, output)
  }

  private func readFault(
    _ field: Field, sites: [SiteEntry], links: [LinkEntry]
  ) throws(ScenarioError) -> FaultSpec {
    let section = try field.section(["link", "site", "kind", "at", "until", "duration", "capacity", "wavelengths"])
    if let name = section.optional("site") {
      if let link = section.optional("link") {
        throw link.error("a fault strikes either a link or a site", "Write two faults.")
      }
      let id = try readSiteName(name, sites: sites)
      let kind = try section.optional("kind")?.word(of: ["site", "power"]) ?? "site"
      for name in ["capacity", "wavelengths"] {
        if let field = section.optional(name) { throw field.error("a site has no '\(name)'", "Name a link instead.") }
      }
      let (at, until) = try readSpan(section)
      guard let until else {
        throw field.error("takes the site away for ever", "Give a 'duration', or remove the site.")
      }
      return FaultSpec(kind: kind == "power" ? .power : .site, site: id, at: at, until: until)
    }
    let link = try readLinkName(section.required("link", example: "link: omaha-columbus"), links: links)
    let kinds = [FaultKind.cut, .amplifier, .wavelengths, .capacity]
    let word = try section.optional("kind")?.word(of: kinds.map(\.rawValue))
    var kind = word.flatMap { FaultKind(rawValue: $0) }
    let (at, until) = try readSpan(section)
    var capacity = BitRate.zero
    switch (section.optional("capacity"), section.optional("wavelengths")) {
    case (let rate?, nil):
      capacity = try rate.quantity(BitRate.parse)
      kind = kind ?? .capacity
    case (nil, let wavelengths?):
      let left = try wavelengths.integer(0...link.wavelengths, "the number of wavelengths that are left")
      capacity = BitRate(link.capacity.bitsPerSecond / Int64(link.wavelengths) * Int64(left))
      kind = kind ?? .wavelengths
    case (nil, nil):
      if kind == .wavelengths || kind == .capacity {
        throw field.error(
          "expected either 'capacity' or 'wavelengths', what is left of the link", "For example: capacity: 200 Gb/s.")
      }
    default:
      throw field.error("expected either 'capacity' or 'wavelengths', not both")
    }
    guard capacity <= link.capacity else {
      throw field.error("leaves \(capacity.text), more than the link's \(link.capacity.text)")
    }
    guard capacity > .zero || until != nil else {
      throw field.error(
        "cuts the link for ever, so that jobs that need it never end", "Give a 'duration', or remove the link.")
    }
    return FaultSpec(kind: kind ?? .cut, link: link.id, at: at, until: until, capacity: capacity)
  }

  private func readSpan(_ section: Section) throws(ScenarioError) -> (at: Time, until: Time?) {
    let at = try section.required("at", example: "at: 2 h").quantity(Time.parse)
    let untilField = section.optional("until")
    if let durationField = section.optional("duration") {
      if let untilField { throw untilField.error("'duration' says when it ends already", "Give one of the two.") }
      let duration = try durationField.quantity(Time.parse)
      guard duration > .zero else { throw durationField.error("expected a time above zero, found '\(duration.text)'") }
      return (at, at + duration)
    }
    let until = try untilField?.quantity(Time.parse)
    if let untilField, let until, until <= at {
      throw untilField.error("expected a time after 'at' (\(at.text)), found '\(until.text)'")
    }
    return (at, until)
  }

  /// Faults drawn from mean times: for every link or site failures and repairs follow one another, both with
  /// exponentially distributed times.
  private func readRandomFaults(
    _ field: Field, number: Int, sites: [SiteEntry], links: [LinkEntry]
  ) throws(ScenarioError) -> [FaultSpec] {
    let section = try field.section(["random", "until", "mtbf", "repair", "seed"])
    let names = FaultCatalogue.rates.map(\.name)
    let name = try section.required("random", example: "random: fibre-cuts").word(of: names, catalogue: "faults")
    guard let rate = FaultCatalogue.rate(named: name) else { throw field.error("'\(name)' is not known") }
    let end = try section.required("until", example: "until: 30 days").quantity(Time.parse)
    let mtbf = try section.optional("mtbf").map(readHours) ?? rate.mtbfHours
    let repair = try section.optional("repair").map(readHours) ?? rate.repairHours
    let stream = try section.optional("seed")?.seed() ?? seed
    assumptions.add(
      "Random \(name): one failure of \(rate.unit.rawValue) every \(Quantity.number(mtbf)) h on the mean, repaired "
        + "after \(Quantity.number(repair)) h on the mean, both exponential, from seed \(stream)"
        + (mtbf == rate.mtbfHours && repair == rate.repairHours
          ? " (\(rate.certainty.rawValue): \(rate.source))." : "."))
    var list: [FaultSpec] = []
    func draw(_ id: String, units: Double, _ make: (Time, Time) -> FaultSpec) {
      guard units > 0 else { return }
      var random = RandomStream(seed: stream, name: "faults \(name) \(id)")
      var now = random.exponential(mean: mtbf * 3600 / units)
      while now < end.seconds {
        let mended = now + max(1, random.exponential(mean: repair * 3600))
        list.append(make(.seconds(now), .seconds(mended)))
        guard list.count < 100_000 else { return }
        now = mended + random.exponential(mean: mtbf * 3600 / units)
      }
    }
    if rate.kind.isOfSite {
      for site in sites {
        draw(site.spec.id, units: 1) { FaultSpec(kind: rate.kind, site: site.spec.id, at: $0, until: $1) }
      }
    } else {
      for link in links {
        let spec = link.spec
        // One wavelength is lost at a time; of a link that has only one, all of it.
        let left =
          rate.kind == .wavelengths
          ? BitRate(spec.capacity.bitsPerSecond / Int64(spec.wavelengths) * Int64(spec.wavelengths - 1)) : .zero
        draw(spec.id, units: FaultCatalogue.units(rate.unit, of: spec)) {
          FaultSpec(kind: rate.kind, link: spec.id, at: $0, until: $1, capacity: left)
        }
      }
    }
    guard list.count < 100_000 else {
      throw field.error("draws more than 100,000 faults", "Shorten 'until', or lengthen 'mtbf'.")
    }
    return list
  }

  /// A mean time in hours: it may be longer than any run, as "4.5 years".
  private func readHours(_ field: Field) throws(ScenarioError) -> Double {
    let text = try field.text()
    let hours = ["h": 1.0, "hours": 1, "d": 24, "days": 24, "years": 8766, "min": 1.0 / 60]
    let parts = text.split(separator: " ")
    guard parts.count == 2, let number = Double(parts[0]), let unit = hours[String(parts[1])], number > 0,
      number.isFinite
    else { throw field.error("expected a mean time such as 12 h, 30 days or 4.5 years, found '\(text)'") }
    return number * unit
  }

  /// How traffic gets around what is broken. Spoken of only where something is.
  func readRestoration(
    _ field: Field?, faults: [FaultSpec], longestDelay: Time
  ) throws(ScenarioError) -> (restoration: Restoration, output: Output) {
    let section = try field?.section(["protection", "routing"])
    func time(_ name: String, _ standard: Time?) throws(ScenarioError) -> Time? {
      guard let field = section?.optional(name) else { return standard }
      if try field.text() == "none" { return nil }
      return try field.quantity(Time.parse)
    }
    let restoration = Restoration(
      protection: try time("protection", nil), routing: try time("routing", Restoration().routing))
    if let routing = restoration.routing, routing < longestDelay * 2 {
      throw (section?.optional("routing") ?? section?.field ?? field!).error(
        "routes cannot change \(routing.text) after a link breaks: word of it takes longer than that",
        "The longest round trip of this fleet is \((longestDelay * 2).text).")
    }
    if !faults.isEmpty {
      assumptions.add(
        restoration.protection.map {
          "A fibre that is cut or loses an amplifier is replaced within \($0.text) by one of the same length and capacity."
        } ?? "No fibre is protected by another one.")
      assumptions.add(
        restoration.routing.map {
          "\($0.text) after a link goes dark, or lights up again, all sites send their traffic another way, or over it again."
        } ?? "Routes stay as they are when a link loses capacity: what cannot pass waits.")
      assumptions.add(
        "Words of coordinator and sites about jobs keep their times while links are dark: they are taken to have a network "
          + "of their own.")
    }
    let output = Output.flow([
      ("protection", .text(restoration.protection?.text ?? "none")),
      ("routing", .text(restoration.routing?.text ?? "none")),
    ])
    return (restoration, output)
  }

  private func readSiteName(_ field: Field, sites: [SiteEntry]) throws(ScenarioError) -> String {
    let name = try field.text()
    let names = sites.map(\.spec.id)
    guard names.contains(name) else {
      throw field.error(
        "there is no site '\(name)'",
        Spelling.nearest(name, in: names).map { "Did you mean '\($0)'?" }
          ?? "There are: \(names.joined(separator: ", ")).")
    }
    return name
  }

  /// A link by its id or by the ids of its ends in either order.
  private func readLinkName(_ field: Field, links: [LinkEntry]) throws(ScenarioError) -> LinkSpec {
    let name = try field.text()
    if let link = links.first(where: { $0.spec.id == name }) { return link.spec }
    // A default id is made of both ends, so turning it round finds the other order.
    let names = links.map(\.spec.id)
    if let swapped = links.first(where: { linkID($0, reversed: true) == name || linkID($0, reversed: false) == name }) {
      return swapped.spec
    }
    let advice =
      Spelling.nearest(name, in: names).map { "Did you mean '\($0)'?" }
      ?? (names.isEmpty ? "The scenario has no links." : "There are: \(names.joined(separator: ", ")).")
    throw field.error("there is no link '\(name)'", advice)
  }

  private func linkID(_ link: LinkEntry, reversed: Bool) -> String {
    reversed ? "\(link.siteIDs.1)-\(link.siteIDs.0)" : "\(link.siteIDs.0)-\(link.siteIDs.1)"
  }
}
