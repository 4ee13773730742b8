// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Writes variables to bytes, or reads them back, in one and the same order: a type lists its state once for both.
public struct StateCoder: Sendable {
  @usableFromInline var writer = ByteWriter()
  @usableFromInline var reader: ByteReader?

  /// Writes.
  public init() {}
  /// Reads.
  public init(reading reader: ByteReader) { self.reader = reader }

  /// What has been written.
  public var bytes: [UInt8] { writer.bytes }
  /// Where reading has come to.
  public var rest: ByteReader? { reader }

  public mutating func value<T: FixedWidthInteger>(_ value: inout T) throws(WireError) {
    if reader != nil { value = try reader!.read(T.self) } else { writer.write(value) }
  }
  public mutating func value(_ value: inout Double) throws(WireError) {
    if reader != nil { value = try reader!.readDouble() } else { writer.write(value) }
  }
  public mutating func value(_ value: inout Bool) throws(WireError) {
    if reader != nil { value = try reader!.readBool() } else { writer.write(value) }
  }
  public mutating func value(_ value: inout Time) throws(WireError) {
    if reader != nil { value = try reader!.readTime() } else { writer.write(value) }
  }
  public mutating func value(_ value: inout BitRate) throws(WireError) {
    if reader != nil { value = try reader!.readRate() } else { writer.write(value) }
  }
  /// An enumeration with whole numbers for raw values.
  public mutating func value<T: RawRepresentable>(_ value: inout T) throws(WireError) where T.RawValue == UInt8 {
    if reader != nil {
      let raw: UInt8 = try reader!.read()
      guard let known = T(rawValue: raw) else { throw .badValue("\(T.self) \(raw)") }
      value = known
    } else {
      writer.write(value.rawValue)
    }
  }
  public mutating func value(_ values: inout [Double]) throws(WireError) {
    if reader != nil { values = try reader!.readDoubles() } else { writer.write(doubles: values) }
  }
  public mutating func value<T: FixedWidthInteger>(_ values: inout [T]) throws(WireError) {
    if reader != nil { values = try reader!.readIntegers() } else { writer.write(integers: values) }
  }
  public mutating func value<T: FixedLayout>(_ value: inout T) throws(WireError) {
    if reader != nil { value = try reader!.read() } else { writer.write(value) }
  }
  public mutating func value<T: FixedLayout>(_ values: inout [T]) throws(WireError) {
    if reader != nil { values = try reader!.readArray() } else { writer.write(values) }
  }
  /// The number of items that follow, each of at least `minimumSize` bytes.
  public mutating func count(_ count: inout Int, minimumSize: Int = 1) throws(WireError) {
    if reader != nil { count = try reader!.readCount(minimumSize: minimumSize) } else { writer.write(UInt32(count)) }
  }

  /// Whether it reads.
  public var isReading: Bool { reader != nil }
}
