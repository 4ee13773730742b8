// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A price or carbon intensity that repeats every day: 24 values by the hour of the site's own day.
///
/// Profiles are synthetic. Their mean is the middle of a published range; their shape (duck curve, evening peak,
/// windy nights) follows what is published about the market in words and a few figures, drawn here as 24 numbers.
/// They have no weekends, no seasons, no spikes and no negative hours: for those, give a series from a file.
public struct DailyProfile: Equatable, Sendable {
  public var name: String
  /// Value k holds from k to k + 1 o'clock of local solar time.
  public var hours: [Double]
  /// What one unit of the values is: "USD/MWh" or "g/kWh".
  public var unit: String
  /// The range that sources give for the mean.
  public var publishedMean: ClosedRange<Double>
  /// Of the mean. The shape is an assumption always.
  public var certainty: Certainty
  public var source: String

  public init(
    name: String, hours: [Double], unit: String, publishedMean: ClosedRange<Double>, certainty: Certainty,
    source: String
  ) {
    precondition(hours.count == 24, "a day has 24 hours")
    self.name = name
    self.hours = hours
    self.unit = unit
    self.publishedMean = publishedMean
    self.certainty = certainty
    self.source = source
  }

  public var mean: Double { hours.reduce(0, +) / 24 }

  /// Whole hours between UTC and the sun at a longitude: 15 degrees an hour, east positive. Not a legal time zone
  /// and without daylight saving, but within an hour of both nearly everywhere.
  public static func solarOffsetHours(longitude: Double) -> Int64 { Int64((longitude / 15).rounded()) }

  /// This profile as a series of virtual time.
  ///
  /// - Parameters:
  ///   - calendar: the instant of virtual time zero, in seconds since 1970 UTC.
  ///   - longitude: of the site, in degrees east.
  ///   - scale: multiplies every value: an exchange rate.
  public func series(calendar: Int64, longitude: Double, scale: Double = 1) -> EnergySeries {
    let local = calendar + 3600 * DailyProfile.solarOffsetHours(longitude: longitude)
    let sinceMidnight = ((local % 86_400) + 86_400) % 86_400
    return EnergySeries(start: Time.seconds(-sinceMidnight), values: hours.map { $0 * scale })
  }
}
