// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Cross traffic: datagrams that leave their card when they please.
extension PacketNetwork {
  /// Sends one, unless it is the first instant of the flow, and sets the time of the next.
  mutating func sendDatagram(_ flow: Int) {
    let spec = connections[flow]
    guard let rule = spec.datagrams, now < spec.stop.ticks else {
      senders[flow].phase = .over
      return
    }
    var stream = datagramStreams[flow] ?? RandomStream(seed: plan.seed, name: "datagrams").child(flow)
    if datagramStreams[flow] != nil {
      var bytes = rule.size
      if rule.isExponential { bytes = Int64(stream.exponential(mean: Double(rule.size)).rounded()) }
      let index = pool.take()
      pool[index].kind = .datagram
      pool[index].flow = UInt32(flow)
      pool[index].path = routes[flow].forward
      pool[index].sentAt = now
      pool[index].size = UInt16(max(1, min(bytes, 65_535)))
      pool[index].trafficClass = spec.trafficClass.rawValue
      enqueue(index, at: Int(senders[flow].card), from: -1)
    }
    let gap = max(1, Int64(stream.exponential(mean: Double(rule.gap.ticks))))
    datagramStreams[flow] = stream
    senders[flow].pending = now + gap
    queue.push(PacketEvent(time: now + gap, kind: .flowTimer, place: flow))
  }
}
