// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// Section 5 of RFC 9438: the mean window when every 1/p-th packet is lost, over ten epochs, without fast convergence.
///
/// In that model Wmax repeats from cut to cut. In the cubic region, as a map of Wmax, this has slope one: a flow stays
/// near where it begins, so it begins at the table's value (a mean of W is Wmax (1 - 0.3 / 4) there, 0.85 Wmax in the
/// Reno-friendly region).
@Suite struct CubicAverageTests {
  static func average(
    loss: Double, roundTrip: Time, from start: Double, _ changes: [(String, Double)] = []
  ) throws -> Double {
    let every = Int64(1 / loss)
    var loop = try Loop.of(
      "cubic", nil, [("fast_convergence", 0), ("initial_packets", start.rounded())] + changes, capacity: .unlimited,
      roundTrips: [roundTrip])
    loop.flows[0].lossEvery = every
    // The first packet, so that congestion avoidance begins at once.
    loop.flows[0].untilLoss = 1
    while loop.flows[0].controller.decreases < 1 { loop.advance() }
    loop.measure()
    let begin = loop.now
    while loop.flows[0].controller.decreases < 11 { loop.advance() }
    return loop.flows[0].windowSeconds / 4096 / (loop.now - begin).seconds
  }

  /// Table 1: RTT 0.1 s.
  @Test(arguments: [(1e-4, 187.0), (1e-5, 1054), (1e-6, 5926)])
  func agreesWithTheTableAtATenthOfASecond(loss: Double, window: Double) throws {
    let found = try Self.average(loss: loss, roundTrip: .microseconds(100_000), from: window / 0.925)
    print("figure: CUBIC, RTT 0.1 s, p \(loss): table \(window), found \(found)")
    #expect(relative(found, window) < 0.02)
  }

  /// Table 2: RTT 0.01 s, the Reno-friendly region.
  @Test(arguments: [(1e-4, 120.0), (1e-5, 379)])
  func agreesWithTheTableAtAHundredthOfASecond(loss: Double, window: Double) throws {
    let found = try Self.average(loss: loss, roundTrip: .microseconds(10_000), from: window / 0.85)
    print("figure: CUBIC, RTT 0.01 s, p \(loss): table \(window), found \(found)")
    #expect(relative(found, window) < 0.02)
  }

  /// Without the cubic (C next to nothing) the law is AIMD with 9/17 and 0.7, whose mean under periodic loss is
  /// sqrt(9/17 x 1.7 / (2 x 0.3 p)) = sqrt(3 / 2p), the same as Reno's. The table has 1.2 for that root of 1.5, as RFC 3649
  /// has: 1200 where the law itself gives 1225, so 2.1 % of any difference at 0.01 s is the table's rounding.
  @Test(arguments: [1e-4, 1e-5, 1e-6]) func purelyRenoFriendly(loss: Double) throws {
    let law = (1.5 / loss).squareRoot()
    let found = try Self.average(loss: loss, roundTrip: .microseconds(10_000), from: law / 0.85, [("scale", 1e-6)])
    print("figure: CUBIC without the cubic, p \(loss): table \(1.2 / loss.squareRoot()), law \(law), found \(found)")
    #expect(relative(found, law) < 0.015)
  }

  /// For RTT 0.01 s and p = 1e-6 the table gives the larger of the two laws' own means, 1200 for Reno and 1054 for
  /// CUBIC. The law takes the larger window at every instant, and is cubic for the first 7 of 8 seconds of an epoch:
  /// its mean lies above both. So it is held against that instantaneous maximum, integrated here.
  @Test func betweenTheRegionsTheMeanIsThatOfTheLargerWindow() throws {
    let start = 1200 / 0.85
    let found = try Self.average(loss: 1e-6, roundTrip: .microseconds(10_000), from: start)
    let expected = Self.largerWindow(loss: 1e-6, roundTrip: 0.01, from: start.rounded())
    print(
      "figure: CUBIC, RTT 0.01 s, p 1e-6: table 1200, the larger window at every instant \(expected), found \(found)")
    #expect(relative(found, expected) < 0.02)
    #expect(found > 1200 && found < 1200 * 1.06)
  }

  /// Ten epochs of max(Wcubic(t), West(t)), West of slope 9/17 a round trip, each of 1/p packets.
  static func largerWindow(loss: Double, roundTrip: Double, from start: Double) -> Double {
    var maximum = start
    var area = 0.0
    var time = 0.0
    let step = roundTrip / 4
    for _ in 0..<10 {
      let k = DeterministicMath.cbrt(0.3 * maximum / 0.4)
      var t = 0.0
      var sent = 0.0
      var window = 0.7 * maximum
      while sent < 1 / loss {
        let x = t - k
        window = max(0.4 * x * x * x + maximum, 0.7 * maximum + 9.0 / 17 * t / roundTrip)
        sent += window * step / roundTrip
        t += step
      }
      area += sent * roundTrip
      time += t
      maximum = window
    }
    return area / time
  }

  /// Random loss, for the reader: the mean lies above the periodic model's.
  @Test func randomLossLiesHigher() throws {
    var random = RandomStream(seed: 7, name: "loss")
    let round = Time.microseconds(100_000)
    var loop = try Loop.of(
      "cubic", nil, [("fast_convergence", 0), ("initial_packets", 1139)], capacity: .unlimited, roundTrips: [round])
    func gap() -> Int64 { max(1, Int64(-DeterministicMath.log(1 - random.uniform()) * 1e5 * 4096)) }
    loop.flows[0].lossEvery = 1 << 40
    loop.flows[0].untilLoss = 1
    var cuts: UInt32 = 0
    var begin = Time.zero
    while cuts < 2000 {
      loop.advance()
      if loop.flows[0].untilLoss > 1 << 45 { loop.flows[0].untilLoss = gap() }
      guard loop.flows[0].controller.decreases > cuts else { continue }
      cuts = loop.flows[0].controller.decreases
      if cuts == 200 {
        loop.measure()
        begin = loop.now
      }
    }
    let mean = loop.flows[0].windowSeconds / 4096 / (loop.now - begin).seconds
    print("figure: CUBIC, RTT 0.1 s, random loss 1e-5: table 1054, found \(mean)")
    #expect(mean > 1054 && mean < 1054 * 1.4)
  }
}
