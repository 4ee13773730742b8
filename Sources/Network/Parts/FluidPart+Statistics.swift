// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What is written down while fluid flows. What a flow has brought is counted behind its last port, by the part that owns
/// this; its end by the part of its destination; what was sent again by that of its source.
extension FluidPart {
  private func isOwn(_ port: Int) -> Bool { model.ports[port].owner == part }

  /// Bits on the wire that have come through the last port of a flow; nil if another part knows.
  private func received(_ index: Int, at now: Time) -> BitTicks? {
    guard let last = model.paths[index].ports.last, isOwn(last) else { return nil }
    let amount = network.received(FlowID(raw: UInt64(index)), port: last, at: now)
    return flows[index].bytes.map { min(amount, BitTicks(bytes: plan.wireBytes($0))) } ?? amount
  }

  func beginStatistics(at now: Time) {
    for index in followed { receivedInWarmup[index] = received(index, at: now) ?? 0 }
    network.beginStatistics(at: now)
    for port in model.ports.indices where isOwn(port) { portsAtWarmup[port] = network.portTotals(port, at: now) }
  }

  func takeSample(at now: Time) {
    let span = (now - sampled).seconds
    sampled = now
    var rows: [(flow: Int, rate: Double, window: Double)] = []
    for index in followed where flows[index].start <= now {
      var rate = 0.0
      if let amount = received(index, at: now) {
        rate = Double(amount - receivedAtSample[index]) / 1e11 / span
        receivedAtSample[index] = amount
      }
      let window = network.window(of: FlowID(raw: UInt64(index)))
      guard rate > 0 || window != nil else { continue }
      rows.append((index, rate, window ?? .infinity))
    }
    let queues = model.ports.indices.map { isOwn($0) ? network.queued(port: $0).bytes : 0 }
    series.append(ExperimentResult.Sample(at: now, flows: rows, queues: queues))
  }

  func outcome(ofFlow index: Int) -> ExperimentResult.Flow {
    let flow = flows[index]
    let payload = plan.packetBytes - plan.headerBytes
    let share = Double(payload) / Double(plan.packetBytes)
    let all = received(index, at: plan.duration) ?? 0
    let isWhole = flow.bytes.map { all >= BitTicks(bytes: plan.wireBytes($0)) } ?? false
    let bytes = isWhole ? flow.bytes! : Int64(all.bytesDouble * share)
    let before = Int64(receivedInWarmup[index].bytesDouble * share)
    let end = ends[index]
    let opened = max(flow.start, plan.warmup)
    let closed = min(min(end, flow.stop), plan.duration)
    return ExperimentResult.Flow(
      group: flow.group, delivered: max(0, bytes - before), bytes: bytes, start: flow.start, end: end,
      alone: plan.timeAlone(bytes: flow.bytes ?? plan.packetBytes, path: model.paths[index].ports),
      measured: closed > opened ? closed - opened : .zero,
      retransmitted: network.lost(of: FlowID(raw: UInt64(index)), at: plan.duration) / plan.packetBytes * payload)
  }

  func outcome(ofPort port: Int) -> ExperimentResult.Port {
    let before = portsAtWarmup[port] ?? PortTotals()
    let after = network.portTotals(port, at: plan.duration)
    let packet = Double(plan.packetBytes)
    var one = ExperimentResult.Port()
    one.bytesIn = (after.bitsIn - before.bitsIn).bytes
    one.bytesOut = (after.bitsOut - before.bitsOut).bytes
    let capacity = model.ports[port].capacity(until: plan.duration) - model.ports[port].capacity(until: plan.warmup)
    one.utilisation = capacity > 0 ? Double(after.bitsOut - before.bitsOut) / Double(capacity) : 0
    one.queueBytes = after.queue
    one.queueMicroseconds = after.queue.scaled(by: 8e6 / max(1, model.ports[port].capacity.double))
    one.drops = Int64(((after.dropped - before.dropped).bytesDouble / packet).rounded())
    one.dropsInWarmup = Int64((before.dropped.bytesDouble / packet).rounded())
    one.losses = Int64((after.lost.bytesDouble / packet).rounded())
    one.marks = Int64(((after.marked - before.marked) / 8e11 / packet).rounded())
    return one
  }
}

/// What has passed a port, all classes together, and how long its queue was.
struct PortTotals: Sendable {
  var bitsIn: BitTicks = 0
  var bitsOut: BitTicks = 0
  var dropped: BitTicks = 0
  var lost: BitTicks = 0
  var marked = 0.0
  var queue = ExperimentResult.Distribution()
}

extension FluidNetwork {
  /// Keeps the times of queue lengths from now on.
  mutating func measureQueues() { for i in ports.indices { ports[i].statistics.queue = QueueTimes() } }

  /// The warm-up is over: what queues were before is forgotten.
  mutating func beginStatistics(at now: Time) {
    for i in ports.indices { ports[i].integrate(to: now) }
    measureQueues()
  }

  /// Bits of a flow that have come through its last port.
  mutating func received(_ id: FlowID, port: Int, at now: Time) -> BitTicks {
    var amount = passed[id] ?? 0
    for i in local[port]..<local[port] + model.classes {
      ports[i].integrate(to: now)
      if let k = ports[i].index(of: id) { amount += ports[i].flows[k].bitsOut - ports[i].flows[k].bitsLost }
    }
    return amount
  }

  mutating func portTotals(_ port: Int, at now: Time) -> PortTotals {
    var sum = PortTotals()
    for i in local[port]..<local[port] + model.classes {
      ports[i].integrate(to: now)
      let s = ports[i].statistics
      sum.bitsIn += s.bitsIn
      sum.bitsOut += s.bitsOut
      sum.dropped += s.bitsDropped
      sum.lost += s.bitsLost
      sum.marked += s.marked
      for flow in ports[i].flows {
        sum.bitsIn += flow.bitsIn
        sum.bitsOut += flow.bitsOut
        sum.dropped += flow.bitsDropped
        sum.lost += flow.bitsLost
      }
      // Of several classes, the longest queue: the one behind.
      if let d = s.queue?.distribution, d.max >= sum.queue.max { sum.queue = d }
    }
    return sum
  }

  /// The window of an open flow; nil if it is over.
  func window(of id: FlowID) -> Double? {
    guard let slot = slots[id], sources[slot].phase != .closing else { return nil }
    return min(sources[slot].controller.window, sources[slot].inflightLimit)
  }

  /// Bytes of a flow from here known to be lost.
  func lost(of id: FlowID, at now: Time) -> Int64 {
    slots[id].map { sources[$0].lost(at: now).bytes } ?? lostOfClosed[id] ?? 0
  }
}
