// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Paths through the network of a plan: the fewest links, then the least delay; among equals, and among parallel links, a
/// hash of the flow decides.
///
/// Distances are found from each destination backwards and kept per switch at which hosts hang, so that thousands of hosts
/// cost no more than their switches.
struct PlanRouting {
  let plan: NetworkPlan
  /// Bundles by the node that they leave from and that they lead to.
  private var outgoing: [[Int]]
  private var incoming: [[Int]]
  private var cache: [Int: [Cost]] = [:]

  private struct Cost {
    var links: Int32 = .max
    var delay: Int64 = .max
    var isKnown: Bool { links < .max }
    static func < (a: Cost, b: Cost) -> Bool { (a.links, a.delay) < (b.links, b.delay) }
    static func == (a: Cost, b: Cost) -> Bool { a.links == b.links && a.delay == b.delay }
  }

  init(_ plan: NetworkPlan) {
    self.plan = plan
    outgoing = plan.nodes.map { _ in [] }
    incoming = plan.nodes.map { _ in [] }
    for (index, bundle) in plan.bundles.enumerated() {
      let port = plan.ports[bundle.ports.lowerBound]
      outgoing[port.from].append(index)
      incoming[port.to].append(index)
    }
  }

  private func port(_ bundle: Int) -> NetworkPlan.Port { plan.ports[plan.bundles[bundle].ports.lowerBound] }

  /// The node before a host with one link towards it: hosts behind one switch share its distances.
  private func anchor(_ destination: Int) -> Int {
    guard plan.nodes[destination].isHost, incoming[destination].count == 1 else { return destination }
    return port(incoming[destination][0]).from
  }

  private mutating func costs(to node: Int) -> [Cost] {
    if let known = cache[node] { return known }
    var costs = [Cost](repeating: Cost(), count: plan.nodes.count)
    costs[node] = Cost(links: 0, delay: 0)
    var layer = [node]
    while !layer.isEmpty {
      // All of a layer are equally many links away; delays may still improve within the next.
      var next: [Int] = []
      for reached in layer {
        for bundle in incoming[reached] {
          let from = port(bundle).from
          // Hosts do not forward.
          if plan.nodes[reached].isHost && reached != node { continue }
          let cost = Cost(links: costs[reached].links + 1, delay: costs[reached].delay + port(bundle).delay.ticks)
          if !costs[from].isKnown { next.append(from) }
          if cost < costs[from] { costs[from] = cost }
        }
      }
      layer = next.sorted()
    }
    cache[node] = costs
    return costs
  }

  /// Bundles from `source` to `destination`; nil if there is no way.
  mutating func bundles(from source: Int, to destination: Int, hash: UInt64) -> [Int]? {
    if source == destination { return [] }
    let anchor = anchor(destination)
    let costs = costs(to: anchor)
    var path: [Int] = []
    var node = source
    var mix = hash
    while node != anchor {
      guard costs[node].isKnown else { return nil }
      let equal = outgoing[node].filter { bundle in
        let next = port(bundle).to
        return costs[next].isKnown && !(plan.nodes[next].isHost && next != anchor)
          && costs[next].links + 1 == costs[node].links
          && costs[next].delay + port(bundle).delay.ticks == costs[node].delay
      }
      guard !equal.isEmpty else { return nil }
      let choice = equal.count == 1 ? equal[0] : equal[Int(PlanRouting.spread(&mix, node) % UInt64(equal.count))]
      path.append(choice)
      node = port(choice).to
    }
    if anchor != destination {
      path.append(incoming[destination][0])
    }
    return path
  }

  /// Ports from `source` to `destination`: for a sprayed bundle its first, else one chosen by the hash.
  mutating func ports(from source: Int, to destination: Int, hash: UInt64) -> [Int]? {
    var mix = hash
    return bundles(from: source, to: destination, hash: hash)?.map { index in
      let bundle = plan.bundles[index]
      guard bundle.balancing == .ecmp, bundle.ports.count > 1 else { return bundle.ports.lowerBound }
      return bundle.ports.lowerBound + Int(PlanRouting.spread(&mix, index) % UInt64(bundle.ports.count))
    }
  }

  /// The hash of a flow by which paths are chosen, the same at every level.
  static func hash(seed: UInt64, flow: Int) -> UInt64 {
    var stream = RandomStream(seed: seed, name: "path").child(flow)
    return stream.next()
  }

  private static func spread(_ state: inout UInt64, _ place: Int) -> UInt64 {
    state = (state ^ UInt64(place)) &* 0x9E37_79B9_7F4A_7C15
    state ^= state >> 29
    state = state &* 0xBF58_476D_1CE4_E5B9
    return state >> 32
  }
}

extension NetworkPlan {
  /// What `bytes` of payload take alone over `path`, store and forward, to the tick: packets follow one another at the pace
  /// of the slowest port so far, and the last, which may be shorter, can catch up with those before it.
  package func timeAlone(bytes: Int64, path: [Int], rate: (Port) -> BitRate = { $0.rate }) -> Time {
    let payload = packetBytes - headerBytes
    let count = max(1, (bytes + payload - 1) / payload)
    let lastBytes = bytes - (count - 1) * payload + headerBytes
    // When the first, the last but one and the last packet have passed the ports so far.
    var first: Int64 = 0
    var slowest: Int64 = 0
    var last: Int64 = 0
    for port in path {
      let bits = rate(ports[port]).bitsPerSecond
      let full = PacketPort.ticks(bytes: packetBytes, rate: bits)
      first += full
      slowest = max(slowest, full)
      if count > 1 { last = max(last, first + (count - 2) * slowest) }
      last += PacketPort.ticks(bytes: lastBytes, rate: bits) + ports[port].delay.ticks
      first += ports[port].delay.ticks
    }
    return Time(ticks: last)
  }

  /// Propagation over `path`.
  func delay(of path: [Int]) -> Time { path.reduce(Time.zero) { $0 + ports[$1].delay } }
}
