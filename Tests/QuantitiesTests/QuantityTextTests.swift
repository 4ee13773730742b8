// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing

/// A small generator, so that this module's tests need no other module. Knuth's MMIX constants.
struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}

@Suite struct TimeTextTests {
  static let texts: [(String, Int64)] = [
    ("1 ms", 100_000_000), ("0.5 us", 50_000), ("0.5 µs", 50_000), ("10 ps", 1), ("1 ns", 100),
    ("7 days", 60_480_000_000_000_000), ("2 h 30 min", 900_000_000_000_000), ("0 s", 0),
    // More than 115 days in seconds, as traces count them.
    ("12500000 s", 1_250_000_000_000_000_000), ("92233720.36 s", 9_223_372_036_000_000_000),
    ("1d 02h 03m", 9_378_000_000_000_000), ("1h02m", 372_000_000_000_000), ("1e-3 s", 100_000_000),
    ("1 week", 60_480_000_000_000_000), ("  3 s ", 300_000_000_000),
    // 0.1 has no exact binary form; a decimal reader has to get it right all the same.
    ("0.1 s", 10_000_000_000), ("123456.789012345 s", 12_345_678_901_234_500),
  ]

  @Test(arguments: texts)
  func reads(_ text: String, _ ticks: Int64) throws {
    #expect(try Time.parse(text) == Time(ticks: ticks))
  }

  @Test(arguments: [
    "", "5", "ms", "5 lightyears", "-1 s", "1,5 s", "1 s 2", "0x10 s", "inf s", "3 years", "200 weeks", "1e30 s",
  ])
  func refuses(_ text: String) {
    #expect(throws: QuantityError.self) { try Time.parse(text) }
  }

  @Test func sayWhatWouldHaveBeenRight() {
    #expect(throws: QuantityError(found: "5", expected: "a time", example: "2.5 ms", hint: "the unit is missing")) {
      try Time.parse("5")
    }
    let error = #expect(throws: QuantityError.self) { try Time.parse("5 mss") }
    #expect(
      error?.description == "expected a time such as '2.5 ms', found '5 mss': unknown unit 'mss', did you mean 'ms'?")
  }

  static let written: [(Int64, String)] = [
    (372_000_000_000_000, "1h 02m"), (9_378_000_000_000_000, "1d 02h 03m"), (100_000_000, "1 ms"),
    (707_350_000, "7.0735 ms"), (1, "0.01 ns"), (0, "0 s"), (3_000_000_000_000, "30 s"),
    (60_480_000_000_000_000, "7d"), (360_500_000_000_000, "1h 00m 05s"), (9_000_000_000_000, "1m 30s"),
    (372_350_000_000_000, "1h 02m 03.5s"), (Int64.max, "never"),
  ]

  @Test(arguments: written)
  func writes(_ ticks: Int64, _ text: String) { #expect(Time(ticks: ticks).text == text) }

  @Test func readsBackWhatItWrites() throws {
    var generator = Generator(state: 1)
    for _ in 0..<20_000 {
      let time = Time(ticks: Int64(generator.next() >> (1 + generator.next() % 62)))
      #expect(try Time.parse(time.text) == time, "\(time.ticks) as \(time.text)")
    }
  }
}

@Suite struct RateAndAmountTextTests {
  @Test(arguments: [
    ("800 Gb/s", 800_000_000_000), ("1.6 Tb/s", 1_600_000_000_000), ("50 GB/s", 400_000_000_000),
    ("400Gbit/s", 400_000_000_000), ("0 b/s", 0), ("unlimited", BitRate.unlimited.bitsPerSecond),
  ])
  func readsRates(_ text: String, _ rate: Int64) throws { #expect(try BitRate.parse(text) == BitRate(rate)) }

  @Test func refusesRates() {
    for text in ["800", "800 gb/s", "800 Gb", "-1 Gb/s", "0.3 b/s", "9999999 Pb/s", "35 km"] {
      #expect(throws: QuantityError.self, "\(text)") { try BitRate.parse(text) }
    }
    let error = #expect(throws: QuantityError.self) { try BitRate.parse("800 gb/s") }
    #expect(error?.hint == "unknown unit 'gb/s', did you mean 'Gb/s'?")
  }

  @Test func readsAmounts() throws {
    #expect(try Quantity.parseBytes("64 MB") == 64_000_000)
    #expect(try Quantity.parseBytes("64 MiB") == 67_108_864)
    #expect(try Quantity.parseBytes("1.2 TB") == 1_200_000_000_000)
    #expect(throws: QuantityError.self) { try Quantity.parseBytes("0.5 B") }
    #expect(throws: QuantityError.self) { try Quantity.parseBytes("64 mb") }
    #expect(try Quantity.parseKilometres("1361 km") == 1361)
    #expect(try Quantity.parseKilometres("500 m") == 0.5)
    #expect(try Quantity.parseKilometres("1 mi") == 1.609344)
    #expect(try Quantity.parseWatts("1.2 MW") == 1_200_000)
    #expect(throws: QuantityError.self) { try Quantity.parseWatts("1.2 mW") }
  }

  @Test func readsPricesAndCarbon() throws {
    let price = try Quantity.parsePrice("35 USD/MWh")
    #expect(price.perMWh == 35 && price.currency == "USD")
    let negative = try Quantity.parsePrice("-0.02 EUR/kWh")
    #expect(negative.perMWh == -20 && negative.currency == "EUR")
    for text in ["35 km", "35", "35 USD", "35 $/MWh", "35 usd/MWh", "35 USD/MW", "x USD/MWh"] {
      #expect(throws: QuantityError.self, "\(text)") { try Quantity.parsePrice(text) }
    }
    #expect(try Quantity.parseCarbon("400 g/kWh") == 400)
    #expect(try Quantity.parseCarbon("0.4 kg/kWh") == 400)
    #expect(try Quantity.parseCarbon("0.4 t/MWh") == 400)
    #expect(try Quantity.parseCarbon("400 gCO2eq/kWh") == 400)
    #expect(throws: QuantityError.self) { try Quantity.parseCarbon("400 USD/MWh") }
    #expect(throws: QuantityError.self) { try Quantity.parseCarbon("-4 g/kWh") }
    #expect(try Quantity.parsePercentOrNumber("30 %") == 0.3)
    #expect(try Quantity.parsePercentOrNumber("0.3") == 0.3)
    #expect(throws: QuantityError.self) { try Quantity.parsePercentOrNumber("30 km") }
  }

  @Test func writes() {
    #expect(BitRate.gigabits(800).text == "800 Gb/s")
    #expect(BitRate(1_600_000_000_000).text == "1.6 Tb/s")
    #expect(BitRate(123_456_789).text == "123.456789 Mb/s")
    #expect(BitRate.zero.text == "0 b/s")
    #expect(Quantity.text(bytes: 1_200_000_000_000) == "1.2 TB")
    #expect(Quantity.text(bytes: 0) == "0 B")
    #expect(Quantity.text(watts: 1_200_000) == "1.2 MW")
    #expect(Quantity.text(watts: 0.5) == "0.5 W")
    #expect(Quantity.text(perMWh: -35.5) == "-35.5 USD/MWh")
    #expect(Quantity.number(1e-7) == "0.0000001")
    #expect(Quantity.number(1e-30) == "1e-30")
    #expect(Quantity.number(5e22) == "5e22")
    #expect(Quantity.rounded(1446.4567, digits: 4) == "1446")
    #expect(Quantity.rounded(0.012345, digits: 2) == "0.012")
    #expect(Quantity.rounded(999.96, digits: 4) == "1000")
  }

  @Test func readsBackWhatItWrites() throws {
    var generator = Generator(state: 2)
    for _ in 0..<20_000 {
      let bits = generator.next()
      let rate = BitRate(Int64(bits >> (14 + bits % 48)))
      #expect(try BitRate.parse(rate.text) == rate)
      let bytes = Int64(generator.next() >> (8 + bits % 54))
      #expect(try Quantity.parseBytes(Quantity.text(bytes: bytes)) == bytes)
      // Any finite double of ordinary size, all its bits.
      let value = Double(bitPattern: (generator.next() & 0x800F_FFFF_FFFF_FFFF) | ((900 + bits % 200) << 52))
      let price = try Quantity.parsePrice(Quantity.text(perMWh: value))
      #expect(price.perMWh == value)
      #expect(try Quantity.parseWatts(Quantity.text(watts: abs(value))) == abs(value))
      #expect(try Quantity.parseKilometres(Quantity.text(kilometres: abs(value))) == abs(value))
      #expect(Quantity.parseNumber(Quantity.number(value)) == value)
    }
  }
}

@Suite struct SpellingTests {
  @Test func countsEdits() {
    #expect(Spelling.distance("kitten", "sitting") == 3)
    #expect(Spelling.distance("cuont", "count") == 1)
    #expect(Spelling.distance("", "abc") == 3)
    #expect(Spelling.distance("same", "same") == 0)
  }

  @Test func findsTheNearestOrNothing() {
    let fields = ["model", "count", "per_node", "scale_up_domain"]
    #expect(Spelling.nearest("cuont", in: fields) == "count")
    #expect(Spelling.nearest("per-node", in: fields) == "per_node")
    #expect(Spelling.nearest("Model", in: fields) == "model")
    #expect(Spelling.nearest("scale_up", in: fields) == "scale_up_domain")
    #expect(Spelling.nearest("colour", in: fields) == nil)
    #expect(Spelling.nearest("", in: fields) == nil)
  }
}
