// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import ScenarioFile

extension ExperimentCompiler {
  /// Turns lengths of queue at one port into bytes.
  private struct Lengths {
    var rate: BitRate
    /// The longest base round trip of the flows that cross the link.
    var roundTrip: Time

    func bytes(_ time: Time) -> Int64 { BitTicks(rate, for: time).bytes }

    func bytes(_ extent: Experiment.Extent) -> Int64 {
      switch extent {
      case .bytes(let bytes): return bytes
      case .lineTime(let time): return bytes(time)
      case .roundTrips(let count):
        let exact = BitTicks(rate, for: roundTrip).bytesDouble * count
        return exact < 9e18 ? Int64(exact.rounded()) : .max
      }
    }

    func marking(_ rule: MarkingRule) -> NetworkPlan.Marking {
      NetworkPlan.Marking(
        minimum: bytes(rule.minimum), maximum: bytes(rule.maximum), probability: rule.probability)
    }

    func phantom(_ rule: PhantomRule) -> NetworkPlan.Phantom {
      NetworkPlan.Phantom(
        drain: rule.drain, size: bytes(rule.size), minimum: bytes(rule.minimum), maximum: bytes(rule.maximum))
    }
  }

  /// Adds the ports of every link to a plan whose flows are known.
  func addPorts(to plan: inout NetworkPlan) {
    let demands = plan.algorithm.demands
    let roundTrips = experiment.links.contains(where: \.usesRoundTrips) ? longestRoundTrips(of: plan) : []
    let changes = changesOfEdges()
    for (index, edge) in graph.edges.enumerated() {
      let link = experiment.links[linkOfEdge[index]]
      var port = NetworkPlan.Port(from: edge.from, to: edge.to, rate: link.rate, delay: link.delay)
      let lengths = Lengths(rate: link.rate, roundTrip: roundTrips.isEmpty ? .zero : roundTrips[index])
      if !graph.isHost[edge.from] {
        if let buffer = link.buffer {
          port.buffer = max(1, lengths.bytes(buffer))
        } else if experiment.nodes[edge.from].sharedBuffer == nil {
          port.buffer = Self.defaultBuffer
        }
        switch link.marking {
        case .byAlgorithm: port.marking = demands.marking.map(lengths.marking)
        case .none: break
        case .stated(let marking):
          port.marking = NetworkPlan.Marking(
            minimum: lengths.bytes(marking.minimum), maximum: lengths.bytes(marking.maximum),
            probability: marking.probability)
        }
        switch link.phantom {
        case .byAlgorithm: port.phantom = demands.phantom.map(lengths.phantom)
        case .none: break
        case .stated(let phantom):
          port.phantom = NetworkPlan.Phantom(
            drain: phantom.drain, size: lengths.bytes(phantom.size), minimum: lengths.bytes(phantom.minimum),
            maximum: lengths.bytes(phantom.maximum))
        }
      }
      switch link.loss {
      case .none: break
      case .random(let share): port.loss = .random(share)
      case .every(let count): port.loss = .every(count)
      case .bursts(let probability, let length): port.loss = .bursts(probability: probability, length: length)
      }
      if let control = link.flowControl, !graph.isHost[edge.to] {
        port.flowControl = flowControl(control, lengths, link)
      }
      port.keepsLedger = experiment.telemetry && link.telemetry && experiment.nodes[edge.from].telemetry
      port.changes = changes[index]
      let first = plan.ports.count
      plan.ports += [NetworkPlan.Port](repeating: port, count: link.parallel)
      plan.bundles.append(
        NetworkPlan.Bundle(ports: first..<plan.ports.count, balancing: link.balancing == .spray ? .spray : .ecmp))
    }
  }

  /// Left out, `resume` is two packets below `pause`, and the headroom holds what comes in while a pause travels: two
  /// delays of line rate, a packet that was under way at either end, and one being written.
  private func flowControl(
    _ control: Experiment.FlowControl, _ lengths: Lengths, _ link: Experiment.Link
  ) -> NetworkPlan.PriorityFlowControl {
    let pause = lengths.bytes(control.pause)
    let packet = experiment.packetBytes
    return NetworkPlan.PriorityFlowControl(
      pause: pause, resume: control.resume.map(lengths.bytes) ?? max(0, pause - 2 * packet),
      headroom: control.headroom.map(lengths.bytes) ?? lengths.bytes(link.delay * 2) + 3 * packet)
  }

  /// Changes of each edge, in order of time, those of one instant in order of the file.
  private func changesOfEdges() -> [[NetworkPlan.Change]] {
    var result = [[NetworkPlan.Change]](repeating: [], count: graph.edges.count)
    guard !experiment.changes.isEmpty else { return result }
    var position: [Experiment.Ends: Int] = [:]
    for (index, edge) in graph.edges.enumerated() { position[Experiment.Ends(from: edge.from, to: edge.to)] = index }
    for change in experiment.changes.enumerated().sorted(by: { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
    ) {
      let change = change.element
      for ends in change.ends {
        for direction in change.oneWay ? [ends] : [ends, ends.reversed] {
          guard let edge = position[direction] else { continue }
          result[edge].append(NetworkPlan.Change(at: change.at, rate: change.rate, delay: change.delay))
        }
      }
    }
    return result
  }

  /// For each edge the longest base round trip (propagation only) of the flows whose data or acknowledgements cross it;
  /// that of the whole experiment where none does.
  private func longestRoundTrips(of plan: NetworkPlan) -> [Time] {
    var ofFlows: [Int: [Int]] = [:]
    for flow in plan.flows { ofFlows[flow.destination, default: []].append(flow.source) }
    var senders = ofFlows.mapValues { [$0] }
    // What might arrive counts like what does, so that sizes of buffers do not depend on the seed.
    for group in experiment.flows {
      guard case .poisson(let poisson) = group.traffic else { continue }
      for destination in poisson.destinations { senders[destination, default: []].append(poisson.sources) }
    }
    for collective in experiment.collectives {
      let hosts = collective.sites.flatMap { $0 }
      for host in hosts { senders[host, default: []].append(hosts) }
    }
    var longest = graph.longestRoundTrips(
      senders.keys.sorted().map { (destination: $0, sources: senders[$0] ?? []) })
    let overall = longest.max() ?? .zero
    var position: [Experiment.Ends: Int] = [:]
    for (index, edge) in graph.edges.enumerated() { position[Experiment.Ends(from: edge.from, to: edge.to)] = index }
    for (index, edge) in graph.edges.enumerated() {
      guard let back = position[Experiment.Ends(from: edge.to, to: edge.from)], back > index else { continue }
      let both = max(longest[index], longest[back])
      longest[index] = both
      longest[back] = both
    }
    return longest.map { $0 == .zero ? overall : $0 }
  }
}

extension Experiment.Link {
  /// Whether any length of queue is stated in round trips.
  var usesRoundTrips: Bool {
    var extents: [Experiment.Extent] = []
    if let buffer { extents.append(buffer) }
    if case .stated(let marking) = marking { extents += [marking.minimum, marking.maximum] }
    if case .stated(let phantom) = phantom { extents += [phantom.size, phantom.minimum, phantom.maximum] }
    if let control = flowControl { extents += [control.pause, control.resume, control.headroom].compactMap { $0 } }
    return extents.contains { if case .roundTrips = $0 { true } else { false } }
  }
}
