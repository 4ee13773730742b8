// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Annulus (Saeed et al., "Annulus: A Dual Congestion Control Loop for Datacenter and WAN Traffic Aggregates", SIGCOMM
/// 2020): next to an end-to-end algorithm, a second loop that is closed by ports near the source within a round trip of
/// the site. The flow sends at the lesser of both rates, and within the window of the first.
///
/// The second loop is ``NearSourceLoop``: ports tell senders -(q - q_eq) - w (q - q_old), quantised, as IEEE 802.1Qau
/// defines it, with w 2. It says nothing of ports in the middle of the path or near its end; those are for the inner
/// algorithm, here ``DCQCN`` with its paper's constants or version 1 of ``BBR``.
///
/// Equilibrium queue, sampling and recovery are parameters, with defaults in times and shares of the line rate instead of
/// the standard's, which are for 10 Gb/s. They are a choice of this program, not the paper's.
///
/// Deviation: while the near-source loop sends less than BBR would, what is sent counts as held back by the application.
/// BBR would otherwise take the lesser rate for the path's and keep it.
public struct Annulus: CongestionController {
  public static let information = AlgorithmInformation(
    name: "annulus",
    definition: "the lesser of an end-to-end algorithm's rate and one that ports near the source control directly",
    source: "Saeed et al., SIGCOMM 2020; near-source loop: IEEE 802.1Qau",
    parameters: [
      Parameter("inner", 0, in: 0...1, "end-to-end algorithm: 0 DCQCN (paper), 1 BBR version 1"),
      Parameter("near_gain", 0.5, in: 0.001...0.95, "share that the strongest notification takes from the rate"),
      Parameter("near_timer_us", 100, in: 0.1...1e6, "time between increases of the near-source rate"),
      Parameter(
        "near_byte_counter", 1.5e6, in: 1000...1e15, "bytes between increases of the near-source rate",
        isRateOrAmount: true),
      Parameter("near_fast_recovery", 5, in: 0...1000, "increases that only halve the distance to the target"),
      Parameter("near_additive_share", 0.0005, in: 0...1, "additive step, as a share of the line rate"),
      Parameter("near_hyper_share", 0.005, in: 0...1, "hyper step, as a share of the line rate"),
      Parameter("near_minimum_mbps", 10, in: 0.001...1e6, "least near-source rate", isRateOrAmount: true),
      Parameter("equilibrium_us", 20, in: 0.01...1e6, "queue that near ports aim at, in line time"),
      Parameter("weight", 2, in: 0...100, "weight of the queue's growth in the feedback"),
      Parameter("sample_bytes", 150_000, in: 1...1e12, "bytes between samples of a port", isRateOrAmount: true),
    ],
    presets: [
      Preset("dcqcn", [], source: "near-source loop of SIGCOMM 2020 over DCQCN"),
      Preset("bbr", [("inner", 1)], source: "near-source loop of SIGCOMM 2020 over BBR version 1"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands =
      parameters[0] == 0 ? DCQCN.demands(defaults(DCQCN.self)) : BBR.demands(defaults(BBR.self))
    demands.signals.insert(.nearSource)
    demands.nearSource = NearSourceRule(
      equilibrium: .seconds(parameters[8] / 1e6), weight: parameters[9], sample: Int64(parameters[10]))
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<Annulus>() }

  /// An algorithm's defaults are its first preset.
  private static func defaults<C: CongestionController>(_ type: C.Type) -> ParameterValues {
    C.information.parameters.map(\.value)
  }

  /// Only one of the two is used.
  let innerIsBBR: Bool
  var dcqcn: DCQCN
  var bbr: BBR
  var near: NearSourceLoop

  public init(context: FlowContext, parameters: ParameterValues) {
    innerIsBBR = parameters[0] != 0
    dcqcn = DCQCN(context: context, parameters: Self.defaults(DCQCN.self))
    bbr = BBR(context: context, parameters: Self.defaults(BBR.self))
    let line = context.lineRate.double
    near = NearSourceLoop(
      lineRate: line, leastRate: parameters[7] * 1e6, gain: parameters[1], period: .seconds(parameters[2] / 1e6),
      byteCounter: parameters[3], fastRecovery: Int32(parameters[4]), additive: parameters[5] * line,
      hyper: parameters[6] * line)
  }

  /// The rate of the end-to-end loop alone.
  @inline(__always) var innerRate: BitRate { innerIsBBR ? bbr.rate : dcqcn.rate }

  @inline(__always) public var rate: BitRate { near.limits ? min(innerRate, BitRate(Int64(near.current))) : innerRate }
  @inline(__always) public var window: Double { innerIsBBR ? bbr.window : dcqcn.window }
  @inline(__always) public var deadline: Time { min(near.deadline, innerIsBBR ? bbr.deadline : dcqcn.deadline) }
  @inline(__always) public var decreases: UInt32 { near.decreases &+ (innerIsBBR ? bbr.decreases : dcqcn.decreases) }

  public mutating func update(_ feedback: borrowing Feedback) {
    let limited = near.current < bbr.rate.double
    near.update(feedback)
    if innerIsBBR {
      if limited || near.current < bbr.rate.double { bbr.holdBack(feedback) }
      bbr.update(feedback)
    } else {
      dcqcn.update(feedback)
    }
  }

  public mutating func skip(from: Time, to: Time) {
    near.skip(to - from)
    if innerIsBBR { bbr.skip(from: from, to: to) } else { dcqcn.skip(from: from, to: to) }
  }

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try near.code(with: &coder)
    if innerIsBBR { try bbr.code(with: &coder) } else { try dcqcn.code(with: &coder) }
  }
}
