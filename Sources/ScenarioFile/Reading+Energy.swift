// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Topology

/// What a series of energy measures.
enum SourceKind: String {
  case price, carbon

  /// Of the values as the rest of the program wants them.
  var unit: String { self == .price ? "USD/MWh" : "g/kWh" }
}

extension Reading {
  /// A price or carbon intensity: `{constant: ...}`, `{file: ..., ...}` or `{profile: ...}`.
  func readSource(
    _ kind: SourceKind, _ field: Field, site: String, at coordinates: Coordinates
  ) throws(ScenarioError) -> (series: HourlySeries, output: Output) {
    let money = kind == .price ? ["exchange_rate"] : []
    let fileFields = ["column", "time_column", "zone", "unit"]
    let section = try field.section(["constant", "file", "profile"] + fileFields + money)
    let kinds = ["constant", "file", "profile"].compactMap { section.optional($0) }
    guard kinds.count == 1 else {
      let found = kinds.isEmpty ? "none of them" : "\(kinds.count) of them"
      throw field.error(
        "expected one of 'constant', 'file' and 'profile', found \(found)",
        "For example: \(kind.rawValue): {constant: \(kind == .price ? "35 USD/MWh" : "400 g/kWh")}.")
    }
    if section.optional("file") == nil {
      for name in fileFields {
        if let stray = section.optional(name) {
          throw stray.error("'\(name)' belongs to a file, and there is none", "Give 'file:', or remove '\(name)'.")
        }
      }
    }
    if let constant = section.optional("constant") { return try readConstant(kind, constant, section) }
    if let profile = section.optional("profile") {
      return try readProfile(kind, profile, section, site: site, at: coordinates)
    }
    return try readSeries(kind, section.required("file", example: "file: prices.csv"), section, site: site)
  }

  private func readConstant(
    _ kind: SourceKind, _ field: Field, _ section: Section
  ) throws(ScenarioError) -> (HourlySeries, Output) {
    if kind == .carbon {
      let carbon = try field.quantity(Quantity.parseCarbon)
      return (.constant(carbon), .flow([("constant", .text(Quantity.text(gramsPerKWh: carbon)))]))
    }
    let price = try field.quantity(Quantity.parsePrice)
    let rate = try readExchangeRate(section, currency: price.currency, of: field)
    var output: [(String, Output)] = [
      ("constant", .text(Quantity.text(perMWh: price.perMWh, currency: price.currency)))
    ]
    if let text = rate.text { output.append(("exchange_rate", .text(text))) }
    return (.constant(price.perMWh * rate.value), .flow(output))
  }

  private func readProfile(
    _ kind: SourceKind, _ field: Field, _ section: Section, site: String, at coordinates: Coordinates
  ) throws(ScenarioError) -> (HourlySeries, Output) {
    let catalogue = kind == .price ? ProfileCatalogue.prices : ProfileCatalogue.carbons
    let name = try field.word(of: catalogue.map(\.name))
    guard let profile = catalogue.first(where: { $0.name == name }) else {
      throw field.error("'\(name)' is not known")
    }
    var output: [(String, Output)] = [("profile", .text(name))]
    var scale = 1.0
    if kind == .price {
      let rate = try readExchangeRate(section, currency: String(profile.unit.prefix(3)), of: field)
      scale = rate.value
      if let text = rate.text { output.append(("exchange_rate", .text(text))) }
    }
    usesCalendar = true
    assumptions.add(
      "The \(kind.rawValue) at {} follows the synthetic daily profile '\(name)' in hours of local solar time, UTC and "
        + "a whole hour for every 15 degrees of longitude: \(profile.source); the shape is assumed.", for: site)
    let series = profile.series(calendar: calendar ?? 0, longitude: coordinates.longitude, scale: scale)
    return (series, .flow(output))
  }

  /// USD for one unit of a currency. A rate is never guessed.
  private func readExchangeRate(
    _ section: Section, currency: String, of field: Field
  ) throws(ScenarioError) -> (value: Double, text: String?) {
    guard let rateField = section.optional("exchange_rate") else {
      if currency == "USD" { return (1, nil) }
      throw field.error(
        "this price is in \(currency), and no exchange rate is given",
        "Add one to 'price:', for example: exchange_rate: 1.08 USD/\(currency).")
    }
    if currency == "USD" { throw rateField.error("this price is in USD already", "Remove the exchange rate.") }
    let text = try rateField.text()
    let parts = text.split(separator: " ")
    guard parts.count == 2, let rate = Quantity.parseNumber(String(parts[0])), rate > 0,
      parts[1] == "USD/\(currency)"
    else { throw rateField.error("expected a rate such as '1.08 USD/\(currency)', found '\(text)'") }
    return (rate, "\(Quantity.number(rate)) USD/\(currency)")
  }

  private func readSeries(
    _ kind: SourceKind, _ field: Field, _ section: Section, site: String
  ) throws(ScenarioError) -> (HourlySeries, Output) {
    let path = resolve(try field.text())
    let unitField = try section.required("unit", example: kind == .price ? "unit: EUR/MWh" : "unit: g/kWh")
    var output: [(String, Output)] = [("file", .text(path))]
    for name in ["column", "time_column"] {
      if let text = try section.optional(name)?.text() { output.append((name, .text(text))) }
    }
    var zone: Int64?
    if let zoneField = section.optional("zone") {
      let text = try zoneField.text()
      guard let seconds = Instant.zone(text) else {
        throw zoneField.error(
          "'\(text)' is not a zone with a fixed offset",
          "Write UTC, UTC+8 or \"-05:00\"; zones with daylight saving "
            + "are not supported in this version.")
      }
      zone = seconds
      output.append(("zone", .text(text)))
    }
    let shift: Int
    var scale = 1.0
    output.append(("unit", .text(try unitField.text())))
    if kind == .price {
      let unit = try unitField.quantity(Quantity.parsePriceUnit)
      let rate = try readExchangeRate(section, currency: unit.currency, of: unitField)
      (shift, scale) = (unit.shift, rate.value)
      if let text = rate.text { output.append(("exchange_rate", .text(text))) }
    } else {
      shift = try unitField.quantity(Quantity.parseCarbonUnit)
    }
    let file = try SeriesFile(
      path: path, name: path, column: section.optional("column"), timeColumn: section.optional("time_column"),
      zone: zone, field: field)
    let values = file.hours.map { Quantity.scaled($0, byPowerOfTen: shift) * scale }
    let series = try place(values, from: file.first, kind: kind, field: field, site: site)
    report(file, kind: kind, name: Reading.shortName(path), site: site)
    return (series, .flow(output))
  }

  /// Puts hours of the calendar on virtual time.
  private func place(
    _ values: [Double], from first: Int64, kind: SourceKind, field: Field, site: String
  ) throws(ScenarioError) -> HourlySeries {
    let end = first + 3600 * Int64(values.count)
    guard let calendar else {
      throw field.error(
        "a series needs the scenario's 'calendar', the instant in it at which the run begins",
        "Add to the scenario: calendar: \(Instant.text(first))")
    }
    guard calendar >= first, calendar < end else {
      throw field.error(
        "the series runs from \(Instant.text(first)) to \(Instant.text(end)), the run begins outside of it, at "
          + Instant.text(calendar), "Set 'calendar' to an instant within it.")
    }
    // Two years and ten months of hours fit virtual time; of longer series the hours before the run are dropped.
    let limit = 25_000
    var values = values
    var start = first - calendar
    if values.count > limit {
      let past = Int((calendar - first) / 3600)
      values = Array(values.dropFirst(past).prefix(limit))
      start += 3600 * Int64(past)
      assumptions.add(
        "Of the \(kind.rawValue) series at {}, hours before the run and beyond its span are left out.", for: site)
    }
    return HourlySeries(start: Time.seconds(start), values: values)
  }

  private func report(_ file: SeriesFile, kind: SourceKind, name: String, site: String) {
    let subject = "\(site) (\(name))"
    let end = file.first + 3600 * Int64(file.hours.count)
    assumptions.add(
      "The \(kind.rawValue) series of {} covers \(Instant.text(file.first)) to \(Instant.text(end)) and begins again "
        + "after its end.", for: subject)
    func add(_ count: Int, _ one: String, _ many: String, _ rest: String) {
      if count == 0 { return }
      assumptions.add(
        "In the \(kind.rawValue) series of {}, \(count) \(count == 1 ? one : many) \(rest).", for: subject)
    }
    add(file.duplicates, "row repeats", "rows repeat", "the instant of another; the last one in the file counts")
    add(file.outOfOrder, "row was", "rows were", "out of order and put in order")
    add(file.empty, "row has", "rows have", "no value and counts as missing")
    add(file.held, "hour holds", "hours hold", "the value of an earlier row, because none begins in it")
    add(file.averaged, "hour changes", "hours change", "value on the way and got the mean over the hour")
  }
}
