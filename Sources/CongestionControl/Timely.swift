// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// TIMELY (Mittal et al., SIGCOMM 2015) and its patched form (Zhu et al., "ECN or Delay", CoNEXT 2016). Every
/// max(segment / R, minRTT), with RTT the newest sample:
///
///     d = (1 - alpha) d + alpha (RTT - RTT before);  g = d / minRTT
///     RTT < Tlow:   R += delta
///     RTT > Thigh:  R = R (1 - beta (1 - Thigh / RTT))
///     else, TIMELY: g <= 0: R += N delta (N = 5 from the fifth time in a row on, else 1);  g > 0: R = R (1 - beta g)
///     else, patched: w = 2 g + 1/2, held within 0 ... 1;  R = (1 - w) delta + R (1 - beta w (RTT - Tlow) / Tlow)
///
/// alpha 0.875, beta 0.8 (patched 0.008), Tlow 50 us, Thigh 500 us, minRTT 20 us, delta 10 Mb/s for each 10 Gb/s of
/// line rate, segments of 16 KB: the constants of the papers and of the public ns-3 models. The interval is that of the
/// model in Zhu et al.: TIMELY decides at the completion of a segment, and no more often than every minRTT.
///
/// Thresholds are absolute, so a path whose propagation exceeds Thigh sinks to the least rate. Preset `long-haul` holds
/// them against the round trip less the least that was told or seen, and takes that least for minRTT where it is
/// longer; neither paper does.
///
/// A flow begins at line rate and does not fall below 100 Mb/s. Deviations: an update that spans several intervals
/// takes as many decisions, with round trips on a straight line from the sample before to the newest. Loss is not
/// heard: the law was made for lossless fabrics.
public struct Timely: CongestionController, Equatable {
  public static let information = AlgorithmInformation(
    name: "timely", definition: "rate that follows the gradient of the round trip",
    source: "Mittal et al., SIGCOMM 2015; Zhu et al., CoNEXT 2016",
    parameters: [
      Parameter("alpha", 0.875, in: 1e-3...1, "weight of the newest difference of round trips"),
      Parameter("beta", 0.8, in: 1e-6...1, "strength of the decrease"),
      Parameter("low_us", 50, in: 0.01...1e6, "below this round trip the rate only grows, microseconds"),
      Parameter("high_us", 500, in: 0.01...1e7, "above this round trip the rate only falls, microseconds"),
      Parameter(
        "min_rtt_us", 20, in: 0.01...1e6, "unit of the gradient and least time between decisions, microseconds"),
      Parameter(
        "segment_bytes", 16_000, in: 64...1e9, "bytes between decisions, where that takes longer than min_rtt",
        isRateOrAmount: true),
      Parameter("delta", 0.001, in: 1e-9...1, "additive step, in line rates"),
      Parameter("min_rate_mbps", 100, in: 1e-3...1e6, "least rate, Mb/s", isRateOrAmount: true),
      Parameter("patched", 0, in: 0...1, "1: the patched law between the thresholds"),
      Parameter("subtract_base", 0, in: 0...1, "1: compare thresholds with the round trip less propagation"),
    ],
    presets: [
      Preset("paper", [], source: "SIGCOMM 2015, constants of the public ns-3 models"),
      Preset("patched", [("patched", 1), ("beta", 0.008)], source: "CoNEXT 2016"),
      Preset(
        "long-haul", [("patched", 1), ("beta", 0.008), ("subtract_base", 1)],
        source: "ours: the patched law, propagation does not count"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands([.delay])
    demands.cycle = .roundTrips(64)
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<Timely>() }

  /// An update after a long silence tells nothing of what was in between.
  static let mostDecisions = 10_000.0
  /// Good decisions in a row after which the additive step is taken as many times.
  static let hyperSteps: UInt32 = 5

  let alpha: Double
  let beta: Double
  /// Seconds.
  let low: Double
  let high: Double
  let unit: Double
  let segment: Double
  /// Bits per second.
  let delta: Double
  let least: Double
  let line: Double
  let patched: Bool
  let subtractsBase: Bool

  var bits: Double
  var base: Time
  /// The sample before; zero if there was none.
  var previous = Time.zero
  /// Smoothed difference of round trips, seconds.
  var difference = 0.0
  var goodRounds: UInt32 = 0
  /// Since the last decision.
  var acknowledged: Int64 = 0
  var lastDecision: Time
  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext, parameters: ParameterValues) {
    alpha = parameters[0]
    beta = parameters[1]
    low = parameters[2] * 1e-6
    high = parameters[3] * 1e-6
    unit = parameters[4] * 1e-6
    line = context.lineRate.double
    segment = parameters[5]
    delta = parameters[6] * line
    least = min(parameters[7] * 1e6, line)
    patched = parameters[8] >= 0.5
    subtractsBase = parameters[9] >= 0.5
    bits = line
    base = context.roundTrip
    lastDecision = context.now
  }

  public var rate: BitRate { BitRate(Int64(bits)) }
  public var window: Double { .infinity }
  public var deadline: Time { .never }

  public mutating func update(_ feedback: borrowing Feedback) {
    acknowledged += feedback.acknowledged
    guard feedback.roundTrip > .zero else { return }
    base = min(base, feedback.roundTrip)
    // Propagation itself is the smallest round trip of a long path.
    let unit = subtractsBase ? max(unit, base.seconds) : unit
    let elapsed = (feedback.now - lastDecision).seconds
    let count = min(Double(acknowledged) / segment, elapsed / unit).rounded(.down)
    guard count >= 1 else { return }
    let sample = feedback.roundTrip
    let before = previous
    previous = sample
    acknowledged = 0
    lastDecision = feedback.now
    guard before > .zero else { return }
    let rise = (sample - before).seconds / count
    var n = 1.0
    while n <= min(count, Timely.mostDecisions) {
      difference += alpha * (rise - difference)
      let delay = before.seconds + rise * n - (subtractsBase ? base.seconds : 0)
      take(decide(delay, gradient: difference / unit, mayGrow: !feedback.applicationLimited))
      n += 1
    }
  }

  private mutating func take(_ next: Double) {
    let held = min(max(next, least), line)
    if held < bits { decreases += 1 }
    bits = held
  }

  private mutating func decide(_ delay: Double, gradient: Double, mayGrow: Bool) -> Double {
    let step = mayGrow ? delta : 0
    if delay < low {
      goodRounds = 0
      return bits + step
    }
    if delay > high {
      goodRounds = 0
      return bits * (1 - beta * (1 - high / delay))
    }
    if patched {
      let weight = min(max(2 * gradient + 0.5, 0), 1)
      return (1 - weight) * step + bits * (1 - beta * weight * (delay - low) / low)
    }
    guard gradient <= 0 else {
      goodRounds = 0
      return bits * (1 - beta * min(gradient, 1))
    }
    goodRounds += 1
    return bits + (goodRounds >= Timely.hyperSteps ? Double(Timely.hyperSteps) : 1) * step
  }

  public mutating func skip(from: Time, to: Time) { lastDecision += to - from }

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&bits)
    try coder.value(&base)
    try coder.value(&previous)
    try coder.value(&difference)
    try coder.value(&goodRounds)
    try coder.value(&acknowledged)
    try coder.value(&lastDecision)
    try coder.value(&decreases)
  }
}
