// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// A change that a port sends downstream.
struct Departure {
  var spec: FlowSpec
  var hop: UInt8
  var isLast: Bool
  var rate: Int64
  var lump: BitTicks
  var final: FlowEnd
  var steady: Bool
}

extension FluidPort {
  /// Derives outputs from inputs and the queue as of now, and returns what the next ports have to know.
  ///
  /// Call after ``integrate(to:)`` and any changes of inputs or capacity at one instant.
  mutating func recompute() -> [Departure] {
    closeTailIfMixtureChanged()
    takeNextSegments()
    setOutputs()
    return departures()
  }

  /// A new mixture at the end of the queue begins a new segment.
  private mutating func closeTailIfMixtureChanged() {
    guard inputChanged else { return }
    inputChanged = false
    guard flows.contains(where: { $0.tail > FluidPort.dust }) else { return }
    if draining {
      var segment = QueueSegment(amounts: [])
      for i in flows.indices where flows[i].tail > 0 {
        segment.amounts.append((flows[i].spec.id, flows[i].tail))
        flows[i].closed += flows[i].tail
        flows[i].tail = 0
      }
      segments.append(segment)
    } else {
      for i in flows.indices {
        flows[i].head += flows[i].tail
        flows[i].tail = 0
      }
      draining = true
    }
  }

  /// When the first segment is empty but for dust, the next one follows, with the dust.
  private mutating func takeNextSegments() {
    while draining, !flows.contains(where: { $0.head > FluidPort.dust }) {
      if segments.isEmpty {
        draining = false
        for i in flows.indices {
          flows[i].tail += flows[i].head
          flows[i].head = 0
        }
      } else {
        let segment = segments.removeFirst()
        for (id, amount) in segment.amounts {
          guard let i = index(of: id) else { preconditionFailure("a queued flow has been forgotten") }
          flows[i].closed -= amount
          flows[i].head += amount
        }
      }
    }
  }

  private mutating func setOutputs() {
    if isDark {
      trend = 0
      output = 0
      for i in flows.indices {
        flows[i].output = 0
        flows[i].losing = 0
        flows[i].dropping = flows[i].input
      }
      return
    }
    let sum = inputSum
    let backlogged = draining || flows.contains { $0.tail > FluidPort.dust && $0.input > 0 }
    if draining {
      let shares = Sharing.proportional(
        capacity, weights: flows.map { $0.head > FluidPort.dust ? $0.head : 0 })
      for i in flows.indices { flows[i].output = shares[i] }
    } else if sum > capacity {
      let shares = Sharing.proportional(capacity, weights: flows.map { Int128($0.input) })
      for i in flows.indices { flows[i].output = shares[i] }
    } else if backlogged {
      // The queue drains with what the inputs leave, in its own mixture, which is theirs but for dust.
      let extra = Sharing.proportional(
        capacity - sum, weights: flows.map { $0.tail > FluidPort.dust ? $0.tail : 0 })
      for i in flows.indices { flows[i].output = flows[i].input + extra[i] }
    } else {
      for i in flows.indices { flows[i].output = flows[i].input }
    }
    let outSum = outputSum
    // Full when not even one more tick of surplus fits.
    let full = sum > outSum && queued + Int128(sum - outSum) > buffer
    if full {
      let accepted = Sharing.proportional(outSum, weights: flows.map { Int128($0.input) })
      for i in flows.indices { flows[i].dropping = max(0, flows[i].input - accepted[i]) }
    } else {
      for i in flows.indices { flows[i].dropping = 0 }
    }
    trend = 0
    output = 0
    for i in flows.indices {
      flows[i].losing = lossShare > 0 ? Int64(Double(flows[i].output) * lossShare) : 0
      trend += flows[i].input - flows[i].dropping - flows[i].output
      output += flows[i].output
    }
  }

  private mutating func departures() -> [Departure] {
    var list: [Departure] = []
    let open = !draining && !flows.contains { $0.tail > FluidPort.dust && $0.input > 0 }
    for i in flows.indices {
      let deliver = flows[i].output - flows[i].losing
      let done = flows[i].final != .goesOn && flows[i].input == 0 && flows[i].queued <= FluidPort.dust
      // What would wait for the next change of a flow that pauses may be the end of a message.
      let left = flows[i].input == 0 && flows[i].output == 0 && flows[i].queued > 0
      guard deliver != flows[i].sentRate || done || left && flows[i].queued <= FluidPort.dust else { continue }
      var lump: BitTicks = 0
      if (open || done || left) && flows[i].queued <= FluidPort.dust { lump = flushDust(i) }
      list.append(
        Departure(
          spec: flows[i].spec, hop: flows[i].hop, isLast: flows[i].isLast, rate: deliver, lump: lump,
          final: done ? flows[i].final : .goesOn,
          steady: flows[i].steady))
      flows[i].sentRate = deliver
    }
    return list
  }

  /// Sends what rounding left of a flow.
  private mutating func flushDust(_ i: Int) -> BitTicks {
    let lump = flows[i].queued
    guard lump > 0 else { return 0 }
    if flows[i].closed > 0 {
      for s in segments.indices { segments[s].amounts.removeAll { $0.flow == flows[i].spec.id } }
    }
    flows[i].head = 0
    flows[i].closed = 0
    flows[i].tail = 0
    flows[i].bitsOut += lump
    sent += lump
    queued -= lump
    return lump
  }

  /// A few bits arrive at once.
  mutating func addLump(_ lump: BitTicks, to i: Int) {
    guard lump > 0 else { return }
    flows[i].bitsIn += lump
    flows[i].tail += lump
    queued += lump
  }

  /// Shares of marks need not follow the queue faster than this, in ticks: a sixteenth of the shortest round trip of its
  /// flows, which themselves look at most eight times in one.
  private var markingPace: Int128 {
    var loop = Int64.max
    for flow in flows { loop = min(loop, (flow.direct + flow.viaReceiver).ticks) }
    return Int128(loop / 16)
  }

  /// When the rates of this port change next if its inputs stay, or a threshold of its marking is crossed.
  func nextChange() -> Time {
    let input = inputSum
    let output = outputSum
    var dropping: Int64 = 0
    for flow in flows { dropping += flow.dropping }
    var ticks = Int128.max
    func consider(_ amount: BitTicks, _ rate: Int64) {
      guard rate > 0 else { return }
      ticks = min(ticks, max(1, amount / Int128(rate)))
    }
    if draining {
      for flow in flows where flow.head > FluidPort.dust { consider(flow.head, flow.output) }
    } else if output > input - dropping {
      for flow in flows where flow.output > flow.input - flow.dropping {
        consider(flow.tail, flow.output - flow.input + flow.dropping)
      }
    }
    let net = input - dropping - output
    if net > 0 { consider(buffer - queued, net) }
    let pace = marks ? markingPace : 0
    if net != 0, let distance = marking?.nextStep(from: queued, rising: net > 0, least: Int128(abs(net)) * pace) {
      consider(distance, abs(net))
    }
    if let step = phantom?.nextStep(input: input - dropping, capacity: line, pace: pace) { ticks = min(ticks, step) }
    return ticks == .max || ticks > Int128(Int64.max / 4) ? .never : since + Time(ticks: Int64(ticks))
  }
}

/// RED/ECN marking by the length of the queue.
struct Marking: Equatable, Sendable {
  var minimum: BitTicks
  var maximum: BitTicks
  var probability: Double

  init(minimum: BitTicks, maximum: BitTicks, probability: Double) {
    self.minimum = minimum
    self.maximum = maximum
    self.probability = probability
  }

  /// A rule in line time, at a port of this capacity.
  init(_ rule: MarkingRule, capacity: BitRate) {
    self.init(
      minimum: BitTicks(capacity, for: rule.minimum), maximum: BitTicks(capacity, for: rule.maximum),
      probability: rule.probability)
  }

  func share(at queued: BitTicks) -> Double {
    if queued <= minimum { return 0 }
    if queued > maximum { return 1 }
    return probability * (queued - minimum).double / max(1, maximum - minimum).double
  }

  /// How much the queue has to change before the share does: by a sixteenth of its range at a time, or by a power of two
  /// more, up to a half, where that is less than `least`.
  func nextStep(from queued: BitTicks, rising: Bool, least: BitTicks = 0) -> BitTicks? {
    if queued <= minimum { return rising ? minimum - queued + 1 : nil }
    if queued > maximum { return rising ? nil : queued - maximum }
    var quantum = max(1, (maximum - minimum) / 16)
    for _ in 0..<3 where quantum < least { quantum *= 2 }
    let offset = (queued - minimum) % quantum
    // Past the end of a step, so that the next one is not the same.
    return rising ? quantum - offset + 1 : (offset == 0 ? quantum : offset)
  }
}
