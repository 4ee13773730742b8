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

  /// More jobs than this cannot be told apart: the eight bits above count how often a flow has been sent another way.
  public static let mostJobs = 1 << 24

  public var job: Int32 { Int32(UInt32(raw >> 32) & 0xFF_FFFF) }
  public var segment: Int32 { Int32((raw >> 16) & 0xFFFF) }
  public var ordinal: Int { Int(raw & 0xFFFF) }
  /// The name that the application knows, whatever way the flow takes.
  public var base: FlowID { FlowID(raw: raw & 0x00FF_FFFF_FFFF_FFFF) }
  /// The name on another way: ports of the old one may still hold some of it.
  func again(_ attempt: UInt8) -> FlowID { FlowID(raw: base.raw | UInt64(attempt) << 56) }
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
  /// Which way it takes: 0 for the route of the model, else one of its alternatives, counted from 1.
  var way: UInt16 = 0

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
    writer.write(way)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    id = FlowID(raw: try reader.read())
    source = try reader.read()
    destination = try reader.read()
    amount = try reader.read()
    limit = try reader.readRate()
    way = try reader.read()
  }
}
