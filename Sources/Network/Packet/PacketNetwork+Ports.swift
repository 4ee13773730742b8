// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What happens to packets at ports.
extension PacketNetwork {
  /// A packet comes out of the link of a port.
  @inline(__always) mutating func forward(_ index: UInt32, from place: Int) {
    let packet = pool.base + Int(index)
    packet.pointee.hop += 1
    packet.pointee.path += 1
    let step = steps[Int(packet.pointee.path)]
    if step == PacketNetwork.pathEnd {
      receive(index, at: place)
      return
    }
    enqueue(index, at: step & PacketNetwork.sprayed == 0 ? Int(step) : shortest(step), from: place)
  }

  /// The port of a sprayed bundle with the least to send; the first of those.
  private func shortest(_ step: UInt32) -> Int {
    let range = plan.bundles[Int(step & ~PacketNetwork.sprayed)].ports
    var best = range.lowerBound
    var least = Double.infinity
    for place in range {
      let backlog = ports[place].backlog(at: now)
      if backlog < least {
        least = backlog
        best = place
      }
    }
    return best
  }

  /// A packet joins the queue of a port. `origin` is the port that it came by, or -1.
  mutating func enqueue(_ index: UInt32, at place: Int, from origin: Int) {
    let port = ports + place
    let size = pool[index].size
    if port.pointee.hasLists {
      enqueueInList(index, at: place, from: origin)
      return
    }
    let left = port.pointee.busyUntil - now
    let queue = left > 0 ? Double(left) * port.pointee.speed : 0
    port.pointee.bytesIn += Int64(size)
    if queue + Double(size) > port.pointee.buffer {
      drop(index, at: place)
      return
    }
    if pool[index].kind == .data {
      if queue >= port.pointee.markFrom { mark(index, at: place, queue: queue) }
      if signals.contains(.nearSource) { sampleForNotice(index, at: place, queue: queue) }
    }
    port.pointee.measure(at: now)
    let ticks = port.pointee.ticks(of: size)
    let end = (left > 0 ? port.pointee.busyUntil : now) + ticks
    port.pointee.busyUntil = end
    let after = queue + Double(size)
    if after > port.pointee.most { port.pointee.most = after }
    port.pointee.bytesOut += Int64(size)
    hops += 1
    if port.pointee.hasLoss, pool[index].kind == .data, port.pointee.losesNext() {
      port.pointee.losses += 1
      discard(index)
      return
    }
    launch(index, at: place, arrival: end + port.pointee.delay)
  }

  @inline(never) private mutating func mark(_ index: UInt32, at place: Int, queue: Double) {
    if ports[place].marks(size: pool[index].size, queue: queue, at: now) {
      pool[index].marked = true
      ports[place].marks += 1
    }
  }

  /// Onto the fibre.
  @inline(__always) private mutating func launch(_ index: UInt32, at place: Int, arrival: Int64) {
    if ports[place].leaves {
      dispatch(index, at: place, arrival: arrival)
      return
    }
    queue.push(PacketEvent(time: arrival, kind: .arrival, place: place, packet: index))
  }

  @inline(never) private mutating func dispatch(_ index: UInt32, at place: Int, arrival: Int64) {
    let block = pool[index].telemetry
    outbox.append(
      PacketDispatch(
        port: Int32(place), arrival: arrival, packet: pool[index], telemetry: block == .none ? nil : telemetry[block]))
    discard(index)
  }

  /// A packet of another part is on its way to a node here.
  mutating func accept(_ dispatch: PacketDispatch) {
    let index = pool.take()
    pool[index] = dispatch.packet
    pool[index].next = .none
    pool[index].telemetry = .none
    if let block = dispatch.telemetry {
      pool[index].telemetry = telemetry.take()
      telemetry[pool[index].telemetry] = block
    }
    queue.push(
      PacketEvent(time: dispatch.arrival, kind: .arrival, place: Int(dispatch.port), packet: index))
  }

  mutating func drop(_ index: UInt32, at place: Int) {
    ports[place].drops += 1
    if !isWarm { ports[place].dropsInWarmup += 1 }
    discard(index)
  }

  mutating func discard(_ index: UInt32) {
    if pool[index].telemetry != .none { telemetry.give(pool[index].telemetry) }
    pool.give(index)
  }

  // MARK: Ports with lists

  private mutating func enqueueInList(_ index: UInt32, at place: Int, from origin: Int) {
    let port = ports + place
    let size = Int64(pool[index].size)
    let c = Int(pool[index].trafficClass)
    let isData = pool[index].kind == .data
    let node = Int(port.pointee.from)
    port.pointee.bytesIn += size
    // Every class has the port's buffer to itself: a lower class must not take the room of a higher.
    var refused = Double(port.pointee.classBytes[c] + size) > port.pointee.buffer
    if let shared = plan.nodes[node].sharedBuffer, nodeUsed[node] + size > shared { refused = true }
    let controlled = isData && origin >= 0 ? ports[origin].flowControl : nil
    if let controlled, ports[origin].held[c] + size > controlled.pause + controlled.headroom { refused = true }
    if refused {
      drop(index, at: place)
      return
    }
    if isData {
      let queue = Double(port.pointee.queuedBytes)
      if queue >= port.pointee.markFrom { mark(index, at: place, queue: queue) }
      if signals.contains(.nearSource) { sampleForNotice(index, at: place, queue: queue) }
    }
    if controlled != nil {
      // Acknowledgements have another use for this field; flow control counts data only.
      pool[index].cumulative = UInt32(origin)
      ports[origin].held[c] += size
      if ports[origin].held[c] > controlled!.pause, !ports[origin].pausing[c] {
        ports[origin].pausing[c] = true
        ports[origin].pauses += 1
        sendPause(true, port: origin, trafficClass: c)
      }
    } else if isData {
      pool[index].cumulative = .none
    }
    port.pointee.measure(at: now)
    port.pointee.queuedBytes += size
    port.pointee.classBytes[c] += size
    nodeUsed[node] += size
    port.pointee.most = max(port.pointee.most, Double(port.pointee.queuedBytes))
    pool.append(index, to: &port.pointee.queues[c])
    if port.pointee.inService == .none { beginService(place) }
  }

  /// Starts sending the first packet of the first class that has one and is not paused.
  mutating func beginService(_ place: Int) {
    let port = ports + place
    guard port.pointee.inService == .none, port.pointee.rate > 0 else { return }
    for c in 0..<3 where !port.pointee.queues[c].isEmpty && !port.pointee.pausedClasses[c] {
      let index = pool.removeFirst(of: &port.pointee.queues[c])
      port.pointee.inService = index
      let end = now + port.pointee.ticks(of: pool[index].size)
      port.pointee.busyUntil = end
      queue.push(PacketEvent(time: end, kind: .departure, place: place))
      return
    }
  }

  /// A port with lists has sent a packet.
  mutating func depart(_ place: Int) {
    let port = ports + place
    // The rate may have changed since; then this is not the event that counts.
    guard port.pointee.inService != .none, port.pointee.busyUntil == now else { return }
    let index = port.pointee.inService
    port.pointee.inService = .none
    let size = Int64(pool[index].size)
    let c = Int(pool[index].trafficClass)
    let isData = pool[index].kind == .data
    port.pointee.measure(at: now)
    port.pointee.queuedBytes -= size
    port.pointee.classBytes[c] -= size
    port.pointee.classSent[c] += size
    nodeUsed[Int(port.pointee.from)] -= size
    port.pointee.bytesOut += size
    hops += 1
    if isData, pool[index].cumulative != .none { release(size, trafficClass: c, from: Int(pool[index].cumulative)) }
    if isData, signals.contains(.telemetry) { write(telemetryOf: place, into: index) }
    if isData, port.pointee.hasLoss, port.pointee.losesNext() {
      port.pointee.losses += 1
      discard(index)
    } else {
      // A fibre that has become shorter still delivers in order.
      let arrival = max(now + port.pointee.delay, port.pointee.lastArrival + 1)
      port.pointee.lastArrival = arrival
      launch(index, at: place, arrival: arrival)
    }
    beginService(place)
    if port.pointee.isCard { serve(place) }
  }

  private mutating func write(telemetryOf place: Int, into index: UInt32) {
    let hop = Int(pool[index].hop)
    guard hop < Feedback.maximumHops else { return }
    if pool[index].telemetry == .none { pool[index].telemetry = telemetry.take() }
    telemetry[pool[index].telemetry][hop] = HopTelemetry(
      capacity: BitRate(ports[place].rate), queue: ports[place].queuedBytes, sent: ports[place].bytesOut,
      at: Time(ticks: now))
  }

  /// Bytes that came by port `origin` have left the node that it leads to.
  private mutating func release(_ size: Int64, trafficClass c: Int, from origin: Int) {
    ports[origin].held[c] -= size
    guard ports[origin].pausing[c], let rule = ports[origin].flowControl, ports[origin].held[c] <= rule.resume else {
      return
    }
    ports[origin].pausing[c] = false
    sendPause(false, port: origin, trafficClass: c)
  }

  /// A pause, or its end, has reached the sender of a port.
  mutating func setPaused(_ paused: Bool, port place: Int, trafficClass c: Int) {
    ports[place].pausedClasses[c] = paused
    guard !paused else { return }
    beginService(place)
    if ports[place].isCard { serve(place) }
  }

  /// Rates and delays that change now.
  mutating func applyChanges() {
    var movesWords = false
    while nextChange < changes.count, changes[nextChange].at == now {
      let (_, place, k) = changes[nextChange]
      nextChange += 1
      let change = plan.ports[Int(place)].changes[Int(k)]
      let port = ports + Int(place)
      if let delay = change.delay {
        port.pointee.delay = delay.ticks
        movesWords = true
      }
      guard let rate = change.rate else { continue }
      // What is left of the packet on its way out goes at the new rate; an outage holds it.
      if port.pointee.inService != .none, port.pointee.rate > 0 {
        port.pointee.bitsInService =
          Double(port.pointee.busyUntil - now) * Double(port.pointee.rate) / Double(Time.ticksPerSecond)
      }
      port.pointee.measure(at: now)
      port.pointee.setRate(rate.bitsPerSecond)
      // Of a port elsewhere only words between hosts and ports go by what it is.
      guard partOf[Int(port.pointee.from)] == part else { continue }
      if port.pointee.inService == .none {
        beginService(Int(place))
        if port.pointee.isCard { serve(Int(place)) }
      } else if rate > .zero {
        let ticks = port.pointee.bitsInService / rate.double * Double(Time.ticksPerSecond)
        port.pointee.busyUntil = now + Int64(ticks.rounded(.up))
        queue.push(PacketEvent(time: port.pointee.busyUntil, kind: .departure, place: Int(place)))
      } else {
        port.pointee.busyUntil = Time.never.ticks / 2
      }
      changeCapacity(Int(place))
    }
    if movesWords { changeDelays() }
    if nextChange < changes.count {
      queue.push(PacketEvent(time: changes[nextChange].at, kind: .change, place: 0))
    }
  }
}

/// Blocks of telemetry for packets under way.
///
/// Safety as for ``PacketPool``.
struct TelemetryPool: ~Copyable {
  private var base: UnsafeMutablePointer<InlineArray<8, HopTelemetry>>
  private var capacity = 256
  private var used = 0
  private var free: [UInt32] = []

  init() { base = .allocate(capacity: 256) }
  deinit { base.deallocate() }

  subscript(_ index: UInt32) -> InlineArray<8, HopTelemetry> {
    unsafeAddress { UnsafePointer(base + Int(index)) }
    nonmutating unsafeMutableAddress { base + Int(index) }
  }

  mutating func take() -> UInt32 {
    if let index = free.popLast() { return index }
    if used == capacity {
      let larger = UnsafeMutablePointer<InlineArray<8, HopTelemetry>>.allocate(capacity: capacity * 2)
      larger.moveInitialize(from: base, count: used)
      base.deallocate()
      base = larger
      capacity *= 2
    }
    (base + used).initialize(to: InlineArray(repeating: HopTelemetry()))
    used += 1
    return UInt32(used - 1)
  }

  mutating func give(_ index: UInt32) { free.append(index) }
}
