// SPDX-License-Identifier: Apache-2.0

import Quantities
import Topology

/// A fault with its place in the resolved scenario.
struct FaultEntry {
  var spec: FaultSpec
  var output: Output

  /// The steps of a link's capacity that its faults, sorted by time and apart from each other, make.
  static func changes(_ faults: [FaultSpec], capacity: BitRate) -> [CapacityChange] {
    var changes: [CapacityChange] = []
    for fault in faults {
      // A fault that begins as another ends takes its place without the instant of full capacity between them.
      if let last = changes.last, last.at == fault.at { changes.removeLast() }
      changes.append(CapacityChange(at: fault.at, capacity: fault.capacity))
      if let until = fault.until { changes.append(CapacityChange(at: until, capacity: capacity)) }
    }
    return changes
  }
}

extension Reading {
  /// Scheduled losses of capacity, sorted by link and time.
  func readFaults(_ root: Section, links: [LinkEntry]) throws(ScenarioError) -> [FaultEntry] {
    var found: [(spec: FaultSpec, field: Field)] = []
    for field in try root.optional("faults")?.items() ?? [] {
      found.append((try readFault(field, links: links), field))
    }
    found.sort { ($0.spec.link, $0.spec.at) < ($1.spec.link, $1.spec.at) }
    for (earlier, later) in zip(found, found.dropFirst()) where earlier.spec.link == later.spec.link {
      let end = earlier.spec.until ?? .never
      guard end <= later.spec.at, earlier.spec.at < later.spec.at else {
        throw later.field.error(
          "begins at \(later.spec.at.text), before another fault of link '\(later.spec.link)' ends"
            + (earlier.spec.until.map { " at \($0.text)" } ?? ", which it never does"),
          "Give the earlier one an 'until', or move this one.")
      }
    }
    if !found.isEmpty {
      assumptions.add("Routes stay as they are when a link loses capacity: what cannot pass waits.")
    }
    return found.map { spec, _ in
      var output: [(String, Output)] = [("link", .text(spec.link)), ("at", .text(spec.at.text))]
      if let until = spec.until { output.append(("until", .text(until.text))) }
      output.append(("capacity", .text(spec.capacity.text)))
      return FaultEntry(spec: spec, output: .flow(output))
    }
  }

  private func readFault(_ field: Field, links: [LinkEntry]) throws(ScenarioError) -> FaultSpec {
    let section = try field.section(["link", "at", "until", "capacity", "wavelengths"])
    let link = try readLinkName(section.required("link", example: "link: omaha-columbus"), links: links)
    let at = try section.required("at", example: "at: 2 h").quantity(Time.parse)
    let untilField = section.optional("until")
    let until = try untilField?.quantity(Time.parse)
    if let untilField, let until, until <= at {
      throw untilField.error("expected a time after 'at' (\(at.text)), found '\(until.text)'")
    }
    let capacity: BitRate
    switch (section.optional("capacity"), section.optional("wavelengths")) {
    case (let rate?, nil): capacity = try rate.quantity(BitRate.parse)
    case (nil, let wavelengths?):
      let left = try wavelengths.integer(0...link.wavelengths, "the number of wavelengths that are left")
      capacity = BitRate(link.capacity.bitsPerSecond / Int64(link.wavelengths) * Int64(left))
    default:
      throw field.error(
        "expected either 'capacity' or 'wavelengths', what is left of the link", "For example: capacity: 200 Gb/s.")
    }
    guard capacity <= link.capacity else {
      throw field.error("leaves \(capacity.text), more than the link's \(link.capacity.text)")
    }
    guard capacity > .zero || until != nil else {
      throw field.error(
        "cuts the link for ever, so that jobs that need it never end", "Give an 'until', or remove the link.")
    }
    return FaultSpec(link: link.id, at: at, until: until, capacity: capacity)
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
