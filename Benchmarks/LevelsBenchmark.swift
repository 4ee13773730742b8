// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities

extension Benchmark {
  /// Eight long flows over 1,000 km at 400 Gb/s, one of which leaves or joins every 100 ms, on both levels.
  static let levels = Benchmark(
    name: "levels", summary: "fluid against packet level: 400 Gb/s, 1,000 km, 8 long flows, a join or leave each 100 ms"
  ) {
    var table = Columns([
      "controller", "packet, simulated s per CPU s", "fluid", "fluid over packet", "goodput, packet", "goodput, fluid",
    ])
    let seconds = 1.0
    for name in ["distance-aware", "dcqcn", "cubic"] {
      let plan = try churn(name, seconds: seconds)
      var experiment = PacketExperiment(plan: plan)
      let watch = Stopwatch()
      let packets = experiment.run()
      let packet = Samples([seconds / watch.cpuSeconds])
      var fluid = Samples()
      var rates = ExperimentResult()
      for _ in 0..<5 {
        let part = FluidPart(plan: plan, partOf: plan.nodes.map { _ in 0 }, part: 0)
        let watch = Stopwatch()
        _ = try part.advance(to: plan.duration + .tick, inbox: [])
        rates = part.finish()
        fluid.add(seconds / watch.cpuSeconds)
      }
      table.add([
        name, packet.text, fluid.text, figure(fluid.median / packet.median), goodput(packets, seconds),
        goodput(rates, seconds),
      ])
    }
    table.show()
    print("   One run of the packet level, five of the fluid level; one second each, from the first packet on.")
  }

  private static func goodput(_ result: ExperimentResult, _ seconds: Double) -> String {
    "\(figure(result.flows.reduce(0) { $0 + Double($1.bytes) } * 8e-9 / seconds)) Gb/s"
  }

  /// Hosts at two sites with a border switch each; the link between them is the bottleneck.
  static func churn(_ name: String, seconds: Double) throws -> NetworkPlan {
    var plan = NetworkPlan(algorithm: try Algorithm(name: name), duration: .seconds(seconds))
    let events = Int(seconds * 10) - 1
    let senders = 8 + events / 2
    for k in 0..<senders { plan.nodes.append(.init(name: "a\(k)", isHost: true, site: 0)) }
    for k in 0..<senders { plan.nodes.append(.init(name: "b\(k)", isHost: true, site: 1)) }
    let (near, far) = (plan.nodes.count, plan.nodes.count + 1)
    plan.nodes.append(.init(name: "near", isHost: false, site: 0))
    plan.nodes.append(.init(name: "far", isHost: false, site: 1))
    let marking = NetworkPlan.Marking(minimum: 1_600_000, maximum: 6_400_000, probability: 0.2)
    func join(_ a: Int, _ b: Int, _ delay: Time) {
      for (from, to) in [(a, b), (b, a)] {
        plan.bundles.append(.init(ports: plan.ports.count..<plan.ports.count + 1))
        plan.ports.append(
          .init(
            from: from, to: to, rate: .gigabits(400), delay: delay, buffer: 32_000_000,
            marking: name == "dcqcn" && from >= near ? marking : nil))
      }
    }
    for k in 0..<senders { join(k, near, .microseconds(1)) }
    for k in 0..<senders { join(far, senders + k, .microseconds(1)) }
    join(near, far, .microseconds(4900))
    plan.groups = ["long"]
    // The first leaves at 100 ms, a new one comes at 200 ms, the second leaves at 300 ms, and so on.
    for k in 0..<senders {
      let stop = Time.seconds(0.1 + 0.2 * Double(k))
      plan.flows.append(
        .init(
          group: 0, source: k, destination: senders + k, bytes: nil,
          start: k < 8 ? .zero : .seconds(0.2 * Double(k - 7)), stop: stop < plan.duration ? stop : .never))
    }
    plan.sampleInterval = plan.duration
    return plan
  }
}
