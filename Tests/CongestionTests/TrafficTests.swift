// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import ScenarioFile
import Testing

@Suite struct TrafficTests {
  /// Hosts a0...a7 and b0...b7 on one switch, with `flows` between them.
  private func star(_ flows: String, duration: String = "1 s") -> String {
    """
    hosts: [{name: a, count: 8}, {name: b, count: 8}]
    switches: [s]
    links:
      - {between: [a, s], rate: 100 Gb/s, delay: 1 us}
      - {between: [b, s], rate: 100 Gb/s, delay: 1 us}
    flows: [\(flows)]
    duration: \(duration)
    """
  }

  @Test func destinationsInTurn() throws {
    let flows = try plan(star("{from: a, to: b, count: 2, size: 1 MB}")).flows
    #expect(flows.count == 16)
    #expect(flows.map(\.destination) == Array(8..<16) + Array(8..<16))
    #expect(flows.map(\.source) == (0..<8).flatMap { [$0, $0] })
    // Nobody sends to itself.
    let inside = try plan(star("{from: a, to: a, size: 1 MB}")).flows
    #expect(inside.allSatisfy { $0.source != $0.destination })
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func permutations(_ seed: UInt64) throws {
    for target in ["a", "b"] {
      let flows = try plan(star("{from: a, to: \(target), permutation: true, size: 1 MB}"), seed: seed).flows
      #expect(Set(flows.map(\.destination)).count == 8)
      #expect(flows.allSatisfy { $0.source != $0.destination })
    }
  }

  @Test func permutationsDifferBySeed() throws {
    let text = star("{from: a, to: b, permutation: true, size: 1 MB}")
    #expect(try plan(text, seed: 1).flows != plan(text, seed: 2).flows)
    #expect(try plan(text, seed: 1) == plan(text, seed: 1))
  }

  @Test func staggerAndJitter() throws {
    let flows = try plan(star("{from: a, to: b, size: 1 MB, start: 10 ms, stagger: 20 ms, start_jitter: 1 ms}")).flows
    for (index, flow) in flows.enumerated() {
      let earliest = Time.seconds(0.01 + 0.02 * Double(index))
      #expect(flow.start >= earliest && flow.start < earliest + .seconds(0.001))
    }
    #expect(Set(flows.map { $0.start.ticks % 100_000_000 }).count == 8)
  }

  /// 30 % of 100 Gb/s for each of eight hosts over ten seconds is 30 GB a host: about 17,531 WebSearch flows. The bytes
  /// that are offered are within four standard errors of that.
  @Test func poissonOffersTheLoad() throws {
    let arrivals = "{from: a, to: b, arrivals: {poisson: {load: 0.3, sizes: websearch}}}"
    let flows = try plan(star(arrivals, duration: "10 s")).flows
    let expected = 8 * 0.3 * 100e9 / 8 * 10 / 1_711_250
    #expect(abs(Double(flows.count) - expected) < 4 * expected.squareRoot())
    let bytes = flows.reduce(0.0) { $0 + Double($1.bytes ?? 0) }
    // A flow's size has a second moment of about (4.2 MB)^2.
    #expect(abs(bytes - 8 * 0.3 * 100e9 / 8 * 10) < 4 * expected.squareRoot() * 4.2e6)
    #expect(Set(flows.map(\.destination)) == Set(8..<16))
    #expect(zip(flows, flows.dropFirst()).allSatisfy { $0.start <= $1.start })
    // Gaps of a Poisson process vary as much as they are long.
    let starts = flows.filter { $0.source == 0 }.map(\.start.seconds)
    let gaps = zip(starts, starts.dropFirst()).map { $1 - $0 }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    #expect(abs(variance.squareRoot() / mean - 1) < 0.1)
  }

  @Test func oneMoreGroupChangesNothingInOthers() throws {
    let arrivals = "{from: a, to: a, arrivals: {poisson: {load: 0.1, sizes: hadoop}}, until: 10 ms}"
    let alone = try plan(star(arrivals)).flows
    let together = try plan(
      star(
        "{from: b, to: a, start_jitter: 1 ms, size: 1 MB}, "
          + "{from: b, to: a, arrivals: {poisson: {load: 0.1, sizes: hadoop}}}, "
          + arrivals, duration: "20 ms")
    ).flows.filter { $0.group == 2 }
    #expect(alone.count > 100)
    #expect(alone.map(\.start) == together.map(\.start))
    #expect(alone.map(\.bytes) == together.map(\.bytes))
    #expect(alone.map(\.destination) == together.map(\.destination))
    #expect(alone.allSatisfy { $0.source != $0.destination && $0.start < .seconds(0.01) })
  }

  @Test func datagrams() throws {
    let text = "{from: a0, to: b, datagrams: {rate: 80 Gb/s, size: 4000 B, sizes: exponential}, stop: 500 ms}"
    let flow = try #require(try plan(star(text)).flows.first)
    // 32,000 bits at 80 Gb/s.
    #expect(flow.datagrams == .init(gap: .nanoseconds(400), size: 4000, isExponential: true))
    #expect((flow.bytes, flow.stop) == (nil, .seconds(0.5)))
  }

  @Test func refusesMoreFlowsThanAnybodyMeans() {
    let text = problem(star("{from: a, to: b, arrivals: {poisson: {load: 0.5, sizes: hadoop}}}", duration: "1 h"))
    #expect(text.hasPrefix("e.yaml:6: flows[0]: about "), "\(text)")
  }

  @Test func eightThousandHosts() throws {
    let plan = try plan(
      """
      fabric: {kind: leaf-spine, hosts: 8192, per_leaf: 64, spines: 64, rate: 100 Gb/s, delay: 1 us, buffer: 1 rtt}
      flows: [{from: h, to: h, permutation: true, size: 1 MB}]
      duration: 10 ms
      """)
    #expect(plan.flows.count == 8192)
    #expect(plan.ports.count == 2 * (8192 + 128 * 64))
    // Four hops of 1 us there, four back, at 100 Gb/s.
    #expect(plan.ports[1].buffer == 100_000)
    #expect(Set(plan.nodes.map(\.site)) == [0])
  }
}
