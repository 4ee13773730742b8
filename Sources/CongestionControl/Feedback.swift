// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What a port wrote into a packet as it left (in-band network telemetry), as HPCC (SIGCOMM 2019) defines it.
public struct HopTelemetry: Equatable, Sendable {
  public var capacity: BitRate
  /// Bytes waiting behind the packet.
  public var queue: Int64
  /// Bytes that the port has sent since the beginning.
  public var sent: Int64
  /// When the packet left.
  public var at: Time

  public init(capacity: BitRate = .zero, queue: Int64 = 0, sent: Int64 = 0, at: Time = .zero) {
    self.capacity = capacity
    self.queue = queue
    self.sent = sent
    self.at = at
  }
}

/// What the network tells the sender of a flow: all that has come since the call before.
///
/// Amounts are bytes on the wire, headers included. The packet level fills it from one acknowledgement, notification or
/// loss at a time; the fluid level from rates and the signals of ports over a span.
public struct Feedback: Sendable {
  /// Most hops whose telemetry a packet carries.
  public static let maximumHops = 8

  public var now: Time
  /// Newly acknowledged, and how much of that carried a congestion mark.
  public var acknowledged: Int64 = 0
  public var marked: Int64 = 0
  /// Newly found to be lost.
  public var lost: Int64 = 0
  /// The retransmission timer has run out: everything in flight counts as lost.
  public var timedOut = false
  /// Congestion notifications from the receiver (DCQCN's CNP) that have come in.
  public var notifications: Int32 = 0
  /// Sum of the quantised feedback, 0...1 each, of notifications that came straight from ports near the source.
  public var nearSource = 0.0
  /// Round trip of the packet acknowledged last, queues and processing included; zero if nothing was acknowledged.
  public var roundTrip = Time.zero
  /// Bytes sent and neither acknowledged nor lost.
  public var inFlight: Int64 = 0
  /// Bytes acknowledged since the start, and what that number was when the packet acknowledged last was sent: a round
  /// trip has passed when the latter reaches an earlier value of the former.
  public var delivered: Int64 = 0
  public var priorDelivered: Int64 = 0
  /// Delivery rate over the last round trip (draft-ietf-ccwg-bbr, section on delivery rate samples); zero if unknown.
  public var deliveryRate = BitRate.zero
  /// The application had less to send than the controller would have allowed when that packet was sent.
  public var applicationLimited = false
  /// The least rate that a port of the path has granted; unlimited where ports grant nothing.
  public var explicitRate = BitRate.unlimited
  /// What ports wrote into the packet acknowledged last, in the order of the path. Valid if ``hops`` > 0.
  public var telemetry = InlineArray<8, HopTelemetry>(repeating: HopTelemetry())
  public var hops = 0

  public init(now: Time) { self.now = now }

  /// Forgets what has been told, ready for the next call. Totals and the explicit rate stay.
  @inlinable public mutating func clear() {
    acknowledged = 0
    marked = 0
    lost = 0
    timedOut = false
    notifications = 0
    nearSource = 0
    roundTrip = .zero
    deliveryRate = .zero
    hops = 0
  }
}
