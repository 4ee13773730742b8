// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// Builds plans for tests of the packet level, node by node and link by link.
struct PlanBuilder {
  var plan: NetworkPlan

  init(_ algorithm: Algorithm, duration: Time, warmup: Time = .zero, seed: UInt64 = 1) {
    plan = NetworkPlan(algorithm: algorithm, duration: duration, seed: seed)
    plan.warmup = warmup
    plan.groups = ["flows"]
  }

  mutating func host(site: Int = 0) -> Int {
    plan.nodes.append(NetworkPlan.Node(name: "h\(plan.nodes.count)", isHost: true, site: site))
    return plan.nodes.count - 1
  }

  mutating func hosts(_ count: Int, site: Int = 0) -> [Int] { (0..<count).map { _ in host(site: site) } }

  mutating func switching(site: Int = 0, sharedBuffer: Int64? = nil) -> Int {
    plan.nodes.append(
      NetworkPlan.Node(name: "s\(plan.nodes.count)", isHost: false, site: site, sharedBuffer: sharedBuffer))
    return plan.nodes.count - 1
  }

  /// Parallel links in both directions. Returns the ports from `a` to `b` and from `b` to `a`.
  @discardableResult mutating func link(
    _ a: Int, _ b: Int, _ rate: BitRate, _ delay: Time, count: Int = 1, balancing: NetworkPlan.Balancing = .ecmp,
    _ configure: (inout NetworkPlan.Port) -> Void = { _ in }
  ) -> (there: Range<Int>, back: Range<Int>) {
    func ports(_ from: Int, _ to: Int) -> Range<Int> {
      let first = plan.ports.count
      for _ in 0..<count {
        var port = NetworkPlan.Port(from: from, to: to, rate: rate, delay: delay)
        if from == a { configure(&port) }
        plan.ports.append(port)
      }
      let range = first..<plan.ports.count
      plan.bundles.append(NetworkPlan.Bundle(ports: range, balancing: balancing))
      return range
    }
    return (ports(a, b), ports(b, a))
  }

  @discardableResult mutating func flow(
    _ source: Int, _ destination: Int, bytes: Int64? = nil, start: Time = .zero, stop: Time = .never,
    limit: Int64 = .max, trafficClass: NetworkPlan.TrafficClass = .normal, datagrams: NetworkPlan.Datagrams? = nil
  ) -> Int {
    plan.flows.append(
      NetworkPlan.Flow(
        group: 0, source: source, destination: destination, bytes: bytes, start: start, stop: stop,
        inflightLimit: limit, trafficClass: trafficClass, datagrams: datagrams))
    return plan.flows.count - 1
  }

  /// Runs the plan in one piece.
  func run() -> ExperimentResult {
    var experiment = PacketExperiment(plan: plan)
    return experiment.run()
  }
}

/// A controller that does nothing but keep a window of a thousand packets open: what the engine does by itself.
func wideOpen() throws -> Algorithm {
  try Algorithm(name: "cubic", parameters: [("initial_packets", 1000), ("hystart", 0)])
}

/// Jain's index: one if all are equal, 1/n if one has everything.
func jain(_ values: [Double]) -> Double {
  let sum = values.reduce(0, +)
  return sum * sum / (Double(values.count) * values.reduce(0) { $0 + $1 * $1 })
}

extension ExperimentResult.Flow {
  /// Payload bits per second after the warm-up.
  var goodput: Double { Double(delivered) * 8 / measured.seconds }
}

/// Three sites in a row and a triangle's third side, two hosts each, with everything that crosses a cut: loss, marks, flow
/// control between sites, datagrams, a collective, an ending, a change of rate.
func threeSites(_ algorithm: Algorithm, _ configure: (inout NetworkPlan) -> Void = { _ in }) -> NetworkPlan {
  var net = PlanBuilder(algorithm, duration: .seconds(0.02), warmup: .seconds(0.005), seed: 9)
  net.plan.packetBytes = 2000
  net.plan.headerBytes = 60
  net.plan.host.acknowledgeEvery = 2
  net.plan.host.acknowledgeDelay = .microseconds(30)
  net.plan.host.receiveDelay = .microseconds(1)
  net.plan.host.notificationDelay = .microseconds(2)
  net.plan.sampleInterval = .microseconds(20)
  net.plan.seriesInterval = .microseconds(500)
  var hosts: [[Int]] = []
  var switches: [Int] = []
  for site in 0..<3 {
    hosts.append(net.hosts(2, site: site))
    switches.append(net.switching(site: site))
    for host in hosts[site] {
      net.link(switches[site], host, .gigabits(10), .microseconds(1)) {
        $0.buffer = 400_000
        $0.marking = NetworkPlan.Marking(minimum: 50_000, maximum: 200_000, probability: 0.1)
      }
    }
  }
  for (a, b, delay) in [(0, 1, 100), (1, 2, 330), (0, 2, 500)] as [(Int, Int, Int64)] {
    net.link(switches[a], switches[b], .gigabits(10), .microseconds(delay)) {
      $0.buffer = 500_000
      $0.marking = NetworkPlan.Marking(minimum: 50_000, maximum: 200_000, probability: 0.1)
      $0.loss = .random(0.0005)
      if a == 0, b == 1 { $0.flowControl = .init(pause: 100_000, resume: 80_000, headroom: 600_000) }
      if a == 1 { $0.changes = [NetworkPlan.Change(at: .seconds(0.012), rate: .gigabits(5))] }
    }
  }
  net.flow(hosts[0][0], hosts[1][0], bytes: 3_000_000)
  net.flow(hosts[0][1], hosts[1][0])
  net.flow(hosts[0][0], hosts[2][1], bytes: 2_000_001, start: .seconds(0.001))
  net.flow(hosts[1][1], hosts[2][1], stop: .seconds(0.013))
  net.flow(hosts[2][0], hosts[0][1], bytes: 40_000_000, start: .seconds(0.002), stop: .seconds(0.01))
  net.flow(hosts[2][0], hosts[2][1], start: .seconds(0.003))
  net.flow(
    hosts[1][0], hosts[0][0], start: .seconds(0.004), stop: .seconds(0.015),
    datagrams: NetworkPlan.Datagrams(gap: .microseconds(10), size: 1500, isExponential: true))
  net.plan.flows.sort { $0.start < $1.start }
  net.plan.collectives = [
    NetworkPlan.Collective(
      name: "ring", kind: .allReduce, sites: hosts, bytes: 600_000, chunks: 2, repeats: 2, start: .seconds(0.001))
  ]
  configure(&net.plan)
  return net.plan
}

/// Runs the parts as a driver does: each as far as nothing from the others can reach it. If `dyingAfter` is given, a part is
/// replaced by one made from its bytes after so many rounds, the next part after as many more, and so on.
func runInParts(_ plan: NetworkPlan, dyingAfter: Int? = nil) throws -> (result: ExperimentResult, parts: Int) {
  let partOf = plan.parts(of: .packet)
  let lookahead = PartLookahead(plan: plan, partOf: partOf)
  var parts = (0..<lookahead.count).map { PacketPart(plan: plan, partOf: partOf, part: $0) }
  var pending = parts.map { _ in [PartMessage]() }
  let end = plan.duration + .tick
  var rounds = 0
  while true {
    rounds += 1
    if let dyingAfter, rounds % dyingAfter == 0 {
      let k = rounds / dyingAfter % parts.count
      let state = try #require(parts[k].snapshot())
      parts[k] = try PacketPart(plan: plan, partOf: partOf, part: k, state: state)
      // Nothing is lost on the way to bytes and back.
      #expect(parts[k].snapshot() == state)
    }
    let acts = parts.indices.map { k in pending[k].reduce(parts[k].nextTime) { min($0, $1.at) } }
    guard let earliest = acts.min(), earliest < end else { break }
    let bounds = lookahead.bounds(acts: acts, end: end)
    let inboxes = pending
    pending = parts.map { _ in [] }
    for k in parts.indices {
      guard acts[k] < bounds[k] else {
        pending[k] += inboxes[k]
        continue
      }
      for message in try parts[k].advance(to: bounds[k], inbox: inboxes[k].map(\.bytes)) {
        #expect(message.at >= bounds[message.to], "a word comes too late")
        pending[message.to].append(message)
      }
    }
  }
  var results = parts.map { $0.finish() }
  var whole = results.removeFirst()
  for result in results { whole.merge(result) }
  whole.closeCollectives()
  return (whole, parts.count)
}
