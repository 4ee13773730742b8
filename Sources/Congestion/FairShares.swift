// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities

/// Max-min fair rates by progressive filling (Bertsekas and Gallager, Data Networks, section 6.5.2): all rates rise
/// together, and a flow stops rising when an edge that it crosses is full or its own limit is reached.
///
/// Parallel links count as one, and every node splits a flow evenly over its next hops, so these are the rates under
/// ideal balancing. Classes are filled one after the other, as strict priority serves them.
struct FairShares {
  struct Flow {
    var source: Int
    var destination: Int
    /// Most that the flow can use, in bit/s.
    var limit = Double.infinity
    var trafficClass = NetworkPlan.TrafficClass.normal
  }

  let graph: Graph
  /// Of each edge, bit/s.
  let capacities: [Double]

  func rates(_ flows: [Flow]) -> [Double] {
    var trees: [Int: Graph.Tree] = [:]
    var shares: [[(edge: Int, share: Double)]] = []
    for flow in flows {
      let tree = trees[flow.destination] ?? graph.tree(to: flow.destination)
      trees[flow.destination] = tree
      shares.append(graph.shares(from: flow.source, in: tree))
    }
    var rates = [Double](repeating: 0, count: flows.count)
    var left = capacities
    for trafficClass in NetworkPlan.TrafficClass.allCases {
      let members = flows.indices.filter { flows[$0].trafficClass == trafficClass && !shares[$0].isEmpty }
      fill(members, flows, shares, &rates, &left)
    }
    return rates
  }

  private func fill(
    _ members: [Int], _ flows: [Flow], _ shares: [[(edge: Int, share: Double)]], _ rates: inout [Double],
    _ left: inout [Double]
  ) {
    var rising = members
    while !rising.isEmpty {
      var weight = [Double](repeating: 0, count: capacities.count)
      for flow in rising { for (edge, share) in shares[flow] { weight[edge] += share } }
      var step = Double.infinity
      for edge in weight.indices where weight[edge] > 0 { step = min(step, max(0, left[edge]) / weight[edge]) }
      for flow in rising { step = min(step, flows[flow].limit - rates[flow]) }
      var isFull = [Bool](repeating: false, count: capacities.count)
      for edge in weight.indices where weight[edge] > 0 {
        left[edge] -= step * weight[edge]
        isFull[edge] = left[edge] <= capacities[edge] * 1e-12
      }
      for flow in rising { rates[flow] += step }
      rising.removeAll { flow in
        rates[flow] >= flows[flow].limit * (1 - 1e-12) || shares[flow].contains { isFull[$0.edge] }
      }
    }
  }
}

extension NetworkPlan {
  /// One edge for each bundle.
  var graph: Graph {
    Graph(
      isHost: nodes.map(\.isHost),
      edges: bundles.map { bundle in
        let port = ports[bundle.ports.lowerBound]
        let rate = bundle.ports.reduce(0.0) { $0 + ports[$1].rate.double }
        return Graph.Edge(from: port.from, to: port.to, delay: port.delay, rate: rate)
      })
  }

  /// Payload bits among the bits of a full packet.
  var payloadShare: Double { Double(packetBytes - headerBytes) / Double(packetBytes) }

  /// Payload rates of the bundles, at the beginning or, if `afterChanges`, at the end of the run.
  func payloadCapacities(afterChanges: Bool) -> [Double] {
    bundles.map { bundle in
      bundle.ports.reduce(0.0) { sum, port in
        let last = afterChanges ? ports[port].changes.last { $0.rate != nil && $0.at < duration }?.rate : nil
        return sum + (last ?? ports[port].rate).double
      } * payloadShare
    }
  }
}
