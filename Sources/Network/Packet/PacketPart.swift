// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// One part of a plan at packet level, for the drivers.
public final class PacketPart: ExperimentPart {
  var network: PacketNetwork

  /// - Parameters:
  ///   - partOf: the part of each node of the plan.
  ///   - part: which one this is.
  public init(plan: NetworkPlan, partOf: [Int], part: Int) {
    network = PacketNetwork(plan: plan, partOf: partOf, part: part)
  }

  public var nextTime: Time { Time(ticks: network.nextTime) }

  public func advance(to horizon: Time, inbox: [[UInt8]]) throws(WireError) -> [PartMessage] {
    for bytes in inbox {
      var reader = ByteReader(bytes)
      for _ in 0..<(try reader.readCount(minimumSize: 8)) { network.accept(try PacketDispatch(from: &reader)) }
      for _ in 0..<(try reader.readCount(minimumSize: 8)) { network.accept(try ControlDispatch(from: &reader)) }
      try reader.finish()
    }
    network.advance(to: horizon.ticks)
    return network.takeOutbox()
  }

  public func finish() -> ExperimentResult { network.finish() }
}

extension PacketNetwork {
  /// What has to go to other parts since the last call, one message for each of them.
  mutating func takeOutbox() -> [PartMessage] {
    guard !outbox.isEmpty || !words.isEmpty else { return [] }
    var messages: [PartMessage] = []
    let targets = Set(outbox.map { partOf[Int(ports[Int($0.port)].to)] } + words.map(\.part)).sorted()
    for target in targets {
      var writer = ByteWriter()
      var earliest = Int64.max
      let packets = outbox.filter { partOf[Int(ports[Int($0.port)].to)] == target }
      let mine = words.filter { $0.part == target }
      for packet in packets { earliest = min(earliest, packet.arrival) }
      for word in mine { earliest = min(earliest, word.at) }
      writer.write(packets)
      writer.write(mine)
      messages.append(PartMessage(to: target, at: Time(ticks: earliest), bytes: writer.bytes))
    }
    outbox.removeAll(keepingCapacity: true)
    words.removeAll(keepingCapacity: true)
    return messages
  }
}

extension PacketDispatch: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(port)
    for value in [arrival, packet.sentAt, packet.delivered] { writer.write(value) }
    for value in [
      packet.flow, packet.path, packet.sequence, packet.order, packet.cumulative, packet.deliveredAge, packet.flightAge,
    ] { writer.write(value) }
    writer.write(packet.size)
    writer.write(packet.kind.rawValue)
    writer.write(packet.trafficClass)
    writer.write(packet.hop)
    writer.write(packet.marked)
    writer.write(packet.markedCount)
    writer.write(packet.applicationLimited)
    writer.write(telemetry != nil)
    if let telemetry {
      for k in 0..<Feedback.maximumHops {
        writer.write(telemetry[k].capacity)
        writer.write(telemetry[k].queue)
        writer.write(telemetry[k].sent)
        writer.write(telemetry[k].at)
      }
    }
  }

  init(from reader: inout ByteReader) throws(WireError) {
    port = try reader.read()
    arrival = try reader.read()
    packet = Packet()
    packet.sentAt = try reader.read()
    packet.delivered = try reader.read()
    packet.flow = try reader.read()
    packet.path = try reader.read()
    packet.sequence = try reader.read()
    packet.order = try reader.read()
    packet.cumulative = try reader.read()
    packet.deliveredAge = try reader.read()
    packet.flightAge = try reader.read()
    packet.size = try reader.read()
    packet.kind = try reader.readCase()
    packet.trafficClass = try reader.read()
    packet.hop = try reader.read()
    packet.marked = try reader.readBool()
    packet.markedCount = try reader.read()
    packet.applicationLimited = try reader.readBool()
    guard try reader.readBool() else { return }
    var block = InlineArray<8, HopTelemetry>(repeating: HopTelemetry())
    for k in 0..<Feedback.maximumHops {
      block[k] = HopTelemetry(
        capacity: try reader.readRate(), queue: try reader.read(), sent: try reader.read(), at: try reader.readTime())
    }
    telemetry = block
  }
}
