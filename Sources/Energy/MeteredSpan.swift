// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Exact energy: microwatts before PUE, times thousandths of PUE, times ticks.
public typealias EnergyTicks = Int128

extension EnergyTicks {
  /// 1 kWh = 1e9 uW x 1000 x 3600 s x 1e11 ticks/s.
  public var kilowattHours: Double { Double(self) / 3.6e26 }
}

/// What a constant power costs from one instant to another at a site: multiply by the power.
///
/// This is the one place where power becomes energy, money, carbon and water; every meter asks it.
public struct MeteredSpan: Equatable, Sendable {
  /// PUE in thousandths times ticks: times microwatts it is ``EnergyTicks``, exactly.
  public private(set) var weight: Int128 = 0
  /// USD, kilograms of CO2 equivalent and litres for each MW of the machines.
  public private(set) var usd = 0.0
  public private(set) var kilograms = 0.0
  public private(set) var litres = 0.0

  /// - Parameters:
  ///   - start: before or at `end`.
  public init(_ site: SiteEnergy, from start: Time, to end: Time) {
    var at = start
    while at < end {
      let until = min(end, site.cooling.nextChange(after: at))
      let milli = site.cooling.pueMilli(at: at)
      let pue = Double(milli) / 1000
      weight += Int128(milli) * Int128(until.ticks - at.ticks)
      // MW times USD/MWh x hours; MW times g/kWh x hours is kilograms.
      usd += pue * site.price.integral(from: at, to: until)
      kilograms += pue * site.carbon.integral(from: at, to: until)
      let water = site.cooling.litresPerKWh[site.cooling.clock.index(of: site.cooling.clock.interval(at: at))]
      if water > 0 { litres += 1000 * water * EnergySeries.hours(until.ticks - at.ticks) }
      at = until
    }
  }
}
