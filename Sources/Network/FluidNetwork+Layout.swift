// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

extension FluidNetwork {
  /// Writes the state; the model is not part of it.
  public func encode(into writer: inout ByteWriter) {
    writer.write(handled)
    writer.write(now)
    for port in ports { port.encode(into: &writer) }
    let ids = sources.keys.sorted()
    writer.write(UInt32(ids.count))
    for id in ids { sources[id]!.encode(into: &writer) }
    writer.write(UInt32(queue.count))
    for entry in queue.entries {
      writer.write(entry.time)
      writer.write(entry.rank)
      writer.write(entry.sequence)
      entry.payload.encode(into: &writer)
    }
    writer.write(queue.nextSequence)
  }

  public init(model: NetworkModel, site: Int, from reader: inout ByteReader) throws(WireError) {
    self.init(model: model, site: site)
    let handled: UInt64 = try reader.read()
    let now = try reader.readTime()
    for i in ports.indices { try ports[i].restore(from: &reader) }
    for _ in 0..<(try reader.readCount()) {
      let source: FluidSource = try reader.read()
      sources[source.spec.id] = source
    }
    var entries: [EventQueue<Internal>.Entry] = []
    for _ in 0..<(try reader.readCount()) {
      entries.append(
        .init(
          time: try reader.readTime(), rank: try reader.read(), sequence: try reader.read(),
          payload: try reader.read()))
    }
    queue = EventQueue(entries: entries, nextSequence: try reader.read())
    self.handled = handled
    self.now = now
  }
}

extension FluidNetwork.Internal: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    switch self {
    case .message(let message):
      writer.write(UInt8(0))
      writer.write(message)
    case .deadline(let id):
      writer.write(UInt8(1))
      writer.write(id.raw)
    case .finish(let id):
      writer.write(UInt8(2))
      writer.write(id.raw)
    case .port(let port):
      writer.write(UInt8(3))
      writer.write(port)
    case .capacity(let port, let change):
      writer.write(UInt8(4))
      writer.write(port)
      writer.write(change)
    case .release(let port):
      writer.write(UInt8(5))
      writer.write(port)
    case .allocate(let port):
      writer.write(UInt8(6))
      writer.write(port)
    case .recompute(let port):
      writer.write(UInt8(7))
      writer.write(port)
    }
  }

  init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0: self = .message(try reader.read())
    case 1: self = .deadline(FlowID(raw: try reader.read()))
    case 2: self = .finish(FlowID(raw: try reader.read()))
    case 3: self = .port(try reader.read())
    case 4: self = .capacity(try reader.read(), try reader.read())
    case 5: self = .release(try reader.read())
    case 6: self = .allocate(try reader.read())
    case 7: self = .recompute(try reader.read())
    default: throw .badValue("kind of network event \(tag)")
    }
  }
}

extension FluidPort {
  func encode(into writer: inout ByteWriter) {
    writer.write(capacity)
    writer.write(UInt32(flows.count))
    for flow in flows { flow.encode(into: &writer) }
    writer.write(UInt32(segments.count))
    for segment in segments {
      writer.write(UInt32(segment.amounts.count))
      for (flow, amount) in segment.amounts {
        writer.write(flow.raw)
        writer.write(amount)
      }
    }
    for flag in [draining, inputChanged, recomputePending, allocatePending] { writer.write(flag) }
    writer.write(since)
    writer.write(queued)
    writer.write(epoch)
    writer.write(change)
    let s = statistics
    writer.write(s.bitsIn)
    writer.write(s.bitsOut)
    writer.write(s.bitsDropped)
    writer.write(s.busy)
    writer.write(s.delayTicks)
    writer.write(s.maximum)
    writer.write(integers: s.histogram)
  }

  mutating func restore(from reader: inout ByteReader) throws(WireError) {
    capacity = try reader.read()
    flows = []
    for _ in 0..<(try reader.readCount()) { flows.append(try PortFlow(from: &reader)) }
    segments = []
    for _ in 0..<(try reader.readCount()) {
      var segment = QueueSegment(amounts: [])
      for _ in 0..<(try reader.readCount(minimumSize: 24)) {
        segment.amounts.append((FlowID(raw: try reader.read()), try reader.read()))
      }
      segments.append(segment)
    }
    draining = try reader.readBool()
    inputChanged = try reader.readBool()
    recomputePending = try reader.readBool()
    allocatePending = try reader.readBool()
    since = try reader.readTime()
    queued = try reader.read()
    epoch = try reader.read()
    change = try reader.read()
    statistics.bitsIn = try reader.read()
    statistics.bitsOut = try reader.read()
    statistics.bitsDropped = try reader.read()
    statistics.busy = try reader.readTime()
    statistics.delayTicks = try reader.readDouble()
    statistics.maximum = try reader.readTime()
    statistics.histogram = try reader.readIntegers()
  }
}

extension PortFlow: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(spec)
    writer.write(hop)
    for flag in [isLast, steady] { writer.write(flag) }
    writer.write(final.rawValue)
    for rate in [input, output, dropping, losing, sentRate, claim, grant, believed, held, fairSent, sentLoss] {
      writer.write(rate)
    }
    for amount in [bitsIn, bitsOut, bitsDropped, bitsLost, head, closed, tail, lostReported] { writer.write(amount) }
    for time in [direct, viaReceiver, heldUntil, sentDelay] { writer.write(time) }
    writer.write(sentMarked)
    writer.write(claimSequence)
    writer.write(sentEpoch)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    let spec: FlowSpec = try reader.read()
    let hop: UInt8 = try reader.read()
    let isLast = try reader.readBool()
    self.init(spec: spec, hop: hop, isLast: isLast, direct: .zero, viaReceiver: .zero)
    steady = try reader.readBool()
    let rawEnd: UInt8 = try reader.read()
    guard let end = FlowEnd(rawValue: rawEnd) else { throw .badValue("end of a flow \(rawEnd)") }
    final = end
    input = try reader.read()
    output = try reader.read()
    dropping = try reader.read()
    losing = try reader.read()
    sentRate = try reader.read()
    claim = try reader.read()
    grant = try reader.read()
    believed = try reader.read()
    held = try reader.read()
    fairSent = try reader.read()
    sentLoss = try reader.read()
    bitsIn = try reader.read()
    bitsOut = try reader.read()
    bitsDropped = try reader.read()
    bitsLost = try reader.read()
    head = try reader.read()
    closed = try reader.read()
    tail = try reader.read()
    lostReported = try reader.read()
    direct = try reader.readTime()
    viaReceiver = try reader.readTime()
    heldUntil = try reader.readTime()
    sentDelay = try reader.readTime()
    sentMarked = try reader.readDouble()
    claimSequence = try reader.read()
    sentEpoch = try reader.read()
  }
}

extension FluidSource: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(spec)
    writer.write(phase.rawValue)
    writer.write(controller)
    writer.write(UInt32(hops.count))
    for hop in hops {
      writer.write(hop.feedback)
      writer.write(hop.claim)
      writer.write(hop.claimSequence)
      writer.write(UInt32(hop.unheard.count))
      for (sequence, claim) in hop.unheard {
        writer.write(sequence)
        writer.write(claim)
      }
      writer.write(hop.answered)
      writer.write(hop.lost)
      writer.write(hop.since)
    }
    writer.write(roundTrip)
    for rate in [demand, usage, rate, reported] { writer.write(rate) }
    writer.write(emitted)
    writer.write(since)
    writer.write(started)
    writer.write(deadline)
    writer.write(finish)
    writer.write(steady.active)
    writer.write(steady.rate)
    writer.write(steady.enteredAt)
    writer.write(steady.blockStart)
    writer.write(steady.blockEmitted)
    writer.write(steady.blockLost)
    writer.write(steady.blockDecreases)
    writer.write(steady.lastMean)
    writer.write(steady.blocks)
    writer.write(steady.seen)
    writer.write(steady.calm)
    writer.write(steady.sum)
    writer.write(steady.span)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    let spec: FlowSpec = try reader.read()
    let rawPhase: UInt8 = try reader.read()
    guard let phase = Phase(rawValue: rawPhase) else { throw .badValue("phase of a flow \(rawPhase)") }
    let controller: Controller = try reader.read()
    var hops: [HopView] = []
    for _ in 0..<(try reader.readCount()) {
      var hop = HopView()
      hop.feedback = try reader.read()
      hop.claim = try reader.read()
      hop.claimSequence = try reader.read()
      for _ in 0..<(try reader.readCount(minimumSize: 12)) {
        hop.unheard.append((try reader.read(), try reader.read()))
      }
      hop.answered = try reader.readBool()
      hop.lost = try reader.read()
      hop.since = try reader.readTime()
      hops.append(hop)
    }
    let roundTrip = try reader.readTime()
    let (demand, usage, rate, reported): (Int64, Int64, Int64, Int64) = (
      try reader.read(), try reader.read(), try reader.read(), try reader.read()
    )
    let emitted: BitTicks = try reader.read()
    let since = try reader.readTime()
    let started = try reader.readTime()
    self.init(
      spec: spec, phase: phase, controller: controller, hops: hops, roundTrip: roundTrip, demand: demand, usage: usage,
      rate: rate, emitted: emitted, since: since, started: started, reported: reported, deadline: try reader.read(),
      finish: try reader.read())
    steady.active = try reader.readBool()
    steady.rate = try reader.read()
    steady.enteredAt = try reader.readTime()
    steady.blockStart = try reader.readTime()
    steady.blockEmitted = try reader.read()
    steady.blockLost = try reader.read()
    steady.blockDecreases = try reader.read()
    steady.lastMean = try reader.readDouble()
    steady.blocks = try reader.read()
    steady.seen = try reader.read()
    steady.calm = try reader.readTime()
    steady.sum = try reader.read()
    steady.span = try reader.readTime()
  }
}
