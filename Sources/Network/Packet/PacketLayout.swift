// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// The blocks of memory of one part of the packet level, filled from a plan. ``PacketNetwork`` owns and frees them.
struct PacketLayout {
  let plan: NetworkPlan
  let partOf: [Int]
  let part: Int
  let ports: UnsafeMutablePointer<PacketPort>
  let cards: UnsafeMutablePointer<PacketCard>
  let senders: UnsafeMutablePointer<PacketSender>
  let receivers: UnsafeMutablePointer<PacketReceiver>
  let routes: UnsafeMutablePointer<PacketRoute>
  let nodeUsed: UnsafeMutablePointer<Int64>
  private(set) var steps: UnsafeMutablePointer<UInt32>
  private(set) var stepCount = 0
  /// Flows of the plan, then connections of its collectives.
  private(set) var connections: [NetworkPlan.Flow]
  private(set) var collectives: [CollectiveProgress] = []
  private(set) var collectiveOf: [(collective: Int, connection: Int)] = []
  private(set) var collectiveStart: [Int] = []
  private(set) var changes: [(at: Int64, port: Int32, index: Int32)] = []
  private(set) var starts: [Int32] = []
  private(set) var longestRoundTrip: Int64 = 0
  private(set) var localRoundTrips: [Int64]
  let processingDelay: Int64
  let sprays: Bool
  let classesInUse: Int

  init(plan: NetworkPlan, partOf: [Int], part: Int) {
    self.plan = plan
    self.partOf = partOf
    self.part = part
    processingDelay = plan.host.receiveDelay.ticks + plan.host.reactionDelay.ticks
    sprays = plan.bundles.contains { $0.balancing == .spray && $0.ports.count > 1 }
    classesInUse = Set(plan.flows.map(\.trafficClass) + plan.collectives.map(\.trafficClass)).count
    localRoundTrips = [Int64](repeating: 0, count: (plan.nodes.map(\.site).max() ?? 0) + 1)
    connections = plan.flows
    for (index, collective) in plan.collectives.enumerated() {
      collectiveStart.append(collectiveOf.count)
      let schedule = CollectiveSchedule(collective)
      for (k, c) in schedule.connections.enumerated() {
        connections.append(
          NetworkPlan.Flow(
            group: -1 - index, source: c.source, destination: c.destination, bytes: nil, start: collective.start,
            trafficClass: collective.trafficClass))
        collectiveOf.append((index, k))
      }
      collectives.append(CollectiveProgress(schedule, repeats: collective.repeats))
    }
    for stride in [
      MemoryLayout<PacketPort>.stride, MemoryLayout<PacketCard>.stride, MemoryLayout<PacketSender>.stride,
      MemoryLayout<PacketReceiver>.stride, MemoryLayout<Packet>.stride,
    ] { precondition(stride % 64 == 0, "what is fetched by cache lines is a whole number of them") }
    ports = alignedBlock(plan.ports.count)
    cards = alignedBlock(plan.ports.count)
    nodeUsed = .allocate(capacity: max(1, plan.nodes.count))
    senders = alignedBlock(connections.count)
    receivers = alignedBlock(connections.count)
    routes = alignedBlock(connections.count)
    steps = .allocate(capacity: 1)
    nodeUsed.initialize(repeating: 0, count: max(1, plan.nodes.count))
    layPorts()
    layFlows()
    for (index, flow) in connections.enumerated() where partOf[flow.source] == part { starts.append(Int32(index)) }
    let all = connections
    starts.sort { (all[Int($0)].start, $0) < (all[Int($1)].start, $1) }
  }

  private mutating func layPorts() {
    var flowControlled = [Bool](repeating: false, count: plan.nodes.count)
    for port in plan.ports where port.flowControl != nil { flowControlled[port.to] = true }
    let needsLists = classesInUse > 1 || plan.algorithm.signals.contains(.telemetry)
    for (index, port) in plan.ports.enumerated() {
      let lists =
        needsLists || !port.changes.isEmpty || port.flowControl != nil || flowControlled[port.from]
        || plan.nodes[port.from].sharedBuffer != nil
      (ports + index).initialize(
        to: PacketPort(port, index: index, plan: plan, hasLists: lists, leaves: partOf[port.to] != part))
      (cards + index).initialize(to: PacketCard())
      for (k, change) in port.changes.enumerated() {
        changes.append((change.at.ticks, Int32(index), Int32(k)))
      }
    }
    changes.sort { ($0.at, $0.port, $0.index) < ($1.at, $1.port, $1.index) }
  }

  private mutating func layFlows() {
    var routing = PlanRouting(plan)
    var bundleOf = [Int](repeating: -1, count: plan.ports.count)
    for (index, bundle) in plan.bundles.enumerated() where bundle.balancing == .spray && bundle.ports.count > 1 {
      for port in bundle.ports { bundleOf[port] = index }
    }
    // A card is one port: a flow stays on the one that it got.
    func step(_ port: Int) -> UInt32 {
      bundleOf[port] < 0 || plan.nodes[plan.ports[port].from].isHost
        ? UInt32(port) : UInt32(bundleOf[port]) | PacketNetwork.sprayed
    }
    var allSteps: [UInt32] = []
    // A site without traffic of its own goes by the links of its hosts.
    var links = localRoundTrips
    for (index, flow) in connections.enumerated() {
      let hash = PlanRouting.hash(seed: plan.seed, flow: index)
      let forward = routing.ports(from: flow.source, to: flow.destination, hash: hash) ?? []
      let back = routing.ports(from: flow.destination, to: flow.source, hash: hash) ?? []
      precondition(!forward.isEmpty && !back.isEmpty, "the plan joins all that exchange data")
      var loop = processingDelay
      for place in forward { loop += ports[place].delay + ports[place].fullTicks }
      for place in back { loop += ports[place].delay + ports[place].smallTicks }
      longestRoundTrip = max(longestRoundTrip, loop)
      let site = plan.nodes[flow.source].site
      if plan.nodes[flow.destination].site == site { localRoundTrips[site] = max(localRoundTrips[site], loop) }
      let link = ports[forward[0]]
      links[site] = max(links[site], 2 * link.delay + link.fullTicks + link.smallTicks)
      var route = PacketRoute()
      route.forward = UInt32(allSteps.count)
      route.forwardLength = UInt8(forward.count)
      allSteps += forward.map(step) + [PacketNetwork.pathEnd]
      route.back = UInt32(allSteps.count)
      route.backLength = UInt8(back.count)
      allSteps += back.map(step) + [PacketNetwork.pathEnd]
      (routes + index).initialize(to: route)
      (senders + index).initialize(to: sender(of: index, card: forward[0], hops: forward.count))
      senders[index].forward = route.forward
      (receivers + index).initialize(to: PacketReceiver())
      receivers[index].card = Int32(back[0])
      receivers[index].back = route.back
      // The receiver knows the size of what it asked for.
      receivers[index].lastSequence = senders[index].lastSequence
    }
    for site in localRoundTrips.indices where localRoundTrips[site] == 0 { localRoundTrips[site] = links[site] }
    steps.deallocate()
    stepCount = allSteps.count
    steps = alignedBlock(allSteps.count)
    for (k, step) in allSteps.enumerated() { (steps + k).initialize(to: step) }
  }

  private func sender(of index: Int, card: Int, hops: Int) -> PacketSender {
    let flow = connections[index]
    let payload = plan.packetBytes - plan.headerBytes
    var sender = PacketSender()
    sender.card = Int32(card)
    sender.trafficClass = flow.trafficClass.rawValue
    sender.limit = flow.inflightLimit
    sender.stop = flow.stop.ticks
    sender.lastPacket = UInt16(plan.packetBytes)
    guard index < plan.flows.count else { return sender }
    guard let bytes = flow.bytes else {
      sender.available = UInt32.max / 2
      return sender
    }
    let count = max(1, (bytes + payload - 1) / payload)
    precondition(count < Int64(UInt32.max) / 2, "a flow has less than two thousand million packets")
    sender.available = UInt32(count)
    sender.lastSequence = UInt32(count - 1)
    sender.lastPacket = UInt16(bytes - (count - 1) * payload + plan.headerBytes)
    return sender
  }
}
