// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// The hosts, switches, link directions and flows of a congestion experiment, compiled for one seed: what the packet, fluid
/// and ideal levels run.
public struct NetworkPlan: Equatable, Sendable {
  public struct Node: Equatable, Sendable {
    public var name: String
    public var isHost: Bool
    /// The site that the node belongs to: nodes joined by short links form one. Sites run in processes of their own, and
    /// near-source notices stay inside one.
    public var site: Int
    /// Bytes that all ports of a switch share; nil if each port has its own buffer.
    public var sharedBuffer: Int64?

    public init(name: String, isHost: Bool, site: Int = 0, sharedBuffer: Int64? = nil) {
      self.name = name
      self.isHost = isHost
      self.site = site
      self.sharedBuffer = sharedBuffer
    }
  }

  public enum Loss: Equatable, Sendable {
    case none
    case random(Double)
    /// Every n-th packet.
    case every(Int64)
    /// Random bursts: probability that one begins at a packet, and its mean length in packets.
    case bursts(probability: Double, length: Double)
  }

  /// RED/ECN in bytes of queue. Equal ends are a step.
  public struct Marking: Equatable, Sendable {
    public var minimum: Int64
    public var maximum: Int64
    public var probability: Double
    public init(minimum: Int64, maximum: Int64, probability: Double) {
      self.minimum = minimum
      self.maximum = maximum
      self.probability = probability
    }
  }

  public struct Phantom: Equatable, Sendable {
    /// Share of the line rate at which it drains.
    public var drain: Double
    public var size: Int64
    public var minimum: Int64
    public var maximum: Int64
    public init(drain: Double, size: Int64, minimum: Int64, maximum: Int64) {
      self.drain = drain
      self.size = size
      self.minimum = minimum
      self.maximum = maximum
    }
  }

  /// Priority flow control of a switch towards this port's sender: bytes of one class from this port, held by the node it
  /// leads to, at which it is paused and let go on, and what may still come in between.
  public struct PriorityFlowControl: Equatable, Sendable {
    public var pause: Int64
    public var resume: Int64
    public var headroom: Int64
    public init(pause: Int64, resume: Int64, headroom: Int64) {
      self.pause = pause
      self.resume = resume
      self.headroom = headroom
    }
  }

  public struct Change: Equatable, Sendable {
    public var at: Time
    public var rate: BitRate?
    public var delay: Time?
    public init(at: Time, rate: BitRate? = nil, delay: Time? = nil) {
      self.at = at
      self.rate = rate
      self.delay = delay
    }
  }

  /// One direction of one link. Ports of parallel links between two nodes form a bundle.
  public struct Port: Equatable, Sendable {
    public var from: Int
    public var to: Int
    public var rate: BitRate
    public var delay: Time
    /// Bytes; `Int64.max` for no limit but the node's shared buffer.
    public var buffer: Int64
    public var marking: Marking?
    public var phantom: Phantom?
    public var loss: Loss
    public var flowControl: PriorityFlowControl?
    /// Whether a switch's port grants rates and writes telemetry. Cards always know their own flows.
    public var keepsLedger = true
    /// In order of time.
    public var changes: [Change]

    public init(
      from: Int, to: Int, rate: BitRate, delay: Time, buffer: Int64 = .max, marking: Marking? = nil,
      phantom: Phantom? = nil, loss: Loss = .none, flowControl: PriorityFlowControl? = nil, changes: [Change] = []
    ) {
      self.from = from
      self.to = to
      self.rate = rate
      self.delay = delay
      self.buffer = buffer
      self.marking = marking
      self.phantom = phantom
      self.loss = loss
      self.flowControl = flowControl
      self.changes = changes
    }
  }

  public enum Balancing: UInt8, Sendable {
    /// Every flow stays on one link, chosen by a hash.
    case ecmp = 0
    /// Every packet goes to the link with the shortest queue.
    case spray = 1
  }

  /// Neighbouring positions in ``ports``: parallel links in one direction.
  public struct Bundle: Equatable, Sendable {
    public var ports: Range<Int>
    public var balancing: Balancing
    public init(ports: Range<Int>, balancing: Balancing = .ecmp) {
      self.ports = ports
      self.balancing = balancing
    }
  }

  /// Strict priority: a class is served when all before it are empty.
  public enum TrafficClass: UInt8, Sendable, CaseIterable {
    case high = 0
    case normal = 1
    case low = 2
  }

  /// Traffic that obeys nobody: datagrams at random instants (a Poisson process), neither acknowledged nor repeated.
  public struct Datagrams: Equatable, Sendable {
    /// Mean time between two.
    public var gap: Time
    /// Bytes on the wire, or their mean if `isExponential`.
    public var size: Int64
    public var isExponential: Bool
    public init(gap: Time, size: Int64, isExponential: Bool = false) {
      self.gap = gap
      self.size = size
      self.isExponential = isExponential
    }
  }

  public struct Flow: Equatable, Sendable {
    /// Index in ``groups``.
    public var group: Int
    public var source: Int
    public var destination: Int
    /// Payload bytes; nil without end.
    public var bytes: Int64?
    public var start: Time
    /// When the application stops sending; never if it does not.
    public var stop: Time
    /// Most bytes that the application allows in flight.
    public var inflightLimit: Int64
    public var trafficClass: TrafficClass
    /// If set, the flow has no congestion control and no end but `stop`.
    public var datagrams: Datagrams?

    public init(
      group: Int, source: Int, destination: Int, bytes: Int64?, start: Time = .zero, stop: Time = .never,
      inflightLimit: Int64 = .max, trafficClass: TrafficClass = .normal, datagrams: Datagrams? = nil
    ) {
      self.datagrams = datagrams
      self.group = group
      self.source = source
      self.destination = destination
      self.bytes = bytes
      self.start = start
      self.stop = stop
      self.inflightLimit = inflightLimit
      self.trafficClass = trafficClass
    }
  }

  /// A collective operation between groups of hosts, compiled to messages each of which waits for others.
  public struct Collective: Equatable, Sendable {
    public enum Kind: UInt8, Sendable {
      /// Reduce-scatter inside each site, all-reduce between sites (a ring over the sites for each rank), all-gather inside.
      case allReduce = 0
      case allToAll = 1
    }
    public var name: String
    public var kind: Kind
    /// Hosts of each site.
    public var sites: [[Int]]
    public var bytes: Int64
    /// Pieces that pass the phases one behind the other.
    public var chunks: Int
    public var repeats: Int
    public var start: Time
    public var trafficClass: TrafficClass

    public init(
      name: String, kind: Kind, sites: [[Int]], bytes: Int64, chunks: Int = 1, repeats: Int = 1, start: Time = .zero,
      trafficClass: TrafficClass = .normal
    ) {
      self.name = name
      self.kind = kind
      self.sites = sites
      self.bytes = bytes
      self.chunks = chunks
      self.repeats = repeats
      self.start = start
      self.trafficClass = trafficClass
    }
  }

  public enum Recovery: UInt8, Sendable {
    case selectiveRepeat = 0
    case goBackN = 1
  }

  /// What network cards do, and how long it takes them. Leaving such delays out misleads: a notification that takes 50 us to
  /// make is most of a round trip inside a data centre.
  public struct HostParameters: Equatable, Sendable {
    /// Data packets acknowledged by one acknowledgement, and how long one waits for its fellows.
    public var acknowledgeEvery = 1
    public var acknowledgeDelay = Time.microseconds(40_000)
    /// From the arrival of data to the departure of its acknowledgement.
    public var receiveDelay = Time.zero
    /// From a mark to the departure of the congestion notification.
    public var notificationDelay = Time.zero
    /// From the arrival of feedback to the change of the rate.
    public var reactionDelay = Time.zero
    public var recovery = Recovery.selectiveRepeat
    /// Packets that a later one may overtake before the earlier counts as lost.
    public var reorderPackets = 3
    /// On sprayed paths, the time that a packet may be overtaken by.
    public var reorderTime = Time.microseconds(100)
    public var minimumTimeout = Time.microseconds(4_000)
    public var acknowledgementBytes: Int64 = 64
    public var notificationBytes: Int64 = 64
    public init() {}
  }

  public var nodes: [Node] = []
  public var ports: [Port] = []
  public var bundles: [Bundle] = []
  /// Names of the groups that flows belong to.
  public var groups: [String] = []
  /// In order of start.
  public var flows: [Flow] = []
  public var collectives: [Collective] = []
  public var host = HostParameters()
  public var algorithm: Algorithm
  /// Bytes of a full packet on the wire, and how many of them are headers.
  public var packetBytes: Int64 = 4096
  public var headerBytes: Int64 = 0
  /// Factor by which senders misjudge their round trip without queues.
  public var roundTripError = 1.0
  /// Share of control words between ports and senders (claims, grants, near-source notices, telemetry) that is lost.
  public var controlLoss = 0.0
  public var warmup = Time.zero
  public var duration: Time
  /// Between two rows of a time series, and between two looks at queues.
  public var seriesInterval: Time
  public var sampleInterval: Time
  /// Whether the fluid level leaps over steady states.
  public var leaps = true
  public var seed: UInt64

  public init(algorithm: Algorithm, duration: Time, seed: UInt64 = 1) {
    self.algorithm = algorithm
    self.duration = duration
    self.seed = seed
    seriesInterval = Time(ticks: max(1, duration.ticks / 500))
    sampleInterval = Time(ticks: max(1, duration.ticks / 20_000))
  }
}
