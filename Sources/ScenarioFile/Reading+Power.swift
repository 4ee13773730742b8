// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Topology

/// What a scenario says about the building of a site.
struct PowerEntry {
  var cooling: Cooling
  var cap: Double?
  var capRule = PowerCapRule.throttle
  var capField: Field?
  /// Zero for none.
  var demandUSDPerKWMonth = 0.0
  var output: Output
}

extension Reading {
  /// `{pue: 1.15}` or `{cooling: evaporative, weather: {file: omaha.csv}}`, and `cap`, `when_capped`, `demand_charge`.
  func readPower(_ field: Field?, site: String) throws(ScenarioError) -> PowerEntry {
    let section = try field?.section(["cap", "when_capped", "pue", "cooling", "weather", "demand_charge"])
    var output: [(String, Output)] = []
    let cooling: Cooling
    switch (section?.optional("cooling"), section?.optional("weather")) {
    case (let name?, let weather?):
      if let pue = section?.optional("pue") {
        throw pue.error("'pue' is fixed, 'cooling' follows the weather, and both are given", "Give one of the two.")
      }
      cooling = try readCooling(name, weather, site: site, &output)
    case (let name?, nil):
      throw name.error("cooling follows the weather, and there is none", "Add weather: {file: omaha.csv}.")
    case (nil, let weather?):
      throw weather.error(
        "weather acts on the cooling, and none is named",
        "Add cooling: \(CoolingCatalogue.models.map(\.name).joined(separator: ", ")), one of them.")
    case (nil, nil): cooling = try readPUE(section?.optional("pue"), site: site, &output)
    }
    var entry = PowerEntry(cooling: cooling, output: .flow([]))
    entry.capField = section?.optional("cap")
    entry.cap = try entry.capField?.quantity(Quantity.parseWatts)
    if let cap = entry.cap { output.append(("cap", .text(Quantity.text(watts: cap)))) }
    if let field = section?.optional("when_capped") {
      guard entry.cap != nil else { throw field.error("there is no cap that this could hold", "Add cap: 1.2 MW.") }
      let word = try field.word(of: PowerCapRule.allCases.map(\.rawValue))
      entry.capRule = PowerCapRule(rawValue: word) ?? .throttle
    }
    if entry.cap != nil {
      output.append(("when_capped", .text(entry.capRule.rawValue)))
      assumptions.add(
        entry.capRule == .throttle
          ? "When jobs would draw more than the power cap of {}, all GPUs at work slow down alike: power above idle and "
            + "speed are taken as proportional, and what waiting jobs leave over is not given to others."
          : "The power cap of {} limits how many GPUs are used: those that it can feed at full power in the hottest hour.",
        for: site)
    }
    if let field = section?.optional("demand_charge") {
      entry.demandUSDPerKWMonth = try field.quantity(Quantity.parseDemandCharge)
      output.append(("demand_charge", .text("\(Quantity.number(entry.demandUSDPerKWMonth)) USD/kW-month")))
      assumptions.add(
        "The demand charge of {} is on the highest mean power of an hour in each month, times the share of the month "
          + "that the run covers.", for: site)
    }
    entry.output = .flow(output)
    return entry
  }

  /// A cap has to leave something to work with, in the hottest hour too.
  func checkCap(_ power: PowerEntry, pools: [GPUPool], models: [GPUModel]) throws(ScenarioError) {
    guard let cap = power.cap, let field = power.capField else { return }
    let pue = Double(power.cooling.greatestPUEMilli) / 1000
    let idle = zip(pools, models).reduce(0) { $0 + $1.1.watts(busy: 0, idle: $1.0.count) }
    let full = zip(pools, models).reduce(0) { $0 + $1.1.watts(busy: $1.0.count, idle: 0) }
    // Below a hundredth of full speed a run would not end.
    let least = (idle + (full - idle) / 100) * pue
    guard cap >= least else {
      throw field.error(
        "\(Quantity.text(watts: cap)) is less than the \(Quantity.text(watts: least.rounded(.up))) that the site needs "
          + "to do anything: its GPUs draw \(Quantity.text(watts: (idle * pue).rounded())) when all are idle",
        "Raise the cap, or lower the number of GPUs.")
    }
  }

  private func readPUE(
    _ field: Field?, site: String, _ output: inout [(String, Output)]
  ) throws(ScenarioError) -> Cooling {
    var pue = 1.15
    if let field {
      pue = try field.number(1...5, "a power usage effectiveness")
      let milli = (pue * 1000).rounded()
      guard abs(pue * 1000 - milli) < 1e-6 else {
        throw field.error("expected at most three decimals, found '\(Quantity.number(pue))'")
      }
    } else {
      assumptions.add("A PUE of 1.15, the high end of liquid-cooled hyperscale sites, is assumed at {}.", for: site)
    }
    output.append(("pue", .text(Quantity.number(pue))))
    return .constant(pueMilli: Int64((pue * 1000).rounded()))
  }

  private func readCooling(
    _ nameField: Field, _ weatherField: Field, site: String, _ output: inout [(String, Output)]
  ) throws(ScenarioError) -> Cooling {
    let name = try nameField.word(of: CoolingCatalogue.models.map(\.name))
    guard let model = CoolingCatalogue.lookup(name) else { throw nameField.error("'\(name)' is not known") }
    let weather = try readWeather(weatherField, site: site)
    output += [("cooling", .text(name)), ("weather", .flow(weather.output))]
    assumptions.add(
      "Cooling '\(name)' at {} follows the \(model.ruledBy.rawValue) temperature, beside \(CoolingModel.overheadText) "
        + "for pumps, fans and losses (\(model.certainty.rawValue): \(model.source)).", for: site)
    if model.evaporates {
      assumptions.add(
        "Water at {} follows the wet bulb by the regression of Islam et al. (recalled) with "
          + "\(Quantity.number(CoolingModel.cyclesOfConcentration)) cycles of concentration.", for: site)
    }
    return Cooling(
      model, start: weather.start, step: weather.step, dryBulb: weather.temperature, humidity: weather.humidity)
  }

  private struct Weather {
    var start = Time.zero
    var step = Time.hour
    var temperature: [Double]
    var humidity: [Double]
    var output: [(String, Output)] = []
  }

  /// `{file: omaha.csv}`, a CSV file or what Open-Meteo answers, or `{temperature: 30 C, humidity: 40 %}`.
  private func readWeather(_ field: Field, site: String) throws(ScenarioError) -> Weather {
    let fileFields = ["temperature_column", "humidity_column", "time_column", "zone", "allow_gaps"]
    let section = try field.section(["file", "temperature", "humidity", "warmer"] + fileFields)
    var weather: Weather
    if let file = section.optional("file") {
      for name in ["temperature", "humidity"] {
        if let stray = section.optional(name) { throw stray.error("the file says it already", "Remove '\(name)'.") }
      }
      weather = try readWeatherFile(file, section, site: site)
    } else {
      for name in fileFields {
        if let stray = section.optional(name) {
          throw stray.error("'\(name)' belongs to a file, and there is none", "Give 'file:', or remove '\(name)'.")
        }
      }
      let temperature = try section.required("temperature", example: "temperature: 30 C, or file: omaha.csv")
        .quantity(Quantity.parseCelsius)
      let humidityField = try section.required("humidity", example: "humidity: 40 %")
      let humidity = try humidityField.quantity(Quantity.parsePercentOrNumber)
      guard humidity >= 0, humidity <= 1 else {
        throw humidityField.error("expected a relative humidity from 0 to 100 %, found '\(try humidityField.text())'")
      }
      weather = Weather(temperature: [temperature], humidity: [humidity * 100])
      weather.output = [
        ("temperature", .text("\(Quantity.number(temperature)) C")),
        ("humidity", .text("\(Quantity.number(humidity * 100)) %")),
      ]
    }
    if let field = section.optional("warmer") {
      let degrees = try field.quantity(Quantity.parseCelsius)
      weather.temperature = weather.temperature.map { $0 + degrees }
      weather.output.append(("warmer", .text("\(Quantity.number(degrees)) C")))
      assumptions.add(
        "The weather at {} is \(Quantity.number(degrees)) C warmer than recorded, at the same relative humidity.",
        for: site)
    }
    return weather
  }

  private func readWeatherFile(_ file: Field, _ section: Section, site: String) throws(ScenarioError) -> Weather {
    let path = resolve(data: file, try file.text())
    var output: [(String, Output)] = [("file", .text(path))]
    let document = try TimedRows.open(path: path, field: file)
    var series: [SeriesFile] = []
    var start = Time.zero
    for (name, usual) in [("temperature_column", "temperature_2m"), ("humidity_column", "relative_humidity_2m")] {
      let column = section.optional(name)
      if let text = try column?.text() { output.append((name, .text(text))) }
      var rest: [(String, Output)] = []
      let wish = try readWish(section, file: file, column: column, usual: usual, &rest)
      let allowsGaps = try readAllowsGaps(section, &rest)
      if !series.isEmpty { output += rest }
      var one = try SeriesFile(
        TimedRows(document, path: path, wish), path: path, wish: wish, linear: false, allowsGaps: allowsGaps)
      start = try place(&one, what: "weather", field: file, site: site)
      series.append(one)
    }
    guard series[0].first == series[1].first, series[0].step == series[1].step,
      series[0].values.count == series[1].values.count
    else {
      throw file.error("temperature and humidity in '\(path)' do not cover the same hours", "Give the missing rows.")
    }
    report(series[0], what: "weather", name: Reading.shortName(path), site: site, interpolation: .step)
    let outside = zip(series[0].values, series[1].values).count {
      !WetBulb.temperatureRange.contains($0) || !WetBulb.humidityRange.contains($1)
    }
    if outside > 0 {
      assumptions.add(
        "Wet bulbs of {} are Stull's (2011); \(outside) of \(series[0].values.count) values lie outside of what his "
          + "formula was fitted for (5-99 % and -20 to 50 C), where humidity counts as the nearest.", for: site)
    } else {
      assumptions.add("Wet bulbs of {} are Stull's (2011).", for: site)
    }
    return Weather(
      start: start, step: .seconds(series[0].step), temperature: series[0].values, humidity: series[1].values,
      output: output)
  }
}

extension CoolingModel {
  static var overheadText: String { "\(Quantity.number(overhead * 100)) %" }
}
