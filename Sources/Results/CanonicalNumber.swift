// SPDX-License-Identifier: Apache-2.0

import Quantities

/// How numbers stand in canonical files, so that equal results are equal bytes.
///
/// - Times are exact decimal seconds (a tick is 1e-11 s) without exponent and without trailing zeros: `116`, `0.00001`.
/// - Other real numbers are the shortest decimal that reads back as the same `Double`, without exponent between 1e-12
///   and 1e21 and with one (`1e-30`) outside. Rounding to fewer digits would let two different results look alike.
/// - Zero has no sign, and a point is always followed and preceded by a digit.
public enum CanonicalNumber {
  /// `time` in seconds, exact.
  public static func seconds(_ time: Time) -> String { scaled(time.ticks, decimals: 11) }

  /// `value / 10^decimals`, exact; `decimals` from 0 to 18.
  public static func scaled(_ value: Int64, decimals: Int) -> String {
    var bytes: [UInt8] = []
    append(value, decimals: decimals, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The shortest decimal that reads back as `value`. `nan` and `inf` for what is not finite: check before.
  public static func string(_ value: Double) -> String {
    var bytes: [UInt8] = []
    append(value, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The `Double` nearest to `time` in seconds: the one that reading its canonical text gives.
  ///
  /// `Time.seconds` rounds twice for times beyond 25 hours and can be one unit in the last place off.
  public static func double(_ time: Time) -> Double {
    if time.ticks % Time.ticksPerSecond == 0 { return Double(time.ticks / Time.ticksPerSecond) }
    if time.ticks.magnitude < 1 << 53 { return Double(time.ticks) / 1e11 }
    return Double(seconds(time)) ?? time.seconds
  }

  static func append(_ value: Int64, decimals: Int, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    var unit: UInt64 = 1
    for _ in 0..<decimals { unit *= 10 }
    let (whole, part) = value.magnitude.quotientAndRemainder(dividingBy: unit)
    append(whole, width: 1, to: &bytes)
    guard part > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    append(part, width: decimals, to: &bytes)
    while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
  }

  static func append(_ value: Double, to bytes: inout [UInt8]) {
    if value == value.rounded(), value.magnitude < 0x1p53 {
      append(Int64(value), decimals: 0, to: &bytes)
      return
    }
    let text = value.description
    guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]),
      exponent >= -12, exponent < 21
    else {
      var utf8 = Array(text.utf8)
      // Swift writes 2^53 as 9007199254740992.0.
      if utf8.count > 2, utf8.suffix(2) == Array(".0".utf8) { utf8.removeLast(2) }
      bytes.append(contentsOf: utf8)
      return
    }
    // Digits d.ddd and a decimal exponent become plain positional digits.
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let digits = text[..<mark].utf8.filter { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    var significant = Array(digits)
    while significant.count > 1, significant.last == UInt8(ascii: "0") { significant.removeLast() }
    if exponent < 0 {
      bytes.append(contentsOf: "0.".utf8)
      bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: -exponent - 1))
      bytes.append(contentsOf: significant)
    } else {
      let whole = exponent + 1
      bytes.append(contentsOf: significant.prefix(whole))
      if significant.count < whole {
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: whole - significant.count))
      } else if significant.count > whole {
        bytes.append(UInt8(ascii: "."))
        bytes.append(contentsOf: significant.dropFirst(whole))
      }
    }
  }

  /// Decimal digits of `value`, with zeros in front up to `width`.
  private static func append(_ value: UInt64, width: Int, to bytes: inout [UInt8]) {
    var rest = value
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    while bytes.count - start < width { bytes.append(UInt8(ascii: "0")) }
    var low = start
    var high = bytes.count - 1
    while low < high {
      bytes.swapAt(low, high)
      low += 1
      high -= 1
    }
  }
}
