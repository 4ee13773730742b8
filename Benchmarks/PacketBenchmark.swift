// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities

extension Benchmark {
  /// Permutations of 2 MB flows on leaf-spine fabrics: a hop is one data or acknowledgement packet leaving one port.
  static let packets = Benchmark(
    name: "packets", summary: "packet level, packet-hops per core-second with a controller running"
  ) {
    var table = Columns(["hosts", "controller", "M hops", "M hops/s", "over 128 hosts", "events/hop", "flows done"])
    let sizes = [(16, 4, 4), (128, 16, 4), (1024, 32, 8), (8192, 64, 16)]
    for name in ["dcqcn", "distance-aware"] {
      var speeds = sizes.map { _ in Samples() }
      var results = sizes.map { _ in ExperimentResult() }
      // In turns, so that a ratio compares what ran one after the other.
      for _ in 0..<3 {
        for (k, (hosts, perLeaf, spines)) in sizes.enumerated() {
          var hops = 0.0
          var seconds = 0.0
          for _ in 0..<max(1, 2048 / hosts) {
            var experiment = PacketExperiment(plan: try permutation(hosts, perLeaf, spines, algorithm: name))
            let watch = Stopwatch()
            results[k] = experiment.run()
            seconds += watch.cpuSeconds
            hops += Double(results[k].packetHops)
          }
          speeds[k].add(hops / seconds / 1e6)
        }
      }
      for (k, (hosts, _, _)) in sizes.enumerated() {
        let result = results[k]
        table.add([
          "\(hosts)", name, figure(Double(result.packetHops) / 1e6), speeds[k].text, (speeds[k] / speeds[1]).text,
          figure(Double(result.events) / Double(result.packetHops)), "\(result.flows.filter { $0.end < .never }.count)",
        ])
      }
    }
    table.show()
    print(
      "   Others on two shared cores: ns-3 0.11-0.21 M; htsim 1.3-2.2 M at 128 hosts, 0.29 M at 1,024, 0.16 M at 8,192."
    )
  }

  private static func permutation(
    _ hosts: Int, _ perLeaf: Int, _ spines: Int, algorithm: String
  ) throws -> NetworkPlan {
    var plan = NetworkPlan(algorithm: try Algorithm(name: algorithm), duration: .microseconds(2_000))
    let leaves = hosts / perLeaf
    for host in 0..<hosts { plan.nodes.append(.init(name: "h\(host)", isHost: true)) }
    for leaf in 0..<leaves { plan.nodes.append(.init(name: "leaf\(leaf)", isHost: false)) }
    for spine in 0..<spines { plan.nodes.append(.init(name: "spine\(spine)", isHost: false)) }
    func join(_ a: Int, _ b: Int, _ gigabits: Int64) {
      for (from, to) in [(a, b), (b, a)] {
        plan.bundles.append(.init(ports: plan.ports.count..<plan.ports.count + 1))
        var port = NetworkPlan.Port(
          from: from, to: to, rate: BitRate(gigabits * 1_000_000_000), delay: .microseconds(1), buffer: 32_000_000)
        if algorithm == "dcqcn", from >= hosts {
          port.marking = .init(minimum: 4_000 * gigabits, maximum: 16_000 * gigabits, probability: 0.2)
        }
        plan.ports.append(port)
      }
    }
    for host in 0..<hosts { join(host, hosts + host / perLeaf, 100) }
    for leaf in 0..<leaves { for spine in 0..<spines { join(hosts + leaf, hosts + leaves + spine, 400) } }
    plan.groups = ["permutation"]
    for host in 0..<hosts {
      let to = (host + perLeaf * (1 + host % max(1, leaves - 1))) % hosts
      plan.flows.append(.init(group: 0, source: host, destination: to, bytes: 2_000_000))
    }
    plan.sampleInterval = plan.duration
    return plan
  }
}
