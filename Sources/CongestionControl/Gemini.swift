// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// GEMINI (Zeng et al., "Congestion Control for Cross-Datacenter Networks", ICNP 2019), windows in bytes:
///
///     every round trip:  E = (1 - gain) E + gain (bytes marked / bytes acknowledged)
///                        ECN congestion: something was marked;  WAN congestion: smallest round trip > base + T
///                        W = W (1 - max(F E [ECN], beta [WAN])),  F = 4 K / (K + BDP), at most 1; not again before
///                        packets sent after the cut come back
///     otherwise:         W += h / W for each byte acknowledged, that is h a round trip;  h = H BDP
///     loss: half, once a round trip;  timeout: one packet, then slow start to half
///
/// K is where ports mark. Slow start ends with the first congestion. gain 0.5, beta 0.2, T 5 ms. The paper's H is
/// 1.2e-7 packets for a bit of BDP; with its packets of 12,000 bits that is 1.44e-3 BDP a round trip. As h is in
/// proportion to BDP, the rate of every flow grows by the same amount in its own round trip. Preset `uno-artefact`
/// holds the constants with which the authors of Uno (SC 2025) ran it: H 2.4e-4 of the BDP of the longest path for
/// every flow, so that the windows of near and far flows grow by the same bytes; beta 0.1; marks from 20 to 60 us of
/// line time (25 and 75 % of 1 MB at 100 Gb/s); the window of a whole BDP to begin with.
///
/// Deviations: marked bytes do not grow the window. n bytes acknowledged at once take W to sqrt(W^2 + 2 h n).
public struct Gemini: CongestionController, Equatable {
  public static let information = AlgorithmInformation(
    name: "gemini", definition: "window cut by marks inside and by delay between data centres",
    source: "Zeng et al., ICNP 2019",
    parameters: [
      Parameter("increase", 1.44e-3, in: 1e-9...10, "H, share of the BDP that a round trip adds"),
      Parameter("equal_bytes", 0, in: 0...1, "1: every flow adds what the longest path adds"),
      Parameter("beta", 0.2, in: 0.001...0.999, "decrease on delay"),
      Parameter("delay_us", 5000, in: 0.01...1e7, "T, queueing that counts as congestion, microseconds"),
      Parameter("gain", 0.5, in: 1e-3...1, "weight of the newest share of marks"),
      Parameter("marking_us", 24, in: 0.001...1e7, "K, line time from which ports mark"),
      Parameter("marking_full_us", 24, in: 0.001...1e7, "line time from which ports mark everything; K if less"),
      Parameter("initial_packets", 10, in: 1...1e9, "window at the start, packets"),
      Parameter("initial_bdp", 0, in: 0...100, "the same in line rate x round trip; the larger of the two counts"),
    ],
    presets: [
      Preset("paper", [], source: "ICNP 2019; K is ours"),
      Preset(
        "uno-artefact",
        [
          ("increase", 2.4e-4), ("equal_bytes", 1), ("beta", 0.1), ("marking_us", 20), ("marking_full_us", 60),
          ("initial_bdp", 1),
        ], source: "public artefact of Uno, SC 2025"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands([.marks, .delay, .loss])
    demands.marking = MarkingRule(
      minimum: .seconds(parameters[5] * 1e-6), maximum: .seconds(max(parameters[5], parameters[6]) * 1e-6),
      probability: 1)
    demands.cycle = .betweenDecreases
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<Gemini>() }

  /// Bytes a round trip.
  let step: Double
  let beta: Double
  let slack: Time
  let gain: Double
  /// F.
  let strength: Double
  let packetBytes: Double
  public private(set) var window: Double
  var threshold = Double.infinity
  var base: Time
  var share = 0.0
  /// Of the round trip under way.
  var acknowledged: Int64 = 0
  var marked: Int64 = 0
  var least = Time.never
  var rounds = RoundTripCount()
  var recovery = LossRecovery()
  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext, parameters: ParameterValues) {
    packetBytes = Double(context.packetBytes)
    let line = context.lineRate.double / 8
    let bdp = line * context.roundTrip.seconds
    step = parameters[0] * (parameters[1] >= 0.5 ? line * context.longestRoundTrip.seconds : bdp)
    beta = parameters[2]
    slack = .seconds(parameters[3] * 1e-6)
    gain = parameters[4]
    let k = parameters[5] * 1e-6 * line
    strength = min(1, 4 * k / (k + bdp))
    window = max(parameters[7] * packetBytes, parameters[8] * bdp)
    base = context.roundTrip
  }

  public var rate: BitRate { .unlimited }
  public var deadline: Time { .never }

  public mutating func update(_ feedback: borrowing Feedback) {
    acknowledged += feedback.acknowledged
    marked += feedback.marked
    if feedback.roundTrip > .zero {
      least = min(least, feedback.roundTrip)
      base = min(base, feedback.roundTrip)
    }
    // Marks that come together with the first news from after a cut may be from before it.
    let resting = recovery.active
    if feedback.timedOut {
      // Only the first of several timeouts in a row tells of the window (RFC 5681, section 3.1).
      if window > packetBytes { cut(by: 0.5, feedback.delivered) }
      window = packetBytes
    } else if recovery.update(feedback, packetBytes: Int64(packetBytes)) {
      cut(by: 0.5, feedback.delivered)
    } else {
      if !feedback.applicationLimited, least == .never || least <= base + slack {
        grow(Double(feedback.acknowledged - feedback.marked))
      }
      if rounds.ends(feedback) { endRound(feedback.delivered, mayCut: !resting) }
    }
  }

  private mutating func endRound(_ delivered: Int64, mayCut: Bool) {
    let fraction = Double(marked) / Double(max(1, acknowledged))
    share += gain * (fraction - share)
    let byMarks = fraction > 0 ? strength * share : 0
    let byDelay = least > base + slack ? beta : 0
    if mayCut, byMarks > 0 || byDelay > 0 { cut(by: max(byMarks, byDelay), delivered) }
    acknowledged = 0
    marked = 0
    least = .never
  }

  private mutating func grow(_ bytes: Double) {
    let starting = min(bytes, max(0, threshold - window))
    window += starting
    if bytes > starting { window = (window * window + 2 * step * (bytes - starting)).squareRoot() }
  }

  private mutating func cut(by share: Double, _ delivered: Int64) {
    window = max(packetBytes, window * (1 - share))
    threshold = window
    recovery.begin(delivered)
    decreases += 1
  }

  /// Holds no instants.
  public mutating func skip(from: Time, to: Time) {}

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&window)
    try coder.value(&threshold)
    try coder.value(&base)
    try coder.value(&share)
    try coder.value(&acknowledged)
    try coder.value(&marked)
    try coder.value(&least)
    try rounds.code(with: &coder)
    try recovery.code(with: &coder)
    try coder.value(&decreases)
  }
}
