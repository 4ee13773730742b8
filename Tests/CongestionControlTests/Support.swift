// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

func relative(_ found: Double, _ expected: Double) -> Double { abs(found - expected) / abs(expected) }

func encoded<T: FixedLayout>(_ value: T) -> [UInt8] {
  var writer = ByteWriter()
  writer.write(value)
  return writer.bytes
}

/// A lossy path of one round trip without queues, and a CUBIC flow on it whose clock the test owns.
struct CubicFlow {
  static let packetBits = 32768.0
  var controller: Cubic
  var now = Time.zero
  let roundTrip: Time

  init(roundTrip: Time, parameters: Cubic.Parameters = Cubic.Parameters()) {
    self.roundTrip = roundTrip
    controller = Cubic(
      context: FlowContext(now: .zero, roundTrip: roundTrip, lineRate: .unlimited), parameters: parameters)
  }

  /// Window in packets of 4,096 bytes.
  var packets: Double { (controller.window ?? .nan) / 4096 }

  mutating func advance(_ time: Time, packetsLostPerSecond: Double = 0, applicationLimited: Bool = false) {
    now = now + time
    controller.update(
      Feedback(
        now: now, roundTrip: roundTrip, lossRate: BitRate(Int64(packetsLostPerSecond * Self.packetBits)),
        applicationLimited: applicationLimited))
  }

  /// Loses packets for one tick, which is enough for one cut. Returns the window before it.
  @discardableResult mutating func lose() -> Double {
    let cuts = controller.decreases
    advance(.zero, packetsLostPerSecond: 1e10)
    let before = packets
    // 1e10 packets a second over 100 ticks: ten packets.
    advance(Time(ticks: 100))
    #expect(controller.decreases == cuts + 1)
    return before
  }
}
