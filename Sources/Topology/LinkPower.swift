// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Power of the equipment that carries one direction of a link, drawn whether traffic flows or not. Coarse: a figure a
/// port, a wavelength and an amplifier, none for cooling.
public enum LinkPower {
  /// Watts of a core router for each Gb/s of a port: "Network energy", arXiv 2504.14022, appendix (10 in 2012).
  public static let routerWattsPerGigabit = 2.0
  /// Watts of an amplifier site for each Gb/s that passes it in one direction; the same source.
  public static let amplifierWattsPerGigabit = 0.03
  /// Amplifiers stand every 80 to 100 km (recalled); the shorter.
  public static let amplifierSpacingKilometres = 80.0

  /// Amplifier sites along a link; none on a link of one span.
  public static func amplifiers(of link: LinkSpec) -> Int {
    max(0, Int((link.kilometres / amplifierSpacingKilometres).rounded(.up)) - 1)
  }

  /// Watts of one direction: a router port and a transceiver for each wavelength at its sending end (those of the
  /// receiving end belong to the other direction), and the amplifiers that its light passes.
  public static func watts(of link: LinkSpec) -> Double {
    let gigabits = link.capacity.double / 1e9
    let optics = (OpticsCatalogue.lookup(link.optics)?.watts ?? 0) * Double(link.wavelengths)
    return routerWattsPerGigabit * gigabits + optics
      + amplifierWattsPerGigabit * gigabits * Double(amplifiers(of: link))
  }
}
