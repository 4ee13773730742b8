// SPDX-License-Identifier: Apache-2.0

/// A point in virtual time, or a length of it: a whole number of ticks of 10 ps.
///
/// With 10 ps a 4,096-byte packet takes a whole number of ticks at every line rate from 100 Gb/s to 3.2 Tb/s,
/// and `Int64` spans 2.9 years.
public struct Time: Comparable, Hashable, Sendable {
  public var ticks: Int64

  @inlinable public init(ticks: Int64) { self.ticks = ticks }

  public static let ticksPerSecond: Int64 = 100_000_000_000
  public static let zero = Time(ticks: 0)
  /// One tick, 10 ps.
  public static let tick = Time(ticks: 1)
  /// The end of virtual time: "never".
  public static let never = Time(ticks: .max)
  public static let hour = Time(ticks: 3600 * ticksPerSecond)

  @inlinable public static func < (a: Time, b: Time) -> Bool { a.ticks < b.ticks }
  /// Saturates at ``never``, so that "never plus a delay" stays never.
  @inlinable public static func + (a: Time, b: Time) -> Time {
    let (sum, overflow) = a.ticks.addingReportingOverflow(b.ticks)
    return overflow ? .never : Time(ticks: sum)
  }
  @inlinable public static func - (a: Time, b: Time) -> Time { Time(ticks: a.ticks - b.ticks) }
  @inlinable public static func += (a: inout Time, b: Time) { a = a + b }
  @inlinable public static func * (a: Time, n: Int64) -> Time { Time(ticks: a.ticks * n) }

  @inlinable public static func seconds(_ s: Int64) -> Time { Time(ticks: s * ticksPerSecond) }
  @inlinable public static func microseconds(_ us: Int64) -> Time { Time(ticks: us * 100_000) }
  @inlinable public static func nanoseconds(_ ns: Int64) -> Time { Time(ticks: ns * 100) }

  /// The nearest tick to `s` seconds. Values beyond the span of virtual time become ``never``.
  @_disfavoredOverload
  @inlinable public static func seconds(_ s: Double) -> Time {
    let t = (s * 1e11).rounded()
    return t >= 9.2e18 ? .never : Time(ticks: Int64(t))
  }

  /// This time in seconds, as the nearest `Double`.
  @inlinable public var seconds: Double { Double(ticks) / 1e11 }
}
