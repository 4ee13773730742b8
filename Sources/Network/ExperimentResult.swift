// SPDX-License-Identifier: Apache-2.0

import Quantities

/// What a level of the network found out about a ``NetworkPlan``. Statistics cover the time after the warm-up.
public struct ExperimentResult: Equatable, Sendable {
  public struct Flow: Equatable, Sendable {
    /// Index in the plan's groups.
    public var group: Int
    /// Payload bytes that reached the destination after the warm-up.
    public var delivered: Int64
    /// Payload bytes that reached it in all.
    public var bytes: Int64
    public var start: Time
    /// When the last byte reached the destination; never if it has not.
    public var end: Time
    /// What the flow would have taken alone on an idle network.
    public var alone: Time
    /// How long after the warm-up it was open.
    public var measured: Time
    public var retransmitted: Int64

    public init(
      group: Int, delivered: Int64, bytes: Int64, start: Time, end: Time, alone: Time, measured: Time,
      retransmitted: Int64
    ) {
      self.group = group
      self.delivered = delivered
      self.bytes = bytes
      self.start = start
      self.end = end
      self.alone = alone
      self.measured = measured
      self.retransmitted = retransmitted
    }
  }

  /// A quantity over time: mean, percentiles and maximum.
  public struct Distribution: Equatable, Sendable {
    public var mean = 0.0
    public var p50 = 0.0
    public var p99 = 0.0
    public var max = 0.0
    public init() {}
  }

  public struct Port: Equatable, Sendable {
    public var utilisation = 0.0
    public var queueBytes = Distribution()
    public var queueMicroseconds = Distribution()
    public var drops: Int64 = 0
    public var dropsInWarmup: Int64 = 0
    /// Packets lost on the fibre, not for want of room.
    public var losses: Int64 = 0
    public var marks: Int64 = 0
    public var pauses: Int64 = 0
    public var bytesIn: Int64 = 0
    public var bytesOut: Int64 = 0
    public init() {}
  }

  /// One repetition of a collective.
  public struct Collective: Equatable, Sendable {
    /// Index in the plan's collectives.
    public var collective: Int
    public var start: Time
    public var end: Time

    public init(collective: Int, start: Time, end: Time) {
      self.collective = collective
      self.start = start
      self.end = end
    }
  }

  /// One row of the time series: rates in bit/s and windows in bytes of flows, queues in bytes of ports.
  public struct Sample: Equatable, Sendable {
    public var at: Time
    /// For each flow that is open: index, rate delivered since the sample before, window (infinite if none).
    public var flows: [(flow: Int, rate: Double, window: Double)]
    /// For each port of the plan.
    public var queues: [Int64]

    public init(at: Time, flows: [(flow: Int, rate: Double, window: Double)], queues: [Int64]) {
      self.at = at
      self.flows = flows
      self.queues = queues
    }

    public static func == (a: Sample, b: Sample) -> Bool {
      a.at == b.at && a.queues == b.queues && a.flows.count == b.flows.count
        && zip(a.flows, b.flows).allSatisfy { $0.flow == $1.flow && $0.rate == $1.rate && $0.window == $1.window }
    }
  }

  public var flows: [Flow] = []
  public var ports: [Port] = []
  public var collectives: [Collective] = []
  public var series: [Sample] = []
  public var events: UInt64 = 0
  public var packetHops: UInt64 = 0
  public init() {}
}
