// SPDX-License-Identifier: Apache-2.0

/// A 4-ary heap of events in unsafe memory: the part of ``EventWheel`` for what happens almost at once.
///
/// Unsafe for speed. Safety: indices stay below `count`, which stays at most `capacity`; the block is owned here alone.
package struct EventHeap: ~Copyable {
  private var base: UnsafeMutablePointer<PacketEvent>
  private var capacity: Int
  package private(set) var count = 0

  package init() {
    capacity = 256
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  @inline(__always) package var isEmpty: Bool { count == 0 }
  @inline(__always) package var nextTime: Int64 { count == 0 ? .max : base[0].time }
  /// Only if not empty.
  @inline(__always) package var first: PacketEvent { base[0] }
  /// In no order that means anything.
  subscript(_ index: Int) -> PacketEvent { base[index] }

  mutating func removeAll() { count = 0 }

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
