// SPDX-License-Identifier: Apache-2.0

/// Kinds of events of the packet level, in their order at one instant.
package enum PacketEventKind: UInt32 {
  /// A packet comes out of a port's link.
  case arrival = 0
  /// A port with classes has sent a packet.
  case departure = 1
  /// An acknowledgement or a notification has waited for its processing in a host.
  case processed = 2
  case noticed = 3
  /// A change of a port's rate or delay.
  case change = 4
  /// A flow's timer: its controller's deadline, its retransmission timer, its end.
  case flowTimer = 5
  /// Acknowledgements held back for their fellows.
  case receiverTimer = 6
  /// A network card may send.
  case card = 7
  case start = 8
  case sample = 9
}

/// What happens when: the time, and kind and place in one number. Unique in its instant, so that the order of events does
/// not depend on who pushed first or on how the network is cut into parts.
package struct PacketEvent {
  package var time: Int64
  package var key: UInt32

  @inline(__always) package init(time: Int64, kind: PacketEventKind, place: Int) {
    self.time = time
    key = kind.rawValue << 28 | UInt32(truncatingIfNeeded: place)
  }

  @inline(__always) package var kind: PacketEventKind { PacketEventKind(rawValue: key >> 28)! }
  @inline(__always) package var place: Int { Int(key & 0x0FFF_FFFF) }
  @inline(__always) package func precedes(_ other: PacketEvent) -> Bool {
    time < other.time || (time == other.time && key < other.key)
  }
}

/// A 4-ary heap of events in unsafe memory.
///
/// Unsafe for speed. Safety: indices stay below `count`, which stays at most `capacity`; the block is owned here alone.
package struct EventHeap: ~Copyable {
  private var base: UnsafeMutablePointer<PacketEvent>
  private var capacity: Int
  package private(set) var count = 0

  package init() {
    capacity = 1024
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  @inline(__always) package var isEmpty: Bool { count == 0 }
  @inline(__always) package var nextTime: Int64 { count == 0 ? .max : base[0].time }
  /// Only if not empty.
  @inline(__always) package var first: PacketEvent { base[0] }

  package mutating func push(_ event: PacketEvent) {
    if count == capacity {
      let larger = UnsafeMutablePointer<PacketEvent>.allocate(capacity: capacity * 2)
      larger.moveInitialize(from: base, count: count)
      base.deallocate()
      base = larger
      capacity *= 2
    }
    var child = count
    count += 1
    while child > 0 {
      let parent = (child - 1) >> 2
      guard event.precedes(base[parent]) else { break }
      base[child] = base[parent]
      child = parent
    }
    base[child] = event
  }

  package mutating func removeFirst() {
    count -= 1
    if count > 0 { sink(base[count]) }
  }

  /// Puts an event in the place of the first.
  package mutating func replaceFirst(_ event: PacketEvent) { sink(event) }

  private mutating func sink(_ event: PacketEvent) {
    var hole = 0
    let base = self.base
    let count = self.count
    while true {
      let child = hole << 2 + 1
      if child >= count { break }
      var least = child
      if child + 3 < count {
        if base[child + 1].precedes(base[least]) { least = child + 1 }
        if base[child + 2].precedes(base[least]) { least = child + 2 }
        if base[child + 3].precedes(base[least]) { least = child + 3 }
      } else {
        var other = child + 1
        while other < count {
          if base[other].precedes(base[least]) { least = other }
          other += 1
        }
      }
      guard base[least].precedes(event) else { break }
      base[hole] = base[least]
      hole = least
    }
    base[hole] = event
  }
}
