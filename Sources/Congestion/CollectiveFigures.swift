// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities

/// Bandwidths and bounds of collectives.
///
/// Bus bandwidth is what NCCL's tests print: of n hosts with S bytes each in time t, an all-reduce has 2(n-1)/n S/t, an
/// all-to-all (n-1)/n S/t.
///
/// The bound of an all-reduce between m sites, without chunk pipelining: its ring between the sites takes 2(m-1) steps
/// one after the other, each of which carries S/m from every site. A step cannot take less than the delay of its hop
/// and S/(m C), where C is the payload rate that the hosts of a site reach together with max-min fair shares while all
/// sites send. For two sites this is t >= 2(d + S/2C). The phases inside sites are left out, so that the bound holds
/// whatever they take.
///
/// With several hosts a site, the bound takes it that they share C evenly, as max-min fairness has them; ranks that
/// took turns could hide some of one's delay behind another's sending. With several chunks, passing them one behind the
/// other may beat it as well: it is what pipelining is measured against.
///
/// The bound of an all-to-all: every site sends what its hosts owe the others at C, and then the last byte travels.
struct CollectiveFigures {
  let plan: NetworkPlan
  private let shares: FairShares

  init(_ plan: NetworkPlan) {
    self.plan = plan
    shares = FairShares(graph: plan.graph, capacities: plan.payloadCapacities(afterChanges: false))
  }

  func repetitions(_ results: [ExperimentResult.Collective]) -> [ExperimentResults.Collective] {
    let leastTimes = plan.collectives.map(leastTime)
    var counts = [Int](repeating: 0, count: plan.collectives.count)
    return results.map { result in
      let collective = plan.collectives[result.collective]
      let time = result.end - result.start
      defer { counts[result.collective] += 1 }
      return ExperimentResults.Collective(
        name: collective.name, repetition: counts[result.collective], start: result.start, time: time,
        busBandwidth: busBandwidth(collective, seconds: time.seconds),
        bound: busBandwidth(collective, seconds: leastTimes[result.collective]))
    }
  }

  private func busBandwidth(_ collective: NetworkPlan.Collective, seconds: Double) -> Double {
    let hosts = Double(collective.sites.reduce(0) { $0 + $1.count })
    let rounds: Double = collective.kind == .allReduce ? 2 : 1
    return rounds * (hosts - 1) / hosts * Double(collective.bytes) * 8 / seconds
  }

  /// The bound, in seconds.
  func leastTime(_ collective: NetworkPlan.Collective) -> Double {
    switch collective.kind {
    case .allReduce: return allReduce(collective)
    case .allToAll: return allToAll(collective)
    }
  }

  private func allReduce(_ collective: NetworkPlan.Collective) -> Double {
    // One site: its hosts are the ring.
    let sites = collective.sites.count > 1 ? collective.sites : collective.sites[0].map { [$0] }
    let count = sites.count
    var flows: [FairShares.Flow] = []
    var delays: [Double] = []
    for (index, site) in sites.enumerated() {
      var delay = 0.0
      for (rank, host) in site.enumerated() {
        let next = sites[(index + 1) % count][rank]
        flows.append(FairShares.Flow(source: host, destination: next))
        delay = max(delay, shares.graph.tree(to: next).delay[host].seconds)
      }
      delays.append(delay)
    }
    let rates = shares.rates(flows)
    var slowest = Double.infinity
    var first = 0
    for site in sites {
      slowest = min(slowest, rates[first..<first + site.count].reduce(0, +))
      first += site.count
    }
    let steps = 2 * (count - 1)
    // The chunk whose way round the ring is longest.
    let travel = (0..<count).map { start in (0..<steps).reduce(0.0) { $0 + delays[(start + $1) % count] } }.max() ?? 0
    return travel + Double(steps) * Double(collective.bytes) * 8 / (Double(count) * slowest)
  }

  private func allToAll(_ collective: NetworkPlan.Collective) -> Double {
    let sites = collective.sites.count > 1 ? collective.sites : collective.sites[0].map { [$0] }
    let hosts = sites.flatMap { $0 }
    var flows: [FairShares.Flow] = []
    var owners: [Int] = []
    var delays = [Double](repeating: 0, count: sites.count)
    let trees = hosts.map { shares.graph.tree(to: $0) }
    for (index, site) in sites.enumerated() {
      for host in site {
        for (position, other) in hosts.enumerated() where !site.contains(other) {
          flows.append(FairShares.Flow(source: host, destination: other))
          owners.append(index)
          delays[index] = max(delays[index], trees[position].delay[host].seconds)
        }
      }
    }
    let rates = shares.rates(flows)
    var sums = [Double](repeating: 0, count: sites.count)
    for (owner, rate) in zip(owners, rates) { sums[owner] += rate }
    return sites.indices.map { index in
      let owed = Double(sites[index].count * (hosts.count - sites[index].count)) * Double(collective.bytes)
      return delays[index] + owed / Double(hosts.count) * 8 / sums[index]
    }.max() ?? 0
  }
}
