// SPDX-License-Identifier: Apache-2.0

/// Elementary functions that give the same bits on every machine.
///
/// The C library's `exp` or `sin` may differ in the last bit between versions and processors. These use only
/// operations that IEEE 754 rounds correctly (+, -, *, /, square root, scaling by powers of two), in a fixed order,
/// and never a fused multiply-add. Arguments are reduced and a series is summed; errors stay below 4 units in the
/// last place over the ranges this program uses (tested against the C library).
public enum DeterministicMath {
  // ln 2 in two parts: the first has trailing zeros, so that k * ln2High is exact for |k| < 2^20.
  static let ln2High = 0x1.62e42feep-1
  static let ln2Low = 0x1.a39ef35793c76p-33

  /// e to the power x.
  public static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709.78 { return .infinity }
    if x < -745.2 { return 0 }
    let k = (x / 0.6931471805599453).rounded()
    let r = (x - k * ln2High) - k * ln2Low
    // |r| <= 0.3466: the Taylor series to r^14/14! is below 1e-18 relative.
    var sum = 0.0
    var n = 14.0
    while n >= 1 {
      sum = r / n * (1 + sum)
      n -= 1
    }
    return scale(1 + sum, by: Int(k))
  }

  /// The natural logarithm. Zero gives minus infinity, a negative number NaN.
  public static func log(_ x: Double) -> Double {
    if x.isNaN || x < 0 { return .nan }
    if x == 0 { return -.infinity }
    if x == .infinity { return x }
    var e = Int(x.exponent)
    var m = x.significand
    if m > 1.4142135623730951 {
      m /= 2
      e += 1
    }
    // ln m = 2 artanh((m-1)/(m+1)), |s| <= 0.1716; the series to s^23 is below 1e-18 relative.
    let f = m - 1
    let s = f / (m + 1)
    let z = s * s
    var sum = 0.0
    var n = 23.0
    while n >= 3 {
      sum = z * (1 / n + sum)
      n -= 2
    }
    let k = Double(e)
    return k * ln2High + (2 * s + (2 * s * sum + k * ln2Low))
  }

  /// x to the power y for x >= 0. Whole powers up to 64 are multiplied out. Others are exp(y ln x), whose error grows
  /// with |y ln x|: to 9 units in the last place where that is 14.
  public static func pow(_ x: Double, _ y: Double) -> Double {
    if y == 0 { return 1 }
    if x == 0 { return y > 0 ? 0 : .infinity }
    if y == y.rounded(), abs(y) <= 64 {
      var result = 1.0
      var base = x
      var n = Int(abs(y))
      while n > 0 {
        if n & 1 == 1 { result *= base }
        base *= base
        n >>= 1
      }
      return y < 0 ? 1 / result : result
    }
    return exp(y * log(x))
  }

  /// The real cube root, of negative numbers too.
  public static func cbrt(_ x: Double) -> Double {
    if x == 0 || !x.isFinite { return x }
    let a = abs(x)
    var y = exp(log(a) / 3)
    // One Newton step takes the last bits right.
    y -= (y * y * y - a) / (3 * y * y)
    return x < 0 ? -y : y
  }

  // pi/2 in three parts (Cody and Waite), good for |x| < 1e5.
  static let halfPi1 = 0x1.921fb544p0
  static let halfPi2 = 0x1.0b4611a6p-34
  static let halfPi3 = 0x1.3198a2e037073p-69

  public static func sin(_ x: Double) -> Double { circular(x, quadrantShift: 0) }
  public static func cos(_ x: Double) -> Double { circular(x, quadrantShift: 1) }

  private static func circular(_ x: Double, quadrantShift: Int) -> Double {
    let k = (x / (Double.pi / 2)).rounded()
    let r = ((x - k * halfPi1) - k * halfPi2) - k * halfPi3
    let z = r * r
    switch (Int(k) + quadrantShift) & 3 {
    case 0: return sinSeries(r, z)
    case 1: return cosSeries(z)
    case 2: return -sinSeries(r, z)
    default: return -cosSeries(z)
    }
  }

  private static func sinSeries(_ r: Double, _ z: Double) -> Double {
    var sum = 0.0
    var n = 18.0
    while n >= 2 {
      sum = -z / (n * (n + 1)) * (1 + sum)
      n -= 2
    }
    return r + r * sum
  }

  private static func cosSeries(_ z: Double) -> Double {
    var sum = 0.0
    var n = 17.0
    while n >= 1 {
      sum = -z / (n * (n + 1)) * (1 + sum)
      n -= 2
    }
    return 1 + sum
  }

  /// The angle whose tangent is x, in (-pi/2, pi/2).
  public static func atan(_ x: Double) -> Double {
    if x < 0 { return -atan(-x) }
    // atan x = atan c + atan((x - c) / (1 + c x)), with c such that the new argument is at most 7/16, and atan c in two
    // parts whose sum is good to twice the precision (as in fdlibm, 1993).
    if x < 0.4375 { return x + x * atanSeries(x) }
    let (t, high, low): (Double, Double, Double)
    if x < 0.6875 {
      (t, high, low) = ((2 * x - 1) / (2 + x), 0x1.dac670561bb4fp-2, 0x1.a2b7f222f65e2p-56)
    } else if x < 1.1875 {
      (t, high, low) = ((x - 1) / (x + 1), 0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55)
    } else if x < 2.4375 {
      (t, high, low) = ((x - 1.5) / (1 + 1.5 * x), 0x1.f730bd281f69bp-1, 0x1.007887af0cbbdp-56)
    } else {
      (t, high, low) = (-1 / x, 0x1.921fb54442d18p0, 0x1.1a62633145c07p-54)
    }
    return high + (t + (t * atanSeries(t) + low))
  }

  /// atan t / t - 1 for |t| <= 7/16; the series to t^49 is below 1e-19 relative.
  private static func atanSeries(_ t: Double) -> Double {
    let z = t * t
    var sum = 0.0
    var n = 49.0
    while n >= 3 {
      sum = -z * (1 / n + sum)
      n -= 2
    }
    return sum
  }

  /// The angle whose sine is x, for |x| <= 1.
  public static func asin(_ x: Double) -> Double {
    if abs(x) >= 1 { return x > 0 ? Double.pi / 2 : -Double.pi / 2 }
    return atan(x / ((1 - x) * (1 + x)).squareRoot())
  }

  private static func scale(_ x: Double, by k: Int) -> Double {
    // In two steps, so that results near the ends of the range neither overflow early nor lose bits twice.
    let half = k / 2
    return x * Double(sign: .plus, exponent: half, significand: 1)
      * Double(sign: .plus, exponent: k - half, significand: 1)
  }
}
