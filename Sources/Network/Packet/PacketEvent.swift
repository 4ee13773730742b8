// SPDX-License-Identifier: Apache-2.0

/// Kinds of events of the packet level, in their order at one instant.
package enum PacketEventKind: UInt32 {
  /// A packet comes out of a port's link.
  case arrival = 0
  /// A port with classes has sent a packet.
  case departure = 1
  /// An acknowledgement or a notification has waited for its processing in a host; the place is the port that it came by.
  case processed = 2
  case noticed = 3
  /// A change of a port's rate or delay.
  case change = 4
  /// A flow's timer: its controller's deadline, its retransmission timer, its end.
  case flowTimer = 5
  /// Acknowledgements held back for their fellows.
  case receiverTimer = 6
  /// A network card may send.
  case card = 7
  case start = 8
  case sample = 9
}

/// What happens when: the time, and kind and place in one number, by which events are ordered. So the order of events does
/// not depend on who pushed first or on how the network is cut into parts.
///
/// Two events of one time, kind and place are the same event: a link delivers one packet a tick.
package struct PacketEvent: BitwiseCopyable {
  package var time: Int64
  package var key: UInt32
  /// Of an arrival and of what waits in a host: the packet.
  package var packet: UInt32

  @inline(__always) package init(time: Int64, kind: PacketEventKind, place: Int, packet: UInt32 = 0) {
    self.time = time
    key = kind.rawValue << 28 | UInt32(truncatingIfNeeded: place)
    self.packet = packet
  }

  @inline(__always) package var kind: PacketEventKind { PacketEventKind(rawValue: key >> 28)! }
  @inline(__always) package var place: Int { Int(key & 0x0FFF_FFFF) }
  @inline(__always) package func precedes(_ other: PacketEvent) -> Bool {
    time < other.time || (time == other.time && key < other.key)
  }
}
