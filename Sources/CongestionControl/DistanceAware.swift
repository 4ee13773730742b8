// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Distance-aware congestion control. Modelled on what is public of NVIDIA Spectrum-XGS (its control law is not
/// published): telemetry from the ports, a rate that does not depend on the round trip, no deep buffers.
///
/// Ports keep commitments per flow and share their capacity max-min (see `GrantLedger` in Network). The sender's part
/// is small: send at the least granted rate of the path, raise nothing on its own, and do not mistake random loss for
/// congestion. The round trip drops out of fairness because the rate is explicit; it drops out of stability because a
/// port grants only capacity whose release has reached it.
///
/// On a path with ports that grant nothing, the sender's rate is the least of what the others grant and of what
/// ``DelayFallback`` finds.
///
/// Deviations from what little is public: no adaptive routing, no jitter control here.
public struct DistanceAware: CongestionController, Equatable {
  public static let information = AlgorithmInformation(
    name: "distance-aware",
    definition: "explicit max-min rates from the ports, granted only as capacity is released",
    source: "modelled on what is public of NVIDIA Spectrum-XGS (2025); control law: Documentation/DistanceAware.md",
    parameters: [
      Parameter("utilisation", 0.99, in: 0.01...1, "share of the capacity that ports hand out"),
      Parameter("threshold", 0.005, in: 0...0.5, "relative changes of a grant below this are not sent"),
      Parameter(
        "delegates", 1, in: 0...1, "far ports have delegates at the senders' site (0 to see what that is worth)"),
      Parameter("waiting", 1, in: 0...1, "raises wait for the release of what they are made from (0 as above)"),
      Parameter("standing", 1, in: 0...1, "what nobody claims stands with the delegates (0 as above)"),
      Parameter("patience", 1, in: 0...1, "a site's lower claim is told only after it has lasted a loop (0 as above)"),
    ])

  public static func demands(_ parameters: ParameterValues) -> Demands {
    var demands = Demands([.explicitRate, .loss])
    var grants = GrantRule()
    grants.utilisation = parameters[0]
    grants.threshold = parameters[1]
    grants.delegates = parameters[2] >= 0.5
    grants.waits = parameters[3] >= 0.5
    grants.standing = parameters[4] >= 0.5
    grants.patience = parameters[5] >= 0.5
    demands.grants = grants
    return demands
  }

  public static func makeBank() -> any ControllerStore { ControllerBank<DistanceAware>() }

  /// The least that ports grant.
  private var granted: BitRate
  /// For the ports that grant nothing; nil if there is none on the path.
  private var fallback: DelayFallback?
  private var lowered: UInt32 = 0

  public var rate: BitRate { fallback.map { min(granted, $0.rate) } ?? granted }
  public var window: Double { fallback?.window ?? .infinity }
  public var deadline: Time { .never }
  public var decreases: UInt32 { lowered &+ (fallback?.decreases ?? 0) }

  public init(context: FlowContext, parameters: ParameterValues) {
    granted = .zero
    if context.blindPorts > 0 { fallback = DelayFallback(context: context) }
  }

  public mutating func update(_ feedback: borrowing Feedback) {
    if feedback.explicitRate < granted { lowered += 1 }
    granted = feedback.explicitRate
    fallback?.update(feedback)
  }

  public mutating func skip(from: Time, to: Time) {}

  public mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&granted)
    try coder.value(&lowered)
    try fallback?.code(with: &coder)
  }
}
