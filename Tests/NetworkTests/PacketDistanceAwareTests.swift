// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// The distance-aware algorithm packet by packet: full lines, short queues, fair shares, and nothing dropped at any distance.
/// Lines of 400 Gb/s, 32 MB of buffer, 4.9 us for a kilometre; statistics after five round trips, drops from the first
/// instant.
@Suite struct PacketDistanceAwareTests {
  private func fibre(_ kilometres: Double) -> Time { .seconds(kilometres * 4.9e-6) }

  private func network(_ duration: Time, warmup: Time) throws -> PlanBuilder {
    var net = PlanBuilder(try Algorithm(name: "distance-aware"), duration: duration, warmup: warmup)
    net.plan.packetBytes = 4096
    net.plan.host.acknowledgeEvery = 16
    net.plan.host.acknowledgeDelay = .microseconds(20)
    net.plan.sampleInterval = Time(ticks: max(1, (duration - warmup).ticks / 20_000))
    return net
  }

  private func expectGood(
    _ result: ExperimentResult, port: Int, fairness: Double, utilisation: Double, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let bottleneck = result.ports[port]
    let index = jain(result.flows.map(\.goodput))
    print(
      "\(what): utilisation \(bottleneck.utilisation), p99 queue \(bottleneck.queueMicroseconds.p99) us, most",
      "\(bottleneck.queueMicroseconds.max) us, Jain \(index)")
    #expect(bottleneck.utilisation >= utilisation, sourceLocation: sourceLocation)
    #expect(bottleneck.queueMicroseconds.p99 <= 250, sourceLocation: sourceLocation)
    #expect(index >= fairness, sourceLocation: sourceLocation)
    #expect(result.ports.allSatisfy { $0.drops == 0 && $0.dropsInWarmup == 0 }, sourceLocation: sourceLocation)
  }

  /// Eight flows that join one after the other, from one site to another; the bottleneck is the line between the sites,
  /// or the port behind it. Ten and a hundred kilometres take longer than five round trips, so that joins are over too.
  @Test(arguments: [10.0, 100, 1000], [true, false]) func eightFlows(kilometres: Double, atSource: Bool) throws {
    let oneWay = fibre(kilometres)
    let loop = oneWay * 2 + .microseconds(10)
    let warmup = max(loop * 5, .microseconds(1500))
    var net = try network(warmup + max(loop * 3, .microseconds(3000)), warmup: warmup)
    let (s, t) = (net.switching(site: 0), net.switching(site: 1))
    let wide = BitRate.gigabits(3200)
    let line = net.link(s, t, atSource ? .gigabits(400) : wide, oneWay) { $0.buffer = 32_000_000 }.there.lowerBound
    let far = net.switching(site: 1)
    let last = net.link(t, far, atSource ? wide : .gigabits(400), .microseconds(1)) { $0.buffer = 32_000_000 }
      .there.lowerBound
    for k in 0..<8 {
      let (a, b) = (net.host(site: 0), net.host(site: 1))
      net.link(a, s, .gigabits(400), .microseconds(1))
      net.link(far, b, .gigabits(400), .microseconds(1))
      net.flow(a, b, start: Time(ticks: loop.ticks / 8 * Int64(k)))
    }
    expectGood(
      net.run(), port: atSource ? line : last, fairness: 0.99, utilisation: 0.98,
      "\(kilometres) km, bottleneck at the \(atSource ? "source" : "destination")")
  }

  /// Flows from 1 km to the furthest on one port share it equally.
  @Test(arguments: [[1.0, 3, 10, 100, 1000], [1.0, 10, 100, 1000, 5000]]) func fiveDistances(kilometres: [Double])
    throws
  {
    let loop = fibre(kilometres.max()!) * 2
    var net = try network(loop * 7, warmup: loop * 5)
    let t = net.switching(site: 0)
    let sink = net.switching(site: 0)
    let port = net.link(t, sink, .gigabits(400), .microseconds(1)) { $0.buffer = 32_000_000 }.there.lowerBound
    for (k, distance) in kilometres.enumerated() {
      let (a, s, b) = (net.host(site: k + 1), net.switching(site: k + 1), net.host(site: 0))
      net.link(a, s, .gigabits(400), .microseconds(1))
      net.link(s, t, .gigabits(400), fibre(distance)) { $0.buffer = 32_000_000 }
      net.link(sink, b, .gigabits(400), .microseconds(1))
      net.flow(a, b)
    }
    expectGood(net.run(), port: port, fairness: 0.98, utilisation: 0.97, "five distances up to \(kilometres.max()!) km")
  }

  /// One flow joins two others at one port, and leaves again: each time all are within 10 % of the fair rate after three
  /// round trips of the longest and stay there.
  @Test(arguments: [0, 1, 2]) func joinAndLeave(joining: Int) throws {
    let kilometres = [10.0, 100, 300]
    let loop = fibre(300) * 2 + .microseconds(12)
    let (join, leave, end) = (loop * 6, loop * 14, loop * 22)
    var net = try network(end, warmup: .zero)
    net.plan.seriesInterval = Time(ticks: loop.ticks / 4)
    let t = net.switching(site: 0)
    let b = net.host(site: 0)
    net.link(t, b, .gigabits(400), .microseconds(1)) { $0.buffer = 32_000_000 }
    var flows: [NetworkPlan.Flow] = []
    for (k, distance) in kilometres.enumerated() {
      let (a, s) = (net.host(site: k + 1), net.switching(site: k + 1))
      net.link(a, s, .gigabits(400), .microseconds(1))
      net.link(s, t, .gigabits(400), fibre(distance)) { $0.buffer = 32_000_000 }
      flows.append(
        NetworkPlan.Flow(
          group: 0, source: a, destination: b, bytes: nil, start: k == joining ? join : .zero,
          stop: k == joining ? leave : .never))
    }
    net.plan.flows = flows.sorted { $0.start < $1.start }
    let result = net.run()
    #expect(result.ports.allSatisfy { $0.drops == 0 && $0.dropsInWarmup == 0 })
    // The one that joins is the last of the plan.
    for (from, until, fair) in [
      (join + loop * 3, leave, [132e9, 132e9, 132e9]), (leave + loop * 3, end, [198e9, 198e9, 0]),
    ] {
      for sample in result.series where sample.at > from + net.plan.seriesInterval && sample.at <= until {
        for flow in sample.flows where fair[flow.flow] > 0 {
          #expect(abs(flow.rate / fair[flow.flow] - 1) <= 0.1, "flow \(flow.flow) at \(sample.at.seconds)")
        }
      }
    }
  }

  /// Losses on the long fibre, selective repeat: what is lost is sent again, and nothing is cut for it.
  @Test(arguments: [1e-6, 1e-5, 1e-4]) func randomLoss(share: Double) throws {
    let oneWay = fibre(100)
    var net = try network(.microseconds(16_000), warmup: .microseconds(6_000))
    let (s, t) = (net.switching(site: 0), net.switching(site: 1))
    let line = net.link(s, t, .gigabits(400), oneWay) {
      $0.buffer = 32_000_000
      $0.loss = .random(share)
    }.there.lowerBound
    for _ in 0..<8 {
      let (a, b) = (net.host(site: 0), net.host(site: 1))
      net.link(a, s, .gigabits(400), .microseconds(1))
      net.link(t, b, .gigabits(400), .microseconds(1))
      net.flow(a, b)
    }
    let result = net.run()
    let goodput = result.flows.reduce(0) { $0 + $1.goodput }
    print("loss of \(share): utilisation \(result.ports[line].utilisation), goodput \(goodput / 1e9) Gb/s")
    #expect(result.ports[line].utilisation >= 0.95 && goodput >= 0.95 * 400e9)
  }

  /// The line behind the long one falls to half in mid-run. What is dropped is what comes in until the sources can know,
  /// less what the buffer takes: nothing up to 100 km. Five round trips later the rates are right and the queue is gone.
  @Test(arguments: [10.0, 100, 1000], [true, false]) func halving(kilometres: Double, atSource: Bool) throws {
    let oneWay = fibre(kilometres)
    let loop = oneWay * 2 + .microseconds(8)
    let change = max(loop * 2, .microseconds(1000))
    let settled = change + max(loop * 5, .microseconds(500))
    var net = try network(settled + max(loop, .microseconds(2000)), warmup: settled)
    let (s, t, far) = (net.switching(site: 0), net.switching(site: 1), net.switching(site: 1))
    let wide = BitRate.gigabits(1600)
    let changes = [NetworkPlan.Change(at: change, rate: .gigabits(200))]
    let line = net.link(s, t, atSource ? .gigabits(400) : wide, oneWay) {
      $0.buffer = 32_000_000
      if atSource { $0.changes = changes }
    }.there.lowerBound
    let last = net.link(t, far, atSource ? wide : .gigabits(400), .microseconds(1)) {
      $0.buffer = 32_000_000
      if !atSource { $0.changes = changes }
    }.there.lowerBound
    for _ in 0..<4 {
      let (a, b) = (net.host(site: 0), net.host(site: 1))
      net.link(a, s, .gigabits(400), .microseconds(1))
      net.link(far, b, .gigabits(400), .microseconds(1))
      net.flow(a, b)
    }
    let result = net.run()
    let port = atSource ? line : last
    let surplus = (396e9 - 200e9) / 8 * (atSource ? Time.microseconds(6) : loop).seconds
    let drops = result.ports.reduce(0) { $0 + $1.drops + $1.dropsInWarmup }
    let queue = result.ports[port].queueMicroseconds
    print(
      "halved at the \(atSource ? "source" : "destination"), \(kilometres) km: \(drops * 4096) bytes dropped,",
      "bound \(max(0, surplus - 32e6)), queue \(queue.max) us, rates \(result.flows.map { $0.goodput / 1e9 })")
    #expect(Double(drops * 4096) <= 1.05 * max(0, surplus - 32e6))
    #expect(queue.max <= 250)
    for flow in result.flows { #expect(abs(flow.goodput / 50e9 - 1) <= 0.1) }
  }
}
