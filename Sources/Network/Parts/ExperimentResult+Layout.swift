// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Results of a part travel back to the process that asked for them.
extension ExperimentResult: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(flows)
    writer.write(ports)
    writer.write(UInt32(collectives.count))
    for c in collectives {
      writer.write(UInt32(c.collective))
      writer.write(c.start)
      writer.write(c.end)
    }
    writer.write(series)
    writer.write(events)
    writer.write(packetHops)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    flows = try reader.readArray()
    ports = try reader.readArray()
    for _ in 0..<(try reader.readCount(minimumSize: 20)) {
      let collective = Int(try reader.read(UInt32.self))
      let start = try reader.readTime()
      collectives.append(Collective(collective: collective, start: start, end: try reader.readTime()))
    }
    series = try reader.readArray()
    events = try reader.read()
    packetHops = try reader.read()
  }
}

extension ExperimentResult.Flow: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(Int32(group))
    writer.write(delivered)
    writer.write(bytes)
    for time in [start, end, alone, measured] { writer.write(time) }
    writer.write(retransmitted)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    group = Int(try reader.read(Int32.self))
    delivered = try reader.read()
    bytes = try reader.read()
    start = try reader.readTime()
    end = try reader.readTime()
    alone = try reader.readTime()
    measured = try reader.readTime()
    retransmitted = try reader.read()
  }
}

extension ExperimentResult.Distribution: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    for value in [mean, p50, p99, max] { writer.write(value) }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    mean = try reader.readDouble()
    p50 = try reader.readDouble()
    p99 = try reader.readDouble()
    max = try reader.readDouble()
  }
}

extension ExperimentResult.Port: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(utilisation)
    writer.write(queueBytes)
    writer.write(queueMicroseconds)
    for value in [drops, dropsInWarmup, losses, marks, pauses, bytesIn, bytesOut] { writer.write(value) }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    utilisation = try reader.readDouble()
    queueBytes = try reader.read()
    queueMicroseconds = try reader.read()
    drops = try reader.read()
    dropsInWarmup = try reader.read()
    losses = try reader.read()
    marks = try reader.read()
    pauses = try reader.read()
    bytesIn = try reader.read()
    bytesOut = try reader.read()
  }
}

extension ExperimentResult.Sample: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(at)
    writer.write(UInt32(flows.count))
    for row in flows {
      writer.write(UInt32(row.flow))
      writer.write(row.rate)
      writer.write(row.window)
    }
    writer.write(integers: queues)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    at = try reader.readTime()
    flows = []
    for _ in 0..<(try reader.readCount(minimumSize: 20)) {
      let flow = Int(try reader.read(UInt32.self))
      let rate = try reader.readDouble()
      flows.append((flow, rate, try reader.readDouble()))
    }
    queues = try reader.readIntegers()
  }
}
