// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// One port shared by a few flows, packet by packet: FIFO, drop-tail, no marks. A packet reaches the port as it is sent;
/// its acknowledgement, or the news of its loss, comes a base round trip after it has left the port or would have.
struct Bottleneck<C: CongestionController> {
  struct Sent {
    var at: Time
    var delivered: Int64
    var deliveredAt: Time
    var firstSent: Time
    var lost = false
    var due = Time.zero
    var telemetry = HopTelemetry()
  }

  struct Flow {
    var controller: C
    var roundTrip: Time
    var feedback: Feedback
    var nextSend: Time
    var deliveredAt: Time
    var firstSent: Time
    /// Acknowledgements and losses on their way back, in order; from `head` on.
    var returning: [Sent] = []
    var head = 0
    var bytesDelivered: Int64 { feedback.delivered }
  }

  let capacity: BitRate
  let packet: Int64
  let buffer: Int64
  let serialisation: Time
  var flows: [Flow] = []
  var now = Time.zero
  private var waiting: [(flow: Int, packet: Sent)] = []
  private var first = 0
  private var departure = Time.never
  private var sent: Int64 = 0
  var queue: Int64 { Int64(waiting.count - first) * packet }
  private(set) var drops = 0

  init(capacity: BitRate, packet: Int64 = 4096, buffer: Int64) {
    self.capacity = capacity
    self.packet = packet
    self.buffer = buffer
    serialisation = Time(ticks: packet * 8 * Time.ticksPerSecond / capacity.bitsPerSecond)
  }

  mutating func start(_ controller: C, roundTrip: Time) {
    flows.append(
      Flow(
        controller: controller, roundTrip: roundTrip, feedback: Feedback(now: now), nextSend: now, deliveredAt: now,
        firstSent: now))
  }

  /// Runs until `end`, calling `watch` after every event.
  mutating func run(until end: Time, watch: (inout Self) -> Void = { _ in }) {
    while true {
      var next = departure
      var what = -1
      for (i, flow) in flows.enumerated() {
        let ack = flow.head < flow.returning.count ? flow.returning[flow.head].due : .never
        let send = mayFly(flow) ? max(flow.nextSend, now) : .never
        let due = min(ack, min(send, max(now, flow.controller.deadline)))
        if due < next {
          next = due
          what = i
        }
      }
      guard next <= end, next < .never else { break }
      now = next
      if what < 0 { depart() } else { serve(what) }
      watch(&self)
    }
    now = end
  }

  private func mayFly(_ flow: Flow) -> Bool {
    Double(flow.feedback.inFlight + packet) <= flow.controller.window && flow.controller.rate > .zero
  }

  private mutating func serve(_ i: Int) {
    if flows[i].head < flows[i].returning.count, flows[i].returning[flows[i].head].due <= now {
      arrive(i)
    } else if flows[i].controller.deadline <= now {
      flows[i].feedback.clear()
      flows[i].feedback.now = now
      flows[i].controller.update(flows[i].feedback)
    } else {
      send(i)
    }
  }

  private mutating func send(_ i: Int) {
    if flows[i].feedback.inFlight == 0 {
      flows[i].deliveredAt = now
      flows[i].firstSent = now
    }
    var sending = Sent(
      at: now, delivered: flows[i].feedback.delivered, deliveredAt: flows[i].deliveredAt, firstSent: flows[i].firstSent)
    let gap = Double(packet * 8) / flows[i].controller.rate.double
    flows[i].nextSend = now + Time.seconds(gap)
    flows[i].feedback.inFlight += packet
    if queue + packet > buffer {
      drops += 1
      sending.lost = true
      sending.due = departure + serialisation * Int64(waiting.count - first) + flows[i].roundTrip
      flows[i].returning.append(sending)
      return
    }
    waiting.append((i, sending))
    if departure == .never { departure = now + serialisation }
  }

  private mutating func depart() {
    var (i, leaving) = waiting[first]
    first += 1
    sent += packet
    if first > 4096 {
      waiting.removeFirst(first)
      first = 0
    }
    leaving.due = now + flows[i].roundTrip
    leaving.telemetry = HopTelemetry(capacity: capacity, queue: queue, sent: sent, at: now)
    flows[i].returning.append(leaving)
    departure = queue > 0 ? now + serialisation : .never
  }

  private mutating func arrive(_ i: Int) {
    let back = flows[i].returning[flows[i].head]
    flows[i].head += 1
    if flows[i].head > 4096 {
      flows[i].returning.removeFirst(flows[i].head)
      flows[i].head = 0
    }
    flows[i].feedback.clear()
    flows[i].feedback.now = now
    flows[i].feedback.inFlight -= packet
    if back.lost {
      flows[i].feedback.lost = packet
    } else {
      flows[i].feedback.acknowledged = packet
      flows[i].feedback.delivered += packet
      flows[i].feedback.priorDelivered = back.delivered
      flows[i].feedback.roundTrip = now - back.at
      flows[i].feedback.hops = 1
      flows[i].feedback.telemetry[0] = back.telemetry
      let interval = max(back.at - back.firstSent, now - back.deliveredAt)
      let bytes = flows[i].feedback.delivered - back.delivered
      if interval > .zero {
        flows[i].feedback.deliveryRate = BitRate(Int64(Double(bytes * 8) / interval.seconds))
      }
      flows[i].deliveredAt = now
      flows[i].firstSent = back.at
    }
    flows[i].controller.update(flows[i].feedback)
  }
}
