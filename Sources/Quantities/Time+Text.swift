// SPDX-License-Identifier: Apache-2.0

extension Time {
  /// Reads a time with its unit: "1 ms", "2.5 s", "7 days", "2 h 30 min", "1d 02h 03m".
  ///
  /// Units are ps, ns, us (or µs), ms, s, min (or m), h, d (or day, days) and w (or week, weeks); several parts add
  /// up. The result is exact where the text is a whole number of ticks of 10 ps, and the nearest tick otherwise.
  ///
  /// - Throws: ``QuantityError`` for no unit, an unknown one, a number that is none, a negative time, or one beyond
  ///   the 2.9 years of virtual time.
  public static func parse(_ text: String) throws(QuantityError) -> Time {
    let scanner = Time.scanner
    var rest = UnitScanner.trim(text)
    if rest.isEmpty { throw scanner.error(text, "it is empty") }
    var ticks = Int128(0)
    while !rest.isEmpty {
      let (numberText, afterNumber) = UnitScanner.split(rest)
      guard let number = Decimal(numberText) else {
        throw scanner.error(text, numberText.isEmpty ? "a number is missing" : "'\(numberText)' is not a number")
      }
      if number.isNegative && !number.digits.isEmpty { throw scanner.error(text, "it cannot be negative") }
      let unitText = afterNumber.prefix { !$0.isWhitespace && !("0"..."9").contains($0) }
      let unit = try scanner.unit(named: String(unitText), in: text)
      // A picosecond is a tenth of a tick.
      guard let (part, _) = number.shifted(by: unit.power).times(unit.factor) else {
        throw scanner.error(text, "virtual time ends after 2.9 years")
      }
      ticks += part
      rest = UnitScanner.trim(afterNumber[unitText.endIndex...])
    }
    guard ticks < Int128(Time.never.ticks) else { throw scanner.error(text, "virtual time ends after 2.9 years") }
    return Time(ticks: Int64(ticks))
  }

  static let scanner: UnitScanner = {
    var units: [Unit] = []
    func add(_ names: [String], _ power: Int, _ factor: Int64 = 1) {
      for name in names { units.append(Unit(name: name, power: power, factor: factor)) }
    }
    add(["s", "sec", "second", "seconds"], 11)
    add(["ms"], 8)
    add(["us", "\u{B5}s", "\u{3BC}s"], 5)
    add(["ns"], 2)
    add(["ps"], -1)
    add(["min", "m", "minute", "minutes"], 12, 6)
    add(["h", "hour", "hours"], 13, 36)
    add(["days", "d", "day"], 13, 864)
    add(["weeks", "w", "week"], 13, 6048)
    return UnitScanner(expected: "a time", example: "2.5 ms", units: units)
  }()

  /// For people, and exact: "1d 02h 03m", "1h 02m 03.5s", "30 s", "7.0735 ms", "never". ``parse(_:)`` reads all but
  /// "never" back as the same time.
  public var text: String {
    if self == .never { return "never" }
    if ticks < 0 { return "-" + Time(ticks: ticks == .min ? .max : -ticks).text }
    let second = Time.ticksPerSecond
    if ticks < 60 * second {
      let units: [(String, Int)] = [("s", 11), ("ms", 8), ("us", 5), ("ns", 2)]
      let decimal = Decimal(Int128(ticks))
      if ticks == 0 { return "0 s" }
      for (name, power) in units where decimal.magnitude >= power {
        return "\(decimal.shifted(by: -power).text) \(name)"
      }
      return "\(decimal.shifted(by: -2).text) ns"
    }
    let days = ticks / (86_400 * second)
    let hours = ticks / (3600 * second) % 24
    let minutes = ticks / (60 * second) % 60
    let rest = ticks % (60 * second)
    var parts: [String] = []
    func append(_ value: Int64, _ unit: String) {
      if value == 0 && parts.isEmpty { return }
      parts.append((value < 10 && !parts.isEmpty ? "0" : "") + "\(value)" + unit)
    }
    append(days, "d")
    append(hours, "h")
    append(minutes, "m")
    if rest != 0 {
      let text = Decimal(Int128(rest)).shifted(by: -11).text
      parts.append((rest < 10 * second ? "0" : "") + text + "s")
    }
    // Trailing zeros say nothing: "7d 00h 00m" is "7d", but "1h 00m 05s" keeps its minutes.
    if rest == 0 {
      while parts.count > 1, parts[parts.count - 1].hasPrefix("00") { parts.removeLast() }
    }
    return parts.joined(separator: " ")
  }
}
