// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// A packet that is out: which, the how-manieth sending it was, and when.
struct Outstanding: BitwiseCopyable {
  var sequence: UInt32
  var order: UInt32
  var sentAt: Int64
}

/// The sending end of a flow: five cache lines.
package struct PacketSender {
  enum Phase: UInt8 {
    case waiting
    case open
    case over
    /// Not a flow with congestion control at all.
    case datagrams
  }

  var phase = Phase.waiting
  var trafficClass: UInt8 = 0
  /// In the card's list of those that may send now, or its heap of those that may later.
  var isReady = false
  /// First port of the path: the card; and where the path stands in the network's list of steps.
  var card: Int32 = 0
  var forward: UInt32 = 0
  /// Controller's place in the bank.
  var slot: UInt32 = .none
  /// Next packet never sent, and the first not known to have arrived.
  var next: UInt32 = 0
  var unacknowledged: UInt32 = 0
  /// Packets that the application has handed over so far.
  var available: UInt32 = 0
  /// Sendings so far, and the latest of them that was acknowledged.
  var order: UInt32 = 0
  var highestOrder: UInt32 = 0
  var highestSentAt: Int64 = 0
  /// Position in the card's heap of waiting flows.
  package var heapIndex: UInt32 = .none
  var nextReady: UInt32 = .none

  var inFlight: Int64 = 0
  /// What window and application allow in flight.
  var window: Int64 = .max
  var limit: Int64 = .max
  /// Ticks a byte between packets, at the present rate.
  var pace = 0.0
  var rate: Int64 = 0
  /// When the next packet may leave, and when and how large the last one was.
  package var nextSend: Int64 = 0
  var lastSend: Int64 = 0
  var lastSize: Double = 0

  var delivered: Int64 = 0
  var deliveredAt: Int64 = 0
  var flightStart: Int64 = 0
  /// Until so many bytes are delivered, samples of the rate are limited by the application.
  var limitedUntil: Int64 = 0

  var outstanding = Ring<Outstanding>()
  var again = Ring<UInt32>()
  var sacked = PacketSet()
  var lost = PacketSet()

  var smoothed = 0.0
  var variation = 0.0
  var timeoutBackoff: Int64 = 1
  var timeout: Int64 = .max
  var deadline: Int64 = .max
  var stop: Int64 = .max
  /// When the flow's timer event comes up.
  var pending: Int64 = .max

  /// Bytes on the wire of the last packet; the others are full.
  var lastPacket: UInt16 = 0
  /// Number of the packet that is the last; none as long as there is no end.
  var lastSequence: UInt32 = .none
  var retransmitted: Int64 = 0
  var grant: Int64 = .max
  private let padding: UInt64 = 0

  package init() {}

  /// Passes all that changes.
  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&phase)
    try coder.value(&isReady)
    for number in [
      \PacketSender.slot, \.next, \.unacknowledged, \.available, \.order, \.highestOrder, \.heapIndex, \.nextReady,
      \.lastSequence,
    ] { try coder.value(&self[keyPath: number]) }
    for number in [
      \PacketSender.highestSentAt, \.inFlight, \.window, \.limit, \.rate, \.nextSend, \.lastSend, \.delivered,
      \.deliveredAt,
      \.flightStart, \.limitedUntil, \.timeoutBackoff, \.timeout, \.deadline, \.stop, \.pending, \.retransmitted,
      \.grant,
    ] { try coder.value(&self[keyPath: number]) }
    for number in [\PacketSender.pace, \.lastSize, \.smoothed, \.variation] { try coder.value(&self[keyPath: number]) }
    try coder.value(&lastPacket)
    var count = Int(outstanding.count)
    try coder.count(&count, minimumSize: 16)
    for k in 0..<count {
      var packet = coder.isReading ? Outstanding(sequence: 0, order: 0, sentAt: 0) : outstanding[k]
      try coder.value(&packet.sequence)
      try coder.value(&packet.order)
      try coder.value(&packet.sentAt)
      if coder.isReading { outstanding.append(packet) }
    }
    count = Int(again.count)
    try coder.count(&count, minimumSize: 4)
    for k in 0..<count {
      var sequence = coder.isReading ? 0 : again[k]
      try coder.value(&sequence)
      if coder.isReading { again.append(sequence) }
    }
    try sacked.code(with: &coder)
    try lost.code(with: &coder)
  }

  mutating func destroy() {
    outstanding.destroy()
    again.destroy()
    sacked.destroy()
    lost.destroy()
  }
}

/// The receiving end: two cache lines.
struct PacketReceiver {
  // One cache line: what a packet in order meets.
  /// All packets before this one have arrived, and one beyond the furthest that has.
  var cumulative: UInt32 = 0
  var furthest: UInt32 = 0
  /// Payload that has arrived.
  var bytes: Int64 = 0
  var early = PacketSet()
  /// Packets since the last acknowledgement, and how many of them were marked.
  var unanswered: UInt32 = 0
  var markedUnanswered: UInt32 = 0
  /// The packet that the held-back acknowledgement answers.
  var heldBack = UInt32.none
  /// Number of the last packet of what is to come; none if there is no end.
  var lastSequence: UInt32 = .none
  /// First port of the way back, the card, and where that way stands in the list of steps.
  var card: Int32 = 0
  var back: UInt32 = 0
  var end: Int64 = .max

  // A second one.
  var timer: Int64 = .max
  var pending: Int64 = .max
  var lastNotification: Int64 = .min / 2
  var refused = false
  /// First packet of the message of a collective that arrives now.
  var messageStart: UInt32 = 0
  /// Payload that had arrived by the end of the warm-up and the last sample.
  var bytesInWarmup: Int64 = 0
  var bytesAtSample: Int64 = 0
  private let padding: (UInt64, UInt64) = (0, 0)

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    for number in [
      \PacketReceiver.cumulative, \.furthest, \.unanswered, \.markedUnanswered, \.heldBack, \.lastSequence,
      \.messageStart,
    ] { try coder.value(&self[keyPath: number]) }
    for number in [
      \PacketReceiver.bytes, \.end, \.timer, \.pending, \.lastNotification, \.bytesInWarmup, \.bytesAtSample,
    ] { try coder.value(&self[keyPath: number]) }
    try coder.value(&refused)
    try early.code(with: &coder)
  }
}
