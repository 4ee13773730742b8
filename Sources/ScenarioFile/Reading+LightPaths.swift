// SPDX-License-Identifier: Apache-2.0

import Quantities
import Topology

extension Reading {
  /// Optical circuit switching: which wavelengths may be moved where, how fast, and who decides.
  func readLightPaths(
    _ field: Field?, fleet: Fleet
  ) throws(ScenarioError) -> (paths: LightPaths, output: Output)? {
    guard let field else { return nil }
    let section = try field.section(["policy", "switch", "reconfiguration", "interval", "floor", "pool"])
    let names = LightPaths.Policy.allCases.map(\.rawValue)
    let word = try section.required("policy", example: "policy: demand-following").word(of: names)
    let policy = LightPaths.Policy(rawValue: word) ?? .static
    let switchField = section.optional("switch")
    let model =
      try switchField?.word(of: CircuitSwitchCatalogue.rows.map(\.name), catalogue: "switches")
      ?? LightPaths.standardSwitch
    guard let row = CircuitSwitchCatalogue.lookup(model) else { throw field.error("switch '\(model)' is not known") }
    let dark = LightPaths.darkTime(of: row)
    let reconfiguration = try time(section.optional("reconfiguration"), dark)
    let interval = try time(section.optional("interval"), .seconds(900))
    if section.optional("reconfiguration") == nil {
      assumptions.add(
        "A wavelength that is moved to another link is dark for \(reconfiguration.text), as with the switch '\(model)' "
          + "(\(row.certainty.rawValue): \(row.source)).")
    }
    let floor = try section.optional("floor")?.integer(1...1000, "the wavelengths that every link keeps") ?? 1
    var pool = fleet.sites.indices.map { site in
      fleet.links.reduce(0) { $0 + ($1.ends.0 == site || $1.ends.1 == site ? $1.wavelengths : 0) }
    }
    if let field = section.optional("pool") {
      guard case .mapping(let entries) = field.value.content else {
        throw field.error("expected sites and numbers of wavelengths", "For example: pool: {omaha: 8}.")
      }
      for entry in entries {
        let count = Field(value: entry.value, path: "\(field.path).\(entry.key)")
        guard let site = fleet.index(ofSite: entry.key) else { throw count.error("there is no site '\(entry.key)'") }
        pool[site] = try count.integer(pool[site]...100_000, "at least the wavelengths of its links (\(pool[site]))")
      }
    }
    for link in fleet.links where link.wavelengths < floor {
      throw field.error(
        "link '\(link.id)' has \(link.wavelengths) wavelengths, fewer than the floor of \(floor)",
        "Lower 'floor', or give the link more.")
    }
    assumptions.add(
      "Wavelengths of a site are a pool that an optical switch can turn towards any of its links; a wavelength needs a free "
        + "one at both ends. Every fibre can carry as many as it is given.")
    var output: [(String, Output)] = [
      ("policy", .text(policy.rawValue)), ("switch", .text(model)), ("reconfiguration", .text(reconfiguration.text)),
      ("interval", .text(interval.text)), ("floor", .number(floor)),
    ]
    output.append(("pool", .flow(fleet.sites.indices.map { (fleet.sites[$0].id, .number(pool[$0])) })))
    return (
      LightPaths(policy: policy, reconfiguration: reconfiguration, interval: interval, floor: floor, pool: pool),
      .flow(output)
    )
  }

  private func time(_ field: Field?, _ standard: Time) throws(ScenarioError) -> Time {
    guard let field else { return standard }
    let time = try field.quantity(Time.parse)
    guard time > .zero else { throw field.error("expected a time above zero, found '\(time.text)'") }
    return time
  }
}
