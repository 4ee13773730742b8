// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// BBR (Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue 2016; draft-ietf-ccwg-bbr): models the
/// path by the most that it has delivered and the least round trip seen, and paces at about that rate with about that
/// much in flight.
///
/// One name for two algorithms, because users know them by that name and a version: ``BBRv1`` and ``BBRv3``, each with
/// its equations, constants and deviations in its own file.
public struct BBR: CongestionController {
  public static let information = AlgorithmInformation(
    name: "bbr",
    definition: "paces at the highest delivery rate seen, with a small multiple of rate x least round trip in flight",
    source: "Cardwell et al., ACM Queue 2016; draft-ietf-ccwg-bbr",
    parameters: [
      Parameter("version", 1, in: 1...3, "1 or 3 (2 is taken as 3)"),
      Parameter("initial_packets", 10, in: 4...1e9, "first window"),
      Parameter("probe_rtt_interval_s", 10, in: 0.001...1e6, "time without a lower round trip until it is probed for"),
      Parameter("min_rtt_filter_s", 10, in: 0.001...1e6, "how long the least round trip is believed"),
      Parameter("probe_rtt_ms", 200, in: 0.001...1e6, "least time for which the round trip is probed"),
    ],
    presets: [
      Preset("v1", [], source: "Cardwell et al., ACM Queue 2016; as in Linux since 4.9"),
      Preset("v3", [("version", 3), ("probe_rtt_interval_s", 5)], source: "draft-ietf-ccwg-bbr"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands([.delay, .loss, .deliveryRate])
    // Flows come to share alike as they probe for the round trip together.
    demands.cycle = .time(.seconds(parameters[2]))
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<BBR>() }

  /// Only one of the two is used. An enumeration would be smaller, but its payload would be copied out and back by every
  /// call.
  let isThird: Bool
  var first: BBRv1
  var third: BBRv3

  public init(context: FlowContext, parameters: ParameterValues) {
    isThird = parameters[0] >= 2
    first = BBRv1(context: context, parameters: parameters)
    third = BBRv3(context: context, parameters: parameters)
  }

  @inline(__always) public var rate: BitRate { isThird ? third.rate : first.rate }
  @inline(__always) public var window: Double { isThird ? third.window : first.window }
  @inline(__always) public var deadline: Time { isThird ? third.deadline : first.deadline }
  @inline(__always) public var decreases: UInt32 { isThird ? third.decreases : first.decreases }

  public mutating func update(_ feedback: borrowing Feedback) {
    if isThird { third.update(feedback) } else { first.update(feedback) }
  }

  /// What has been sent until now was limited by something else than this controller or the path.
  mutating func holdBack(_ feedback: borrowing Feedback) {
    if isThird { third.path.holdBack(feedback) } else { first.path.holdBack(feedback) }
  }

  public mutating func skip(from: Time, to: Time) {
    if isThird { third.skip(from: from, to: to) } else { first.skip(from: from, to: to) }
  }

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    if isThird { try third.code(with: &coder) } else { try first.code(with: &coder) }
  }
}
