// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// Mean waits at a single port under Poisson traffic, against the formula of Pollaczek and Khinchine.
@Suite struct PacketQueueingTests {
  /// W = load E[S^2] / (2 E[S] (1 - load)): with constant sizes load S / (2 (1 - load)), with exponential ones twice that.
  ///
  /// What is measured is the time average of the work in the port, which is the mean wait of an arrival (Poisson arrivals
  /// see time averages). The access link of 100 Tb/s keeps the arrivals what they are. The mean of a finite run wanders
  /// the more the higher the load, so high loads take more packets.
  @Test(arguments: [
    (0.5, false, 4.0, 0.01), (0.8, false, 12.0, 0.01), (0.95, false, 24.0, 0.02), (0.5, true, 4.0, 0.01),
    (0.8, true, 12.0, 0.01), (0.95, true, 32.0, 0.02),
  ]) func meanWait(load: Double, isExponential: Bool, millions: Double, tolerance: Double) throws {
    let size: Int64 = 1000
    let rate = BitRate.gigabits(8)
    // One packet takes a microsecond.
    let gap = Time.seconds(1e-6 / load)
    let packets = millions * 1e6
    let warmup = 20_000 * 1e-6 / load
    var net = PlanBuilder(
      try wideOpen(), duration: .seconds(warmup + packets * gap.seconds), warmup: .seconds(warmup), seed: 11)
    let (a, s, b) = (net.host(), net.switching(), net.host())
    net.link(a, s, BitRate(100_000_000_000_000), .tick)
    let port = net.link(s, b, rate, .tick).there.lowerBound
    net.flow(a, b, datagrams: NetworkPlan.Datagrams(gap: gap, size: size, isExponential: isExponential))
    let result = net.run().ports[port]
    let wait = (isExponential ? 2 : 1) * load / (2 * (1 - load))
    let measured = result.queueMicroseconds.mean
    print(
      "mean wait, load \(load), exponential \(isExponential): \(measured) us, \(wait) expected,", measured / wait - 1)
    #expect(abs(measured - wait) <= tolerance * wait)
    #expect(abs(result.utilisation - load) <= 0.002)
    #expect(result.drops == 0)
  }
}
