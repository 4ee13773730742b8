// SPDX-License-Identifier: Apache-2.0

/// A zone of wall clocks, with daylight saving where it has one. The rules are written down here and not asked of the
/// system, so that a series means the same on every machine.
///
/// Valid from 2007 for America, from 1996 for Europe, from 2008 for Australia: since then the rules have not changed.
struct ClockZone: Equatable {
  enum Rule: Equatable {
    case none
    /// From the last Sunday of March, 01:00 UTC, to the last Sunday of October, 01:00 UTC.
    case europe
    /// From the second Sunday of March, 02:00 standard time, to the first of November, 02:00 daylight time.
    case america
    /// From the first Sunday of October, 02:00 standard time, to the first of April, 03:00 daylight time.
    case australia

    var firstYear: Int64 {
      switch self {
      case .none: 0
      case .europe: 1996
      case .america: 2007
      case .australia: 2009
      }
    }
  }

  /// Seconds east of UTC without daylight saving.
  var standard: Int64
  var rule: Rule

  /// Which instants a wall clock's reading can be.
  enum Meaning: Equatable {
    case instant(Int64)
    /// The hour that comes twice: first in daylight time, then in standard time.
    case twice(Int64, Int64)
    /// The hour that is left out.
    case never
    /// Before the rules of this zone are known.
    case unknown
  }

  /// - Parameter local: what the wall shows, in seconds since 1970-01-01 00:00 on that wall.
  func meaning(of local: Int64) -> Meaning {
    if rule == .none { return .instant(local - standard) }
    if Instant.year(of: local) < rule.firstYear { return .unknown }
    let (summer, winter) = (local - standard - 3600, local - standard)
    switch (isDaylight(summer), isDaylight(winter)) {
    case (true, false): return .twice(summer, winter)
    case (true, true): return .instant(summer)
    case (false, false): return .instant(winter)
    case (false, true): return .never
    }
  }

  /// Whether daylight saving holds at an instant.
  func isDaylight(_ instant: Int64) -> Bool {
    let year = Instant.year(of: instant + standard)
    switch rule {
    case .none: return false
    case .europe:
      let start = Instant.lastSunday(of: 3, in: year) + 3600
      return instant >= start && instant < Instant.lastSunday(of: 10, in: year) + 3600
    case .america:
      let start = Instant.sunday(2, of: 3, in: year) + 7200 - standard
      return instant >= start && instant < Instant.sunday(1, of: 11, in: year) + 3600 - standard
    case .australia:
      let end = Instant.sunday(1, of: 4, in: year) + 7200 - standard
      return instant < end || instant >= Instant.sunday(1, of: 10, in: year) + 7200 - standard
    }
  }

  /// "UTC", "UTC+8", "-05:00", "Europe/Berlin"; nil for what is none of these or not in the list.
  init?(_ text: String) {
    if let seconds = Instant.zone(text) {
      (standard, rule) = (seconds, .none)
    } else if let known = ClockZone.names.first(where: { $0.names.contains(text) }) {
      (standard, rule) = (Int64(known.hours * 3600), known.rule)
    } else {
      return nil
    }
  }

  static var known: [String] { names.flatMap(\.names) }

  private static let names: [(hours: Double, rule: Rule, names: [String])] = [
    (0, .europe, ["Europe/London", "Europe/Dublin", "Europe/Lisbon"]),
    (
      1, .europe,
      [
        "Europe/Berlin", "Europe/Paris", "Europe/Amsterdam", "Europe/Brussels", "Europe/Copenhagen", "Europe/Madrid",
        "Europe/Oslo", "Europe/Prague", "Europe/Rome", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw",
        "Europe/Zurich",
      ]
    ),
    (2, .europe, ["Europe/Athens", "Europe/Helsinki"]),
    (-5, .america, ["America/New_York", "America/Toronto"]),
    (-6, .america, ["America/Chicago"]),
    (-7, .america, ["America/Denver"]),
    (-8, .america, ["America/Los_Angeles"]),
    (-7, .none, ["America/Phoenix"]),
    (10, .australia, ["Australia/Sydney", "Australia/Melbourne"]),
    (10, .none, ["Australia/Brisbane"]),
    (8, .none, ["Asia/Singapore", "Asia/Shanghai", "Asia/Hong_Kong"]),
    (9, .none, ["Asia/Tokyo", "Asia/Seoul"]),
    (5.5, .none, ["Asia/Kolkata"]),
  ]
}

extension Instant {
  static func year(of instant: Int64) -> Int64 { Int64(text(instant).prefix { $0 != "-" }) ?? 0 }

  /// Midnight UTC of the `count`-th Sunday of a month.
  static func sunday(_ count: Int64, of month: Int64, in year: Int64) -> Int64 {
    let first = days(year: year, month: month, day: 1)
    // 1970-01-01 was a Thursday.
    let toSunday = ((3 - first) % 7 + 7) % 7
    return 86_400 * (first + toSunday + 7 * (count - 1))
  }

  /// Midnight UTC of the last Sunday of a month of 31 days.
  static func lastSunday(of month: Int64, in year: Int64) -> Int64 {
    let last = days(year: year, month: month, day: 31)
    return 86_400 * (last - ((last + 4) % 7 + 7) % 7)
  }
}
