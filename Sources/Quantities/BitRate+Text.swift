// SPDX-License-Identifier: Apache-2.0

extension BitRate {
  /// Reads a rate with its unit: "800 Gb/s", "1.6 Tb/s", "50 GB/s", "unlimited".
  ///
  /// - Throws: ``QuantityError`` for no unit, an unknown one, a number that is none or negative, a fraction of a bit
  ///   per second, or more than ``unlimited``.
  public static func parse(_ text: String) throws(QuantityError) -> BitRate {
    if UnitScanner.trim(text) == "unlimited" { return .unlimited }
    let rate = BitRate(try scanner.whole(text, of: "bits per second"))
    guard rate <= .unlimited else { throw scanner.error(text, "it is too large") }
    return rate
  }

  static let scanner: UnitScanner = {
    var units: [Unit] = []
    for (prefix, power) in [("G", 9), ("T", 12), ("M", 6), ("k", 3), ("", 0), ("P", 15)] {
      for name in ["b/s", "bit/s", "bps"] { units.append(Unit(name: prefix + name, power: power)) }
      units.append(Unit(name: prefix + "B/s", power: power, factor: 8))
    }
    return UnitScanner(expected: "a rate", example: "800 Gb/s", units: units)
  }()

  /// For people, and exact: "800 Gb/s", "1.6 Tb/s", "unlimited". ``parse(_:)`` reads it back as the same rate.
  public var text: String {
    if self >= .unlimited { return "unlimited" }
    let decimal = Decimal(Int128(bitsPerSecond))
    for (unit, power) in [("Tb/s", 12), ("Gb/s", 9), ("Mb/s", 6), ("kb/s", 3)] where decimal.magnitude >= power {
      return "\(decimal.shifted(by: -power).text) \(unit)"
    }
    return "\(bitsPerSecond) b/s"
  }
}
