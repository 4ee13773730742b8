// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// CUBIC (RFC 9438), windows in packets:
///
///     K = cbrt((Wmax - W0) / C)                                W0: window at the start of congestion avoidance
///     Wcubic(t) = C (t - K)^3 + Wmax
///     target = Wcubic(t + RTT), held within W ... 1.5 W;      W += (target - W) / W for each packet acknowledged
///     West += alpha / W for each packet acknowledged;         alpha = 3 (1 - beta) / (1 + beta), 1 from Wprior on
///     W = West where Wcubic(t) < West                         (Reno-friendly region)
///     congestion: Wprior = W; Wmax = W, or W (1 + beta) / 2 if W < Wmax (fast convergence); W = ssthresh = beta W
///     timeout: the same, then W = 1 and slow start
///
/// C = 0.4 packets/s^3, beta = 0.7, initial window 10 packets (RFC 6928), least window 1. After slow start that no loss
/// has ended, and in the first congestion avoidance after a timeout, K = 0 and Wmax = W0 (section 4.8). The window
/// rests while packets sent before a cut are still acknowledged, as in fast recovery (RFC 6675); time counts from then
/// on.
///
/// Slow start doubles each round trip. `hystart` 1 ends it before loss, by the two rules of HyStart (Ha and Rhee, 2011)
/// with the constants of Linux and ns-3, from 16 packets on: the smallest round trip of the first 8 packets of a round
/// exceeds the least ever seen by an eighth of it, but 4 ms at least; or acknowledgements that follow each other within
/// 2 ms since the start of the round go on for longer than the least round trip. Linux takes half of the round trip in
/// the second rule; the whole of it, as in ns-3, makes sense for packets that do not come in bursts too. `hystart` 2 is
/// ``HyStartPlusPlus`` (RFC 9406), which RFC 9438 recommends (section 4.10). The default is HyStart because the reference
/// that this controller is held against is: ns-3's TcpCubic has HyStart with both rules (its attribute HyStartDetect), and
/// so have most senders in use, Linux among them.
///
/// Deviations: windows are real numbers. An update that acknowledges n packets takes the solution of the differential
/// equation dW/dn = (target - W) / W0, W approaching the target at the middle of its span by 1 - exp(-n / W). No
/// application-limited growth; time that a flow spends so does not count (section 5.8).
public struct Cubic: CongestionController, Equatable {
  public static let information = AlgorithmInformation(
    name: "cubic", definition: "window grows as a cubic function of the time since the last loss", source: "RFC 9438",
    parameters: [
      Parameter("scale", 0.4, in: 1e-6...1e6, "C, packets per second cubed"),
      Parameter("beta", 0.7, in: 0.01...0.99, "what a loss leaves of the window"),
      Parameter("fast_convergence", 1, in: 0...1, "1: give way further when cut below the last maximum"),
      Parameter("initial_packets", 10, in: 1...1e9, "window at the start, packets"),
      Parameter(
        "hystart", 1, in: 0...2,
        "1: end slow start by delay or by the length of acknowledgement trains (HyStart); 2: by HyStart++; 0: by loss"),
      Parameter("pacing", 0, in: 0...1, "1: spread packets at 1.25 windows a round trip, 2 in slow start"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands([.loss, .delay])
    demands.cycle = .betweenDecreases
    demands.longestSpan = 64
    demands.followsQueues = false
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<Cubic>() }

  let scale: Double
  let beta: Double
  let fastConvergence: Bool
  let hystart: Int
  let paced: Bool
  let packetBytes: Int64

  /// All windows in packets.
  var packets: Double
  var threshold = Double.infinity
  var maximum = 0.0
  /// The window before the last cut; zero if there was none.
  var prior = 0.0
  var reno = 0.0
  /// K, seconds.
  var crossing = 0.0
  var epoch: Time
  var clock: Time
  var roundTrip: Time
  var inSlowStart = true
  /// Congestion avoidance begins, from `crossing` and `maximum` as they are, with the next growth.
  var epochPending = false
  var recovery = LossRecovery()

  // HyStart.
  var rounds = RoundTripCount()
  var leastRoundTrip = Time.never
  var roundLeast = Time.never
  var roundSampled = 0.0
  var roundStart: Time
  /// End of the unbroken train of acknowledgements since the start of the round.
  var trainEnd: Time
  var plus = HyStartPlusPlus()

  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext, parameters: ParameterValues) {
    scale = parameters[0]
    beta = parameters[1]
    fastConvergence = parameters[2] >= 0.5
    packets = parameters[3]
    hystart = Int(parameters[4].rounded())
    paced = parameters[5] >= 0.5
    packetBytes = context.packetBytes
    epoch = context.now
    clock = context.now
    roundTrip = context.roundTrip
    roundStart = context.now
    trainEnd = context.now
  }

  public var window: Double { packets * Double(packetBytes) }
  public var deadline: Time { .never }
  public var rate: BitRate {
    guard paced else { return .unlimited }
    let gain = inSlowStart ? 2 : 1.25
    let bits = gain * window * 8 / roundTrip.seconds
    return bits < BitRate.unlimited.double ? BitRate(Int64(bits)) : .unlimited
  }

  public mutating func update(_ feedback: borrowing Feedback) {
    let before = clock
    clock = feedback.now
    if feedback.roundTrip > .zero {
      roundTrip = feedback.roundTrip
      leastRoundTrip = min(leastRoundTrip, roundTrip)
    }
    if feedback.timedOut {
      // Only the first of several timeouts in a row tells of the window (RFC 5681, section 3.1).
      if packets > 1 { cut(feedback.delivered) }
      packets = 1
      inSlowStart = true
      return
    }
    if recovery.update(feedback, packetBytes: packetBytes) {
      cut(feedback.delivered)
      return
    }
    guard feedback.acknowledged > 0 else { return }
    if feedback.applicationLimited {
      epoch += clock - before
      return
    }
    var acknowledged = Double(feedback.acknowledged) / Double(packetBytes)
    if inSlowStart {
      let share = plus.share
      let grown = min(acknowledged * share, max(0, threshold - packets))
      packets += grown
      acknowledged -= grown / share
      if threshold == .infinity {
        if hystart == 1 { watch(feedback, acknowledged: grown) }
        if hystart == 2, plus.update(feedback, acknowledged: grown / share) { threshold = packets }
      }
      guard packets >= threshold else { return }
      leaveSlowStart()
    }
    guard !recovery.active else { return }
    if epochPending {
      epochPending = false
      epoch = before
      crossing = DeterministicMath.cbrt(max(0, maximum - packets) / scale)
      reno = packets
    }
    grow(acknowledged: acknowledged, since: before)
  }

  /// Section 4.8: without a loss, and after a timeout, the cubic begins at its inflection.
  private mutating func leaveSlowStart() {
    inSlowStart = false
    maximum = packets
    epochPending = true
  }

  private mutating func grow(acknowledged: Double, since before: Time) {
    let windows = acknowledged / packets
    renoGrow(windows)
    let now = (clock - epoch).seconds
    // What an update tells of came in between this call and the one before, but no longer ago than a round trip.
    let span = min((clock - before).seconds, roundTrip.seconds)
    let target = min(max(cubic(now - span / 2 + roundTrip.seconds), packets), 1.5 * packets)
    if cubic(now) < reno {
      packets = max(packets, reno)
    } else {
      packets += (target - packets) * (1 - DeterministicMath.exp(-windows))
    }
  }

  private func cubic(_ t: Double) -> Double {
    let x = t - crossing
    return scale * x * x * x + maximum
  }

  /// Section 4.3, with the change of slope where it falls.
  private mutating func renoGrow(_ windows: Double) {
    let slope = 3 * (1 - beta) / (1 + beta)
    let untilPrior = max(0, (prior - reno) / slope)
    reno += slope * min(windows, untilPrior) + max(0, windows - untilPrior)
  }

  private mutating func cut(_ delivered: Int64) {
    // Section 4.7.
    maximum = fastConvergence && packets < maximum ? packets * (1 + beta) / 2 : packets
    prior = packets
    packets = max(1, packets * beta)
    threshold = max(2, packets)
    inSlowStart = false
    epochPending = true
    recovery.begin(delivered)
    decreases += 1
  }

  /// HyStart: ends slow start where the window is.
  private mutating func watch(_ feedback: borrowing Feedback, acknowledged: Double) {
    if rounds.ends(feedback) {
      roundStart = clock
      trainEnd = clock
      roundLeast = .never
      roundSampled = 0
    }
    guard packets >= 16 else { return }
    // The distance between the packets of an update that tells of several. A call without any is no gap in the train.
    let distance = (clock - trainEnd).seconds / max(1, acknowledged)
    if distance <= 0.002 { trainEnd = clock }
    var found = trainEnd == clock && clock - roundStart > leastRoundTrip
    if roundSampled < 8 {
      roundLeast = min(roundLeast, roundTrip)
      roundSampled += acknowledged
    }
    if roundSampled >= 8 {
      let slack = max(Time(ticks: leastRoundTrip.ticks / 8), .microseconds(4000))
      found = found || roundLeast > leastRoundTrip + slack
    }
    if found { threshold = packets }
  }

  public mutating func skip(from: Time, to: Time) {
    let leap = to - from
    epoch += leap
    clock += leap
    roundStart += leap
    trainEnd += leap
  }

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&packets)
    try coder.value(&threshold)
    try coder.value(&maximum)
    try coder.value(&prior)
    try coder.value(&reno)
    try coder.value(&crossing)
    try coder.value(&epoch)
    try coder.value(&clock)
    try coder.value(&roundTrip)
    try coder.value(&inSlowStart)
    try coder.value(&epochPending)
    try recovery.code(with: &coder)
    try rounds.code(with: &coder)
    try coder.value(&leastRoundTrip)
    try coder.value(&roundLeast)
    try coder.value(&roundSampled)
    try coder.value(&roundStart)
    try coder.value(&trainEnd)
    try plus.code(with: &coder)
    try coder.value(&decreases)
  }
}
