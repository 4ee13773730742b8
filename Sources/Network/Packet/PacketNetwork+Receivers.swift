// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// The receiving ends of flows, and what hosts do with what comes in.
extension PacketNetwork {
  /// A packet has come to the end of its path, by the port `place`.
  mutating func receive(_ index: UInt32, at place: Int) {
    switch pool[index].kind {
    case .data: receiveData(index)
    case .datagram:
      receivers[Int(pool[index].flow)].bytes += Int64(pool[index].size)
      discard(index)
    case .acknowledgement, .refusal:
      guard processingDelay > 0 else { return acknowledge(index) }
      queue.push(PacketEvent(time: now + processingDelay, kind: .processed, place: place, packet: index))
    case .notification:
      guard noticeDelay > 0 else { return notify(index) }
      queue.push(PacketEvent(time: now + noticeDelay, kind: .noticed, place: place, packet: index))
    }
  }

  /// A congestion notification has reached its sender.
  mutating func notify(_ index: UInt32) {
    let flow = Int(pool[index].flow)
    discard(index)
    guard senders[flow].phase == .open else { return }
    feedback.now = Time(ticks: now)
    feedback.clear()
    feedback.notifications = 1
    tell(flow)
    setTimer(flow)
    wake(flow)
  }

  private mutating func receiveData(_ index: UInt32) {
    let flow = Int(pool[index].flow)
    let r = receivers + flow
    let sequence = pool[index].sequence
    let payload = Int64(pool[index].size) - plan.headerBytes
    if pool[index].marked {
      r.pointee.markedUnanswered += 1
      if signals.contains(.notifications), now - r.pointee.lastNotification >= notificationInterval {
        r.pointee.lastNotification = now
        sendNotification(for: index)
      }
    }
    var inOrder = true
    if sequence == r.pointee.cumulative {
      r.pointee.bytes += payload
      r.pointee.cumulative += 1
      r.pointee.refused = false
      if !r.pointee.early.isEmpty {
        inOrder = false
        while r.pointee.early.remove(r.pointee.cumulative) { r.pointee.cumulative += 1 }
      }
      if r.pointee.cumulative > r.pointee.furthest { r.pointee.furthest = r.pointee.cumulative }
      progress(flow)
    } else if sequence > r.pointee.cumulative {
      inOrder = false
      if plan.host.recovery == .goBackN {
        if r.pointee.refused {
          discard(index)
        } else {
          r.pointee.refused = true
          answer(index, kind: .refusal)
        }
        return
      }
      if sequence >= r.pointee.furthest { r.pointee.furthest = sequence + 1 }
      if r.pointee.early.insert(sequence, lowest: r.pointee.cumulative, highest: r.pointee.furthest) {
        r.pointee.bytes += payload
      }
    } else {
      inOrder = false
    }
    r.pointee.unanswered += 1
    let isLast = r.pointee.end != .max
    if plan.host.acknowledgeEvery <= 1 || !inOrder || isLast
      || r.pointee.unanswered >= UInt32(plan.host.acknowledgeEvery)
    {
      if r.pointee.heldBack != .none {
        discard(r.pointee.heldBack)
        r.pointee.heldBack = .none
      }
      answer(index, kind: .acknowledgement)
    } else {
      if r.pointee.heldBack != .none { discard(r.pointee.heldBack) }
      r.pointee.heldBack = index
      r.pointee.timer = r.pointee.unanswered == 1 ? now + plan.host.acknowledgeDelay.ticks : r.pointee.timer
      if r.pointee.timer < r.pointee.pending {
        r.pointee.pending = r.pointee.timer
        queue.push(PacketEvent(time: r.pointee.timer, kind: .receiverTimer, place: flow))
      }
    }
  }

  mutating func receiverTimer(_ flow: Int) {
    let r = receivers + flow
    guard r.pointee.pending <= now else { return }
    r.pointee.pending = .max
    guard r.pointee.heldBack != .none else { return }
    if r.pointee.timer <= now {
      let index = r.pointee.heldBack
      r.pointee.heldBack = .none
      answer(index, kind: .acknowledgement)
    } else {
      r.pointee.pending = r.pointee.timer
      queue.push(PacketEvent(time: r.pointee.timer, kind: .receiverTimer, place: flow))
    }
  }

  /// Turns a data packet into its acknowledgement.
  private mutating func answer(_ index: UInt32, kind: Packet.Kind) {
    let flow = Int(pool[index].flow)
    let r = receivers + flow
    pool[index].kind = kind
    pool[index].cumulative = r.pointee.cumulative
    pool[index].markedCount = UInt8(min(255, r.pointee.markedUnanswered))
    pool[index].marked = false
    pool[index].size = UInt16(plan.host.acknowledgementBytes)
    pool[index].trafficClass = NetworkPlan.TrafficClass.high.rawValue
    pool[index].hop = 0
    pool[index].path = r.pointee.back
    r.pointee.unanswered = 0
    r.pointee.markedUnanswered = 0
    leave(index, flow)
  }

  private mutating func sendNotification(for data: UInt32) {
    let flow = pool[data].flow
    let index = pool.take()
    pool[index].kind = .notification
    pool[index].flow = flow
    pool[index].size = UInt16(plan.host.notificationBytes)
    pool[index].trafficClass = NetworkPlan.TrafficClass.high.rawValue
    pool[index].path = receivers[Int(flow)].back
    leave(index, Int(flow))
  }

  /// An answer goes to the card.
  private mutating func leave(_ index: UInt32, _ flow: Int) {
    let place = Int(receivers[flow].card)
    let port = ports + place
    if !port.pointee.hasLists, port.pointee.busyUntil <= now, cards[place].answers.head == .none {
      enqueue(index, at: place, from: -1)
      return
    }
    pool.append(index, to: &cards[place].answers)
    if port.pointee.hasLists {
      if port.pointee.inService == .none { serve(place) }
    } else {
      arm(place, at: port.pointee.busyUntil)
    }
  }

  /// More has arrived in order: the flow may be complete, or messages of a collective.
  private mutating func progress(_ flow: Int) {
    let r = receivers + flow
    if flow < firstCollective {
      if r.pointee.cumulative > r.pointee.lastSequence, r.pointee.end == .max { r.pointee.end = now }
      return
    }
    let (collective, connection) = collectiveOf[flow - firstCollective]
    let payload = plan.packetBytes - plan.headerBytes
    var changed = false
    while let bytes = collectives[collective].expected(on: connection) {
      let packets = UInt32((bytes + payload - 1) / payload)
      guard r.pointee.cumulative - r.pointee.messageStart >= packets else { break }
      r.pointee.messageStart += packets
      changed = true
      if let repetition = collectives[collective].arrive(on: connection) {
        finished[collective][repetition] = max(finished[collective][repetition], now)
        completions[collective][repetition] += 1
      }
    }
    if changed { release(from: connections[flow].destination, collective: collective) }
  }

  /// Messages of a collective that may go now are handed to their connections.
  mutating func release(from host: Int, collective: Int) {
    let first = firstCollective + collectiveStart[collective]
    let payload = plan.packetBytes - plan.headerBytes
    for item in collectives[collective].release(from: host) {
      let flow = first + item.connection
      senders[flow].available += UInt32((item.bytes + payload - 1) / payload)
      if senders[flow].phase == .open {
        if steersByRate { wantsToSend(flow) }
        wake(flow)
      }
    }
  }
}
