// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import ScenarioFile
import Simulation

extension ExperimentCompiler {
  /// Every flow, by start, those of one instant in the order of the file.
  func flows(seed: UInt64) throws(ScenarioError) -> [NetworkPlan.Flow] {
    var flows: [NetworkPlan.Flow] = []
    for (index, group) in experiment.flows.enumerated() {
      var blank = NetworkPlan.Flow(
        group: index, source: 0, destination: 0, bytes: nil, inflightLimit: group.inflightLimit,
        trafficClass: NetworkPlan.TrafficClass(group.trafficClass))
      switch group.traffic {
      case .bulk(let bulk): flows += bulkFlows(bulk, group.name, blank, seed: seed)
      case .poisson(let poisson): try addArrivals(poisson, group, blank, seed: seed, to: &flows)
      case .datagrams(let datagrams):
        let bits = Double(datagrams.size) * 8
        blank.datagrams = NetworkPlan.Datagrams(
          gap: max(.tick, .seconds(bits / datagrams.rate.double)), size: datagrams.size,
          isExponential: datagrams.isExponential)
        (blank.start, blank.stop) = (datagrams.start, datagrams.stop)
        for (position, source) in datagrams.sources.enumerated() {
          blank.source = source
          blank.destination = inTurn(datagrams.destinations, position, except: source)
          flows.append(blank)
        }
      case .listed(let transfers):
        for transfer in transfers {
          (blank.source, blank.destination) = (transfer.source, transfer.destination)
          (blank.bytes, blank.start) = (transfer.bytes, transfer.start)
          flows.append(blank)
        }
      }
    }
    return flows.enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }.map(\.element)
  }

  private func bulkFlows(
    _ bulk: Experiment.Bulk, _ name: String, _ blank: NetworkPlan.Flow, seed: UInt64
  ) -> [NetworkPlan.Flow] {
    let jitter = RandomStream(seed: seed, name: "start jitter").child(name)
    let permuted = bulk.permutation ? permutation(bulk, name, seed: seed) : []
    var flows: [NetworkPlan.Flow] = []
    for (position, source) in bulk.sources.enumerated() {
      for number in 0..<bulk.count {
        let index = position * bulk.count + number
        var flow = blank
        flow.source = source
        flow.destination =
          bulk.permutation ? permuted[position] : inTurn(bulk.destinations, index, except: source)
        flow.bytes = bulk.bytes
        flow.stop = bulk.stop
        flow.start = bulk.start + bulk.stagger * Int64(position)
        if bulk.startJitter > .zero {
          var stream = jitter.child(index)
          flow.start += Time(ticks: Int64(stream.uniform() * Double(bulk.startJitter.ticks)))
        }
        flows.append(flow)
      }
    }
    return flows
  }

  /// The `index`-th destination, or the one after it where that is the source itself.
  private func inTurn(_ destinations: [Int], _ index: Int, except source: Int) -> Int {
    let destination = destinations[index % destinations.count]
    return destination == source ? destinations[(index + 1) % destinations.count] : destination
  }

  /// A destination for every source. Of a group to itself: one random cycle through all (Sattolo, 1986), so that nobody
  /// sends to itself. To another group: its members shuffled, taken in turn if there are fewer of them.
  private func permutation(_ bulk: Experiment.Bulk, _ name: String, seed: UInt64) -> [Int] {
    var stream = RandomStream(seed: seed, name: "permutation").child(name)
    var shuffled = bulk.destinations
    let isCycle = bulk.sources == bulk.destinations
    for index in stride(from: shuffled.count - 1, to: 0, by: -1) {
      shuffled.swapAt(index, stream.below(isCycle ? index : index + 1))
    }
    return bulk.sources.indices.map { shuffled[$0 % shuffled.count] }
  }

  /// Arrivals of a Poisson process at every source: payload offered is `load` times the rate of all links that leave
  /// it.
  private func addArrivals(
    _ poisson: Experiment.Poisson, _ group: Experiment.FlowGroup, _ blank: NetworkPlan.Flow, seed: UInt64,
    to flows: inout [NetworkPlan.Flow]
  ) throws(ScenarioError) {
    let streams = RandomStream(seed: seed, name: "arrivals").child(group.name)
    let access = poisson.sources.map { source in graph.leaving[source].reduce(0.0) { $0 + graph.edges[$1].rate } }
    let span = (poisson.until - poisson.start).seconds
    let expected = access.reduce(0, +) * poisson.load / (8 * poisson.sizes.mean) * span
    guard expected <= Self.flowLimit else {
      throw group.origin.error(
        "about \(Quantity.rounded(expected, digits: 3)) flows would arrive, more than \(Int(Self.flowLimit))",
        "Lower the load, or shorten 'until' or 'duration'.")
    }
    for (position, source) in poisson.sources.enumerated() {
      let others = poisson.destinations.filter { $0 != source }
      guard !others.isEmpty else { continue }
      var stream = streams.child(experiment.nodes[source].name)
      let gap = 8 * poisson.sizes.mean / (access[position] * poisson.load)
      var flow = blank
      flow.source = source
      flow.start = poisson.start + .seconds(stream.exponential(mean: gap))
      while flow.start < poisson.until {
        flow.destination = others[stream.below(others.count)]
        flow.bytes = poisson.sizes.sample(&stream)
        flows.append(flow)
        flow.start += .seconds(stream.exponential(mean: gap))
      }
    }
  }
}
