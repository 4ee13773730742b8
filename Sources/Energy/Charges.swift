// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What a fleet pays beside the energy itself.
public struct Charges: Equatable, Sendable {
  /// USD for each kW of the highest mean power of an hour, a month; one for every site, in order of name; zero for none.
  public var demandUSDPerKWMonth: [Double]
  /// USD for each GB that flows from one site to another, `[from][to]`; nil where traffic is not charged for.
  public var egressUSDPerGB: [[Double]]?
  /// The instant of virtual time zero in seconds since 1970 UTC, for the months of demand charges; nil for months of
  /// 30 days from time zero.
  public var calendar: Int64?

  public init(demandUSDPerKWMonth: [Double] = [], egressUSDPerGB: [[Double]]? = nil, calendar: Int64? = nil) {
    self.demandUSDPerKWMonth = demandUSDPerKWMonth
    self.egressUSDPerGB = egressUSDPerGB
    self.calendar = calendar
  }

  /// The demand charge of a site.
  ///
  /// For each month the highest mean power of an hour, times the rate, times the share of the month that the run
  /// covers: a run of a week pays a week's share of the month's charge on its own peak.
  ///
  /// - Parameters:
  ///   - site: index in order of name.
  ///   - hours: mean power in kW and length of each hour, in order, the first beginning at time zero.
  public func demandUSD(site: Int, hours: [(kilowatts: Double, hours: Double)]) -> Double {
    guard site < demandUSDPerKWMonth.count, demandUSDPerKWMonth[site] > 0 else { return 0 }
    var total = 0.0
    var month: (index: Int64, length: Double)?
    var peak = 0.0
    var covered = 0.0
    func bill() -> Double {
      month.map { demandUSDPerKWMonth[site] * peak * covered / $0.length } ?? 0
    }
    for (k, hour) in hours.enumerated() {
      let now = self.month(ofHour: Int64(k))
      if now.index != month?.index {
        total += bill()
        (month, peak, covered) = (now, 0, 0)
      }
      peak = max(peak, hour.kilowatts)
      covered += hour.hours
    }
    return total + bill()
  }

  /// Which month an hour of the run begins in, and how many hours it has.
  private func month(ofHour hour: Int64) -> (index: Int64, length: Double) {
    guard let calendar else { return (hour / 720, 720) }
    let seconds = calendar + 3600 * hour
    let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let (year, month) = Charges.yearAndMonth(ofDay: day)
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = month == 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    return (year * 12 + month, Double(days * 24))
  }

  /// Days since 1970 to a date: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
  private static func yearAndMonth(ofDay day: Int64) -> (year: Int64, month: Int64) {
    let z = day + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month)
  }
}
