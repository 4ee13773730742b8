// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What happens at the sending ends of flows.
extension FluidNetwork {
  mutating func hear(_ id: FlowID, _ hop: Int, _ feedback: PortFeedback, at now: Time) {
    guard sources[id] != nil else { return }
    sources[id]!.integrate(to: now)
    var view = sources[id]!.hops[hop]
    // The port's count replaces what was extrapolated since its last word.
    view.lost += feedback.lost
    view.since = now
    let joined = view.answered && feedback.epoch != view.feedback.epoch
    view.answered = true
    view.feedback = feedback
    if usesGrants {
      view.unheard.removeAll { $0.sequence <= feedback.basedOn }
      for (_, claim) in view.unheard { view.feedback.grant = min(view.feedback.grant, BitRate(claim)) }
    }
    sources[id]!.hops[hop] = view
    if joined { sources[id]!.resume(at: now) }
    if sources[id]!.phase == .closing {
      resendIfLost(id, at: now)
    } else {
      if usesGrants { sendClaims(id, at: now) }
      react(id, at: now)
    }
  }

  /// Tells each port what the flow could use there.
  mutating func sendClaims(_ id: FlowID, at now: Time) {
    guard var source = sources[id] else { return }
    for hop in source.hops.indices {
      var claim = source.demand
      for other in source.hops.indices where other != hop && source.hops[other].answered {
        claim = min(claim, max(1, source.hops[other].feedback.fair.bitsPerSecond))
      }
      let last = source.hops[hop].claim
      guard Double(abs(claim - last)) > 0.01 * Double(max(claim, last)) else { continue }
      sendClaim(claim, of: &source, hop: hop, at: now)
    }
    sources[id] = source
  }

  mutating func sendClaim(_ claim: Int64, of source: inout FluidSource, hop: Int, at now: Time) {
    let path = model.routes[site][Int(source.spec.destination)]
    source.hops[hop].claim = claim
    source.hops[hop].claimSequence += 1
    source.hops[hop].unheard.append((source.hops[hop].claimSequence, claim))
    source.hops[hop].feedback.grant = min(source.hops[hop].feedback.grant, BitRate(claim))
    var delay = Time.zero
    for earlier in path[..<hop] { delay += model.ports[earlier].delay }
    send(
      .claim(spec: source.spec, hop: UInt8(hop), claim: BitRate(claim), sequence: source.hops[hop].claimSequence),
      to: model.ports[path[hop]].owner, at: now + delay)
  }

  /// Runs the controller and applies what it says.
  mutating func react(_ id: FlowID, at now: Time) {
    guard var source = sources[id] else { return }
    source.integrate(to: now)
    if source.phase == .opening {
      guard source.hops.allSatisfy({ $0.answered && $0.feedback.grant > .zero }) else {
        sources[id] = source
        return
      }
      source.phase = .sending
    }
    guard source.phase == .sending else {
      sources[id] = source
      return
    }
    if !source.steady.active {
      source.controller.update(source.feedback(at: now))
      if model.leaps { _ = source.watchCycles(model.algorithm.cycle, at: now) }
    }
    let wanted = min(source.allowed, source.usage)
    let drift = Double(abs(wanted - source.rate))
    let apply =
      wanted != source.rate
      && (usesGrants || source.steady.active || drift > FluidNetwork.rateThreshold * Double(source.rate)
        || wanted == source.usage)
    if apply { source.rate = wanted }
    if source.spec.isUnlimited {
      let potential = min(source.demand, source.allowed)
      let moved = Double(abs(potential - source.reported))
      if moved > 0.01 * Double(source.reported) || (potential == source.demand && moved > 0) {
        source.reported = potential
        events.append(.rate(id, BitRate(potential)))
      }
    }
    let deadline = source.steady.active ? Time.never : max(source.controller.deadline, now + .tick)
    let wake = source.deadline.set(deadline)
    sources[id] = source
    if wake { schedule(.deadline(id), at: deadline) }
    scheduleFinish(id, at: now)
    if apply || source.steady.active {
      let port = portIndex(source.spec, hop: 0)
      if let i = ports[port].index(of: id) {
        setInput(
          port, i, rate: source.rate, lump: 0, final: .goesOn, steady: source.steady.active, at: now)
      }
    }
  }

  mutating func scheduleFinish(_ id: FlowID, at now: Time) {
    guard let source = sources[id], !source.spec.isUnlimited, source.phase == .sending else { return }
    let left = source.spec.amount - (source.emitted - source.lost(at: now))
    let net = Int128(source.rate - source.lossRate)
    var due = Time.never
    if net > 0 {
      let ticks = max(0, left) / net
      if ticks < Int128(Int64.max / 4) { due = now + Time(ticks: Int64(ticks)) }
    } else if left <= 0 {
      due = now
    }
    if sources[id]!.finish.set(due) { schedule(.finish(id), at: due) }
  }

  mutating func finishIfDone(_ id: FlowID, at now: Time) {
    sources[id]!.integrate(to: now)
    let source = sources[id]!
    let left = source.spec.amount - (source.emitted - source.lost(at: now))
    if left > Int128(max(1, source.rate)) { return scheduleFinish(id, at: now) }
    finishSending(id, lump: max(0, left), at: now)
  }

  /// The source falls silent; `lump` are the bits of the last, partial tick.
  mutating func finishSending(_ id: FlowID, lump: BitTicks, end: FlowEnd = .sent, at now: Time) {
    guard var source = sources[id] else { return }
    source.integrate(to: now)
    source.emitted += lump
    source.rate = 0
    source.phase = .closing
    sources[id] = source
    let port = portIndex(source.spec, hop: 0)
    if let i = ports[port].index(of: id) {
      setInput(port, i, rate: 0, lump: lump, final: end, steady: false, at: now)
    }
  }

  /// After the end of sending: when ports report no more losses and something is missing, it is sent again.
  mutating func resendIfLost(_ id: FlowID, at now: Time) {
    guard var source = sources[id], !source.spec.isUnlimited, source.lossRate == 0 else { return }
    let left = source.spec.amount - (source.emitted - source.lost(at: now))
    guard left > 0 else { return }
    source.phase = usesGrants ? .opening : .sending
    let port = portIndex(source.spec, hop: 0)
    if ports[port].index(of: id) == nil { enter(source.spec, hop: 0, at: now) }
    // Grants given before may be gone. A claim of nothing first tells ports that still know the flow, as the last one
    // does, to grant it anew; else they would see no reason to say again what has not changed.
    if usesGrants {
      for hop in source.hops.indices { sendClaim(0, of: &source, hop: hop, at: now) }
    }
    source.restartCycles(at: now)
    sources[id] = source
    if usesGrants { sendClaims(id, at: now) }
    react(id, at: now)
  }
}
