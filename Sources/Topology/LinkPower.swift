// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Power and cost of the equipment that carries one direction of a link, drawn whether traffic flows or not: a figure a
/// port, a wavelength and an amplifier, none for cooling.
public struct LinkPower: Equatable, Sendable {
  /// Watts of a core router for each Gb/s of a port: "Network energy", arXiv 2504.14022, appendix (10 in 2012).
  public static let routerWattsPerGigabit = 2.0
  /// Amplifiers of a link that was made without a design stand every 80 to 100 km (recalled); the shorter.
  public static let amplifierSpacingKilometres = 80.0

  /// A router port at the sending end; that of the receiving end belongs to the other direction.
  public var router: Double
  /// A module for each wavelength at the sending end.
  public var optics: Double
  public var amplifiers: Double
  /// At each site two modules a wavelength stand back to back, one of them for either direction; nothing is added for
  /// their housing. The source above has 3 W for each Gb/s, some forty times as much: equipment of the decade before.
  public var regeneration: Double
  /// Its share of circuit switches.
  public var switches: Double

  public var watts: Double { router + optics + amplifiers + regeneration + switches }

  public init(of link: LinkSpec) {
    let gigabits = link.capacity.double / 1e9
    let module = OpticsCatalogue.lookup(link.optics)
    router = LinkPower.routerWattsPerGigabit * gigabits
    optics = (module?.watts ?? 0) * Double(link.wavelengths)
    amplifiers = LineCatalogue.amplifier.wattsPerGigabit * gigabits * Double(LinkPower.amplifiers(of: link))
    regeneration = optics * Double(link.line?.regenerationSites ?? 0)
    switches = 0
    if let design = link.line?.budget.design, let row = design.circuitSwitch {
      // Both directions share what each pass takes.
      let passes = min(2, design.passes * (link.line!.regenerationSites > 0 ? 2 : 1))
      switches = row.watts / Double(row.ports) * Double(passes * link.wavelengths) / 2
    }
  }

  /// Amplifiers in one direction; without a design none on a link of one span.
  public static func amplifiers(of link: LinkSpec) -> Int {
    if let line = link.line { return line.amplifiers }
    return max(0, Int((link.kilometres / amplifierSpacingKilometres).rounded(.up)) - 1)
  }

  public static func watts(of link: LinkSpec) -> Double { LinkPower(of: link).watts }
}

/// What a link costs to build, modules alone, or to lease; orders of magnitude.
public struct LinkCost: Equatable, Sendable {
  /// Modules of both ends and of all regeneration sites.
  public var modules: Int
  /// USD; nil if no price of the module is known.
  public var modulesUSD: ClosedRange<Double>?
  /// USD a month for the same capacity as leased wavelengths.
  public var leaseUSDPerMonth: ClosedRange<Double>

  public init(of link: LinkSpec) {
    modules = 2 * link.wavelengths * (1 + (link.line?.regenerationSites ?? 0))
    let count = Double(modules)
    modulesUSD = OpticsCatalogue.lookup(link.optics)?.priceUSD.map { $0.lowerBound * count...$0.upperBound * count }
    leaseUSDPerMonth = CostCatalogue.lease(kilometres: link.kilometres, gigabits: link.capacity.double / 1e9)
  }
}
