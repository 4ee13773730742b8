// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Swift (Kumar et al., "Swift: Delay is Simple and Effective for Congestion Control in the Datacenter", SIGCOMM 2020),
/// windows in packets, d the round trip:
///
///     target = base + hops x per hop + max(0, min(a / sqrt(W) + b, range))         (flow scaling)
///         a = range / (1 / sqrt(fs_min) - 1 / sqrt(fs_max)),  b = -a / sqrt(fs_max)
///     d < target:  W += ai / W for each packet acknowledged (ai if W < 1)
///     else, once a round trip:  W = W max(1 - beta (d - target) / d, 1 - max_mdf)
///     loss, once a round trip:  W = W (1 - max_mdf);  timeout: the same, from the fifth in a row on the least window
///
/// A window below one packet is kept by pacing: one packet in flight at most, W packets a round trip. The paper gives
/// ai = 1 and says that targets depend on the site; the numbers here are those of public simulators (htsim), whose
/// authors call several of them guesses: beta 0.8, max_mdf 0.5, base 20 us, per hop base / 6.55, range 5 base, fs_min
/// 0.1, fs_max 100 packets. A flow begins with the window of its line and base round trip.
///
/// The target is absolute: a path whose propagation alone exceeds it can only lose. Preset `long-haul` compares it with
/// the round trip less the least that was told or seen, which the paper does not.
///
/// Deviations: one window, for the fabric; end-host delay, of which hosts here have a fixed amount, has none of its
/// own. n packets acknowledged at once take W to sqrt(W^2 + 2 ai n).
public struct SwiftDelay: CongestionController, Equatable {
  public static let information = AlgorithmInformation(
    name: "swift", definition: "window that holds the round trip at a target", source: "Kumar et al., SIGCOMM 2020",
    parameters: [
      Parameter("base_us", 20, in: 0.01...1e6, "target delay without hops and scaling, microseconds"),
      Parameter("hop_us", 20 / 6.55, in: 0...1e5, "added to the target for each port of the path, microseconds"),
      Parameter("scaling_us", 100, in: 0...1e6, "most that flow scaling adds to the target, microseconds"),
      Parameter("scaling_least", 0.1, in: 1e-3...1e3, "window with the whole of it, packets"),
      Parameter("scaling_most", 100, in: 1e-2...1e9, "window with none of it, packets"),
      Parameter("additive", 1, in: 1e-6...1e6, "ai, packets a round trip"),
      Parameter("beta", 0.8, in: 0.001...1, "strength of the decrease"),
      Parameter("max_decrease", 0.5, in: 0.001...0.999, "largest decrease in a round trip"),
      Parameter("subtract_base", 0, in: 0...1, "1: compare the target with the round trip less propagation"),
      Parameter("initial_bdp", 1, in: 1e-6...100, "window at the start, in line rate x round trip"),
    ],
    presets: [
      Preset("paper", [], source: "law of the paper, constants of htsim"),
      Preset("long-haul", [("subtract_base", 1)], source: "ours: propagation does not count as delay"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands([.delay, .loss])
    demands.cycle = .roundTrips(64)
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<SwiftDelay>() }

  /// Windows below this do not get smaller: one packet in a hundred round trips.
  static let leastPackets = 0.01
  static let timeoutsToReset: UInt32 = 5

  let baseTarget: Double
  let scalingRange: Double
  let scalingSlope: Double
  let scalingOffset: Double
  let additive: Double
  let beta: Double
  let maxDecrease: Double
  let subtractsBase: Bool
  let packetBytes: Int64
  var packets: Double
  var roundTrip: Time
  var base: Time
  /// No decrease before this.
  var nextDecrease: Time
  var timeouts: UInt32 = 0
  var recovery = LossRecovery()
  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext, parameters: ParameterValues) {
    baseTarget = (parameters[0] + parameters[1] * Double(context.hops)) * 1e-6
    scalingRange = parameters[2] * 1e-6
    let least = 1 / parameters[3].squareRoot()
    let most = 1 / parameters[4].squareRoot()
    scalingSlope = least > most ? scalingRange / (least - most) : 0
    scalingOffset = -scalingSlope * most
    additive = parameters[5]
    beta = parameters[6]
    maxDecrease = parameters[7]
    subtractsBase = parameters[8] >= 0.5
    packetBytes = context.packetBytes
    let bdp = context.lineRate.double * context.roundTrip.seconds / 8 / Double(context.packetBytes)
    packets = max(1, parameters[9] * bdp)
    roundTrip = context.roundTrip
    base = context.roundTrip
    nextDecrease = context.now
  }

  public var window: Double { max(1, packets) * Double(packetBytes) }
  public var rate: BitRate {
    packets >= 1
      ? .unlimited : BitRate(max(1, Int64(packets * Double(packetBytes) * 8 / max(1e-9, roundTrip.seconds))))
  }
  public var deadline: Time { .never }

  /// Seconds.
  var target: Double {
    baseTarget + max(0, min(scalingSlope / packets.squareRoot() + scalingOffset, scalingRange))
  }

  public mutating func update(_ feedback: borrowing Feedback) {
    if feedback.roundTrip > .zero {
      roundTrip = feedback.roundTrip
      base = min(base, roundTrip)
    }
    if feedback.timedOut {
      timeouts += 1
      if timeouts >= SwiftDelay.timeoutsToReset {
        decrease(to: SwiftDelay.leastPackets, feedback.now)
      } else if feedback.now >= nextDecrease {
        decrease(to: packets * (1 - maxDecrease), feedback.now)
      }
      recovery.begin(feedback.delivered)
      return
    }
    if recovery.update(feedback, packetBytes: packetBytes) {
      if feedback.now >= nextDecrease { decrease(to: packets * (1 - maxDecrease), feedback.now) }
      return
    }
    guard feedback.acknowledged > 0 else { return }
    timeouts = 0
    let delay = (subtractsBase ? roundTrip - base : roundTrip).seconds
    let target = target
    if delay < target {
      if !feedback.applicationLimited { grow(Double(feedback.acknowledged) / Double(packetBytes)) }
    } else if feedback.now >= nextDecrease {
      decrease(to: packets * max(1 - beta * (delay - target) / delay, 1 - maxDecrease), feedback.now)
    }
  }

  private mutating func grow(_ acknowledged: Double) {
    let below = min(acknowledged, max(0, 1 - packets) / additive)
    packets += additive * below
    let rest = acknowledged - below
    if rest > 0 { packets = (packets * packets + 2 * additive * rest).squareRoot() }
  }

  private mutating func decrease(to size: Double, _ now: Time) {
    guard size < packets else { return }
    packets = max(SwiftDelay.leastPackets, size)
    nextDecrease = now + roundTrip
    decreases += 1
  }

  public mutating func skip(from: Time, to: Time) { nextDecrease += to - from }

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&packets)
    try coder.value(&roundTrip)
    try coder.value(&base)
    try coder.value(&nextDecrease)
    try coder.value(&timeouts)
    try recovery.code(with: &coder)
    try coder.value(&decreases)
  }
}
