// SPDX-License-Identifier: Apache-2.0

import Quantities

/// How the wavelengths of a fleet may be moved between its links.
public struct LightPaths: Equatable, Sendable {
  /// Who decides which link has how many.
  public enum Policy: String, Sendable, CaseIterable {
    /// Nobody: links keep what the scenario gives them.
    case `static`
    /// The coordinator, by what the links were asked to carry lately.
    case demandFollowing = "demand-following"
    /// The placement policy, with its other decisions.
    case placement
  }

  public var policy: Policy
  /// From the command until a wavelength that has been moved carries traffic: the switch sets its mirrors, the modules find
  /// their light again.
  public var reconfiguration: Time
  /// How often demand-following looks, and over how long it looks back.
  public var interval: Time
  /// What every link keeps.
  public var floor: Int
  /// Transceivers of each site, in the order of sites: the wavelengths of its links together are no more than these.
  public var pool: [Int]

  public init(policy: Policy, reconfiguration: Time, interval: Time, floor: Int, pool: [Int]) {
    self.policy = policy
    self.reconfiguration = reconfiguration
    self.interval = interval
    self.floor = floor
    self.pool = pool
  }

  /// The switch of a scenario that names none.
  public static let standardSwitch = "palomar"

  /// What a switch of the catalogue keeps a wavelength dark: until there is light on the new path, and then traffic.
  public static func darkTime(of row: CircuitSwitchRow) -> Time { row.reconfiguration + row.reacquisition }
}
