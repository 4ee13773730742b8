// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

func relative(_ found: Double, _ expected: Double) -> Double { abs(found - expected) / abs(expected) }

func encoded<T: FixedLayout>(_ value: T) -> [UInt8] {
  var writer = ByteWriter()
  writer.write(value)
  return writer.bytes
}

/// The state of a controller as bytes.
func state<C: CongestionController>(of controller: C) throws -> [UInt8] {
  var copy = controller
  var coder = StateCoder()
  try copy.code(with: &coder)
  return coder.bytes
}

/// A fresh controller put into the state that `bytes` holds, all of which must be read.
func restored<C: CongestionController>(_ fresh: C, from bytes: [UInt8]) throws -> C {
  var copy = fresh
  var coder = StateCoder(reading: ByteReader(bytes))
  try copy.code(with: &coder)
  try coder.rest?.finish()
  return copy
}

/// One flow of a ``Loop``: its controller and what the sender knows.
struct LoopFlow {
  var controller: any CongestionController
  /// Without queues.
  let roundTrip: Time
  var inFlight: Int64 = 0
  var delivered: Int64 = 0
  var priorDelivered: Int64 = 0
  /// Round trip of the last acknowledgement.
  var lastRoundTrip: Time
  var marked = 0.0
  var sent: Int64 = 0
  /// Every so many packets one is lost; nil if none is.
  var lossEvery: Int64?
  /// Senders that start later.
  var start = Time.zero
  /// Bytes not sent yet for want of a whole one.
  var fraction = 0.0
  /// Bytes until the next deliberate loss.
  var untilLoss: Int64 = 0
  /// Window and rate (bits per second), integrated over time.
  var windowSeconds = 0.0
  var rateSeconds = 0.0

  init(_ controller: any CongestionController, roundTrip: Time, lossEvery: Int64? = nil, start: Time = .zero) {
    self.controller = controller
    self.roundTrip = roundTrip
    self.lossEvery = lossEvery
    self.start = start
    lastRoundTrip = roundTrip
  }
}

/// Several flows through one first-in-first-out bottleneck, in steps of a fixed length: what a step sends is one batch,
/// and each flow hears of everything that came back in a step in one call. Propagation lies behind the queue, so that
/// acknowledgements return a round trip after a batch has been served.
///
/// Small and deterministic; the engines have their own tests.
struct Loop {
  struct Batch {
    var flow: Int
    var bytes: Int64
    var lost: Int64
    var marked: Double
    var sentAt: Time
    var prior: Int64
  }
  struct Return {
    var at: Time
    var batch: Batch
  }

  let capacity: BitRate
  let buffer: Int64
  let packetBytes: Int64
  let marking: MarkingRule?
  let phantom: PhantomRule?
  let step: Time
  /// Senders with a window send at most this times window / round trip in a step.
  var pacing = 1.25
  var flows: [LoopFlow]
  var now = Time.zero
  /// Bytes.
  var queue: Int64 = 0
  var phantomQueue = 0.0
  var served: Int64 = 0
  var dropped: Int64 = 0
  /// Bytes times seconds, and the most there was.
  var queueSeconds = 0.0
  var highest: Int64 = 0
  private var waiting: [Batch] = []
  private var head = 0
  private var credit = 0.0
  private var steps = 0
  private var returning: [[Return]]
  private var heads: [Int]

  /// - Parameter step: a sixteenth of the shortest round trip unless told otherwise.
  init(
    capacity: BitRate, buffer: Int64 = .max, packetBytes: Int64 = 4096, marking: MarkingRule? = nil,
    phantom: PhantomRule? = nil, step: Time? = nil, flows: [LoopFlow]
  ) {
    self.capacity = capacity
    self.buffer = buffer
    self.packetBytes = packetBytes
    self.marking = marking
    self.phantom = phantom
    self.flows = flows
    let shortest = flows.map(\.roundTrip).min() ?? .seconds(1)
    self.step = step ?? Time(ticks: max(1, shortest.ticks / 16))
    returning = flows.map { _ in [] }
    heads = flows.map { _ in 0 }
    for i in self.flows.indices {
      if let every = self.flows[i].lossEvery { self.flows[i].untilLoss = every * packetBytes }
    }
  }

  /// Queueing delay in seconds.
  var delay: Double { Double(queue) * 8 / capacity.double }

  mutating func run(for time: Time, _ watch: (inout Loop) -> Void = { _ in }) {
    let end = now + time
    while now < end {
      advance()
      watch(&self)
    }
  }

  /// Forgets sums, so that what follows is measured.
  mutating func measure() {
    queueSeconds = 0
    highest = 0
    served = 0
    dropped = 0
    for i in flows.indices {
      flows[i].windowSeconds = 0
      flows[i].rateSeconds = 0
      flows[i].sent = 0
      flows[i].marked = 0
    }
  }

  mutating func advance() {
    now += step
    let seconds = step.seconds
    var amounts = flows.map { _ in Int64(0) }
    for i in flows.indices where flows[i].start <= now {
      acknowledge(i)
      amounts[i] = send(i, seconds)
      flows[i].windowSeconds += flows[i].controller.window * seconds
      flows[i].rateSeconds += flows[i].controller.rate.double * seconds
    }
    enqueue(amounts)
    if let phantom {
      let line = capacity.double / 8
      phantomQueue = min(max(0, phantomQueue - phantom.drain * line * seconds), phantom.size.seconds * line)
    }
    serve(seconds)
    queueSeconds += Double(queue) * seconds
    highest = max(highest, queue)
  }

  /// Hands the controller of a flow what came back in this step, if anything, or its deadline.
  private mutating func acknowledge(_ i: Int) {
    var feedback = Feedback(now: now)
    var came = false
    var marked = 0.0
    while heads[i] < returning[i].count, returning[i][heads[i]].at <= now {
      let one = returning[i][heads[i]]
      heads[i] += 1
      came = true
      feedback.lost += one.batch.lost
      flows[i].inFlight -= one.batch.lost + one.batch.bytes
      guard one.batch.bytes > 0 else { continue }
      feedback.acknowledged += one.batch.bytes
      marked += one.batch.marked
      flows[i].delivered += one.batch.bytes
      flows[i].priorDelivered = one.batch.prior
      flows[i].lastRoundTrip = one.at - one.batch.sentAt
      feedback.roundTrip = flows[i].lastRoundTrip
      feedback.deliveryRate = BitRate(
        Int64(Double((flows[i].delivered - one.batch.prior) * 8) / (now - one.batch.sentAt).seconds))
    }
    if heads[i] > 4096 {
      returning[i].removeFirst(heads[i])
      heads[i] = 0
    }
    guard came || flows[i].controller.deadline <= now else { return }
    flows[i].marked += marked
    feedback.marked = min(feedback.acknowledged, Int64(marked.rounded()))
    feedback.inFlight = flows[i].inFlight
    feedback.delivered = flows[i].delivered
    feedback.priorDelivered = flows[i].priorDelivered
    flows[i].controller.update(feedback)
  }

  private mutating func send(_ i: Int, _ seconds: Double) -> Int64 {
    let controller = flows[i].controller
    var most = controller.rate.double * seconds / 8
    if controller.window.isFinite {
      most = min(most, pacing * controller.window * seconds / flows[i].lastRoundTrip.seconds)
    }
    flows[i].fraction += most
    let room = controller.window.isFinite ? controller.window - Double(flows[i].inFlight) : .infinity
    let bytes = Int64(max(0, min(flows[i].fraction, room)))
    // What the window forbids is not saved for later.
    flows[i].fraction = min(flows[i].fraction - Double(bytes), 1)
    flows[i].inFlight += bytes
    flows[i].sent += bytes
    return bytes
  }

  /// What all flows send in a step finds the same queue: no flow is favoured by its number.
  private mutating func enqueue(_ amounts: [Int64]) {
    let total = amounts.reduce(0, +)
    guard total > 0 else { return }
    let over = buffer == .max ? 0 : max(0, total - (buffer - queue))
    var share = marking.map { Self.share(delay, from: $0.minimum, to: $0.maximum, probability: $0.probability) } ?? 0
    if let phantom {
      phantomQueue += Double(total)
      let waits = phantomQueue * 8 / capacity.double
      share = max(share, Self.share(waits, from: phantom.minimum, to: phantom.maximum, probability: 1))
    }
    steps += 1
    for n in amounts.indices {
      // Nor by always being first.
      let i = (n + steps) % amounts.count
      guard amounts[i] > 0 else { continue }
      var bytes = amounts[i]
      var lost = min(bytes, Int64(Double(over) * Double(bytes) / Double(total)))
      dropped += lost
      bytes -= lost
      if let every = flows[i].lossEvery {
        flows[i].untilLoss -= bytes
        while flows[i].untilLoss <= 0, bytes > 0 {
          flows[i].untilLoss += every * packetBytes
          lost += min(bytes, packetBytes)
          bytes -= min(bytes, packetBytes)
        }
      }
      queue += bytes
      waiting.append(
        Batch(
          flow: i, bytes: bytes, lost: lost, marked: share * Double(bytes), sentAt: now, prior: flows[i].delivered))
    }
  }

  static func share(_ delay: Double, from low: Time, to high: Time, probability: Double) -> Double {
    if delay <= low.seconds { return 0 }
    if delay >= high.seconds { return 1 }
    return probability * (delay - low.seconds) / (high.seconds - low.seconds)
  }

  private mutating func serve(_ seconds: Double) {
    credit = min(credit + capacity.double * seconds / 8, max(capacity.double * seconds / 8, Double(queue)))
    while head < waiting.count {
      let bytes = min(waiting[head].bytes, Int64(credit))
      // What a batch lost is told with its last byte.
      guard bytes > 0 || waiting[head].bytes == 0 else { break }
      var part = waiting[head]
      let whole = bytes == part.bytes
      part.bytes = bytes
      part.marked = whole ? part.marked : part.marked * Double(bytes) / Double(waiting[head].bytes)
      if !whole { part.lost = 0 }
      credit -= Double(bytes)
      queue -= bytes
      served += bytes
      returning[part.flow].append(Return(at: now + flows[part.flow].roundTrip, batch: part))
      if whole {
        head += 1
      } else {
        waiting[head].bytes -= bytes
        waiting[head].marked -= part.marked
        break
      }
    }
    if head > 4096 {
      waiting.removeFirst(head)
      head = 0
    }
  }
}

/// A path that acknowledges whatever it is told to, for laws in closed form: the caller owns the clock, the round trip
/// and the marks, and says in how many calls a round trip's acknowledgements come.
struct Clocked<C: CongestionController> {
  var controller: C
  var roundTrip: Time
  var now = Time.zero
  var delivered: Int64 = 0
  /// What had been delivered at each of the calls of the last round trip.
  private var earlier: [(at: Time, delivered: Int64)] = []

  init(_ controller: C, roundTrip: Time) {
    self.controller = controller
    self.roundTrip = roundTrip
  }

  /// Acknowledges `bytes`, with a share of `marked`, in `calls` equal calls spread over `time`.
  mutating func acknowledge(
    _ bytes: Int64, over time: Time, calls: Int = 16, marked: Double = 0, lost: Int64 = 0, roundTrip: Time? = nil
  ) {
    let from = now
    for n in 1...calls {
      let at = from + Time(ticks: time.ticks * Int64(n) / Int64(calls))
      let part = bytes * Int64(n) / Int64(calls) - bytes * Int64(n - 1) / Int64(calls)
      tell(at: at, acknowledged: part, marked: Int64(Double(part) * marked), lost: n == 1 ? lost : 0, roundTrip)
    }
  }

  /// A round trip in which the whole window is acknowledged.
  mutating func round(calls: Int = 16, marked: Double = 0, lost: Int64 = 0, roundTrip: Time? = nil) {
    let length = roundTrip ?? self.roundTrip
    acknowledge(
      Int64(controller.window), over: length, calls: calls, marked: marked, lost: lost, roundTrip: length)
  }

  mutating func tell(at time: Time, acknowledged: Int64, marked: Int64 = 0, lost: Int64 = 0, _ roundTrip: Time? = nil) {
    now = time
    let length = roundTrip ?? self.roundTrip
    var feedback = Feedback(now: now)
    feedback.acknowledged = acknowledged
    feedback.marked = marked
    feedback.lost = lost
    feedback.roundTrip = acknowledged > 0 ? length : .zero
    delivered += acknowledged
    feedback.delivered = delivered
    earlier.append((now, delivered))
    let sent = now - length
    while earlier.count > 1, earlier[1].at <= sent { earlier.removeFirst() }
    feedback.priorDelivered = earlier[0].at <= sent ? earlier[0].delivered : 0
    controller.update(feedback)
  }

  mutating func timeOut() {
    var feedback = Feedback(now: now)
    feedback.timedOut = true
    feedback.delivered = delivered
    feedback.priorDelivered = earlier.first?.delivered ?? 0
    controller.update(feedback)
  }
}

/// Parameters of an algorithm by name, the others at their defaults or at a preset's values.
func values(_ name: String, _ preset: String? = nil, _ changes: [(String, Double)] = []) throws -> ParameterValues {
  try Algorithm(name: name, preset: preset, parameters: changes).values
}

extension Loop {
  /// A loop of flows of one algorithm that all start at once.
  static func of(
    _ name: String, _ preset: String? = nil, _ changes: [(String, Double)] = [], capacity: BitRate,
    roundTrips: [Time], packetBytes: Int64 = 4096, buffer: Int64 = .max, marking: MarkingRule? = nil,
    phantom: PhantomRule? = nil, step: Time? = nil, local: Time? = nil
  ) throws -> Loop {
    let algorithm = try Algorithm(name: name, preset: preset, parameters: changes)
    let flows = roundTrips.map {
      LoopFlow(
        algorithm.controller(
          for: FlowContext(
            now: .zero, roundTrip: $0, lineRate: capacity, packetBytes: packetBytes, localRoundTrip: local,
            longestRoundTrip: roundTrips.max())), roundTrip: $0)
    }
    return Loop(
      capacity: capacity, buffer: buffer, packetBytes: packetBytes, marking: marking ?? algorithm.demands.marking,
      phantom: phantom ?? algorithm.demands.phantom, step: step, flows: flows)
  }
}
