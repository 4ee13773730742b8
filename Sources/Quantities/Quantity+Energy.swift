// SPDX-License-Identifier: Apache-2.0

/// Quantities of sites and their bills.
extension Quantity {
  /// Degrees Celsius: "20 C", "-3.5 C".
  public static func parseCelsius(_ text: String) throws(QuantityError) -> Double {
    try celsius.double(text, allowsNegative: true)
  }

  /// USD for each kW of peak power a month: "12 USD/kW-month".
  public static func parseDemandCharge(_ text: String) throws(QuantityError) -> Double { try demand.double(text) }

  /// USD for each GB: "0.02 USD/GB", "20 USD/TB".
  public static func parseEgressPrice(_ text: String) throws(QuantityError) -> Double { try egress.double(text) }

  static let celsius = UnitScanner(
    expected: "a temperature", example: "20 C", units: ["C", "\u{B0}C"].map { Unit(name: $0, power: 0) })

  static let demand = UnitScanner(
    expected: "a demand charge", example: "12 USD/kW-month",
    units: [Unit(name: "USD/kW-month", power: 0), Unit(name: "USD/MW-month", power: -3)])

  static let egress = UnitScanner(
    expected: "a price of traffic", example: "0.02 USD/GB",
    units: [Unit(name: "USD/GB", power: 0), Unit(name: "USD/TB", power: -3)])
}
