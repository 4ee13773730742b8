// SPDX-License-Identifier: Apache-2.0

import Congestion
import Network
import Quantities
import ScenarioFile
import Testing

@Suite struct ResultsTests {
  /// Flows 0 and 1 of the far host and 2 of the near one; half a second of statistics, 40 Gb/s to share.
  private func outcome(
    goodputs: [Double], ends: [Time] = [.never, .never, .never], rates: [(at: Double, rates: [Double])] = []
  ) throws -> (plan: NetworkPlan, result: ExperimentResult) {
    let plan = try plan(
      dumbbell.replacing(", size: 1 GB", with: "").replacing("warmup: 100 ms", with: "warmup: 500 ms"))
    var result = ExperimentResult()
    for (index, goodput) in goodputs.enumerated() {
      result.flows.append(
        ExperimentResult.Flow(
          group: plan.flows[index].group, delivered: Int64(goodput / 8 / 2), bytes: Int64(goodput / 8),
          start: plan.flows[index].start, end: ends[index], alone: .seconds(0.1), measured: .seconds(0.5),
          retransmitted: 0))
    }
    result.ports = plan.ports.map { _ in ExperimentResult.Port() }
    result.series = rates.map { sample in
      ExperimentResult.Sample(
        at: .seconds(sample.at),
        flows: sample.rates.enumerated().map { (flow: $0.offset, rate: $0.element, window: .infinity) },
        queues: plan.ports.map { _ in 0 })
    }
    return (plan, result)
  }

  @Test func goodputAndFairnessOverWhatWasMeasured() throws {
    var (plan, result) = try outcome(goodputs: [10e9, 10e9, 20e9])
    var results = ExperimentResults(plan: plan, result: result)
    #expect(results.flows.map(\.goodput) == [10e9, 10e9, 20e9])
    #expect(results.flows.map(\.group) == ["far-sink", "far-sink", "near-sink"])
    // (10 + 10 + 20)^2 / (3 x 600)
    #expect(results.jain == 1600.0 / 1800)
    // A flow that was not open all the time does not count.
    result.flows[2].measured = .seconds(0.4)
    result.flows[2].end = .seconds(0.9)
    results = ExperimentResults(plan: plan, result: result)
    #expect(results.jain == 1)
    #expect(results.flows[2].completion == .seconds(0.89))
    #expect(abs((results.flows[2].slowdown ?? 0) - 8.9) < 1e-12)
    #expect(results.flows[0].slowdown == nil)
  }

  @Test func jainsIndex() {
    #expect(ExperimentResults.jain([5, 5, 5]) == 1)
    #expect(ExperimentResults.jain([1, 0, 0, 0]) == 0.25)
    #expect(ExperimentResults.jain([]) == nil)
    #expect(ExperimentResults.jain([0, 0]) == nil)
  }

  /// The last flow joins at 10 ms; all three then have a third of 40 Gb/s as their fair rate, 13.33 Gb/s.
  @Test func convergenceIsCountedFromTheLastJoin() throws {
    let third = 40e9 / 3
    let wild = [third * 0.8, third, third]
    let near = [third * 0.95, third * 1.05, third]
    func convergence(_ rates: [[Double]]) throws -> Time? {
      let series = rates.enumerated().map { (at: 0.01 * Double($0.offset + 1), rates: $0.element) }
      let (plan, result) = try outcome(goodputs: [1, 1, 1], rates: series)
      return ExperimentResults(plan: plan, result: result).convergence
    }
    // Samples at 10, 20, 30, 40, 50 ms; the first ends as the flow joins.
    #expect(try convergence([wild, near, near, near, near]) == .zero)
    #expect(try convergence([wild, wild, near, near, near]) == .seconds(0.01))
    #expect(try convergence([near, near, near, wild, near]) == .seconds(0.03))
    #expect(try convergence([near, near, near, near, wild]) == nil)
    #expect(try convergence([]) == nil)
  }

  /// What one flow cannot use, the others share; a lower class gets what is left over.
  @Test func fairRatesKnowLimitsAndClasses() throws {
    func isSettled(_ flow: String, _ rates: [Double]) throws -> Bool {
      let plan = try plan(
        """
        hosts: [{name: a, count: 2}, b, sink]
        switches: [s]
        links:
          - {between: [a, s], rate: 100 Gb/s, delay: 1 us}
          - {between: [b, s], rate: 100 Gb/s, delay: 1 us}
          - {between: [s, sink], rate: 40 Gb/s, delay: 1 us}
        flows: [{from: a, to: sink}, {from: b, to: sink, \(flow)}]
        duration: 1 s
        """)
      var result = ExperimentResult()
      result.flows = plan.flows.map {
        ExperimentResult.Flow(
          group: $0.group, delivered: 1, bytes: 1, start: .zero, end: .never, alone: .zero, measured: .seconds(1),
          retransmitted: 0)
      }
      result.ports = plan.ports.map { _ in ExperimentResult.Port() }
      result.series = [1, 2].map { second in
        ExperimentResult.Sample(
          at: .seconds(Double(second)),
          flows: rates.enumerated().map { (flow: $0.offset, rate: $0.element * 1e9, window: 1) },
          queues: plan.ports.map { _ in 0 })
      }
      return ExperimentResults(plan: plan, result: result).convergence != nil
    }
    #expect(try isSettled("class: normal", [13.3, 13.3, 13.3]))
    // 2,500 B in a round trip of 4 us are 5 Gb/s.
    #expect(try isSettled("inflight_limit: 2500 B", [17.5, 17.5, 5]))
    #expect(try !isSettled("inflight_limit: 2500 B", [13.3, 13.3, 13.3]))
    #expect(try isSettled("class: low", [20, 20, 0]))
    #expect(try isSettled("class: high", [0, 0, 40]))
  }

  /// Two sites of one host, 100 km apart, at 400 Gb/s: the closed form of the issue, (S/C) / (2 (d/c + S/2C)) of C.
  @Test(arguments: [16, 256, 1000, 8000])
  func boundOfTwoSites(_ megabytes: Int) throws {
    let plan = try plan(
      """
      hosts: [a, b]
      switches: [s, t]
      links:
        - {between: [a, s], rate: 400 Gb/s, delay: 1 us}
        - {between: [b, t], rate: 400 Gb/s, delay: 1 us}
        - {between: [s, t], rate: 400 Gb/s, delay: 498 us}
      collectives: [{kind: all-reduce, sites: [[a], [b]], bytes: \(megabytes) MB}]
      duration: 1 s
      header: 96 B
      """)
    var result = ExperimentResult()
    result.collectives = [ExperimentResult.Collective(collective: 0, start: .zero, end: .seconds(0.5))]
    let figures = ExperimentResults(plan: plan, result: result).collectives[0]
    let size = Double(megabytes) * 8e6
    let rate = 400e9 * 4000 / 4096
    let expected = (size / rate) / (2 * (500e-6 + size / (2 * rate))) * rate
    #expect(abs(figures.bound / expected - 1) < 1e-12)
    // Two hosts: 2 x 1/2 x S/t.
    #expect(abs(figures.busBandwidth - size / 0.5) < 1)
  }

  /// Eight hosts a site behind four parallel links of 100 Gb/s: C is what the links carry, not what the hosts could
  /// send.
  @Test func boundWhereTheLinksAreNarrow() throws {
    let plan = try plan(
      """
      hosts: [{name: a, count: 8}, {name: b, count: 8}]
      switches: [s, t]
      links:
        - {between: [a, s], rate: 100 Gb/s, delay: 1 us}
        - {between: [b, t], rate: 100 Gb/s, delay: 1 us}
        - {between: [s, t], rate: 100 Gb/s, delay: 48 us, parallel: 4}
      collectives:
        - {kind: all-reduce, sites: [[a], [b]], bytes: 1 GB}
        - {kind: all-to-all, sites: [[a], [b]], bytes: 1 GB}
      duration: 1 s
      """)
    var result = ExperimentResult()
    result.collectives = (0..<2).map { ExperimentResult.Collective(collective: $0, start: .zero, end: .seconds(1)) }
    let figures = ExperimentResults(plan: plan, result: result).collectives
    let reduce = 2 * 15.0 / 16 * 8e9 / (2 * (50e-6 + 8e9 / 2 / 400e9))
    #expect(abs(figures[0].bound / reduce - 1) < 1e-9)
    // Each of eight hosts owes half of its buffer to the other site: 8 x 1 GB x 8/16 over 400 Gb/s.
    let all = 15.0 / 16 * 8e9 / (50e-6 + 8 * 8e9 / 2 / 400e9)
    #expect(abs(figures[1].bound / all - 1) < 1e-9)
    #expect(figures.map(\.name) == ["all-reduce", "all-to-all"])
  }
}
