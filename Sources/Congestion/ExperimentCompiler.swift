// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import ScenarioFile
import Simulation

/// Makes network plans of an experiment: one for each algorithm and seed.
///
/// - Links become bundles of ports in the order of the file, first end to second before the way back.
/// - Ports that leave hosts neither mark nor drop: a network card holds back what it cannot send.
/// - Ports of switches have a buffer of 32 MB, or share their switch's, where the file does not say; marking and
/// phantom   queues are then what the algorithm demands.
/// - Every group of flows and every source draws from a random stream of its own, so that one more group changes
/// nothing   in the others.
public struct ExperimentCompiler: Sendable {
  public let experiment: Experiment
  let graph: Graph
  /// Each edge of the graph: the link it belongs to.
  let linkOfEdge: [Int]

  /// Bytes of a port's buffer where nothing is said.
  public static let defaultBuffer: Int64 = 32_000_000
  /// Flows that one group may come to; beyond, a mistake in the load is likelier than intent.
  static let flowLimit = 20_000_000.0

  /// - Throws: if hosts that are to talk cannot reach each other.
  public init(_ experiment: Experiment) throws(ScenarioError) {
    self.experiment = experiment
    var edges: [Graph.Edge] = []
    var owners: [Int] = []
    for (index, link) in experiment.links.enumerated() {
      for ends in link.ends {
        for direction in link.oneWay ? [ends] : [ends, ends.reversed] {
          edges.append(
            Graph.Edge(
              from: direction.from, to: direction.to, delay: link.delay,
              rate: link.rate.double * Double(link.parallel)))
          owners.append(index)
        }
      }
    }
    graph = Graph(isHost: experiment.nodes.map(\.isHost), edges: edges)
    linkOfEdge = owners
    try checkPaths()
  }

  /// - Throws: for an algorithm, preset or parameter that there is not.
  public func plan(algorithm entry: Experiment.Algorithm, seed: UInt64) throws(ScenarioError) -> NetworkPlan {
    let algorithm: Algorithm
    do throws(AlgorithmError) {
      algorithm = try Algorithm(
        name: entry.spec.name, preset: entry.spec.preset,
        parameters: entry.spec.parameters.map { ($0.name, $0.value) }
      ).scaled(by: experiment.scale)
    } catch {
      let known = error.known.isEmpty ? "" : "Known are: \(error.known.joined(separator: ", "))."
      let wanted = [entry.spec.preset, entry.spec.name] + entry.spec.parameters.map(\.name)
      let near = wanted.compactMap { $0 }.first { !error.known.contains($0) && error.message.contains("'\($0)'") }
        .flatMap { Spelling.nearest($0, in: error.known) }
      throw entry.origin.error(error.message, near.map { "Did you mean '\($0)'?" } ?? known)
    }
    var plan = NetworkPlan(algorithm: algorithm, duration: experiment.duration, seed: seed)
    let sites = siteOfNodes()
    plan.nodes = zip(experiment.nodes, sites).map { node, site in
      NetworkPlan.Node(name: node.name, isHost: node.isHost, site: site, sharedBuffer: node.sharedBuffer)
    }
    plan.groups = experiment.flows.map(\.name)
    plan.flows = try flows(seed: seed)
    plan.collectives = experiment.collectives.map { collective in
      NetworkPlan.Collective(
        name: collective.name, kind: collective.kind == .allReduce ? .allReduce : .allToAll, sites: collective.sites,
        bytes: collective.bytes, chunks: collective.chunks, repeats: collective.repeats, start: collective.start,
        trafficClass: NetworkPlan.TrafficClass(collective.trafficClass))
    }
    plan.packetBytes = experiment.packetBytes
    plan.headerBytes = experiment.headerBytes
    addPorts(to: &plan)
    let needed: Signals = [.telemetry, .nearSource]
    if !algorithm.signals.isDisjoint(with: needed), plan.ports.contains(where: { !$0.keepsLedger }) {
      throw entry.origin.error(
        "'\(algorithm.name)' needs the help of every port, and some take no part ('telemetry: none')",
        "Leave the algorithm out, or let all ports take part.")
    }
    plan.host = NetworkPlan.HostParameters(experiment.host)
    plan.roundTripError = experiment.roundTripError
    plan.controlLoss = experiment.controlLoss
    plan.warmup = experiment.warmup
    if let interval = experiment.seriesInterval { plan.seriesInterval = interval }
    if let interval = experiment.sampleInterval { plan.sampleInterval = interval }
    plan.leaps = experiment.leaps
    return plan
  }

  /// The site of each node: as the file says, else what short links join, counted in the order of the file.
  private func siteOfNodes() -> [Int] {
    var site = [Int](repeating: -1, count: experiment.nodes.count)
    if let stated = experiment.sites {
      for (index, members) in stated.enumerated() { for node in members { site[node] = index } }
      return site
    }
    var sites = 0
    for first in site.indices where site[first] < 0 {
      site[first] = sites
      var pending = [first]
      while let node = pending.popLast() {
        for edge in graph.leaving[node] + graph.entering[node] where graph.edges[edge].delay < experiment.siteDelay {
          for other in [graph.edges[edge].from, graph.edges[edge].to] where site[other] < 0 {
            site[other] = sites
            pending.append(other)
          }
        }
      }
      sites += 1
    }
    return site
  }
}

extension NetworkPlan.TrafficClass {
  init(_ stated: Experiment.TrafficClass) {
    switch stated {
    case .high: self = .high
    case .normal: self = .normal
    case .low: self = .low
    }
  }
}

extension NetworkPlan.HostParameters {
  /// What the file states, and the defaults for the rest.
  init(_ stated: Experiment.HostParameters) {
    self.init()
    acknowledgeEvery = stated.acknowledgeEvery ?? acknowledgeEvery
    acknowledgeDelay = stated.acknowledgeDelay ?? acknowledgeDelay
    receiveDelay = stated.receiveDelay ?? receiveDelay
    notificationDelay = stated.notificationDelay ?? notificationDelay
    reactionDelay = stated.reactionDelay ?? reactionDelay
    switch stated.recovery {
    case .selectiveRepeat: recovery = .selectiveRepeat
    case .goBackN: recovery = .goBackN
    case nil: break
    }
    reorderPackets = stated.reorderPackets ?? reorderPackets
    reorderTime = stated.reorderTime ?? reorderTime
    minimumTimeout = stated.minimumTimeout ?? minimumTimeout
    acknowledgementBytes = stated.acknowledgementBytes ?? acknowledgementBytes
    notificationBytes = stated.notificationBytes ?? notificationBytes
  }
}
