// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// What a source has heard from one port of its path.
struct HopView: Sendable {
  var feedback = PortFeedback()
  var answered = false
  /// Losses confirmed by the port, and since when its last word counts.
  var lost: BitTicks = 0
  var since = Time.zero
  /// How old the port's word is when it comes.
  var age = Time.zero

  func lost(at now: Time) -> BitTicks {
    lost + Int128(feedback.lossRate.bitsPerSecond) * Int128(max(0, now.ticks - since.ticks))
  }

  /// How much later packets came to the port that are acknowledged now than those that brought its last word.
  ///
  /// A queue that grows by g seconds a second stretches time: what comes in over one second leaves over 1 + g, because the
  /// last of it waits longer than the first; one that shrinks compresses it.
  private func elapsed(at now: Time) -> Double {
    let span = Double(now.ticks - since.ticks)
    guard feedback.queueTrend != 0, feedback.capacity > .zero else { return span }
    return span / max(0.01, 1 + Double(feedback.queueTrend) / feedback.capacity.double)
  }

  /// The delay of the packet that is acknowledged now, if the queue went on growing or shrinking as the port said.
  func queueDelay(at now: Time) -> Time {
    guard feedback.queueTrend != 0, feedback.capacity > .zero, feedback.queueDelay < .never else {
      return feedback.queueDelay
    }
    let moved = Double(feedback.queueTrend) / feedback.capacity.double * elapsed(at: now)
    return Time(ticks: Int64(max(0, min(1e15, Double(feedback.queueDelay.ticks) + moved))))
  }

  /// The queue grows, or shrinks and is not empty yet: a port says nothing more of one that has become empty as foretold.
  func queueMoves(at now: Time) -> Bool {
    feedback.queueTrend > 0 || feedback.queueTrend < 0 && queueDelay(at: now) > .zero
  }

  mutating func forgetQueue() {
    feedback.queueDelay = .zero
    feedback.queueBytes = 0
    feedback.queueTrend = 0
    feedback.marked = 0
  }

  /// What the port would have written into the packet that is acknowledged now.
  func telemetry(at now: Time) -> HopTelemetry {
    let elapsed = Int128(now.ticks - since.ticks)
    let grown = BitTicks(bytes: feedback.queueBytes) + Int128(feedback.queueTrend) * elapsed
    return HopTelemetry(
      capacity: feedback.capacity, queue: max(0, grown).bytes,
      sent: (feedback.sent + Int128(feedback.output.bitsPerSecond) * elapsed).bytes,
      at: now - age)
  }
}

/// The sending end of a flow with its controller.
struct FluidSource: Sendable {
  enum Phase: UInt8, Sendable {
    /// Waits for the first answer of ports further on.
    case opening = 0
    case sending = 1
    /// All is sent; some of it may turn out to be lost.
    case closing = 2
  }

  var spec: FlowSpec
  var phase = Phase.opening
  let context: FlowContext
  var controller: any CongestionController
  var hops: [HopView]
  /// Claims and grants, for algorithms that ask ports for a rate.
  var book: ClaimBook
  /// Propagation there and back.
  var roundTrip: Time
  /// What the application offers.
  var demand: Int64
  /// When the application last had nothing more to send on a flow that carries messages.
  var pausedAt = Time.zero
  /// Of that, what it uses now.
  var usage: Int64
  var rate: Int64 = 0
  var emitted: BitTicks = 0
  var since: Time
  var started: Time
  /// Last potential rate told to the application.
  var reported: Int64 = 0
  var deadline = Alarm()
  var finish = Alarm()
  /// The controller is to be asked when everything of this instant is known.
  var reactPending = false
  /// What the application has handed over, of a flow that carries messages; nil if it has always more.
  var available: BitTicks?
  /// Most bytes that the application allows in flight.
  var inflightLimit = Double.infinity
  var losesPeriodically = false
  /// Follows what is in flight burst by burst, as experiments need it; a fleet, which is followed for weeks, takes the
  /// quotient of window and round trip for the rate.
  var isExact = false
  /// Bytes in flight when the last one was sent.
  var flightAtEnd: Int64 = 0
  /// What the flow would send if its network card had room for it.
  var wanted: Int64 = 0
  /// What the oracle has told it.
  var told = BitRate.zero
  var steady = SteadyState()
  var heard: SignalState

  init(
    spec: FlowSpec, context: FlowContext, controller: any CongestionController, hops: [HopView], roundTrip: Time,
    demand: Int64
  ) {
    self.spec = spec
    self.context = context
    self.controller = controller
    self.hops = hops
    book = ClaimBook(hops: hops.count)
    self.roundTrip = roundTrip
    self.demand = demand
    usage = demand
    since = context.now
    started = context.now
    heard = SignalState(seed: context.seed, packetBytes: context.packetBytes, at: context.now)
  }

  func lost(at now: Time) -> BitTicks {
    var sum: BitTicks = 0
    for hop in hops { sum += hop.lost(at: now) }
    return sum
  }

  var lossRate: Int64 {
    var sum: Int64 = 0
    for hop in hops { sum += hop.feedback.lossRate.bitsPerSecond }
    return sum
  }

  func queueDelay(at now: Time) -> Time {
    var sum = Time.zero
    for hop in hops { sum = sum + hop.queueDelay(at: now) }
    return sum
  }

  /// Something has come back from all over the path.
  var answered: Bool { hops.allSatisfy(\.answered) }

  /// Share of the packets that carry a mark by the time they arrive.
  var marked: Double {
    var unmarked = 1.0
    for hop in hops { unmarked *= 1 - hop.feedback.marked }
    return 1 - unmarked
  }

  mutating func integrate(to now: Time) {
    emitted += Int128(rate) * Int128(now.ticks - since.ticks)
    since = now
  }

  /// Nothing has come back yet: what the window allows leaves at once.
  func isOpening(at now: Time) -> Bool {
    (now < started + roundTrip || !answered) && min(controller.window, inflightLimit).isFinite
  }

  /// What the controller allows in the long run, whatever the application wants.
  func allowed(at now: Time) -> Int64 {
    if steady.active { return steady.rate }
    var rate = min(controller.rate, spec.limit).bitsPerSecond
    let window = min(controller.window, inflightLimit)
    if window.isFinite {
      if isOpening(at: now) {
        return emitted.bytesDouble < window ? rate : 0
      }
      let seconds = max(1e-9, (roundTrip + queueDelay(at: now)).seconds)
      rate = min(rate, Int64(min(9e17, window * 8 / seconds)))
    }
    return rate
  }
}
