// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities

/// What a run of an experiment found out, in the terms of `congestion.json`.
public struct ExperimentResults: Equatable, Sendable {
  public struct Flow: Equatable, Sendable {
    public var group: String
    /// Payload that arrived in all.
    public var bytes: Int64
    public var start: Time
    /// From the start to the arrival of the last byte; nil if that was not reached.
    public var completion: Time?
    /// Completion time over that on an idle network.
    public var slowdown: Double?
    /// Payload that arrived while statistics were taken, over how long the flow was open then, in bit/s; nil if it was
    /// not.
    public var goodput: Double?
    public var retransmitted: Int64
  }

  public struct Port: Equatable, Sendable {
    /// "tor->sink"; parallel links are numbered from 0: "tor->sink[0]".
    public var name: String
    public var rate: BitRate
    public var statistics: ExperimentResult.Port
  }

  /// One repetition of a collective.
  public struct Collective: Equatable, Sendable {
    public var name: String
    public var repetition: Int
    public var start: Time
    public var time: Time
    /// As NCCL's tests define it, bit/s.
    public var busBandwidth: Double
    /// The most that it can be without passing chunks through the phases one behind the other, bit/s.
    public var bound: Double
  }

  public var flows: [Flow] = []
  public var ports: [Port] = []
  /// Jain's index of the goodputs of the flows that were open all the time that was measured; nil if there are none.
  public var jain: Double?
  public var collectives: [Collective] = []
  /// From the last moment at which a flow joined or left or a link changed, until every open flow stays within 10 % of
  /// its max-min fair rate; nil if that never comes, nobody is open, or collectives take part.
  public var convergence: Time?

  public init(plan: NetworkPlan, result: ExperimentResult) {
    let measured = plan.duration - plan.warmup
    var steady: [Double] = []
    for flow in result.flows {
      let isDone = flow.end != .never
      let goodput = flow.measured > .zero ? Double(flow.delivered) * 8 / flow.measured.seconds : nil
      if let goodput, flow.measured >= measured { steady.append(goodput) }
      flows.append(
        Flow(
          group: plan.groups.indices.contains(flow.group) ? plan.groups[flow.group] : "collective", bytes: flow.bytes,
          start: flow.start, completion: isDone ? flow.end - flow.start : nil,
          slowdown: isDone && flow.alone > .zero ? (flow.end - flow.start).seconds / flow.alone.seconds : nil,
          goodput: goodput, retransmitted: flow.retransmitted))
    }
    jain = Self.jain(steady)
    ports = zip(plan.portNames, zip(plan.ports, result.ports)).map {
      Port(name: $0, rate: $1.0.rate, statistics: $1.1)
    }
    collectives = CollectiveFigures(plan).repetitions(result.collectives)
    convergence = plan.collectives.isEmpty ? Convergence(plan, result).time : nil
  }

  /// (sum x)^2 / (n sum x^2), from 1/n to 1 (Jain, Chiu and Hawe, 1984); nil for no rates, or none above zero.
  public static func jain(_ rates: [Double]) -> Double? {
    let sum = rates.reduce(0, +)
    let squares = rates.reduce(0) { $0 + $1 * $1 }
    // Rounding may leave equal rates a bit above 1.
    return squares > 0 ? min(1, sum * sum / (Double(rates.count) * squares)) : nil
  }
}

extension NetworkPlan {
  /// A name for each port: its ends, and a number where links are parallel.
  public var portNames: [String] {
    var names = [String](repeating: "", count: ports.count)
    for bundle in bundles {
      for port in bundle.ports {
        let number = bundle.ports.count > 1 ? "[\(port - bundle.ports.lowerBound)]" : ""
        names[port] = "\(nodes[ports[port].from].name)->\(nodes[ports[port].to].name)\(number)"
      }
    }
    return names
  }
}
