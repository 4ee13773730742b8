// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import ScenarioFile
import Testing

@Suite struct CompilerTests {
  private func port(_ name: String, _ plan: NetworkPlan) throws -> NetworkPlan.Port {
    plan.ports[try #require(plan.portNames.firstIndex(of: name))]
  }

  @Test func portsInTheOrderOfTheFile() throws {
    let plan = try plan(dumbbell)
    #expect(
      plan.portNames == [
        "near->tor", "tor->near", "far->core", "core->far", "core->tor[0]", "core->tor[1]", "tor->core[0]",
        "tor->core[1]", "tor->sink", "sink->tor",
      ])
    #expect(plan.bundles.map(\.ports) == [0..<1, 1..<2, 2..<3, 3..<4, 4..<6, 6..<8, 8..<9, 9..<10])
    #expect(plan.bundles.map(\.balancing) == [.ecmp, .ecmp, .ecmp, .ecmp, .spray, .spray, .ecmp, .ecmp])
    #expect((plan.warmup, plan.duration, plan.seed) == (.seconds(0.1), .seconds(1), 1))
  }

  /// The longest round trip over the bottleneck is the far host's: 2 x (1 us + 1 ms + 1 us). A millisecond at 40 Gb/s
  /// is 5,000,000 B.
  @Test func queuesInRoundTripsOfTheLongestFlow() throws {
    let bottleneck = try port("tor->sink", plan(dumbbell))
    let bytes = 40e9 / 8 * 2.004e-3
    #expect(bottleneck.buffer == Int64(2.5 * bytes))
    #expect(bottleneck.marking?.minimum == Int64(0.75 * bytes))
    #expect(bottleneck.marking?.maximum == Int64(1.5 * bytes))
    // Without the far flows it is the near one's.
    let near = dumbbell.split(separator: "\n").filter { !$0.contains("{from: far") }.joined(separator: "\n")
    #expect(try port("tor->sink", plan(near)).buffer == Int64(2.5 * 40e9 / 8 * 4e-6))
  }

  /// Of two ways of equally many links the shorter one is taken, as the engines do; the other carries nothing.
  @Test func roundTripsOfTheWayThatIsTaken() throws {
    let plan = try plan(
      """
      hosts: [a, b]
      switches: [s, fast, slow, t]
      links:
        - {between: [a, s], rate: 8 Gb/s, delay: 1 us}
        - {between: [s, slow], rate: 8 Gb/s, delay: 2 ms, buffer: 1 rtt}
        - {between: [slow, t], rate: 8 Gb/s, delay: 2 ms}
        - {between: [s, fast], rate: 8 Gb/s, delay: 1 ms, buffer: 1 rtt}
        - {between: [fast, t], rate: 8 Gb/s, delay: 1 ms}
        - {between: [t, b], rate: 8 Gb/s, delay: 1 us, buffer: 2 bdp}
      flows: [{from: a, to: b}]
      duration: 1 s
      """)
    #expect(try port("s->fast", plan).buffer == 4_004_000)
    #expect(try port("t->b", plan).buffer == 8_008_000)
    // What nobody crosses takes the longest round trip of all.
    #expect(try port("s->slow", plan).buffer == 4_004_000)
  }

  @Test func hostsNeitherMarkNorDrop() throws {
    let port = try port("sink->tor", plan(dumbbell))
    #expect((port.buffer, port.marking, port.phantom) == (.max, nil, nil))
  }

  @Test func buffersWhereNothingIsSaid() throws {
    #expect(try port("tor->near", plan(dumbbell)).buffer == 32_000_000)
    let shared = dumbbell.replacing("switches: [tor,", with: "switches: [{name: tor, shared_buffer: 16 MB},")
    #expect(try port("tor->near", plan(shared)).buffer == .max)
    #expect(try port("core->far", plan(shared)).buffer == 32_000_000)
  }

  @Test func sitesAreWhatShortLinksJoin() throws {
    #expect(try plan(dumbbell).nodes.map(\.site) == [0, 1, 0, 0, 1])
    #expect(try plan(dumbbell + "site_delay: 2 ms\n").nodes.map(\.site) == [0, 0, 0, 0, 0])
    #expect(try plan(dumbbell + "site_delay: 1 us\n").nodes.map(\.site) == [0, 1, 2, 3, 4])
    #expect(try plan(dumbbell + "sites: [[far], [near, sink, tor, core]]\n").nodes.map(\.site) == [1, 0, 1, 1, 1])
  }

  @Test func flowsByStartThenByFile() throws {
    let plan = try plan(dumbbell)
    #expect(plan.groups == ["near-sink", "far-sink"])
    #expect(plan.flows.map(\.group) == [1, 1, 0])
    #expect(plan.flows.map(\.bytes) == [1_000_000_000, 1_000_000_000, nil])
    #expect(plan.flows.map(\.start) == [.zero, .zero, .seconds(0.01)])
  }

  @Test func changesOnBothWaysUnlessOneWay() throws {
    let both =
      dumbbell
      + "changes: [{at: 300 ms, link: [tor, sink], rate: 20 Gb/s}, "
      + "{at: 200 ms, link: [tor, core], delay: 2 ms, one_way: true}]\n"
    let plan = try plan(both)
    #expect(try port("tor->sink", plan).changes == [.init(at: .seconds(0.3), rate: .gigabits(20))])
    #expect(try port("sink->tor", plan).changes == [.init(at: .seconds(0.3), rate: .gigabits(20))])
    #expect(try port("tor->core[1]", plan).changes == [.init(at: .seconds(0.2), delay: .seconds(0.002))])
    #expect(try port("core->tor[1]", plan).changes.isEmpty)
  }

  @Test func pauseThresholdsHaveHeadroomForTheCable() throws {
    let yaml = dumbbell.replacing("delay: 1 ms,", with: "delay: 1 ms, pfc: {pause: 1 MB},")
    let plan = try plan(yaml)
    let control = try #require(try port("core->tor[0]", plan).flowControl)
    // 100 Gb/s for there and back, 2 ms, and three packets.
    #expect(control.headroom == 25_000_000 + 3 * 4096)
    #expect((control.pause, control.resume) == (1_000_000, 1_000_000 - 2 * 4096))
    #expect(try port("tor->sink", plan).flowControl == nil)
  }

  /// Where a link says nothing, its ports mark as each algorithm demands, in line time of their own rate.
  @Test(arguments: Algorithm.all.map { $0.information.name })
  func markingAsTheAlgorithmDemands(_ name: String) throws {
    let compiler = try compiler(dumbbell)
    let entry = Experiment.Algorithm(spec: ControllerSpec(name: name), origin: Experiment.Origin(file: "option"))
    let plan = try compiler.plan(algorithm: entry, seed: 1)
    let demands = try Algorithm(name: name).demands
    let port = try port("tor->near", plan)
    #expect(port.marking?.minimum == demands.marking.map { Int64(100e9 / 8 * $0.minimum.seconds) })
    #expect(port.marking?.probability == demands.marking?.probability)
    #expect(port.phantom?.size == demands.phantom.map { Int64(100e9 / 8 * $0.size.seconds) })
    // A link that states its own wins.
    #expect(try self.port("tor->sink", plan).marking?.probability == 0.02)
  }

  @Test func whatCannotWork() {
    let unjoined = """
      hosts: [a, b, c]
      switches: [s, t]
      links:
        - {between: [a, s], rate: 1 Gb/s, delay: 1 us}
        - {between: [b, t], rate: 1 Gb/s, delay: 1 us}
        - {between: [c, s], rate: 1 Gb/s, delay: 1 us, one_way: true}
      flows:
        - {from: a, to: b}
      duration: 1 s

      """
    #expect(problem(unjoined).hasPrefix("e.yaml:8: flows[0]: no path leads from 'a' to 'b'"), "\(problem(unjoined))")
    // There is a way from c, and none back for acknowledgements.
    let oneWay = unjoined.replacing("from: a, to: b", with: "from: c, to: a")
    #expect(problem(oneWay).hasPrefix("e.yaml:8: flows[0]: no path leads from 'a' to 'c'"), "\(problem(oneWay))")
    let unknown = dumbbell + "algorithms:\n  - distance-awrae\n"
    let text = problem(unknown)
    #expect(text.hasPrefix("e.yaml:14: algorithms[0]: unknown congestion control 'distance-awrae'"), "\(text)")
    #expect(text.contains("Did you mean 'distance-aware'?"))
  }
}
