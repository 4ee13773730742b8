// SPDX-License-Identifier: Apache-2.0

/// A rate in whole bits per second.
public struct BitRate: Comparable, Hashable, Sendable {
  public var bitsPerSecond: Int64
  @inlinable public init(_ bitsPerSecond: Int64) { self.bitsPerSecond = bitsPerSecond }
  public static let zero = BitRate(0)
  /// No limit. Small enough that sums of thousands of them do not overflow.
  public static let unlimited = BitRate(1 << 50)
  @inlinable public static func < (a: BitRate, b: BitRate) -> Bool { a.bitsPerSecond < b.bitsPerSecond }
  @inlinable public static func + (a: BitRate, b: BitRate) -> BitRate { BitRate(a.bitsPerSecond + b.bitsPerSecond) }
  @inlinable public static func - (a: BitRate, b: BitRate) -> BitRate { BitRate(a.bitsPerSecond - b.bitsPerSecond) }
  @inlinable public static func gigabits(_ g: Int64) -> BitRate { BitRate(g * 1_000_000_000) }
  @inlinable public var double: Double { Double(bitsPerSecond) }
}

/// An exact amount of traffic: rate in bits per second times ticks of 10 ps. One bit is 1e11 of them.
///
/// `Int128` holds 1.7e27 bits, so any product of a rate and a time of this program is exact and conservation of
/// bytes can be checked with `==`.
public typealias BitTicks = Int128

extension BitTicks {
  @inlinable public init(bits: Int64) { self = Int128(bits) * Int128(Time.ticksPerSecond) }
  @inlinable public init(bytes: Int64) { self = Int128(bytes) * 8 * Int128(Time.ticksPerSecond) }
  /// What flows at `rate` in `time`.
  @inlinable public init(_ rate: BitRate, for time: Time) {
    self = Int128(rate.bitsPerSecond) * Int128(time.ticks)
  }
  /// Whole bytes in this amount, rounded down.
  @inlinable public var bytes: Int64 { Int64(self / (8 * Int128(Time.ticksPerSecond))) }
  /// Bytes as a `Double`.
  @inlinable public var bytesDouble: Double { double / 8e11 }
  /// As a `Double`, within two units in the last place. The conversion of the standard library is generic and takes thirty
  /// times as long.
  @inlinable public var double: Double {
    if let small = Int64(exactly: self) { return Double(small) }
    let size = magnitude
    let value = Double(UInt64(truncatingIfNeeded: size >> 64)) * 0x1p64 + Double(UInt64(truncatingIfNeeded: size))
    return self < 0 ? -value : value
  }
}
