// SPDX-License-Identifier: Apache-2.0

import CMemory

/// Fetches what the next events will touch while this one is handled.
///
/// In a large network hardly anything that an event touches is in a cache, and each address is known only when the line
/// before has come: the packet, the next step of its path, the port or the flow. The wheel has the next events in order, so
/// every event is looked at several times before its turn, each time one line further; by then it has all of them. What is
/// fetched in vain costs little, and results do not depend on any of it.
///
/// Safety: lines are read only where the engine itself would read them. A packet may have been given back in the meantime
/// (held-back acknowledgements, drops do not cancel events of others): its place stays valid memory, and what stands in
/// it leads to flows and steps that exist.
extension PacketNetwork {
  private static let far = 12
  private static let middle = 8
  private static let close = 5
  private static let last = 2

  @inline(__always) mutating func fetchAhead() {
    let events = queue.ahead
    guard events.count > PacketNetwork.last, let next = events.baseAddress else { return }
    if events.count > PacketNetwork.close {
      if events.count > PacketNetwork.middle {
        if events.count > PacketNetwork.far { longhaul_prefetch(pool.base + Int(next[PacketNetwork.far].packet)) }
        fetchPath(next[PacketNetwork.middle])
      }
      fetchTarget(next[PacketNetwork.close])
    }
    fetchRest(next[PacketNetwork.last])
  }

  /// The packet is there: the step that it takes next.
  @inline(__always) private mutating func fetchPath(_ event: PacketEvent) {
    switch event.kind {
    case .arrival: longhaul_prefetch(steps + Int(pool[event.packet].path) + 1)
    case .card: longhaul_prefetch(cards + event.place)
    default: break
    }
  }

  /// The step is there: the port, or the flow's end here.
  @inline(__always) private mutating func fetchTarget(_ event: PacketEvent) {
    switch event.kind {
    case .arrival:
      let packet = pool.base + Int(event.packet)
      let step = steps[Int(packet.pointee.path) + 1]
      if step & PacketNetwork.sprayed == 0 {
        fetch(ports + Int(step))
      } else if step == PacketNetwork.pathEnd {
        let flow = Int(packet.pointee.flow)
        if packet.pointee.goesForward { longhaul_prefetch(receivers + flow) } else { fetch(senders + flow) }
      }
    case .processed, .noticed: fetch(senders + Int(pool[event.packet].flow))
    case .card: fetch(ports + event.place)
    case .departure: fetch(ports + event.place)
    case .flowTimer: fetch(senders + event.place)
    default: break
    }
  }

  /// The end is there: the card, the controller, what is outstanding.
  @inline(__always) private mutating func fetchRest(_ event: PacketEvent) {
    switch event.kind {
    case .arrival:
      let packet = pool.base + Int(event.packet)
      guard steps[Int(packet.pointee.path) + 1] == PacketNetwork.pathEnd else { return }
      let flow = Int(packet.pointee.flow)
      if packet.pointee.goesForward {
        let card = Int(receivers[flow].card)
        longhaul_prefetch(cards + card)
        fetch(ports + card)
      } else {
        fetchSender(flow)
      }
    case .processed, .noticed: fetchSender(Int(pool[event.packet].flow))
    case .card:
      let flow = cards[event.place].upcoming
      if flow != .none { fetch(senders + Int(flow)) }
    default: break
    }
  }

  @inline(__always) private mutating func fetch(_ port: UnsafeMutablePointer<PacketPort>) {
    longhaul_prefetch(port)
    longhaul_prefetch(UnsafeRawPointer(port) + 64)
    if hasLists {
      longhaul_prefetch(UnsafeRawPointer(port) + 128)
      longhaul_prefetch(UnsafeRawPointer(port) + 192)
    }
  }

  @inline(__always) private mutating func fetch(_ sender: UnsafeMutablePointer<PacketSender>) {
    let address = UnsafeRawPointer(sender)
    for line in 0..<MemoryLayout<PacketSender>.stride / 64 { longhaul_prefetch(address + 64 * line) }
  }

  @inline(__always) private mutating func fetchSender(_ flow: Int) {
    let sender = senders + flow
    sender.pointee.outstanding.prefetch()
    let card = Int(sender.pointee.card)
    longhaul_prefetch(cards + card)
    fetch(ports + card)
    guard sender.pointee.slot != .none else { return }
    let controller = controllers + Int(sender.pointee.slot) * controllerStride
    for line in stride(from: 0, to: min(256, controllerStride), by: 64) { longhaul_prefetch(controller + line) }
  }
}
