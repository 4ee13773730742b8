// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// A plan under instant max-min sharing: no queues, no congestion control, no losses. What arrives has only to travel.
public struct IdealExperiment: Sendable {
  /// In the order of handling at one instant.
  private enum Event: Sendable {
    case capacity(port: Int, BitRate)
    case arrival(Int)
    case start(Int)
    case stop(Int)
    case warm
    case sample

    var rank: UInt64 {
      switch self {
      case .capacity: return 0
      case .arrival: return 1
      case .start: return 2
      case .stop: return 3
      case .warm: return 4
      case .sample: return 5
      }
    }
  }

  let plan: NetworkPlan
  private let flows: [NetworkPlan.Flow]
  private let model: NetworkModel
  private var network: IdealNetwork
  private var queue = EventQueue<Event>()
  private var now = Time.zero
  private var collectives: [CollectiveProgress] = []
  private var places: [(collective: Int, connection: Int)] = []
  private var firstConnection: [Int] = []
  private var hostsDone: [Int]
  /// Messages that wait on a connection, the first of them under way.
  private var waiting: [[Int64]]
  private var ends: [Time]
  private var received: [BitTicks]
  private var receivedInWarmup: [BitTicks]
  private var receivedAtSample: [BitTicks]
  private var carriedInWarmup: [BitTicks]
  private var sampled = Time.zero
  private var events: UInt64 = 0
  private var result = ExperimentResult()

  public init(plan: NetworkPlan) {
    self.plan = plan
    flows = plan.connections
    model = NetworkModel(plan: plan, parts: plan.nodes.map { _ in 0 })
    network = IdealNetwork(capacities: model.ports.map(\.capacity))
    waiting = flows.map { _ in [] }
    ends = flows.map { _ in .never }
    received = flows.map { _ in 0 }
    receivedInWarmup = received
    receivedAtSample = received
    carriedInWarmup = model.ports.map { _ in 0 }
    hostsDone = plan.collectives.map { _ in 0 }
    for (index, collective) in plan.collectives.enumerated() {
      let schedule = CollectiveSchedule(collective)
      firstConnection.append(plan.flows.count + places.count)
      for connection in schedule.connections.indices { places.append((index, connection)) }
      collectives.append(CollectiveProgress(schedule, repeats: collective.repeats))
    }
    for (index, flow) in flows.enumerated() where flow.datagrams == nil {
      push(.start(index), at: flow.start)
      if flow.stop < plan.duration { push(.stop(index), at: flow.stop) }
    }
    for (index, port) in model.ports.enumerated() {
      for change in port.changes { push(.capacity(port: index, change.capacity), at: change.at) }
    }
    push(.warm, at: plan.warmup)
    push(.sample, at: plan.seriesInterval)
  }

  private mutating func push(_ event: Event, at time: Time) { queue.push(event, at: time, rank: event.rank) }

  /// The ideal network ties flows of one job together, by the upper bits of their names; these are all on their own.
  private func name(_ index: Int) -> FlowID { FlowID(raw: UInt64(index) << 16) }

  /// Runs to the end of the plan, and returns what came out of it.
  ///
  /// - Parameter progress: told the time reached, about two hundred times.
  public mutating func run(progress: (Time) -> Void = { _ in }) -> ExperimentResult {
    let step = Time(ticks: max(1, plan.duration.ticks / 200))
    var mark = step
    while true {
      let next = min(network.nextEvent(), queue.nextTime)
      guard next <= plan.duration else { break }
      while mark < next {
        progress(mark)
        mark += step
      }
      now = next
      settle()
      while queue.nextTime == now, let entry = queue.pop() {
        events += 1
        handle(entry.payload)
      }
      settle()
    }
    now = plan.duration
    progress(now)
    return finish()
  }

  private mutating func settle() {
    var happened: [IdealNetwork.Event] = []
    network.advance(to: now, &happened)
    network.settle(at: now, &happened)
    for case .finished(let spec) in happened {
      events += 1
      let index = Int(spec.id.raw >> 16)
      received[index] += spec.amount
      push(.arrival(index), at: now + model.paths[index].forward)
      if index >= plan.flows.count { sendNext(index) }
    }
    network.settle(at: now, &happened)
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .capacity(let port, let rate): network.setCapacity(port, rate)
    case .arrival(let index): arrive(index)
    case .start(let index):
      if index < plan.flows.count {
        open(index, plan.wireBytes(flows[index].bytes ?? 0), endless: flows[index].bytes == nil)
      } else {
        release(from: flows[index].source, collective: places[index - plan.flows.count].collective)
      }
    case .stop(let index): received[index] += network.close(name(index), at: now)
    case .warm:
      for index in flows.indices { receivedInWarmup[index] = amount(index) }
      for port in model.ports.indices { carriedInWarmup[port] = network.carried(port, at: now) }
    case .sample: takeSample()
    }
  }

  private mutating func open(_ index: Int, _ bytes: Int64, endless: Bool) {
    let path = model.paths[index].ports
    let card = model.ports[path[0]].capacity
    network.open(
      FlowSpec(
        id: name(index), source: flows[index].source, destination: flows[index].destination,
        amount: endless ? 0 : BitTicks(bytes: bytes), limit: card), path: path, demand: card, at: now)
  }

  /// What has been sent of a flow, that under way included.
  private func amount(_ index: Int) -> BitTicks { received[index] + network.sent(name(index), at: now) }

  private mutating func arrive(_ index: Int) {
    guard index >= plan.flows.count else {
      ends[index] = now
      return
    }
    let (collective, connection) = places[index - plan.flows.count]
    if collectives[collective].arrive(on: connection) != nil {
      hostsDone[collective] += 1
      let hosts = Set(collectives[collective].schedule.connections.map(\.destination)).count
      if hostsDone[collective] % hosts == 0 {
        let start = result.collectives.last { $0.collective == collective }?.end ?? plan.collectives[collective].start
        result.collectives.append(ExperimentResult.Collective(collective: collective, start: start, end: now))
      }
    }
    release(from: flows[index].destination, collective: collective)
  }

  private mutating func release(from host: Int, collective: Int) {
    for one in collectives[collective].release(from: host) {
      let index = firstConnection[collective] + one.connection
      waiting[index].append(plan.wireBytes(one.bytes))
    }
    for k in collectives[collective].schedule.connections.indices { sendNext(firstConnection[collective] + k) }
  }

  /// One message of a connection after the other.
  private mutating func sendNext(_ index: Int) {
    guard !waiting[index].isEmpty, !network.contains(name(index)) else { return }
    open(index, waiting[index].removeFirst(), endless: false)
  }

  private mutating func takeSample() {
    let span = (now - sampled).seconds
    sampled = now
    var rows: [(flow: Int, rate: Double, window: Double)] = []
    for index in flows.indices {
      let sum = amount(index)
      if sum > receivedAtSample[index] {
        rows.append((index, Double(sum - receivedAtSample[index]) / 1e11 / span, .infinity))
      }
      receivedAtSample[index] = sum
    }
    result.series.append(ExperimentResult.Sample(at: now, flows: rows, queues: model.ports.map { _ in 0 }))
    push(.sample, at: now + plan.seriesInterval)
  }

  private mutating func finish() -> ExperimentResult {
    let payload = Double(plan.packetBytes - plan.headerBytes) / Double(plan.packetBytes)
    func payloadBytes(_ amount: BitTicks) -> Int64 { Int64(amount.bytesDouble * payload) }
    for (index, flow) in flows.enumerated() {
      let all = amount(index)
      let bytes = ends[index] < .never ? flow.bytes ?? payloadBytes(all) : payloadBytes(all)
      let opened = max(flow.start, plan.warmup)
      let closed = min(min(ends[index], flow.stop), plan.duration)
      result.flows.append(
        ExperimentResult.Flow(
          group: flow.group, delivered: max(0, bytes - payloadBytes(receivedInWarmup[index])), bytes: bytes,
          start: flow.start, end: ends[index],
          alone: plan.timeAlone(bytes: flow.bytes ?? plan.packetBytes, path: model.paths[index].ports),
          measured: closed > opened ? closed - opened : .zero, retransmitted: 0))
    }
    for port in model.ports.indices {
      var one = ExperimentResult.Port()
      let carried = network.carried(port, at: now) - carriedInWarmup[port]
      let capacity =
        model.ports[port].capacity(until: plan.duration) - model.ports[port].capacity(until: plan.warmup)
      one.utilisation = capacity > 0 ? Double(carried) / Double(capacity) : 0
      one.bytesIn = carried.bytes
      one.bytesOut = carried.bytes
      result.ports.append(one)
    }
    result.events = events
    return result
  }
}
