// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Positions of the queue in the order of a policy, produced one by one.
///
/// The order of arrival costs nothing. Other orders compute keys when the first position is asked for, and sort no
/// further than they are asked. Jobs without GPUs are left out: they are started before the queue is served.
struct ServiceOrder {
  private let view: FleetView
  private var queue: [QueuedJob] { view.queue }
  private var order: any QueueOrder
  private let isArrivalOrder: Bool
  private var next = 0
  private var heap: LeastFirst<Double>?

  init(_ order: any QueueOrder, over view: FleetView) {
    self.view = view
    self.order = order
    isArrivalOrder = type(of: order).isArrivalOrder
  }

  /// The position in the queue of the next job among those that `mayServe`.
  ///
  /// The condition may only become stricter from call to call: jobs that it once refused may be dropped for good.
  mutating func nextPosition(where mayServe: (QueuedJob) -> Bool) -> Int? {
    if isArrivalOrder {
      while next < queue.count {
        defer { next += 1 }
        if queue[next].gpus > 0, mayServe(queue[next]) { return next }
      }
      return nil
    }
    if heap == nil { buildHeap(where: mayServe) }
    while let entry = heap?.pop() {
      if mayServe(queue[Int(entry.item)]) { return Int(entry.item) }
    }
    return nil
  }

  /// Drops what is not `mayServe` at once, which is quicker than popping it piece by piece.
  mutating func narrow(to mayServe: (QueuedJob) -> Bool) {
    let queue = queue
    heap?.narrow { mayServe(queue[Int($0.item)]) }
  }

  private mutating func buildHeap(where mayServe: (QueuedJob) -> Bool) {
    order.prepare(for: view)
    var entries: [LeastFirst<Double>.Entry] = []
    for position in queue.indices where queue[position].gpus > 0 && mayServe(queue[position]) {
      let job = queue[position]
      entries.append(.init(key: order.key(of: job, at: view.now), tie: Int64(job.job), item: Int32(position)))
    }
    heap = LeastFirst(entries)
  }
}
