// SPDX-License-Identifier: Apache-2.0

import Quantities
import Topology

extension Summary.Line {
  /// Nil for a link that only has a delay.
  init?(_ link: LinkSpec) {
    guard let line = link.line else { return nil }
    func microseconds(_ time: Time) -> Double { CanonicalNumber.double(time) * 1e6 }
    self.link = link.id
    kilometres = link.kilometres
    medium = link.medium
    optics = link.optics
    wavelengths = link.wavelengths
    spans = line.spans
    amplifiers = 2 * line.amplifiers
    regenerationSites = line.regenerationSites
    delayMicroseconds = microseconds(link.delay)
    propagationMicroseconds = microseconds(line.propagation)
    opticsMicroseconds = microseconds(line.optics)
    amplificationMicroseconds = microseconds(line.amplification)
    regenerationMicroseconds = microseconds(line.regeneration)
    equipmentMicroseconds = microseconds(line.equipmentDelay)
    watts = 2 * LinkPower.watts(of: link)
    let cost = LinkCost(of: link)
    modules = cost.modules
    modulesUSDLow = cost.modulesUSD?.lowerBound
    modulesUSDHigh = cost.modulesUSD?.upperBound
    leaseUSDPerMonthLow = cost.leaseUSDPerMonth.lowerBound
    leaseUSDPerMonthHigh = cost.leaseUSDPerMonth.upperBound
  }

  var json: OrderedJSON {
    .object([
      ("link", .string(link)), ("km", .number(kilometres)), ("medium", .string(medium)), ("optics", .string(optics)),
      ("wavelengths", .integer(wavelengths)), ("spans", .integer(spans)), ("amplifiers", .integer(amplifiers)),
      ("regeneration_sites", .integer(regenerationSites)), ("delay_us", .number(delayMicroseconds)),
      ("propagation_us", .number(propagationMicroseconds)), ("optics_us", .number(opticsMicroseconds)),
      ("amplification_us", .number(amplificationMicroseconds)),
      ("regeneration_us", .number(regenerationMicroseconds)), ("equipment_us", .number(equipmentMicroseconds)),
      ("power_w", .number(watts)), ("modules", .integer(modules)), ("modules_usd_low", .optional(modulesUSDLow)),
      ("modules_usd_high", .optional(modulesUSDHigh)), ("lease_usd_month_low", .number(leaseUSDPerMonthLow)),
      ("lease_usd_month_high", .number(leaseUSDPerMonthHigh)),
    ])
  }
}

extension Summary.WANParts {
  /// What all lines take in so many hours.
  init(links: [LinkSpec], hours: Double) {
    let powers = links.map { LinkPower(of: $0) }
    func megawattHours(_ part: KeyPath<LinkPower, Double>) -> Double {
      powers.reduce(0) { $0 + 2 * $1[keyPath: part] } * hours / 1e6
    }
    router = megawattHours(\.router)
    optics = megawattHours(\.optics)
    amplifiers = megawattHours(\.amplifiers)
    regeneration = megawattHours(\.regeneration)
    switches = megawattHours(\.switches)
  }

  var json: OrderedJSON {
    .object([
      ("router", .number(router)), ("optics", .number(optics)), ("amplifiers", .number(amplifiers)),
      ("regeneration", .number(regeneration)), ("switches", .number(switches)),
    ])
  }
}
