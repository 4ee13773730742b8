// SPDX-License-Identifier: Apache-2.0

import Energy
import Foundation
import Quantities
import ScenarioFile
import Testing

/// Prices and carbon from files: small ones by hand, and the real ones where they are there.
@Suite struct SeriesFileTests {
  static let hourly = """
    Datetime,Price (USD/MWh)
    2023-10-08 22:00:00,10
    2023-10-08 23:00:00,20
    2023-10-09 00:00:00,-30.5
    2023-10-09 01:00:00,40

    """

  /// The scenario of two sites with omaha's price from `text`.
  func scenario(_ text: String, _ fields: String = "zone: UTC, unit: USD/MWh") throws -> Scenario {
    let folder = try Folder()
    try folder.write("p.csv", text)
    return try parse(yaml(fields), in: folder.path)
  }

  func failure(_ text: String, _ fields: String = "zone: UTC, unit: USD/MWh") throws -> String {
    let folder = try Folder()
    try folder.write("p.csv", text)
    return message(yaml(fields), in: folder.path).replacingOccurrences(of: folder.path, with: "")
  }

  func yaml(_ fields: String) -> String {
    twoSites.replacing(line: "price: {constant: 35 USD/MWh}", by: "price: {file: p.csv, \(fields)}")
  }

  func price(_ scenario: Scenario) -> EnergySeries { scenario.energy[1].price }

  @Test func mapsTheCalendar() throws {
    let scenario = try scenario(Self.hourly)
    let series = price(scenario)
    #expect(series.start == .seconds(-7200))
    #expect(series.value(at: .zero) == -30.5)
    #expect(series.value(at: .hour) == 40)
    // The end of the file is two hours into the run; then it begins again.
    #expect(series.wrapsAt == .seconds(7200))
    #expect(series.value(at: .hour * 2) == 10)
    #expect(
      scenario.assumptions.contains { $0.contains("omaha (p.csv) covers 2023-10-08T22:00:00Z to 2023-10-09T02:00:00Z") }
    )
  }

  @Test func zones() throws {
    // The same clock an hour further east is an hour earlier.
    #expect(price(try scenario(Self.hourly, "zone: UTC+1, unit: USD/MWh")).value(at: .zero) == 40)
    #expect(price(try scenario(Self.hourly, "zone: \"-01:00\", unit: USD/MWh")).value(at: .zero) == 20)
    let offsets = "t,p\n2023-10-08 18:00:00-05:00,1\n2023-10-09T00:00:00Z,2\n2023-10-09 03:00+02:00,3\n"
    let series = price(try scenario(offsets, "unit: USD/MWh"))
    #expect([-1, 0, 1].map { series.value(at: .seconds(3600 * $0)) } == [1, 2, 3])
    let unknown = try failure(Self.hourly, "unit: USD/MWh")
    #expect(
      unknown.hasPrefix("/p.csv:2: sites[omaha].price.file: '2023-10-08 22:00:00' does not say its time zone"),
      "\(unknown)")
    let misspelt = try failure(Self.hourly, "zone: Europe/Pariss, unit: USD/MWh")
    #expect(
      misspelt.hasPrefix(
        "s.yaml:8: sites[omaha].price.zone: 'Europe/Pariss' is not a zone that is known here. Did you"),
      "\(misspelt)")
    // A column that says so needs no zone.
    let utc = Self.hourly.replacing(line: "Datetime", by: "Datetime (UTC)")
    #expect(price(try scenario(utc, "unit: USD/MWh")).value(at: .zero) == -30.5)
  }

  @Test func unitsAndCurrencies() throws {
    #expect(price(try scenario(Self.hourly, "zone: UTC, unit: USD/kWh")).value(at: .zero) == -30_500)
    let folder = try Folder()
    try folder.write("p.csv", Self.hourly)
    let euro = try parse(yaml("zone: UTC, unit: EUR/MWh, exchange_rate: 1.1 USD/EUR"), in: folder.path)
    #expect(abs(price(euro).value(at: .zero) + 33.55) < 1e-9)
    #expect(try parse(euro.resolvedYAML, in: "/elsewhere") == euro)
    let more = "zone: UTC, unit: USD/MWh, interpolation: linear, allow_gaps: true"
    let straight = try parse(yaml(more), in: folder.path)
    #expect(try parse(straight.resolvedYAML, in: "/elsewhere") == straight)
    #expect(try failure(Self.hourly, "zone: UTC, unit: EUR/MWh").contains("this price is in EUR, and no exchange rate"))
    #expect(
      try failure(Self.hourly, "zone: UTC, unit: EUR/MWh, exchange_rate: 1.1").contains(
        "expected a rate such as '1.08 USD/EUR', found '1.1'"))
    #expect(try failure(Self.hourly, "zone: UTC").contains("the field 'unit' is missing"))
    #expect(try failure(Self.hourly, "zone: UTC, unit: MWh").contains("expected the unit of a price such as 'USD/MWh'"))
  }

  @Test func columns() throws {
    let wide = "Datetime,Name,\"Price, net\",Tax\n2023-10-09 00:00,\"a, \"\"b\"\"\",7,8\n2023-10-09 01:00,c,9,10\n"
    #expect(price(try scenario(wide, "column: 'Price, net', zone: UTC, unit: USD/MWh")).value(at: .zero) == 7)
    #expect(price(try scenario(wide, "column: Tax, zone: UTC, unit: USD/MWh")).value(at: .hour) == 10)
    #expect(
      try failure(wide, "column: Taxx, zone: UTC, unit: USD/MWh").hasPrefix(
        "s.yaml:8: sites[omaha].price.column: '/p.csv' has no column 'Taxx'. Did you mean 'Tax'?"))
    #expect(try failure(wide).contains("has 4 columns, and no 'column' says which"))
    let reversed = "p,t\n5,2023-10-09 00:00\n"
    #expect(price(try scenario(reversed, "time_column: t, zone: UTC, unit: USD/MWh")).value(at: .zero) == 5)
  }

  @Test func theLastOfDuplicatesCounts() throws {
    let text = Self.hourly.replacing(line: "00:00:00,-30.5", by: "00:00:00,1\n2023-10-09 00:00:00,2")
    let scenario = try scenario(text)
    #expect(price(scenario).value(at: .zero) == 2)
    #expect(scenario.assumptions.contains { $0.contains("1 row repeats the instant of another; the last one") })
  }

  @Test func holesUpToADayAreHeldAndCounted() throws {
    let text =
      "t,p\n2023-10-09 00:00,1\n2023-10-09 01:00,2\n2023-10-09 05:00,3\n2023-10-09 06:00,\n2023-10-09 07:00,4\n"
    let scenario = try scenario(text)
    let series = price(scenario)
    #expect((0..<8).map { series.value(at: .hour * $0) } == [1, 2, 2, 2, 2, 3, 3, 4])
    #expect(scenario.assumptions.contains { $0.contains("4 values are the value of an earlier row") })
    #expect(scenario.assumptions.contains { $0.contains("1 row has no value") })
    // A whole day is allowed, an hour more is not.
    let day = "t,p\n2023-10-09 00:00,1\n2023-10-10 00:00,2\n"
    #expect(price(try self.scenario(day)).value(at: .hour * 23) == 1)
    let longer = "t,p\n2023-10-08 23:00,0\n2023-10-09 00:00,1\n2023-10-10 01:00,2\n"
    #expect(
      try failure(longer).hasPrefix(
        "/p.csv:4: sites[omaha].price.file: no value for 25 h before this row, since 2023-10-09T00:00:00Z in line 3"))
    let allowed = try self.scenario(longer, "zone: UTC, unit: USD/MWh, allow_gaps: true")
    #expect(price(allowed).value(at: .hour * 24) == 1 && price(allowed).value(at: .hour * 25) == 2)
    #expect(allowed.assumptions.contains { $0.contains("1 hole is longer than 24 h, the longest 25 h") })
  }

  /// A series may be as fine as a minute, and straight between its values.
  @Test func finerRows() throws {
    let text = "t,p\n2023-10-09 00:00,10\n2023-10-09 00:15,20\n2023-10-09 00:30,30\n2023-10-09 01:00,50\n"
    let series = price(try scenario(text))
    #expect(series.clock.step == .seconds(900) && series.values == [10, 20, 30, 30, 50])
    #expect(series.value(at: .seconds(1799)) == 20)
    let straight = try scenario(text, "zone: UTC, unit: USD/MWh, interpolation: linear")
    #expect(price(straight).values == [10, 20, 30, 40, 50] && price(straight).value(at: .seconds(450)) == 15)
    #expect(
      straight.assumptions.contains { $0.contains("straight between values") }, "\(straight.assumptions)")
  }

  @Test func rowsOffAnyGridAreAveragedOverTheHour() throws {
    let text =
      "t,p\n2023-10-09 00:00:00,10\n2023-10-09 00:14:59,20\n2023-10-09 00:30,30\n2023-10-09 00:45,40\n2023-10-09 01:00,8\n"
    let scenario = try scenario(text)
    #expect(abs(price(scenario).value(at: .zero) - (10 * 899 + 20 * 901 + 70 * 900) / 3600) < 1e-9)
    // The last quarter is all that is known of its hour.
    #expect(price(scenario).value(at: .hour) == 8)
    #expect(scenario.assumptions.contains { $0.contains("1 hour changes value on the way") })
  }

  @Test func rowsOutOfOrderAreSorted() throws {
    let text = "t,p\n2023-10-09 01:00,2\n2023-10-09 00:00,1\n2023-10-09 02:00,3\n"
    let scenario = try scenario(text)
    #expect((0..<3).map { price(scenario).value(at: .hour * $0) } == [1, 2, 3])
    #expect(scenario.assumptions.contains { $0.contains("1 row was out of order") })
  }

  @Test func whatIsWrongInAFileHasItsLine() throws {
    #expect(try failure("").contains("/p.csv:1: sites[omaha].price.file: the file is empty"))
    #expect(try failure("t,p\n").contains("has no rows with a value"))
    #expect(try failure("t,p\n2023-10-09 00:00,1\n\n2023-10-09 01:00,x\n").hasPrefix("/p.csv:4: "))
    #expect(try failure("t,p\n2023-10-09 00:00,inf\n").contains("expected a number in column 'p', found 'inf'"))
    #expect(try failure("t,p\n2023-02-29 00:00,1\n").contains("/p.csv:2: sites[omaha].price.file: expected an instant"))
    #expect(try failure("t,p\n2023-10-09 00:00\n").contains("expected 2 columns, found 1"))
    let missing = message(yaml("zone: UTC, unit: USD/MWh"))
    #expect(missing.hasPrefix("s.yaml:8: sites[omaha].price.file: there is no file '/nowhere/p.csv'"), "\(missing)")
  }

  @Test func theCalendarHasToLieInTheSeries() throws {
    let early = try failure(Self.hourly.replacingOccurrences(of: "2023", with: "2024"))
    #expect(
      early.contains("s.yaml:8: sites[omaha].price.file: the series runs from 2024-10-08T22:00:00Z to"), "\(early)")
    #expect(early.contains("at 2023-10-09T00:00:00Z. Set 'calendar' to an instant within it."))
    let folder = try Folder()
    try folder.write("p.csv", Self.hourly)
    let none = message(
      yaml("zone: UTC, unit: USD/MWh").replacing(line: "calendar:", by: "# calendar:"), in: folder.path)
    #expect(none.contains("a series needs the scenario's 'calendar'"), "\(none)")
    #expect(none.contains("calendar: 2023-10-08T22:00:00Z"))
  }

  @Test func seriesOfManyYears() throws {
    // Four years of hours: more than virtual time spans. The run begins in the last of them.
    var text = "t,p\n"
    for day in 0..<1461 {
      let date = Date(timeIntervalSince1970: 1_577_836_800 + 86_400 * Double(day)).ISO8601Format().prefix(10)
      for hour in 0..<24 { text += "\(date) \(hour < 10 ? "0" : "")\(hour):00,\(day)\n" }
    }
    let scenario = try scenario(text)
    // 2023-10-09 is day 1377 after 2020-01-01.
    #expect(price(scenario).value(at: .zero) == 1377)
    #expect(price(scenario).value(at: .hour * 48) == 1379)
    #expect(scenario.assumptions.contains { $0.contains("hours before the run") })
  }

  @Test func realSeries() throws {
    let prices = "prices/hpe-sustain-2023/US-CAL-CISO_electricity_prices_2023.csv"
    let carbons = "carbon/electricitymaps-2023/US-CAL-CISO_2023_hourly.csv"
    guard let price = Folders.data(prices), let carbon = Folders.data(carbons) else { return }
    let yaml =
      twoSites
      .replacing(line: "price: {constant: 35 USD/MWh}", by: "price: {file: \"\(price)\", zone: UTC, unit: USD/MWh}")
      .replacing(
        line: "carbon: {constant: 400 g/kWh}",
        by: "carbon: {file: \"\(carbon)\", column: \"Carbon Intensity gCO₂eq/kWh (direct)\", zone: UTC, unit: g/kWh}"
      )
      .replacing(line: "calendar: 2023-10-09", by: "calendar: 2023-01-01")
    let scenario = try parse(yaml)
    let year = Time.hour * 8760
    // The mean of 2023 that the carbon data's own description states: 194 g/kWh.
    let mean = scenario.energy[1].carbon.integral(from: .zero, to: year) / 8760
    #expect(abs(mean - 194) < 1)
    // The negative hours that the price data's description counts over the file: 146.
    let negative = scenario.energy[1].price.values.count { $0 < 0 }
    #expect(negative == 146)
    #expect(scenario.energy[1].price.values.count == 8784)
    #expect(try parse(scenario.resolvedYAML) == scenario)
  }

  @Test func realSeriesWithQuirks() throws {
    let sydney = "prices/hpe-sustain-2023/AU-NSW_electricity_prices_2023.csv"
    let texas = "prices/hpe-sustain-2023/US-TEX-ERCO_electricity_prices_2023.csv"
    let france = "prices/hpe-sustain-2023/FR_electricity_prices_2023.csv"
    guard let sydney = Folders.data(sydney), let texas = Folders.data(texas), let france = Folders.data(france) else {
      return
    }
    func yaml(_ path: String, _ fields: String) -> String {
      twoSites.replacing(line: "price: {constant: 35 USD/MWh}", by: "price: {file: \"\(path)\", \(fields)}")
    }
    // Eleven hours of the Australian file appear twice, says its description.
    let australian = try parse(yaml(sydney, "zone: UTC+10, unit: AUD/MWh, exchange_rate: 0.66 USD/AUD"))
    #expect(australian.assumptions.contains { $0.contains("11 rows repeat the instant of another") })
    // The Texan file changes its offset twice; in UTC it has neither hole nor double.
    let texan = try parse(yaml(texas, "unit: USD/MWh"))
    #expect(!texan.assumptions.contains { $0.contains("repeat") || $0.contains("earlier row") })
    #expect(texan.energy[1].price.values.max().map { $0 > 4000 } == true)
    // The French one lacks a whole day.
    let text = message(yaml(france, "zone: UTC+1, unit: EUR/MWh, exchange_rate: 1.08 USD/EUR"))
    #expect(text.contains("no value for 25 h before this row, since 2023-11-29T22:00:00Z"), "\(text)")
    #expect(text.contains("allow_gaps: true"))
    _ = try parse(yaml(france, "zone: Europe/Paris, unit: EUR/MWh, exchange_rate: 1.08 USD/EUR, allow_gaps: true"))
  }

  /// The German file's clock: 24 rows a day, an invented 02:00 on 2023-03-26, one 02:00 of two on 2023-10-29.
  @Test func germanPricesAreInLocalTime() throws {
    let file = "prices/hpe-sustain-2023/DE-LU_electricity_prices_2023.csv"
    guard let path = Folders.data(file) else { return }
    let yaml =
      twoSites
      .replacing(
        line: "price: {constant: 35 USD/MWh}",
        by: "price: {file: \"\(path)\", zone: Europe/Berlin, unit: EUR/MWh, exchange_rate: 1 USD/EUR}"
      )
      .replacing(line: "calendar: 2023-10-09", by: "calendar: 2023-03-26")
    let scenario = try parse(yaml)
    let series = price(scenario)
    // 8,760 rows less the invented one, and one hour without a row of its own.
    #expect(series.values.count == 8760 && series.values.count { $0 < 0 } == 301)
    // On 2023-03-26, 01:00 CET is 00:00 UTC, and 03:00 CEST is 01:00 UTC: 40.12, the next row in the file.
    let rows = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
    func row(_ text: String) -> Double {
      Double(rows.first { $0.hasPrefix(text) }!.split(separator: ",")[1])!
    }
    #expect(series.value(at: .zero) == row("2023-03-26 01:00") && series.value(at: .hour) == row("2023-03-26 03:00"))
    #expect(series.value(at: .hour * 22) == row("2023-03-27 00:00"))
    // The lowest price of the year, -500, was for 14:00 on 2023-07-02 in Germany, 12:00 UTC.
    #expect(series.value(at: .hour * (98 * 24 + 12)) == -500)
    // On 2023-10-29, 02:00 CEST is 00:00 UTC; 01:00 UTC has no row; 03:00 CET is 02:00 UTC.
    let autumn = Time.hour * (217 * 24)
    #expect(series.value(at: autumn) == row("2023-10-29 02:00"))
    #expect(series.value(at: autumn + .hour) == row("2023-10-29 02:00"))
    #expect(series.value(at: autumn + .hour * 2) == row("2023-10-29 03:00"))
    #expect(scenario.assumptions.contains { $0.contains("1 row lies in an hour that the clocks left out") })
  }

  /// The weather of Dallas: times at UTC-5 all year, whatever the clocks there say.
  @Test func weatherOfOpenMeteo() throws {
    guard let path = Folders.data("weather/openmeteo-2023/US-TEX-ERCO_2023.json") else { return }
    let yaml =
      twoSites
      .replacing(line: "power: {pue: 1.15}", by: "power: {cooling: evaporative, weather: {file: \"\(path)\"}}")
      .replacing(line: "calendar: 2023-10-09", by: "calendar: 2023-01-01")
      .replacing(line: "T00:00:00Z", by: "T05:00:00Z")
    let scenario = try parse(yaml)
    let cooling = scenario.energy[1].cooling
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any]
    let hourly = try #require(json?["hourly"] as? [String: Any])
    let temperatures = try #require(hourly["temperature_2m"] as? [Double])
    let humidities = try #require((hourly["relative_humidity_2m"] as? [NSNumber])?.map(\.doubleValue))
    let tower = try #require(CoolingCatalogue.lookup("evaporative"))
    #expect(cooling.pueMilli.count == 8760)
    for hour in [0, 1000, 4999, 8759] {
      let wet = WetBulb.stull(temperature: temperatures[hour], humidity: humidities[hour])
      let pue = tower.pue(dryBulb: temperatures[hour], wetBulb: wet)
      #expect(cooling.pueMilli(at: .hour * Int64(hour)) == Int64((pue * 1000).rounded()))
    }
    // Texas in the mean of a year: within what operators publish for such cooling, 1.09 to 1.18.
    let mean = cooling.pueMilli.reduce(0.0) { $0 + Double($1) } / 8_760_000
    #expect(mean > 1.09 && mean < 1.18)
    #expect(try parse(scenario.resolvedYAML) == scenario)
    // Warmer never takes less.
    let warm = try parse(
      yaml.replacing(line: "ERCO_2023.json", by: "ERCO_2023.json").replacingOccurrences(
        of: ".json\"}", with: ".json\", warmer: 3 C}"))
    for (a, b) in zip(cooling.pueMilli, warm.energy[1].cooling.pueMilli) { #expect(b >= a) }
    #expect(warm.energy[1].cooling != cooling)
  }

  @Test func weatherOfACSVFile() throws {
    let folder = try Folder()
    try folder.write(
      "w.csv", "time,temperature_2m (C),relative_humidity_2m (%)\n2023-10-09 00:00,5,90\n2023-10-09 01:00,30,70\n")
    func yaml(_ fields: String) -> String {
      twoSites.replacing(line: "power: {pue: 1.15}", by: "power: {cooling: liquid, weather: {file: w.csv\(fields)}}")
    }
    let cooling = try parse(yaml(", zone: UTC"), in: folder.path).energy[1].cooling
    #expect(cooling.pueMilli(at: .zero) == 1085 && cooling.pueMilli(at: .hour) == 1090)
    #expect(message(yaml(""), in: folder.path).contains("does not say its time zone"))
    #expect(message(yaml(", zone: UTC, humidity_column: rh"), in: folder.path).contains("has no column 'rh'"))
    let constant = twoSites.replacing(
      line: "power: {pue: 1.15}", by: "power: {cooling: liquid, weather: {temperature: 30 C, humidity: 70 %}}")
    #expect(try parse(constant).energy[1].cooling.pueMilli == [1090])
    #expect(try parse(parse(constant).resolvedYAML) == parse(constant))
  }

  /// With `data`, files are looked for there; on the command line it is relative to the current folder.
  @Test func aFolderOfData() throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(atPath: folder.path + "/d/prices", withIntermediateDirectories: true)
    try folder.write("d/prices/p.csv", Self.hourly)
    let yaml = self.yaml("zone: UTC, unit: USD/MWh").replacingOccurrences(of: "p.csv", with: "prices/p.csv")
    #expect(message(yaml, in: folder.path).contains("there is no file"))
    #expect(price(try parse("data: d\n" + yaml, in: folder.path)).value(at: .zero) == -30.5)
    var overrides = ScenarioOverrides()
    overrides.set = [("data", folder.path + "/d")]
    #expect(price(try parse("data: nowhere\n" + yaml, overrides, in: "/")).value(at: .zero) == -30.5)
  }

  @Test func pricesOfTraffic() throws {
    let folder = try Folder()
    try folder.write("t.csv", ",east,west\neast,0,0.02\nwest,0.09,0\n")
    let text = "egress: {file: t.csv, regions: {omaha: west, columbus: east}}\n" + twoSites
    let scenario = try parse(text, in: folder.path)
    #expect(scenario.charges.egressUSDPerGB == [[0, 0.02], [0.09, 0]])
    #expect(try parse(scenario.resolvedYAML) == scenario)
    #expect(try parse("egress: {price: 20 USD/TB}\n" + twoSites).charges.egressUSDPerGB == [[0, 0.02], [0.02, 0]])
    #expect(try parse(twoSites).charges.egressUSDPerGB == nil)
    #expect(
      message("egress: {file: t.csv, regions: {omaha: weest, columbus: east}}\n" + twoSites, in: folder.path).contains(
        "Did you mean 'west'?"))
    guard let aws = Folders.data("wan/transfer-cost-hpe/aws_transmission_cost_matrix.csv") else { return }
    let real = try parse(
      "egress: {file: \(aws), regions: {omaha: us-east-2, columbus: ap-northeast-1}}\n" + twoSites)
    #expect(real.charges.egressUSDPerGB == [[0, 0.09], [0.02, 0]])
  }

  @Test func forecastsAndDemandCharges() throws {
    #expect(try parse(twoSites).forecast == .perfect)
    let noisy = try parse("forecast: {kind: noise, error: 5 %, seed: 9}\n" + twoSites)
    #expect(noisy.forecast == .noise(error: 0.05, seed: 9) && "\(noisy.forecast)" == "noise of 5 %, seed 9")
    #expect(try parse(noisy.resolvedYAML) == noisy)
    let charged = try parse(twoSites.replacing(line: "pue: 1.15", by: "pue: 1.15, demand_charge: 12 USD/kW-month"))
    #expect(charged.charges.demandUSDPerKWMonth == [0, 12] && charged.charges.calendar == charged.calendar)
    #expect(try parse(charged.resolvedYAML) == charged)
    let capped = try parse(twoSites.replacing(line: "pue: 1.15", by: "cap: 70 kW, when_capped: block"))
    #expect(capped.energy[1].capRule == .block && capped.energy[1].capWatts == 70_000)
    #expect(try parse(capped.resolvedYAML) == capped)
  }
}
