// SPDX-License-Identifier: Apache-2.0

/// Short texts for people that are exact: the parser of the same quantity gives the same value back.
extension Quantity {
  /// "1.2 TB", "64 MB", "100 B".
  public static func text(bytes: Int64) -> String {
    text(Decimal(Int128(bytes)), [("PB", 15), ("TB", 12), ("GB", 9), ("MB", 6), ("kB", 3), ("B", 0)])
  }

  /// "1361 km".
  public static func text(kilometres: Double) -> String { "\(number(kilometres)) km" }

  /// "1.2 MW".
  public static func text(watts: Double) -> String {
    text(Decimal(watts), [("GW", 9), ("MW", 6), ("kW", 3), ("W", 0)])
  }

  /// "35 USD/MWh".
  public static func text(perMWh price: Double, currency: String = "USD") -> String {
    "\(number(price)) \(currency)/MWh"
  }

  /// "400 g/kWh".
  public static func text(gramsPerKWh carbon: Double) -> String { "\(number(carbon)) g/kWh" }

  /// The shortest decimal that reads back as the same number: "35", "0.1", "1e-12".
  public static func number(_ value: Double) -> String {
    value.isFinite ? Decimal(value).text : value.description
  }

  /// A number rounded to `digits` significant digits, for sentences; does not read back exactly.
  public static func rounded(_ value: Double, digits: Int) -> String {
    guard value.isFinite, digits > 0 else { return value.description }
    let decimal = Decimal(value)
    guard decimal.digits.count > digits else { return decimal.text }
    // Scale so that the wanted digits stand before the point, round, and scale back: all in decimal.
    let shift = digits - 1 - decimal.magnitude
    let whole = decimal.shifted(by: shift).double.rounded()
    return Decimal(whole).shifted(by: -shift).text
  }

  private static func text(_ value: Decimal, _ units: [(name: String, power: Int)]) -> String {
    for (name, power) in units where value.magnitude >= power && !value.digits.isEmpty {
      return "\(value.shifted(by: -power).text) \(name)"
    }
    let last = units[units.count - 1]
    return "\(value.shifted(by: -last.power).text) \(last.name)"
  }
}
