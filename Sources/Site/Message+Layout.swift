// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Simulation
import Workload

extension Message: FixedLayout {
  /// Raised whenever a layout changes.
  public static let version: UInt16 = 3

  public func encode(into writer: inout ByteWriter) {
    writer.write(from.raw)
    writer.write(to.raw)
    writer.write(at)
    writer.write(sequence)
    switch body {
    case .network(let message):
      writer.write(UInt8(0))
      writer.write(message)
    case .job(let message):
      writer.write(UInt8(1))
      writer.write(message)
    case .command(let command):
      writer.write(UInt8(2))
      writer.write(command)
    case .report(let report):
      writer.write(UInt8(3))
      writer.write(report)
    case .ideal(let message):
      writer.write(UInt8(4))
      writer.write(message)
    case .outage(let isOver):
      writer.write(UInt8(5))
      writer.write(isOver)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    from = MachineID(raw: try reader.read())
    to = MachineID(raw: try reader.read())
    at = try reader.readTime()
    sequence = try reader.read()
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0: body = .network(try reader.read())
    case 1: body = .job(try reader.read())
    case 2: body = .command(try reader.read())
    case 3: body = .report(try reader.read())
    case 4: body = .ideal(try reader.read())
    case 5: body = .outage(isOver: try reader.readBool())
    default: throw .badValue("kind of message \(tag)")
    }
  }
}

extension Member: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(site)
    writer.write(gpus)
  }
  public init(from reader: inout ByteReader) throws(WireError) {
    site = try reader.read()
    gpus = try reader.read()
  }
}

extension Command: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .start(let start):
      writer.write(UInt8(0))
      writer.write(start)
    case .transfer(let spec):
      writer.write(UInt8(1))
      writer.write(spec)
    case .stop(let job, let segment, let write):
      writer.write(UInt8(2))
      writer.write(job)
      writer.write(segment)
      writer.write(write)
    case .fail(let job, let segment):
      writer.write(UInt8(3))
      writer.write(job)
      writer.write(segment)
    case .light(let port, let rate, let at):
      writer.write(UInt8(4))
      writer.write(port)
      writer.write(rate)
      writer.write(at)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0: self = .start(try reader.read())
    case 1: self = .transfer(try reader.read())
    case 2: self = .stop(job: try reader.read(), segment: try reader.read(), write: try reader.readTime())
    case 4: self = .light(port: try reader.read(), rate: try reader.readRate(), at: try reader.readTime())
    case 3: self = .fail(job: try reader.read(), segment: try reader.read())
    default: throw .badValue("kind of command \(tag)")
    }
  }
}

extension JobMessage: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    func write(_ tag: UInt8, _ job: Int32, _ segment: Int32, _ rate: BitRate, edge: Int32 = 0) {
      writer.write(tag)
      writer.write(job)
      writer.write(segment)
      writer.write(edge)
      writer.write(rate)
    }
    switch self {
    case .ready(let job, let segment): write(0, job, segment, .zero)
    case .go(let job, let segment): write(1, job, segment, .zero)
    case .potential(let job, let segment, let edge, let rate): write(2, job, segment, rate, edge: edge)
    case .usage(let job, let segment, let edge, let rate): write(3, job, segment, rate, edge: edge)
    case .finish(let job, let segment): write(4, job, segment, .zero)
    case .throttle(let job, let segment, let share): write(5, job, segment, BitRate(share))
    case .pace(let job, let segment, let duty): write(6, job, segment, BitRate(duty))
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    let job: Int32 = try reader.read()
    let segment: Int32 = try reader.read()
    let edge: Int32 = try reader.read()
    let rate = try reader.readRate()
    switch tag {
    case 0: self = .ready(job: job, segment: segment)
    case 1: self = .go(job: job, segment: segment)
    case 2: self = .potential(job: job, segment: segment, edge: edge, rate: rate)
    case 3: self = .usage(job: job, segment: segment, edge: edge, rate: rate)
    case 4: self = .finish(job: job, segment: segment)
    case 5: self = .throttle(job: job, segment: segment, share: rate.bitsPerSecond)
    case 6: self = .pace(job: job, segment: segment, duty: rate.bitsPerSecond)
    default: throw .badValue("kind of job message \(tag)")
    }
  }
}

extension Report: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(job)
    writer.write(segment)
    writer.write(gpus)
    writer.write(at)
    writer.write(isLeader)
    writer.write(ended)
    writer.write(remaining)
    writer.write(networkTime)
    writer.write(gradientBytes)
    writer.write(failed)
    writer.write(lost)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    job = try reader.read()
    segment = try reader.read()
    gpus = try reader.read()
    at = try reader.readTime()
    isLeader = try reader.readBool()
    ended = try reader.readBool()
    remaining = try reader.readTime()
    networkTime = try reader.readTime()
    gradientBytes = try reader.read()
    failed = try reader.readBool()
    lost = try reader.readTime()
  }
}

extension IdealMessage: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .open(let spec, let demand):
      writer.write(UInt8(0))
      writer.write(spec)
      writer.write(demand)
    case .close(let id):
      writer.write(UInt8(1))
      writer.write(id.raw)
    case .rate(let id, let rate):
      writer.write(UInt8(2))
      writer.write(id.raw)
      writer.write(rate)
    case .delivered(let spec):
      writer.write(UInt8(3))
      writer.write(spec)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0: self = .open(try reader.read(), demand: try reader.readRate())
    case 1: self = .close(FlowID(raw: try reader.read()))
    case 2: self = .rate(FlowID(raw: try reader.read()), try reader.readRate())
    case 3: self = .delivered(try reader.read())
    default: throw .badValue("kind of ideal network message \(tag)")
    }
  }
}

extension StartCommand: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(job)
    writer.write(segment)
    writer.write(gpus)
    writer.write(members)
    writer.write(leader)
    writer.write(integers: inputs.map(\.raw))
    writer.write(work)
    writer.write(restore)
    writer.write(iteration)
    writer.write(flowLimit)
    writer.write(activePower)
    writer.write(idlePower)
    writer.write(stalledPower)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    job = try reader.read()
    segment = try reader.read()
    gpus = try reader.read()
    members = try reader.readArray()
    leader = try reader.read()
    inputs = (try reader.readIntegers(UInt64.self)).map { FlowID(raw: $0) }
    work = try reader.readTime()
    restore = try reader.readTime()
    iteration = try reader.read()
    flowLimit = try reader.readRate()
    activePower = try reader.read()
    idlePower = try reader.read()
    stalledPower = try reader.read()
  }
}
