// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What sites tell each other about flows. Every message takes the fibre's time.
public enum NetworkMessage: Equatable, Sendable {
  /// Source to a port further on: the flow exists and could use `claim` there, judging by all the other ports.
  case claim(spec: FlowSpec, hop: UInt8, claim: BitRate, sequence: UInt32)
  /// Downstream, from port to port: the flow arrives at `rate` from now on; `lump` are the last few bits that make
  /// its sum exact.
  case rate(spec: FlowSpec, hop: UInt8, rate: BitRate, lump: BitTicks, final: FlowEnd, steady: Bool)
  /// From a port to the source.
  case feedback(flow: FlowID, hop: UInt8, PortFeedback)
  /// The last bit has arrived at the destination.
  case delivered(spec: FlowSpec)
  /// The same, told to the source.
  case acknowledged(flow: FlowID)
  /// A message on a flow that goes on has arrived.
  case arrived(flow: FlowID)
}

/// Whether a flow goes on after a change of its rate. Raw values are part of the format of messages.
public enum FlowEnd: UInt8, Sendable {
  case goesOn = 0
  /// Nothing follows, unless some of it turns out to be lost.
  case sent = 1
  /// Nothing follows, whatever is missing: the receiver has all it needs.
  case over = 2
}

/// What one port tells the source of one flow.
public struct PortFeedback: Equatable, Sendable {
  /// The rate at which the flow may pass this port now.
  public var grant = BitRate.unlimited
  /// The rate that it could have here if it were not held back elsewhere.
  public var fair = BitRate.unlimited
  /// The last claim that the grant takes into account.
  public var basedOn: UInt32 = 0
  public var queueDelay = Time.zero
  /// Bytes in the queue, and by how many bits per second they grow.
  public var queueBytes: Int64 = 0
  public var queueTrend: Int64 = 0
  public var capacity = BitRate.zero
  /// What leaves the port in all, and what has left since the beginning.
  public var output = BitRate.zero
  public var sent: BitTicks = 0
  public var marked = 0.0
  public var lossRate = BitRate.zero
  /// Dropped since the feedback before.
  public var lost: BitTicks = 0
  /// Changes when flows join or leave this port or its capacity changes.
  public var epoch: UInt32 = 0

  public init() {}
}

extension PortFeedback: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    writer.write(grant)
    writer.write(fair)
    writer.write(basedOn)
    writer.write(queueDelay)
    writer.write(queueBytes)
    writer.write(queueTrend)
    writer.write(capacity)
    writer.write(output)
    writer.write(sent)
    writer.write(marked)
    writer.write(lossRate)
    writer.write(lost)
    writer.write(epoch)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    grant = try reader.readRate()
    fair = try reader.readRate()
    basedOn = try reader.read()
    queueDelay = try reader.readTime()
    queueBytes = try reader.read()
    queueTrend = try reader.read()
    capacity = try reader.readRate()
    output = try reader.readRate()
    sent = try reader.read()
    marked = try reader.readDouble()
    lossRate = try reader.readRate()
    lost = try reader.read()
    epoch = try reader.read()
  }
}

extension NetworkMessage: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .claim(let spec, let hop, let claim, let sequence):
      writer.write(UInt8(0))
      writer.write(spec)
      writer.write(hop)
      writer.write(claim)
      writer.write(sequence)
    case .rate(let spec, let hop, let rate, let lump, let final, let steady):
      writer.write(UInt8(1))
      writer.write(spec)
      writer.write(hop)
      writer.write(rate)
      writer.write(lump)
      writer.write(final.rawValue)
      writer.write(steady)
    case .feedback(let flow, let hop, let feedback):
      writer.write(UInt8(2))
      writer.write(flow.raw)
      writer.write(hop)
      writer.write(feedback)
    case .delivered(let spec):
      writer.write(UInt8(3))
      writer.write(spec)
    case .acknowledged(let flow):
      writer.write(UInt8(4))
      writer.write(flow.raw)
    case .arrived(let flow):
      writer.write(UInt8(5))
      writer.write(flow.raw)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0:
      self = .claim(
        spec: try reader.read(), hop: try reader.read(), claim: try reader.readRate(), sequence: try reader.read())
    case 1:
      let spec: FlowSpec = try reader.read()
      let hop: UInt8 = try reader.read()
      let rate = try reader.readRate()
      let lump: BitTicks = try reader.read()
      let raw: UInt8 = try reader.read()
      guard let final = FlowEnd(rawValue: raw) else { throw .badValue("end of a flow \(raw)") }
      self = .rate(spec: spec, hop: hop, rate: rate, lump: lump, final: final, steady: try reader.readBool())
    case 2:
      self = .feedback(flow: FlowID(raw: try reader.read()), hop: try reader.read(), try reader.read())
    case 3: self = .delivered(spec: try reader.read())
    case 4: self = .acknowledged(flow: FlowID(raw: try reader.read()))
    case 5: self = .arrived(flow: FlowID(raw: try reader.read()))
    default: throw .badValue("kind of network message \(tag)")
    }
  }
}
