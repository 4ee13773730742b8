// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Topology

/// Compiles the plan of an experiment to the model that the fluid level runs: nodes instead of sites, paths flow by flow.
extension NetworkModel {
  /// - Parameter parts: the part that each node belongs to; parts are numbered from 0.
  init(plan: NetworkPlan, parts: [Int]) {
    let demands = plan.algorithm.demands
    let bundleOf = NetworkModel.sprayed(plan)
    ports = plan.ports.enumerated().map { index, port in
      let isCard = plan.nodes[port.from].isHost
      // Of a sprayed bundle the first port stands for all; a host stays on the card that it got.
      let width = isCard ? 1 : Int64(bundleOf[index]?.count ?? 1)
      let capacity = BitRate(port.rate.bitsPerSecond * width)
      var one = Port(
        owner: parts[port.from], next: parts[port.to], capacity: capacity,
        delay: max(.tick, port.delay + (isCard ? .zero : plan.transmission(plan.packetBytes, at: port.rate))),
        loss: 0, bufferBytes: NetworkModel.buffer(of: port, plan: plan, width: width),
        changes: port.changes.compactMap { change in
          change.rate.map { CapacityChange(at: change.at, capacity: BitRate($0.bitsPerSecond * width)) }
        })
      one.isCard = isCard
      one.site = plan.nodes[port.from].site
      one.nextSite = plan.nodes[port.to].site
      one.keepsLedger = isCard || port.keepsLedger
      switch port.loss {
      case .none: break
      case .random(let share): one.loss = share
      case .every(let n): (one.loss, one.losesPeriodically) = (1 / Double(n), true)
      case .bursts(let probability, let length): one.loss = min(1, probability * length)
      }
      if let marking = port.marking {
        one.marking = Marking(
          minimum: BitTicks(bytes: marking.minimum * width), maximum: BitTicks(bytes: marking.maximum * width),
          probability: marking.probability)
      } else if let rule = demands.marking, !isCard {
        one.marking = Marking(rule, capacity: capacity)
      }
      if let phantom = port.phantom {
        one.phantom = PhantomQueue(
          drain: phantom.drain, size: BitTicks(bytes: phantom.size * width),
          marking: Marking(
            minimum: BitTicks(bytes: phantom.minimum * width), maximum: BitTicks(bytes: phantom.maximum * width),
            probability: 1))
      } else if let rule = demands.phantom, !isCard {
        one.phantom = PhantomQueue(rule, capacity: capacity)
      }
      return one
    }
    routes = []
    delays = []
    algorithm = plan.algorithm
    packetBytes = plan.packetBytes
    seed = plan.seed
    leaps = plan.leaps
    nodeParts = parts
    partCount = (parts.max() ?? 0) + 1
    roundTripError = plan.roundTripError
    controlLoss = plan.controlLoss
    minimumTimeout = plan.host.minimumTimeout
    longestRoundTrip = .zero
    let used = Set(plan.flows.map(\.trafficClass) + plan.collectives.map(\.trafficClass)).sorted {
      $0.rawValue < $1.rawValue
    }
    classes = max(1, used.count)
    layFlows(plan, classes: used)
  }

  /// Ports of sprayed bundles of more than one, by their first.
  private static func sprayed(_ plan: NetworkPlan) -> [Int: Range<Int>] {
    var bundles: [Int: Range<Int>] = [:]
    for bundle in plan.bundles where bundle.balancing == .spray && bundle.ports.count > 1 {
      bundles[bundle.ports.lowerBound] = bundle.ports
    }
    return bundles
  }

  private static func buffer(of port: NetworkPlan.Port, plan: NetworkPlan, width: Int64) -> Int64 {
    let own = port.buffer >= 1 << 50 ? 1 << 50 : port.buffer * width
    return min(own, plan.nodes[port.from].sharedBuffer ?? own)
  }

  private mutating func layFlows(_ plan: NetworkPlan, classes used: [NetworkPlan.TrafficClass]) {
    var routing = PlanRouting(plan)
    var local: [Int: Time] = [:]
    for (index, flow) in plan.connections.enumerated() {
      let hash = PlanRouting.hash(seed: plan.seed, flow: index)
      let forward = routing.ports(from: flow.source, to: flow.destination, hash: hash) ?? []
      let back = routing.ports(from: flow.destination, to: flow.source, hash: hash) ?? []
      precondition(!forward.isEmpty && !back.isEmpty, "the plan joins all that exchange data")
      var path = Path(ports: forward, forward: .zero, back: plan.host.receiveDelay + plan.host.reactionDelay)
      for port in forward { path.forward += ports[port].delay }
      for port in back {
        let plain = plan.ports[port]
        path.back += plain.delay + plan.transmission(plan.host.acknowledgementBytes, at: plain.rate)
      }
      path.first = plan.transmission(plan.packetBytes, at: plan.ports[forward[0]].rate)
      paths.append(path)
      let loop = path.forward + path.back + path.first
      longestRoundTrip = max(longestRoundTrip, loop)
      let site = plan.nodes[flow.source].site
      if plan.nodes[flow.destination].site == site { local[site] = max(local[site] ?? .zero, loop) }
      // Until something inside a site is known, its round trip is that over the host's own link.
      let link = plan.ports[forward[0]]
      let least = link.delay * 2 + path.first
      facts.append(
        FlowFacts(
          inflightLimit: flow.inflightLimit, lane: used.firstIndex(of: flow.trafficClass) ?? 0, site: site,
          localRoundTrip: least, boundaries: []))
    }
    for index in facts.indices { facts[index].localRoundTrip = local[facts[index].site] ?? facts[index].localRoundTrip }
    var place = plan.flows.count
    for collective in plan.collectives {
      let schedule = CollectiveSchedule(collective)
      for k in schedule.connections.indices {
        var sum: BitTicks = 0
        for _ in 0..<collective.repeats {
          for message in schedule.ofConnection[k] {
            sum += BitTicks(bytes: plan.wireBytes(schedule.messages[message].bytes))
            facts[place].boundaries.append(sum)
          }
        }
        place += 1
      }
    }
  }
}

extension NetworkPlan {
  /// How long bytes take at a rate.
  func transmission(_ bytes: Int64, at rate: BitRate) -> Time {
    guard rate > .zero else { return .zero }
    return Time(ticks: Int64(BitTicks(bytes: bytes) / Int128(rate.bitsPerSecond)))
  }

  /// Payload with the headers of its packets.
  func wireBytes(_ payload: Int64) -> Int64 {
    let most = packetBytes - headerBytes
    return payload + max(1, (payload + most - 1) / most) * headerBytes
  }

  /// The flows, then the connections of collectives.
  var connections: [Flow] {
    var all = flows
    for (index, collective) in collectives.enumerated() {
      for c in CollectiveSchedule(collective).connections {
        all.append(
          Flow(
            group: -1 - index, source: c.source, destination: c.destination, bytes: nil, start: collective.start,
            trafficClass: collective.trafficClass))
      }
    }
    return all
  }
}
