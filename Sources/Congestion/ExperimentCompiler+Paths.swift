// SPDX-License-Identifier: Apache-2.0

import ScenarioFile

extension ExperimentCompiler {
  /// Makes sure that hosts that are to talk can reach each other, there and back.
  func checkPaths() throws(ScenarioError) {
    let fabric = joinedSwitches()
    for group in experiment.flows {
      switch group.traffic {
      case .bulk(let bulk): try check(bulk.sources, bulk.destinations, fabric, group.origin)
      case .poisson(let poisson): try check(poisson.sources, poisson.destinations, fabric, group.origin)
      case .datagrams(let datagrams): try check(datagrams.sources, datagrams.destinations, fabric, group.origin)
      case .listed(let transfers):
        var destinations: [Int: Set<Int>] = [:]
        for transfer in transfers { destinations[transfer.source, default: []].insert(transfer.destination) }
        for source in destinations.keys.sorted() {
          try check([source], (destinations[source] ?? []).sorted(), fabric, group.origin)
        }
      }
    }
    for collective in experiment.collectives {
      let hosts = collective.sites.flatMap { $0 }
      try check(hosts, hosts, fabric, collective.origin)
    }
  }

  /// Every source with every destination.
  private func check(
    _ sources: [Int], _ destinations: [Int], _ fabric: [Int], _ origin: Experiment.Origin
  ) throws(ScenarioError) {
    // Where all hosts hang on one connected set of switches, all paths are there: no need to look for each.
    let first = sources.first.flatMap { attachment($0, fabric) }
    if first != nil, (sources + destinations).allSatisfy({ attachment($0, fabric) == first }) { return }
    try search(sources, to: destinations, origin)
    // Acknowledgements have to find their way back.
    try search(destinations, to: sources, origin)
  }

  private func search(_ sources: [Int], to destinations: [Int], _ origin: Experiment.Origin) throws(ScenarioError) {
    for destination in destinations {
      let hops = graph.tree(to: destination).hops
      if let cut = sources.first(where: { hops[$0] < 0 }) {
        throw origin.error(
          "no path leads from '\(experiment.nodes[cut].name)' to '\(experiment.nodes[destination].name)'",
          "Add links or switches between them; hosts do not forward.")
      }
    }
  }

  /// For each switch the first of those it is connected with over other switches; -1 for hosts, and everywhere if links
  /// are one-way.
  private func joinedSwitches() -> [Int] {
    var first = [Int](repeating: -1, count: experiment.nodes.count)
    if experiment.links.contains(where: \.oneWay) { return first }
    for start in first.indices where first[start] < 0 && !graph.isHost[start] {
      first[start] = start
      var pending = [start]
      while let node = pending.popLast() {
        for edge in graph.leaving[node] {
          let other = graph.edges[edge].to
          if first[other] < 0, !graph.isHost[other] {
            first[other] = start
            pending.append(other)
          }
        }
      }
    }
    return first
  }

  /// The set of switches that a host hangs on; nil if it hangs on none.
  private func attachment(_ host: Int, _ fabric: [Int]) -> Int? {
    for edge in graph.leaving[host] where fabric[graph.edges[edge].to] >= 0 { return fabric[graph.edges[edge].to] }
    return nil
  }
}
