// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

extension ControlDispatch: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    writer.write(UInt32(part))
    writer.write(at)
    writer.write(word)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    part = Int(try reader.read(UInt32.self))
    at = try reader.read()
    word = try reader.read()
  }
}

/// Words that leave their part, then those that never do and are only written with its state.
extension ControlWord: FixedLayout {
  func encode(into writer: inout ByteWriter) {
    switch self {
    case .pause(let port, let c, let on):
      writer.write(UInt8(0))
      writer.write(port)
      writer.write(c)
      writer.write(on)
    case .claim(let flow, let hop, let rate, let sequence, let loop):
      writer.write(UInt8(1))
      writer.write(flow)
      writer.write(hop)
      writer.write(rate)
      writer.write(sequence)
      writer.write(loop)
    case .leave(let flow, let hop):
      writer.write(UInt8(2))
      writer.write(flow)
      writer.write(hop)
    case .grant(let flow, let hop, let grant, let fair, let basedOn):
      writer.write(UInt8(3))
      writer.write(flow)
      writer.write(hop)
      writer.write(grant)
      writer.write(fair)
      writer.write(basedOn)
    case .standing(let delegate, let word):
      writer.write(UInt8(4))
      writer.write(delegate)
      writer.write(word)
    case .stand(let delegate, let grant, let level):
      writer.write(UInt8(5))
      writer.write(delegate)
      writer.write(grant)
      writer.write(level)
    case .notice(let flow, let hop, let strength):
      writer.write(UInt8(6))
      writer.write(flow)
      writer.write(hop)
      writer.write(strength)
    case .allocate(let desk):
      writer.write(UInt8(7))
      writer.write(desk)
    case .foresee: writer.write(UInt8(8))
    case .look(let desk):
      writer.write(UInt8(9))
      writer.write(desk)
    case .idle(let flow, let order):
      writer.write(UInt8(10))
      writer.write(flow)
      writer.write(order)
    }
  }

  init(from reader: inout ByteReader) throws(WireError) {
    let tag: UInt8 = try reader.read()
    switch tag {
    case 0: self = .pause(port: try reader.read(), trafficClass: try reader.read(), on: try reader.readBool())
    case 1:
      self = .claim(
        flow: try reader.read(), hop: try reader.read(), rate: try reader.read(), sequence: try reader.read(),
        loop: try reader.read())
    case 2: self = .leave(flow: try reader.read(), hop: try reader.read())
    case 3:
      self = .grant(
        flow: try reader.read(), hop: try reader.read(), grant: try reader.read(), fair: try reader.read(),
        basedOn: try reader.read())
    case 4: self = .standing(delegate: try reader.read(), word: try reader.read())
    case 5: self = .stand(delegate: try reader.read(), grant: try reader.read(), level: try reader.read())
    case 6: self = .notice(flow: try reader.read(), hop: try reader.read(), strength: try reader.readDouble())
    case 7: self = .allocate(desk: try reader.read())
    case 8: self = .foresee
    case 9: self = .look(desk: try reader.read())
    case 10: self = .idle(flow: try reader.read(), order: try reader.read())
    default: throw .badValue("kind of control word \(tag)")
    }
  }
}
