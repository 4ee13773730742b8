// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation
import Testing

/// What orders events, written down apart from the queue.
private struct Key: Comparable, Hashable {
  var time: Int64
  var rank: UInt64
  var sequence: UInt64
  static func < (a: Key, b: Key) -> Bool { (a.time, a.rank, a.sequence) < (b.time, b.rank, b.sequence) }
}

private func drain(_ queue: EventQueue<Int>) -> [Key] {
  var queue = queue
  var keys: [Key] = []
  while let entry = queue.pop() {
    keys.append(Key(time: entry.time.ticks, rank: entry.rank, sequence: entry.sequence))
  }
  return keys
}

@Suite struct EventQueueTests {
  @Test func anEmptyQueueHasNothingDue() {
    var queue = EventQueue<Int>()
    #expect(queue.isEmpty)
    #expect(queue.first == nil)
    #expect(queue.nextTime == .never)
    #expect(queue.pop() == nil)
    queue.push(1, at: .zero)
    #expect(queue.nextTime == .zero)
    _ = queue.pop()
    #expect(queue.nextTime == .never && queue.isEmpty)
  }

  @Test func timeCountsBeforeRankAndRankBeforeOrderOfPushing() {
    var queue = EventQueue<String>()
    queue.push("later", at: .seconds(2), rank: 0)
    queue.push("second of rank 1", at: .seconds(1), rank: 1)
    queue.push("rank 0", at: .seconds(1), rank: 0)
    queue.push("third of rank 1", at: .seconds(1), rank: 1)
    queue.push("highest rank", at: .seconds(1), rank: .max)
    queue.push("at the end of time", at: .never, rank: 0)
    queue.push("before time", at: Time(ticks: -5), rank: 9)
    var order: [String] = []
    while let entry = queue.pop() { order.append(entry.payload) }
    #expect(
      order == [
        "before time", "rank 0", "second of rank 1", "third of rank 1", "highest rank", "later", "at the end of time",
      ])
  }

  @Test func eventsOfOneInstantLeaveAsTheyCame() {
    var queue = EventQueue<Int>()
    for number in 0..<1000 { queue.push(number, at: .seconds(1), rank: 3) }
    var order: [Int] = []
    while let entry = queue.pop() { order.append(entry.payload) }
    #expect(order == Array(0..<1000))
  }

  /// Pushes and pops at random, with many ties, against a sorted array.
  @Test(arguments: [1, 2, 3, 4, 5]) func agreesWithASortedArray(seed: UInt64) {
    var random = RandomStream(seed: seed, name: "queue")
    var queue = EventQueue<Int>()
    var reference: Set<Key> = []
    for step in 0..<4000 {
      // Grows at first and shrinks later, so that every depth of the heap is met both ways.
      if reference.isEmpty || random.uniform() < (step < 2000 ? 0.6 : 0.4) {
        let key = Key(
          time: Int64(random.below(50)), rank: UInt64(random.below(3)), sequence: queue.nextSequence)
        queue.push(Int(key.sequence), at: Time(ticks: key.time), rank: key.rank)
        reference.insert(key)
      } else if let least = reference.min() {
        let entry = queue.pop()
        #expect(entry?.time.ticks == least.time && entry?.rank == least.rank && entry?.sequence == least.sequence)
        #expect(entry?.payload == Int(least.sequence))
        reference.remove(least)
      }
      guard queue.count == reference.count else { return #expect(queue.count == reference.count) }
    }
    #expect(drain(queue) == reference.sorted())
  }

  @Test func aQueueRebuiltFromItsEntriesIsTheSame() {
    var random = RandomStream(seed: 11, name: "queue")
    var queue = EventQueue<Int>()
    for number in 0..<500 {
      queue.push(number, at: Time(ticks: Int64(random.below(40))), rank: UInt64(random.below(4)))
    }
    for _ in 0..<100 { _ = queue.pop() }
    var entries = queue.entries
    // A checkpoint may list them in any order.
    for place in stride(from: entries.count - 1, to: 0, by: -1) { entries.swapAt(place, random.below(place + 1)) }
    var rebuilt = EventQueue<Int>(entries: entries, nextSequence: queue.nextSequence)
    #expect(rebuilt.count == 400 && rebuilt.nextSequence == 500)
    // A new event ties with old ones: it comes after them in both.
    queue.push(-1, at: Time(ticks: 20), rank: 2)
    rebuilt.push(-1, at: Time(ticks: 20), rank: 2)
    #expect(drain(rebuilt) == drain(queue))
  }
}
