// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What happens at the ports of a site.
extension FluidNetwork {
  func portIndex(_ spec: FlowSpec, hop: UInt8) -> Int {
    local[model.routes[Int(spec.source)][Int(spec.destination)][Int(hop)]]
  }

  /// A flow joins a port.
  @discardableResult
  mutating func enter(_ spec: FlowSpec, hop: UInt8, at now: Time) -> Int {
    let (from, to) = (Int(spec.source), Int(spec.destination))
    let path = model.routes[from][to]
    let port = local[path[Int(hop)]]
    ports[port].integrate(to: now)
    var direct = Time.zero
    for earlier in path[..<Int(hop)] { direct += model.ports[earlier].delay }
    let forward = model.delays[from][to] - direct
    let flow = PortFlow(
      spec: spec, hop: hop, isLast: Int(hop) == path.count - 1, direct: direct,
      viaReceiver: forward + model.delays[to][from])
    ports[port].epoch &+= 1
    let index = ports[port].insert(flow)
    ports[port].flows[index].sentEpoch = ports[port].epoch
    return index
  }

  /// A flow leaves a port.
  mutating func leave(_ port: Int, _ i: Int, at now: Time) {
    let flow = ports[port].flows.remove(at: i)
    ports[port].statistics.bitsIn += flow.bitsIn
    ports[port].statistics.bitsOut += flow.bitsOut
    ports[port].statistics.bitsDropped += flow.bitsDropped + flow.bitsLost
    ports[port].epoch &+= 1
    touch(port, allocate: usesGrants, at: now)
  }

  /// Has a port look at itself when everything of this instant is known.
  mutating func touch(_ port: Int, allocate: Bool, at now: Time) {
    if allocate, usesGrants, !ports[port].allocatePending {
      ports[port].allocatePending = true
      schedule(.allocate(Int32(port)), at: now)
    }
    if !ports[port].recomputePending {
      ports[port].recomputePending = true
      schedule(.recompute(Int32(port)), at: now)
    }
  }

  mutating func setInput(
    _ port: Int, _ i: Int, rate: Int64, lump: BitTicks, final: FlowEnd, steady: Bool, at now: Time
  ) {
    ports[port].integrate(to: now)
    if ports[port].flows[i].input != rate {
      ports[port].flows[i].input = rate
      ports[port].inputChanged = true
    }
    ports[port].addLump(lump, to: i)
    ports[port].flows[i].final = final
    ports[port].flows[i].steady = steady
    touch(port, allocate: false, at: now)
  }

  mutating func allocate(_ port: Int, at now: Time) {
    ports[port].allocatePending = false
    guard case .distanceAware(let parameters) = model.algorithm else { return }
    let (notices, release) = ports[port].allocate(at: now, parameters: parameters)
    for i in notices { notify(port, i, at: now) }
    schedule(.release(Int32(port)), at: release)
  }

  mutating func recompute(_ port: Int, at now: Time) {
    ports[port].recomputePending = false
    ports[port].integrate(to: now)
    let departures = ports[port].recompute()
    var leaving: [FlowID] = []
    for d in departures {
      if !d.isLast {
        send(
          .rate(
            spec: d.spec, hop: d.hop + 1, rate: BitRate(d.rate), lump: d.lump, final: d.final, steady: d.steady),
          to: ports[port].next, at: now + ports[port].delay)
        if d.final != .goesOn { leaving.append(d.spec.id) }
      } else if d.final != .goesOn {
        let i = ports[port].index(of: d.spec.id)!
        let flow = ports[port].flows[i]
        if d.final == .over {
          leaving.append(d.spec.id)
        } else if flow.spec.isUnlimited || flow.bitsOut - flow.bitsLost >= flow.spec.amount {
          let arrival = now + ports[port].delay
          let (from, to) = (Int(d.spec.source), Int(d.spec.destination))
          if !flow.spec.isUnlimited { send(.delivered(spec: d.spec), to: to, at: arrival) }
          send(.acknowledged(flow: d.spec.id), to: from, at: arrival + model.delays[to][from])
          leaving.append(d.spec.id)
        } else {
          // Something was lost on the way: the source will send it again.
          ports[port].flows[i].final = .goesOn
        }
      }
    }
    for i in ports[port].flows.indices { tellIfChanged(port, i, at: now) }
    for id in leaving {
      if let i = ports[port].index(of: id) { leave(port, i, at: now) }
    }
    let change = ports[port].nextChange(step: delayStep(port), marking: marking[port])
    if ports[port].change.set(change) { schedule(.port(Int32(port)), at: change) }
  }

  /// Steps of queueing delay that are worth a message: 1/32 of the shortest round trip here, at least 10 us.
  func delayStep(_ port: Int) -> Int64 {
    guard signals.contains(.delay) else { return 0 }
    var least = Int64.max
    for flow in ports[port].flows { least = min(least, (flow.direct + flow.viaReceiver).ticks) }
    return least == .max ? 0 : max(1_000_000, least / 32)
  }

  mutating func tellIfChanged(_ port: Int, _ i: Int, at now: Time) {
    let flow = ports[port].flows[i]
    let loss = flow.dropping + flow.losing
    var tell = false
    if loss != flow.sentLoss {
      tell = loss == 0 || flow.sentLoss == 0 || Double(abs(loss - flow.sentLoss)) > 0.1 * Double(flow.sentLoss)
    }
    if signals.contains(.delay) {
      let delay = ports[port].queueDelay
      let moved = abs(delay.ticks - flow.sentDelay.ticks)
      tell = tell || moved >= delayStep(port) || (delay == .zero && moved > 0)
    }
    if let marking = marking[port] {
      let share = marking.share(at: ports[port].queued)
      let drift = abs(share - flow.sentMarked)
      tell = tell || (share == 0) != (flow.sentMarked == 0) || drift > 0.1 * max(share, flow.sentMarked)
    }
    if flow.steady, flow.sentEpoch != ports[port].epoch { tell = true }
    if tell { notify(port, i, at: now) }
  }

  /// Tells a source all that this port has to say.
  mutating func notify(_ port: Int, _ i: Int, at now: Time) {
    ports[port].integrate(to: now)
    let flow = ports[port].flows[i]
    var feedback = PortFeedback()
    if usesGrants {
      feedback.grant = BitRate(flow.grant)
      ports[port].flows[i].believed = flow.grant
      feedback.fair = BitRate(flow.fairSent)
      feedback.basedOn = flow.claimSequence
    }
    if signals.contains(.delay) { feedback.queueDelay = ports[port].queueDelay }
    feedback.marked = marking[port]?.share(at: ports[port].queued) ?? 0
    feedback.lossRate = BitRate(flow.dropping + flow.losing)
    let lost = flow.bitsDropped + flow.bitsLost
    feedback.lost = lost - flow.lostReported
    feedback.epoch = ports[port].epoch
    ports[port].flows[i].lostReported = lost
    ports[port].flows[i].sentDelay = feedback.queueDelay
    ports[port].flows[i].sentMarked = feedback.marked
    ports[port].flows[i].sentLoss = feedback.lossRate.bitsPerSecond
    ports[port].flows[i].sentEpoch = feedback.epoch
    // Telemetry comes straight from the port; marks, delays and losses are seen by the receiver first.
    let way = usesGrants ? flow.direct : flow.viaReceiver
    send(
      .feedback(flow: flow.spec.id, hop: flow.hop, feedback), to: Int(flow.spec.source), at: now + way)
  }
}
