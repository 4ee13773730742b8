// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A priority queue of events in the total order (time, rank, sequence), as a 4-ary heap in one array.
///
/// `rank` orders kinds of events at one instant; events of equal time and rank leave in the order in which they
/// were pushed. A 4-ary heap halves the depth of a binary one, and its children share a cache line.
public struct EventQueue<Payload> {
  public struct Entry {
    public var time: Time
    public var rank: UInt64
    public var sequence: UInt64
    public var payload: Payload

    @inlinable public init(time: Time, rank: UInt64, sequence: UInt64, payload: Payload) {
      self.time = time
      self.rank = rank
      self.sequence = sequence
      self.payload = payload
    }

    @inlinable func precedes(_ other: Entry) -> Bool {
      if time != other.time { return time < other.time }
      if rank != other.rank { return rank < other.rank }
      return sequence < other.sequence
    }
  }

  @usableFromInline var heap: [Entry] = []
  /// The number that the next pushed event gets.
  public var nextSequence: UInt64 = 0

  public init() {}

  /// Rebuilds a queue from the entries of another, in any order, and its counter.
  @inlinable public init(entries: [Entry], nextSequence: UInt64) {
    for entry in entries { insert(entry) }
    self.nextSequence = nextSequence
  }

  @inlinable public var isEmpty: Bool { heap.isEmpty }
  @inlinable public var count: Int { heap.count }
  @inlinable public var first: Entry? { heap.first }
  /// When the earliest event is due; ``Time/never`` if there is none.
  @inlinable public var nextTime: Time { heap.isEmpty ? .never : heap[0].time }
  /// All entries in the order of the heap's array, which is deterministic but not sorted.
  @inlinable public var entries: [Entry] { heap }

  @inlinable public mutating func push(_ payload: Payload, at time: Time, rank: UInt64 = 0) {
    insert(Entry(time: time, rank: rank, sequence: nextSequence, payload: payload))
    nextSequence += 1
  }

  @inlinable mutating func insert(_ entry: Entry) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) >> 2
      guard entry.precedes(heap[parent]) else { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = entry
  }

  @inlinable public mutating func pop() -> Entry? {
    guard let top = heap.first else { return nil }
    let last = heap.removeLast()
    let count = heap.count
    if count == 0 { return top }
    var hole = 0
    while true {
      let firstChild = hole * 4 + 1
      if firstChild >= count { break }
      var least = firstChild
      var other = firstChild + 1
      let end = min(firstChild + 4, count)
      while other < end {
        if heap[other].precedes(heap[least]) { least = other }
        other += 1
      }
      guard heap[least].precedes(last) else { break }
      heap[hole] = heap[least]
      hole = least
    }
    heap[hole] = last
    return top
  }
}

extension EventQueue: Sendable where Payload: Sendable {}
extension EventQueue.Entry: Sendable where Payload: Sendable {}
