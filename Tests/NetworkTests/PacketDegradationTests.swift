// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Quantities
import Testing

/// What is left of `distance-aware` where words are lost, round trips are misjudged, routes grow, or ports take no part.
/// Lines of 100 Gb/s and 8 MB of buffer: the ratios of 400 Gb/s and 32 MB.
@Suite struct PacketDegradationTests {
  private static let line = BitRate.gigabits(100)

  private struct Span {
    var net: PlanBuilder
    var port: Int
    var senders: [Int]
    var receivers: [Int]
  }

  /// Hosts at the given distances from one port that all flows pass; the port is the last but one of their way.
  private func network(
    _ kilometres: [Double], duration: Time, warmup: Time, blind: (port: Bool, rest: Bool) = (false, false)
  ) throws -> Span {
    var net = PlanBuilder(try Algorithm(name: "distance-aware"), duration: duration, warmup: warmup)
    net.plan.packetBytes = 4096
    net.plan.host.acknowledgeEvery = 16
    net.plan.host.acknowledgeDelay = .microseconds(20)
    net.plan.sampleInterval = Time(ticks: max(1, (duration - warmup).ticks / 10_000))
    let (hub, sink) = (net.switching(site: 0), net.switching(site: 0))
    let line = PacketDegradationTests.line
    let port = net.link(hub, sink, line, .microseconds(1)) {
      $0.buffer = 8_000_000
      $0.keepsLedger = !blind.port
    }.there.lowerBound
    var span = Span(net: net, port: port, senders: [], receivers: [])
    for (k, distance) in kilometres.enumerated() {
      let (a, s, b) = (span.net.host(site: k + 1), span.net.switching(site: k + 1), span.net.host(site: 0))
      span.net.link(a, s, line, .microseconds(1))
      span.net.link(s, hub, line, .seconds(distance * 4.9e-6)) {
        $0.buffer = 8_000_000
        $0.keepsLedger = !blind.rest
      }
      span.net.link(sink, b, line, .microseconds(1)) {
        $0.buffer = 8_000_000
        $0.keepsLedger = !blind.rest
      }
      span.senders.append(a)
      span.receivers.append(b)
    }
    return span
  }

  private func expect(
    _ result: ExperimentResult, port: Int, utilisation: Double, jain least: Double, queue: Double, drops: Int64 = 0,
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let bottleneck = result.ports[port]
    let long = result.flows.filter { $0.end == .never }.map(\.goodput)
    let lost = result.ports.reduce(0) { $0 + $1.drops + $1.dropsInWarmup }
    print(
      "\(what): utilisation \(bottleneck.utilisation), p99 queue \(bottleneck.queueMicroseconds.p99) us, Jain",
      "\(jain(long)), drops \(lost)")
    #expect(bottleneck.utilisation >= utilisation, sourceLocation: sourceLocation)
    #expect(bottleneck.queueMicroseconds.p99 <= queue, sourceLocation: sourceLocation)
    #expect(jain(long) >= least, sourceLocation: sourceLocation)
    #expect(lost <= drops, sourceLocation: sourceLocation)
  }

  /// 400 short flows from near and far, of whose claims, grants and goodbyes some are lost: none of them keeps anything.
  /// Afterwards two long flows have the whole port, and nothing is ever dropped.
  @Test(arguments: [0.01, 0.1]) func lostWords(share: Double) throws {
    let shorts = Time.microseconds(40_000)
    var span = try network([1, 100], duration: .microseconds(80_000), warmup: .microseconds(60_000))
    span.net.plan.controlLoss = share
    for k in 0..<400 {
      span.net.flow(
        span.senders[k % 2], span.receivers[k % 2], bytes: 400_000, start: Time(ticks: shorts.ticks / 400 * Int64(k)))
    }
    for k in 0..<2 { span.net.flow(span.senders[k], span.receivers[k], start: shorts + .microseconds(5000)) }
    let result = span.net.run()
    #expect(result.flows[..<400].allSatisfy { $0.end < .never })
    expect(result, port: span.port, utilisation: 0.98, jain: 0.99, queue: 250, "\(share * 100) % of the words lost")
  }

  /// The fluid level repeats the same words.
  @Test func lostWordsAtFluidLevel() throws {
    var span = try network([1, 100], duration: .microseconds(80_000), warmup: .microseconds(60_000))
    span.net.plan.controlLoss = 0.1
    for k in 0..<400 {
      span.net.flow(
        span.senders[k % 2], span.receivers[k % 2], bytes: 400_000, start: .microseconds(100 * Int64(k)))
    }
    for k in 0..<2 { span.net.flow(span.senders[k], span.receivers[k], start: .microseconds(45_000)) }
    let result = try run(span.net.plan, level: .fluid, checked: true)
    #expect(result.flows[..<400].allSatisfy { $0.end < .never })
    expect(result, port: span.port, utilisation: 0.98, jain: 0.99, queue: 250, "10 % of the words lost, fluid level")
  }

  /// Nothing in the law counts on what senders believe of their round trip: where words are lost, it says when they are
  /// repeated.
  @Test(arguments: [0.8, 1.2]) func misjudgedRoundTrips(factor: Double) throws {
    var span = try network([10, 100, 300], duration: .microseconds(60_000), warmup: .microseconds(20_000))
    span.net.plan.roundTripError = factor
    span.net.plan.controlLoss = 0.01
    for k in 0..<3 {
      span.net.flow(span.senders[k], span.receivers[k], start: .microseconds(3000 * Int64(k)))
    }
    span.net.flow(
      span.senders[2], span.receivers[2], bytes: 40_000_000, start: .microseconds(25_000))
    expect(
      span.net.run(), port: span.port, utilisation: 0.97, jain: 0.98, queue: 250, "round trips taken \(factor) times")
  }

  /// The route of the far flow grows from 200 to 260 km in mid-run, and then others join and leave: the port waits for
  /// releases as long as they take now, so that all goes as if the route had been that long from the beginning.
  @Test func growingRoute() throws {
    func result(grows: Bool) throws -> (ExperimentResult, port: Int) {
      var span = try network([10, grows ? 200 : 260], duration: .microseconds(60_000), warmup: .microseconds(21_000))
      for port in span.net.plan.ports.indices where span.net.plan.ports[port].delay == .seconds(200 * 4.9e-6) {
        let grown = Time.seconds(260 * 4.9e-6)
        span.net.plan.ports[port].changes = [NetworkPlan.Change(at: .microseconds(18_000), delay: grown)]
      }
      span.net.flow(span.senders[1], span.receivers[1])
      span.net.flow(span.senders[0], span.receivers[0])
      for k in 0..<6 {
        span.net.flow(
          span.senders[k % 2], span.receivers[k % 2], bytes: 10_000_000, start: .microseconds(21_000 + 5000 * Int64(k)))
      }
      return (span.net.run(), span.port)
    }
    let (always, port) = try result(grows: false)
    let (grown, _) = try result(grows: true)
    let most = always.ports[port].utilisation
    expect(
      grown, port: port, utilisation: most - 0.005, jain: jain(always.flows[..<2].map(\.goodput)) - 0.01, queue: 250,
      "a route grows by 30 %, \(most) if always so")
    for (a, b) in zip(always.flows, grown.flows) where a.end < .never {
      #expect(abs((a.end - b.end).seconds) <= 0.0001)
    }
  }

  /// No port of a switch takes part: delay is all there is. Joined one after another, from one distance and from several.
  @Test(arguments: [[10.0, 10, 10, 10], [50.0, 50, 50, 50], [1.0, 10, 30, 100]])
  func blindPorts(kilometres: [Double]) throws {
    let loop = Time.seconds(kilometres.max()! * 9.8e-6)
    let warmup = max(loop * 100, .microseconds(20_000))
    var span = try network(
      kilometres, duration: warmup + warmup, warmup: warmup + Time(ticks: warmup.ticks / 2), blind: (true, true))
    for k in kilometres.indices {
      span.net.flow(span.senders[k], span.receivers[k], start: Time(ticks: warmup.ticks / 50 * Int64(k)))
    }
    expect(
      span.net.run(), port: span.port, utilisation: 0.95, jain: 0.9, queue: 250, "no port takes part, \(kilometres) km")
  }

  /// Only the bottleneck takes no part: flows have the least of what the other ports grant and what the fallback finds.
  @Test func mixedPath() throws {
    var span = try network(
      [30, 30, 30], duration: .microseconds(60_000), warmup: .microseconds(30_000), blind: (true, false))
    for k in 0..<3 { span.net.flow(span.senders[k], span.receivers[k], start: .microseconds(1000 * Int64(k))) }
    expect(
      span.net.run(), port: span.port, utilisation: 0.95, jain: 0.9, queue: 250, "only the bottleneck takes no part")
  }

  /// Without a queue, losses are the fibre's: the fallback cuts nothing for them.
  @Test func blindPortsWithRandomLoss() throws {
    var span = try network(
      [30, 30], duration: .microseconds(80_000), warmup: .microseconds(40_000), blind: (true, true))
    for port in span.net.plan.ports.indices where span.net.plan.ports[port].delay > .microseconds(100) {
      span.net.plan.ports[port].loss = .random(1e-4)
    }
    for k in 0..<2 { span.net.flow(span.senders[k], span.receivers[k], start: .microseconds(1000 * Int64(k))) }
    expect(span.net.run(), port: span.port, utilisation: 0.95, jain: 0.9, queue: 250, "no port takes part, 1e-4 lost")
  }
}
