// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities

/// What a policy may know of the energy of a site in the time to come.
public struct EnergyOutlook: Sendable {
  /// USD/MWh.
  public var price: Forecaster
  /// g CO2 equivalent per kWh.
  public var carbon: Forecaster
  /// Power of one active GPU at the meter at this moment's PUE, in kW: what turns the price into
  /// ``SiteState/usdPerGPUHour``.
  public var kilowattsPerGPU: Double

  public init(price: Forecaster, carbon: Forecaster, kilowattsPerGPU: Double = 1) {
    self.price = price
    self.carbon = carbon
    self.kilowattsPerGPU = kilowattsPerGPU
  }

  /// The same under another rule of forecasts.
  func under(_ rule: ForecastRule) -> EnergyOutlook {
    EnergyOutlook(price: price.under(rule), carbon: carbon.under(rule), kilowattsPerGPU: kilowattsPerGPU)
  }
}

/// When a job may run, as a shift or `longhaul` has planned it: from `from` on, and until `until`, when it is asked again.
public struct Stretch: Equatable, Sendable {
  public var from: Time
  public var until: Time

  public init(from: Time, until: Time) {
    self.from = from
    self.until = until
  }

  /// Nothing is planned yet; a policy that plans does so at once.
  public static let unplanned = Stretch(from: .zero, until: .zero)
  /// It may run from `time` on for good.
  static func from(_ time: Time) -> Stretch { Stretch(from: time, until: .never) }
  /// It waits, and at `time` the plan is made anew.
  static func waiting(until time: Time) -> Stretch { Stretch(from: time, until: time) }
}
