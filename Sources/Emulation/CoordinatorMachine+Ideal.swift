// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Records
import Simulation
import Site

/// The ideal network, which stands beside the coordinator: it learns of flows at once and shares all links max-min.
extension CoordinatorMachine {
  func nextCapacityChange() -> Time {
    var next = Time.never
    for port in plan.network.ports {
      for change in port.changes where change.at > view.now { next = min(next, change.at) }
    }
    for change in plan.network.switches where change.at > view.now { next = min(next, change.at) }
    return next
  }

  mutating func advanceIdeal(to now: Time) {
    var events: [IdealNetwork.Event] = []
    ideal!.advance(to: now, &events)
    for (index, port) in plan.network.ports.enumerated() {
      for change in port.changes where change.at == now { ideal!.setCapacity(index, change.capacity) }
    }
    for change in plan.network.switches where change.at == now && change.way != NetworkModel.nowhere {
      ideal!.reroute(
        from: change.from, to: change.to,
        path: plan.network.route(from: change.from, to: change.to, way: change.way), at: now)
    }
    report(events, at: now)
  }

  /// The way that traffic takes at the ideal level, which follows routes as they change.
  private func path(of spec: FlowSpec, at now: Time) -> [Int] {
    var way: UInt16 = 0
    for change in plan.network.switches where change.at <= now {
      if change.from == Int(spec.source), change.to == Int(spec.destination), change.way != NetworkModel.nowhere {
        way = change.way
      }
    }
    return plan.network.route(from: Int(spec.source), to: Int(spec.destination), way: way)
  }

  mutating func settleIdeal(at now: Time) {
    var events: [IdealNetwork.Event] = []
    ideal!.settle(at: now, &events)
    report(events, at: now)
  }

  mutating func hear(_ message: IdealMessage, at now: Time) {
    switch message {
    case .open(let spec, let demand):
      let path = path(of: spec, at: now)
      idealStarts[spec.id] = now
      ideal!.open(spec, path: path, demand: demand, at: now)
    case .close(let id):
      let sent = ideal!.close(id, at: now)
      idealStarts[id].map { record(id, kind: .gradient, sent: sent, started: $0, ended: now) }
      idealStarts[id] = nil
    case .rate, .delivered: preconditionFailure("a message that only sites understand")
    }
  }

  private mutating func report(_ events: [IdealNetwork.Event], at now: Time) {
    for event in events {
      switch event {
      case .rate(let id, let rate): send(.ideal(.rate(id, rate)), to: source(of: id), at: now)
      case .finished(let spec):
        let (from, to) = (Int(spec.source), Int(spec.destination))
        let arrival = now + plan.network.delays[from][to]
        send(.ideal(.delivered(spec)), to: to, at: arrival)
        if let started = idealStarts.removeValue(forKey: spec.id) {
          let kind: FlowKind = FlowOrdinal.kind(spec.id.ordinal) == .checkpoint ? .checkpoint : .staging
          records.append(
            .flow(
              FlowRecord(
                kind: kind, job: spec.id.job, segment: spec.id.segment, from: Int32(from), to: Int32(to),
                bytes: spec.amount.bytes, start: started, end: arrival,
                alone: plan.network.timeAlone(spec.amount, from: from, to: to, limit: spec.limit))))
        }
      }
    }
  }

  /// Flows between the sites of a job are numbered by the pair of members that they join.
  private func ring(of id: FlowID) -> (from: Int, to: Int) {
    let pieces = states[id.job]?.pieces ?? []
    let edges = plan.edges(of: plan.jobs[Int(id.job)], pieces: pieces.count)
    let edge = FlowOrdinal.edge(of: id.ordinal)
    guard edges.indices.contains(edge) else { return (0, 0) }
    return (Int(pieces[edges[edge].0].site), Int(pieces[edges[edge].1].site))
  }

  private func source(of id: FlowID) -> Int { ring(of: id).from }

  private mutating func record(_ id: FlowID, kind: FlowKind, sent: BitTicks, started: Time, ended: Time) {
    let (from, to) = ring(of: id)
    records.append(
      .flow(
        FlowRecord(
          kind: kind, job: id.job, segment: id.segment, from: Int32(from), to: Int32(to), bytes: sent.bytes,
          start: started, end: ended + plan.network.delays[from][to], alone: .zero)))
  }
}
