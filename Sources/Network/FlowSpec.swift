// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Names a flow everywhere: the job, the stay of the job, and a number within it. Unique in a run and independent of
/// who opened it first.
public struct FlowID: Hashable, Comparable, Sendable {
  public var raw: UInt64

  public init(raw: UInt64) { self.raw = raw }
  public init(job: Int32, segment: Int32, ordinal: Int) {
    raw =
      UInt64(UInt32(bitPattern: job)) << 32 | UInt64(UInt16(truncatingIfNeeded: segment)) << 16
      | UInt64(UInt16(truncatingIfNeeded: ordinal))
  }

  public var job: Int32 { Int32(bitPattern: UInt32(raw >> 32)) }
  public var segment: Int32 { Int32((raw >> 16) & 0xFFFF) }
  public var ordinal: Int { Int(raw & 0xFFFF) }
  public static func < (a: FlowID, b: FlowID) -> Bool { a.raw < b.raw }
}

/// What a flow is: who sends how much to whom, and how fast the sender could.
public struct FlowSpec: Equatable, Sendable, FixedLayout {
  public var id: FlowID
  /// Sites by index.
  public var source: UInt16
  public var destination: UInt16
  /// Zero for a flow that lasts until it is closed.
  public var amount: BitTicks
  /// The fastest that its hosts can send.
  public var limit: BitRate

  public init(id: FlowID, source: Int, destination: Int, amount: BitTicks, limit: BitRate) {
    self.id = id
    self.source = UInt16(source)
    self.destination = UInt16(destination)
    self.amount = amount
    self.limit = limit
  }

  public var isUnlimited: Bool { amount == 0 }

  public func encode(into writer: inout ByteWriter) {
    writer.write(id.raw)
    writer.write(source)
    writer.write(destination)
    writer.write(amount)
    writer.write(limit)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    id = FlowID(raw: try reader.read())
    source = try reader.read()
    destination = try reader.read()
    amount = try reader.read()
    limit = try reader.readRate()
  }
}
