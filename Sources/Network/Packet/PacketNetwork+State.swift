// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// The whole state of a part between two windows as bytes, from which another process goes on.
///
/// Plan, routes and everything else that follows from the plan are not in it. Packets keep their places in the pool, since
/// events and lists name them by place; which places are given out next is nothing that results depend on, nor is how the
/// wheel holds its events.
extension PacketNetwork {
  /// Writes everything, or reads it into a network that has just been made from the same plan.
  mutating func code(with coder: inout StateCoder) throws(WireError) {
    precondition(outbox.isEmpty && words.isEmpty, "a state is written between windows")
    try coder.value(&now)
    try coder.value(&events)
    try coder.value(&hops)
    try coder.value(&nextStart)
    try coder.value(&nextChange)
    try coder.value(&isWarm)
    try coder.value(&lastSample)
    try coder.value(&nextSeries)
    try codePackets(with: &coder)
    try codeEvents(with: &coder)
    for place in 0..<portCount {
      try ports[place].code(with: &coder)
      try cards[place].code(with: &coder)
    }
    for node in plan.nodes.indices { try coder.value(&nodeUsed[node]) }
    for flow in 0..<flowCount {
      try senders[flow].code(with: &coder)
      try receivers[flow].code(with: &coder)
    }
    try codeControllers(with: &coder)
    try codeControl(with: &coder)
    for place in histograms.indices { try histograms[place].code(with: &coder) }
    try coder.value(&series)
    for k in collectives.indices {
      try collectives[k].code(with: &coder)
      try coder.value(&finished[k])
      try coder.value(&completions[k])
    }
    var streams = datagramStreams.keys.sorted()
    try coder.value(&streams)
    for flow in streams {
      var stream = datagramStreams[flow] ?? RandomStream(seed: plan.seed, name: "datagrams").child(flow)
      try stream.code(with: &coder)
      datagramStreams[flow] = stream
    }
  }

  private mutating func codePackets(with coder: inout StateCoder) throws(WireError) {
    var places = pool.inUse
    try coder.value(&places)
    if coder.isReading {
      guard zip(places, places.dropFirst()).allSatisfy(<), places.last.map({ $0 < 1 << 30 }) ?? true else {
        throw .badValue("places of packets")
      }
      pool.use(places)
    }
    for index in places {
      try pool[index].code(with: &coder)
      guard Int(pool[index].flow) < flowCount, pool[index].path < stepCount else {
        throw .badValue("packet of flow \(pool[index].flow) at step \(pool[index].path)")
      }
      var carries = pool[index].telemetry != .none
      try coder.value(&carries)
      guard carries else { continue }
      if coder.isReading { pool[index].telemetry = telemetry.take() }
      let block = pool[index].telemetry
      for hop in 0..<Feedback.maximumHops {
        try coder.value(&telemetry[block][hop].capacity)
        try coder.value(&telemetry[block][hop].queue)
        try coder.value(&telemetry[block][hop].sent)
        try coder.value(&telemetry[block][hop].at)
      }
    }
  }

  private mutating func codeEvents(with coder: inout StateCoder) throws(WireError) {
    var all: [PacketEvent] = []
    if coder.isReading { queue = EventWheel() } else { queue.visit { all.append($0) } }
    // In their order, so that equal states are equal bytes.
    all.sort { $0.precedes($1) }
    var count = all.count
    try coder.count(&count, minimumSize: 16)
    for k in 0..<count {
      var event = coder.isReading ? PacketEvent(time: 0, kind: .sample, place: 0) : all[k]
      try coder.value(&event.time)
      try coder.value(&event.key)
      try coder.value(&event.packet)
      guard PacketEventKind(rawValue: event.key >> 28) != nil, event.time >= 0 else { throw .badValue("event") }
      if coder.isReading { queue.push(event) }
    }
  }

  private mutating func codeControllers(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&usedSlots)
    try coder.value(&freeSlots)
    try coder.value(&contexts)
    guard contexts.count == usedSlots else { throw .badValue("\(contexts.count) contexts of \(usedSlots) controllers") }
    for slot in 0..<usedSlots {
      if coder.isReading { bank.start(slot, context: contexts[slot], parameters: plan.algorithm.values) }
      try bank.code(slot, with: &coder)
    }
    (controllers, controllerStride) = bank.storage
  }

  private mutating func codeControl(with coder: inout StateCoder) throws(WireError) {
    var entries = control.queue.entries.sorted {
      ($0.time, $0.rank, $0.sequence) < ($1.time, $1.rank, $1.sequence)
    }
    var number = control.queue.nextSequence
    try coder.value(&number)
    var count = entries.count
    try coder.count(&count, minimumSize: 25)
    for k in 0..<count {
      var entry =
        coder.isReading
        ? EventQueue<ControlWord>.Entry(time: .zero, rank: 0, sequence: 0, payload: .foresee) : entries[k]
      try coder.value(&entry.time)
      try coder.value(&entry.sequence)
      try coder.value(&entry.payload)
      entry.rank = entry.payload.rank
      if coder.isReading { entries.append(entry) }
    }
    if coder.isReading { control.queue = EventQueue(entries: entries, nextSequence: number) }
    var flows = control.books.keys.sorted()
    try coder.value(&flows)
    for flow in flows {
      var book = control.books[flow] ?? ClaimBook(hops: 0)
      try coder.value(&book)
      control.books[flow] = book
    }
    for flow in control.active.indices { try coder.value(&control.active[flow]) }
    try coder.value(&control.foreseeing)
    guard control.grants != nil else { return }
    // Distances follow from the links as they are now.
    if coder.isReading { measureDesks() }
    try control.grants!.code(with: &coder)
  }
}

extension PacketPart {
  /// The state between two calls of ``advance(to:inbox:)``.
  public func snapshot() -> [UInt8]? {
    var coder = StateCoder()
    do { try network.code(with: &coder) } catch { preconditionFailure("writing state cannot fail: \(error)") }
    return coder.bytes
  }

  /// A part as it was when its state was written.
  public convenience init(plan: NetworkPlan, partOf: [Int], part: Int, state: [UInt8]) throws(WireError) {
    self.init(plan: plan, partOf: partOf, part: part)
    var coder = StateCoder(reading: ByteReader(state))
    try network.code(with: &coder)
    try coder.rest?.finish()
  }
}
