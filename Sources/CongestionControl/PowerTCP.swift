// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// PowerTCP (Addanki et al., "PowerTCP: Pushing the Performance Limits of Datacenter Networks", NSDI 2022), with in-band
/// telemetry ("int", its Algorithm 1) or with delay alone ("theta", its Algorithm 2).
///
/// Power is current times voltage: what arrives at a port (the growth of its queue plus what it sends) times what it
/// holds (its queue plus what the path holds). With C the port's capacity, q its queue, m its sending rate and T the base
/// round trip, and e = C^2 T the power of a full path without a queue:
///
///     p = max over hops of (dq/dt + m) (q + C T) / e               int
///     p = (d RTT/dt + 1) RTT / T                                   theta
///     P = (P (T - t) + p t) / T       t the time since the acknowledgement before, at most T
///     W = gamma (W_old / P + beta) + (1 - gamma) W
///     R = W / T
///
/// W_old is the window of one round trip ago, kept once a round trip. theta updates once a round trip, int with each
/// acknowledgement. beta = line rate x T / N for N flows; the initial window is line rate x T.
///
/// Constants: gamma 0.9 from the paper for int; the code published with it uses 0.7 for theta, and so does that preset.
/// N is 100.
///
/// Deviations and choices:
///
/// - The current is at least half the capacity (for theta, d RTT/dt + 1 at least a half). A draining queue or an idle
///   path makes it vanish or turn negative, and the law divides by it. The paper is silent, published code does the same
///   for int; for theta it divides by 1.05 base round trips instead, which would keep a lasting queue of 5 % of a round
///   trip and is left out.
/// - An acknowledgement of n packets weighs 1 - (1 - gamma)^n, as n acknowledgements would.
/// - The window is never above the initial one (the rate cannot be above the line rate), and told as at least a packet.
/// - The first telemetry or round trip, and the first after the path has changed, only sets the reference.
public struct PowerTCP: CongestionController {
  public static let information = AlgorithmInformation(
    name: "powertcp",
    definition: "window by power: queue and its growth together, from in-band telemetry or from delay",
    source: "Addanki et al., NSDI 2022",
    parameters: [
      Parameter("delay_only", 0, in: 0...1, "1: theta, which measures power by round trips"),
      Parameter("gamma", 0.9, in: 0.001...1, "weight of an update"),
      Parameter("concurrent_flows", 100, in: 1...1e9, "flows that the additive step is made for"),
      Parameter("minimum_current", 0.5, in: 0.001...1, "least current that counts, as a share of the capacity"),
    ],
    presets: [
      Preset("int", [], source: "Addanki et al., NSDI 2022, Algorithm 1"),
      Preset(
        "theta", [("delay_only", 1), ("gamma", 0.7)],
        source: "Addanki et al., NSDI 2022, Algorithm 2; gamma of the code published with it"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands(parameters[0] != 0 ? [.delay] : [.telemetry])
    // Power is a product of two differences: longer spans would make it jump.
    demands.longestSpan = 0
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<PowerTCP>() }

  let delayOnly: Bool
  let gamma: Double
  /// ln(1 - gamma)
  let fade: Double
  /// beta, bytes
  let step: Double
  let leastCurrent: Double
  /// T in seconds, and 1 / T.
  let period: Double
  let perPeriod: Double
  let packet: Double
  let lineRate: Double
  let initial: Double

  /// W and W_old, bytes.
  var bytes: Double
  var old: Double
  /// P, the smoothed power over that of a full path without a queue.
  var power = 1.0
  var round = RoundTripCount()
  /// theta: the round trip measured last, and when.
  var lastRoundTrip = Time.zero
  var lastAt = Time.zero
  var previous = InlineArray<8, HopTelemetry>(repeating: HopTelemetry())
  var hops: Int32 = 0
  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext, parameters: ParameterValues) {
    delayOnly = parameters[0] != 0
    gamma = parameters[1]
    fade = gamma < 1 ? DeterministicMath.log(1 - gamma) : 0
    leastCurrent = parameters[3]
    period = max(context.roundTrip.seconds, 1e-9)
    perPeriod = 1 / period
    packet = Double(context.packetBytes)
    lineRate = context.lineRate.double
    initial = max(lineRate / 8 * period, packet)
    step = lineRate / 8 * period / parameters[2]
    bytes = initial
    old = initial
  }

  @inline(__always) public var rate: BitRate { BitRate(Int64(min(lineRate, max(1, bytes * 8 * perPeriod)))) }
  @inline(__always) public var window: Double { max(bytes, packet) }
  @inline(__always) public var deadline: Time { .never }

  public mutating func update(_ feedback: borrowing Feedback) {
    guard feedback.acknowledged > 0 else { return }
    guard delayOnly ? measureDelay(feedback) : measureTelemetry(feedback) else { return }
    let roundTripEnded = round.ends(feedback)
    if roundTripEnded {
      if bytes < old { decreases &+= 1 }
      old = bytes
    }
    guard roundTripEnded || !delayOnly else { return }
    let packets = Double(feedback.acknowledged) / packet
    let weight =
      delayOnly || packets <= 1 || gamma == 1 ? gamma : 1 - DeterministicMath.exp(packets * fade)
    bytes = min(initial, bytes + weight * (old / power + step - bytes))
  }

  /// NormPower of Algorithm 1; false if there is nothing yet to compare with.
  private mutating func measureTelemetry(_ feedback: borrowing Feedback) -> Bool {
    let count = min(feedback.hops, Feedback.maximumHops)
    guard count > 0 else { return false }
    guard count == Int(hops) else {
      hops = Int32(count)
      for i in 0..<count { previous[i] = feedback.telemetry[i] }
      return false
    }
    var most = 0.0
    var time = 0.0
    // A span, because indexing the array would copy it for every hop.
    let telemetry = feedback.telemetry.span
    for i in 0..<count {
      let hop = telemetry[i]
      let before = previous[i]
      let seconds = Double((hop.at - before.at).ticks) * 1e-11
      guard seconds > 0, hop.capacity > .zero else { continue }
      let arrived = Double(hop.queue - before.queue) + Double(hop.sent - before.sent)
      // One over the bytes that the port could have sent since.
      let share = 1 / (seconds * 0.125 * hop.capacity.double)
      let current = max(leastCurrent, arrived * share)
      let voltage = Double(hop.queue) * seconds * perPeriod * share + 1
      if current * voltage > most {
        most = current * voltage
        time = seconds
      }
      previous[i] = hop
    }
    if most > 0 { smooth(most, over: time) }
    return true
  }

  /// NormPower of Algorithm 2.
  private mutating func measureDelay(_ feedback: borrowing Feedback) -> Bool {
    guard feedback.roundTrip > .zero else { return false }
    guard lastRoundTrip > .zero else {
      lastRoundTrip = feedback.roundTrip
      lastAt = feedback.now
      return false
    }
    let seconds = (feedback.now - lastAt).seconds
    // Several acknowledgements at one instant: the last of them will be compared with the next instant's.
    guard seconds > 0 else { return true }
    let gradient = (feedback.roundTrip - lastRoundTrip).seconds / seconds
    smooth(max(leastCurrent, gradient + 1) * feedback.roundTrip.seconds * perPeriod, over: seconds)
    lastRoundTrip = feedback.roundTrip
    lastAt = feedback.now
    return true
  }

  private mutating func smooth(_ sample: Double, over seconds: Double) {
    power += min(seconds, period) * perPeriod * (sample - power)
  }

  public mutating func skip(from: Time, to: Time) {
    lastAt += to - from
    for i in 0..<Int(hops) { previous[i].at += to - from }
  }

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&bytes)
    try coder.value(&old)
    try coder.value(&power)
    try round.code(with: &coder)
    try coder.value(&lastRoundTrip)
    try coder.value(&lastAt)
    try coder.value(&hops)
    for i in 0..<Feedback.maximumHops { try previous[i].code(with: &coder) }
    try coder.value(&decreases)
  }
}
