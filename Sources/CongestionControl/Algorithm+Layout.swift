// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// The recipe travels to the agents with their part of the scenario.
extension Algorithm: FixedLayout {
  public func encode(into writer: inout ByteWriter) {
    switch self {
    case .distanceAware(let p):
      writer.write(UInt8(0))
      writer.write(p.utilisation)
      writer.write(p.threshold)
    case .cubic(let p):
      writer.write(UInt8(1))
      for value in [p.scale, p.beta, p.initialPackets, p.resolution] { writer.write(value) }
      writer.write(p.fastConvergence)
    case .dcqcn(let p):
      writer.write(UInt8(2))
      for value in [p.g, p.byteCounter, p.additive, p.hyper, p.minimumRate] { writer.write(value) }
      for time in [p.alphaTimer, p.notificationInterval, p.increaseTimer] { writer.write(time) }
      writer.write(Int32(p.fastRecovery))
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0:
      var p = DistanceAwareParameters()
      p.utilisation = try reader.readDouble()
      p.threshold = try reader.readDouble()
      self = .distanceAware(p)
    case 1:
      var p = Cubic.Parameters()
      p.scale = try reader.readDouble()
      p.beta = try reader.readDouble()
      p.initialPackets = try reader.readDouble()
      p.resolution = try reader.readDouble()
      p.fastConvergence = try reader.readBool()
      self = .cubic(p)
    case 2:
      var p = DCQCN.Parameters()
      p.g = try reader.readDouble()
      p.byteCounter = try reader.readDouble()
      p.additive = try reader.readDouble()
      p.hyper = try reader.readDouble()
      p.minimumRate = try reader.readDouble()
      p.alphaTimer = try reader.readTime()
      p.notificationInterval = try reader.readTime()
      p.increaseTimer = try reader.readTime()
      p.fastRecovery = Int(try reader.read(Int32.self))
      self = .dcqcn(p)
    default: throw .badValue("kind of congestion control \(tag)")
    }
  }
}
