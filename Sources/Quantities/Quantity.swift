// SPDX-License-Identifier: Apache-2.0

/// Texts such as "1361 km" and "35 USD/MWh": every quantity of a scenario carries its unit.
///
/// All functions throw ``QuantityError`` for a missing or unknown unit, a number that is none, and a value outside
/// what the quantity can be. Time and rate have types of their own: ``Time/parse(_:)``, ``BitRate/parse(_:)``.
public enum Quantity {
  /// Whole bytes: "64 MB" is 64,000,000, "64 MiB" is 67,108,864.
  public static func parseBytes(_ text: String) throws(QuantityError) -> Int64 {
    try bytes.whole(text, of: "bytes")
  }

  /// "1361 km", "500 m", "845 mi".
  public static func parseKilometres(_ text: String) throws(QuantityError) -> Double {
    let (number, unit) = try distance.scan(text)
    if unit.name.hasPrefix("mi") { return number.double * 1.609344 }
    return number.shifted(by: unit.power).double
  }

  /// "700 W", "1.2 MW".
  public static func parseWatts(_ text: String) throws(QuantityError) -> Double { try power.double(text) }

  /// "35 USD/MWh", "0.28 EUR/kWh"; may be negative.
  ///
  /// - Returns: the price of a MWh, and its currency as a code of three capital letters.
  public static func parsePrice(
    _ text: String
  ) throws(QuantityError) -> (perMWh: Double, currency: String) {
    let (numberText, unitText) = UnitScanner.split(UnitScanner.trim(text))
    guard let number = Decimal(numberText) else {
      throw price.error(text, numberText.isEmpty ? "the number is missing" : "'\(numberText)' is not a number")
    }
    if unitText.isEmpty { throw price.error(text, "the unit is missing") }
    do {
      let unit = try parsePriceUnit(unitText)
      return (number.shifted(by: unit.shift).double, unit.currency)
    } catch {
      throw price.error(text, error.hint)
    }
  }

  /// The unit of a price series: "EUR/MWh".
  ///
  /// - Returns: the currency, and how many powers of ten lie between this unit and that currency per MWh.
  public static func parsePriceUnit(_ text: String) throws(QuantityError) -> (currency: String, shift: Int) {
    let unit = UnitScanner(expected: "the unit of a price", example: "USD/MWh", units: [])
    let parts = UnitScanner.trim(text).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw unit.error(text, "'\(text)' is not a price: it says no currency per energy") }
    let currency = String(parts[0])
    guard currency.utf8.count == 3, currency.utf8.allSatisfy({ $0 >= 65 && $0 <= 90 }) else {
      let code = currency.uppercased()
      let hint =
        currency == "$" ? "write the currency as its code, USD or another dollar" : "a currency has three capitals"
      throw unit.error(text, currency != code && code.utf8.count == 3 ? "did you mean '\(code)/\(parts[1])'?" : hint)
    }
    switch parts[1] {
    case "MWh": return (currency, 0)
    case "kWh": return (currency, 3)
    case "GWh": return (currency, -3)
    default: throw unit.error(text, "'\(parts[1])' is no energy that a price may be for: MWh or kWh")
    }
  }

  /// A price's number times ten to the `shift` of ``parsePriceUnit(_:)`` or ``parseCarbonUnit(_:)``, rounded once.
  public static func scaled(_ value: Double, byPowerOfTen shift: Int) -> Double {
    shift == 0 || !value.isFinite ? value : Decimal(value).shifted(by: shift).double
  }

  /// Grams of CO2 equivalent per kWh: "400 g/kWh", "0.4 kg/kWh", "400 kg/MWh".
  public static func parseCarbon(_ text: String) throws(QuantityError) -> Double { try carbon.double(text) }

  /// The unit of a carbon series: how many powers of ten lie between it and g/kWh.
  public static func parseCarbonUnit(_ text: String) throws(QuantityError) -> Int {
    let unit = UnitScanner(expected: "the unit of a carbon intensity", example: "g/kWh", units: carbon.units)
    return try unit.unit(named: UnitScanner.trim(text), in: text).power
  }

  /// "0.3" or "30 %", both 0.3. A plain number is allowed, because a share has no unit.
  public static func parsePercentOrNumber(_ text: String) throws(QuantityError) -> Double {
    let (numberText, unitText) = UnitScanner.split(UnitScanner.trim(text))
    let scanner = UnitScanner(expected: "a share", example: "0.3' or '30 %", units: [])
    guard let number = Decimal(numberText) else { throw scanner.error(text, "it is not a number") }
    if unitText.isEmpty { return number.double }
    guard unitText == "%" else { throw scanner.error(text, "'\(unitText)' is not a unit of it") }
    return number.shifted(by: -2).double
  }

  /// A plain decimal number; nil for anything else, "inf" and "nan" included.
  public static func parseNumber(_ text: String) -> Double? {
    guard let value = Decimal(UnitScanner.trim(text))?.double, value.isFinite else { return nil }
    return value
  }

  static let bytes: UnitScanner = {
    var units = [Unit(name: "B", power: 0)]
    for (name, power) in [("MB", 6), ("GB", 9), ("TB", 12), ("PB", 15), ("kB", 3), ("KB", 3)] {
      units.append(Unit(name: name, power: power))
    }
    for (name, shift) in [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)] {
      units.append(Unit(name: name, power: 0, factor: Int64(1) << Int64(shift)))
    }
    return UnitScanner(expected: "a number of bytes", example: "64 MB", units: units)
  }()

  static let distance = UnitScanner(
    expected: "a distance", example: "1361 km",
    units: [Unit(name: "km", power: 0), Unit(name: "m", power: -3), Unit(name: "mi", power: 0)])

  static let power = UnitScanner(
    expected: "a power", example: "1.2 MW",
    units: [("MW", 6), ("kW", 3), ("W", 0), ("GW", 9)].map { Unit(name: $0.0, power: $0.1) })

  static let price = UnitScanner(expected: "a price", example: "35 USD/MWh", units: [])

  static let carbon: UnitScanner = {
    var units: [Unit] = []
    for suffix in ["", "CO2", "CO2e", "CO2eq"] {
      for (mass, energy, power) in [
        ("g", "kWh", 0), ("kg", "kWh", 3), ("kg", "MWh", 0), ("t", "MWh", 3), ("g", "MWh", -3),
      ] {
        units.append(Unit(name: "\(mass)\(suffix)/\(energy)", power: power))
      }
    }
    return UnitScanner(expected: "a carbon intensity", example: "400 g/kWh", units: units)
  }()
}
