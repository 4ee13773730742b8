// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// The sending ends of flows: what acknowledgements, losses and timers do to them.
///
/// Losses are found as QUIC (RFC 9002) finds them: every sending has a number of its own, and one that is overtaken by more
/// than ``NetworkPlan/HostParameters/reorderPackets`` later ones is lost; on sprayed paths, one that is overtaken by more
/// than ``NetworkPlan/HostParameters/reorderTime``.
extension PacketNetwork {
  mutating func startFlows() {
    while nextStart < starts.count {
      let flow = Int(starts[nextStart])
      let at = connections[flow].start.ticks
      if at > now {
        queue.push(PacketEvent(time: at, kind: .start, place: 0))
        return
      }
      nextStart += 1
      open(flow)
    }
  }

  private mutating func open(_ flow: Int) {
    let s = senders + flow
    let spec = connections[flow]
    if spec.datagrams != nil {
      s.pointee.phase = .datagrams
      sendDatagram(flow)
      return
    }
    s.pointee.phase = .open
    let slot: UInt32
    if let free = freeSlots.popLast() {
      slot = free
    } else {
      slot = UInt32(usedSlots)
      usedSlots += 1
    }
    s.pointee.slot = slot
    let context = context(of: flow)
    if Int(slot) == contexts.count { contexts.append(context) } else { contexts[Int(slot)] = context }
    bank.start(Int(slot), context: context, parameters: plan.algorithm.values)
    (controllers, controllerStride) = bank.storage
    s.pointee.deliveredAt = now
    s.pointee.flightStart = now
    s.pointee.lastSend = now
    s.pointee.nextSend = now
    s.pointee.rate = -1
    apply(bank.allowance(Int(slot)), to: flow)
    s.pointee.nextSend = now
    if flow >= firstCollective {
      release(from: spec.source, collective: collectiveOf[flow - firstCollective].collective)
    }
    if steersByRate { wantsToSend(flow) }
    setTimer(flow)
    wake(flow)
  }

  /// What the controller of a flow is told at its start.
  func context(of flow: Int) -> FlowContext {
    let spec = connections[flow]
    let route = routes[flow]
    let base = baseRoundTrip(of: flow)
    var context = FlowContext(
      now: Time(ticks: now), roundTrip: Time(ticks: Int64(Double(base) * plan.roundTripError)),
      lineRate: BitRate(ports[Int(senders[flow].card)].rate), packetBytes: plan.packetBytes,
      localRoundTrip: control.localRoundTrip[plan.nodes[spec.source].site],
      longestRoundTrip: control.longestRoundTrip, hops: Int(route.forwardLength), size: spec.bytes,
      seed: plan.seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(flow))
    context.blindPorts = control.grants?.map.blindPorts(path: flow) ?? 0
    return context
  }

  /// Propagation and processing there and back, and one packet's transmissions, in ticks.
  func baseRoundTrip(of flow: Int) -> Int64 {
    let route = routes[flow]
    var ticks = processingDelay
    for hop in 0..<Int(route.forwardLength) {
      let port = ports + portOf(steps[Int(route.forward) + hop])
      ticks += port.pointee.delay + port.pointee.fullTicks
    }
    for hop in 0..<Int(route.backLength) {
      let port = ports + portOf(steps[Int(route.back) + hop])
      ticks += port.pointee.delay + port.pointee.smallTicks
    }
    return ticks
  }

  /// The port of a step; of a sprayed bundle its first.
  @inline(__always) func portOf(_ step: UInt32) -> Int {
    step & PacketNetwork.sprayed == 0
      ? Int(step) : plan.bundles[Int(step & ~PacketNetwork.sprayed)].ports.lowerBound
  }

  func size(of sequence: UInt32, _ flow: Int) -> Int64 {
    sequence == senders[flow].lastSequence ? Int64(senders[flow].lastPacket) : plan.packetBytes
  }

  /// An acknowledgement has been processed.
  mutating func acknowledge(_ index: UInt32) {
    let flow = Int(pool[index].flow)
    let s = senders + flow
    guard s.pointee.phase == .open else {
      discard(index)
      return
    }
    let packet = pool[index]
    let before = s.pointee.inFlight
    var acknowledged: Int64 = 0
    if packet.cumulative > s.pointee.unacknowledged {
      acknowledged = advance(flow, to: packet.cumulative)
    }
    if packet.sequence >= s.pointee.unacknowledged, packet.sequence < s.pointee.next, packet.kind == .acknowledgement {
      acknowledged += sack(packet.sequence, flow)
    }
    s.pointee.delivered += acknowledged
    s.pointee.deliveredAt = now
    if packet.order > s.pointee.highestOrder {
      s.pointee.highestOrder = packet.order
      s.pointee.highestSentAt = packet.sentAt
      s.pointee.flightStart = packet.sentAt
    }
    var lost: Int64 = 0
    if packet.refuses {
      lost = goBack(flow)
    } else {
      while !s.pointee.outstanding.isEmpty {
        let first = s.pointee.outstanding.first
        if first.sequence < s.pointee.unacknowledged || s.pointee.sacked.contains(first.sequence) {
          s.pointee.outstanding.removeFirst()
        } else if isOvertaken(first, flow) {
          s.pointee.outstanding.removeFirst()
          lost += lose(first.sequence, flow)
        } else {
          break
        }
      }
    }
    feedback.now = Time(ticks: now)
    feedback.clear()
    feedback.acknowledged = acknowledged
    feedback.marked = min(acknowledged, Int64(packet.markedCount) * plan.packetBytes)
    feedback.lost = lost
    feedback.roundTrip = Time(ticks: now - packet.sentAt)
    feedback.priorDelivered = packet.delivered
    feedback.applicationLimited = packet.applicationLimited
    if signals.contains(.deliveryRate) { sampleRate(packet, flow) }
    if packet.telemetry != .none {
      feedback.telemetry = telemetry[packet.telemetry]
      feedback.hops = min(Feedback.maximumHops, Int(routes[flow].forwardLength))
    }
    discard(index)
    observe(roundTrip: Double(now - packet.sentAt), flow)
    if acknowledged > 0 || before == 0 { s.pointee.timeoutBackoff = 1 }
    s.pointee.timeout = s.pointee.inFlight > 0 ? now + retransmissionTimeout(flow) : .max
    if lost > 0, steersByRate { wantsToSend(flow) }
    tell(flow)
    if s.pointee.lastSequence != .none, s.pointee.unacknowledged > s.pointee.lastSequence {
      close(flow)
      return
    }
    setTimer(flow)
    wake(flow)
  }

  /// Passes ``feedback`` to the controller, with what is always known.
  mutating func tell(_ flow: Int) {
    let s = senders + flow
    feedback.inFlight = s.pointee.inFlight
    feedback.delivered = s.pointee.delivered
    feedback.explicitRate = BitRate(s.pointee.grant)
    apply(bank.update(Int(s.pointee.slot), feedback), to: flow)
  }

  /// All packets before `cumulative` have arrived; bytes that were not known to.
  private mutating func advance(_ flow: Int, to cumulative: UInt32) -> Int64 {
    let s = senders + flow
    var bytes: Int64 = 0
    if s.pointee.sacked.isEmpty, s.pointee.lost.isEmpty {
      bytes = Int64(cumulative - s.pointee.unacknowledged) * plan.packetBytes
      if s.pointee.lastSequence != .none, cumulative > s.pointee.lastSequence {
        bytes += Int64(s.pointee.lastPacket) - plan.packetBytes
      }
      s.pointee.inFlight -= bytes
    } else {
      for sequence in s.pointee.unacknowledged..<cumulative {
        if s.pointee.sacked.remove(sequence) { continue }
        let size = size(of: sequence, flow)
        bytes += size
        // What counts as lost was taken out of the flight then.
        if !s.pointee.lost.remove(sequence) { s.pointee.inFlight -= size }
      }
    }
    s.pointee.unacknowledged = cumulative
    if cumulative > s.pointee.next {
      // Go-back-N: what was to be sent again has arrived after all.
      s.pointee.next = cumulative
      s.pointee.outstanding.removeAll()
      s.pointee.inFlight = 0
    }
    return bytes
  }

  private mutating func sack(_ sequence: UInt32, _ flow: Int) -> Int64 {
    let s = senders + flow
    guard
      s.pointee.sacked.insert(sequence, lowest: s.pointee.unacknowledged, highest: s.pointee.next)
    else { return 0 }
    let size = size(of: sequence, flow)
    if !s.pointee.lost.remove(sequence) { s.pointee.inFlight -= size }
    return size
  }

  private func isOvertaken(_ packet: Outstanding, _ flow: Int) -> Bool {
    let s = senders + flow
    if sprays { return packet.sentAt + plan.host.reorderTime.ticks < s.pointee.highestSentAt }
    return packet.order &+ UInt32(plan.host.reorderPackets) <= s.pointee.highestOrder
      && packet.order < s.pointee.highestOrder
  }

  private mutating func lose(_ sequence: UInt32, _ flow: Int) -> Int64 {
    let s = senders + flow
    _ = s.pointee.lost.insert(sequence, lowest: s.pointee.unacknowledged, highest: s.pointee.next)
    s.pointee.again.append(sequence)
    let size = size(of: sequence, flow)
    s.pointee.inFlight -= size
    return size
  }

  /// Everything from the first missing packet on is sent again.
  private mutating func goBack(_ flow: Int) -> Int64 {
    let s = senders + flow
    let repeated = s.pointee.next - s.pointee.unacknowledged
    s.pointee.retransmitted += Int64(repeated)
    s.pointee.next = s.pointee.unacknowledged
    s.pointee.outstanding.removeAll()
    s.pointee.inFlight = 0
    return plan.packetBytes
  }

  private mutating func sampleRate(_ packet: Packet, _ flow: Int) {
    let s = senders + flow
    let sinceDelivery = now - packet.sentAt + Int64(packet.deliveredAge) * 1000
    let sending = Int64(packet.flightAge) * 1000
    let span = max(sinceDelivery, sending)
    guard span > 0 else { return }
    let bits = Double(s.pointee.delivered - packet.delivered) * 8
    feedback.deliveryRate = BitRate(Int64(bits / Double(span) * Double(Time.ticksPerSecond)))
  }

  // MARK: Timers

  /// RFC 6298, without its clock granularity.
  private mutating func observe(roundTrip sample: Double, _ flow: Int) {
    let s = senders + flow
    if s.pointee.smoothed == 0 {
      s.pointee.smoothed = sample
      s.pointee.variation = sample / 2
    } else {
      s.pointee.variation += (abs(sample - s.pointee.smoothed) - s.pointee.variation) / 4
      s.pointee.smoothed += (sample - s.pointee.smoothed) / 8
    }
  }

  @inline(__always) func retransmissionTimeout(_ flow: Int) -> Int64 {
    let s = senders + flow
    let estimate =
      s.pointee.smoothed == 0
      ? 3 * baseRoundTrip(of: flow) : Int64(s.pointee.smoothed + 4 * s.pointee.variation)
    return max(plan.host.minimumTimeout.ticks, estimate) &* s.pointee.timeoutBackoff
  }

  @inline(__always) mutating func setTimer(_ flow: Int) {
    let s = senders + flow
    let due = min(s.pointee.deadline, s.pointee.timeout, s.pointee.stop)
    if due < s.pointee.pending {
      s.pointee.pending = due
      queue.push(PacketEvent(time: max(due, now), kind: .flowTimer, place: flow))
    }
  }

  mutating func flowTimer(_ flow: Int) {
    let s = senders + flow
    guard s.pointee.pending <= now else { return }
    s.pointee.pending = .max
    if s.pointee.phase == .datagrams { sendDatagram(flow) }
    guard s.pointee.phase == .open else { return }
    if s.pointee.stop <= now { stop(flow) }
    guard s.pointee.phase == .open else { return }
    var told = false
    feedback.now = Time(ticks: now)
    feedback.clear()
    if s.pointee.timeout <= now {
      feedback.lost = loseAll(flow)
      feedback.timedOut = true
      s.pointee.timeoutBackoff = min(64, s.pointee.timeoutBackoff * 2)
      s.pointee.timeout = .max
      told = true
    }
    if s.pointee.deadline <= now { told = true }
    if told {
      if feedback.timedOut, steersByRate { wantsToSend(flow) }
      tell(flow)
    }
    // A controller that asks for the same instant again would stop time.
    if s.pointee.deadline <= now { s.pointee.deadline = now + 1 }
    setTimer(flow)
    wake(flow)
  }

  private mutating func loseAll(_ flow: Int) -> Int64 {
    let s = senders + flow
    if plan.host.recovery == .goBackN {
      _ = goBack(flow)
      return plan.packetBytes
    }
    var bytes: Int64 = 0
    while !s.pointee.outstanding.isEmpty {
      let first = s.pointee.outstanding.first
      s.pointee.outstanding.removeFirst()
      if first.sequence < s.pointee.unacknowledged || s.pointee.sacked.contains(first.sequence) { continue }
      bytes += lose(first.sequence, flow)
    }
    return bytes
  }

  /// The application has no more data.
  private mutating func stop(_ flow: Int) {
    let s = senders + flow
    s.pointee.stop = .max
    guard s.pointee.next < s.pointee.available else { return }
    s.pointee.available = s.pointee.next
    if s.pointee.next == 0 || s.pointee.unacknowledged == s.pointee.next {
      close(flow)
    } else {
      s.pointee.lastSequence = s.pointee.next - 1
      // The short packet that would have been the last is never sent.
      s.pointee.lastPacket = UInt16(plan.packetBytes)
      if steersByRate, s.pointee.lost.isEmpty { hasSentAll(flow) }
    }
  }

  private mutating func close(_ flow: Int) {
    let s = senders + flow
    s.pointee.phase = .over
    if s.pointee.heapIndex != .none { cards[Int(s.pointee.card)].removeWaiting(UInt32(flow), senders) }
    s.pointee.destroy()
    freeSlots.append(s.pointee.slot)
    closeControl(flow)
  }
}
