// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What a policy sees of wavelengths that can be moved between links.
public struct LightView: Equatable, Sendable {
  public struct Link: Equatable, Sendable {
    /// Sites by index.
    public var a: Int32
    public var b: Int32
    /// Wavelengths now, those on their way to it included, and as the scenario has them.
    public var wavelengths: Int32
    public var configured: Int32
    /// Of one wavelength.
    public var rate: BitRate
    /// Bytes that the busier direction was asked to carry since the last look.
    public var demand: Double
    /// Bytes that the busier direction has still to carry, by the expected ends of transfers, and what split jobs send in
    /// one interval.
    public var backlog: Double

    public init(
      a: Int32, b: Int32, wavelengths: Int32, configured: Int32, rate: BitRate, demand: Double, backlog: Double = 0
    ) {
      self.a = a
      self.b = b
      self.wavelengths = wavelengths
      self.configured = configured
      self.rate = rate
      self.demand = demand
      self.backlog = backlog
    }
  }

  /// Sorted by id.
  public var links: [Link]
  /// Transceivers of each site.
  public var pool: [Int32]
  /// What every link keeps.
  public var floor: Int32
  public var reconfiguration: Time
  /// Before this, wavelengths of an earlier decision are still dark.
  public var settledAt: Time

  public init(links: [Link], pool: [Int32], floor: Int32, reconfiguration: Time, settledAt: Time) {
    self.links = links
    self.pool = pool
    self.floor = floor
    self.reconfiguration = reconfiguration
    self.settledAt = settledAt
  }

  /// Why links cannot have these wavelengths; nil if they can.
  public func refusal(of wavelengths: [Int32]) -> String? {
    guard wavelengths.count == links.count else {
      return "it gives wavelengths to \(wavelengths.count) links, of which there are \(links.count)"
    }
    var used = pool.map { _ in Int32(0) }
    for (link, count) in zip(links, wavelengths) {
      guard count >= floor else {
        return "it leaves link \(link.a)-\(link.b) \(count) wavelengths, fewer than \(floor)"
      }
      used[Int(link.a)] += count
      used[Int(link.b)] += count
    }
    for site in pool.indices where used[site] > pool[site] {
      return "it lights \(used[site]) wavelengths at site \(site), which has \(pool[site])"
    }
    return nil
  }
}
