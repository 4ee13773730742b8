// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What happens at the ports of a site.
extension FluidNetwork {
  func portIndex(_ spec: FlowSpec, hop: UInt8) -> Int {
    local[model.path(of: spec).ports[Int(hop)]] + model.lane(of: spec)
  }

  /// How long a word from a port takes to the source directly, and by way of the receiver.
  func ages(of spec: FlowSpec, hop: Int) -> (direct: Time, viaReceiver: Time) {
    let path = model.path(of: spec)
    var direct = Time.zero
    for earlier in path.ports[..<hop] { direct += model.ports[earlier].delay }
    return (direct, path.forward - direct + path.back)
  }

  /// A flow joins a port.
  @discardableResult
  mutating func enter(_ spec: FlowSpec, hop: UInt8, at now: Time) -> Int {
    let path = model.path(of: spec).ports
    let port = portIndex(spec, hop: hop)
    ports[port].integrate(to: now)
    let (direct, viaReceiver) = ages(of: spec, hop: Int(hop))
    ports[port].epoch &+= 1
    return ports[port].insert(
      PortFlow(
        spec: spec, hop: hop, isLast: Int(hop) == path.count - 1, direct: direct, viaReceiver: viaReceiver))
  }

  /// A flow leaves a port.
  mutating func leave(_ port: Int, _ i: Int, at now: Time) {
    let flow = ports[port].remove(at: i)
    if flow.isLast, !model.facts.isEmpty { passed[flow.spec.id, default: 0] += flow.bitsOut - flow.bitsLost }
    ports[port].statistics.bitsIn += flow.bitsIn
    ports[port].statistics.bitsOut += flow.bitsOut
    ports[port].statistics.bitsDropped += flow.bitsDropped
    ports[port].statistics.bitsLost += flow.bitsLost
    ports[port].epoch &+= 1
    touch(port, at: now)
  }

  /// Has a port look at itself when everything of this instant is known.
  mutating func touch(_ lane: Int, at now: Time) {
    let port = lane - lane % model.classes
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
    touch(port, at: now)
  }

  mutating func recompute(_ base: Int, at now: Time) {
    ports[base].recomputePending = false
    var left = ports[base].line
    for port in base..<base + model.classes {
      ports[port].integrate(to: now)
      ports[port].capacity = left
      recomputeLane(port, at: now)
      left = max(0, left - ports[port].output)
    }
  }

  private mutating func recomputeLane(_ port: Int, at now: Time) {
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
          if !flow.spec.isUnlimited {
            send(.delivered(spec: d.spec), to: model.part(of: d.spec.destination), at: arrival)
          }
          send(
            .acknowledged(flow: d.spec.id), to: model.part(of: d.spec.source),
            at: arrival + model.path(of: d.spec).back)
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
    let messages = model.facts.isEmpty ? Time.never : watchMessages(port, at: now)
    let change = min(ports[port].nextChange(), nextLook(port, at: now), messages)
    if ports[port].change.set(change) { schedule(.port(Int32(port)), at: change) }
  }

  /// Tells receivers of messages that have come through, and returns when the next one will have.
  private mutating func watchMessages(_ port: Int, at now: Time) -> Time {
    var next = Time.never
    for i in ports[port].flows.indices where ports[port].flows[i].isLast {
      let flow = ports[port].flows[i]
      let boundaries = model.facts[Int(truncatingIfNeeded: flow.spec.id.raw)].boundaries
      var arrived = flow.arrived
      while arrived < boundaries.count, flow.bitsOut - flow.bitsLost >= boundaries[arrived] {
        arrived += 1
        send(.arrived(flow: flow.spec.id), to: model.part(of: flow.spec.destination), at: now + ports[port].delay)
      }
      ports[port].flows[i].arrived = arrived
      let rate = flow.output - flow.losing
      guard arrived < boundaries.count, rate > 0 else { continue }
      let left = boundaries[arrived] - (flow.bitsOut - flow.bitsLost)
      let ticks = (left + Int128(rate) - 1) / Int128(rate)
      if ticks < Int128(Int64.max / 4) { next = min(next, now + Time(ticks: Int64(ticks))) }
    }
    return next
  }

  /// By how much a source may be wrong about the queueing delay: 1/32 of its round trip with what it believes of the
  /// queue, at least 1 us. Where it steers by the delay, which has targets of its own that may be far shorter than a round
  /// trip, an eighth of the delay, and at least 4 us, if that is less. Where the delay only says when notifications come,
  /// an eighth of the round trip, and of their interval at least.
  func delayStep(_ flow: PortFlow) -> Int64 {
    let loop = (flow.direct + flow.viaReceiver + flow.sentDelay).ticks
    guard demands.followsAcknowledgements else {
      return max(100_000, loop / 8, min(demands.notificationInterval, .seconds(1)).ticks / 8)
    }
    guard !signals.isDisjoint(with: [.delay, .telemetry]) else { return max(100_000, loop / 32) }
    return max(100_000, min(loop / 32, max(400_000, flow.sentDelay.ticks / 8)))
  }

  /// The queueing delay that a source is told: that of what joins the queue now or, where packets carry telemetry, of what
  /// leaves it now. The latter came when the queue was shorter, or longer, by how it has moved since.
  func queueDelay(_ port: Int) -> Time {
    guard signals.contains(.telemetry), ports[port].capacity > 0, ports[port].trend != 0 else {
      return ports[port].queueDelay
    }
    let inflow = max(ports[port].capacity / 100, ports[port].capacity + ports[port].trend)
    return Time(ticks: Int64(min(ports[port].queued / Int128(inflow), Int128(Int64.max / 4))))
  }

  /// What a source takes the queueing delay to be, from what it was told last.
  func believedDelay(_ flow: PortFlow, _ port: Int, at now: Time) -> Int64 {
    guard flow.sentTrend != 0, ports[port].capacity > 0, flow.sentDelay < .never else { return flow.sentDelay.ticks }
    let moved = Int128(flow.sentTrend) * Int128((now - flow.sentAt).ticks) / Int128(ports[port].capacity)
    return Int64(max(0, min(Int128(Int64.max / 4), Int128(flow.sentDelay.ticks) + moved)))
  }

  /// When a source will next be wrong about the queue, if one is to be.
  func nextLook(_ port: Int, at now: Time) -> Time {
    guard listens, ports[port].capacity > 0 else { return .never }
    let trend = ports[port].trend
    let delay = queueDelay(port).ticks
    var next = Time.never
    for flow in ports[port].flows where flow.sentTrend != trend {
      let step = delayStep(flow)
      let believed = believedDelay(flow, port, at: now)
      // Both are near enough to an empty queue, and go there.
      if trend <= 0, flow.sentTrend <= 0, believed < step, delay < step { continue }
      let drift = (Double(trend) - Double(flow.sentTrend)) / Double(ports[port].capacity)
      // Where both are not what they would be without bounds, it is looked again after an eighth of the step.
      let left = max(step / 8, drift > 0 ? step - (delay - believed) : step + (delay - believed))
      let ticks = Double(left) / abs(drift)
      if ticks < 1e15 { next = min(next, now + Time(ticks: max(1, Int64(ticks.rounded(.up))))) }
    }
    return next
  }

  mutating func tellIfChanged(_ port: Int, _ i: Int, at now: Time) {
    let flow = ports[port].flows[i]
    // The first acknowledgement comes with the first word of every port.
    var tell = flow.sentEpoch == nil && listens
    if flow.sentEpoch == nil { ports[port].flows[i].sentEpoch = ports[port].epoch }
    let told = flow.sentEpoch ?? ports[port].epoch
    let loss = flow.dropping + flow.losing
    if loss != flow.sentLoss {
      tell = tell || loss == 0 || flow.sentLoss == 0 || Double(abs(loss - flow.sentLoss)) > 0.1 * Double(flow.sentLoss)
    }
    if listens {
      let wrong = abs(queueDelay(port).ticks - believedDelay(flow, port, at: now))
      tell = tell || wrong >= delayStep(flow)
      if signals.contains(.telemetry) {
        let moved = abs(ports[port].output - flow.sentOutput)
        tell = tell || Double(moved) > 0.01 * Double(ports[port].capacity)
      }
    }
    if ports[port].marks {
      let share = ports[port].share
      let drift = abs(share - flow.sentMarked)
      tell = tell || (share == 0) != (flow.sentMarked == 0) || drift > 0.1 * max(share, flow.sentMarked)
    }
    if flow.steady, told != ports[port].epoch { tell = true }
    if tell { notify(port, i, at: now) }
  }

  /// Tells a source all that this port has to say.
  mutating func notify(_ port: Int, _ i: Int, at now: Time) {
    ports[port].integrate(to: now)
    let flow = ports[port].flows[i]
    var feedback = PortFeedback()
    if listens {
      feedback.queueDelay = queueDelay(port)
      feedback.queueBytes = ports[port].queued.bytes
      feedback.queueTrend = ports[port].trend
      feedback.capacity = BitRate(ports[port].capacity)
      feedback.output = BitRate(ports[port].output)
      feedback.sent = ports[port].sent
    }
    feedback.marked = ports[port].share
    feedback.lossRate = BitRate(flow.dropping + flow.losing)
    let lost = flow.bitsDropped + flow.bitsLost
    feedback.lost = lost - flow.lostReported
    feedback.epoch = ports[port].epoch
    ports[port].flows[i].lostReported = lost
    ports[port].flows[i].sentAt = now
    ports[port].flows[i].sentDelay = feedback.queueDelay
    ports[port].flows[i].sentTrend = feedback.queueTrend
    ports[port].flows[i].sentOutput = feedback.output.bitsPerSecond
    ports[port].flows[i].sentMarked = feedback.marked
    ports[port].flows[i].sentLoss = feedback.lossRate.bitsPerSecond
    ports[port].flows[i].sentEpoch = feedback.epoch
    // Marks, delays and losses are seen by the receiver first, when what comes into the queue now has left it. Telemetry
    // is written as a packet leaves.
    let delay = queueDelay(port)
    let isWritten = signals.contains(.telemetry)
    let way = flow.viaReceiver + (delay < .seconds(1) && !isWritten ? delay : .zero)
    send(
      .feedback(flow: flow.spec.id, hop: flow.hop, feedback), to: model.part(of: flow.spec.source), at: now + way)
  }
}
