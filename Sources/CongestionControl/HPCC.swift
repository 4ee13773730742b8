// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// HPCC (Li et al., "HPCC: High Precision Congestion Control", SIGCOMM 2019), the window form of its Algorithm 1.
///
/// Every port writes its capacity B, queue q, bytes sent and the time into the packet; the acknowledgement brings them
/// back. With the telemetry of the acknowledgement before, T the base round trip and t the time between the two at the
/// fullest hop:
///
///     u = max over hops of min(q, q before) / (B T) + (bytes sent since) / (t B)
///     U = (1 - t/T) U + (t/T) u,  t at most T
///     W = Wc / (U / eta) + W_AI    if U >= eta or there were maxStage additive round trips in a row
///     W = Wc + W_AI                else
///     R = W / T
///
/// Once a round trip W becomes the reference Wc; in between every acknowledgement computes W from the same Wc, so that
/// one congestion is not answered twice.
///
/// Constants of the paper: eta 0.95, maxStage 5, initial window = line rate x T, W_AI = initial window (1 - eta) / N for
/// N flows at most. N is 100 here, which gives the paper's 80 bytes at 100 Gb/s and 13 us. Fairness comes from W_AI alone.
/// On a port without any jitter a step this small is lost in what single packets do to the telemetry, and a few flows
/// stay or become unequal; with `concurrent_flows` as many as there are they become equal within a few hundred round
/// trips (both tested: HPCCFairnessTests).
///
/// The simulator published with the paper computes a rate by the same formulas and bounds the window by it; the paper's
/// Algorithm 1 computes the window (issue 70 of that repository). This is the latter.
///
/// Deviations: the window is never above the initial one, as there (a flow with little to send would raise it without
/// end); it may fall below a packet, but is told as at least a packet, and the pace W / T does the rest. U starts at one,
/// as after a round trip at the line rate. The first telemetry, and the first after the path has changed, only sets the
/// reference. A port without capacity is passed over: what happens there is loss.
public struct HPCC: CongestionController {
  public static let information = AlgorithmInformation(
    name: "hpcc",
    definition: "window by in-band telemetry: keeps the bytes in flight at the fullest port near a target",
    source: "Li et al., SIGCOMM 2019, Algorithm 1",
    parameters: [
      Parameter("eta", 0.95, in: 0.01...1, "target of the utilisation"),
      Parameter("maximum_stage", 5, in: 0...1000, "additive round trips before a multiplicative one is tried"),
      Parameter("concurrent_flows", 100, in: 1...1e9, "flows that the additive step is made for"),
      Parameter("global_round_trip", 0, in: 0...1, "1: T is the longest round trip of the network, not the flow's own"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands([.telemetry])
    demands.cycle = .roundTrips(Int64(parameters[1]) + 1)
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<HPCC>() }

  let eta: Double
  let maximumStage: Int32
  /// W_AI, bytes
  let step: Double
  /// T in seconds, and 1 / T.
  let period: Double
  let perPeriod: Double
  let packet: Double
  let lineRate: Double
  /// Bytes; the window's bound.
  let initial: Double

  /// W and Wc, bytes.
  var bytes: Double
  var reference: Double
  var utilisation = 1.0
  var stage: Int32 = 0
  var round = RoundTripCount()
  var previous = InlineArray<8, HopTelemetry>(repeating: HopTelemetry())
  var hops: Int32 = 0
  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext, parameters: ParameterValues) {
    eta = parameters[0]
    maximumStage = Int32(parameters[1])
    period = max((parameters[3] != 0 ? context.longestRoundTrip : context.roundTrip).seconds, 1e-9)
    perPeriod = 1 / period
    lineRate = context.lineRate.double
    packet = Double(context.packetBytes)
    initial = max(lineRate / 8 * period, packet)
    step = initial * (1 - eta) / parameters[2]
    bytes = initial
    reference = initial
  }

  @inline(__always) public var rate: BitRate { BitRate(Int64(min(lineRate, max(1, bytes * 8 * perPeriod)))) }
  @inline(__always) public var window: Double { max(bytes, packet) }
  @inline(__always) public var deadline: Time { .never }

  public mutating func update(_ feedback: borrowing Feedback) {
    guard feedback.hops > 0 else { return }
    let count = min(feedback.hops, Feedback.maximumHops)
    guard count == Int(hops) else {
      hops = Int32(count)
      for i in 0..<count { previous[i] = feedback.telemetry[i] }
      return
    }
    measure(feedback, count)
    let limit = utilisation >= eta || stage >= maximumStage
    bytes = min(initial, (limit ? reference / (utilisation / eta) : reference) + step)
    if round.ends(feedback) {
      stage = limit ? 0 : stage + 1
      if bytes < reference { decreases &+= 1 }
      reference = bytes
    }
  }

  /// MeasureInflight of the paper.
  private mutating func measure(_ feedback: borrowing Feedback, _ count: Int) {
    var fullest = -1.0
    var time = 0.0
    // A span, because indexing the array would copy it for every hop.
    let telemetry = feedback.telemetry.span
    for i in 0..<count {
      let hop = telemetry[i]
      let before = previous[i]
      let seconds = Double((hop.at - before.at).ticks) * 1e-11
      guard seconds > 0, hop.capacity > .zero else { continue }
      // Both terms over the bytes that the port could have sent since: one division.
      let queued = Double(min(hop.queue, before.queue)) * seconds * perPeriod
      let u = (queued + Double(hop.sent - before.sent)) / (seconds * 0.125 * hop.capacity.double)
      if u > fullest {
        fullest = u
        time = seconds
      }
      previous[i] = hop
    }
    guard fullest >= 0 else { return }
    let weight = min(time, period) * perPeriod
    utilisation += weight * (fullest - utilisation)
  }

  public mutating func skip(from: Time, to: Time) {
    // The next telemetry has nothing to be compared with.
    hops = 0
  }

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&bytes)
    try coder.value(&reference)
    try coder.value(&utilisation)
    try coder.value(&stage)
    try round.code(with: &coder)
    try coder.value(&hops)
    for i in 0..<Feedback.maximumHops { try previous[i].code(with: &coder) }
    try coder.value(&decreases)
  }
}

extension HopTelemetry {
  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&capacity)
    try coder.value(&queue)
    try coder.value(&sent)
    try coder.value(&at)
  }
}
