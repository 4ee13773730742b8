// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// One part of a plan at fluid level, for the drivers: the flows that start at its nodes, the ports that leave from them,
/// and what arrives at them.
///
/// Not followed at this level: priority flow control and its pauses, near-source notices, datagrams, the capacity that
/// acknowledgements take, changes of delay in mid-run, and ports of a switch that compete for a shared buffer (each may
/// use all of it). Classes have the whole buffer each.
public final class FluidPart: ExperimentPart {
  /// What the application of a flow does, and what is written down.
  enum Deed {
    case start(Int)
    case stop(Int)
    case warm
    case sample
  }

  let plan: NetworkPlan
  let partOf: [Int]
  let part: Int
  let model: NetworkModel
  var network: FluidNetwork
  /// Flows of the plan, then connections of its collectives.
  let flows: [NetworkPlan.Flow]
  private let deeds: [(at: Time, deed: Deed)]
  private var nextDeed = 0
  private var collectives: PartCollectives
  /// When the last bit arrived, of flows that end here.
  var ends: [Time]
  /// Flows that start here or pass their last port here.
  let followed: [Int]
  /// Bits on the wire that had arrived when the warm-up was over, and at the sample before.
  var receivedInWarmup: [BitTicks]
  var receivedAtSample: [BitTicks]
  var sampled = Time.zero
  var portsAtWarmup: [Int: PortTotals] = [:]
  var series: [ExperimentResult.Sample] = []
  /// Checks every invariant after each event, for tests.
  public var checked = false

  /// - Parameters:
  ///   - partOf: the part of each node of the plan.
  ///   - part: which one this is.
  public init(plan: NetworkPlan, partOf: [Int], part: Int) {
    self.plan = plan
    self.partOf = partOf
    self.part = part
    let model = NetworkModel(plan: plan, parts: partOf)
    self.model = model
    network = FluidNetwork(model: model, site: part)
    let flows = plan.connections
    self.flows = flows
    collectives = PartCollectives(plan)
    ends = flows.map { _ in .never }
    receivedInWarmup = flows.map { _ in 0 }
    receivedAtSample = receivedInWarmup
    followed = flows.indices.filter { index in
      partOf[flows[index].source] == part || model.paths[index].ports.last.map { model.ports[$0].owner } == part
    }
    deeds = FluidPart.deeds(plan, flows: flows) { partOf[$0.source] == part }
    network.measureQueues()
  }

  /// In the order in which they are done.
  private static func deeds(
    _ plan: NetworkPlan, flows: [NetworkPlan.Flow], isOwn: (NetworkPlan.Flow) -> Bool
  ) -> [(at: Time, deed: Deed)] {
    var deeds: [(at: Time, deed: Deed)] = [(plan.warmup, .warm)]
    for (index, flow) in flows.enumerated() where flow.datagrams == nil && isOwn(flow) {
      deeds.append((flow.start, .start(index)))
      if flow.stop < plan.duration { deeds.append((flow.stop, .stop(index))) }
    }
    var sample = plan.seriesInterval
    while sample <= plan.duration {
      deeds.append((sample, .sample))
      sample += plan.seriesInterval
    }
    let order = deeds.indices.sorted { (deeds[$0].at, $0) < (deeds[$1].at, $1) }
    return order.map { deeds[$0] }
  }

  private var deedTime: Time { nextDeed < deeds.count ? deeds[nextDeed].at : .never }

  public var nextTime: Time { min(deedTime, network.nextEvent) }

  public func advance(to horizon: Time, inbox: [[UInt8]]) throws(WireError) -> [PartMessage] {
    for bytes in inbox {
      var reader = ByteReader(bytes)
      for _ in 0..<(try reader.readCount(minimumSize: 9)) {
        let at = try reader.readTime()
        network.post(try reader.read(), at: at)
      }
      try reader.finish()
    }
    while nextTime < horizon {
      // What an application does at an instant follows what the network does.
      if network.nextEvent <= deedTime {
        network.step()
        collect()
        if checked { network.checkInvariants() }
      } else {
        let (at, deed) = deeds[nextDeed]
        nextDeed += 1
        perform(deed, at: at)
        collect()
      }
    }
    return takeOutbox()
  }

  /// What has to go to other parts since the last call, one message for each of them.
  private func takeOutbox() -> [PartMessage] {
    guard !network.outbox.isEmpty else { return [] }
    var messages: [PartMessage] = []
    for target in Set(network.outbox.map(\.to)).sorted() {
      let packets = network.outbox.filter { $0.to == target }
      var writer = ByteWriter()
      var earliest = Time.never
      writer.write(UInt32(packets.count))
      for packet in packets {
        earliest = min(earliest, packet.at)
        writer.write(packet.at)
        writer.write(packet.message)
      }
      messages.append(PartMessage(to: target, at: earliest, bytes: writer.bytes))
    }
    network.outbox.removeAll(keepingCapacity: true)
    return messages
  }

  // MARK: Applications

  private func perform(_ deed: Deed, at now: Time) {
    switch deed {
    case .start(let index): start(index, at: now)
    case .stop(let index): network.close(FlowID(raw: UInt64(index)), at: now)
    case .warm: beginStatistics(at: now)
    case .sample: takeSample(at: now)
    }
  }

  private func start(_ index: Int, at now: Time) {
    let flow = flows[index]
    let card = model.ports[model.paths[index].ports[0]].capacity
    network.open(
      FlowSpec(
        id: FlowID(raw: UInt64(index)), source: flow.source, destination: flow.destination,
        amount: flow.bytes.map { BitTicks(bytes: plan.wireBytes($0)) } ?? 0, limit: card),
      demand: card, at: now)
    offer(collectives.start(index), at: now)
  }

  private func collect() {
    let now = network.now
    while !network.events.isEmpty {
      let events = network.events
      network.events.removeAll(keepingCapacity: true)
      for event in events {
        switch event {
        case .delivered(let spec): ends[Int(spec.id.raw)] = now
        case .arrived(let id): offer(collectives.arrive(Int(id.raw), at: now), at: now)
        case .closed, .rate: break
        }
      }
    }
  }

  private func offer(_ offers: [PartCollectives.Offer], at now: Time) {
    for one in offers {
      network.offer(FlowID(raw: UInt64(one.flow)), BitTicks(bytes: plan.wireBytes(one.bytes)), at: now)
    }
  }

  // MARK: Results

  public func finish() -> ExperimentResult {
    var result = ExperimentResult()
    for index in flows.indices { result.flows.append(outcome(ofFlow: index)) }
    for port in model.ports.indices {
      result.ports.append(model.ports[port].owner == part ? outcome(ofPort: port) : ExperimentResult.Port())
    }
    result.collectives = collectives.results { partOf[$0] == part }
    result.series = series
    result.events = network.handled
    return result
  }
}
