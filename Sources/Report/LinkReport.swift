// SPDX-License-Identifier: Apache-2.0

import Quantities
import Topology

/// How a link is built, for people.
public struct LinkReport: CustomStringConvertible {
  let link: LinkSpec
  let power: LinkPower
  let cost: LinkCost

  public init(_ link: LinkSpec) {
    self.link = link
    power = LinkPower(of: link)
    cost = LinkCost(of: link)
  }

  /// Lines, each ended by a line feed.
  public var description: String {
    guard let line = link.line else { return "\(link.id)\n  delay \(link.delay.text)\n" }
    var lines = [
      "\(link.id)  \(Quantity.text(kilometres: link.kilometres)) of \(link.medium), \(link.wavelengths) x \(link.optics), "
        + link.capacity.text
    ]
    func add(_ label: String, _ text: String) { lines.append("  \(label.padded(12))\(text)") }
    add("Budget", line.budget.summary)
    let sites = line.regenerationSites
    if sites > 0 {
      let length = Readable.fixed(line.budget.design.kilometres, 1)
      add(
        "",
        "of each of \(sites + 1) pieces of \(length) km, with \(sites) regeneration \(sites == 1 ? "site" : "sites") between"
      )
    }
    add("Amplifiers", line.amplifiers == 0 ? "none" : "\(line.amplifiers) in each direction")
    let terms = [
      ("propagation", line.propagation), ("error correction", line.optics), ("amplifiers", line.amplification),
      ("regeneration", line.regeneration), ("equipment", line.equipmentDelay),
    ]
    add("One way", Readable.duration(link.delay.seconds))
    for (name, time) in terms { add("", "\(name.padded(18))\(time.text)") }
    add("Round trip", "\((link.delay * 2).text), of it \((line.propagation * 2).text) propagation")
    add("Power", "\(Readable.amount(2 * power.watts)) W in both directions")
    for (name, watts) in [
      ("routers", power.router), ("modules", power.optics), ("amplifiers", power.amplifiers),
      ("regeneration", power.regeneration), ("circuit switches", power.switches),
    ] where watts > 0 { add("", "\(name.padded(18))\(Readable.amount(2 * watts)) W") }
    let modules = cost.modulesUSD.map { "\(range($0)) USD" } ?? "no price known"
    add("Build", "\(cost.modules) modules, \(modules) (order of magnitude, recalled)")
    add("Or lease", "\(range(cost.leaseUSDPerMonth)) USD a month for the same rate (order of magnitude, recalled)")
    return lines.joined(separator: "\n") + "\n"
  }

  public static let header =
    "link,km,medium,optics,wavelengths,regeneration_sites,spans,amplifiers,loss_db,osnr_db,delay_us,propagation_us,"
    + "optics_us,amplification_us,regeneration_us,equipment_us,power_w,modules"

  /// The same as a row of figures; delays are one way, amplifiers those of one direction, power that of both.
  public var row: String {
    guard let line = link.line else { return "" }
    func microseconds(_ time: Time) -> String { Quantity.number(Double(time.ticks) / 100_000) }
    let cells = [
      link.id, Quantity.number(link.kilometres), link.medium, link.optics, String(link.wavelengths),
      String(line.regenerationSites), String(line.spans), String(line.amplifiers),
      Quantity.rounded(line.budget.totalLoss, digits: 6),
      line.budget.osnr.map { Quantity.rounded($0, digits: 6) } ?? "", microseconds(link.delay),
      microseconds(line.propagation), microseconds(line.optics), microseconds(line.amplification),
      microseconds(line.regeneration), microseconds(line.equipmentDelay), Quantity.rounded(2 * power.watts, digits: 6),
      String(cost.modules),
    ]
    return cells.joined(separator: ",")
  }

  /// The network inside a site.
  public static func fabric(of site: SiteSpec) -> String {
    guard let fabric = site.fabric, let watts = site.networkWatts else { return "" }
    let light = watts - fabric.watts
    var text = "\n\(site.id)  fabric of \(fabric.gpus) GPUs at \(fabric.nicRate.text), \(fabric.tiers) "
    text += "\(fabric.tiers == 1 ? "tier" : "tiers"), \(fabric.optics.name), \(fabric.switches.name)\n"
    text += "  \("Power".padded(12))\(Readable.amount(watts / 1000)) kW: optics "
    text += "\(Readable.amount(fabric.opticsWatts * Double(fabric.gpus) / 1000)), switches "
    text += "\(Readable.amount(fabric.switchWatts * Double(fabric.gpus) / 1000))"
    if light > 0 { text += ", light in scale-up domains \(Readable.amount(light / 1000))" }
    let difference = site.pools.reduce(0) { $0 + site.networkDifference(of: $1) * Double($1.count) }
    return text + "; \(Readable.amount(difference / 1000)) kW against what its GPUs' share holds\n"
  }

  private func range(_ usd: ClosedRange<Double>) -> String {
    "\(Readable.fixed(usd.lowerBound, 0))-\(Readable.fixed(usd.upperBound, 0))"
  }
}
