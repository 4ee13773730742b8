// SPDX-License-Identifier: Apache-2.0

import Foundation
import Report
import Results
import Runs
import ScenarioFile
import Testing

/// The week of Philly on five real markets, computed again from its files and the raw series alone.
///
/// Nothing here uses the program's readers, series, calendars or cooling: the raw files are read and put on hours of UTC
/// by hand, and wet bulbs come from the formula in the paper and the C library.
@Suite(.serialized) struct FiveMarketsTests {
  static let data = root + "/../shared/data"

  /// A market as its files have it: what an hour of UTC costs (USD/MWh), emits (g/kWh) and adds (PUE).
  struct Market {
    var price: [Int: Double] = [:]
    var carbon: [Int: Double] = [:]
    var pue: [Int: Double] = [:]

    /// - Parameters:
    ///   - offset: hours east of UTC of a local time "2023-10-29 03:00:00"; nil where the text carries it.
    init(_ zone: String, rate: Double, cooling: String, offset: @escaping (String) -> Int?) throws {
      for line in try Market.lines("prices/hpe-sustain-2023/\(zone)_electricity_prices_2023.csv") {
        let fields = line.split(separator: ",")
        let text = String(fields[0])
        let east = offset(text) ?? (text.hasSuffix("-05:00") ? -5 : -6)
        price[Market.hour(text) - east] = Double(fields[1])! * rate
      }
      for line in try Market.lines("carbon/electricitymaps-2023/\(zone)_2023_hourly.csv") {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        carbon[Market.hour(String(fields[0]))] = Double(fields[4])!
      }
      let file = URL(fileURLWithPath: FiveMarketsTests.data + "/weather/openmeteo-2023/\(zone)_2023.json")
      let json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
      let east = (json["utc_offset_seconds"] as! Int) / 3600
      let hourly = json["hourly"] as! [String: Any]
      let temperature = (hourly["temperature_2m"] as! [NSNumber]).map(\.doubleValue)
      let humidity = (hourly["relative_humidity_2m"] as! [NSNumber]).map(\.doubleValue)
      for (k, text) in (hourly["time"] as! [String]).enumerated() {
        let (t, rh) = (temperature[k], min(99, max(5, humidity[k])))
        let wet = min(
          t,
          t * atan(0.151977 * (rh + 8.313659).squareRoot()) + atan(t + rh) - atan(rh - 1.676331)
            + 0.00391838 * Foundation.pow(rh, 1.5) * atan(0.023101 * rh) - 4.686035)
        let share: Double
        switch cooling {
        case "air": share = t < 5 ? 0.05 : 0.05 + 0.4 / 33 * (t - 5)
        case "liquid": share = wet < 24 ? 0.02 : 0.02 + 0.003 * (wet - 24)
        default: share = wet < 10 ? 0.03 : 0.03 + 0.15 / 16 * (wet - 10)
        }
        pue[Market.hour(text) - east] = ((1.065 + share) * 1000).rounded() / 1000
      }
    }

    static func lines(_ name: String) throws -> ArraySlice<Substring> {
      try String(contentsOfFile: FiveMarketsTests.data + "/" + name, encoding: .utf8)
        .split(whereSeparator: \.isNewline).dropFirst()
    }

    /// Hours from 2023-01-01 00:00 to the clock time that `text` begins with, "2023-10-09 07:00"; December 2022 and
    /// January 2024 lie before and after.
    static func hour(_ text: String) -> Int {
      let digits = text.split { !$0.isNumber }.map { Int($0)! }
      let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][digits[1] - 1]
      return ((digits[0] - 2023) * 365 + before + digits[2] - 1) * 24 + digits[3]
    }
  }

  @Test func aWeekComputedAgain() throws {
    guard FileManager.default.fileExists(atPath: Self.data + "/weather") else {
      print("SKIPPED: no folder shared/data")
      if ProcessInfo.processInfo.environment["CI"] != nil { Issue.record("no folder shared/data") }
      return
    }
    let markets = [
      "ashburn": try Market("US-MIDA-PJM", rate: 1, cooling: "air") { _ in 0 },
      "dallas": try Market("US-TEX-ERCO", rate: 1, cooling: "evaporative") { _ in nil },
      // Summer time until 2023-10-29 03:00; the run is over before the next change.
      "frankfurt": try Market("DE-LU", rate: 1.0813, cooling: "liquid") { $0 < "2023-10-29 03:00" ? 2 : 1 },
      "san-jose": try Market("US-CAL-CISO", rate: 1, cooling: "evaporative") { _ in 0 },
      "toronto": try Market("CA-ON", rate: 0.7410, cooling: "evaporative") { _ in -5 },
    ]
    let scenario = try ScenarioReader.read(path: root + "/Scenarios/five-markets.yaml")
    let scratch = try Scratch()
    let path = scratch.file("run")
    let summary = try EmulationRun.new(scenario, at: path, options: options(.inline)).run()
    #expect(summary.jobs.completed == summary.jobs.submitted && summary.jobs.submitted > 12_000)
    #expect(summary.jobs.split == 0 && summary.jobs.rejected == 0)
    #expect(summary.calendar == "2023-10-09T07:00:00Z")
    #expect(summary.workloads[0].start == "2017-10-09T00:00:00")

    // Midnight of Monday in California is 07:00 UTC.
    let zero = Market.hour("2023-10-09 07:00")
    func value(_ table: [Int: Double], _ hour: Int) -> Double { table[zero + hour] ?? table[zero + hour - 1]! }

    // Kilowatt-hours of the machines, by site and hour, from the placements: a GPU draws 325 W until its job computes
    // and 1,350 W from then on; nobody holds the others, which draw 325 W.
    let hours = try CSV(path + "/sites.csv").rows
    var machines: [String: [Double]] = [:]
    for (site, _) in markets {
      machines[site] = hours.filter { $0["site"] == site }.map { 128 * 0.325 * Double($0["span_s"]!)! / 3600 }
    }
    var stays = (energy: 0.0, cost: 0.0, carbon: 0.0)
    var printedStays = stays
    for stay in try CSV(path + "/placements.csv").rows {
      let site = stay["site"]!
      let market = markets[site]!
      let gpus = Double(stay["gpus"]!)!
      let (start, compute, end) = (
        Double(stay["start_s"]!)!, Double(stay["compute_start_s"]!)!, Double(stay["end_s"]!)!
      )
      for hour in Int(start / 3600)...Int(end / 3600) {
        let (from, to) = (max(start, Double(hour) * 3600), min(end, Double(hour + 1) * 3600))
        if from >= to { continue }
        let waiting = max(0, min(to, compute) - from) / 3600
        let computing = (to - from) / 3600 - waiting
        machines[site]![hour] += gpus * computing * (1.350 - 0.325)
        let energy = gpus * (0.325 * waiting + 1.350 * computing) * value(market.pue, hour)
        stays.energy += energy
        stays.cost += energy * value(market.price, hour) / 1000
        stays.carbon += energy * value(market.carbon, hour) / 1000
      }
      printedStays.energy += Double(stay["energy_kwh"]!)!
      printedStays.cost += Double(stay["energy_cost_usd"]!)!
      printedStays.carbon += Double(stay["carbon_kg"]!)!
    }
    func agree(_ a: Double, _ b: Double, _ what: String) { #expect(abs(a / b - 1) < 1e-6, "\(what): \(a) and \(b)") }
    agree(printedStays.energy, stays.energy, "energy of stays")
    agree(printedStays.cost, stays.cost, "cost of stays")
    agree(printedStays.carbon, stays.carbon, "carbon of stays")

    var total = (energy: 0.0, cost: 0.0, carbon: 0.0)
    for site in summary.energy.bySite {
      let market = markets[site.id]!
      var sum = (energy: 0.0, cost: 0.0, carbon: 0.0)
      for row in hours where row["site"] == site.id {
        let hour = Int(row["hour"]!)!
        let energy = machines[site.id]![hour] * value(market.pue, hour)
        agree(Double(row["energy_kwh"]!)!, energy, "\(site.id), hour \(hour)")
        #expect(Double(row["price_usd_per_mwh"]!)! == value(market.price, hour), "\(site.id), hour \(hour)")
        #expect(Double(row["carbon_g_per_kwh"]!)! == value(market.carbon, hour), "\(site.id), hour \(hour)")
        sum.energy += energy
        sum.cost += energy * value(market.price, hour) / 1000
        sum.carbon += energy * value(market.carbon, hour) / 1000
      }
      agree(site.mwh * 1000, sum.energy, "energy of \(site.id)")
      agree(site.costUSD, sum.cost, "cost of \(site.id)")
      agree(site.carbonTonnes * 1000, sum.carbon, "carbon of \(site.id)")
      total = (total.energy + sum.energy, total.cost + sum.cost, total.carbon + sum.carbon)
    }
    agree(summary.energy.mwh * 1000, total.energy, "energy")
    agree(summary.energy.costUSD, total.cost, "cost")
    agree(summary.energy.carbonTonnes * 1000, total.carbon, "carbon")

    // The parts add up to the whole exactly: in the file, and as they are printed.
    #expect(summary.energy.bySite.reduce(0) { $0 + $1.mwh } == summary.energy.mwh)
    let table = ResultsTable(summary).description.split(separator: "\n").map {
      $0.split(separator: " ").map(String.init)
    }
    let first = try #require(table.firstIndex { $0.first == "Site" })
    func number(_ text: String) -> Double { Double(text.filter { $0 != "," })! }
    let printed = table[(first + 1)...(first + 5)]
    let all = table[first + 6]
    #expect(all.starts(with: ["all", "sites", "640"]))
    // From the right: water, carbon, cost, stalled, idle, energy.
    for column in 1...6 {
      let parts = printed.map { number($0[$0.count - column]) }.reduce(0, +)
      #expect(abs(parts - number(all[all.count - column])) < 1e-9, "\(printed) \(all)")
    }
    let text = ResultsTable(summary).description
    #expect(text.contains("Calendar     the run begins at 2023-10-09T07:00:00Z of prices, carbon and weather"))
    #expect(text.contains("from its 2017-10-09T00:00:00"))
  }
}
