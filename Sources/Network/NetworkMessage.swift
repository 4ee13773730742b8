// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What sites tell each other about flows. Every message takes the fibre's time.
public enum NetworkMessage: Equatable, Sendable {
  /// Source to a desk of grants: the flow could use `claim` at the port that the desk answers for, judging by all others.
  /// `home` is the part that hears the answer, `loop` the time from the desk to it and back.
  case claim(desk: Int32, flow: FlowID, hop: UInt8, home: Int32, claim: BitRate, sequence: UInt32, loop: Time)
  /// Source to a desk: the flow has nothing left to send.
  case leave(desk: Int32, flow: FlowID)
  /// A desk to a source.
  case grant(flow: FlowID, hop: UInt8, grant: BitRate, fair: BitRate, basedOn: UInt32)
  /// A site's delegate to its far port, and that port to the delegate.
  case standing(delegate: Int32, word: GrantDelegate.Word)
  case stand(delegate: Int32, rate: Int64, level: Int64)
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
    case .claim(let desk, let flow, let hop, let home, let claim, let sequence, let loop):
      writer.write(UInt8(0))
      writer.write(desk)
      writer.write(flow.raw)
      writer.write(hop)
      writer.write(home)
      writer.write(claim)
      writer.write(sequence)
      writer.write(loop)
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
    case .leave(let desk, let flow):
      writer.write(UInt8(6))
      writer.write(desk)
      writer.write(flow.raw)
    case .grant(let flow, let hop, let grant, let fair, let basedOn):
      writer.write(UInt8(7))
      writer.write(flow.raw)
      writer.write(hop)
      writer.write(grant)
      writer.write(fair)
      writer.write(basedOn)
    case .standing(let delegate, let word):
      writer.write(UInt8(8))
      writer.write(delegate)
      writer.write(word)
    case .stand(let delegate, let rate, let level):
      writer.write(UInt8(9))
      writer.write(delegate)
      writer.write(rate)
      writer.write(level)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0:
      self = .claim(
        desk: try reader.read(), flow: FlowID(raw: try reader.read()), hop: try reader.read(),
        home: try reader.read(), claim: try reader.readRate(), sequence: try reader.read(), loop: try reader.readTime())
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
    case 6: self = .leave(desk: try reader.read(), flow: FlowID(raw: try reader.read()))
    case 7:
      self = .grant(
        flow: FlowID(raw: try reader.read()), hop: try reader.read(), grant: try reader.readRate(),
        fair: try reader.readRate(), basedOn: try reader.read())
    case 8: self = .standing(delegate: try reader.read(), word: try reader.read())
    case 9: self = .stand(delegate: try reader.read(), rate: try reader.read(), level: try reader.read())
    default: throw .badValue("kind of network message \(tag)")
    }
  }
}
