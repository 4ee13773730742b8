// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What is wrong with bytes that should have been a message or a state.
public enum WireError: Error, Equatable, CustomStringConvertible {
  case truncated(needed: Int, available: Int)
  case badValue(String)
  case version(expected: UInt16, found: UInt16)

  public var description: String {
    switch self {
    case .truncated(let needed, let available):
      return "message is cut short: \(needed) more bytes expected, \(available) there"
    case .badValue(let what): return "message holds an impossible value: \(what)"
    case .version(let expected, let found):
      return "message is of version \(found), this program speaks version \(expected): rebuild both from one checkout"
    }
  }
}

/// A value with a fixed binary layout, little-endian, the same on every machine.
public protocol FixedLayout {
  func encode(into writer: inout ByteWriter)
  init(from reader: inout ByteReader) throws(WireError)
}

/// Appends values to a growing array of bytes.
public struct ByteWriter: Sendable {
  public var bytes: [UInt8] = []
  public init() {}
  public init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

  @inlinable public mutating func write<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
  @inlinable public mutating func write(_ value: Double) { write(value.bitPattern) }
  @inlinable public mutating func write(_ value: Bool) { write(UInt8(value ? 1 : 0)) }
  @inlinable public mutating func write(_ value: Time) { write(value.ticks) }
  @inlinable public mutating func write(_ value: BitRate) { write(value.bitsPerSecond) }
  @inlinable public mutating func write(_ value: String) {
    let utf8 = Array(value.utf8)
    write(UInt32(utf8.count))
    bytes.append(contentsOf: utf8)
  }
  /// A nested run of bytes, preceded by its length.
  @inlinable public mutating func write(bytes nested: [UInt8]) {
    write(UInt32(nested.count))
    bytes.append(contentsOf: nested)
  }
  @inlinable public mutating func write<T: FixedLayout>(_ value: T) { value.encode(into: &self) }
  @inlinable public mutating func write<T: FixedLayout>(_ values: [T]) {
    write(UInt32(values.count))
    for value in values { value.encode(into: &self) }
  }
  @inlinable public mutating func write<T: FixedWidthInteger>(integers: [T]) {
    write(UInt32(integers.count))
    for value in integers { write(value) }
  }
  @inlinable public mutating func write(doubles: [Double]) {
    write(UInt32(doubles.count))
    for value in doubles { write(value) }
  }
  @inlinable public mutating func write<T: FixedLayout>(optional value: T?) {
    write(value != nil)
    if let value { value.encode(into: &self) }
  }
}

/// Reads what ``ByteWriter`` wrote. Every read checks bounds and throws instead of trapping.
public struct ByteReader: Sendable {
  @usableFromInline let bytes: ArraySlice<UInt8>
  @usableFromInline var position: Int

  public init(_ bytes: [UInt8]) { self.init(bytes[...]) }
  public init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  @inlinable public var remaining: Int { bytes.endIndex - position }
  @inlinable public var isAtEnd: Bool { remaining == 0 }

  @inlinable public mutating func read<T: FixedWidthInteger>(_: T.Type = T.self) throws(WireError) -> T {
    let size = MemoryLayout<T>.size
    guard remaining >= size else { throw .truncated(needed: size, available: remaining) }
    let offset = position - bytes.startIndex
    let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    position += size
    return T(littleEndian: value)
  }
  @inlinable public mutating func readDouble() throws(WireError) -> Double { Double(bitPattern: try read()) }
  @inlinable public mutating func readBool() throws(WireError) -> Bool {
    let byte: UInt8 = try read()
    guard byte <= 1 else { throw .badValue("\(byte) where 0 or 1 should be") }
    return byte == 1
  }
  @inlinable public mutating func readTime() throws(WireError) -> Time { Time(ticks: try read()) }
  @inlinable public mutating func readRate() throws(WireError) -> BitRate { BitRate(try read()) }
  @inlinable public mutating func readBytes() throws(WireError) -> ArraySlice<UInt8> {
    let count = Int(try read(UInt32.self))
    guard remaining >= count else { throw .truncated(needed: count, available: remaining) }
    defer { position += count }
    return bytes[position..<position + count]
  }
  @inlinable public mutating func readString() throws(WireError) -> String {
    let slice = try readBytes()
    guard let string = String(validating: slice, as: UTF8.self) else { throw .badValue("text that is not UTF-8") }
    return string
  }
  /// A count of items of at least `minimumSize` bytes each; refuses counts that cannot fit in what is left, so that
  /// a damaged length never makes the reader allocate gigabytes.
  @inlinable public mutating func readCount(minimumSize: Int = 1) throws(WireError) -> Int {
    let count = Int(try read(UInt32.self))
    guard count * minimumSize <= remaining else { throw .truncated(needed: count * minimumSize, available: remaining) }
    return count
  }
  @inlinable public mutating func read<T: FixedLayout>(_: T.Type = T.self) throws(WireError) -> T {
    try T(from: &self)
  }
  @inlinable public mutating func readArray<T: FixedLayout>(of _: T.Type = T.self) throws(WireError) -> [T] {
    let count = try readCount()
    var values: [T] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try T(from: &self)) }
    return values
  }
  @inlinable public mutating func readIntegers<T: FixedWidthInteger>(_: T.Type = T.self) throws(WireError) -> [T] {
    let count = try readCount(minimumSize: MemoryLayout<T>.size)
    var values: [T] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try read(T.self)) }
    return values
  }
  @inlinable public mutating func readDoubles() throws(WireError) -> [Double] {
    let count = try readCount(minimumSize: 8)
    var values: [Double] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try readDouble()) }
    return values
  }
  @inlinable public mutating func readOptional<T: FixedLayout>(_: T.Type = T.self) throws(WireError) -> T? {
    try readBool() ? try T(from: &self) : nil
  }
  /// Refuses bytes that nobody asked for: they mean that writer and reader disagree.
  @inlinable public func finish() throws(WireError) {
    guard isAtEnd else { throw .badValue("\(remaining) bytes after the end") }
  }
}
