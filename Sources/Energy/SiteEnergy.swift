// SPDX-License-Identifier: Apache-2.0

/// What energy costs at a site, and how much of it the building takes on top of the machines.
public struct SiteEnergy: Equatable, Sendable {
  /// Power usage effectiveness in thousandths: 1150 means that 1 kWh of IT draws 1.15 kWh.
  public var pueMilli: Int64
  /// USD/MWh. May be negative.
  public var price: HourlySeries
  /// g CO2 equivalent per kWh.
  public var carbon: HourlySeries
  /// The most that the whole site may draw, PUE included; nil for no limit.
  public var capWatts: Double?

  public init(pueMilli: Int64, price: HourlySeries, carbon: HourlySeries, capWatts: Double? = nil) {
    self.pueMilli = pueMilli
    self.price = price
    self.carbon = carbon
    self.capWatts = capWatts
  }

  /// 1.15 for ``pueMilli`` 1150.
  public var pue: Double { Double(pueMilli) / 1000 }
}
