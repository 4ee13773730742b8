// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation
import Testing

/// Two of ns-3's dumbbells (development version of May 2026), 1 Gb/s and 20 ms, flow i starting at 10 i ms, measured
/// from 2 to 10 s. The ceiling of goodput is 1448 of 1502 bytes.
///
/// Their third, sixteen CUBIC flows on a tenth of a BDP of buffer, needs whole packets: here what overflows is taken
/// from all flows in proportion, which cuts all of them at once.
@Suite struct DumbbellTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var flows: Int
    var threshold: Int64?
    var goodput: Double
    var queue: Double
    var testDescription: String { "\(name), \(flows) flows" }
  }

  @Test(
    arguments: [
      Case(name: "cubic", flows: 2, threshold: nil, goodput: 0.964048, queue: 1_564_970),
      Case(name: "dctcp", flows: 16, threshold: 425_000, goodput: 0.964048, queue: 361_830),
    ])
  func agreesWithAnotherSimulator(_ row: Case) throws {
    let mark = row.threshold.map { Time.nanoseconds($0 * 8) }
    var loop = try Loop.of(
      row.name, capacity: .gigabits(1), roundTrips: Array(repeating: .microseconds(20_000), count: row.flows),
      packetBytes: 1502, buffer: 2_500_000,
      marking: mark.map { MarkingRule(minimum: $0, maximum: $0, probability: 1) }, step: .microseconds(25))
    // Senders of ns-3 do not pace: the access link has ten times the rate of the bottleneck.
    loop.pacing = 10
    for i in loop.flows.indices { loop.flows[i].start = .microseconds(Int64(10_000 * i)) }
    loop.run(for: .seconds(2))
    loop.measure()
    loop.run(for: .seconds(8))
    let goodput = Double(loop.served) * 1448 / 1502 * 8 / 8e9
    let queue = loop.queueSeconds / 8
    print(
      "figure: dumbbell, \(row.testDescription): goodput \(goodput) (ns-3 \(row.goodput)), mean queue \(queue) "
        + "(\(row.queue))")
    #expect(relative(goodput, row.goodput) < 0.02)
    #expect(relative(queue, row.queue) < 0.15)
  }
}
