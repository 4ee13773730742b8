// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

extension Benchmark {
  /// The hold model: of a queue of constant length the first event is taken and another put in, at a later time.
  static let eventQueue = Benchmark(
    name: "queue", summary: "EventQueue, pop and push, beside a bare binary heap of the times alone"
  ) {
    var table = Columns(["pending", "EventQueue, M/s", "bare heap, M/s", "EventQueue over bare, time"])
    for pending in [1_000, 10_000, 100_000] {
      var ours = Samples()
      var bare = Samples()
      for run in 0..<5 {
        ours.add(holdQueue(pending: pending, seed: UInt64(run)))
        bare.add(holdHeap(pending: pending, seed: UInt64(run)))
      }
      table.add(["\(pending)", ours.text, bare.text, (bare / ours).text])
    }
    table.show()
    print("   One operation is a pop and a push. An entry has time, rank, sequence and a payload of 8 bytes: 32 bytes.")
  }

  private static let operations = 400_000

  private static func holdQueue(pending: Int, seed: UInt64) -> Double {
    var random = RandomStream(seed: seed, name: "hold")
    let steps = (0..<operations).map { _ in Time(ticks: 1 + Int64(random.below(1 << 30))) }
    var queue = EventQueue<UInt64>()
    for k in 0..<pending { queue.push(UInt64(k), at: steps[k % operations]) }
    let watch = Stopwatch()
    for step in steps {
      guard let entry = queue.pop() else { break }
      queue.push(entry.payload, at: entry.time + step)
    }
    let seconds = watch.cpuSeconds
    keep(queue.nextTime)
    return Double(operations) / seconds / 1e6
  }

  private static func holdHeap(pending: Int, seed: UInt64) -> Double {
    var random = RandomStream(seed: seed, name: "hold")
    let steps = (0..<operations).map { _ in 1 + Int64(random.below(1 << 30)) }
    var heap = BareHeap()
    for k in 0..<pending { heap.push(steps[k % operations]) }
    let watch = Stopwatch()
    for step in steps { heap.push(heap.pop() + step) }
    let seconds = watch.cpuSeconds
    keep(heap)
    return Double(operations) / seconds / 1e6
  }
}

/// What a textbook would write: a binary heap of numbers, without ranks, order of insertion or payload.
private struct BareHeap {
  private var items: [Int64] = []

  mutating func push(_ item: Int64) {
    items.append(item)
    var child = items.count - 1
    while child > 0, items[(child - 1) / 2] > item {
      items[child] = items[(child - 1) / 2]
      child = (child - 1) / 2
    }
    items[child] = item
  }

  mutating func pop() -> Int64 {
    let top = items[0]
    let last = items.removeLast()
    guard !items.isEmpty else { return top }
    var hole = 0
    while true {
      var child = hole * 2 + 1
      if child >= items.count { break }
      if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
      if items[child] >= last { break }
      items[hole] = items[child]
      hole = child
    }
    items[hole] = last
    return top
  }
}
