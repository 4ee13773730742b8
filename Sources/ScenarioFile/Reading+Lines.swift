// SPDX-License-Identifier: Apache-2.0

import Quantities
import Topology

extension Reading {
  /// How a link is built: whether its optics close it, where light is amplified and regenerated, what that takes.
  ///
  /// - Throws: if it does not close, with its budget and the nearest module that would.
  func readLine(
    _ id: String, _ section: Section, optics: OpticsRow, medium: FibreMedium, kilometres: Double
  ) throws(ScenarioError) -> (line: LinkLine, output: [(String, Output)]) {
    var design = LinkBudget.Design(optics: optics, medium: medium, kilometres: kilometres)
    let regeneration = try section.optional("regeneration")?.word(of: ["auto", "none"]) ?? "auto"
    var output: [(String, Output)] = [("regeneration", .text(regeneration))]
    if let field = section.optional("span") {
      let span = try field.quantity(Quantity.parseKilometres)
      guard span >= 1 else {
        throw field.error("expected at least 1 km between amplifiers, found '\(try field.text())'")
      }
      design.spanKilometres = span
      output.append(("span", .text(Quantity.text(kilometres: span))))
    }
    if let field = section.optional("connectors") {
      design.connectors = try field.integer(0...1000, "a number of pairs of connectors")
    }
    output.append(("connectors", .number(design.connectors)))
    if let field = section.optional("ocs") {
      let name = try field.word(of: CircuitSwitchCatalogue.rows.map(\.name), catalogue: "switches")
      design.circuitSwitch = CircuitSwitchCatalogue.lookup(name)
      design.passes = 2
      output.append(("ocs", .text(name)))
      assumptions.add("The light of {} passes a circuit switch of model '\(name)' at either end.", for: id)
    }
    var equipment = LineCatalogue.equipment[0]
    let equipmentField = section.optional("equipment")
    if let field = equipmentField {
      let name = try field.word(of: LineCatalogue.equipment.map(\.name), catalogue: "optics")
      equipment = LineCatalogue.equipment(name) ?? equipment
    }
    output.append(("equipment", .text(equipment.name)))
    let extraField = section.optional("extra_delay")
    let extra = try extraField?.quantity(Time.parse) ?? .zero
    output.append(("extra_delay", .text(extra.text)))
    guard
      let line = LinkLine(design, regenerates: regeneration == "auto", equipment: equipment, extra: extra)
    else {
      throw LinkRefusal(design: design, regeneration: regeneration).error(section)
    }

    if extraField == nil && equipment.name == "none" {
      assumptions.add(
        "The delay of {} is that of the fibre, its optics' error correction, amplifiers and regeneration; routers and "
          + "shelves add nothing unless 'equipment' or 'extra_delay' say so (a laboratory measured 123 us a round trip "
          + "for them: equipment: ptx-lab).", for: id)
    }
    if equipment.name != "none" {
      assumptions.add(
        "Routers and shelves of {} add \(equipment.fixed.text) one way and \(equipment.perKilometre.text) a kilometre "
          + "(\(equipment.certainty.rawValue): \(equipment.source)).", for: id)
    }
    if line.regenerationSites > 0 {
      assumptions.add(
        "Light is received and sent anew where reach demands it, at sites that are taken to be possible anywhere on the "
          + "line: {}.", for: "\(id) at \(line.regenerationSites)")
    }
    assumptions.add(
      "Optics '\(optics.name)' add \(optics.latency.text) one way to {}, and once more for each regeneration "
        + "(\(optics.certainty.rawValue): \(optics.source)).", for: id)
    return (line, output)
  }
}

/// A link that does not close, said so that one can act on it.
struct LinkRefusal {
  var design: LinkBudget.Design
  var regeneration: String

  func error(_ section: Section) -> ScenarioError {
    let field = section.optional("optics") ?? section.field
    let budget = LinkBudget(design)
    let (optics, length) = (design.optics, Quantity.text(kilometres: design.kilometres))
    let message =
      "'\(optics.name)' cannot close \(length) of \(design.medium.name)"
      + (optics.kind == .coherent ? " without regeneration" : "")
      + ": \(budget.failures.joined(separator: "; ")) [\(budget.summary)]"
    var advice: [String] = []
    if let (better, medium) = design.nearestThatCloses() {
      let on = medium == design.medium ? "" : " with medium '\(medium.name)'"
      advice.append("The nearest that closes it is '\(better.name)'\(on).")
    } else {
      advice.append("No module of the catalogue closes it in one piece.")
    }
    if optics.kind != .coherent {
      advice.append("Its signal cannot be regenerated on the way.")
    } else if regeneration == "none" {
      let regenerated = LinkLine(design, regenerates: true, equipment: LineCatalogue.equipment[0])
      if let sites = regenerated?.regenerationSites {
        advice.append("Or write 'regeneration: auto', which takes \(sites) sites on the way.")
      }
    }
    return field.error(message, advice.joined(separator: " "))
  }
}
