// SPDX-License-Identifier: Apache-2.0

import Glibc
import Simulation
import Testing

/// Numbers between neighbours: how many doubles lie between `a` and `b`.
private func ulps(_ a: Double, _ b: Double) -> UInt64 {
  func ordered(_ x: Double) -> Int64 {
    let bits = Int64(bitPattern: x.bitPattern)
    return bits < 0 ? .min - bits : bits
  }
  let (x, y) = (ordered(a), ordered(b))
  return (x > y ? x.subtractingReportingOverflow(y).partialValue : y.subtractingReportingOverflow(x).partialValue)
    .magnitude
}

/// The largest distance from the C library over `count` arguments, and where.
private func worst(
  _ count: Int, _ argument: (inout RandomStream) -> Double, _ ours: (Double) -> Double, _ theirs: (Double) -> Double
) -> (ulps: UInt64, at: Double) {
  var random = RandomStream(seed: 1, name: "math")
  var worst: (UInt64, Double) = (0, 0)
  for _ in 0..<count {
    let x = argument(&random)
    let distance = ulps(ours(x), theirs(x))
    if distance > worst.0 { worst = (distance, x) }
  }
  return worst
}

private func between(_ low: Double, _ high: Double) -> (inout RandomStream) -> Double {
  { low + (high - low) * $0.uniform() }
}

/// Spread evenly over orders of magnitude.
private func magnitudes(_ low: Double, _ high: Double) -> (inout RandomStream) -> Double {
  { Glibc.pow(10, low + (high - low) * $0.uniform()) }
}

/// The C library's own error is below one unit in the last place, so a bound of 4 against it stands for 5 at most
/// against the true value.
@Suite struct DeterministicMathTests {
  static let count = 100_000

  @Test func exponential() {
    for (low, high) in [(-700.0, 700.0), (-1, 1), (-1e-6, 1e-6)] {
      let found = worst(Self.count, between(low, high), DeterministicMath.exp, Glibc.exp)
      print("exp on [\(low), \(high)]: \(found.ulps) ulp at \(found.at)")
      #expect(found.ulps < 4, "at \(found.at)")
    }
  }

  @Test func logarithm() {
    for (name, argument) in [
      ("[1e-300, 1e300]", magnitudes(-300, 300)), ("[0.5, 2]", between(0.5, 2)), ("near 1", between(0.999, 1.001)),
    ] {
      let found = worst(Self.count, argument, DeterministicMath.log, Glibc.log)
      print("log on \(name): \(found.ulps) ulp at \(found.at)")
      #expect(found.ulps < 4, "at \(found.at)")
    }
  }

  @Test func cubeRoot() {
    for (name, argument) in [("[1e-300, 1e300]", magnitudes(-300, 300)), ("[-10, 10]", between(-10, 10))] {
      let found = worst(Self.count, argument, DeterministicMath.cbrt, Glibc.cbrt)
      print("cbrt on \(name): \(found.ulps) ulp at \(found.at)")
      #expect(found.ulps < 4, "at \(found.at)")
    }
  }

  @Test func sineAndCosine() {
    for (low, high) in [(-1e4, 1e4), (-10, 10), (-0.01, 0.01)] {
      let sine = worst(Self.count, between(low, high), DeterministicMath.sin, Glibc.sin)
      let cosine = worst(Self.count, between(low, high), DeterministicMath.cos, Glibc.cos)
      print("sin on [\(low), \(high)]: \(sine.ulps) ulp at \(sine.at); cos \(cosine.ulps) ulp at \(cosine.at)")
      #expect(sine.ulps < 4, "at \(sine.at)")
      #expect(cosine.ulps < 4, "at \(cosine.at)")
    }
  }

  /// Next to a multiple of pi/2 all leading digits cancel: what is left must still be right.
  @Test func sineAndCosineNextToTheirZeros() {
    var most: UInt64 = 0
    for k in 1...6000 {
      let x = Double(k) * Double.pi / 2
      for y in [x.nextDown, x, x.nextUp] {
        most = max(most, ulps(DeterministicMath.sin(y), Glibc.sin(y)), ulps(DeterministicMath.cos(y), Glibc.cos(y)))
      }
    }
    print("sin and cos next to multiples of pi/2 up to 1e4: \(most) ulp")
    #expect(most < 4)
  }

  @Test func arcTangentAndArcSine() {
    for (name, argument) in [("[-1, 1]", between(-1, 1)), ("[1e-8, 1e8]", magnitudes(-8, 8))] {
      let found = worst(Self.count, argument, DeterministicMath.atan, Glibc.atan)
      print("atan on \(name): \(found.ulps) ulp at \(found.at)")
      #expect(found.ulps < 4, "at \(found.at)")
    }
    let found = worst(Self.count, between(-1, 1), DeterministicMath.asin, Glibc.asin)
    print("asin on [-1, 1]: \(found.ulps) ulp at \(found.at)")
    #expect(found.ulps < 4, "at \(found.at)")
  }

  /// exp(y ln x) carries the rounding of y ln x, which is half a unit of a number that may be large: the error grows
  /// with |y ln x|. Whole powers multiply out, with one rounding a step.
  @Test func power() {
    for (low, high, bound) in [(0.5, 2.0, 4), (0.1, 10, 8), (1e-3, 1e3, 16)] as [(Double, Double, UInt64)] {
      var most: UInt64 = 0
      var random = RandomStream(seed: 3, name: "math")
      for _ in 0..<Self.count {
        let x = Glibc.exp(Glibc.log(low) + Glibc.log(high / low) * random.uniform())
        let y = -2 + 4 * random.uniform()
        most = max(most, ulps(DeterministicMath.pow(x, y), Glibc.pow(x, y)))
      }
      print("pow of [\(low), \(high)] to [-2, 2]: \(most) ulp")
      #expect(most < bound)
    }
    for n in -8...8 {
      let found = worst(
        2000, magnitudes(-10, 10), { DeterministicMath.pow($0, Double(n)) }, { Glibc.pow($0, Double(n)) })
      #expect(found.ulps < 8, "power \(n) at \(found.at)")
    }
    #expect(DeterministicMath.pow(2, 10) == 1024 && DeterministicMath.pow(2, -3) == 0.125)
  }

  @Test func edges() {
    #expect(DeterministicMath.exp(0) == 1)
    #expect(DeterministicMath.exp(710) == .infinity && DeterministicMath.exp(.infinity) == .infinity)
    #expect(DeterministicMath.exp(-746) == 0 && DeterministicMath.exp(-.infinity) == 0)
    #expect(DeterministicMath.exp(.nan).isNaN)
    #expect(DeterministicMath.exp(709.7).isFinite && DeterministicMath.exp(-740) > 0)
    #expect(DeterministicMath.log(1) == 0 && DeterministicMath.log(0) == -.infinity)
    #expect(DeterministicMath.log(-1).isNaN && DeterministicMath.log(.infinity) == .infinity)
    #expect(ulps(DeterministicMath.log(.leastNonzeroMagnitude), Glibc.log(Double.leastNonzeroMagnitude)) < 4)
    #expect(
      DeterministicMath.cbrt(0) == 0 && DeterministicMath.cbrt(-27) == -3 && DeterministicMath.cbrt(1e300) == 1e100)
    #expect(DeterministicMath.cbrt(-.infinity) == -.infinity)
    #expect(DeterministicMath.pow(5, 0) == 1 && DeterministicMath.pow(0, 2) == 0)
    #expect(DeterministicMath.pow(0, -1) == .infinity)
    #expect(DeterministicMath.sin(0) == 0 && DeterministicMath.cos(0) == 1)
    #expect(DeterministicMath.asin(1) == .pi / 2 && DeterministicMath.asin(-1) == -.pi / 2)
    #expect(DeterministicMath.atan(.infinity) == .pi / 2)
  }

  /// The same bits on every machine: these were written down on x86-64 and must not change with the processor, the C
  /// library or the compiler. Every digest of results rests on them.
  @Test func bitsAreTheKnownOnes() {
    let functions: [(String, (Double) -> Double, Double, Double)] = [
      ("exp", DeterministicMath.exp, -700, 700), ("log", DeterministicMath.log, 1e-3, 1e6),
      ("cbrt", DeterministicMath.cbrt, -1e6, 1e6), ("sin", DeterministicMath.sin, -1e4, 1e4),
      ("cos", DeterministicMath.cos, -1e4, 1e4), ("atan", DeterministicMath.atan, -100, 100),
      ("asin", DeterministicMath.asin, -1, 1), ("pow", { DeterministicMath.pow(abs($0), 1.7) }, 0, 1000),
    ]
    for (name, function, low, high) in functions {
      var writer = ByteWriter()
      for step in 0...1000 { writer.write(function(low + (high - low) * Double(step) / 1000)) }
      let hash = String(SHA256.hex(hashing: writer.bytes).prefix(16))
      #expect(hash == Self.known[name], "\(name)")
    }
    // e itself ends in 69: one unit in the last place below.
    #expect(DeterministicMath.exp(1).bitPattern == 0x4005_bf0a_8b14_576a)
    #expect(DeterministicMath.log(2).bitPattern == 0x3fe6_2e42_fefa_39ef)
    #expect(DeterministicMath.sin(1).bitPattern == 0x3fea_ed54_8f09_0cee)
    #expect(DeterministicMath.cos(1).bitPattern == 0x3fe1_4a28_0fb5_068c)
    #expect(DeterministicMath.atan(1).bitPattern == 0x3fe9_21fb_5444_2d18)
    #expect(DeterministicMath.cbrt(2).bitPattern == 0x3ff4_28a2_f98d_728b)
  }

  /// The first eight bytes of SHA-256 over 1,001 results, little-endian.
  static let known: [String: String] = [
    "exp": "1bd3c6475e326256", "log": "abf2c40ce1e2d681", "cbrt": "cd839665e352cfe2",
    "sin": "f14aaeb471a476c5", "cos": "3da9682b9fb696b6", "atan": "3b34afbce9816457",
    "asin": "1c5a8c01f5047789", "pow": "3ac7de183465c1aa",
  ]
}
