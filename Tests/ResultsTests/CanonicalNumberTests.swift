// SPDX-License-Identifier: Apache-2.0

import Quantities
import Results
import Testing

@Suite struct CanonicalNumberTests {
  @Test(arguments: [
    (0, "0"), (1, "0.00000000001"), (1_000_000, "0.00001"), (11_600_000_000_000, "116"), (-50_000_000_000, "-0.5"),
    (Int64.max, "92233720.36854775807"), (Int64.min, "-92233720.36854775808"),
    (123_456_700_000_000_000, "1234567"), (10_000_000_000_001, "100.00000000001"),
  ])
  func timesAreExactDecimals(ticks: Int64, expected: String) {
    #expect(CanonicalNumber.seconds(Time(ticks: ticks)) == expected)
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-2.5, "-2.5"), (0.1, "0.1"), (1e-5, "0.00001"), (1.25e-7, "0.000000125"),
    (9_007_199_254_740_992, "9007199254740992"), (1e16, "10000000000000000"), (1.5e20, "150000000000000000000"),
    (1.2345678901234567e19, "12345678901234567000"), (1e-12, "0.000000000001"), (-3.5e-9, "-0.0000000035"),
    (100, "100"), (0.30000000000000004, "0.30000000000000004"),
  ])
  func realNumbersAreShortAndPlain(value: Double, expected: String) {
    #expect(CanonicalNumber.string(value) == expected)
  }

  /// Whatever is written reads back as the same bits: checked over magnitudes from the smallest to the largest.
  @Test func realNumbersReadBack() {
    var bits: UInt64 = 0x9E37_79B9_7F4A_7C15
    for _ in 0..<20_000 {
      bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = Double(bitPattern: bits)
      guard value.isFinite else { continue }
      let text = CanonicalNumber.string(value)
      #expect(Double(text) == value)
    }
  }

  /// `CanonicalNumber.double` is the number that a reader gets from the text, also where dividing ticks by 1e11 would
  /// round twice.
  @Test func timesAsDoublesAgreeWithTheirText() {
    var ticks: Int64 = 1
    for step in 0..<5000 {
      ticks = (ticks &* 6_364_136_223_846_793_005 &+ Int64(step)) & Int64.max
      let time = Time(ticks: ticks)
      #expect(CanonicalNumber.double(time) == Double(CanonicalNumber.seconds(time)))
    }
  }

  @Test func percentilesTakeElementFloorOfPN() {
    let twenty = Array(1...20)
    #expect(Percentiles.of(twenty, percent: 50) == 11)
    #expect(Percentiles.of(twenty, percent: 95) == 20)
    #expect(Percentiles.of(Array(0..<100), percent: 99) == 99)
    #expect(Percentiles.of(Array(0..<1000), percent: 95) == 950)
    #expect(Percentiles.of([7], percent: 99) == 7)
    #expect(Percentiles.of([Int](), percent: 50) == nil)
  }

  @Test func jsonIsOrderedQuotedAndPlain() {
    let json = OrderedJSON.object([
      ("z", .array([])), ("a", .object([("mean", .number(0.5)), ("low", .number(.nan))])),
      ("text", .string("a\"b\\c\n\u{1}é")), ("big", .unsigned(.max)),
      ("list", .array([.object([("id", .string("x"))]), .array([.integer(1), .null, .bool(true)])])),
    ])
    #expect(
      json.text == """
        {
          "z": [],
          "a": {"mean": 0.5, "low": null},
          "text": "a\\"b\\\\c\\n\\u0001é",
          "big": 18446744073709551615,
          "list": [
            {"id": "x"},
            [1, null, true]
          ]
        }

        """)
  }
}
