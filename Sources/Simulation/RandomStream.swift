// SPDX-License-Identifier: Apache-2.0

/// A named, splittable, seeded source of random numbers.
///
/// Every place that needs chance derives its own stream from the run's seed and a name
/// (`RandomStream(seed: 7, name: "models")`, `.child("job")`, `.child(42)`), so that one more draw in one place
/// changes nothing in another. The generator is xoshiro256** (Blackman and Vigna, 2018); names are folded in with
/// FNV-1a and spread with SplitMix64, as its authors advise for seeding.
public struct RandomStream: Sendable {
  @usableFromInline var s0: UInt64
  @usableFromInline var s1: UInt64
  @usableFromInline var s2: UInt64
  @usableFromInline var s3: UInt64
  /// What children are derived from: independent of how many numbers have been drawn.
  let key: UInt64

  public init(seed: UInt64, name: String) {
    self.init(key: RandomStream.mix(RandomStream.hash(name, from: RandomStream.mix(seed))))
  }

  init(key: UInt64) {
    self.key = key
    var state = key
    func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      return RandomStream.mix(state)
    }
    s0 = next()
    s1 = next()
    s2 = next()
    s3 = next()
  }

  /// Passes how far it has come; from which seed and name follows from where it is kept.
  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&s0)
    try coder.value(&s1)
    try coder.value(&s2)
    try coder.value(&s3)
  }

  /// An independent stream for a part of this one's purpose.
  public func child(_ name: String) -> RandomStream {
    RandomStream(key: RandomStream.mix(RandomStream.hash(name, from: key ^ 0xA076_1D64_78BD_642F)))
  }

  /// An independent stream for the `index`-th of many.
  public func child(_ index: Int) -> RandomStream {
    RandomStream(
      key: RandomStream.mix(key ^ RandomStream.mix(UInt64(bitPattern: Int64(index)) &+ 0xE703_7ED1_A0B4_28DB)))
  }

  @inlinable public mutating func next() -> UInt64 {
    let result = rotate(s1 &* 5, 7) &* 9
    let t = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = rotate(s3, 45)
    return result
  }

  /// Uniform in [0, 1), with 53 random bits.
  @inlinable public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform among 0 ..< bound, without bias (Lemire's multiplication with rejection).
  @inlinable public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "an empty range has no random element")
    let n = UInt64(bound)
    var product = next().multipliedFullWidth(by: n)
    if product.low < n {
      let threshold = (0 &- n) % n
      while product.low < threshold { product = next().multipliedFullWidth(by: n) }
    }
    return Int(product.high)
  }

  /// Exponential with the given mean.
  @inlinable public mutating func exponential(mean: Double) -> Double {
    -mean * DeterministicMath.log(1 - uniform())
  }

  /// Standard normal, by the Box-Muller transform (one of its pair; the other is not kept, so that a stream's
  /// state stays four words).
  @inlinable public mutating func normal() -> Double {
    let radius = (-2 * DeterministicMath.log(1 - uniform())).squareRoot()
    return radius * DeterministicMath.cos(2 * Double.pi * uniform())
  }

  @inlinable func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }

  static func mix(_ x: UInt64) -> UInt64 {
    var z = x
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  static func hash(_ name: String, from start: UInt64) -> UInt64 {
    var h = start ^ 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { h = (h ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return h
  }
}
