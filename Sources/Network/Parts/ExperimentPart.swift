// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// What one part of a network under experiment tells another: everything of one window, in bytes.
public struct PartMessage: Equatable, Sendable {
  public var to: Int
  /// The earliest instant at which any of it arrives.
  public var at: Time
  public var bytes: [UInt8]
  public init(to: Int, at: Time, bytes: [UInt8]) {
    self.to = to
    self.at = at
    self.bytes = bytes
  }
}

/// Some nodes of a network under experiment, at one level: a deterministic machine that is told how far it may go and what
/// has come in, and answers with what goes out.
public protocol ExperimentPart: AnyObject {
  /// When something happens here next if nothing comes in.
  var nextTime: Time { get }
  /// Handles what has come in and everything before `horizon`.
  func advance(to horizon: Time, inbox: [[UInt8]]) throws(WireError) -> [PartMessage]
  /// Statistics of what this part owns; to be merged with those of the others.
  func finish() -> ExperimentResult
  /// The whole state between two calls, for ``NetworkPlan/makePart(level:partOf:part:state:)``; nil of a level that has to
  /// be run again from the start.
  func snapshot() -> [UInt8]?
}

extension ExperimentPart {
  public func snapshot() -> [UInt8]? { nil }
}

/// Which level of the network to run.
public enum ExperimentLevel: String, CaseIterable, Sendable {
  case packet, fluid, ideal
}

extension NetworkPlan {
  /// The part of each node if the plan is cut by sites; all zero where something sees the whole network at once.
  public func parts(of level: ExperimentLevel) -> [Int] {
    if level == .ideal || algorithm.signals.contains(.oracle) { return nodes.map { _ in 0 } }
    let sites = Array(Set(nodes.map(\.site))).sorted()
    return nodes.map { sites.firstIndex(of: $0.site)! }
  }
}

extension NetworkPlan {
  /// One part of the plan's network as it was when its state was written.
  public func makePart(
    level: ExperimentLevel, partOf: [Int], part: Int, state: [UInt8]
  ) throws(WireError) -> any ExperimentPart {
    guard level == .packet else { throw .badValue("a state of the level '\(level.rawValue)', which writes none") }
    return try PacketPart(plan: self, partOf: partOf, part: part, state: state)
  }

  /// One part of the plan's network, at its beginning.
  public func makePart(level: ExperimentLevel, partOf: [Int], part: Int) -> any ExperimentPart {
    switch level {
    case .packet: return PacketPart(plan: self, partOf: partOf, part: part)
    case .fluid: return FluidPart(plan: self, partOf: partOf, part: part)
    case .ideal: return IdealPart(plan: self)
    }
  }
}

/// How soon what one part does can reach another: sums of delays of links between parts.
public struct PartLookahead: Sendable {
  private let distances: [[Time]]
  private let echoes: [Time]

  public init(plan: NetworkPlan, partOf: [Int]) {
    let count = (partOf.max() ?? 0) + 1
    var distances = [[Time]](repeating: [Time](repeating: .never, count: count), count: count)
    for port in plan.ports {
      let (a, b) = (partOf[port.from], partOf[port.to])
      guard a != b else { continue }
      var delay = port.delay
      for change in port.changes { if let changed = change.delay { delay = min(delay, changed) } }
      // Words of flow control go against the direction of data.
      distances[a][b] = min(distances[a][b], delay)
      distances[b][a] = min(distances[b][a], delay)
    }
    for k in 0..<count {
      for i in 0..<count where i != k && distances[i][k] < .never {
        for j in 0..<count where j != i { distances[i][j] = min(distances[i][j], distances[i][k] + distances[k][j]) }
      }
    }
    self.distances = distances
    echoes = (0..<count).map { k in
      var least = Time.never
      for j in 0..<count where j != k { least = min(least, distances[k][j] + distances[j][k]) }
      return least
    }
  }

  public var count: Int { echoes.count }

  /// How far each part may go if part k does nothing before `acts[k]`: strictly before the bound.
  public func bounds(acts: [Time], end: Time) -> [Time] {
    (0..<count).map { k in
      var bound = min(end, acts[k] + echoes[k])
      for j in 0..<count where j != k { bound = min(bound, acts[j] + distances[j][k]) }
      return bound
    }
  }
}

extension ExperimentResult {
  /// Adds what another part has found out: each owns some flows' ends and some ports.
  public mutating func merge(_ other: ExperimentResult) {
    for k in flows.indices where k < other.flows.count {
      flows[k].delivered += other.flows[k].delivered
      flows[k].bytes += other.flows[k].bytes
      flows[k].end = min(flows[k].end, other.flows[k].end)
      flows[k].retransmitted += other.flows[k].retransmitted
      flows[k].measured = min(flows[k].measured, other.flows[k].measured)
    }
    for k in ports.indices where k < other.ports.count {
      // Everything is known where a port begins, but for its pauses: they come from where it ends.
      let pauses = ports[k].pauses + other.ports[k].pauses
      var counted = other.ports[k]
      counted.pauses = 0
      if counted != Port() { ports[k] = counted }
      ports[k].pauses = pauses
    }
    for k in collectives.indices where k < other.collectives.count {
      collectives[k].end = max(collectives[k].end, other.collectives[k].end)
    }
    for k in series.indices where k < other.series.count { series[k].merge(other.series[k]) }
    events += other.events
    packetHops += other.packetHops
  }
}

extension ExperimentResult {
  /// Call once all parts are merged: repetitions of a collective follow one another, and those that never ended go.
  public mutating func closeCollectives() {
    for k in collectives.indices.dropFirst() where collectives[k].collective == collectives[k - 1].collective {
      collectives[k].start = collectives[k - 1].end
    }
    collectives.removeAll { $0.end == .never }
  }
}

extension ExperimentResult.Sample {
  /// Rates come from the part of the destination, windows from that of the source.
  mutating func merge(_ other: ExperimentResult.Sample) {
    var merged: [(flow: Int, rate: Double, window: Double)] = []
    var (i, j) = (0, 0)
    while i < flows.count || j < other.flows.count {
      if j == other.flows.count || i < flows.count && flows[i].flow < other.flows[j].flow {
        merged.append(flows[i])
        i += 1
      } else if i == flows.count || other.flows[j].flow < flows[i].flow {
        merged.append(other.flows[j])
        j += 1
      } else {
        merged.append(
          (flows[i].flow, flows[i].rate + other.flows[j].rate, min(flows[i].window, other.flows[j].window)))
        i += 1
        j += 1
      }
    }
    flows = merged
    for k in queues.indices where k < other.queues.count { queues[k] += other.queues[k] }
  }
}
