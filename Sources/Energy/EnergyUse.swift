// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Energy drawn from the grid, with what it cost and what it emitted.
public struct EnergyUse: Equatable, Sendable {
  public var kWh: Double
  public var costUSD: Double
  public var carbonKilograms: Double

  public static let zero = EnergyUse(kWh: 0, costUSD: 0, carbonKilograms: 0)

  public init(kWh: Double, costUSD: Double, carbonKilograms: Double) {
    self.kWh = kWh
    self.costUSD = costUSD
    self.carbonKilograms = carbonKilograms
  }

  public static func + (a: EnergyUse, b: EnergyUse) -> EnergyUse {
    EnergyUse(
      kWh: a.kWh + b.kWh, costUSD: a.costUSD + b.costUSD, carbonKilograms: a.carbonKilograms + b.carbonKilograms)
  }
  public static func += (a: inout EnergyUse, b: EnergyUse) { a = a + b }
}

extension SiteEnergy {
  /// What machines that draw `itWatts` from `start` to `end` take from the grid at this site, PUE included.
  public func use(itWatts: Double, from start: Time, to end: Time) -> EnergyUse {
    let kilowatts = itWatts * pue / 1000
    let hours = Double((end - start).ticks) / Double(Time.hour.ticks)
    return EnergyUse(
      kWh: kilowatts * hours,
      costUSD: kilowatts / 1000 * price.integral(from: start, to: end),
      carbonKilograms: kilowatts / 1000 * carbon.integral(from: start, to: end))
  }
}

extension GPUModel {
  /// Power of a pool of this model: an idle GPU draws power too.
  public func watts(busy: Int, idle: Int) -> Double { Double(busy) * activeWatts + Double(idle) * idleWatts }
}
