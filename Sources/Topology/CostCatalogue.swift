// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A price as an order of magnitude.
public struct CostRow: Equatable, Sendable {
  public var name: String
  public var usd: ClosedRange<Double>
  /// What the price is for: "a wavelength of 800 Gb/s, a month".
  public var unit: String
  public var certainty: Certainty
  public var source: String

  /// The geometric mean of the range, where one number has to stand for it.
  public var middle: Double { (usd.lowerBound * usd.upperBound).squareRoot() }
}

/// Orders of magnitude of what is built or leased; every one is marked as such where it is printed.
public enum CostCatalogue {
  public static let rows: [CostRow] = [metroWave, longHaulWave, shell]

  /// Longest line whose wavelengths are leased at the price of a metropolitan one, km. Assumed.
  public static let metroKilometres = 120.0

  public static let metroWave = CostRow(
    name: "wave-metro", usd: 5000...20_000, unit: "a leased wavelength of 800 Gb/s up to 120 km, a month",
    certainty: .recalled, source: "order of magnitude of private wavelengths; that 120 km is metropolitan is assumed")
  public static let longHaulWave = CostRow(
    name: "wave-long-haul", usd: 20_000...80_000, unit: "a leased wavelength of 800 Gb/s beyond, a month",
    certainty: .recalled, source: "order of magnitude of private wavelengths over long hauls")
  public static let shell = CostRow(
    name: "land-and-shell", usd: 10e6...14e6, unit: "a MW of IT built, without GPUs", certainty: .recalled,
    source: "order of magnitude of recent builds")

  /// USD a month for `gigabits` over one line; by rate, though large waves are cheaper by the bit.
  public static func lease(kilometres: Double, gigabits: Double) -> ClosedRange<Double> {
    let row = kilometres <= metroKilometres ? metroWave : longHaulWave
    let scale = gigabits / 800
    return row.usd.lowerBound * scale...row.usd.upperBound * scale
  }
}
