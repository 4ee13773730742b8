// SPDX-License-Identifier: Apache-2.0

/// Instants of the calendar as whole seconds since 1970-01-01 UTC, without leap seconds.
enum Instant {
  /// Reads "2023-10-09T00:00:00Z", "2023-10-09 00:00", "2023-10-09 01:00:00+01:00", "2023-10-09".
  ///
  /// - Parameter defaultOffset: seconds east of UTC for a text that names no offset; nil if it has to name one.
  /// - Returns: nil if the text is no instant; `needsOffset` if it is one but nobody says in which zone.
  static func parse(_ text: String, defaultOffset: Int64?) -> Result {
    var rest = Array(text.utf8)[...]
    func number(_ digits: Int) -> Int64? {
      guard rest.count >= digits else { return nil }
      var value: Int64 = 0
      for byte in rest.prefix(digits) {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int64(byte - 48)
      }
      rest = rest.dropFirst(digits)
      return value
    }
    func skip(_ characters: String) -> Bool {
      guard let first = rest.first, characters.utf8.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2),
      (1...12).contains(month), day >= 1, day <= daysInMonth(month, year: year)
    else { return .invalid }
    var seconds = 86_400 * days(year: year, month: month, day: day)
    if skip("T ") {
      guard let hour = number(2), skip(":"), let minute = number(2), hour < 24, minute < 60 else { return .invalid }
      seconds += 3600 * hour + 60 * minute
      if skip(":") {
        guard let second = number(2), second < 60 else { return .invalid }
        seconds += second
        // Fractions of a second say nothing about hours, but only zeros can be dropped without a lie.
        if skip(".") { while skip("0") {} }
      }
    }
    if rest.isEmpty { return defaultOffset.map { .instant(seconds - $0) } ?? .needsOffset }
    _ = skip(" ")
    guard let text = String(validating: rest, as: UTF8.self), let offset = zone(text) else { return .invalid }
    return .instant(seconds - offset)
  }

  enum Result: Equatable {
    case instant(Int64)
    case needsOffset
    case invalid
  }

  /// Seconds east of UTC of a zone with a fixed offset: "UTC", "Z", "UTC+8", "+10:00", "-0330"; nil for other texts.
  static func zone(_ text: String) -> Int64? {
    var rest = Substring(text)
    if rest == "Z" || rest == "UTC" || rest == "GMT" { return 0 }
    if rest.hasPrefix("UTC") || rest.hasPrefix("GMT") { rest = rest.dropFirst(3) }
    guard let sign = rest.first, sign == "+" || sign == "-" else { return nil }
    let digits = rest.dropFirst().filter { $0 != ":" }
    guard !digits.isEmpty, digits.count <= 4, digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    let hours = digits.count <= 2 ? Int64(digits)! : Int64(digits.dropLast(2))!
    let minutes = digits.count <= 2 ? 0 : Int64(digits.suffix(2))!
    guard hours <= 14, minutes < 60 else { return nil }
    return (sign == "-" ? -1 : 1) * (3600 * hours + 60 * minutes)
  }

  /// "2023-10-09T00:00:00Z".
  static func text(_ instant: Int64) -> String {
    let day = instant >= 0 ? instant / 86_400 : (instant - 86_399) / 86_400
    let second = instant - day * 86_400
    // Days to a date: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
    let z = day + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfYear - (153 * shifted + 2) / 5 + 1, 2))"
    return "\(date)T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))Z"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  private static func daysInMonth(_ month: Int64, year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970-01-01 (Hinnant's days_from_civil).
  static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = y / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
