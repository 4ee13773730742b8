// SPDX-License-Identifier: Apache-2.0

/// A binary heap built in linear time, for serving only the first few of many: a blocked queue of thousands is not
/// sorted to look at its head.
struct LeastFirst<Key: Comparable> {
  struct Entry {
    var key: Key
    /// Makes the order total.
    var tie: Int64
    /// What the entry stands for.
    var item: Int32

    @inline(__always) func precedes(_ other: Entry) -> Bool {
      key != other.key ? key < other.key : tie < other.tie
    }
  }

  private var entries: [Entry]

  init(_ entries: [Entry]) {
    self.entries = entries
    var parent = entries.count / 2 - 1
    while parent >= 0 {
      sink(from: parent)
      parent -= 1
    }
  }

  var first: Entry? { entries.first }

  mutating func pop() -> Entry? {
    guard let top = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink(from: 0)
    }
    return top
  }

  /// Keeps only the entries that pass, in linear time.
  mutating func narrow(to isKept: (Entry) -> Bool) { self = LeastFirst(entries.filter(isKept)) }

  private mutating func sink(from start: Int) {
    let count = entries.count
    var parent = start
    let moving = entries[parent]
    while true {
      var child = parent * 2 + 1
      if child >= count { break }
      if child + 1 < count, entries[child + 1].precedes(entries[child]) { child += 1 }
      guard entries[child].precedes(moving) else { break }
      entries[parent] = entries[child]
      parent = child
    }
    entries[parent] = moving
  }
}
