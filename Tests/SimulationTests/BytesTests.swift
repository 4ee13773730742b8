// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation
import Testing

private struct Point: FixedLayout, Equatable {
  var x: Int32
  var y: Double
  init(x: Int32, y: Double) {
    self.x = x
    self.y = y
  }
  func encode(into writer: inout ByteWriter) {
    writer.write(x)
    writer.write(y)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    x = try reader.read()
    y = try reader.readDouble()
  }
}

/// One of everything that can be written.
private struct Everything: FixedLayout, Equatable {
  var small: UInt8 = 0xAB
  var negative: Int64 = -2
  var wide: UInt64 = .max
  var exact: Int128 = -170_141_183_460_469_231_731_687_303_715_884_105_728
  var yes = true
  var number = -0.0
  var time = Time.never
  var rate = BitRate.gigabits(800)
  var text = "Île-de-France \u{1F682}"
  var empty = ""
  var nested: [UInt8] = [0, 255, 7]
  var points = [Point(x: -1, y: .infinity), Point(x: 2, y: .leastNormalMagnitude / 3)]
  var integers: [Int16] = [-32768, 0, 32767]
  var doubles = [0.1, .leastNonzeroMagnitude]
  var some: Point? = Point(x: 3, y: 4)
  var none: Point?

  init() {}

  func encode(into writer: inout ByteWriter) {
    writer.write(small)
    writer.write(negative)
    writer.write(wide)
    writer.write(exact)
    writer.write(yes)
    writer.write(number)
    writer.write(time)
    writer.write(rate)
    writer.write(text)
    writer.write(empty)
    writer.write(bytes: nested)
    writer.write(points)
    writer.write(integers: integers)
    writer.write(doubles: doubles)
    writer.write(optional: some)
    writer.write(optional: none)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    small = try reader.read()
    negative = try reader.read()
    wide = try reader.read()
    exact = try reader.read()
    yes = try reader.readBool()
    number = try reader.readDouble()
    time = try reader.readTime()
    rate = try reader.readRate()
    text = try reader.readString()
    empty = try reader.readString()
    nested = Array(try reader.readBytes())
    points = try reader.readArray()
    integers = try reader.readIntegers()
    doubles = try reader.readDoubles()
    some = try reader.readOptional()
    none = try reader.readOptional()
  }
}

private func bytes(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
  var writer = ByteWriter()
  write(&writer)
  return writer.bytes
}

@Suite struct BytesTests {
  @Test func everythingComesBack() throws {
    let written = bytes { $0.write(Everything()) }
    var reader = ByteReader(written)
    let back = try reader.read(Everything.self)
    #expect(back == Everything())
    #expect(back.number.sign == .minus)
    #expect(reader.isAtEnd)
    try reader.finish()
    #expect(bytes { $0.write(back) } == written)
  }

  /// A reader of a slice must not count from the beginning of the array behind it.
  @Test func aSliceIsReadFromItsOwnStart() throws {
    let written = [9, 9, 9] + bytes { $0.write(Everything()) } + [8, 8]
    var reader = ByteReader(written[3..<(written.count - 2)])
    #expect(try reader.read(Everything.self) == Everything())
    try reader.finish()
  }

  @Test func nanKeepsItsBits() throws {
    let odd = Double(bitPattern: 0x7FF8_0000_0000_1234)
    var reader = ByteReader(bytes { $0.write(odd) })
    #expect(try reader.readDouble().bitPattern == odd.bitPattern)
  }

  @Test func theLayoutIsLittleEndianAndWithoutGaps() {
    #expect(bytes { $0.write(UInt32(0x0102_0304)) } == [4, 3, 2, 1])
    #expect(bytes { $0.write(Int16(-2)) } == [0xFE, 0xFF])
    #expect(bytes { $0.write(1.0) } == [0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
    #expect(bytes { $0.write("né") } == [3, 0, 0, 0, 0x6E, 0xC3, 0xA9])
    #expect(bytes { $0.write(Time(ticks: 258)) } == [2, 1, 0, 0, 0, 0, 0, 0])
    #expect(bytes { $0.write(optional: nil as Point?) } == [0])
  }

  @Test func everyTruncationIsRefused() {
    let written = bytes { $0.write(Everything()) }
    for length in 0..<written.count {
      #expect(throws: WireError.self, "\(length) of \(written.count) bytes") {
        var reader = ByteReader(Array(written[..<length]))
        _ = try reader.read(Everything.self)
      }
    }
  }

  /// Any bytes at all are either read or refused; they never trap.
  @Test func damagedBytesNeverTrap() {
    var random = RandomStream(seed: 6, name: "bytes")
    let written = bytes { $0.write(Everything()) }
    var refused = 0
    for _ in 0..<5000 {
      var damaged = written
      for _ in 0...random.below(3) { damaged[random.below(damaged.count)] = UInt8(random.below(256)) }
      do {
        var reader = ByteReader(damaged)
        _ = try reader.read(Everything.self)
        try reader.finish()
      } catch {
        refused += 1
      }
    }
    #expect(refused > 100)
  }

  @Test func bytesLeftOverAreRefused() throws {
    var reader = ByteReader([1, 2])
    _ = try reader.read(UInt8.self)
    #expect(throws: WireError.badValue("1 bytes after the end")) { try reader.finish() }
  }

  @Test func aBooleanIsZeroOrOne() {
    #expect(throws: WireError.self) {
      var reader = ByteReader([2])
      _ = try reader.readBool()
    }
  }

  @Test func textHasToBeUTF8() {
    #expect(throws: WireError.self) {
      var reader = ByteReader([1, 0, 0, 0, 0xFF])
      _ = try reader.readString()
    }
  }

  /// Four thousand million items in sixteen bytes. The error names what the whole array would need, which shows that the
  /// count was refused before any room was made for it.
  @Test func absurdCountsAreRefusedBeforeMemoryIsTaken() {
    let damaged: [UInt8] = [255, 255, 255, 255] + [UInt8](repeating: 0, count: 16)
    let count = 4_294_967_295
    func expect(_ needed: Int, _ read: (inout ByteReader) throws(WireError) -> Void) {
      #expect(throws: WireError.truncated(needed: needed, available: 16)) {
        var reader = ByteReader(damaged)
        try read(&reader)
      }
    }
    expect(count) { reader throws(WireError) in _ = try reader.readArray(of: Point.self) }
    expect(count * 8) { reader throws(WireError) in _ = try reader.readIntegers(Int64.self) }
    expect(count * 8) { reader throws(WireError) in _ = try reader.readDoubles() }
    expect(count) { reader throws(WireError) in _ = try reader.readBytes() }
    expect(count) { reader throws(WireError) in _ = try reader.readString() }
    expect(count * 12) { reader throws(WireError) in _ = try reader.readCount(minimumSize: 12) }
  }
}
