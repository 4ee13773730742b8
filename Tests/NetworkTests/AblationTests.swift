// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Simulation
import Testing

/// What each part of the law of `distance-aware` is worth: the same arrivals without it, at fluid level, beside the oracle's.
/// Prints the table of Documentation/DistanceAware.md.
@Suite struct AblationTests {
  private struct Outcome {
    var far = 0.0
    var near = 0.0
    var queue = 0.0
    var drops: Int64 = 0
  }

  /// Two sites that far away send transfers of one bandwidth-delay product at half of what a port of 400 Gb/s carries;
  /// hosts beside the port send 1.71 MB in the mean at 30 %.
  private func plan(_ algorithm: Algorithm, _ kilometres: Double, seed: UInt64) -> NetworkPlan {
    let loop = kilometres * 9.79e-6
    let line = BitRate.gigabits(400)
    let short = Time(ticks: 50_000)
    var net = PlanBuilder(algorithm, duration: .seconds(loop * 200), seed: seed)
    net.plan.packetBytes = 4096
    var random = RandomStream(seed: seed, name: "ablation")
    let (hub, sink) = (net.switching(site: 0), net.switching(site: 0))
    net.link(hub, sink, line, .microseconds(1)) { $0.buffer = 32_000_000 }
    let receivers = net.hosts(12)
    for host in receivers { net.link(sink, host, line, short) { $0.buffer = 32_000_000 } }
    let near = net.hosts(4)
    for host in near { net.link(host, hub, line, short) }
    var flows: [NetworkPlan.Flow] = []
    for site in 1...2 {
      let border = net.switching(site: site)
      net.link(border, hub, line, .seconds(loop / 2)) { $0.buffer = 32_000_000 }
      for (k, host) in net.hosts(4, site: site).enumerated() {
        net.link(host, border, line, short)
        for j in 0..<6 {
          flows.append(
            NetworkPlan.Flow(
              group: 0, source: host, destination: receivers[(k * 6 + j) % 12], bytes: Int64(400e9 * loop / 8),
              start: .seconds(loop * 96 * random.uniform())))
        }
      }
    }
    var at = 0.0
    while true {
      at += random.exponential(mean: 1.71e6 * 8 / (0.3 * line.double))
      guard at < min(48 * loop, 0.047) else { break }
      flows.append(
        NetworkPlan.Flow(
          group: 1, source: near[random.below(4)], destination: receivers[random.below(12)],
          bytes: Int64(2000 + random.exponential(mean: 1.71e6)), start: .seconds(at)))
    }
    net.plan.groups = ["far", "near"]
    net.plan.flows = flows.sorted { $0.start < $1.start }
    net.plan.seriesInterval = net.plan.duration
    return net.plan
  }

  private func outcome(without part: String?, _ kilometres: Double) throws -> Outcome {
    let algorithm =
      try part.map { try Algorithm(name: "distance-aware", parameters: [($0, 0)]) }
      ?? Algorithm(name: "distance-aware")
    var outcome = Outcome()
    for seed in 1...2 as ClosedRange<UInt64> {
      func means(_ algorithm: Algorithm) throws -> (means: [Double], result: ExperimentResult) {
        let plan = plan(algorithm, kilometres, seed: seed)
        let result = try run(plan)
        let means = [0, 1].map { group in
          let times = zip(plan.flows, result.flows).filter { $0.0.group == group && $0.1.end < .never }
            .map { ($0.1.end - $0.0.start).seconds }
          return times.reduce(0, +) / Double(times.count)
        }
        return (means, result)
      }
      let best = try means(Algorithm(name: "oracle")).means
      let (own, result) = try means(algorithm)
      outcome.far += own[0] / best[0] / 2
      outcome.near += own[1] / best[1] / 2
      outcome.queue = max(outcome.queue, result.ports.map(\.queueMicroseconds.max).max() ?? 0)
      outcome.drops += result.ports.reduce(0) { $0 + $1.drops + $1.dropsInWarmup }
    }
    print(
      "\(kilometres) km, \(part.map { "without \($0)" } ?? "whole"): mean completion over oracle's, far \(outcome.far),",
      "near \(outcome.near), longest queue \(outcome.queue) us, drops \(outcome.drops)")
    return outcome
  }

  @Test(arguments: [10.0, 100, 1000, 5000]) func partsOfTheLaw(kilometres: Double) throws {
    let whole = try outcome(without: nil, kilometres)
    // Nothing is dropped, and nothing waits but what near flows borrow: 100 us at most.
    #expect(whole.drops == 0 && whole.queue <= 105)
    for part in ["delegates", "standing"] {
      #expect(try outcome(without: part, kilometres).far > 1.1 * whole.far, "\(part)")
    }
    let patience = try outcome(without: "patience", kilometres)
    #expect(patience.drops == 0)
    let borrowing = try outcome(without: "borrowing", kilometres)
    #expect(borrowing.queue < 1 && borrowing.near > 0.95 * whole.near)
    // Without waiting all is faster, for the buffer takes what nobody has counted, until it does not.
    let waiting = try outcome(without: "waiting", kilometres)
    #expect(waiting.far < whole.far)
    if kilometres == 1000 { #expect(waiting.drops > 0) }
  }
}
