// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// A packet on its way: one cache line. Times are in ticks.
struct Packet {
  enum Kind: UInt8 {
    case data = 0
    case acknowledgement = 1
    /// Congestion notification of a receiver.
    case notification = 2
    /// Go-back-N: an acknowledgement that the packet before was expected.
    case refusal = 3
    /// Cross traffic that nobody answers.
    case datagram = 4
  }

  /// When it was sent; an acknowledgement carries the time of the packet that it answers.
  var sentAt: Int64 = 0
  /// Bytes delivered when it was sent.
  var delivered: Int64 = 0
  var flow: UInt32 = 0
  /// Where its next port stands in the network's list of steps.
  var path: UInt32 = 0
  /// Number of the packet within its flow.
  var sequence: UInt32 = 0
  /// How many packets of the flow had been sent before, repetitions included.
  var order: UInt32 = 0
  /// In acknowledgements: all packets before this one have arrived.
  var cumulative: UInt32 = 0
  /// How long before ``sentAt`` the last delivery was, and the first sending of the flight; in 10 ns.
  var deliveredAge: UInt32 = 0
  var flightAge: UInt32 = 0
  /// Block of telemetry, or none.
  var telemetry: UInt32 = .none
  /// Next packet in a list.
  var next: UInt32 = .none
  /// Bytes on the wire.
  var size: UInt16 = 0
  var kind = Kind.data
  var trafficClass: UInt8 = 0
  /// Ports passed so far.
  var hop: UInt8 = 0
  var marked = false
  /// In acknowledgements: how many of the packets answered were marked.
  var markedCount: UInt8 = 0
  var applicationLimited = false

  /// Passes all but the place of its telemetry.
  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&sentAt)
    try coder.value(&delivered)
    for number in [
      \Packet.flow, \.path, \.sequence, \.order, \.cumulative, \.deliveredAge, \.flightAge, \.next,
    ] { try coder.value(&self[keyPath: number]) }
    try coder.value(&size)
    try coder.value(&kind)
    try coder.value(&trafficClass)
    try coder.value(&hop)
    try coder.value(&marked)
    try coder.value(&markedCount)
    try coder.value(&applicationLimited)
  }

  /// Goes from source to destination; the others go back.
  @inline(__always) var goesForward: Bool { kind == .data || kind == .datagram }
  var refuses: Bool { kind == .refusal }
}

extension UInt32 {
  /// No index.
  static var none: UInt32 { .max }
}

/// A first-in first-out list of packets, linked through the packets themselves.
struct PacketList {
  var head = UInt32.none
  var tail = UInt32.none
  var isEmpty: Bool { head == .none }

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&head)
    try coder.value(&tail)
  }
}

/// All packets of one part of the network: a block of memory and a list of free places.
///
/// Unsafe memory for speed. Safety: indices are only ever made by ``take()``, which grows the block first, and each is in
/// exactly one list or in the hands of the handler of one event.
struct PacketPool: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Packet>
  private var capacity: Int
  private var used = 0
  private var free = PacketList()
  /// Packets in use.
  private(set) var live = 0

  init() {
    capacity = 1024
    base = alignedBlock(capacity)
    base.initialize(repeating: Packet(), count: capacity)
  }

  deinit { base.deallocate() }

  @inline(__always) subscript(_ index: UInt32) -> Packet {
    unsafeAddress { UnsafePointer(base + Int(index)) }
    nonmutating unsafeMutableAddress { base + Int(index) }
  }

  /// A fresh packet.
  mutating func take() -> UInt32 {
    live += 1
    if free.head != .none {
      let index = free.head
      free.head = base[Int(index)].next
      base[Int(index)] = Packet()
      return index
    }
    if used == capacity {
      let larger: UnsafeMutablePointer<Packet> = alignedBlock(capacity * 2)
      larger.moveInitialize(from: base, count: used)
      // Looking ahead may touch a place that has not been given out yet.
      (larger + used).initialize(repeating: Packet(), count: capacity)
      base.deallocate()
      base = larger
      capacity *= 2
    }
    used += 1
    return UInt32(used - 1)
  }

  mutating func give(_ index: UInt32) {
    live -= 1
    base[Int(index)].next = free.head
    free.head = index
  }

  @inline(__always) func append(_ index: UInt32, to list: inout PacketList) {
    base[Int(index)].next = .none
    if list.tail == .none { list.head = index } else { base[Int(list.tail)].next = index }
    list.tail = index
  }

  @inline(__always) func removeFirst(of list: inout PacketList) -> UInt32 {
    let index = list.head
    list.head = base[Int(index)].next
    if list.head == .none { list.tail = .none }
    return index
  }

  /// Places in use, ascending.
  var inUse: [UInt32] {
    var isFree = [Bool](repeating: false, count: used)
    var index = free.head
    while index != .none {
      isFree[Int(index)] = true
      index = base[Int(index)].next
    }
    return (0..<UInt32(used)).filter { !isFree[Int($0)] }
  }

  /// Makes just these places of an empty pool ones in use, each with a fresh packet.
  mutating func use(_ places: [UInt32]) {
    var wanted = places[...]
    var spare: [UInt32] = []
    while let next = wanted.first {
      let index = take()
      if index == next { wanted.removeFirst() } else { spare.append(index) }
    }
    for index in spare.reversed() { give(index) }
  }
}
