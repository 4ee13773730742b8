// SPDX-License-Identifier: Apache-2.0

import Quantities
import Topology

/// A link with its place in the resolved scenario. Its ends are indices of the sites sorted by id.
struct LinkEntry {
  var spec: LinkSpec
  var siteIDs: (String, String)
  var output: Output
}

extension Reading {
  /// All links, sorted by id.
  func readLinks(
    _ root: Section, sites: [SiteEntry], routeFactor: Double
  ) throws(ScenarioError) -> [LinkEntry] {
    var found: [(id: String, ends: (Int, Int), section: Section)] = []
    for field in try root.optional("links")?.items() ?? [] {
      let section = try field.section([
        "id", "between", "distance", "medium", "optics", "rate", "wavelengths", "regeneration", "span", "connectors",
        "ocs", "equipment", "buffer", "extra_delay", "loss",
      ])
      let ends = try readEnds(section, sites: sites)
      let given = try section.optional("id")?.text()
      let id = given ?? "\(sites[ends.0].spec.id)-\(sites[ends.1].spec.id)"
      if let twin = found.first(where: {
        $0.id == id || (given == nil && Set([$0.ends.0, $0.ends.1]) == Set([ends.0, ends.1]))
      }) {
        let line = twin.section.field.value.place.line.map { " (in line \($0))" } ?? ""
        let message =
          twin.id == id ? "link '\(id)' is listed twice\(line)" : "link '\(twin.id)'\(line) joins the same two sites"
        throw field.error(message, "Raise its 'wavelengths', or give this one an 'id' of its own.")
      }
      found.append((id, ends, section))
    }
    found.sort { $0.id < $1.id }
    var links: [LinkEntry] = []
    for (id, ends, section) in found {
      links.append(try readLink(id, ends, section, sites: sites, routeFactor: routeFactor))
    }
    return links
  }

  private func readEnds(_ section: Section, sites: [SiteEntry]) throws(ScenarioError) -> (Int, Int) {
    let between = try section.required("between", example: "between: [omaha, columbus]")
    let fields = try between.items()
    guard fields.count == 2 else { throw between.error("expected the ids of two sites, found \(fields.count)") }
    let ids = sites.map(\.spec.id)
    var ends: [Int] = []
    for field in fields {
      let id = try field.text()
      guard let index = ids.firstIndex(of: id) else {
        let advice =
          Spelling.nearest(id, in: ids).map { "Did you mean '\($0)'?" } ?? "There are: \(ids.joined(separator: ", "))."
        throw field.error("there is no site '\(id)'", advice)
      }
      ends.append(index)
    }
    guard ends[0] != ends[1] else {
      throw between.error("the link joins '\(ids[ends[0]])' to itself", "Name two different sites.")
    }
    return (ends[0], ends[1])
  }

  private func readLink(
    _ id: String, _ ends: (Int, Int), _ section: Section, sites: [SiteEntry], routeFactor: Double
  ) throws(ScenarioError) -> LinkEntry {
    let optics = try readOptics(section, id)
    let medium = try readMedium(section, id, optics)
    let kilometres = try readDistance(section, id, from: sites[ends.0], to: sites[ends.1], routeFactor: routeFactor)
    let rate =
      try section.optional("rate").map { (field) throws(ScenarioError) in
        let rate = try field.quantity(BitRate.parse)
        guard rate > .zero else { throw field.error("expected a rate above zero, found '\(rate.text)'") }
        return rate
      } ?? optics.rate
    let wavelengthsField = section.optional("wavelengths")
    let wavelengths = try wavelengthsField?.integer(1...100_000, "a number of wavelengths") ?? 1
    if wavelengthsField == nil { assumptions.add("One wavelength is assumed on {}.", for: id) }
    let (capacity, overflow) = rate.bitsPerSecond.multipliedReportingOverflow(by: Int64(wavelengths))
    guard !overflow, capacity < BitRate.unlimited.bitsPerSecond else {
      throw section.field.error("\(wavelengths) wavelengths of \(rate.text) are more than can be counted")
    }
    let bufferField = section.optional("buffer")
    let buffer = try bufferField?.quantity(Quantity.parseBytes) ?? 64_000_000
    if let bufferField, buffer == 0 { throw bufferField.error("expected a buffer above zero, found '0 B'") }
    if bufferField == nil { assumptions.add("A buffer of 64 MB at either end is assumed on {}.", for: id) }
    let loss = try readLoss(section)
    let (line, lineOutput) = try readLine(id, section, optics: optics, medium: medium, kilometres: kilometres)
    let delay = line.delay
    guard delay < Time.hour * 24 else { throw section.field.error("its delay of \(delay.text) is longer than a day") }
    let spec = LinkSpec(
      id: id, ends: ends, kilometres: kilometres, medium: medium.name, optics: optics.name, wavelengths: wavelengths,
      capacity: BitRate(capacity), delay: delay, bufferBytes: buffer, loss: loss, line: line)
    let output = Output.block(
      [
        ("id", .text(id)), ("between", .flowList([.text(sites[ends.0].spec.id), .text(sites[ends.1].spec.id)])),
        ("distance", .text(Quantity.text(kilometres: kilometres))), ("medium", .text(medium.name)),
        ("optics", .text(optics.name)), ("rate", .text(rate.text)), ("wavelengths", .number(wavelengths)),
      ] + lineOutput + [
        ("buffer", .text(Quantity.text(bytes: buffer))), ("loss", .text(Quantity.number(loss))),
      ])
    return LinkEntry(spec: spec, siteIDs: (sites[ends.0].spec.id, sites[ends.1].spec.id), output: output)
  }

  private func readMedium(_ section: Section, _ id: String, _ optics: OpticsRow) throws(ScenarioError) -> FibreMedium {
    var name = optics.kind == .multimode ? "mmf-om4" : optics.kind == .copper ? "twinax" : "smf"
    if let field = section.optional("medium") {
      name = try field.word(of: FibreCatalogue.media.map(\.name), catalogue: "fibres")
    } else if name == "smf" {
      assumptions.add("Ordinary single-mode fibre (smf) is assumed for {}.", for: id)
    } else {
      assumptions.add("Medium '\(name)', the one of its optics, is assumed for {}.", for: id)
    }
    guard let medium = FibreCatalogue.lookup(name) else { throw section.field.error("medium '\(name)' is not known") }
    return medium
  }

  private func readOptics(_ section: Section, _ id: String) throws(ScenarioError) -> OpticsRow {
    var name = "800zr-plus"
    if let field = section.optional("optics") {
      name = try field.word(of: OpticsCatalogue.rows.map(\.name), catalogue: "optics")
    } else {
      assumptions.add("Optics '800zr-plus' are assumed on {}.", for: id)
    }
    guard let optics = OpticsCatalogue.lookup(name) else { throw section.field.error("optics '\(name)' are not known") }
    return optics
  }

  private func readDistance(
    _ section: Section, _ id: String, from: SiteEntry, to: SiteEntry, routeFactor: Double
  ) throws(ScenarioError) -> Double {
    let direct = from.spec.at.greatCircleKilometres(to: to.spec.at)
    guard let field = section.optional("distance") else {
      // To the metre: cities are not known better, and a person reads the resolved scenario.
      let kilometres = (direct * routeFactor * 1000).rounded() / 1000
      assumptions.add(
        "The length of {} is the great circle between its ends times a route factor of "
          + "\(Quantity.number(routeFactor)).", for: id)
      return kilometres
    }
    let kilometres = try field.quantity(Quantity.parseKilometres)
    guard kilometres <= 100_000 else {
      throw field.error("\(Quantity.text(kilometres: kilometres)) is no distance on Earth")
    }
    if kilometres < direct * 0.99 {
      assumptions.add(
        "The stated length of {}, \(Quantity.text(kilometres: kilometres)), is less than the great circle of "
          + "\(Quantity.rounded(direct, digits: 4)) km between the coordinates of its ends.", for: id)
    }
    return kilometres
  }

  private func readLoss(_ section: Section) throws(ScenarioError) -> Double {
    guard let field = section.optional("loss") else { return 0 }
    let loss = try field.quantity(Quantity.parsePercentOrNumber)
    guard loss >= 0, loss < 1 else {
      throw field.error("expected a share of packets from 0 to less than 1, found '\(Quantity.number(loss))'")
    }
    return loss
  }
}
