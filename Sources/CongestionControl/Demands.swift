// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Which signals an algorithm listens to; hosts and ports produce only these.
public struct Signals: OptionSet, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// Shares of marked bytes in acknowledgements.
  public static let marks = Signals(rawValue: 1)
  /// Round trips.
  public static let delay = Signals(rawValue: 2)
  public static let loss = Signals(rawValue: 4)
  /// Rates granted by ports.
  public static let explicitRate = Signals(rawValue: 8)
  /// Congestion notifications, made by the receiver from marks.
  public static let notifications = Signals(rawValue: 16)
  /// In-band telemetry of every port of the path.
  public static let telemetry = Signals(rawValue: 32)
  /// Notifications straight from ports of the sender's own site.
  public static let nearSource = Signals(rawValue: 64)
  /// The max-min rate, told by nobody that could exist: for the limit.
  public static let oracle = Signals(rawValue: 128)
  /// How fast bytes are delivered.
  public static let deliveryRate = Signals(rawValue: 256)
}

/// RED/ECN marking in lengths of line time, so that one rule fits every rate: nothing below `minimum`, `probability` at
/// `maximum`, everything above. Equal ends are a step.
public struct MarkingRule: Equatable, Sendable {
  public var minimum: Time
  public var maximum: Time
  public var probability: Double
  public init(minimum: Time, maximum: Time, probability: Double) {
    self.minimum = minimum
    self.maximum = maximum
    self.probability = probability
  }
}

/// A counter that drains slower than the line and marks like a queue would (HULL, NSDI 2012).
public struct PhantomRule: Equatable, Sendable {
  /// Share of the line rate at which it drains.
  public var drain: Double
  /// Most that it holds, and where marking begins and is full, in line time.
  public var size: Time
  public var minimum: Time
  public var maximum: Time
  public init(drain: Double, size: Time, minimum: Time, maximum: Time) {
    self.drain = drain
    self.size = size
    self.minimum = minimum
    self.maximum = maximum
  }
}

/// Quantised congestion notification (IEEE 802.1Qau): a port samples packets and tells their senders
/// Fb = -(q - equilibrium) - weight (q - q at the sample before) when that is negative.
public struct NearSourceRule: Equatable, Sendable {
  public var equilibrium: Time
  public var weight: Double
  /// Bytes between samples.
  public var sample: Int64
  public init(equilibrium: Time, weight: Double, sample: Int64) {
    self.equilibrium = equilibrium
    self.weight = weight
    self.sample = sample
  }
}

/// What an algorithm needs of hosts and ports. Rules here are its defaults; a link that states its own wins.
public struct Demands: Equatable, Sendable {
  public var signals: Signals
  /// Least time between two congestion notifications of one receiver for one flow.
  public var notificationInterval = Time.never
  public var marking: MarkingRule?
  public var phantom: PhantomRule?
  public var nearSource: NearSourceRule?
  /// How ports share for explicit rates.
  public var grants: GrantRule?
  public var cycle = Cycle.none
  /// How many round trips one update of the fluid level may cover while little changes: more than one where the law is
  /// in closed form for as long as nothing is heard.
  public var longestSpan: Int64 = 1
  /// Whether queues that grow or shrink move the answer by themselves; if not, they only set the pace at which
  /// acknowledgements come.
  public var followsQueues: Bool
  public init(_ signals: Signals) {
    self.signals = signals
    followsQueues = !signals.isDisjoint(with: [.delay, .telemetry, .deliveryRate])
  }
}

/// What ports do for distance-aware flows.
public struct GrantRule: Equatable, Sendable {
  /// Share of the capacity that ports hand out; the rest drains what a change of capacity has queued.
  public var utilisation = 0.99
  /// Relative changes of a grant below this are not sent. At most 1 - utilisation, or commitments could exceed the
  /// capacity.
  public var threshold = 0.005
  /// Parts of the law, to be left out only to find out what they are worth: delegates of far ports at the senders' site,
  /// raises that wait for the release of what they are made from, what stands with delegates unclaimed, and falls of a
  /// site's claim that are told late.
  public var delegates = true
  public var waits = true
  public var standing = true
  public var patience = true
  public init() {}
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
