// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

extension FluidNetwork {
  /// Writes the state; the model is not part of it.
  public func encode(into writer: inout ByteWriter) {
    writer.write(handled)
    writer.write(now)
    precondition(cards.isEmpty && oracle == nil, "only networks of fleets are written down")
    for port in ports { port.encode(into: &writer) }
    grants?.encode(into: &writer)
    let ids = slots.keys.sorted()
    writer.write(UInt32(ids.count))
    for id in ids { sources[slots[id]!].encode(into: &writer) }
    writer.write(UInt32(queue.count))
    for entry in queue.entries {
      writer.write(entry.time)
      writer.write(entry.rank)
      writer.write(entry.sequence)
      if case .message(let place) = entry.payload {
        writer.write(UInt8(0))
        writer.write(mail[Int(place)])
      } else {
        entry.payload.encode(into: &writer)
      }
    }
    writer.write(queue.nextSequence)
    writer.write(integers: ways)
    let moved = detours.keys.sorted()
    writer.write(UInt32(moved.count))
    for id in moved { writer.write(detours[id]!) }
    let retuned = lit.keys.sorted()
    writer.write(UInt32(retuned.count))
    for port in retuned {
      writer.write(UInt32(port))
      writer.write(lit[port]!)
    }
  }

  public init(model: NetworkModel, site: Int, from reader: inout ByteReader) throws(WireError) {
    self.init(model: model, site: site)
    let handled: UInt64 = try reader.read()
    let now = try reader.readTime()
    for i in ports.indices { try ports[i].restore(from: &reader) }
    if grants != nil { try grants!.restore(from: &reader) }
    for _ in 0..<(try reader.readCount()) {
      let source = try FluidSource(from: &reader, algorithm: model.algorithm)
      slots[source.spec.id] = sources.count
      sources.append(source)
    }
    var entries: [EventQueue<Internal>.Entry] = []
    for _ in 0..<(try reader.readCount()) {
      let time = try reader.readTime()
      let rank: UInt64 = try reader.read()
      let sequence: UInt64 = try reader.read()
      var payload: Internal = try reader.read()
      if case .message = payload {
        payload = .message(Int32(mail.count))
        mail.append(try reader.read())
      }
      entries.append(.init(time: time, rank: rank, sequence: sequence, payload: payload))
    }
    queue = EventQueue(entries: entries, nextSequence: try reader.read())
    ways = try reader.readIntegers()
    for _ in 0..<(try reader.readCount()) {
      let detour: Detour = try reader.read()
      detours[detour.spec.id] = detour
    }
    for _ in 0..<(try reader.readCount()) {
      let port = Int(try reader.read(UInt32.self))
      lit[port] = try reader.read()
    }
    self.handled = handled
    self.now = now
  }
}

/// The kind of an event and what it is about. A message follows its kind.
extension FluidNetwork.Internal: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    switch self {
    case .message: writer.write(UInt8(0))
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
    case .look(let desk):
      writer.write(UInt8(5))
      writer.write(desk)
    case .allocate(let desk):
      writer.write(UInt8(6))
      writer.write(desk)
    case .recompute(let port):
      writer.write(UInt8(7))
      writer.write(port)
    case .react(let id):
      writer.write(UInt8(8))
      writer.write(id.raw)
    case .share(let port):
      writer.write(UInt8(9))
      writer.write(port)
    case .foresee: writer.write(UInt8(10))
    case .idle(let id):
      writer.write(UInt8(11))
      writer.write(id.raw)
    case .reroute(let index):
      writer.write(UInt8(12))
      writer.write(index)
    case .light(let port, let rate):
      writer.write(UInt8(13))
      writer.write(port)
      writer.write(rate)
    }
  }

  init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0: self = .message(-1)
    case 1: self = .deadline(FlowID(raw: try reader.read()))
    case 2: self = .finish(FlowID(raw: try reader.read()))
    case 3: self = .port(try reader.read())
    case 4: self = .capacity(try reader.read(), try reader.read())
    case 5: self = .look(try reader.read())
    case 6: self = .allocate(try reader.read())
    case 7: self = .recompute(try reader.read())
    case 8: self = .react(FlowID(raw: try reader.read()))
    case 9: self = .share(try reader.read())
    case 10: self = .foresee
    case 11: self = .idle(FlowID(raw: try reader.read()))
    case 12: self = .reroute(try reader.read())
    case 13: self = .light(try reader.read(), try reader.read())
    default: throw .badValue("kind of network event \(tag)")
    }
  }
}

extension FluidPort {
  func encode(into writer: inout ByteWriter) {
    writer.write(line)
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
    for flag in [draining, inputChanged, recomputePending, isDark] { writer.write(flag) }
    writer.write(since)
    writer.write(queued)
    writer.write(sent)
    writer.write(trend)
    writer.write(output)
    writer.write(epoch)
    writer.write(change)
    let s = statistics
    writer.write(s.bitsIn)
    writer.write(s.bitsOut)
    writer.write(s.bitsDropped)
    writer.write(s.bitsLost)
    writer.write(s.marked)
    writer.write(phantom?.level ?? 0)
    writer.write(s.busy)
    writer.write(s.delayTicks)
    writer.write(s.maximum)
    writer.write(integers: s.histogram)
  }

  mutating func restore(from reader: inout ByteReader) throws(WireError) {
    line = try reader.read()
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
    isDark = try reader.readBool()
    since = try reader.readTime()
    queued = try reader.read()
    sent = try reader.read()
    trend = try reader.read()
    output = try reader.read()
    epoch = try reader.read()
    change = try reader.read()
    statistics.bitsIn = try reader.read()
    statistics.bitsOut = try reader.read()
    statistics.bitsDropped = try reader.read()
    statistics.bitsLost = try reader.read()
    statistics.marked = try reader.readDouble()
    let level: BitTicks = try reader.read()
    phantom?.restore(level: level)
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
    for rate in [input, output, dropping, losing, sentRate, sentTrend, sentOutput, sentLoss] { writer.write(rate) }
    for amount in [bitsIn, bitsOut, bitsDropped, bitsLost, head, closed, tail, lostReported] { writer.write(amount) }
    for time in [direct, viaReceiver, sentAt, sentDelay] { writer.write(time) }
    writer.write(sentMarked)
    writer.write(Int64(sentEpoch.map { Int64($0) } ?? -1))
    writer.write(Int64(arrived))
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
    sentTrend = try reader.read()
    sentOutput = try reader.read()
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
    sentAt = try reader.readTime()
    sentDelay = try reader.readTime()
    sentMarked = try reader.readDouble()
    let rawEpoch: Int64 = try reader.read()
    sentEpoch = rawEpoch < 0 ? nil : UInt32(truncatingIfNeeded: rawEpoch)
    arrived = Int(try reader.read(Int64.self))
  }
}
