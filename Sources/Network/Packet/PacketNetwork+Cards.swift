// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What network cards of hosts do: pull packets from flows as the line comes free.
extension PacketNetwork {
  /// Has the card look at its flows at `time`, or when it does anyway if that is earlier.
  @inline(__always) mutating func arm(_ place: Int, at time: Int64) {
    guard time < cards[place].armed else { return }
    cards[place].armed = time
    queue.push(PacketEvent(time: time, kind: .card, place: place))
  }

  /// Sends one packet if the line is free, and sees to it that the next one follows.
  mutating func serve(_ place: Int) {
    let port = ports + place
    let card = cards + place
    if port.pointee.hasLists {
      // The departure calls again.
      if port.pointee.inService != .none { return }
    } else if port.pointee.busyUntil > now {
      arm(place, at: port.pointee.busyUntil)
      return
    }
    while card.pointee.waiting > 0 {
      let flow = card.pointee.firstWaiting
      guard senders[Int(flow)].nextSend <= now else { break }
      card.pointee.removeWaiting(flow, senders)
      card.pointee.appendReady(flow, senders)
    }
    if card.pointee.answers.head != .none {
      enqueue(pool.removeFirst(of: &card.pointee.answers), at: place, from: -1)
    } else {
      while let flow = card.pointee.removeReady(senders, paused: port.pointee.pausedClasses) {
        if maySend(Int(flow)) {
          enqueue(makePacket(Int(flow)), at: place, from: -1)
          if maySend(Int(flow)) { queueOnCard(Int(flow)) }
          break
        }
      }
    }
    if port.pointee.hasLists, port.pointee.inService != .none { return }
    let free = max(now, port.pointee.busyUntil)
    if card.pointee.answers.head != .none || (free > now && card.pointee.hasReady) {
      arm(place, at: free)
    } else if card.pointee.waiting > 0 {
      arm(place, at: max(free, senders[Int(card.pointee.firstWaiting)].nextSend))
    }
  }

  /// Whether data and window let the flow send, now or as soon as its pace does.
  @inline(__always) func maySend(_ flow: Int) -> Bool {
    let s = senders + flow
    guard s.pointee.phase == .open, s.pointee.next < s.pointee.available || !s.pointee.lost.isEmpty else {
      return false
    }
    // As network cards do it: the packet that crosses the window's edge still goes, so that small windows are not rounded
    // down to whole packets.
    return s.pointee.rate != 0
      && (s.pointee.inFlight < min(s.pointee.window, s.pointee.limit) || s.pointee.inFlight == 0)
  }

  /// Puts a flow that may send into the card's list or, if its pace says later, into its heap.
  @inline(__always) mutating func queueOnCard(_ flow: Int) {
    let s = senders + flow
    if s.pointee.isReady || s.pointee.heapIndex != .none { return }
    let place = Int(s.pointee.card)
    // Not before the line is free: the flows that wait for it then take turns.
    if s.pointee.nextSend <= max(now, ports[place].hasLists ? now : ports[place].busyUntil) {
      cards[place].appendReady(UInt32(flow), senders)
    } else {
      cards[place].insertWaiting(UInt32(flow), senders)
    }
  }

  /// A flow may have become able to send.
  @inline(__always) mutating func wake(_ flow: Int) {
    guard maySend(flow) else { return }
    queueOnCard(flow)
    let place = Int(senders[flow].card)
    if ports[place].hasLists {
      if ports[place].inService == .none {
        arm(place, at: max(now, senders[flow].isReady ? now : senders[flow].nextSend))
      }
    } else {
      // A flow that waits may have got its rate after the instant at which its next packet would have been due.
      arm(place, at: max(now, senders[flow].isReady ? now : senders[flow].nextSend, ports[place].busyUntil))
    }
  }

  /// The next packet of a flow: one that was lost, or a new one.
  private mutating func makePacket(_ flow: Int) -> UInt32 {
    let s = senders + flow
    var sequence = UInt32.none
    while !s.pointee.again.isEmpty {
      let candidate = s.pointee.again.first
      s.pointee.again.removeFirst()
      // It may have turned out to be late only.
      if candidate >= s.pointee.unacknowledged, s.pointee.lost.remove(candidate) {
        sequence = candidate
        s.pointee.retransmitted += 1
        break
      }
    }
    if sequence == .none {
      sequence = s.pointee.next
      s.pointee.next += 1
    }
    let size = sequence == s.pointee.lastSequence ? s.pointee.lastPacket : UInt16(plan.packetBytes)
    if s.pointee.inFlight == 0 {
      s.pointee.flightStart = now
      s.pointee.deliveredAt = now
    }
    s.pointee.order &+= 1
    let index = pool.take()
    let packet = pool.base + Int(index)
    packet.pointee.flow = UInt32(flow)
    packet.pointee.sequence = sequence
    packet.pointee.order = s.pointee.order
    packet.pointee.sentAt = now
    packet.pointee.size = size
    packet.pointee.trafficClass = s.pointee.trafficClass
    packet.pointee.delivered = s.pointee.delivered
    packet.pointee.deliveredAge = UInt32(truncatingIfNeeded: (now - s.pointee.deliveredAt) / 1000)
    packet.pointee.flightAge = UInt32(truncatingIfNeeded: (now - s.pointee.flightStart) / 1000)
    packet.pointee.applicationLimited = s.pointee.delivered < s.pointee.limitedUntil
    packet.pointee.path = s.pointee.forward
    s.pointee.inFlight += Int64(size)
    s.pointee.outstanding.append(Outstanding(sequence: sequence, order: s.pointee.order, sentAt: now))
    if s.pointee.next >= s.pointee.available, s.pointee.lost.isEmpty {
      s.pointee.limitedUntil = s.pointee.delivered + s.pointee.inFlight
      if steersByRate { hasSentAll(flow) }
    }
    if s.pointee.pace > 0 {
      // A card that was busy may catch up by one packet, so that the mean rate holds.
      let gap = Int64(Double(size) * s.pointee.pace)
      s.pointee.lastSend = max(s.pointee.nextSend, now - gap)
      s.pointee.lastSize = Double(size)
      s.pointee.nextSend = s.pointee.lastSend + gap
    }
    if s.pointee.timeout == .max {
      s.pointee.timeout = now + retransmissionTimeout(flow)
      setTimer(flow)
    }
    return index
  }

  /// What the controller has answered.
  @inline(__always) mutating func apply(_ allowance: Allowance, to flow: Int) {
    let s = senders + flow
    s.pointee.window = allowance.window >= 9e18 ? .max : Int64(allowance.window)
    let rate = allowance.rate.bitsPerSecond
    if rate != s.pointee.rate { setRate(rate, of: flow) }
    s.pointee.deadline = allowance.deadline.ticks
  }

  private mutating func setRate(_ rate: Int64, of flow: Int) {
    let s = senders + flow
    s.pointee.rate = rate
    if rate == BitRate.unlimited.bitsPerSecond {
      s.pointee.pace = 0
      s.pointee.nextSend = now
    } else if rate > 0 {
      s.pointee.pace = 8 * Double(Time.ticksPerSecond) / Double(rate)
      let next = Double(s.pointee.lastSend) + s.pointee.lastSize * s.pointee.pace
      s.pointee.nextSend = next < 4e18 ? Int64(next) : Time.never.ticks / 2
    } else {
      s.pointee.nextSend = Time.never.ticks / 2
    }
    guard s.pointee.heapIndex != .none else { return }
    let place = Int(s.pointee.card)
    cards[place].moveWaiting(UInt32(flow), senders)
    if ports[place].hasLists {
      if ports[place].inService == .none { arm(place, at: max(now, s.pointee.nextSend)) }
    } else {
      arm(place, at: max(now, s.pointee.nextSend, ports[place].busyUntil))
    }
  }
}
