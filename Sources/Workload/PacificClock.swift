// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The wall clock of the US Pacific coast, which Philly's logs show without saying whether it is daylight saving time.
///
/// Since 2007 daylight saving time begins at 2:00 of the second Sunday of March and ends at 2:00 of the first Sunday of
/// November (Energy Policy Act of 2005, section 110); the hour from 1:00 to 2:00 of that Sunday is shown twice, and
/// the one before 3:00 in March never. Instants are put on a clock that stays on daylight saving time all year, so
/// that the distance of two of them is the time that went by.
struct PacificClock {
  private static let hour = Int128(3600) * Int128(Time.ticksPerSecond)
  /// Limits of daylight saving time of the years looked up so far, on the wall clock.
  private var summers: [Int: (begin: Int128, end: Int128)] = [:]
  private var last: (year: Int, day: Int) = (0, .min)
  /// Instants that the wall clock shows twice.
  private(set) var ambiguous = 0

  /// What `wall` can mean, earlier first.
  mutating func readings(_ wall: Int128) -> (first: Int128, second: Int128?) {
    let day = Int(CalendarTime.floorDivide(wall, CalendarTime.ticksPerDay))
    if last.day != day { last = (CalendarTime.civil(daysSince1970: day).year, day) }
    let summer = summer(of: last.year)
    if wall < summer.begin || wall >= summer.end { return (wall + PacificClock.hour, nil) }
    if wall >= summer.end - PacificClock.hour { return (wall, wall + PacificClock.hour) }
    return (wall, nil)
  }

  /// The earlier reading, or, if that lies before `event`, which came first, the later one.
  mutating func instant(_ wall: Int128, notBefore event: Int128? = nil) -> Int128 {
    let (first, second) = readings(wall)
    guard let second else { return first }
    ambiguous += 1
    if let event, first < event { return second }
    return first
  }

  private mutating func summer(of year: Int) -> (begin: Int128, end: Int128) {
    if let known = summers[year] { return known }
    func sunday(_ month: Int, _ number: Int) -> Int128 {
      let first = CalendarTime.daysSince1970(year: year, month: month, day: 1)
      let day = first + (6 - CalendarTime.weekday(first)) + 7 * (number - 1)
      return Int128(day) * CalendarTime.ticksPerDay + 2 * PacificClock.hour
    }
    let found = (sunday(3, 2), sunday(11, 1))
    summers[year] = found
    return found
  }
}
