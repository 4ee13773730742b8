// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What energy costs at a site, how much of it the building takes on top of the machines, and how much there is.
public struct SiteEnergy: Equatable, Sendable {
  public var cooling: Cooling
  /// USD/MWh. May be negative.
  public var price: EnergySeries
  /// g CO2 equivalent per kWh.
  public var carbon: EnergySeries
  /// The most that the whole site may draw, PUE included; nil for no limit.
  public var capWatts: Double?
  public var capRule: PowerCapRule

  public init(
    cooling: Cooling, price: EnergySeries, carbon: EnergySeries, capWatts: Double? = nil,
    capRule: PowerCapRule = .throttle
  ) {
    self.cooling = cooling
    self.price = price
    self.carbon = carbon
    self.capWatts = capWatts
    self.capRule = capRule
  }

  /// A building that takes the same share whatever the weather.
  public init(pueMilli: Int64, price: EnergySeries, carbon: EnergySeries, capWatts: Double? = nil) {
    self.init(cooling: .constant(pueMilli: pueMilli), price: price, carbon: carbon, capWatts: capWatts)
  }

  /// The most that the machines may draw at `time`, in microwatts before PUE; nil for no limit.
  public func allowance(at time: Time) -> Int64? {
    capWatts.map { Int64(($0 * 1e9).rounded(.down)) / cooling.pueMilli(at: time) }
  }

  /// The same in the hottest interval.
  public var leastAllowance: Int64? {
    capWatts.map { Int64(($0 * 1e9).rounded(.down)) / cooling.greatestPUEMilli }
  }
}

/// What a site does when its jobs would draw more than its power cap.
public enum PowerCapRule: String, Sendable, CaseIterable {
  /// All GPUs at work slow down alike until the cap is held.
  case throttle
  /// Jobs wait: no more GPUs are used than the cap can feed at full power in the hottest hour.
  case block
}
