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

  /// USD for each MW of IT that is built: "12 MUSD/MW", "12 USD/W".
  public static func parseBuildPrice(_ text: String) throws(QuantityError) -> Double { try build.double(text) }

  /// USD for each tonne of carbon dioxide: "100 USD/t".
  public static func parseCarbonPrice(_ text: String) throws(QuantityError) -> Double { try carbonPrice.double(text) }

  /// USD for each cubic metre of water: "2 USD/m3".
  public static func parseWaterPrice(_ text: String) throws(QuantityError) -> Double { try water.double(text) }

  /// USD for each kW of IT and year: "1 USD/kW-year".
  public static func parseYearlyPrice(_ text: String) throws(QuantityError) -> Double { try yearly.double(text) }

  static let build = UnitScanner(
    expected: "a price of building", example: "12 MUSD/MW",
    units: [Unit(name: "USD/MW", power: 0), Unit(name: "MUSD/MW", power: 6), Unit(name: "USD/W", power: 6)])

  static let carbonPrice = UnitScanner(
    expected: "a price of carbon", example: "100 USD/t",
    units: [Unit(name: "USD/t", power: 0), Unit(name: "USD/kg", power: 3)])

  static let water = UnitScanner(
    expected: "a price of water", example: "2 USD/m3", units: [Unit(name: "USD/m3", power: 0)])

  static let yearly = UnitScanner(
    expected: "a price of power", example: "1 USD/kW-year", units: [Unit(name: "USD/kW-year", power: 0)])

  static let celsius = UnitScanner(
    expected: "a temperature", example: "20 C", units: ["C", "\u{B0}C"].map { Unit(name: $0, power: 0) })

  static let demand = UnitScanner(
    expected: "a demand charge", example: "12 USD/kW-month",
    units: [Unit(name: "USD/kW-month", power: 0), Unit(name: "USD/MW-month", power: -3)])

  static let egress = UnitScanner(
    expected: "a price of traffic", example: "0.02 USD/GB",
    units: [Unit(name: "USD/GB", power: 0), Unit(name: "USD/TB", power: -3)])
}
