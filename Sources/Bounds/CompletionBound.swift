// SPDX-License-Identifier: Apache-2.0

/// The mean completion time, in hours, that no schedule of any policy can beat. Preemption, migration and running on
/// any number of GPUs up to its own are free for the bound.
///
/// The greatest of three, each a relaxation of its own:
///
/// 1. every job runs alone on the fastest GPUs it may use: the mean of work / speed;
/// 2. all GPUs are one machine that gives a job any rate: there SRPT has the least sum of completion times (Schrage,
///    Operations Research 16(3), 1968);
/// 3. mean busy times. Let M be the mean of the instants at which a job's work is done. A job that never works faster than
///    at its full rate ends no sooner than M + (work / speed) / 2. On the one machine the least sum of all M is that of
///    always serving the job of least *total* work (Goemans et al., SIAM J. Discrete Mathematics 15(2), 2002), and no
///    schedule of the fleet has a lesser one, because each is a schedule of the one machine.
public func completionBound(_ problem: BoundProblem) -> Double {
  let jobs = problem.jobs.filter { $0.gpuWork > 0 }
  guard !jobs.isEmpty, problem.capacity > 0 else { return 0 }
  let alone = jobs.map { $0.work / problem.greatestSpeed(of: $0) }
  let sizes = jobs.map { $0.gpuWork / problem.capacity }
  let submits = jobs.map(\.submit)
  let shortest = serve(submits: submits, sizes: sizes, byTotal: false)
  let busy = serve(submits: submits, sizes: sizes, byTotal: true)
  var (first, second, third) = (0.0, 0.0, 0.0)
  for index in jobs.indices {
    first += alone[index]
    second += shortest[index].end - submits[index]
    third += busy[index].meanBusy - submits[index] + alone[index] / 2
  }
  // Jobs without work end as they arrive.
  return max(first, second, third) / Double(problem.jobs.count)
}

/// One machine that always serves the waiting job of least remaining (or total) size, ties in order of arrival.
private func serve(submits: [Double], sizes: [Double], byTotal: Bool) -> [(end: Double, meanBusy: Double)] {
  let arrivals = submits.indices.sorted { (submits[$0], $0) < (submits[$1], $1) }
  var remaining = sizes
  var weighted = [Double](repeating: 0, count: sizes.count)
  var ends = [Double](repeating: 0, count: sizes.count)
  var waiting = Heap()
  var next = 0
  var now = 0.0
  while next < arrivals.count || !waiting.isEmpty {
    if waiting.isEmpty { now = max(now, submits[arrivals[next]]) }
    while next < arrivals.count, submits[arrivals[next]] <= now {
      waiting.push(sizes[arrivals[next]], arrivals[next])
      next += 1
    }
    let job = waiting.least
    let until = next < arrivals.count ? submits[arrivals[next]] : .infinity
    let span = min(remaining[job], until - now)
    weighted[job] += span * (now + span / 2)
    now = remaining[job] <= until - now ? now + span : until
    remaining[job] -= span
    if remaining[job] <= 0 {
      ends[job] = now
      waiting.pop()
    } else if !byTotal {
      waiting.lowerLeast(to: remaining[job])
    }
  }
  return sizes.indices.map { (ends[$0], weighted[$0] / sizes[$0]) }
}

/// A binary heap of jobs by key.
private struct Heap {
  private var entries: [(key: Double, job: Int)] = []

  var isEmpty: Bool { entries.isEmpty }
  var least: Int { entries[0].job }

  mutating func push(_ key: Double, _ job: Int) {
    entries.append((key, job))
    var child = entries.count - 1
    while child > 0, entries[child] < entries[(child - 1) / 2] {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() {
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < entries.count else { return }
      if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
      guard entries[child] < entries[parent] else { return }
      entries.swapAt(child, parent)
      parent = child
    }
  }

  /// The least entry's key falls: it stays the least.
  mutating func lowerLeast(to key: Double) { entries[0].key = key }
}
