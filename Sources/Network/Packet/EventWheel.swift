// SPDX-License-Identifier: Apache-2.0

import CMemory

/// The events of the packet level in the total order of ``PacketEvent``: a hierarchical timing wheel (Varghese and Lauck,
/// SOSP 1987) whose finest buckets are sorted as their time comes.
///
/// A wheel has 1,024 buckets; a bucket of one wheel is all of the wheel below. An event goes to the wheel of the highest
/// digit in which its time differs from the present, is passed down when its bucket is reached, and comes out in a sorted
/// run. So an event costs a few writes to the end of a list, however many are pending, and what comes next lies in order in
/// memory: the engine fetches what it will touch while it still handles what is before. A few events fall into the bucket
/// that is being handled; they go to a small heap beside the run.
///
/// The width of a bucket follows how many events buckets turn out to hold. Nothing that it decides can be seen: the order of
/// events does not depend on it.
///
/// Unsafe memory for speed. Safety: blocks are owned here alone; bucket numbers are masked to ten bits, chunk numbers come
/// from ``takeChunk()``, which grows their block first; runs are as large as what is put into them.
package struct EventWheel: ~Copyable {
  private static let digit = 10
  private static let slots = 1 << digit
  /// Enough for all times that there are, whatever the width.
  private static let wheels = 7

  /// Four cache lines of a bucket's list: its head, and the events behind it.
  private struct Chunk: BitwiseCopyable {
    static let capacity = 15
    var next = UInt32.none
    var count: UInt32 = 0
    var events = InlineArray<15, PacketEvent>(repeating: PacketEvent(time: 0, kind: .arrival, place: 0))
    var padding: UInt64 = 0
  }

  /// Width of the finest buckets is two to this many ticks.
  private var shift: Int
  /// The finest bucket that is being handled, counted from time zero.
  private var cursor: UInt64 = 0
  private var run: UnsafeMutablePointer<PacketEvent>
  private var spare: UnsafeMutablePointer<PacketEvent>
  private let tally: UnsafeMutablePointer<Int32>
  private var runCapacity = 1024
  private var runStart = 0
  private var runEnd = 0
  private var near = EventHeap()
  private var chunks: UnsafeMutablePointer<Chunk>
  private var chunkCapacity = 256
  private var chunksUsed = 0
  private var freeChunk = UInt32.none
  /// By wheel and bucket: the last chunk of its list, which is the one that fills and leads to the first.
  private let tails: UnsafeMutablePointer<UInt32>
  /// By wheel and bucket: the least time in it, above the finest wheel.
  private let least: UnsafeMutablePointer<Int64>
  /// By wheel: a bit for each bucket that holds something.
  private let bits: UnsafeMutablePointer<UInt64>
  package private(set) var count = 0
  // How full buckets are.
  private var bucketsLoaded = 0
  private var eventsLoaded = 0
  private var bucketsSpread = 0

  /// - Parameter shift: width of the finest buckets at first, as a power of two in ticks.
  package init(shift: Int = 12) {
    self.shift = shift
    run = .allocate(capacity: runCapacity)
    spare = .allocate(capacity: runCapacity)
    chunks = alignedBlock(chunkCapacity)
    tails = .allocate(capacity: EventWheel.wheels * EventWheel.slots)
    tails.initialize(repeating: .none, count: EventWheel.wheels * EventWheel.slots)
    tally = .allocate(capacity: 256)
    least = .allocate(capacity: EventWheel.wheels * EventWheel.slots)
    least.initialize(repeating: .max, count: EventWheel.wheels * EventWheel.slots)
    bits = .allocate(capacity: EventWheel.wheels * EventWheel.slots / 64)
    bits.initialize(repeating: 0, count: EventWheel.wheels * EventWheel.slots / 64)
  }

  deinit {
    run.deallocate()
    spare.deallocate()
    chunks.deallocate()
    tails.deallocate()
    tally.deallocate()
    least.deallocate()
    bits.deallocate()
  }

  package var isEmpty: Bool { count == 0 }

  /// Events after the next one that are in order already; some may still come between.
  @inline(__always) package var ahead: UnsafeBufferPointer<PacketEvent> {
    UnsafeBufferPointer(start: run + runStart, count: runEnd - runStart)
  }

  // MARK: In

  /// No event may be earlier than what has been taken out, nor than the limit of a ``head(upTo:)`` that found nothing.
  @inline(__always) package mutating func push(_ event: PacketEvent) {
    count += 1
    place(event)
  }

  @inline(__always) private mutating func place(_ event: PacketEvent) {
    let bucket = UInt64(bitPattern: event.time) >> UInt64(shift)
    assert(bucket >= cursor, "no event is earlier than what has been handled")
    let difference = bucket ^ cursor
    if difference < UInt64(EventWheel.slots) {
      if difference == 0 { near.push(event) } else { append(event, to: Int(bucket & UInt64(EventWheel.slots - 1))) }
    } else {
      placeFar(event, bucket, difference)
    }
  }

  private mutating func placeFar(_ event: PacketEvent, _ bucket: UInt64, _ difference: UInt64) {
    let wheel = (63 - difference.leadingZeroBitCount) / EventWheel.digit
    let slot = Int((bucket >> UInt64(wheel * EventWheel.digit)) & UInt64(EventWheel.slots - 1))
    let index = wheel * EventWheel.slots + slot
    if event.time < least[index] { least[index] = event.time }
    append(event, to: index)
  }

  @inline(__always) private mutating func append(_ event: PacketEvent, to index: Int) {
    let tail = tails[index]
    if tail != .none, chunks[Int(tail)].count < Chunk.capacity {
      let chunk = chunks + Int(tail)
      events(of: chunk)[Int(chunk.pointee.count)] = event
      chunk.pointee.count += 1
      return
    }
    let number = takeChunk()
    let chunk = chunks + Int(number)
    chunk.pointee.count = 1
    events(of: chunk)[0] = event
    if tail == .none {
      bits[index >> 6] |= 1 << UInt64(index & 63)
      chunk.pointee.next = number
    } else {
      chunk.pointee.next = chunks[Int(tail)].next
      chunks[Int(tail)].next = number
    }
    tails[index] = number
  }

  @inline(__always) private func events(of chunk: UnsafeMutablePointer<Chunk>) -> UnsafeMutablePointer<PacketEvent> {
    (UnsafeMutableRawPointer(chunk) + 8).assumingMemoryBound(to: PacketEvent.self)
  }

  private mutating func takeChunk() -> UInt32 {
    if freeChunk != .none {
      let number = freeChunk
      freeChunk = chunks[Int(number)].next
      return number
    }
    if chunksUsed == chunkCapacity {
      let larger: UnsafeMutablePointer<Chunk> = alignedBlock(chunkCapacity * 2)
      larger.moveInitialize(from: chunks, count: chunksUsed)
      chunks.deallocate()
      chunks = larger
      chunkCapacity *= 2
    }
    (chunks + chunksUsed).initialize(to: Chunk())
    chunksUsed += 1
    return UInt32(chunksUsed - 1)
  }

  // MARK: Out

  /// When the first event is due; never if there is none.
  package var nextTime: Int64 {
    if runStart < runEnd || !near.isEmpty {
      return min(runStart < runEnd ? run[runStart].time : .max, near.nextTime)
    }
    guard let (wheel, slot) = nextBucket() else { return .max }
    if wheel > 0 { return least[wheel * EventWheel.slots + slot] }
    var time = Int64.max
    visit(in: slot) { time = min(time, $0.time) }
    return time
  }

  /// When the first event is due, or never if that is certainly after `limit`.
  @inline(__always) package mutating func head(upTo limit: Int64) -> Int64 {
    if runStart == runEnd, near.isEmpty, !refill(limit) { return .max }
    let first = runStart < runEnd ? run[runStart].time : .max
    return near.isEmpty ? first : min(first, near.nextTime)
  }

  /// Takes the first event out, which ``head(upTo:)`` has found.
  @inline(__always) package mutating func removeFirst() -> PacketEvent {
    count -= 1
    if near.isEmpty || runStart < runEnd && run[runStart].precedes(near.first) {
      runStart += 1
      return run[runStart - 1]
    }
    let event = near.first
    near.removeFirst()
    return event
  }

  /// The next bucket that holds something, of the finest wheel that has one. The one that is being handled is empty.
  private func nextBucket() -> (wheel: Int, slot: Int)? {
    for wheel in 0..<EventWheel.wheels {
      let present = Int((cursor >> UInt64(wheel * EventWheel.digit)) & UInt64(EventWheel.slots - 1))
      let row = bits + wheel * EventWheel.slots / 64
      var word = (present + 1) >> 6
      guard word < EventWheel.slots / 64 else { continue }
      var value = row[word] & ~0 << UInt64((present + 1) & 63)
      while true {
        if value != 0 { return (wheel, word << 6 + value.trailingZeroBitCount) }
        word += 1
        if word == EventWheel.slots / 64 { break }
        value = row[word]
      }
    }
    return nil
  }

  /// Gets the next bucket in order; false if it begins after `limit`.
  @inline(never) private mutating func refill(_ limit: Int64) -> Bool {
    runStart = 0
    runEnd = 0
    if eventsLoaded > max(8192, 2 * count) {
      tune()
      if !near.isEmpty { return true }
    }
    while let (wheel, slot) = nextBucket() {
      let low = UInt64(wheel * EventWheel.digit)
      let bucket = (cursor >> low & ~UInt64(EventWheel.slots - 1) | UInt64(slot)) << low
      guard bucket << UInt64(shift) <= UInt64(bitPattern: limit) else { return false }
      cursor = bucket
      empty(wheel * EventWheel.slots + slot)
      guard runEnd > 0 else { continue }
      sort()
      bucketsLoaded += 1
      eventsLoaded += runEnd
      if run[0].time != run[runEnd - 1].time { bucketsSpread += 1 }
      return true
    }
    return false
  }

  /// Passes what a bucket holds to the wheels below, or to the run if it is of the present.
  private mutating func empty(_ index: Int) {
    let tail = tails[index]
    tails[index] = .none
    least[index] = .max
    bits[index >> 6] &= ~(1 << UInt64(index & 63))
    var number = chunks[Int(tail)].next
    while true {
      // What it holds may go to chunks that have to be made first, so it is read anew each time.
      let next = chunks[Int(number)].next
      if number != tail { longhaul_prefetch(chunks + Int(next)) }
      for k in 0..<Int(chunks[Int(number)].count) { settle(events(of: chunks + Int(number))[k]) }
      chunks[Int(number)].next = freeChunk
      freeChunk = number
      if number == tail { return }
      number = next
    }
  }

  @inline(__always) private mutating func settle(_ event: PacketEvent) {
    guard UInt64(bitPattern: event.time) >> UInt64(shift) == cursor else { return place(event) }
    if runEnd == runCapacity { growRun() }
    run[runEnd] = event
    runEnd += 1
  }

  private mutating func growRun() {
    let larger = UnsafeMutablePointer<PacketEvent>.allocate(capacity: runCapacity * 2)
    larger.moveInitialize(from: run, count: runEnd)
    run.deallocate()
    spare.deallocate()
    run = larger
    spare = .allocate(capacity: runCapacity * 2)
    runCapacity *= 2
  }

  // MARK: Order

  /// Sorts the run: by insertion as long as that is little work, for lists fill nearly in order; else digit by digit, the
  /// least first, over the digits in which events differ.
  private mutating func sort() {
    var moves = 8 * runEnd + 64
    for k in 1..<max(1, runEnd) {
      let event = run[k]
      var hole = k
      while hole > 0, event.precedes(run[hole - 1]) {
        run[hole] = run[hole - 1]
        hole -= 1
      }
      run[hole] = event
      moves -= k - hole
      if moves < 0 { return sortByDigits() }
    }
  }

  @inline(never) private mutating func sortByDigits() {
    let first = run[0]
    var keys: UInt64 = 0
    var times: UInt64 = 0
    for k in 0..<runEnd {
      keys |= UInt64(run[k].key ^ first.key)
      times |= UInt64(bitPattern: run[k].time ^ first.time)
    }
    for low in stride(from: UInt64(0), to: 32, by: 8) where keys >> low & 255 != 0 {
      distribute { UInt64($0.key) >> low }
    }
    for low in stride(from: UInt64(0), to: 64, by: 8) where times >> low & 255 != 0 {
      distribute { UInt64(bitPattern: $0.time) >> low }
    }
  }

  /// A stable pass over one digit.
  @inline(__always) private mutating func distribute(_ digit: (PacketEvent) -> UInt64) {
    tally.initialize(repeating: 0, count: 256)
    for k in 0..<runEnd { tally[Int(digit(run[k]) & 255)] += 1 }
    var sum: Int32 = 0
    for k in 0..<256 {
      let here = tally[k]
      tally[k] = sum
      sum += here
    }
    for k in 0..<runEnd {
      let d = Int(digit(run[k]) & 255)
      spare[Int(tally[d])] = run[k]
      tally[d] += 1
    }
    (run, spare) = (spare, run)
  }

  /// Makes buckets wider if they hold few events, and narrower if they hold many of different times.
  private mutating func tune() {
    let mean = eventsLoaded / max(1, bucketsLoaded)
    let isSpread = 2 * bucketsSpread > bucketsLoaded
    eventsLoaded = 0
    bucketsLoaded = 0
    bucketsSpread = 0
    var new = shift
    if mean < 16 { new = min(shift + 1, 30) } else if mean > 512, isSpread { new = max(shift - 1, 0) }
    guard new != shift else { return }
    // Nothing is in the run or beside it now.
    var all: [PacketEvent] = []
    all.reserveCapacity(count)
    visit { all.append($0) }
    cursor = new > shift ? cursor >> UInt64(new - shift) : cursor << UInt64(shift - new)
    shift = new
    tails.update(repeating: .none, count: EventWheel.wheels * EventWheel.slots)
    least.update(repeating: .max, count: EventWheel.wheels * EventWheel.slots)
    bits.update(repeating: 0, count: EventWheel.wheels * EventWheel.slots / 64)
    chunksUsed = 0
    freeChunk = .none
    for event in all { place(event) }
  }

  /// All events, in no order that means anything.
  package func visit(_ body: (PacketEvent) -> Void) {
    for k in runStart..<runEnd { body(run[k]) }
    for k in 0..<near.count { body(near[k]) }
    for index in 0..<EventWheel.wheels * EventWheel.slots where tails[index] != .none { visit(in: index, body) }
  }

  private func visit(in index: Int, _ body: (PacketEvent) -> Void) {
    var number = chunks[Int(tails[index])].next
    while true {
      let chunk = chunks + Int(number)
      for k in 0..<Int(chunk.pointee.count) { body(events(of: chunk)[k]) }
      if number == tails[index] { return }
      number = chunk.pointee.next
    }
  }
}
