// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Distance-aware congestion control, first version. Modelled on what is public of NVIDIA Spectrum-XGS (its control
/// law is not published): telemetry from the ports, a rate that does not depend on the round trip, no deep buffers.
///
/// Ports keep commitments per flow and share their capacity max-min (see `GrantLedger` in Network). The sender's part
/// is small: send at the least granted rate of the path, raise nothing on its own, and do not mistake random loss for
/// congestion. The round trip drops out of fairness because the rate is explicit; it drops out of stability because a
/// port grants only capacity whose release has reached it.
///
/// Deviations from what little is public: no adaptive routing, no jitter control here; telemetry is assumed to be
/// complete (a later version degrades without it).
public struct DistanceAware: CongestionController, Equatable {
  public private(set) var rate: BitRate
  public var window: Double? { nil }
  public var deadline: Time { .never }
  public private(set) var decreases: UInt32 = 0

  public init(context: FlowContext) { rate = .zero }

  public mutating func update(_ feedback: Feedback) {
    if feedback.explicitRate < rate { decreases += 1 }
    rate = feedback.explicitRate
  }

  public mutating func skip(from: Time, to: Time) {}

  public func encode(into writer: inout ByteWriter) {
    writer.write(rate)
    writer.write(decreases)
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    rate = try reader.readRate()
    decreases = try reader.read()
  }
}
