// SPDX-License-Identifier: Apache-2.0

import Quantities
import Topology

/// How links are built and what their equipment takes.
extension Summary {
  /// MWh of the equipment of all lines.
  public struct WANParts: Codable, Equatable, Sendable {
    public var router: Double
    public var optics: Double
    public var amplifiers: Double
    public var regeneration: Double
    public var switches: Double
  }

  /// A link as it is built, both directions together.
  public struct Line: Codable, Equatable, Sendable {
    public var link: String
    public var kilometres: Double
    public var medium: String
    public var optics: String
    public var wavelengths: Int
    public var spans: Int
    /// In both directions.
    public var amplifiers: Int
    public var regenerationSites: Int
    /// One way, in microseconds; the first is the sum of the others.
    public var delayMicroseconds: Double
    public var propagationMicroseconds: Double
    public var opticsMicroseconds: Double
    public var amplificationMicroseconds: Double
    public var regenerationMicroseconds: Double
    public var equipmentMicroseconds: Double
    /// Of both directions.
    public var watts: Double
    public var modules: Int
    /// Orders of magnitude; nil where no price is known.
    public var modulesUSDLow: Double?
    public var modulesUSDHigh: Double?
    public var leaseUSDPerMonthLow: Double
    public var leaseUSDPerMonthHigh: Double

    enum CodingKeys: String, CodingKey {
      case link, medium, optics, wavelengths, spans, amplifiers, modules
      case kilometres = "km"
      case regenerationSites = "regeneration_sites"
      case delayMicroseconds = "delay_us"
      case propagationMicroseconds = "propagation_us"
      case opticsMicroseconds = "optics_us"
      case amplificationMicroseconds = "amplification_us"
      case regenerationMicroseconds = "regeneration_us"
      case equipmentMicroseconds = "equipment_us"
      case watts = "power_w"
      case modulesUSDLow = "modules_usd_low"
      case modulesUSDHigh = "modules_usd_high"
      case leaseUSDPerMonthLow = "lease_usd_month_low"
      case leaseUSDPerMonthHigh = "lease_usd_month_high"
    }
  }
}

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
