// SPDX-License-Identifier: Apache-2.0

import CMemory
import Simulation

/// A first-in first-out queue of plain values in a ring that grows by doubling.
///
/// Unsafe memory, because thousands of flows each keep one and it is touched with every packet. Safety: positions are
/// masked by the capacity, a power of two; elements are trivial, so nothing needs to be deinitialised. The owner calls
/// ``destroy()`` once.
package struct Ring<Element: BitwiseCopyable> {
  private var base: UnsafeMutablePointer<Element>?
  private var mask: UInt32 = 0
  private var start: UInt32 = 0
  package private(set) var count: UInt32 = 0

  package init() {}

  @inline(__always) package var isEmpty: Bool { count == 0 }
  @inline(__always) package var first: Element { base![Int(start & mask)] }

  @inline(__always) package mutating func append(_ element: Element) {
    if base == nil || count > mask { grow() }
    base![Int((start &+ count) & mask)] = element
    count += 1
  }

  @inline(__always) package mutating func removeFirst() {
    start = start &+ 1
    count -= 1
  }

  package mutating func removeAll() { count = 0 }

  /// The k-th from the first.
  subscript(_ k: Int) -> Element { base![Int((start &+ UInt32(k)) & mask)] }

  /// Fetches both ends.
  @inline(__always) func prefetch() {
    guard let base else { return }
    longhaul_prefetch(base + Int(start & mask))
    longhaul_prefetch(base + Int((start &+ count) & mask))
  }

  private mutating func grow() {
    guard let old = base else {
      base = .allocate(capacity: 16)
      mask = 15
      return
    }
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: (Int(mask) + 1) * 2)
    for i in 0..<count { (larger + Int(i)).initialize(to: old[Int((start &+ i) & mask)]) }
    old.deallocate()
    base = larger
    start = 0
    mask = mask << 1 | 1
  }

  package mutating func destroy() {
    base?.deallocate()
    base = nil
    mask = 0
    start = 0
    count = 0
  }
}

/// A set of packet numbers in a moving range, as bits in a ring. Empty until something is out of order.
///
/// Safety as for ``Ring``.
package struct PacketSet {
  private var base: UnsafeMutablePointer<UInt64>?
  private var mask: UInt32 = 0
  package private(set) var count: UInt32 = 0

  package init() {}

  @inline(__always) package var isEmpty: Bool { count == 0 }

  @inline(__always) package func contains(_ number: UInt32) -> Bool {
    guard count > 0, let base else { return false }
    let slot = number & mask
    return base[Int(slot >> 6)] & (1 << UInt64(slot & 63)) != 0
  }

  /// Adds `number`; all members lie in `lowest ... lowest + capacity`. False if it was there.
  package mutating func insert(_ number: UInt32, lowest: UInt32, highest: UInt32) -> Bool {
    let span = max(number, highest) &- lowest
    if base == nil || span > mask { grow(toHold: span, lowest: lowest) }
    let slot = number & mask
    let bit: UInt64 = 1 << UInt64(slot & 63)
    if base![Int(slot >> 6)] & bit != 0 { return false }
    base![Int(slot >> 6)] |= bit
    count += 1
    return true
  }

  /// True if it was there.
  @inline(__always) package mutating func remove(_ number: UInt32) -> Bool {
    guard count > 0, let base else { return false }
    let slot = number & mask
    let bit: UInt64 = 1 << UInt64(slot & 63)
    guard base[Int(slot >> 6)] & bit != 0 else { return false }
    base[Int(slot >> 6)] &= ~bit
    count -= 1
    return true
  }

  /// Passes all members.
  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&count)
    guard count > 0 else { return }
    var size = mask
    try coder.value(&size)
    guard size == mask || coder.isReading && size & (size &+ 1) == 0 && size >= 63 else {
      throw .badValue("a set of packets of \(size) places")
    }
    if base == nil {
      guard size < 1 << 31 else { throw .badValue("a set of packets of \(size) places") }
      mask = size
      base = .allocate(capacity: Int(mask >> 6) + 1)
      base!.initialize(repeating: 0, count: Int(mask >> 6) + 1)
    }
    for k in 0...Int(mask >> 6) { try coder.value(&base![k]) }
  }

  private mutating func grow(toHold span: UInt32, lowest: UInt32) {
    var size: UInt32 = 256
    while size <= span { size <<= 1 }
    let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: Int(size >> 6))
    larger.initialize(repeating: 0, count: Int(size >> 6))
    if let base {
      if count > 0 {
        for i in 0...mask {
          let number = lowest &+ i
          let slot = number & mask
          if base[Int(slot >> 6)] & (1 << UInt64(slot & 63)) != 0 {
            let place = number & (size - 1)
            larger[Int(place >> 6)] |= 1 << UInt64(place & 63)
          }
        }
      }
      base.deallocate()
    }
    base = larger
    mask = size - 1
  }

  package mutating func destroy() {
    base?.deallocate()
    base = nil
    mask = 0
    count = 0
  }
}
