// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Wall-clock instants without a zone, in ticks since 1970-01-01 00:00:00 of that clock, every day 86,400 s long.
///
/// `Int128`, because `Time` spans 2.9 years and a date lies decades after 1970.
enum CalendarTime {
  static let ticksPerDay = Int128(86_400) * Int128(Time.ticksPerSecond)

  /// Reads `2017-10-09`, `2017-10-09T07:01:55` or `2017-10-09 07:01:55.25`; nil for anything else, a date that no
  /// calendar has among it.
  static func parse(_ text: some Collection<UInt8>) -> Int128? {
    var digits = Digits(text)
    guard let ticks = parse(&digits), digits.isAtEnd else { return nil }
    return ticks
  }

  /// Reads an instant as ``parse(_:)`` does, with an offset from UTC behind it: `Z`, `+08:00`, `+0800` or none. The
  /// ticks are those of the wall clock as written; the offset is in ticks.
  static func parseWithOffset(_ text: some Collection<UInt8>) -> (wall: Int128, offset: Int128?)? {
    var digits = Digits(text)
    guard let wall = parse(&digits) else { return nil }
    if digits.isAtEnd { return (wall, nil) }
    if digits.skip("Z") { return digits.isAtEnd ? (wall, 0) : nil }
    let isWest = digits.skip("-")
    guard isWest || digits.skip("+"), let hours = digits.number(2), hours <= 14 else { return nil }
    _ = digits.skip(":")
    let minutes = digits.isAtEnd ? 0 : digits.number(2)
    guard let minutes, minutes < 60, digits.isAtEnd else { return nil }
    let offset = Int128(hours * 60 + minutes) * 60 * Int128(Time.ticksPerSecond)
    return (wall, isWest ? -offset : offset)
  }

  /// Takes an instant off the front.
  private static func parse<Text>(_ digits: inout Digits<Text>) -> Int128? {
    guard let year = digits.number(4), digits.skip("-"), let month = digits.number(2), digits.skip("-"),
      let day = digits.number(2), (1...12).contains(month), day >= 1, day <= daysIn(month: month, year: year)
    else { return nil }
    let start = Int128(daysSince1970(year: year, month: month, day: day)) * ticksPerDay
    if digits.isAtEnd { return start }
    guard digits.skip("T") || digits.skip(" "), let hour = digits.number(2), digits.skip(":"),
      let minute = digits.number(2), digits.skip(":"), let second = digits.number(2), hour < 24, minute < 60,
      second < 60
    else { return nil }
    var ticks = start + Int128((hour * 60 + minute) * 60 + second) * Int128(Time.ticksPerSecond)
    if digits.skip(".") {
      var unit = Time.ticksPerSecond
      var any = false
      while let digit = digits.number(1) {
        unit /= 10
        ticks += Int128(Int64(digit) * unit)
        any = true
      }
      guard any else { return nil }
    }
    return ticks
  }

  /// The instant as `2017-10-09T07:01:55`, with a fraction if it has one.
  static func text(_ ticks: Int128) -> String {
    let day = floorDivide(ticks, ticksPerDay)
    let rest = ticks - day * ticksPerDay
    let (year, month, dayOfMonth) = civil(daysSince1970: Int(day))
    let seconds = Int(rest / Int128(Time.ticksPerSecond))
    let fraction = Int64(rest % Int128(Time.ticksPerSecond))
    var text = "\(pad(year, 4))-\(pad(month, 2))-\(pad(dayOfMonth, 2))"
    text += "T\(pad(seconds / 3600, 2)):\(pad(seconds / 60 % 60, 2)):\(pad(seconds % 60, 2))"
    if fraction != 0 { text += NativeTrace.decimal(fraction, digits: 11).dropFirst() }
    return text
  }

  static func floorDivide(_ a: Int128, _ b: Int128) -> Int128 {
    let quotient = a / b
    return a % b < 0 ? quotient - 1 : quotient
  }

  private static func pad(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }

  /// Day of the week of a day since 1970, Monday 0.
  static func weekday(_ day: Int) -> Int { ((day + 3) % 7 + 7) % 7 }

  private static func daysIn(month: Int, year: Int) -> Int {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }

  // Days are counted from 1 March, so that the leap day is the last of its year; 400 years have 146,097 days.
  static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let era = y / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func civil(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  /// Takes fixed-width numbers and separators off the front of a text.
  private struct Digits<Text: Collection> where Text.Element == UInt8 {
    var rest: Text.SubSequence
    init(_ text: Text) { rest = text[...] }
    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard let first = rest.first, UInt32(first) == character.value else { return false }
      rest = rest.dropFirst()
      return true
    }

    mutating func number(_ width: Int) -> Int? {
      var value = 0
      var remaining = rest
      for _ in 0..<width {
        guard let byte = remaining.first, (48...57).contains(byte) else { return nil }
        value = value * 10 + Int(byte - 48)
        remaining = remaining.dropFirst()
      }
      rest = remaining
      return value
    }
  }
}
