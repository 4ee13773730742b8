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
  ) throws(ScenarioError) -> (series: EnergySeries, output: Output) {
    let money = kind == .price ? ["exchange_rate"] : []
    let fileFields = ["column", "time_column", "zone", "unit", "interpolation", "allow_gaps"]
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
  ) throws(ScenarioError) -> (EnergySeries, Output) {
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
  ) throws(ScenarioError) -> (EnergySeries, Output) {
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
  ) throws(ScenarioError) -> (EnergySeries, Output) {
    let path = resolve(data: field, try field.text())
    let unitField = try section.required("unit", example: kind == .price ? "unit: EUR/MWh" : "unit: g/kWh")
    var output: [(String, Output)] = [("file", .text(path))]
    if let text = try section.optional("column")?.text() { output.append(("column", .text(text))) }
    let wish = try readWish(section, file: field, column: section.optional("column"), usual: nil, &output)
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
    let interpolation = try readInterpolation(section, &output)
    let allowsGaps = try readAllowsGaps(section, &output)
    var file = try SeriesFile(
      TimedRows(TimedRows.open(path: path, field: field), path: path, wish), path: path, wish: wish,
      linear: interpolation == .linear, allowsGaps: allowsGaps)
    file.values = file.values.map { Quantity.scaled($0, byPowerOfTen: shift) * scale }
    let start = try place(&file, what: kind.rawValue, field: field, site: site)
    report(file, what: kind.rawValue, name: Reading.shortName(path), site: site, interpolation: interpolation)
    let series = EnergySeries(
      start: start, step: .seconds(file.step), values: file.values, interpolation: interpolation)
    return (series, .flow(output))
  }

  /// The fields that say how a file is to be read.
  func readWish(
    _ section: Section, file: Field, column: Field?, usual: String?, _ output: inout [(String, Output)]
  ) throws(ScenarioError) -> TimedRows.Wish {
    if let text = try section.optional("time_column")?.text() { output.append(("time_column", .text(text))) }
    var zone: ClockZone?
    if let field = section.optional("zone") {
      let text = try field.text()
      guard let known = ClockZone(text) else {
        throw field.error(
          "'\(text)' is not a zone that is known here",
          Spelling.nearest(text, in: ClockZone.known).map { "Did you mean '\($0)'?" }
            ?? "Write UTC, an offset as in UTC+8 or \"-05:00\", or one of: \(ClockZone.known.joined(separator: ", ")).")
      }
      zone = known
      output.append(("zone", .text(text)))
    }
    return TimedRows.Wish(
      field: file, column: column, usual: usual, timeColumn: section.optional("time_column"), zone: zone)
  }

  private func readInterpolation(
    _ section: Section, _ output: inout [(String, Output)]
  ) throws(ScenarioError) -> EnergySeries.Interpolation {
    guard let field = section.optional("interpolation") else { return .step }
    let word = try field.word(of: EnergySeries.Interpolation.allCases.map(\.rawValue))
    output.append(("interpolation", .text(word)))
    return EnergySeries.Interpolation(rawValue: word) ?? .step
  }

  func readAllowsGaps(_ section: Section, _ output: inout [(String, Output)]) throws(ScenarioError) -> Bool {
    guard let field = section.optional("allow_gaps") else { return false }
    let word = try field.word(of: ["true", "false"])
    output.append(("allow_gaps", .text(word)))
    return word == "true"
  }

  /// Puts a series of the calendar on virtual time.
  ///
  /// - Returns: when its first value begins.
  func place(
    _ file: inout SeriesFile, what: String, field: Field, site: String
  ) throws(ScenarioError) -> Time {
    guard let calendar else {
      throw field.error(
        "a series needs the scenario's 'calendar', the instant in it at which the run begins",
        "Add to the scenario: calendar: \(Instant.text(file.first))")
    }
    guard calendar >= file.first, calendar < file.end else {
      throw field.error(
        "the series runs from \(Instant.text(file.first)) to \(Instant.text(file.end)), the run begins outside of it, "
          + "at \(Instant.text(calendar))", "Set 'calendar' to an instant within it.")
    }
    usesCalendar = true
    // Two years and ten months fit virtual time; of longer series what lies before the run is dropped.
    let limit = 90_000_000 / file.step
    if file.values.count > limit {
      let past = (calendar - file.first) / file.step
      file.values = Array(file.values.dropFirst(Int(past)).prefix(Int(limit)))
      file.first += file.step * past
      assumptions.add("Of the \(what) series at {}, hours before the run and beyond its span are left out.", for: site)
    }
    return Time.seconds(file.first - calendar)
  }

  func report(
    _ file: SeriesFile, what: String, name: String, site: String, interpolation: EnergySeries.Interpolation
  ) {
    let subject = "\(site) (\(name))"
    let step = Time.seconds(file.step).text
    let shape =
      interpolation == .step ? "each value holding for \(step)" : "straight between values \(step) apart"
    assumptions.add(
      "The \(what) series of {} covers \(Instant.text(file.first)) to \(Instant.text(file.end)), \(shape), and begins "
        + "again after its end.", for: subject)
    func add(_ count: Int, _ one: String, _ many: String, _ rest: String) {
      if count == 0 { return }
      assumptions.add("In the \(what) series of {}, \(count) \(count == 1 ? one : many) \(rest).", for: subject)
    }
    let filled =
      interpolation == .step
      ? "the value of an earlier row, because none begins there" : "a straight line between two rows, in a hole"
    add(file.duplicates, "row repeats", "rows repeat", "the instant of another; the last one in the file counts")
    add(file.rows.outOfOrder, "row was", "rows were", "out of order and put in order")
    add(file.rows.empty, "row has", "rows have", "no value and counts as missing")
    add(file.rows.invented, "row lies", "rows lie", "in an hour that the clocks left out, and was dropped")
    add(file.rows.ambiguous, "row lies", "rows lie", "in an hour that came twice; the first counts as summer time")
    add(file.held, "value is", "values are", filled)
    add(file.averaged, "hour changes", "hours change", "value on the way and got the mean over the hour")
    add(
      file.longHoles, "hole is", "holes are",
      "longer than 24 h, the longest \(Quantity.rounded(Double(file.longestHole) / 3600, digits: 4)) h, and filled as "
        + "allow_gaps says")
  }
}
