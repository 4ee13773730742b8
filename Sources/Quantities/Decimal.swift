// SPDX-License-Identifier: Apache-2.0

/// A decimal number as written: digits times a power of ten.
///
/// Units differ by powers of ten, so shifting the exponent converts between them without rounding. That is why
/// "1.2 MW" and "1200 kW" give the same `Double`, and why a printed quantity reads back as the very same value.
struct Decimal: Equatable {
  var isNegative = false
  /// Without leading zeros; empty for zero.
  var digits: [UInt8] = []
  /// The value is `digits` x 10^exponent.
  var exponent = 0

  /// Reads "12", "-0.5", "+1e-7"; nil for anything else: no blanks, no commas, no "inf", no hexadecimal.
  init?(_ text: some StringProtocol) {
    var rest = Array(text.utf8)[...]
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      rest.removeFirst()
    }
    var seenPoint = false
    var seenDigit = false
    while let byte = rest.first {
      if byte == UInt8(ascii: ".") {
        if seenPoint { return nil }
        seenPoint = true
      } else if let digit = Decimal.digit(byte) {
        seenDigit = true
        if !(digits.isEmpty && digit == 0) { digits.append(digit) }
        if seenPoint { exponent -= 1 }
      } else {
        break
      }
      rest.removeFirst()
    }
    guard seenDigit else { return nil }
    if let byte = rest.first {
      guard byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { return nil }
      guard let text = String(validating: rest.dropFirst(), as: UTF8.self), let power = Int(text), abs(power) <= 400
      else { return nil }
      exponent += power
    }
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
    if digits.isEmpty { exponent = 0 }
  }

  /// The shortest decimal that reads back as `value`, which must be finite.
  init(_ value: Double) {
    // The description of a finite Double is a decimal, with or without an exponent.
    self = Decimal(value.description) ?? Decimal()
  }

  init(_ value: Int128) {
    isNegative = value < 0
    var rest = value.magnitude
    while rest > 0 {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
      digits.append(UInt8(remainder))
      rest = quotient
    }
    digits.reverse()
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
  }

  private init() {}

  static func digit(_ byte: UInt8) -> UInt8? { byte >= 48 && byte <= 57 ? byte - 48 : nil }

  /// This number times 10^power.
  func shifted(by power: Int) -> Decimal {
    var result = self
    if !digits.isEmpty { result.exponent += power }
    return result
  }

  /// The nearest `Double`, correctly rounded.
  var double: Double {
    if digits.isEmpty { return 0 }
    let text = String(decoding: digits.map { $0 + 48 }, as: UTF8.self)
    return Double("\(isNegative ? "-" : "")\(text)e\(exponent)") ?? .nan
  }

  /// This number times a whole `factor`, if that is whole.
  ///
  /// - Returns: nil if it is too large for the whole numbers used here (about 1e22); `isWhole` false if it had to be
  ///   rounded to the nearest whole number, halves away from zero.
  func times(_ factor: Int64) -> (value: Int128, isWhole: Bool)? {
    if digits.isEmpty { return (0, true) }
    // 10^22 times the largest factor of a unit, 2^40 of a tebibyte, stays within 128 bits.
    guard digits.count <= 18, digits.count + max(exponent, 0) <= 22 else {
      // More digits than any quantity of this program has: drop what cannot matter, refuse what is too large.
      guard digits.count > 18, digits.count + exponent <= 22 else { return nil }
      var shorter = self
      shorter.digits = Array(digits.prefix(18))
      shorter.exponent += digits.count - shorter.digits.count
      return shorter.times(factor).map { ($0.value, false) }
    }
    var product = digits.reduce(Int128(0)) { $0 * 10 + Int128($1) } * Int128(factor)
    var isWhole = true
    if exponent >= 0 {
      for _ in 0..<exponent { product *= 10 }
    } else {
      var divisor = Int128(1)
      for _ in 0..<min(-exponent, 38) { divisor *= 10 }
      let (quotient, remainder) = product.quotientAndRemainder(dividingBy: divisor)
      isWhole = remainder == 0 && exponent >= -38
      product = remainder * 2 >= divisor ? quotient + 1 : quotient
    }
    return (isNegative ? -product : product, isWhole)
  }

  /// Without an exponent where that stays readable: "1.2", "0.004895", "1e-12".
  var text: String {
    if digits.isEmpty { return "0" }
    let sign = isNegative ? "-" : ""
    let all = String(decoding: digits.map { $0 + 48 }, as: UTF8.self)
    if exponent > 15 || exponent < -20 && digits.count + exponent < -6 { return "\(sign)\(all)e\(exponent)" }
    if exponent >= 0 { return sign + all + String(repeating: "0", count: exponent) }
    let point = digits.count + exponent
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + all }
    return sign + all.prefix(point) + "." + all.dropFirst(point)
  }

  /// The power of ten of the first digit: 2 for 123, -1 for 0.5, 0 for zero.
  var magnitude: Int { digits.isEmpty ? 0 : digits.count + exponent - 1 }
}
