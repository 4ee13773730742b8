// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What happens at the sending ends of flows.
extension FluidNetwork {
  mutating func hear(_ id: FlowID, _ hop: Int, _ feedback: PortFeedback, at now: Time) {
    guard let slot = slots[id] else { return }
    sources[slot].integrate(to: now)
    var view = sources[slot].hops[hop]
    // The port's count replaces what was extrapolated since its last word.
    view.lost += feedback.lost
    view.since = now
    let joined = view.answered && feedback.epoch != view.feedback.epoch
    view.answered = true
    view.feedback = feedback
    sources[slot].hops[hop] = view
    if joined { sources[slot].resume(demands: demands, packetBytes: model.packetBytes, at: now) }
    reactLater(id, at: now)
  }

  /// Has a source look at itself when all that is said at this instant has been heard.
  mutating func reactLater(_ id: FlowID, at now: Time) {
    guard let slot = slots[id], !sources[slot].reactPending else { return }
    sources[slot].reactPending = true
    schedule(.react(id), at: now)
  }

  mutating func react(_ id: FlowID, at now: Time) {
    guard let slot = slots[id] else { return }
    sources[slot].reactPending = false
    sources[slot].integrate(to: now)
    if sources[slot].phase == .closing { resendIfLost(slot, at: now) }
    guard sources[slot].phase != .closing else { return }
    if usesGrants, sources[slot].book.isKnown || hasData(slot, at: now) { sendClaims(slot, at: now) }
    changeOracle(slot, at: now)
    if sources[slot].phase == .opening {
      guard sources[slot].book.isOpen else { return }
      sources[slot].phase = .sending
    }
    control(slot, at: now)
  }

  /// Runs the controller and applies what it says.
  private mutating func control(_ slot: Int, at now: Time) {
    if sources[slot].steady.active, now >= sources[slot].steady.until {
      sources[slot].wake(demands: demands, packetBytes: model.packetBytes, at: now)
    }
    if !sources[slot].steady.active {
      sources[slot].listen(at: now, demands: demands, packetBytes: model.packetBytes)
      if model.leaps {
        _ = sources[slot].watchCycles(
          demands.cycle, loop: model.longestRoundTrip, isFleet: model.facts.isEmpty, at: now)
      }
    }
    let steady = sources[slot].steady.active
    let allowed = sources[slot].allowed(at: now)
    var next =
      steady
      ? sources[slot].steady.until : sources[slot].nextUpdate(at: now, demands: demands, packetBytes: model.packetBytes)
    // The first window leaves as fast as it can, and how long that takes depends on the card.
    let plans = listens && !steady && sources[slot].isExact && !sources[slot].isOpening(at: now)
    var planned = allowed
    if plans {
      (planned, next) = sources[slot].planned(from: now, to: next, demands: demands, packetBytes: model.packetBytes)
    }
    var wanted = min(planned, sources[slot].usage)
    if sources[slot].available != nil, left(slot, at: now) <= 0 { wanted = 0 }
    let drift = Double(abs(wanted - sources[slot].wanted))
    let apply =
      wanted != sources[slot].wanted
      && (usesGrants || steady || drift > FluidNetwork.rateThreshold * Double(sources[slot].wanted)
        || wanted == sources[slot].usage || wanted == 0)
    let first = portIndex(sources[slot].spec, hop: 0)
    let hasCard = cards[first] != nil
    if apply {
      sources[slot].wanted = wanted
      if hasCard { shareLater(first, at: now) } else { sources[slot].rate = wanted }
    }
    if sources[slot].spec.isUnlimited { reportPotential(slot, allowed) }
    if listens { sources[slot].remember(at: now) }
    let due =
      plans || steady || !sources[slot].isExact
      ? next : sources[slot].nextUpdate(at: now, demands: demands, packetBytes: model.packetBytes)
    if sources[slot].deadline.set(due) { schedule(.deadline(sources[slot].spec.id), at: due) }
    scheduleFinish(slot, at: now)
    if apply || steady { enterRate(slot, at: now) }
  }

  /// Has the first port take the source's rate.
  mutating func enterRate(_ slot: Int, at now: Time) {
    let spec = sources[slot].spec
    let port = portIndex(spec, hop: 0)
    if let i = ports[port].index(of: spec.id) {
      setInput(
        port, i, rate: sources[slot].rate, lump: 0, final: .goesOn, steady: sources[slot].steady.active, at: now)
    }
  }

  /// Tells the application how fast it could send.
  private mutating func reportPotential(_ slot: Int, _ allowed: Int64) {
    let potential = min(sources[slot].demand, allowed)
    let moved = Double(abs(potential - sources[slot].reported))
    guard
      moved > 0.01 * Double(sources[slot].reported) || (potential == sources[slot].demand && moved > 0)
    else { return }
    sources[slot].reported = potential
    let id = sources[slot].spec.id
    events.append(.rate(model.facts.isEmpty ? id.base : id, BitRate(potential)))
  }

  /// What the source has still to send, by what it knows of losses.
  func left(_ slot: Int, at now: Time) -> BitTicks {
    (sources[slot].available ?? sources[slot].spec.amount)
      - (sources[slot].emitted - sources[slot].lost(at: now))
  }

  /// What is left when a source has done its part. A card sends packets at the speed of its line, each at the beginning of
  /// the time that its rate gives it: the last one leaves early by the most of that time.
  private func lastPacket(_ slot: Int) -> BitTicks {
    let source = sources[slot]
    guard usesGrants, source.available == nil, cards[portIndex(source.spec, hop: 0)] != nil else { return 0 }
    return min(BitTicks(bytes: model.packetBytes), source.spec.amount)
  }

  mutating func scheduleFinish(_ slot: Int, at now: Time) {
    guard !sources[slot].spec.isUnlimited || sources[slot].available != nil, sources[slot].phase == .sending else {
      return
    }
    let left = left(slot, at: now)
    let net = Int128(sources[slot].rate - sources[slot].lossRate)
    var due = Time.never
    if net > 0 {
      let ticks = max(0, left - lastPacket(slot)) / net
      if ticks < Int128(Int64.max / 4) { due = now + Time(ticks: Int64(ticks)) }
    } else if left <= 0, sources[slot].available == nil {
      due = now
    }
    if sources[slot].finish.set(due) { schedule(.finish(sources[slot].spec.id), at: due) }
  }

  mutating func finishIfDone(_ slot: Int, at now: Time) {
    sources[slot].integrate(to: now)
    let left = left(slot, at: now)
    if left > Int128(max(1, sources[slot].rate)) + lastPacket(slot) { return scheduleFinish(slot, at: now) }
    if sources[slot].available != nil { return pause(slot, lump: max(0, left), at: now) }
    finishSending(slot, lump: max(0, left), at: now)
  }

  /// All that the application has handed over is sent; more may follow.
  private mutating func pause(_ slot: Int, lump: BitTicks, at now: Time) {
    sources[slot].emitted += lump
    sources[slot].rate = 0
    sources[slot].wanted = 0
    if listens { sources[slot].remember(at: now) }
    let spec = sources[slot].spec
    let port = portIndex(spec, hop: 0)
    if let i = ports[port].index(of: spec.id) {
      setInput(port, i, rate: 0, lump: lump, final: .goesOn, steady: false, at: now)
    }
    if cards[port] != nil { shareLater(port, at: now) }
    changeOracle(slot, at: now)
    if usesGrants { idleLater(slot, at: now) }
  }

  /// The source falls silent; `lump` are the bits of the last, partial tick.
  mutating func finishSending(_ slot: Int, lump: BitTicks, end: FlowEnd = .sent, at now: Time) {
    sources[slot].integrate(to: now)
    sources[slot].emitted += lump
    sources[slot].rate = 0
    sources[slot].wanted = 0
    sources[slot].phase = .closing
    if usesGrants { leaveDesks(slot, at: now) }
    sources[slot].flightAtEnd =
      sources[slot].emitted.bytes - sources[slot].heard.delivered - sources[slot].heard.lostKnown
    sources[slot].finish.set(.never)
    changeOracle(slot, at: now)
    if listens { sources[slot].remember(at: now) }
    let spec = sources[slot].spec
    let port = portIndex(spec, hop: 0)
    if let i = ports[port].index(of: spec.id) {
      setInput(port, i, rate: 0, lump: lump, final: end, steady: false, at: now)
    }
    if cards[port] != nil { shareLater(port, at: now) }
  }

  /// After the end of sending: when ports report no more losses and something is missing, it is sent again.
  private mutating func resendIfLost(_ slot: Int, at now: Time) {
    guard !sources[slot].spec.isUnlimited, sources[slot].lossRate == 0, left(slot, at: now) > 0,
      sources[slot].finish.due == .never
    else { return }
    if listens, sources[slot].losesTail(left(slot, at: now).bytes, packetBytes: model.packetBytes) {
      let due = now + max(model.minimumTimeout, sources[slot].roundTrip + sources[slot].queueDelay(at: now))
      if sources[slot].finish.set(due) { schedule(.finish(sources[slot].spec.id), at: due) }
      return
    }
    resend(slot, at: now)
  }

  /// Nothing has come back for so long that the rest counts as lost.
  mutating func timeOut(_ slot: Int, at now: Time) {
    sources[slot].integrate(to: now)
    guard left(slot, at: now) > 0 else { return }
    var feedback = sources[slot].collect(at: now, demands: demands, packetBytes: model.packetBytes)
    feedback.timedOut = true
    feedback.lost = max(feedback.lost, left(slot, at: now).bytes)
    sources[slot].controller.update(feedback)
    resend(slot, at: now)
    reactLater(sources[slot].spec.id, at: now)
  }

  private mutating func resend(_ slot: Int, at now: Time) {
    sources[slot].finish.set(.never)
    sources[slot].phase = usesGrants ? .opening : .sending
    let spec = sources[slot].spec
    let port = portIndex(spec, hop: 0)
    if ports[port].index(of: spec.id) == nil { enter(spec, hop: 0, at: now) }
    // All ports but the last have forgotten the flow, and what they said of their queues holds no longer.
    for hop in sources[slot].hops.indices.dropLast() { sources[slot].hops[hop].forgetQueue() }
    sources[slot].restartCycles(at: now)
  }
}
