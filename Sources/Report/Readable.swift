// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Numbers for people: few digits, a unit that suits, and a dash for what does not exist.
public enum Readable {
  public static let none = "-"

  /// With `digits` after the point and commas between thousands: `1,234.50`.
  public static func fixed(_ value: Double?, _ digits: Int) -> String {
    guard let value, value.isFinite else { return none }
    let plain = String(format: "%.\(digits)f", abs(value))
    let parts = plain.split(separator: ".", maxSplits: 1)
    var whole = ""
    for (index, digit) in parts[0].enumerated() {
      if index > 0, (parts[0].count - index) % 3 == 0 { whole += "," }
      whole.append(digit)
    }
    let text = parts.count > 1 ? whole + "." + parts[1] : whole
    let isZero = !plain.contains { $0 >= "1" && $0 <= "9" }
    return value < 0 && !isZero ? "-" + text : text
  }

  public static func integer(_ value: Int) -> String {
    let text = fixed(Double(value.magnitude), 0)
    return value < 0 ? "-" + text : text
  }

  /// Three significant digits, or whole where the number is larger: `0.0123`, `4.56`, `1,235`.
  public static func amount(_ value: Double?) -> String {
    guard let value, value.isFinite else { return none }
    let size = abs(value)
    if size == 0 { return "0" }
    if size < 0.001 { return String(format: "%.1e", value) }
    return fixed(value, size < 0.01 ? 5 : size < 0.1 ? 4 : size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0)
  }

  /// A column of parts and their sum, all with the same number of digits after the point, so that the parts as printed
  /// add up to the sum as printed: each is cut down, and the largest remainders are rounded up (Hamilton's method).
  public static func column(_ parts: [Double]) -> (parts: [String], total: String) {
    let total = parts.reduce(0, +)
    guard total.isFinite, parts.allSatisfy(\.isFinite) else { return (parts.map { _ in none }, none) }
    let size = abs(total)
    var digits = size >= 1000 ? 0 : size >= 100 ? 1 : 2
    while size > 0, size < 1, digits < 9, size * tenToThe(digits) < 100 { digits += 1 }
    let scale = tenToThe(digits)
    var whole = parts.map { ($0 * scale).rounded(.down) }
    var missing = Int((total * scale).rounded() - whole.reduce(0, +))
    let byRemainder = parts.indices.sorted {
      let (a, b) = (parts[$0] * scale - whole[$0], parts[$1] * scale - whole[$1])
      return a > b || (a == b && $0 < $1)
    }
    for index in byRemainder where missing > 0 {
      whole[index] += 1
      missing -= 1
    }
    return (whole.map { fixed($0 / scale, digits) }, fixed((total * scale).rounded() / scale, digits))
  }

  private static func tenToThe(_ digits: Int) -> Double { (0..<digits).reduce(1) { power, _ in power * 10 } }

  /// A share of 1 as a percentage: `3.2 %`.
  public static func percent(_ share: Double?) -> String {
    share == nil ? none : fixed(share.map { $0 * 100 }, 1) + " %"
  }

  /// Seconds in the unit that a person would use: `0 s`, `12.3 ms`, `45.0 s`, `3.2 min`, `5.1 h`, `2.4 d`.
  public static func duration(_ seconds: Double?) -> String {
    guard let seconds, seconds.isFinite else { return none }
    if seconds == 0 { return "0 s" }
    let unit = DurationUnit.suiting(seconds)
    return fixed(seconds / unit.seconds, abs(seconds / unit.seconds) < 9.95 ? 2 : 1) + " " + unit.name
  }

  /// `0 B`, `12.3 kB`, `4.00 TB`; decimal prefixes.
  public static func bytes(_ count: Double?) -> String {
    guard let count, count.isFinite else { return none }
    var value = count
    for unit in ["B", "kB", "MB", "GB", "TB", "PB"] {
      if abs(value) < 999.5 || unit == "PB" {
        return (unit == "B" ? fixed(value, 0) : amount(value)) + " " + unit
      }
      value /= 1000
    }
    return none
  }
}

/// A unit of time for people.
public struct DurationUnit: Equatable, Sendable {
  public var name: String
  public var seconds: Double

  public static let all = [
    DurationUnit(name: "us", seconds: 1e-6), DurationUnit(name: "ms", seconds: 1e-3),
    DurationUnit(name: "s", seconds: 1), DurationUnit(name: "min", seconds: 60), DurationUnit(name: "h", seconds: 3600),
    DurationUnit(name: "d", seconds: 86400),
  ]

  /// The largest unit of which `seconds` has at least one; two for minutes, hours and days, so that 100 s stay seconds.
  public static func suiting(_ seconds: Double) -> DurationUnit {
    let size = abs(seconds)
    return all.last { size >= $0.seconds * ($0.seconds > 1 ? 2 : 1) } ?? all[0]
  }
}
