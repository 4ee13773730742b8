// SPDX-License-Identifier: Apache-2.0

import Quantities

extension Experiment {
  /// Two nodes, as positions in ``Experiment/nodes``.
  public struct Ends: Hashable, Sendable {
    public var from: Int
    public var to: Int
    public init(from: Int, to: Int) {
      self.from = from
      self.to = to
    }
    public var reversed: Ends { Ends(from: to, to: from) }
  }

  /// A length of queue as a file may state it.
  public enum Extent: Equatable, Sendable {
    case bytes(Int64)
    /// What the line sends in this time.
    case lineTime(Time)
    /// What the line sends in so many of the longest base round trips of the flows that cross the link.
    case roundTrips(Double)
  }

  /// What a link may leave to the algorithm that is under test.
  public enum Setting<Value: Equatable & Sendable>: Equatable, Sendable {
    case byAlgorithm
    case none
    case stated(Value)
  }

  public struct Marking: Equatable, Sendable {
    public var minimum: Extent
    public var maximum: Extent
    public var probability: Double
  }

  public struct Phantom: Equatable, Sendable {
    /// Share of the line rate at which it drains.
    public var drain: Double
    public var size: Extent
    public var minimum: Extent
    public var maximum: Extent
  }

  /// Priority flow control; nil takes the default that the compiler states.
  public struct FlowControl: Equatable, Sendable {
    public var pause: Extent
    public var resume: Extent?
    public var headroom: Extent?
  }

  public enum Loss: Equatable, Sendable {
    case none
    case random(Double)
    /// Every n-th packet.
    case every(Int64)
    /// Probability that a burst begins at a packet, and its mean length in packets.
    case bursts(probability: Double, length: Double)
  }

  public enum Balancing: String, Sendable, CaseIterable {
    case ecmp, spray
  }

  /// Links that are alike: one for each pair of ends.
  public struct Link: Equatable, Sendable {
    public var ends: [Ends]
    public var rate: BitRate
    /// One way.
    public var delay: Time
    /// From first to second end only.
    public var oneWay = false
    public var buffer: Extent?
    public var marking = Setting<Marking>.byAlgorithm
    public var phantom = Setting<Phantom>.byAlgorithm
    public var flowControl: FlowControl?
    public var loss = Loss.none
    /// Links side by side.
    public var parallel = 1
    public var balancing = Balancing.ecmp
    /// Whether its ports at switches grant rates, write telemetry and send notices.
    public var telemetry = true
    public var origin: Origin
  }
}
