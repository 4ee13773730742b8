// SPDX-License-Identifier: Apache-2.0

import Simulation
import Testing

private func draws(_ stream: RandomStream, _ count: Int) -> [UInt64] {
  var stream = stream
  return (0..<count).map { _ in stream.next() }
}

@Suite struct RandomStreamTests {
  /// From an implementation of xoshiro256**, SplitMix64 and FNV-1a in another language, itself checked against the
  /// published first numbers of xoshiro256** (state 1, 2, 3, 4: 11520, 0, 1509978240).
  @Test func firstNumbersAreTheKnownOnes() {
    let models = RandomStream(seed: 7, name: "models")
    #expect(
      draws(models, 4) == [
        0x789e_a02e_2dbe_6d14, 0x5d68_ab3a_322b_793a, 0xd306_6d25_6172_87a5, 0x5097_c8b5_7400_b48f,
      ])
    #expect(draws(RandomStream(seed: 0, name: ""), 2) == [0x6350_8f6e_2a08_72f2, 0x872c_f67a_53d6_94d6])
    #expect(draws(models.child("job"), 2) == [0x2679_66a5_f8ca_4596, 0xb4c0_c568_3c77_e064])
    #expect(draws(models.child(42), 2) == [0x3954_330f_13ee_903b, 0xdf06_f24e_4fd4_3b80])
    #expect(draws(models.child(-1), 2) == [0x1a46_9f79_281e_9fe6, 0x313c_a65e_874f_7ee8])
  }

  @Test func seedAndNameDecideTheStream() {
    #expect(draws(RandomStream(seed: 3, name: "a"), 100) == draws(RandomStream(seed: 3, name: "a"), 100))
    var firsts: Set<UInt64> = []
    var streams = 0
    for seed in 0..<100 as Range<UInt64> {
      for name in ["a", "b", "ab", "ba", "", "faults"] {
        let stream = RandomStream(seed: seed, name: name)
        firsts.formUnion([draws(stream, 1)[0], draws(stream.child("x"), 1)[0]])
        for index in 0..<10 { firsts.insert(draws(stream.child(index), 1)[0]) }
        streams += 12
      }
    }
    #expect(firsts.count == streams, "two of the streams begin alike")
  }

  @Test func childrenDoNotDependOnWhatWasDrawn() {
    var stream = RandomStream(seed: 5, name: "faults")
    let before = draws(stream.child("link"), 10)
    let beforeIndexed = draws(stream.child(3), 10)
    for _ in 0..<17 { _ = stream.next() }
    #expect(draws(stream.child("link"), 10) == before)
    #expect(draws(stream.child(3), 10) == beforeIndexed)
  }

  static let sample = 200_000

  /// Mean and variance of the mean of `sample` draws.
  private func moments(_ draw: (inout RandomStream) -> Double) -> (mean: Double, variance: Double, least: Double) {
    var stream = RandomStream(seed: 2024, name: "moments")
    var sum = 0.0
    var squares = 0.0
    var least = Double.infinity
    for _ in 0..<Self.sample {
      let x = draw(&stream)
      sum += x
      squares += x * x
      least = min(least, x)
    }
    let n = Double(Self.sample)
    return (sum / n, squares / n - sum / n * (sum / n), least)
  }

  /// The seed is fixed, so these never fail by chance; four standard errors are allowed.
  @Test func uniformHasMeanAHalfAndVarianceATwelfth() {
    let n = Double(Self.sample)
    let found = moments { $0.uniform() }
    #expect(abs(found.mean - 0.5) < 4 * (1 / 12 / n).squareRoot())
    // The fourth central moment is 1/80, so the variance of x^2 about the mean is 1/80 - 1/144.
    #expect(abs(found.variance - 1.0 / 12) < 4 * ((1.0 / 80 - 1.0 / 144) / n).squareRoot())
    #expect(found.least >= 0)
  }

  @Test func exponentialHasItsMeanAndItsSquareAsVariance() {
    let n = Double(Self.sample)
    let found = moments { $0.exponential(mean: 3) }
    #expect(abs(found.mean - 3) < 4 * 3 / n.squareRoot())
    // The fourth central moment is 9 mean^4.
    #expect(abs(found.variance - 9) < 4 * (8 * 81 / n).squareRoot())
    #expect(found.least >= 0)
  }

  @Test func normalIsStandard() {
    let n = Double(Self.sample)
    let found = moments { $0.normal() }
    #expect(abs(found.mean) < 4 / n.squareRoot())
    #expect(abs(found.variance - 1) < 4 * (2 / n).squareRoot())
    let beyondTwo = moments { abs($0.normal()) > 2 ? 1 : 0 }.mean
    #expect(abs(beyondTwo - 0.0455003) < 4 * (0.0455 * 0.9545 / n).squareRoot())
  }

  @Test(arguments: [1, 2, 3, 7, 10, 100, 1 << 40, Int.max]) func belowStaysBelow(bound: Int) {
    var stream = RandomStream(seed: 1, name: "below")
    for _ in 0..<2000 {
      let x = stream.below(bound)
      guard x >= 0, x < bound else { return #expect((0..<bound).contains(x)) }
    }
  }

  @Test func belowIsEven() {
    var stream = RandomStream(seed: 9, name: "below")
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[stream.below(7)] += 1 }
    // Chi-squared with six degrees of freedom exceeds 22.5 once in a thousand times.
    let chi = counts.reduce(0.0) { $0 + (Double($1) - 10_000) * (Double($1) - 10_000) / 10_000 }
    #expect(chi < 22.5, "\(counts)")
  }

  /// Among 3 x 2^61 numbers, 2^64 draws fall 3, 3 and 2 times on those that leave 0, 1 and 2 when divided by three,
  /// unless the surplus is drawn again.
  @Test func belowHasNoBiasForHugeBounds() {
    var stream = RandomStream(seed: 4, name: "below")
    var counts = [0, 0, 0]
    for _ in 0..<30_000 { counts[stream.below(3 << 61) % 3] += 1 }
    // One standard deviation is 82.
    for count in counts { #expect(abs(count - 10_000) < 4 * 82, "\(counts)") }
  }
}
