// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// Builds plans for tests of the packet level, node by node and link by link.
struct PlanBuilder {
  var plan: NetworkPlan

  init(_ algorithm: Algorithm, duration: Time, warmup: Time = .zero, seed: UInt64 = 1) {
    plan = NetworkPlan(algorithm: algorithm, duration: duration, seed: seed)
    plan.warmup = warmup
    plan.groups = ["flows"]
  }

  mutating func host(site: Int = 0) -> Int {
    plan.nodes.append(NetworkPlan.Node(name: "h\(plan.nodes.count)", isHost: true, site: site))
    return plan.nodes.count - 1
  }

  mutating func hosts(_ count: Int, site: Int = 0) -> [Int] { (0..<count).map { _ in host(site: site) } }

  mutating func switching(site: Int = 0, sharedBuffer: Int64? = nil) -> Int {
    plan.nodes.append(
      NetworkPlan.Node(name: "s\(plan.nodes.count)", isHost: false, site: site, sharedBuffer: sharedBuffer))
    return plan.nodes.count - 1
  }

  /// Parallel links in both directions. Returns the ports from `a` to `b` and from `b` to `a`.
  @discardableResult mutating func link(
    _ a: Int, _ b: Int, _ rate: BitRate, _ delay: Time, count: Int = 1, balancing: NetworkPlan.Balancing = .ecmp,
    _ configure: (inout NetworkPlan.Port) -> Void = { _ in }
  ) -> (there: Range<Int>, back: Range<Int>) {
    func ports(_ from: Int, _ to: Int) -> Range<Int> {
      let first = plan.ports.count
      for _ in 0..<count {
        var port = NetworkPlan.Port(from: from, to: to, rate: rate, delay: delay)
        if from == a { configure(&port) }
        plan.ports.append(port)
      }
      let range = first..<plan.ports.count
      plan.bundles.append(NetworkPlan.Bundle(ports: range, balancing: balancing))
      return range
    }
    return (ports(a, b), ports(b, a))
  }

  @discardableResult mutating func flow(
    _ source: Int, _ destination: Int, bytes: Int64? = nil, start: Time = .zero, stop: Time = .never,
    limit: Int64 = .max, trafficClass: NetworkPlan.TrafficClass = .normal, datagrams: NetworkPlan.Datagrams? = nil
  ) -> Int {
    plan.flows.append(
      NetworkPlan.Flow(
        group: 0, source: source, destination: destination, bytes: bytes, start: start, stop: stop,
        inflightLimit: limit, trafficClass: trafficClass, datagrams: datagrams))
    return plan.flows.count - 1
  }

  /// Runs the plan in one piece.
  func run() -> ExperimentResult {
    var experiment = PacketExperiment(plan: plan)
    return experiment.run()
  }
}

/// A controller that does nothing but keep a window of a thousand packets open: what the engine does by itself.
func wideOpen() throws -> Algorithm {
  try Algorithm(name: "cubic", parameters: [("initial_packets", 1000), ("hystart", 0)])
}

/// Jain's index: one if all are equal, 1/n if one has everything.
func jain(_ values: [Double]) -> Double {
  let sum = values.reduce(0, +)
  return sum * sum / (Double(values.count) * values.reduce(0) { $0 + $1 * $1 })
}

extension ExperimentResult.Flow {
  /// Payload bits per second after the warm-up.
  var goodput: Double { Double(delivered) * 8 / measured.seconds }
}
