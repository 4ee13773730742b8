// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// BBR version 1 (Cardwell et al., ACM Queue 2016; draft-cardwell-iccrg-bbr-congestion-control-00).
///
///     BtlBw = largest delivery rate of the last 10 round trips, RTprop = least round trip of the last 10 s
///     rate = pacing gain x BtlBw,   window <= window gain x BtlBw x RTprop + 3 packets
///
/// - Startup: both gains 2/ln 2, until BtlBw has grown by less than a quarter for three round trips.
/// - Drain: pacing gain ln 2 / 2, until no more than BtlBw x RTprop is in flight.
/// - ProbeBW: window gain 2; pacing gains 5/4, 3/4 and six times 1, an RTprop each. It begins anywhere but at 3/4, by
///   chance. 5/4 lasts until so much is in flight or something is lost, 3/4 at most until the excess is gone.
/// - ProbeRTT: when RTprop has not been met for 10 s, 4 packets in flight for 200 ms and a round trip.
///
/// Loss: for a round trip the window is what is in flight and what is delivered; when a round trip ends without loss it
/// is again what it was before. A timeout leaves one packet more than what is in flight.
///
/// Left out: the detection of token buckets (long-term bandwidth), acknowledgement aggregation, and bursts: hosts here
/// send packet by packet, so that a send quantum is one packet. A restart from idle is told by nothing in flight at the
/// call before; it postpones ProbeRTT, as the draft says.
struct BBRv1: Sendable {
  enum State: UInt8 { case startup, drain, probeBandwidth, probeRoundTrip }

  static let highGain = 2 / 0.693147180559945309
  static let gains: InlineArray<8, Double> = [1.25, 0.75, 1, 1, 1, 1, 1, 1]

  /// Each stay in ProbeBW draws its first phase from a child of its own, so that a count is all the state there is.
  let chance: RandomStream
  var stays: UInt32 = 0
  var path: BBRPath
  var bandwidth = WindowedMaximum()
  var state = State.startup
  var pacingGain = highGain
  var windowGain = highGain
  var phase: UInt8 = 0
  var phaseSince: Time
  /// Bit/s and round trips without much growth of BtlBw.
  var fullBandwidth = 0.0
  var fullRounds: UInt8 = 0
  var full = false
  /// When ProbeRTT may end; never until the flight is small enough.
  var probeEnds = Time.never
  var probeRoundDone = false
  var recovering = false
  var conserving = false
  var lostInRound = false
  var priorWindow = 0.0
  var pacing: Double
  private(set) var window: Double
  private(set) var deadline = Time.never
  private(set) var decreases: UInt32 = 0

  init(context: FlowContext, parameters: ParameterValues) {
    path = BBRPath(context: context, parameters: parameters)
    chance = RandomStream(seed: context.seed, name: "bbr")
    phaseSince = context.now
    window = path.initialWindow
    pacing = min(
      context.lineRate.double, Self.highGain * path.initialWindow * 8 / max(context.roundTrip.seconds, 1e-9))
  }

  @inline(__always) var rate: BitRate { BitRate(Int64(max(1, min(pacing, path.lineRate)))) }

  mutating func update(_ feedback: Feedback) {
    let now = feedback.now
    let restarts = path.idle
    path.roundStarted = false
    if feedback.acknowledged > 0 {
      path.take(feedback)
      let sample = feedback.deliveryRate.double
      if sample > 0, !path.limited || sample >= bandwidth.value {
        bandwidth.add(sample, at: path.rounds, window: 10)
      }
      if path.roundStarted, !full, !path.limited { checkFull() }
    }
    if state == .startup && full {
      state = .drain
      pacingGain = 1 / Self.highGain
    }
    if state == .drain && Double(feedback.inFlight) <= target(1) { enterProbeBandwidth(now) }
    if state == .probeBandwidth { advancePhase(feedback) }
    if feedback.roundTrip > .zero {
      path.takeRoundTrip(feedback)
      if path.expired && state != .probeRoundTrip && !restarts {
        state = .probeRoundTrip
        pacingGain = 1
        saveWindow()
        probeEnds = .never
      }
    }
    if state == .probeRoundTrip { handleProbeRoundTrip(feedback) }
    path.idle = feedback.inFlight == 0
    setPacing()
    setWindow(feedback)
    deadline = path.nextDeadline(probeEnds, phaseDue, after: now)
  }

  private var phaseDue: Time { state == .probeBandwidth ? phaseSince + path.roundTrip : .never }

  private func target(_ gain: Double) -> Double { path.bytes(bandwidth.value, gain: gain) + 3 * path.packet }

  private mutating func checkFull() {
    if bandwidth.value >= fullBandwidth * 1.25 {
      fullBandwidth = bandwidth.value
      fullRounds = 0
      return
    }
    fullRounds += 1
    full = fullRounds >= 3
  }

  private mutating func enterProbeBandwidth(_ now: Time) {
    state = .probeBandwidth
    windowGain = 2
    var draw = chance.child(Int(stays))
    stays &+= 1
    // Any of the eight but the one that drains.
    let drawn = draw.below(7)
    phase = UInt8(drawn == 0 ? 0 : drawn + 1)
    pacingGain = Self.gains[Int(phase)]
    phaseSince = now
  }

  private mutating func advancePhase(_ feedback: Feedback) {
    let over = feedback.now >= phaseDue
    let flight = Double(feedback.inFlight)
    let next =
      if pacingGain > 1 {
        over
          && (feedback.lost > 0
            || flight + Double(feedback.acknowledged) >= path.bytes(bandwidth.value, gain: pacingGain))
      } else if pacingGain < 1 {
        over || flight <= target(1)
      } else {
        over
      }
    guard next else { return }
    phase = (phase + 1) % 8
    phaseSince = feedback.now
    pacingGain = Self.gains[Int(phase)]
    if pacingGain < 1 { decreases &+= 1 }
  }

  private mutating func handleProbeRoundTrip(_ feedback: Feedback) {
    // What is delivered now says nothing of the path.
    path.holdBack(feedback)
    if probeEnds == .never {
      guard feedback.inFlight <= Int64(4 * path.packet) else { return }
      probeEnds = feedback.now + path.probeDuration
      probeRoundDone = false
      path.round.restart(feedback)
      return
    }
    if path.roundStarted { probeRoundDone = true }
    guard probeRoundDone, feedback.now >= probeEnds else { return }
    path.recentAt = feedback.now
    path.roundTripAt = feedback.now
    probeEnds = .never
    window = max(window, priorWindow)
    if full {
      enterProbeBandwidth(feedback.now)
    } else {
      state = .startup
      pacingGain = Self.highGain
      windowGain = Self.highGain
    }
  }

  private mutating func setPacing() {
    let wanted = pacingGain * bandwidth.value
    if full || wanted > pacing { pacing = wanted }
  }

  private mutating func saveWindow() {
    priorWindow = recovering || state == .probeRoundTrip ? max(priorWindow, window) : window
  }

  private mutating func setWindow(_ feedback: Feedback) {
    let acknowledged = Double(feedback.acknowledged)
    let flight = Double(feedback.inFlight)
    if feedback.timedOut {
      saveWindow()
      recovering = true
      lostInRound = true
      window = flight + path.packet
    } else if feedback.lost > 0 {
      if !recovering {
        saveWindow()
        recovering = true
        conserving = true
        window = flight + max(acknowledged, path.packet)
      } else {
        window = max(window - Double(feedback.lost), path.packet)
      }
      lostInRound = true
    }
    if path.roundStarted && recovering {
      conserving = false
      if !lostInRound {
        recovering = false
        window = max(window, priorWindow)
      }
      lostInRound = false
    }
    if acknowledged > 0 {
      if conserving {
        window = max(window, flight + acknowledged)
      } else if full {
        window = min(window + acknowledged, target(windowGain))
      } else if window < target(windowGain) || Double(feedback.delivered) < path.initialWindow {
        window += acknowledged
      }
      window = max(window, 4 * path.packet)
    }
    if state == .probeRoundTrip { window = min(window, 4 * path.packet) }
  }

  mutating func skip(from: Time, to: Time) {
    let length = to - from
    path.skip(length)
    phaseSince += length
    probeEnds += length
    deadline += length
  }

  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try path.code(with: &coder)
    try bandwidth.code(with: &coder)
    try coder.value(&stays)
    try coder.value(&state)
    try coder.value(&pacingGain)
    try coder.value(&windowGain)
    try coder.value(&phase)
    try coder.value(&phaseSince)
    try coder.value(&fullBandwidth)
    try coder.value(&fullRounds)
    try coder.value(&full)
    try coder.value(&probeEnds)
    try coder.value(&probeRoundDone)
    try coder.value(&recovering)
    try coder.value(&conserving)
    try coder.value(&lostInRound)
    try coder.value(&priorWindow)
    try coder.value(&pacing)
    try coder.value(&window)
    try coder.value(&deadline)
    try coder.value(&decreases)
  }
}
