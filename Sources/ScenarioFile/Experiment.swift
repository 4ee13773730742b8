// SPDX-License-Identifier: Apache-2.0

import Quantities
import Workload

/// A congestion experiment as its file states it: names resolved, quantities in base units, nothing drawn at random
/// yet.
public struct Experiment: Equatable, Sendable {
  /// Where something is written, for errors that only later steps can find.
  public struct Origin: Equatable, Sendable {
    public var file: String
    public var line: Int?
    public var field: String
    public init(file: String, line: Int? = nil, field: String = "") {
      self.file = file
      self.line = line
      self.field = field
    }
    public func error(_ message: String, _ advice: String = "") -> ScenarioError {
      ScenarioError(file: file, line: line, field: field, message: message, advice: advice)
    }
  }

  public struct Node: Equatable, Sendable {
    public var name: String
    public var isHost: Bool
    /// Bytes that all ports of a switch share; nil if each has its own buffer.
    public var sharedBuffer: Int64?
    /// Whether the switch's ports grant rates, write telemetry and send notices.
    public var telemetry = true
    public var origin: Origin
  }

  /// An algorithm with what the file says about its constants.
  public struct Algorithm: Equatable, Sendable {
    public var spec: ControllerSpec
    public var origin: Origin
    public init(spec: ControllerSpec, origin: Origin) {
      self.spec = spec
      self.origin = origin
    }
  }

  public enum TrafficClass: String, Sendable, CaseIterable {
    case high, normal, low
  }

  public struct Collective: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
      case allReduce = "all-reduce"
      case allToAll = "all-to-all"
    }
    public var name: String
    public var kind: Kind
    /// Hosts of each site, as positions in ``Experiment/nodes``.
    public var sites: [[Int]]
    /// Of each host's buffer.
    public var bytes: Int64
    public var chunks: Int
    public var repeats: Int
    public var start: Time
    public var trafficClass: TrafficClass
    public var origin: Origin
  }

  /// A link's rate or delay from some moment on.
  public struct Change: Equatable, Sendable {
    public var at: Time
    /// Ends of every link that changes, in the direction from first to second.
    public var ends: [Ends]
    public var rate: BitRate?
    public var delay: Time?
    /// Leaves the direction from second to first as it is.
    public var oneWay: Bool
    public var origin: Origin
  }

  /// What the file says about hosts; nil where it leaves the default.
  public struct HostParameters: Equatable, Sendable {
    public enum Recovery: String, Sendable, CaseIterable {
      case selectiveRepeat = "selective-repeat"
      case goBackN = "go-back-n"
    }
    public var acknowledgeEvery: Int?
    public var acknowledgeDelay: Time?
    public var receiveDelay: Time?
    public var notificationDelay: Time?
    public var reactionDelay: Time?
    public var recovery: Recovery?
    public var reorderPackets: Int?
    public var reorderTime: Time?
    public var minimumTimeout: Time?
    public var acknowledgementBytes: Int64?
    public var notificationBytes: Int64?
    public init() {}
  }

  public var name: String
  /// The file as it was named.
  public var file: String
  public var network = NetworkLevel.packet
  public var nodes: [Node] = []
  public var links: [Link] = []
  public var flows: [FlowGroup] = []
  public var collectives: [Collective] = []
  public var changes: [Change] = []
  /// Nodes of each site where the file says so; nil to tell by delay.
  public var sites: [[Int]]?
  /// Links of less one-way delay join their ends to one site.
  public var siteDelay = Time.microseconds(10)
  public var algorithms: [Algorithm] = []
  public var host = HostParameters()
  public var packetBytes: Int64 = 4096
  public var headerBytes: Int64 = 0
  /// Factor by which senders misjudge their round trip.
  public var roundTripError = 1.0
  /// Share of control words that is lost.
  /// Whether ports of switches take part in what needs their help; without, hosts are on their own.
  public var telemetry = true
  public var controlLoss = 0.0
  public var warmup = Time.zero
  public var duration: Time
  public var seriesInterval: Time?
  public var sampleInterval: Time?
  public var leaps = true
  public var seeds: [UInt64] = [1]
  /// By how much ``scaled(by:)`` has multiplied rates and amounts; those in the constants of algorithms follow.
  public internal(set) var scale = 1.0
}
