// SPDX-License-Identifier: Apache-2.0

import Quantities
import Workload

extension Experiment {
  /// Flows that one item of `flows:` stands for.
  public struct FlowGroup: Equatable, Sendable {
    public enum Traffic: Equatable, Sendable {
      case bulk(Bulk)
      case poisson(Poisson)
      case datagrams(Datagrams)
      case listed([Transfer])
    }
    public var name: String
    public var traffic: Traffic
    public var trafficClass = TrafficClass.normal
    /// Most bytes that the application allows in flight.
    public var inflightLimit = Int64.max
    public var origin: Origin
  }

  /// So many flows from every source.
  public struct Bulk: Equatable, Sendable {
    /// Positions in ``Experiment/nodes``.
    public var sources: [Int]
    public var destinations: [Int]
    /// Flows of each source.
    public var count = 1
    /// Payload bytes of each; nil without end.
    public var bytes: Int64?
    public var start = Time.zero
    public var stop = Time.never
    /// Each flow starts up to this much later, drawn for each.
    public var startJitter = Time.zero
    /// Each source starts this much after the one before.
    public var stagger = Time.zero
    /// Destinations are a random permutation instead of taken in turn.
    public var permutation = false
  }

  /// Flows that arrive at random at every source.
  public struct Poisson: Equatable, Sendable {
    public var sources: [Int]
    /// Each flow goes to one of these, all alike, but never to its own source.
    public var destinations: [Int]
    /// Offered payload over the rate of all links that leave the source.
    public var load: Double
    public var sizes: FlowSizes
    public var start = Time.zero
    /// No flow arrives from then on.
    public var until: Time
  }

  /// Packets at random instants that obey no congestion control: one flow from every source.
  public struct Datagrams: Equatable, Sendable {
    public var sources: [Int]
    public var destinations: [Int]
    /// Mean, on the wire.
    public var rate: BitRate
    /// Bytes on the wire, or their mean if ``isExponential``.
    public var size: Int64
    public var isExponential = false
    public var start = Time.zero
    public var stop = Time.never
  }

  /// A row of a file of flows.
  public struct Transfer: Equatable, Sendable {
    public var source: Int
    public var destination: Int
    public var bytes: Int64
    public var start: Time
    public init(source: Int, destination: Int, bytes: Int64, start: Time) {
      self.source = source
      self.destination = destination
      self.bytes = bytes
      self.start = start
    }
  }
}
