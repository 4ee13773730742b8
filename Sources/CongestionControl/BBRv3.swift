// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// BBR version 3 (draft-ietf-ccwg-bbr), the state machine of the draft with its names in brackets.
///
///     rate = 0.99 x pacing gain x bw,   bw = min(largest delivery rate of two cycles, short-term bound)
///     window <= window gain x bw x least round trip, and <= the bounds on the bytes in flight
///
/// - Startup: gains 2.77 and 2, until the delivery rate has grown by less than a quarter for three round trips, or more
///   than 2 % and at least six packets of a round trip were lost.
/// - Drain: pacing gain 0.5, until bw x least round trip is in flight, or for three round trips.
/// - ProbeBW: DOWN (0.9) until the queue and 15 % of the long-term bound are free, CRUISE (1), REFILL (1, a round trip),
///   UP (1.25, window gain 2.25) until three round trips bring no growth or 2 % are lost. A probe comes 62 or 63 round
///   trips after the last, or 2 to 3 s, by chance; sooner where the path holds fewer packets than that.
/// - ProbeRTT: when no lower round trip has been met for 5 s, half of bw x least round trip in flight for 200 ms and a
///   round trip.
///
/// Loss while probing sets the long-term bound [inflight_longterm] to what was in flight, no less than 0.7 of the target;
/// UP raises it by 1, 2, 4, ... packets a round trip. Loss otherwise lowers the short-term bounds [bw_shortterm,
/// inflight_shortterm] to what was delivered, by no more than 0.7 a round trip, until the next REFILL.
///
/// Deviations:
///
/// - ProbeRTT every 5 s with a filter of 10 s, as in Linux and the draft until 2026; later texts have 10 s for both and
///   a second, precautionary probe after one that has lost too much. That probe is left out.
/// - What was in flight when a packet was sent is taken as what has been delivered since and lost in this round trip;
///   losses are counted by the round trip, not by ranges.
/// - The window limits the flow when less than two packets of it are free.
/// - Left out: acknowledgement aggregation, the offload budget (hosts here send packet by packet), and the undoing of
///   spurious recoveries. A restart from idle is told by nothing in flight at the call before.
struct BBRv3: Sendable {
  enum State: UInt8 { case startup, drain, down, cruise, refill, up, probeRoundTrip }
  /// What the acknowledgements now say of a probe [ack_phase].
  enum Feedbacks: UInt8 { case none, refilling, starting, answering, stopping }

  static let startupGain = 2.77
  static let lossThreshold = 0.02
  static let beta = 0.7
  static let headroom = 0.15
  static let margin = 0.99

  var path: BBRPath
  /// Each wait draws from a child of its own, so that a count is all the state there is.
  let chance: RandomStream
  var waits: UInt32 = 0
  var state = State.startup
  var feedbacks = Feedbacks.none
  /// Largest delivery rates of the cycle before and of this one, bit/s.
  var maximumBefore = 0.0
  var maximumNow = 0.0
  var shortTermRate = Double.infinity
  var shortTermFlight = Double.infinity
  var longTermFlight = Double.infinity
  var latestRate = 0.0
  var latestFlight = 0.0
  /// Losses are answered once a round trip of their own.
  var lossRound = RoundTripCount()
  var lostInRound: Int64 = 0
  var probing = false
  var fullBandwidth = 0.0
  var fullRounds: UInt8 = 0
  var fullNow = false
  var full = false
  var drainSince: Int64 = 0
  var cycleSince: Time
  var probeWait = Time.zero
  var roundsSinceProbe: Int64 = 0
  /// Growth of the long-term bound in UP.
  var slopeRounds: UInt8 = 0
  var bytesPerStep = Double.infinity
  var bytesTowardsStep = 0.0
  var probeEnds = Time.never
  var probeRoundDone = false
  var priorWindow = 0.0
  var pacing: Double
  var window: Double
  var deadline = Time.never
  var decreases: UInt32 = 0

  init(context: FlowContext, parameters: ParameterValues) {
    path = BBRPath(context: context, parameters: parameters)
    chance = RandomStream(seed: context.seed, name: "bbr")
    cycleSince = context.now
    window = path.initialWindow
    pacing = min(
      context.lineRate.double, Self.startupGain * path.initialWindow * 8 / max(context.roundTrip.seconds, 1e-9))
  }

  @inline(__always) var rate: BitRate { BitRate(Int64(max(1, min(pacing, path.lineRate)))) }

  var maximum: Double { max(maximumBefore, maximumNow) }
  var bandwidth: Double { min(maximum, shortTermRate) }
  var leastWindow: Double { 4 * path.packet }
  var cycling: Bool { state == .down || state == .cruise || state == .refill || state == .up }

  var pacingGain: Double {
    switch state {
    case .startup: Self.startupGain
    case .drain: 0.5
    case .down: 0.9
    case .cruise, .refill, .probeRoundTrip: 1
    case .up: 1.25
    }
  }

  var windowGain: Double {
    switch state {
    case .up: 2.25
    case .probeRoundTrip: 0.5
    default: 2
    }
  }

  mutating func update(_ feedback: Feedback) {
    let now = feedback.now
    let restarts = path.idle
    path.roundStarted = false
    lostInRound += feedback.lost
    if probing && feedback.lost > 0 && lossIsTooHigh(feedback) { answerLossOfProbe(feedback) }
    if feedback.acknowledged > 0 { takeDelivery(feedback) }
    if state == .startup && full { enterDrain() }
    if state == .drain && (Double(feedback.inFlight) <= flight(1) || path.rounds > drainSince + 3) { goDown(feedback) }
    if full { advanceCycle(feedback) }
    if feedback.roundTrip > .zero {
      path.takeRoundTrip(feedback)
      if path.expired && state != .probeRoundTrip && !restarts {
        state = .probeRoundTrip
        priorWindow = window
        probeEnds = .never
        feedbacks = .stopping
        path.round.restart(feedback)
      }
    }
    if state == .probeRoundTrip { handleProbeRoundTrip(feedback) }
    path.idle = feedback.inFlight == 0
    setPacing()
    setWindow(feedback)
    let probe = state == .down || state == .cruise ? cycleSince + probeWait : .never
    deadline = path.nextDeadline(probeEnds, probe, after: now)
  }

  // MARK: Model

  /// What an acknowledgement says of the path: delivery rate, growth, losses of the round trip that it ends.
  private mutating func takeDelivery(_ feedback: Feedback) {
    path.take(feedback)
    if path.roundStarted { roundsSinceProbe += 1 }
    let sample = feedback.deliveryRate.double
    let volume = Double(feedback.delivered - feedback.priorDelivered)
    latestRate = max(latestRate, sample)
    latestFlight = max(latestFlight, volume)
    if sample > 0, !path.limited || sample >= maximum { maximumNow = max(maximumNow, sample) }
    if path.roundStarted && !path.limited && !fullNow { checkFull(sample) }
    guard lossRound.ends(feedback) else { return }
    if lostInRound > 0 {
      if state == .startup {
        if lossIsTooHigh(feedback) && Double(lostInRound) >= 6 * path.packet {
          full = true
          longTermFlight = max(path.bytes(bandwidth, gain: 1), latestFlight)
        }
      } else if state != .refill && state != .up {
        lowerShortTermBounds()
      }
    }
    lostInRound = 0
    latestRate = sample
    latestFlight = volume
  }

  private mutating func checkFull(_ sample: Double) {
    if sample >= fullBandwidth * 1.25 {
      restartFullCheck(sample)
      return
    }
    fullRounds += 1
    fullNow = fullRounds >= 3
    if fullNow { full = true }
  }

  private mutating func restartFullCheck(_ sample: Double) {
    fullBandwidth = sample
    fullRounds = 0
    fullNow = false
  }

  private mutating func lowerShortTermBounds() {
    if shortTermRate == .infinity { shortTermRate = maximum }
    if shortTermFlight == .infinity { shortTermFlight = window }
    shortTermRate = max(latestRate, Self.beta * shortTermRate)
    shortTermFlight = max(latestFlight, Self.beta * shortTermFlight)
    decreases &+= 1
  }

  /// What was in flight when the packets were sent that are acknowledged or lost now.
  private func flightAtSending(_ feedback: Feedback) -> Double {
    feedback.acknowledged > 0
      ? Double(feedback.delivered - feedback.priorDelivered + lostInRound)
      : latestFlight + Double(lostInRound)
  }

  private func lossIsTooHigh(_ feedback: Feedback) -> Bool {
    Double(lostInRound) > Self.lossThreshold * flightAtSending(feedback)
  }

  private mutating func answerLossOfProbe(_ feedback: Feedback) {
    probing = false
    if !path.limited { longTermFlight = max(flightAtSending(feedback), Self.beta * targetFlight) }
    if state == .up { goDown(feedback) }
  }

  private var targetFlight: Double { min(path.bytes(bandwidth, gain: 1), window) }

  /// Inflight(gain) of the draft.
  private func flight(_ gain: Double) -> Double {
    max(path.bytes(bandwidth, gain: gain), leastWindow) + (state == .up ? 2 * path.packet : 0)
  }

  private var flightWithHeadroom: Double {
    longTermFlight == .infinity
      ? .infinity : max(longTermFlight - max(path.packet, Self.headroom * longTermFlight), leastWindow)
  }

  // MARK: States

  private mutating func enterDrain() {
    state = .drain
    drainSince = path.rounds
  }

  private mutating func goDown(_ feedback: Feedback) {
    lostInRound = 0
    latestRate = 0
    latestFlight = 0
    bytesPerStep = .infinity
    var draw = chance.child(Int(waits))
    waits &+= 1
    roundsSinceProbe = Int64(draw.below(2))
    probeWait = .seconds(2 + draw.uniform())
    cycleSince = feedback.now
    feedbacks = .stopping
    path.round.restart(feedback)
    state = .down
  }

  private mutating func refill(_ feedback: Feedback) {
    shortTermRate = .infinity
    shortTermFlight = .infinity
    slopeRounds = 0
    bytesTowardsStep = 0
    feedbacks = .refilling
    path.round.restart(feedback)
    state = .refill
  }

  private mutating func goUp(_ feedback: Feedback) {
    probing = true
    feedbacks = .starting
    path.round.restart(feedback)
    restartFullCheck(feedback.deliveryRate > .zero ? feedback.deliveryRate.double : maximum)
    state = .up
    raiseSlope()
  }

  /// UpdateProbeBWCyclePhase of the draft.
  private mutating func advanceCycle(_ feedback: Feedback) {
    adaptLongTerm(feedback)
    switch state {
    case .down, .cruise:
      let rounds = Int64(min(targetFlight / path.packet, 63))
      if feedback.now >= cycleSince + probeWait || roundsSinceProbe >= rounds {
        refill(feedback)
      } else if state == .down, Double(feedback.inFlight) <= flightWithHeadroom,
        Double(feedback.inFlight) <= max(path.bytes(maximum, gain: 1), leastWindow)
      {
        state = .cruise
      }
    case .refill:
      if path.roundStarted { goUp(feedback) }
    case .up:
      if windowLimits(feedback) && window >= longTermFlight {
        restartFullCheck(max(feedback.deliveryRate.double, fullBandwidth))
      } else if fullNow {
        goDown(feedback)
      }
    case .startup, .drain, .probeRoundTrip: break
    }
  }

  private mutating func adaptLongTerm(_ feedback: Feedback) {
    if feedbacks == .starting && path.roundStarted { feedbacks = .answering }
    if feedbacks == .stopping && path.roundStarted {
      probing = false
      feedbacks = .none
      if cycling && !path.limited && maximumNow > 0 {
        maximumBefore = maximumNow
        maximumNow = 0
      }
    }
    guard feedback.acknowledged > 0, longTermFlight < .infinity, !lossIsTooHigh(feedback) else { return }
    longTermFlight = max(longTermFlight, flightAtSending(feedback))
    guard state == .up, windowLimits(feedback), window >= longTermFlight else { return }
    bytesTowardsStep += Double(feedback.acknowledged)
    if bytesTowardsStep >= bytesPerStep {
      let steps = (bytesTowardsStep / bytesPerStep).rounded(.down)
      bytesTowardsStep -= steps * bytesPerStep
      longTermFlight += steps * path.packet
    }
    if path.roundStarted { raiseSlope() }
  }

  private mutating func raiseSlope() {
    bytesPerStep = max(window / Double(UInt64(1) << UInt64(slopeRounds)), path.packet)
    slopeRounds = min(slopeRounds + 1, 30)
  }

  private func windowLimits(_ feedback: Feedback) -> Bool {
    Double(feedback.inFlight + feedback.acknowledged) + 2 * path.packet > window
  }

  private mutating func handleProbeRoundTrip(_ feedback: Feedback) {
    path.holdBack(feedback)
    if probeEnds == .never {
      guard Double(feedback.inFlight) <= probeWindow else { return }
      probeEnds = feedback.now + path.probeDuration
      probeRoundDone = false
      path.round.restart(feedback)
      return
    }
    if path.roundStarted { probeRoundDone = true }
    guard probeRoundDone, feedback.now >= probeEnds else { return }
    path.recentAt = feedback.now
    probeEnds = .never
    window = max(window, priorWindow)
    shortTermRate = .infinity
    shortTermFlight = .infinity
    if full {
      goDown(feedback)
      state = .cruise
    } else {
      state = .startup
    }
  }

  // MARK: Control

  private var probeWindow: Double { max(path.bytes(bandwidth, gain: 0.5), leastWindow) }

  private mutating func setPacing() {
    let wanted = Self.margin * pacingGain * bandwidth
    if full || wanted > pacing { pacing = wanted }
  }

  private mutating func setWindow(_ feedback: Feedback) {
    let acknowledged = Double(feedback.acknowledged)
    if feedback.timedOut {
      window = Double(feedback.inFlight) + path.packet
      return
    }
    let most = max(path.bytes(bandwidth, gain: windowGain), leastWindow) + (state == .up ? 2 * path.packet : 0)
    if full {
      window = min(window + acknowledged, most)
    } else if window < most || Double(feedback.delivered) < path.initialWindow {
      window += acknowledged
    }
    window = max(window, leastWindow)
    if state == .probeRoundTrip { window = min(window, probeWindow) }
    var bound = Double.infinity
    if state == .cruise || state == .probeRoundTrip {
      bound = flightWithHeadroom
    } else if cycling {
      bound = longTermFlight
    }
    window = min(window, max(min(bound, shortTermFlight), leastWindow))
  }
}
