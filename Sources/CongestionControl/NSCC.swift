// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// NSCC, the network-signalled congestion control of the Ultra Ethernet transport (UEC 1.0), as its public simulator
/// has it. Windows in bytes; d the round trip less the base, D the target, both without the base:
///
///     no mark, d < D:   W += alpha acked (D - d) / W,  alpha = 4 MSS a b / D
///                       once a whole window has come back with d < 1 us:  W += 0.25 a acked instead (fast increase)
///     no mark, d >= D:  W += 5 MSS a acked / W                             (fair increase)
///     mark, d < D:      nothing (senders that spray choose another path)
///     mark, d >= D:     once a base round trip  W = W max(1 - 0.8 (m - D) / m, 0.5) if m > D, m the mean of d
///     every base round trip:  W += 0.15 MSS a
///     quick adapt, once in base + D: after a loss or with d > 4 D, if less than an eighth of the largest window has
///                       arrived in that time:  W = what has arrived; then marks are ignored for what is in flight
///     loss otherwise:   W -= bytes lost
///     MSS <= W <= 1.5 BDP
///
/// a = BDP / (100 Gb/s x 12 us) and b = D / 12 us scale gains that were tuned on that network. m takes in each packet
/// with weight 0.0125; a packet without a mark and with d > D counts as a quarter of the base. D is one base round
/// trip, where packets are not trimmed. The simulator knows one base round trip for the whole network, used in D, a and
/// b: preset `paper` takes the longest, preset `per-path` the flow's own. A flow begins with the window of its line and
/// base round trip.
///
/// Deviations: increases apply at once instead of every eight packets, in closed form, W to sqrt(W^2 + 2 gain acked). A
/// timeout counts everything in flight as lost. No trimming, no receiver credit, no path choice. Marks by default as in
/// the simulator, from 20 to 80 % of a queue of 12 us of line time.
public struct NSCC: CongestionController, Equatable {
  public static let information = AlgorithmInformation(
    name: "nscc", definition: "window by marks and delay in four quadrants, with quick adapt",
    source: "Ultra Ethernet Consortium 1.0, constants of its public simulator",
    parameters: [
      Parameter("target", 1, in: 0.01...100, "D, in base round trips"),
      Parameter(
        "network_wide", 1, in: 0...1, "1: D and gains by the longest round trip of the network, 0: by the path's"),
      Parameter("gamma", 0.8, in: 0.001...1, "strength of the decrease"),
      Parameter("proportional", 4, in: 1e-6...1e4, "gain below the target, packets"),
      Parameter("fair", 5, in: 0...1e4, "gain above the target without marks, packets"),
      Parameter("fast", 0.25, in: 0...100, "gain of the fast increase"),
      Parameter("eta", 0.15, in: 0...1e4, "added every round trip, packets"),
      Parameter("most_bdp", 1.5, in: 0.01...100, "largest window, in line rate x round trip"),
      Parameter("initial_bdp", 1, in: 1e-6...100, "window at the start, in line rate x round trip"),
      Parameter("marking_low_us", 2.4, in: 0...1e7, "ports begin to mark, line time"),
      Parameter("marking_high_us", 9.6, in: 0...1e7, "ports mark everything, line time"),
    ],
    presets: [
      Preset("paper", [], source: "one base round trip for the network, as in the public simulator"),
      Preset("per-path", [("network_wide", 0)], source: "ours: each flow takes its own base round trip"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands([.marks, .delay, .loss])
    demands.marking = MarkingRule(
      minimum: .seconds(parameters[9] * 1e-6), maximum: .seconds(max(parameters[9], parameters[10]) * 1e-6),
      probability: 1)
    demands.cycle = .roundTrips(64)
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<NSCC>() }

  /// The network that the constants were tuned on: 100 Gb/s and 12 us.
  static let referenceRoundTrip = 12e-6
  static let referenceBytes = 150_000.0
  /// Weight of a packet in the mean delay.
  static let weight = 0.0125
  /// Queueing below this counts as an empty network, seconds.
  static let emptyDelay = 1e-6
  static let adaptTargets = 4.0
  static let adaptShare = 1.0 / 8

  /// Seconds.
  let base: Double
  let target: Double
  let gamma: Double
  /// Bytes squared over bytes: what the gains come to on this network.
  let proportional: Double
  let fair: Double
  let fast: Double
  let eta: Double
  let packetBytes: Double
  let most: Double

  public private(set) var window: Double
  /// Mean queueing delay, seconds.
  var meanDelay = 0.0
  var lastDecrease: Time
  var lastEta: Time
  /// Bytes that have come back from an empty network without interruption, and whether that was a whole window.
  var emptyBytes = 0.0
  var isFast = false
  /// End of the quick-adapt period; never before the first acknowledgement.
  var adaptEnd = Time.never
  var achieved: Int64 = 0
  var adaptTriggered = false
  var toIgnore: Int64 = 0
  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext, parameters: ParameterValues) {
    base = context.roundTrip.seconds
    let network = (parameters[1] >= 0.5 ? context.longestRoundTrip : context.roundTrip).seconds
    target = parameters[0] * network
    gamma = parameters[2]
    packetBytes = Double(context.packetBytes)
    let line = context.lineRate.double / 8
    let a = line * network / NSCC.referenceBytes
    let b = target / NSCC.referenceRoundTrip
    proportional = parameters[3] * packetBytes * a * b
    fair = parameters[4] * packetBytes * a
    fast = parameters[5] * a
    eta = parameters[6] * packetBytes * a
    most = max(packetBytes, parameters[7] * line * base)
    window = min(most, max(packetBytes, parameters[8] * line * base))
    lastDecrease = context.now
    lastEta = context.now
  }

  public var rate: BitRate { .unlimited }
  public var deadline: Time { .never }

  public mutating func update(_ feedback: borrowing Feedback) {
    let now = feedback.now
    let timedOut = feedback.timedOut
    achieved += feedback.acknowledged
    if feedback.lost > 0 || timedOut {
      adaptTriggered = true
      average(target, packets: max(1, Double(feedback.lost) / packetBytes))
      let adapted = adapt(now, delay: 0, inFlight: feedback.inFlight)
      if !adapted {
        var gone = feedback.lost
        let inFlight = feedback.inFlight
        if timedOut { gone = max(gone, inFlight) }
        shrink(to: window - Double(gone))
      }
      toIgnore = max(0, toIgnore - feedback.lost)
    }
    guard feedback.acknowledged > 0 else { return }
    let ignored = toIgnore > 0
    toIgnore = max(0, toIgnore - feedback.acknowledged)
    let delay = max(0, feedback.roundTrip.seconds - base)
    let plain = Double(feedback.acknowledged - feedback.marked)
    let marked = Double(feedback.marked)
    average(delay > target ? base / 4 : delay, packets: plain / packetBytes)
    average(delay, packets: marked / packetBytes)
    if adapt(now, delay: delay, inFlight: feedback.inFlight) { return }
    if plain > 0, !feedback.applicationLimited { increase(plain, delay: delay) }
    if marked > 0, !ignored, delay >= target { decrease(now) }
    if (now - lastEta).seconds >= base {
      lastEta = now
      window += feedback.applicationLimited ? 0 : eta
    }
    window = min(max(window, packetBytes), most)
  }

  private mutating func average(_ delay: Double, packets: Double) {
    guard packets > 0 else { return }
    let share = DeterministicMath.exp(packets * DeterministicMath.log(1 - NSCC.weight))
    meanDelay = share * meanDelay + (1 - share) * delay
  }

  /// Returns true if the window now is what has arrived.
  private mutating func adapt(_ now: Time, delay: Double, inFlight: Int64) -> Bool {
    let first = adaptEnd == .never
    guard first || now > adaptEnd else { return false }
    var done = false
    if !first, adaptTriggered || delay > NSCC.adaptTargets * target, Double(achieved) < NSCC.adaptShare * most {
      shrink(to: Double(achieved))
      toIgnore = inFlight
      adaptTriggered = false
      done = true
    }
    achieved = 0
    adaptEnd = now + .seconds(base + target)
    return done
  }

  private mutating func increase(_ bytes: Double, delay: Double) {
    guard delay < target else {
      grow(fair * bytes)
      return
    }
    var rest = bytes
    if delay < NSCC.emptyDelay {
      emptyBytes += bytes
      // What came after the whole window.
      let fastBytes = isFast ? bytes : min(bytes, max(0, emptyBytes - window))
      isFast = isFast || fastBytes > 0
      window = min(window + fast * fastBytes, most)
      rest -= fastBytes
    } else {
      emptyBytes = 0
      isFast = false
    }
    grow(proportional * (1 - delay / target) * rest)
  }

  /// The sum of `bytes` small steps of gain / W.
  private mutating func grow(_ gainBytes: Double) {
    window = min((window * window + 2 * gainBytes).squareRoot(), most)
  }

  private mutating func decrease(_ now: Time) {
    emptyBytes = 0
    isFast = false
    guard meanDelay > target, (now - lastDecrease).seconds > base else { return }
    lastDecrease = now
    shrink(to: window * max(1 - gamma * (meanDelay - target) / meanDelay, 0.5))
  }

  private mutating func shrink(to size: Double) {
    let next = max(size, packetBytes)
    guard next < window else { return }
    window = next
    decreases += 1
  }

  public mutating func skip(from: Time, to: Time) {
    let leap = to - from
    lastDecrease += leap
    lastEta += leap
    adaptEnd += leap
  }

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&window)
    try coder.value(&meanDelay)
    try coder.value(&lastDecrease)
    try coder.value(&lastEta)
    try coder.value(&emptyBytes)
    try coder.value(&isFast)
    try coder.value(&adaptEnd)
    try coder.value(&achieved)
    try coder.value(&adaptTriggered)
    try coder.value(&toIgnore)
    try coder.value(&decreases)
  }
}
