// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// The fluid level of a whole plan.
///
/// Not followed at this level: priority flow control and its pauses, near-source notices, datagrams, the capacity that
/// acknowledgements take, changes of delay in mid-run, and ports of a switch that compete for a shared buffer (each may
/// use all of it). Classes have the whole buffer each.
public struct FluidExperiment: Sendable {
  let plan: NetworkPlan
  let model: NetworkModel
  private(set) var simulation: FluidSimulation
  private var collectives: [CollectiveProgress]
  /// Of each connection of a collective: which, and its number there.
  private var places: [(collective: Int, connection: Int)] = []
  private var finished: [[Time]]
  private var firstConnection: [Int] = []
  private var isOpen: Set<Int> = []
  let flows: [NetworkPlan.Flow]
  private var ends: [Time]
  /// Bits on the wire that had arrived when the warm-up was over, and at the sample before.
  private var receivedInWarmup: [BitTicks]
  private var receivedAtSample: [BitTicks]
  private var emitted: [BitTicks]
  private var sampled = Time.zero
  private var portsAtWarmup: [PortTotals] = []
  private var result = ExperimentResult()

  public init(plan: NetworkPlan) { self.init(plan: plan, parts: plan.nodes.map { _ in 0 }) }

  /// - Parameter parts: the part of each node, from 0. Results do not depend on it.
  public init(plan: NetworkPlan, parts: [Int]) {
    self.plan = plan
    model = NetworkModel(plan: plan, parts: parts)
    simulation = FluidSimulation(model: model)
    flows = plan.connections
    collectives = []
    finished = []
    for (index, collective) in plan.collectives.enumerated() {
      let schedule = CollectiveSchedule(collective)
      firstConnection.append(plan.flows.count + places.count)
      for connection in schedule.connections.indices { places.append((index, connection)) }
      collectives.append(CollectiveProgress(schedule, repeats: collective.repeats))
      finished.append([])
    }
    ends = flows.map { _ in .never }
    receivedInWarmup = flows.map { _ in 0 }
    receivedAtSample = receivedInWarmup
    emitted = receivedInWarmup
    for part in 0..<model.partCount { simulation.with(part) { network, _ in network.measureQueues() } }
  }

  /// Checks every invariant after each event, for tests.
  public var checked: Bool {
    get { simulation.checked }
    set { simulation.checked = newValue }
  }

  /// What the application of a flow does, and when.
  private enum Deed {
    case start(Int)
    case stop(Int)
    case warm
    case sample
  }

  /// Runs to the end of the plan, and returns what came out of it.
  ///
  /// - Parameter progress: told the time reached, about two hundred times.
  public mutating func run(progress: (Time) -> Void = { _ in }) -> ExperimentResult {
    var deeds: [(at: Time, deed: Deed)] = [(plan.warmup, .warm)]
    for (index, flow) in flows.enumerated() where flow.datagrams == nil {
      deeds.append((flow.start, .start(index)))
      if flow.stop < plan.duration { deeds.append((flow.stop, .stop(index))) }
    }
    var sample = plan.seriesInterval
    while sample <= plan.duration {
      deeds.append((sample, .sample))
      sample += plan.seriesInterval
    }
    let order = deeds.indices.sorted { (deeds[$0].at, $0) < (deeds[$1].at, $1) }
    let step = Time(ticks: max(1, plan.duration.ticks / 200))
    var mark = step
    for index in order {
      let (at, deed) = deeds[index]
      guard at <= plan.duration else { break }
      while mark < at {
        advance(to: mark)
        progress(mark)
        mark += step
      }
      advance(to: at)
      perform(deed)
    }
    advance(to: plan.duration)
    progress(plan.duration)
    return finish()
  }

  private mutating func perform(_ deed: Deed) {
    switch deed {
    case .start(let index): start(index)
    case .stop(let index):
      let part = model.part(of: UInt16(flows[index].source))
      simulation.with(part) { network, now in network.close(FlowID(raw: UInt64(index)), at: now) }
    case .warm: beginStatistics()
    case .sample: takeSample()
    }
    collect()
  }

  private mutating func start(_ index: Int) {
    let flow = flows[index]
    let card = model.ports[model.paths[index].ports[0]].capacity
    simulation.open(
      FlowSpec(
        id: FlowID(raw: UInt64(index)), source: flow.source, destination: flow.destination,
        amount: flow.bytes.map { BitTicks(bytes: plan.wireBytes($0)) } ?? 0, limit: card))
    guard index >= plan.flows.count else { return }
    isOpen.insert(index)
    if let amount = early.removeValue(forKey: index) { offer(index, amount) }
    release(from: flow.source, collective: places[index - plan.flows.count].collective)
  }

  /// Handles everything up to `time`, messages of collectives as they arrive.
  private mutating func advance(to time: Time) {
    while simulation.nextEvent <= time {
      simulation.step()
      if !simulation.happened.isEmpty { collect() }
    }
    simulation.run(until: time)
  }

  private mutating func collect() {
    while !simulation.happened.isEmpty {
      for happening in simulation.takeHappenings() {
        switch happening.event {
        case .delivered(let spec): ends[Int(spec.id.raw)] = happening.at
        case .closed(let spec, _, _, _): emitted[Int(spec.id.raw)] = spec.amount
        case .arrived(let id): arrive(Int(id.raw), at: happening.at)
        case .rate: break
        }
      }
    }
  }

  // MARK: Collectives

  private mutating func arrive(_ index: Int, at now: Time) {
    let (collective, connection) = places[index - plan.flows.count]
    if collectives[collective].arrive(on: connection) != nil {
      hostsDone[collective, default: 0] += 1
      // The repetition is over when its last host has all.
      if hostsDone[collective]! % hosts(of: collective) == 0 { finished[collective].append(now) }
    }
    release(from: flows[index].destination, collective: collective)
  }

  private var hostsDone: [Int: Int] = [:]
  /// What has been handed over before a connection is open.
  private var early: [Int: BitTicks] = [:]

  /// Hosts that receive something in a collective.
  private func hosts(of collective: Int) -> Int {
    Set(collectives[collective].schedule.connections.map(\.destination)).count
  }

  private mutating func release(from host: Int, collective: Int) {
    for one in collectives[collective].release(from: host) {
      let index = firstConnection[collective] + one.connection
      let amount = BitTicks(bytes: plan.wireBytes(one.bytes))
      if isOpen.contains(index) { offer(index, amount) } else { early[index, default: 0] += amount }
    }
  }

  private mutating func offer(_ index: Int, _ amount: BitTicks) {
    let part = model.part(of: UInt16(flows[index].source))
    simulation.with(part) { network, now in network.offer(FlowID(raw: UInt64(index)), amount, at: now) }
  }

  // MARK: Statistics

  private func owner(of port: Int) -> Int { model.ports[port].owner }

  private mutating func received(_ index: Int) -> BitTicks {
    if ends[index] < .never { return BitTicks(bytes: plan.wireBytes(flows[index].bytes ?? 0)) }
    guard let last = model.paths[index].ports.last else { return 0 }
    var amount: BitTicks = 0
    simulation.with(owner(of: last)) { network, now in
      amount = network.received(FlowID(raw: UInt64(index)), port: last, at: now)
    }
    return amount
  }

  private mutating func beginStatistics() {
    for index in flows.indices { receivedInWarmup[index] = received(index) }
    for part in 0..<model.partCount { simulation.with(part) { network, now in network.beginStatistics(at: now) } }
    portsAtWarmup = model.ports.indices.map { portTotals($0) }
  }

  private mutating func portTotals(_ port: Int) -> PortTotals {
    var totals = PortTotals()
    simulation.with(owner(of: port)) { network, now in totals = network.portTotals(port, at: now) }
    return totals
  }

  private mutating func takeSample() {
    let now = simulation.now
    let span = (now - sampled).seconds
    sampled = now
    var rows: [(flow: Int, rate: Double, window: Double)] = []
    for index in flows.indices where flows[index].start <= now {
      let amount = received(index)
      let moved = max(0, amount - receivedAtSample[index])
      receivedAtSample[index] = max(amount, receivedAtSample[index])
      let part = model.part(of: UInt16(flows[index].source))
      let window = simulation.sites[part].window(of: FlowID(raw: UInt64(index)))
      guard moved > 0 || window != nil else { continue }
      rows.append((index, Double(moved) / 1e11 / span, window ?? .infinity))
    }
    let queues = model.ports.indices.map { simulation.sites[owner(of: $0)].queued(port: $0).bytes }
    result.series.append(ExperimentResult.Sample(at: now, flows: rows, queues: queues))
  }

  private mutating func finish() -> ExperimentResult {
    let payload = Double(plan.packetBytes - plan.headerBytes) / Double(plan.packetBytes)
    for (index, flow) in flows.enumerated() {
      let all = received(index)
      let end = ends[index]
      let whole = end < .never ? flow.bytes : nil
      func payloadBytes(_ amount: BitTicks) -> Int64 { Int64(amount.bytesDouble * payload) }
      let bytes = whole ?? payloadBytes(min(all, flow.bytes.map { BitTicks(bytes: plan.wireBytes($0)) } ?? all))
      let opened = max(flow.start, plan.warmup)
      let closed = min(min(end, flow.stop), plan.duration)
      result.flows.append(
        ExperimentResult.Flow(
          group: flow.group, delivered: max(0, bytes - payloadBytes(receivedInWarmup[index])), bytes: bytes,
          start: flow.start, end: end,
          alone: plan.timeAlone(bytes: flow.bytes ?? plan.packetBytes, path: model.paths[index].ports),
          measured: closed > opened ? closed - opened : .zero, retransmitted: resent(index)))
    }
    for port in model.ports.indices { result.ports.append(outcome(ofPort: port)) }
    for (index, times) in finished.enumerated() {
      var start = plan.collectives[index].start
      for time in times {
        result.collectives.append(ExperimentResult.Collective(collective: index, start: start, end: time))
        start = time
      }
    }
    result.events = simulation.events + UInt64(simulation.messages)
    return result
  }

  /// Packets sent more than once.
  private func resent(_ index: Int) -> Int64 {
    let part = model.part(of: UInt16(flows[index].source))
    return simulation.sites[part].lost(of: FlowID(raw: UInt64(index))) / plan.packetBytes
  }

  private mutating func outcome(ofPort port: Int) -> ExperimentResult.Port {
    let before = portsAtWarmup.isEmpty ? PortTotals() : portsAtWarmup[port]
    let after = portTotals(port)
    let packet = Double(plan.packetBytes)
    var one = ExperimentResult.Port()
    one.bytesIn = (after.bitsIn - before.bitsIn).bytes
    one.bytesOut = (after.bitsOut - before.bitsOut).bytes
    let capacity = model.ports[port].capacity(until: plan.duration) - model.ports[port].capacity(until: plan.warmup)
    one.utilisation = capacity > 0 ? Double(after.bitsOut - before.bitsOut) / Double(capacity) : 0
    one.queueBytes = after.queue
    one.queueMicroseconds = after.queue.scaled(by: 8e6 / max(1, model.ports[port].capacity.double))
    one.drops = Int64(((after.dropped - before.dropped).bytesDouble / packet).rounded())
    one.dropsInWarmup = Int64((before.dropped.bytesDouble / packet).rounded())
    one.losses = Int64((after.lost.bytesDouble / packet).rounded())
    one.marks = Int64(((after.marked - before.marked) / 8e11 / packet).rounded())
    return one
  }
}

/// What has passed a port, all classes together, and how long its queue was.
struct PortTotals: Sendable {
  var bitsIn: BitTicks = 0
  var bitsOut: BitTicks = 0
  var dropped: BitTicks = 0
  var lost: BitTicks = 0
  var marked = 0.0
  var queue = ExperimentResult.Distribution()
}

extension FluidNetwork {
  /// Keeps the times of queue lengths from now on.
  mutating func measureQueues() { for i in ports.indices { ports[i].statistics.queue = QueueTimes() } }

  /// The warm-up is over: what queues were before is forgotten.
  mutating func beginStatistics(at now: Time) {
    for i in ports.indices { ports[i].integrate(to: now) }
    measureQueues()
  }

  /// Bits of a flow that have come through its last port.
  mutating func received(_ id: FlowID, port: Int, at now: Time) -> BitTicks {
    for i in local[port]..<local[port] + model.classes {
      ports[i].integrate(to: now)
      if let k = ports[i].index(of: id) { return ports[i].flows[k].bitsOut - ports[i].flows[k].bitsLost }
    }
    return 0
  }

  mutating func portTotals(_ port: Int, at now: Time) -> PortTotals {
    var sum = PortTotals()
    for i in local[port]..<local[port] + model.classes {
      ports[i].integrate(to: now)
      let s = ports[i].statistics
      sum.bitsIn += s.bitsIn
      sum.bitsOut += s.bitsOut
      sum.dropped += s.bitsDropped
      sum.lost += s.bitsLost
      sum.marked += s.marked
      for flow in ports[i].flows {
        sum.bitsIn += flow.bitsIn
        sum.bitsOut += flow.bitsOut
        sum.dropped += flow.bitsDropped
        sum.lost += flow.bitsLost
      }
      // Of several classes, the longest queue: the one behind.
      if let d = s.queue?.distribution, d.max >= sum.queue.max { sum.queue = d }
    }
    return sum
  }

  /// The window of an open flow; nil if it is over.
  func window(of id: FlowID) -> Double? {
    guard let slot = slots[id], sources[slot]!.phase != .closing else { return nil }
    return min(sources[slot]!.controller.window, sources[slot]!.inflightLimit)
  }

  /// Bytes of an open flow known to be lost.
  func lost(of id: FlowID) -> Int64 { slots[id].map { sources[$0]!.lost(at: now).bytes } ?? 0 }
}
