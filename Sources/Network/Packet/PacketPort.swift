// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// One direction of a link, at the node that it leaves from.
///
/// A plain port is a first-in first-out queue: departure and arrival of a packet are known when it joins, and nothing has to
/// be done when it leaves. A port with classes, flow control, telemetry, a shared buffer or a changing rate keeps its
/// packets in lists and has an event for every departure.
///
/// A whole number of cache lines, in the order in which they are wanted.
struct PacketPort {
  // One cache line: what a packet meets.
  /// When everything queued so far will have left.
  var busyUntil: Int64 = 0
  /// Ticks that a full packet and an acknowledgement take.
  var fullTicks: Int64
  var smallTicks: Int64
  var delay: Int64
  /// Bytes a tick.
  var speed: Double
  var buffer: Double
  /// The queue below which nothing is marked, whatever chance says; infinite if nothing ever is.
  let markFrom: Double
  let fullSize: UInt16
  let smallSize: UInt16
  let hasLists: Bool
  /// The far end belongs to another part.
  let leaves: Bool
  let isCard: Bool
  let hasLoss: Bool

  // A second one: statistics.
  var bytesOut: Int64 = 0
  var bytesIn: Int64 = 0
  /// Integral of the queue in byte-ticks, up to `measured`.
  var area = 0.0
  var measured: Int64 = 0
  var most = 0.0
  var queuedBytes: Int64 = 0
  var rate: Int64
  let to: Int32
  let from: Int32

  // A third, of ports with lists.
  var inService = UInt32.none
  var queues = InlineArray<3, PacketList>(repeating: PacketList())
  /// When the last packet comes out at the far end.
  var lastArrival: Int64 = -1
  var classBytes = InlineArray<3, Int64>(repeating: 0)

  let marking: NetworkPlan.Marking?
  let phantom: NetworkPlan.Phantom?
  let loss: NetworkPlan.Loss
  let flowControl: NetworkPlan.PriorityFlowControl?
  var phantomBytes = 0.0
  var phantomAt: Int64 = 0
  var burstLeft: Int64 = 0
  var passed: Int64 = 0
  var random: RandomStream

  // With lists.
  /// Bytes that have left, by class.
  var classSent = InlineArray<3, Int64>(repeating: 0)
  /// What was left of that packet when the rate last changed.
  var bitsInService = 0.0
  var pausedClasses = InlineArray<3, Bool>(repeating: false)
  /// Bytes that came in by this port and are still held by the node that it leads to, for flow control.
  var held = InlineArray<3, Int64>(repeating: 0)
  var pausing = InlineArray<3, Bool>(repeating: false)

  // Near-source notices.
  var sinceSample: Int64 = 0
  var queueAtSample = 0.0

  var drops: Int64 = 0
  var dropsInWarmup: Int64 = 0
  var losses: Int64 = 0
  var marks: Int64 = 0
  var pauses: Int64 = 0
  var bytesOutInWarmup: Int64 = 0
  var bytesInInWarmup: Int64 = 0
  private let padding = InlineArray<5, UInt64>(repeating: 0)

  init(_ port: NetworkPlan.Port, index: Int, plan: NetworkPlan, hasLists: Bool, leaves: Bool) {
    fullSize = UInt16(plan.packetBytes)
    smallSize = UInt16(plan.host.acknowledgementBytes)
    self.hasLists = hasLists
    self.leaves = leaves
    isCard = plan.nodes[port.from].isHost
    markFrom =
      port.phantom != nil ? 0 : port.marking.map { Double(min($0.minimum, $0.maximum)) } ?? .infinity
    hasLoss = port.loss != .none
    rate = port.rate.bitsPerSecond
    fullTicks = PacketPort.ticks(bytes: plan.packetBytes, rate: rate)
    smallTicks = PacketPort.ticks(bytes: plan.host.acknowledgementBytes, rate: rate)
    delay = port.delay.ticks
    speed = Double(rate) / 8 / Double(Time.ticksPerSecond)
    buffer = port.buffer == .max ? .infinity : Double(port.buffer)
    from = Int32(port.from)
    to = Int32(port.to)
    marking = port.marking
    phantom = port.phantom
    loss = port.loss
    flowControl = port.flowControl
    random = RandomStream(seed: plan.seed, name: "port").child(index)
  }

  /// How long `bytes` take at `rate` bits per second, rounded up to a tick.
  static func ticks(bytes: Int64, rate: Int64) -> Int64 {
    guard rate > 0 else { return Time.never.ticks / 4 }
    let bits = bytes * 8
    let (product, overflow) = bits.multipliedReportingOverflow(by: Time.ticksPerSecond)
    if overflow { return Int64((Int128(bits) * Int128(Time.ticksPerSecond) + Int128(rate) - 1) / Int128(rate)) }
    return (product + rate - 1) / rate
  }

  @inline(__always) func ticks(of size: UInt16) -> Int64 {
    if size == fullSize { return fullTicks }
    if size == smallSize { return smallTicks }
    return PacketPort.ticks(bytes: Int64(size), rate: rate)
  }

  mutating func setRate(_ bits: Int64) {
    rate = bits
    fullTicks = PacketPort.ticks(bytes: Int64(fullSize), rate: rate)
    smallTicks = PacketPort.ticks(bytes: Int64(smallSize), rate: rate)
    speed = Double(rate) / 8 / Double(Time.ticksPerSecond)
  }

  /// Bytes that wait or are on their way out.
  @inline(__always) func backlog(at now: Int64) -> Double {
    if hasLists { return Double(queuedBytes) }
    let left = busyUntil - now
    return left > 0 ? Double(left) * speed : 0
  }

  /// Brings the integral of the queue up to `now`; the queue is as it was since `measured`.
  @inline(__always) mutating func measure(at now: Int64) {
    let span = now - measured
    guard span > 0 else { return }
    if hasLists {
      area += Double(queuedBytes) * Double(span)
    } else {
      let left = busyUntil - measured
      if left > 0 {
        let drained = min(left, span)
        area += (Double(left) - Double(drained) / 2) * Double(drained) * speed
      }
    }
    measured = now
  }

  /// Whether a packet that meets `queue` bytes gets a mark, by the queue or by the phantom queue.
  mutating func marks(size: UInt16, queue: Double, at now: Int64) -> Bool {
    var marked = false
    if let marking {
      if queue >= Double(marking.maximum) {
        marked = true
      } else if queue > Double(marking.minimum) {
        let share =
          marking.probability * (queue - Double(marking.minimum)) / Double(marking.maximum - marking.minimum)
        marked = random.uniform() < share
      }
    }
    if let phantom {
      let drained = Double(now - phantomAt) * speed * phantom.drain
      phantomAt = now
      phantomBytes = min(max(0, phantomBytes - drained) + Double(size), Double(phantom.size))
      if phantomBytes >= Double(phantom.maximum) {
        marked = true
      } else if phantomBytes > Double(phantom.minimum) {
        let share = (phantomBytes - Double(phantom.minimum)) / Double(phantom.maximum - phantom.minimum)
        if random.uniform() < share { marked = true }
      }
    }
    return marked
  }

  /// Whether the fibre loses the next data packet.
  mutating func losesNext() -> Bool {
    switch loss {
    case .none: return false
    case .random(let share): return random.uniform() < share
    case .every(let n):
      passed += 1
      return passed % n == 0
    case .bursts(let probability, let length):
      if burstLeft > 0 {
        burstLeft -= 1
        return true
      }
      guard random.uniform() < probability else { return false }
      // Geometric with the given mean; this packet is the first.
      if length > 1 { burstLeft = Int64(random.exponential(mean: -1 / DeterministicMath.log(1 - 1 / length))) }
      return true
    }
  }

  /// Passes all that changes.
  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&rate)
    if coder.isReading { setRate(rate) }
    try coder.value(&delay)
    for count in [\PacketPort.busyUntil, \.bytesOut, \.bytesIn, \.measured, \.queuedBytes, \.lastArrival] {
      try coder.value(&self[keyPath: count])
    }
    for count in [
      \PacketPort.phantomAt, \.burstLeft, \.passed, \.sinceSample, \.drops, \.dropsInWarmup, \.losses, \.marks,
      \.pauses,
      \.bytesOutInWarmup, \.bytesInInWarmup,
    ] { try coder.value(&self[keyPath: count]) }
    for amount in [\PacketPort.area, \.most, \.phantomBytes, \.bitsInService, \.queueAtSample] {
      try coder.value(&self[keyPath: amount])
    }
    try random.code(with: &coder)
    try coder.value(&inService)
    for c in 0..<3 {
      try queues[c].code(with: &coder)
      try coder.value(&classBytes[c])
      try coder.value(&classSent[c])
      try coder.value(&pausedClasses[c])
      try coder.value(&held[c])
      try coder.value(&pausing[c])
    }
  }
}
