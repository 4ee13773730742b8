// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What the network tells the sender of a flow.
///
/// Values are what is known at the sender now: each port's part of them has travelled there. A level that knows
/// packets fills them from acknowledgements; the fluid level fills them from messages of the ports.
public struct Feedback: Equatable, Sendable {
  public var now: Time
  /// Propagation there and back, without queues.
  public var roundTrip: Time
  /// Queueing delay along the path.
  public var queueDelay: Time
  /// Share of packets that carry a congestion mark, 0...1.
  public var markedFraction: Double
  /// Rate at which the path drops this flow's traffic.
  public var lossRate: BitRate
  /// The least rate that a port of the path has granted; unlimited where ports grant nothing.
  public var explicitRate: BitRate
  /// The application has less to send than the controller would allow.
  public var applicationLimited: Bool

  public init(
    now: Time, roundTrip: Time, queueDelay: Time = .zero, markedFraction: Double = 0, lossRate: BitRate = .zero,
    explicitRate: BitRate = .unlimited, applicationLimited: Bool = false
  ) {
    self.now = now
    self.roundTrip = roundTrip
    self.queueDelay = queueDelay
    self.markedFraction = markedFraction
    self.lossRate = lossRate
    self.explicitRate = explicitRate
    self.applicationLimited = applicationLimited
  }
}

/// Which signals of ports an algorithm listens to; ports send only these.
public struct Signals: OptionSet, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let marks = Signals(rawValue: 1)
  public static let delay = Signals(rawValue: 2)
  public static let loss = Signals(rawValue: 4)
  /// Rates granted by ports.
  public static let explicitRate = Signals(rawValue: 8)
}

/// After how much time the mean rate of a controller that never rests may be compared with the mean before it.
public enum Cycle: Equatable, Sendable {
  /// The controller comes to rest by itself.
  case none
  /// From one decrease to the next.
  case betweenDecreases
  /// Blocks of so many round trips.
  case roundTrips(Int64)
}

/// A congestion-control algorithm for one flow: a value that is told what the network says and when its deadline has
/// passed, and answers with a rate, a window and its next deadline. It knows nothing of engines, sockets or sites.
public protocol CongestionController: Sendable, FixedLayout {
  /// The rate at which the flow may send now.
  var rate: BitRate { get }
  /// Bytes that may be in flight; nil where the algorithm sets none.
  var window: Double? { get }
  /// When the controller wants to be called again if nothing else happens; never if it rests.
  var deadline: Time { get }
  /// Counts decreases, so that an engine can tell cycles apart.
  var decreases: UInt32 { get }

  /// New feedback, or the deadline has passed: brings the state up to `feedback.now`.
  mutating func update(_ feedback: Feedback)
  /// Time from `from` to `to` was leapt over in a steady state: moves the clocks inside, changes nothing else.
  mutating func skip(from: Time, to: Time)
}

/// What a controller is told about its flow when it starts.
public struct FlowContext: Equatable, Sendable {
  public var now: Time
  public var roundTrip: Time
  /// The fastest that the sender can send.
  public var lineRate: BitRate
  /// Bytes of a packet with its headers.
  public var packetBytes: Int64

  public init(now: Time, roundTrip: Time, lineRate: BitRate, packetBytes: Int64 = 4096) {
    self.now = now
    self.roundTrip = roundTrip
    self.lineRate = lineRate
    self.packetBytes = packetBytes
  }
}
