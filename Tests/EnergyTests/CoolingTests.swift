// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Testing

@Suite struct WetBulbTests {
  /// Stull's own example: 20 C and 50 % give 13.7 C. The others are read off psychrometric charts at sea level, to the
  /// error of the fit (-1 to +0.65 degrees).
  @Test(arguments: [
    (20.0, 50.0, 13.7, 0.05), (30, 40, 20.0, 0.65), (35, 20, 18.9, 0.65), (0, 80, -1.3, 0.65), (40, 60, 32.6, 0.65),
    (10, 99, 9.9, 0.3),
  ])
  func knownPoints(_ temperature: Double, _ humidity: Double, _ expected: Double, _ tolerance: Double) {
    #expect(abs(WetBulb.stull(temperature: temperature, humidity: humidity) - expected) <= tolerance)
  }

  @Test func risesWithHeatAndHumidity() {
    for t in stride(from: -19.0, through: 49, by: 1) {
      for rh in stride(from: 5.0, through: 98, by: 3) {
        let here = WetBulb.stull(temperature: t, humidity: rh)
        #expect(here <= t)
        #expect(WetBulb.stull(temperature: t + 1, humidity: rh) > here)
        // In dry and cold air, outside of what Stull's figure covers, the fit is flat.
        if t >= 0, rh >= 15 { #expect(WetBulb.stull(temperature: t, humidity: rh + 1) >= here) }
      }
    }
    // Beyond its range humidity counts as the nearest that is in it.
    #expect(WetBulb.stull(temperature: 20, humidity: 0) == WetBulb.stull(temperature: 20, humidity: 5))
  }
}

@Suite struct CoolingTests {
  /// The points that the curves are drawn through.
  @Test func curvesByHand() throws {
    let liquid = try #require(CoolingCatalogue.lookup("liquid"))
    let tower = try #require(CoolingCatalogue.lookup("evaporative"))
    let air = try #require(CoolingCatalogue.lookup("air"))
    #expect(abs(liquid.pue(dryBulb: 40, wetBulb: 20) - 1.085) < 1e-12)
    #expect(abs(liquid.pue(dryBulb: 40, wetBulb: 28) - 1.097) < 1e-12)
    #expect(abs(tower.pue(dryBulb: 0, wetBulb: 5) - 1.095) < 1e-12)
    #expect(abs(tower.pue(dryBulb: 30, wetBulb: 18) - 1.17) < 1e-12)
    #expect(abs(air.pue(dryBulb: 38, wetBulb: 20) - 1.515) < 1e-12)
    // 26 C are 78.8 F: 5/4 (6e-5 x 489,304 - 0.01 x 6,209.44 + 0.61 x 78.8 - 10.4) = 1.25 x 4.93 litres.
    #expect(abs(tower.litresPerKWh(wetBulb: 26) - 1.25 * 4.93183232) < 1e-6)
    #expect(tower.litresPerKWh(wetBulb: -10) == 0 && liquid.litresPerKWh(wetBulb: 26) == 0)
  }

  /// Warmer never takes less, and published annual means are met where the weather is that of the place.
  @Test(arguments: CoolingCatalogue.models)
  func warmerNeverTakesLess(_ model: CoolingModel) {
    #expect(!model.source.isEmpty)
    var last = (pue: 0.0, water: 0.0)
    for tenth in -200...450 {
      let celsius = Double(tenth) / 10
      let now = (model.pue(dryBulb: celsius, wetBulb: celsius), model.litresPerKWh(wetBulb: celsius))
      #expect(now.0 >= last.pue && now.1 >= last.water)
      #expect(now.0 > 1.05 && now.0 < 1.7)
      last = now
    }
  }

  /// Two hours, 10 C and 26 C saturated: 99 % by the formula, hence the wet bulb within a degree of the dry one.
  @Test func followsTheWeather() throws {
    let tower = try #require(CoolingCatalogue.lookup("evaporative"))
    let cooling = Cooling(tower, start: .zero, dryBulb: [5, 26], humidity: [100, 100])
    #expect(cooling.pueMilli(at: .zero) == 1095)
    #expect(abs(cooling.pueMilli(at: .hour) - 1245) < 10)
    #expect(cooling.pueMilli(at: .hour * 2) == 1095 && cooling.greatestPUEMilli == cooling.pueMilli(at: .hour))
    #expect(
      cooling.nextChange(after: .seconds(10)) == .hour
        && Cooling.constant(pueMilli: 1).nextChange(after: .zero) == .never)
  }
}

/// Power to energy, money, carbon and water.
@Suite struct MeteredSpanTests {
  @Test func priceTimesPowerTimesTime() {
    // 100 kW of machines at PUE 1.2 for two hours are 240 kWh; at 40 and 60 USD/MWh 0.12 x 40 + 0.12 x 60 = 12 USD;
    // at 300 and 500 g/kWh 120 x 300 + 120 x 500 = 96,000 g.
    let site = SiteEnergy(
      pueMilli: 1200, price: EnergySeries(start: .zero, values: [40, 60]),
      carbon: EnergySeries(start: .zero, values: [300, 500]))
    let span = MeteredSpan(site, from: .zero, to: .hour * 2)
    #expect(abs((100_000_000_000 * span.weight).kilowattHours - 240) < 1e-12)
    #expect(abs(0.1 * span.usd - 12) < 1e-9 && abs(0.1 * span.kilograms - 96) < 1e-9)
    #expect(span.litres == 0)
    #expect(MeteredSpan(site, from: .hour, to: .hour).weight == 0)
    let paid = SiteEnergy(pueMilli: 1000, price: .constant(-20), carbon: .constant(0))
    #expect(abs(MeteredSpan(paid, from: .zero, to: .hour).usd + 20) < 1e-9)
  }

  /// PUE 1.1 for half an hour, then 1.3 for half an hour, at a price that changes at 0:45.
  @Test func aChangeOfWeatherWithinTheHour() {
    let site = SiteEnergy(
      cooling: Cooling(start: .seconds(-1800), pueMilli: [1100, 1300], litresPerKWh: [1, 2]),
      price: EnergySeries(start: .seconds(-900), values: [10, 50]), carbon: .constant(100))
    let span = MeteredSpan(site, from: .zero, to: .hour)
    #expect(abs((1_000_000_000_000 * span.weight).kilowattHours - 1200) < 1e-9)
    #expect(abs(span.usd - (1.1 * 0.5 * 10 + 1.3 * (0.25 * 10 + 0.25 * 50))) < 1e-9)
    #expect(abs(span.kilograms - 120) < 1e-9)
    #expect(abs(span.litres - 1500) < 1e-9)
    // Cut anywhere, it is the same: exactly, where it is exact.
    var weight: Int128 = 0
    for k in 0..<60 {
      weight += MeteredSpan(site, from: .seconds(60 * Int64(k)), to: .seconds(60 * Int64(k + 1))).weight
    }
    #expect(weight == span.weight)
  }

  @Test func allowanceOfACap() {
    let site = SiteEnergy(
      cooling: Cooling(start: .zero, pueMilli: [1100, 1250], litresPerKWh: [0, 0]), price: .constant(0),
      carbon: .constant(0), capWatts: 1_000_000)
    #expect(site.allowance(at: .zero) == 909_090_909_090 && site.allowance(at: .hour) == 800_000_000_000)
    #expect(site.leastAllowance == 800_000_000_000)
  }
}

@Suite struct ChargesTests {
  /// 744 hours of October: 100 kW and one hour of 250, at 12 USD/kW-month: 3,000 USD. A week of it: 168/744 of that.
  @Test func demandByHand() {
    let charges = Charges(demandUSDPerKWMonth: [12, 0], calendar: 1_696_118_400)  // 2023-10-01
    var hours = [(kilowatts: Double, hours: Double)](repeating: (100, 1), count: 744)
    hours[500].kilowatts = 250
    #expect(abs(charges.demandUSD(site: 0, hours: hours) - 3000) < 1e-9)
    #expect(abs(charges.demandUSD(site: 0, hours: Array(hours.prefix(168))) - 12 * 100 * 168 / 744) < 1e-9)
    // November begins anew, with 720 hours.
    hours += [(kilowatts: Double, hours: Double)](repeating: (50, 1), count: 72)
    #expect(abs(charges.demandUSD(site: 0, hours: hours) - 3060) < 1e-9)
    #expect(charges.demandUSD(site: 1, hours: hours) == 0 && Charges().demandUSD(site: 0, hours: hours) == 0)
  }
}
