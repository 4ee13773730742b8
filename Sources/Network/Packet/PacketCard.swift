// SPDX-License-Identifier: Apache-2.0

import Simulation

/// What a network card keeps beside its port: answers that wait to leave, flows that may send now, and flows whose pace
/// lets them send later. Data is pulled: no packet is made before the card can send it.
///
/// Safety of the heap: positions stay below `count`; flows in it know their position, and nobody else changes either.
package struct PacketCard {
  var answers = PacketList()
  /// When the card's next event is; never if none is due.
  var armed: Int64 = .max
  private var heads = InlineArray<3, UInt32>(repeating: .none)
  private var tails = InlineArray<3, UInt32>(repeating: .none)
  private var heap: UnsafeMutablePointer<UInt32>?
  private var capacity: Int32 = 0
  private var count: Int32 = 0
  private let padding: Int64 = 0

  package var waiting: Int { Int(count) }

  package init() {}

  package func destroy() { heap?.deallocate() }

  @inline(__always) package var hasReady: Bool { heads[0] != .none || heads[1] != .none || heads[2] != .none }

  /// The flow that is likely to send next, or none.
  @inline(__always) var upcoming: UInt32 {
    for c in 0..<3 where heads[c] != .none { return heads[c] }
    return count > 0 ? heap![0] : .none
  }

  mutating func appendReady(_ flow: UInt32, _ senders: UnsafeMutablePointer<PacketSender>) {
    let c = Int(senders[Int(flow)].trafficClass)
    senders[Int(flow)].nextReady = .none
    senders[Int(flow)].isReady = true
    if tails[c] == .none { heads[c] = flow } else { senders[Int(tails[c])].nextReady = flow }
    tails[c] = flow
  }

  /// The next flow in turn of the first class that has one and is not paused.
  mutating func removeReady(
    _ senders: UnsafeMutablePointer<PacketSender>, paused: InlineArray<3, Bool>
  ) -> UInt32? {
    for c in 0..<3 where heads[c] != .none && !paused[c] {
      let flow = heads[c]
      heads[c] = senders[Int(flow)].nextReady
      if heads[c] == .none { tails[c] = .none }
      senders[Int(flow)].isReady = false
      return flow
    }
    return nil
  }

  /// The flow that may send next; only if some wait.
  @inline(__always) package var firstWaiting: UInt32 { heap![0] }

  private func precedes(_ a: UInt32, _ b: UInt32, _ senders: UnsafeMutablePointer<PacketSender>) -> Bool {
    let (x, y) = (senders[Int(a)].nextSend, senders[Int(b)].nextSend)
    return x < y || (x == y && a < b)
  }

  package mutating func insertWaiting(_ flow: UInt32, _ senders: UnsafeMutablePointer<PacketSender>) {
    if count == capacity {
      let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: max(8, Int(capacity) * 2))
      if let heap {
        larger.moveInitialize(from: heap, count: waiting)
        heap.deallocate()
      }
      heap = larger
      capacity = max(8, capacity * 2)
    }
    count += 1
    rise(waiting - 1, flow, senders)
  }

  package mutating func removeWaiting(_ flow: UInt32, _ senders: UnsafeMutablePointer<PacketSender>) {
    let hole = Int(senders[Int(flow)].heapIndex)
    senders[Int(flow)].heapIndex = .none
    count -= 1
    guard hole < waiting else { return }
    let last = heap![waiting]
    place(hole, last, senders)
  }

  /// The flow's time has changed.
  package mutating func moveWaiting(_ flow: UInt32, _ senders: UnsafeMutablePointer<PacketSender>) {
    place(Int(senders[Int(flow)].heapIndex), flow, senders)
  }

  private func place(_ hole: Int, _ flow: UInt32, _ senders: UnsafeMutablePointer<PacketSender>) {
    if hole > 0, precedes(flow, heap![(hole - 1) / 2], senders) {
      rise(hole, flow, senders)
    } else {
      sink(hole, flow, senders)
    }
  }

  private func rise(_ start: Int, _ flow: UInt32, _ senders: UnsafeMutablePointer<PacketSender>) {
    let heap = self.heap!
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard precedes(flow, heap[parent], senders) else { break }
      heap[child] = heap[parent]
      senders[Int(heap[child])].heapIndex = UInt32(child)
      child = parent
    }
    heap[child] = flow
    senders[Int(flow)].heapIndex = UInt32(child)
  }

  private func sink(_ start: Int, _ flow: UInt32, _ senders: UnsafeMutablePointer<PacketSender>) {
    let heap = self.heap!
    var hole = start
    while true {
      var least = 2 * hole + 1
      if least >= waiting { break }
      if least + 1 < waiting, precedes(heap[least + 1], heap[least], senders) { least += 1 }
      guard precedes(heap[least], flow, senders) else { break }
      heap[hole] = heap[least]
      senders[Int(heap[hole])].heapIndex = UInt32(hole)
      hole = least
    }
    heap[hole] = flow
    senders[Int(flow)].heapIndex = UInt32(hole)
  }

  /// Passes everything but the flows' own positions, which are theirs.
  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try answers.code(with: &coder)
    try coder.value(&armed)
    for c in 0..<3 {
      try coder.value(&heads[c])
      try coder.value(&tails[c])
    }
    var flows = (0..<waiting).map { heap![$0] }
    try coder.value(&flows)
    guard coder.isReading, !flows.isEmpty else { return }
    heap = .allocate(capacity: flows.count)
    capacity = Int32(flows.count)
    count = capacity
    for (k, flow) in flows.enumerated() { (heap! + k).initialize(to: flow) }
  }
}
