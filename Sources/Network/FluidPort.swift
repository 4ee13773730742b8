// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// One flow at one port.
struct PortFlow: Sendable {
  var spec: FlowSpec
  var hop: UInt8
  var isLast: Bool
  // Rates in bits per second, all constant until the next event of the port.
  var input: Int64 = 0
  var output: Int64 = 0
  /// Dropped because the buffer is full.
  var dropping: Int64 = 0
  /// Of the output, lost on the fibre.
  var losing: Int64 = 0
  // Exact amounts as of the port's `since`.
  var bitsIn: BitTicks = 0
  var bitsOut: BitTicks = 0
  var bitsDropped: BitTicks = 0
  var bitsLost: BitTicks = 0
  /// In the segment that is being drained, in closed segments behind it, and in the open one at the end.
  var head: BitTicks = 0
  var closed: BitTicks = 0
  var tail: BitTicks = 0
  /// Whether anything follows what is queued.
  var final = FlowEnd.goesOn
  var steady = false
  /// What the next port believes.
  var sentRate: Int64 = 0
  /// How long a word to the source takes directly, and by way of the receiver as marks do.
  var direct: Time
  var viaReceiver: Time
  // What was told to the source last, and when.
  var sentAt = Time.zero
  var sentDelay = Time.zero
  var sentTrend: Int64 = 0
  var sentOutput: Int64 = 0
  var sentMarked = 0.0
  var sentLoss: Int64 = 0
  /// Nil as long as the port has not looked at the flow.
  var sentEpoch: UInt32?
  /// At its last port: messages on it that have come through.
  var arrived = 0
  var lostReported: BitTicks = 0

  init(spec: FlowSpec, hop: UInt8, isLast: Bool, direct: Time, viaReceiver: Time) {
    self.spec = spec
    self.hop = hop
    self.isLast = isLast
    self.direct = direct
    self.viaReceiver = viaReceiver
  }

  var queued: BitTicks { head + closed + tail }
}

/// A run of traffic that entered the queue with one mixture of flows.
struct QueueSegment: Sendable {
  var amounts: [(flow: FlowID, amount: BitTicks)]
}

/// One direction of a link at the site that it leaves from: a first-in first-out queue of fluid.
///
/// Input rates are constant between events. While nothing is queued and the inputs fit, outputs equal inputs. Otherwise
/// the queue is a list of segments, each with the mixture in which it came in; the first segment drains at the full
/// capacity in its own mixture. Amounts are exact, so `in == out + queued + dropped` holds with `==`. Rounding of rates
/// leaves less than ``dust`` of a flow behind a segment; it goes out in a lump with the flow's next change, or when the
/// flow pauses.
struct FluidPort: Sendable {
  /// Bit-ticks of a flow that count as nothing: 110 bits.
  static let dust: BitTicks = 1 << 43

  let port: Int
  let next: Int
  let delay: Time
  let lossShare: Double
  let buffer: BitTicks
  /// Rate of the line, and what classes that are served before leave of it.
  var line: Int64
  var capacity: Int64
  let marking: Marking?
  var phantom: PhantomQueue?
  /// In order of id, so that nothing depends on who came first.
  var flows: [PortFlow] = []
  var segments: [QueueSegment] = []
  var draining = false
  var inputChanged = false
  var since = Time.zero
  var queued: BitTicks = 0
  /// What has left in all.
  var sent: BitTicks = 0
  /// By how many bits per second the queue grows, and what leaves in all, as of the last look.
  var trend: Int64 = 0
  var output: Int64 = 0
  var epoch: UInt32 = 0
  var change = Alarm()
  var recomputePending = false
  /// The fibre behind it is cut, in a fleet: what comes is dropped, and sources send it again.
  var isDark = false
  var statistics = PortStatistics()

  init(_ port: NetworkModel.Port, number: Int) {
    self.port = number
    next = port.next
    capacity = port.capacity.bitsPerSecond
    line = capacity
    delay = port.delay
    lossShare = port.loss
    marking = port.marking
    phantom = port.phantom
    buffer = BitTicks(bytes: port.bufferBytes)
  }

  func index(of id: FlowID) -> Int? {
    var low = 0
    var high = flows.count
    while low < high {
      let middle = (low + high) / 2
      if flows[middle].spec.id < id { low = middle + 1 } else { high = middle }
    }
    return low < flows.count && flows[low].spec.id == id ? low : nil
  }

  /// Adds a flow and returns its index.
  mutating func insert(_ flow: PortFlow) -> Int {
    let index = flows.firstIndex { $0.spec.id > flow.spec.id } ?? flows.count
    flows.insert(flow, at: index)
    return index
  }

  mutating func remove(at index: Int) -> PortFlow {
    return flows.remove(at: index)
  }

  /// The delay of a bit that joins the queue now.
  var queueDelay: Time {
    if isDark { return .zero }
    return capacity > 0 ? Time(ticks: Int64(min(queued / Int128(capacity), Int128(Int64.max / 4)))) : .never
  }

  var inputSum: Int64 { flows.reduce(0) { $0 + $1.input } }
  var outputSum: Int64 { flows.reduce(0) { $0 + $1.output } }

  /// Lets time pass with the present rates.
  mutating func integrate(to now: Time) {
    let span = Int128(now.ticks - since.ticks)
    guard span > 0 else { return }
    let before = queued
    var outSum: Int64 = 0
    var accepted: Int64 = 0
    for i in flows.indices {
      let entered = Int128(flows[i].input) * span
      let dropped = Int128(flows[i].dropping) * span
      let left = Int128(flows[i].output) * span
      outSum += flows[i].output
      accepted += flows[i].input - flows[i].dropping
      flows[i].bitsIn += entered
      flows[i].bitsDropped += dropped
      flows[i].bitsOut += left
      flows[i].bitsLost += Int128(flows[i].losing) * span
      if draining {
        flows[i].head -= left
        flows[i].tail += entered - dropped
      } else {
        flows[i].tail += entered - dropped - left
      }
      queued += entered - dropped - left
    }
    since = now
    sent += Int128(outSum) * span
    if marks { statistics.marked += share * Double(accepted) * span.double }
    phantom?.integrate(span, input: accepted, capacity: line)
    statistics.add(
      span: Time(ticks: Int64(span)), before: before, after: queued, output: outSum, capacity: capacity)
  }

  /// Drops all that is queued.
  mutating func purge() {
    for i in flows.indices {
      flows[i].bitsDropped += flows[i].queued
      flows[i].head = 0
      flows[i].closed = 0
      flows[i].tail = 0
    }
    segments = []
    draining = false
    queued = 0
  }

  /// Whether anything here marks packets.
  var marks: Bool { marking != nil || phantom != nil }

  /// Share of the packets that get a mark now, by the queue or by the phantom queue.
  var share: Double {
    guard marks else { return 0 }
    return 1 - (1 - (marking?.share(at: queued) ?? 0)) * (1 - (phantom?.share ?? 0))
  }

  /// What must always hold; nil if it does.
  func violation() -> String? {
    var sum: BitTicks = 0
    for flow in flows {
      let name = "flow \(flow.spec.id.job).\(flow.spec.id.ordinal) at port \(port)"
      if flow.head < 0 || flow.tail < 0 || flow.closed < 0 {
        return "\(name) queues less than nothing: head \(flow.head), closed \(flow.closed), tail \(flow.tail)"
      }
      if flow.bitsIn != flow.bitsOut + flow.bitsDropped + flow.queued {
        return "\(name): \(flow.bitsIn) in, \(flow.bitsOut) out, \(flow.queued) queued, \(flow.bitsDropped) dropped"
      }
      sum += flow.queued
    }
    if sum != queued { return "port \(port) queues \(queued), its flows \(sum)" }
    if outputSum > capacity { return "port \(port) sends \(outputSum) bit/s at a capacity of \(capacity)" }
    if queued > buffer + Int128(flows.count) * FluidPort.dust * 4 {
      return "port \(port) queues \(queued.bytes) bytes in a buffer of \(buffer.bytes)"
    }
    return nil
  }
}

/// What is told about a port at the end of a run.
struct PortStatistics: Sendable {
  /// Bins of queueing delay: below 1 us, then four per factor of two.
  static let bins = 128
  /// Of flows that have left; those still there add their own.
  var bitsIn: BitTicks = 0
  var bitsOut: BitTicks = 0
  var bitsDropped: BitTicks = 0
  var bitsLost: BitTicks = 0
  /// Bit-ticks that were marked.
  var marked = 0.0
  /// How long the queue was how long; nil in fleets, which need less.
  var queue: QueueTimes?
  var busy = Time.zero
  var delayTicks: Double = 0
  var maximum = Time.zero
  var histogram = [Int64](repeating: 0, count: bins)

  static func bin(_ delay: Time) -> Int {
    let us = delay.ticks / 100_000
    if us < 1 { return 0 }
    let power = 63 - us.leadingZeroBitCount
    let quarter = power >= 2 ? Int((us >> (power - 2)) & 3) : 0
    return min(bins - 1, 1 + power * 4 + quarter)
  }

  /// The upper edge of a bin in microseconds.
  static func edge(_ bin: Int) -> Double {
    if bin == 0 { return 1 }
    let power = (bin - 1) / 4
    return Double(Int64(1) << power) * (1 + Double((bin - 1) % 4 + 1) / 4)
  }

  mutating func add(span: Time, before: BitTicks, after: BitTicks, output: Int64, capacity: Int64) {
    queue?.add(span: span, before: before, after: after)
    guard output > 0 || before > 0, capacity > 0 else { return }
    busy += span
    if before == 0 && after == 0 {
      histogram[0] += span.ticks
      return
    }
    let mean = (before + after) / 2 / Int128(capacity)
    let most = max(before, after) / Int128(capacity)
    let delay = Time(ticks: Int64(min(mean, Int128(Int64.max / 4))))
    maximum = max(maximum, Time(ticks: Int64(min(most, Int128(Int64.max / 4)))))
    delayTicks += Double(delay.ticks) * span.seconds
    histogram[PortStatistics.bin(delay)] += span.ticks
  }

  var meanMicroseconds: Double { busy > .zero ? delayTicks / busy.seconds / 100_000 : 0 }
  /// The upper edge of the bin in which the 99th percentile of time falls, at most the maximum; 0 if nothing queued.
  var p99Microseconds: Double {
    var total: Int64 = 0
    for value in histogram { total += value }
    guard total > 0 else { return 0 }
    var seen: Int64 = 0
    for (bin, value) in histogram.enumerated() {
      seen += value
      if Double(seen) >= 0.99 * Double(total) {
        return bin == 0 ? 0 : min(PortStatistics.edge(bin), maximum.seconds * 1e6)
      }
    }
    return maximum.seconds * 1e6
  }
}
