// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing

@Suite struct TimeTests {
  @Test func aTickIsTenPicoseconds() {
    #expect(Time.seconds(1).ticks == 100_000_000_000)
    #expect(Time.microseconds(1).ticks == 100_000 && Time.nanoseconds(1).ticks == 100)
    #expect(Time.hour == .seconds(3600) && Time.tick.ticks == 1)
    #expect(Time.seconds(1.5) == Time.seconds(1) + .microseconds(500_000))
  }

  /// The reason for ticks of 10 ps: no rounding at the rates of the optics catalogue.
  @Test(arguments: [100, 200, 400, 800, 1600, 3200] as [Int64]) func aPacketTakesWholeTicks(gigabits: Int64) {
    let bits = BitTicks(bytes: 4096)
    let rate = BitTicks(BitRate.gigabits(gigabits).bitsPerSecond)
    #expect(bits % rate == 0)
    #expect(BitTicks(.gigabits(gigabits), for: Time(ticks: Int64(bits / rate))) == bits)
  }

  @Test func sumsStayWithinTime() {
    #expect(Time.never + .seconds(1) == .never)
    #expect(Time.seconds(1) + .never == .never)
    #expect(Time(ticks: .max - 1) + .tick == .never)
    var time = Time.never
    time += .tick
    #expect(time == .never)
    #expect(Time.seconds(3) - .seconds(5) == Time(ticks: -200_000_000_000))
    #expect(Time.microseconds(7) * 3 == .microseconds(21))
    #expect(Time.zero < .tick && Time.tick < .never)
  }

  @Test func secondsRoundToTheNearestTick() {
    #expect(Time.seconds(1.4e-11).ticks == 1 && Time.seconds(1.6e-11).ticks == 2)
    #expect(Time.seconds(-1.6e-11).ticks == -2)
    #expect(Time.seconds(1e9) == .never && Time.seconds(Double.infinity) == .never)
    // The span of virtual time is 2.9 years.
    #expect(Time.seconds(2.9 * 365.25 * 86400) < .never && Time.seconds(3 * 365.25 * 86400) == .never)
    #expect(Time.seconds(0.1).seconds == 0.1)
    #expect(Time.hour.seconds == 3600)
  }

  @Test func amountsAreExact() {
    #expect(BitTicks(bits: 1) == 100_000_000_000)
    #expect(BitTicks(bytes: 3) == BitTicks(bits: 24))
    #expect(BitTicks(.gigabits(8), for: .seconds(2)).bytes == 2_000_000_000)
    #expect((BitTicks(bytes: 5) - 1).bytes == 4)
    #expect((BitTicks(bytes: 5) - 1).bytesDouble < 5)
    #expect(BitTicks(bytes: 4096).bytesDouble == 4096)
  }

  /// What flows in a time is what flows in its parts, to the last bit, wherever it is cut and however large it is.
  @Test func partsAddUpToTheWhole() {
    var generator = Generator(state: 5)
    for _ in 0..<2000 {
      let rate = BitRate(Int64(generator.next() >> 14))
      let whole = Time(ticks: Int64(generator.next() >> 1))
      var sum: BitTicks = 0
      var left = whole
      for _ in 0..<5 {
        let part = Time(ticks: Int64(generator.next() % UInt64(left.ticks + 1)))
        sum += BitTicks(rate, for: part)
        left = left - part
      }
      sum += BitTicks(rate, for: left)
      #expect(sum == BitTicks(rate, for: whole))
    }
  }

  @Test func theLargestProductsFit() {
    let most = BitTicks(.unlimited, for: .never)
    #expect(most == Int128(1 << 50) * Int128(Int64.max))
    // Thousands of unlimited rates, over all of virtual time, still add up.
    #expect((most * 8000) / 8000 == most)
    var sum = BitRate.zero
    for _ in 0..<8000 { sum = sum + .unlimited }
    #expect(sum.bitsPerSecond == 8000 << 50)
  }

  @Test func ratesCompareAndSubtract() {
    #expect(BitRate.gigabits(400) - .gigabits(150) == .gigabits(250))
    #expect(BitRate.gigabits(1) < .unlimited && BitRate.zero < .gigabits(1))
    #expect(BitRate.gigabits(3).double == 3e9)
  }
}
