// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

@Suite struct UnoTests {
  static let near = Time.microseconds(14)
  static let far = Time.microseconds(14 * 128)

  static func flow(_ changes: [(String, Double)] = [], roundTrip: Time, preset: String = "paper") throws -> Clocked<Uno>
  {
    Clocked(
      Uno(
        context: FlowContext(
          now: .zero, roundTrip: roundTrip, lineRate: .gigabits(100), localRoundTrip: near, longestRoundTrip: far),
        parameters: try values("uno", preset, changes)), roundTrip: roundTrip)
  }

  /// A thousandth of the line rate in a round trip of its own, near and far.
  @Test(arguments: [near, far]) func ratesGrowAlike(roundTrip: Time) throws {
    var flow = try Self.flow([("initial_bdp", 0.5)], roundTrip: roundTrip)
    let before = flow.controller.window
    for _ in 0..<100 { flow.round() }
    let growth = (flow.controller.window - before) * 8 / roundTrip.seconds / 100
    #expect(relative(growth, 1e8) < 0.01)
    for _ in 0..<1000 { flow.round() }
    #expect(relative(flow.controller.window * 8 / roundTrip.seconds, 1e11) < 1e-6, "a BDP at most")
  }

  /// Near and far flows decide once in an intra-data-centre round trip: with every packet marked both are cut by the
  /// same share in the same time. m = 4 (1/7) / (8/7) = 1/2; E is 1/2 and 3/4 after two epochs; a long queue makes it
  /// no gentle matter.
  @Test(arguments: [near, far]) func epochsAreEquallyLong(roundTrip: Time) throws {
    // Quick adapt would cut in as well.
    var flow = try Self.flow([("adapt_share", 0)], roundTrip: roundTrip)
    let length = Time(ticks: roundTrip.ticks * 2)
    // The epochs of a far flow are as many parts of its round trip.
    let epoch = Time(ticks: length.ticks / (roundTrip.ticks / Self.near.ticks))
    // The first packet sent after the start ends the first epoch.
    flow.tell(at: length, acknowledged: 4096, length)
    var expected = flow.controller.window
    let shares = [0.5, 0.75, 0.875, 0.9375]
    for share in shares {
      flow.acknowledge(409_600, over: epoch, calls: 10, marked: 1, roundTrip: length)
      expected *= 1 - share / 2
      #expect(relative(flow.controller.window, expected) < 1e-6)
    }
    #expect(flow.controller.decreases == 4)
  }

  /// Below 1.055 base round trips only phantom queues can have marked: 0.35 of the cut. And while the share of marks
  /// falls, the window grows.
  @Test func gentleAndFalling() throws {
    var flow = try Self.flow([("adapt_share", 0)], roundTrip: Self.near)
    flow.tell(at: Self.near, acknowledged: 4096)
    let before = flow.controller.window
    flow.acknowledge(409_600, over: Self.near, marked: 1)
    #expect(relative(flow.controller.window / before, 1 - 0.35 * 0.25) < 1e-6)
    let low = flow.controller.window
    flow.acknowledge(409_600, over: Self.near, marked: 0.1)
    #expect(flow.controller.window > low && flow.controller.decreases == 1)
  }

  @Test func theArtefactCutsLess() throws {
    var flow = try Self.flow([("adapt_share", 0)], roundTrip: Self.near, preset: "artefact")
    flow.tell(at: Self.near * 2, acknowledged: 4096, Self.near * 2)
    let before = flow.controller.window
    flow.acknowledge(409_600, over: Self.near * 2, marked: 1, roundTrip: Self.near * 2)
    #expect(relative(flow.controller.window / before, 1 - 0.5 * 4 / 43) < 1e-6)
  }

  /// Less than half of the window in a target round trip: 0.96 of what came, and then rest until news of it returns.
  @Test func quickAdapt() throws {
    var flow = try Self.flow(roundTrip: Self.far)
    let step = Time(ticks: Self.far.ticks / 16)
    let bdp = flow.controller.window
    let part = Int64(bdp / 16 / 5)
    var seen = 0.0
    // A fifth of a BDP in every round trip.
    for _ in 0..<80 where flow.controller.decreases == 0 {
      flow.acknowledge(part, over: step, calls: 1)
      seen += 1
    }
    #expect(flow.controller.decreases == 1)
    #expect(relative(flow.controller.window, 0.96 * 0.2 * 1.05 * bdp) < 0.1)
    let after = flow.controller.window
    for _ in 0..<14 { flow.acknowledge(part, over: step, calls: 1, marked: 1) }
    #expect(flow.controller.window == after, "marks from before say nothing")
    // A window that arrives whole is left alone.
    var whole = try Self.flow([("initial_bdp", 0.5)], roundTrip: Self.far)
    for _ in 0..<20 { whole.round() }
    #expect(whole.controller.decreases == 0)
  }

  /// Two near flows on a port with the demanded marking: the phantom queue keeps the real one nearly empty at a cost of
  /// its headroom.
  @Test func thePhantomQueueKeepsThePortEmpty() throws {
    var loop = try Loop.of(
      "uno", capacity: .gigabits(100), roundTrips: [.microseconds(100), .microseconds(100)], local: .microseconds(100))
    loop.run(for: .microseconds(100_000))
    loop.measure()
    loop.run(for: .microseconds(200_000))
    let share = Double(loop.served) * 8 / 0.2 / 1e11
    let mean = loop.queueSeconds * 8 / 1e11 / 0.2
    print("figure: Uno, two flows of 100 us: utilisation \(share), mean queue \(mean * 1e6) us")
    #expect(share > 0.85 && share < 0.97)
    #expect(mean < 20e-6)
    #expect(relative(Double(loop.flows[0].sent), Double(loop.flows[1].sent)) < 0.1)
  }

  /// One call for the acknowledgements of eight epochs, or one for every quarter of an epoch. Marks rise through a
  /// round trip: with a constant share the law hangs on its last digit, as the smallest fall of E means growth.
  @Test func callsDoNotMatter() throws {
    var many = try Self.flow([("initial_bdp", 0.5), ("gain", 0.05)], roundTrip: Self.far)
    var few = many
    let step = Time(ticks: Self.far.ticks / 16)
    for n in 0..<200 {
      let bytes = Int64(few.controller.window / 16)
      for part in 0..<16 {
        let marked = n % 10 == 0 ? 0.002 * Double(part) : 0
        many.acknowledge(bytes, over: step, calls: 32, marked: marked)
        few.acknowledge(bytes, over: step, calls: 1, marked: marked)
      }
      #expect(relative(few.controller.window, many.controller.window) < 0.03)
    }
    #expect(few.controller.decreases > 100)
  }
}
