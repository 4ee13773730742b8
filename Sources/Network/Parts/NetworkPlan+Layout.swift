// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// A plan travels to the processes that run its parts.
extension NetworkPlan: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(nodes)
    writer.write(ports)
    writer.write(UInt32(bundles.count))
    for bundle in bundles {
      writer.write(UInt32(bundle.ports.lowerBound))
      writer.write(UInt32(bundle.ports.upperBound))
      writer.write(bundle.balancing.rawValue)
    }
    writer.write(UInt32(groups.count))
    for group in groups { writer.write(group) }
    writer.write(flows)
    writer.write(collectives)
    writer.write(host)
    writer.write(algorithm)
    writer.write(packetBytes)
    writer.write(headerBytes)
    writer.write(roundTripError)
    writer.write(controlLoss)
    for time in [warmup, duration, seriesInterval, sampleInterval] { writer.write(time) }
    writer.write(leaps)
    writer.write(seed)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    nodes = try reader.readArray()
    ports = try reader.readArray()
    for _ in 0..<(try reader.readCount(minimumSize: 9)) {
      let lower = Int(try reader.read(UInt32.self))
      let upper = Int(try reader.read(UInt32.self))
      let balancing: Balancing = try reader.readCase()
      guard lower <= upper else { throw .badValue("bundle \(lower)..<\(upper)") }
      bundles.append(Bundle(ports: lower..<upper, balancing: balancing))
    }
    for _ in 0..<(try reader.readCount(minimumSize: 4)) { groups.append(try reader.readString()) }
    flows = try reader.readArray()
    collectives = try reader.readArray()
    host = try reader.read()
    algorithm = try reader.read()
    packetBytes = try reader.read()
    headerBytes = try reader.read()
    roundTripError = try reader.readDouble()
    controlLoss = try reader.readDouble()
    warmup = try reader.readTime()
    duration = try reader.readTime()
    seriesInterval = try reader.readTime()
    sampleInterval = try reader.readTime()
    leaps = try reader.readBool()
    seed = try reader.read()
  }
}

extension ByteReader {
  mutating func readCase<T: RawRepresentable>() throws(WireError) -> T where T.RawValue == UInt8 {
    let raw: UInt8 = try read()
    guard let value = T(rawValue: raw) else { throw .badValue("\(T.self) \(raw)") }
    return value
  }
}

extension NetworkPlan.Node: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(name)
    writer.write(isHost)
    writer.write(UInt32(site))
    writer.write(sharedBuffer ?? -1)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    name = try reader.readString()
    isHost = try reader.readBool()
    site = Int(try reader.read(UInt32.self))
    let buffer: Int64 = try reader.read()
    sharedBuffer = buffer < 0 ? nil : buffer
  }
}

extension NetworkPlan.Port: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(UInt32(from))
    writer.write(UInt32(to))
    writer.write(rate)
    writer.write(delay)
    writer.write(buffer)
    writer.write(optional: marking)
    writer.write(optional: phantom)
    writer.write(loss)
    writer.write(optional: flowControl)
    writer.write(keepsLedger)
    writer.write(changes)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    from = Int(try reader.read(UInt32.self))
    to = Int(try reader.read(UInt32.self))
    rate = try reader.readRate()
    delay = try reader.readTime()
    buffer = try reader.read()
    marking = try reader.readOptional()
    phantom = try reader.readOptional()
    loss = try reader.read()
    flowControl = try reader.readOptional()
    keepsLedger = try reader.readBool()
    changes = try reader.readArray()
  }
}

extension NetworkPlan.Marking: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(minimum)
    writer.write(maximum)
    writer.write(probability)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    minimum = try reader.read()
    maximum = try reader.read()
    probability = try reader.readDouble()
  }
}

extension NetworkPlan.Phantom: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(drain)
    for value in [size, minimum, maximum] { writer.write(value) }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    drain = try reader.readDouble()
    size = try reader.read()
    minimum = try reader.read()
    maximum = try reader.read()
  }
}

extension NetworkPlan.PriorityFlowControl: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    for value in [pause, resume, headroom] { writer.write(value) }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    pause = try reader.read()
    resume = try reader.read()
    headroom = try reader.read()
  }
}

extension NetworkPlan.Loss: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .none: writer.write(UInt8(0))
    case .random(let share):
      writer.write(UInt8(1))
      writer.write(share)
    case .every(let n):
      writer.write(UInt8(2))
      writer.write(n)
    case .bursts(let probability, let length):
      writer.write(UInt8(3))
      writer.write(probability)
      writer.write(length)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0: self = .none
    case 1: self = .random(try reader.readDouble())
    case 2: self = .every(try reader.read())
    case 3: self = .bursts(probability: try reader.readDouble(), length: try reader.readDouble())
    default: throw .badValue("kind of loss \(tag)")
    }
  }
}

extension NetworkPlan.Change: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(at)
    writer.write(rate != nil)
    writer.write(rate ?? .zero)
    writer.write(delay != nil)
    writer.write(delay ?? .zero)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    at = try reader.readTime()
    let hasRate = try reader.readBool()
    let rate = try reader.readRate()
    let hasDelay = try reader.readBool()
    let delay = try reader.readTime()
    self.rate = hasRate ? rate : nil
    self.delay = hasDelay ? delay : nil
  }
}

extension NetworkPlan.Datagrams: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(gap)
    writer.write(size)
    writer.write(isExponential)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    gap = try reader.readTime()
    size = try reader.read()
    isExponential = try reader.readBool()
  }
}

extension NetworkPlan.Flow: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(Int32(group))
    writer.write(UInt32(source))
    writer.write(UInt32(destination))
    writer.write(bytes ?? -1)
    writer.write(start)
    writer.write(stop)
    writer.write(inflightLimit)
    writer.write(trafficClass.rawValue)
    writer.write(optional: datagrams)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    group = Int(try reader.read(Int32.self))
    source = Int(try reader.read(UInt32.self))
    destination = Int(try reader.read(UInt32.self))
    let bytes: Int64 = try reader.read()
    self.bytes = bytes < 0 ? nil : bytes
    start = try reader.readTime()
    stop = try reader.readTime()
    inflightLimit = try reader.read()
    trafficClass = try reader.readCase()
    datagrams = try reader.readOptional()
  }
}

extension NetworkPlan.Collective: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(name)
    writer.write(kind.rawValue)
    writer.write(UInt32(sites.count))
    for site in sites { writer.write(integers: site.map { UInt32($0) }) }
    writer.write(bytes)
    writer.write(UInt32(chunks))
    writer.write(UInt32(repeats))
    writer.write(start)
    writer.write(trafficClass.rawValue)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    name = try reader.readString()
    kind = try reader.readCase()
    sites = []
    for _ in 0..<(try reader.readCount(minimumSize: 4)) {
      sites.append((try reader.readIntegers(UInt32.self)).map { Int($0) })
    }
    bytes = try reader.read()
    chunks = Int(try reader.read(UInt32.self))
    repeats = Int(try reader.read(UInt32.self))
    start = try reader.readTime()
    trafficClass = try reader.readCase()
  }
}

extension NetworkPlan.HostParameters: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(UInt32(acknowledgeEvery))
    for time in [acknowledgeDelay, receiveDelay, notificationDelay, reactionDelay, reorderTime, minimumTimeout] {
      writer.write(time)
    }
    writer.write(recovery.rawValue)
    writer.write(UInt32(reorderPackets))
    writer.write(acknowledgementBytes)
    writer.write(notificationBytes)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    acknowledgeEvery = Int(try reader.read(UInt32.self))
    acknowledgeDelay = try reader.readTime()
    receiveDelay = try reader.readTime()
    notificationDelay = try reader.readTime()
    reactionDelay = try reader.readTime()
    reorderTime = try reader.readTime()
    minimumTimeout = try reader.readTime()
    recovery = try reader.readCase()
    reorderPackets = Int(try reader.read(UInt32.self))
    acknowledgementBytes = try reader.read()
    notificationBytes = try reader.read()
  }
}
