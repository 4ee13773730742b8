// SPDX-License-Identifier: Apache-2.0

import Foundation
import Network
import Quantities
import Testing

/// TCP on a dumbbell against ns-3: goodput within 2 %, mean queue within 15 %.
@Suite struct DumbbellReferenceTests {
  /// One row of the reference.
  struct Row {
    var goodput: Double
    var meanQueue: Double
    var drops: Double

    /// The row for an algorithm, a number of flows and a buffer in bandwidth-delay products; nil, and said so, if there
    /// are no reference data.
    static func read(_ algorithm: String, flows: String, buffer: String) throws -> Row? {
      guard let path = Place.shared("reference/network/ns3_summary.csv") else { return nil }
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
      let names = lines[0].split(separator: ",").map { String($0) }
      for line in lines.dropFirst() {
        let fields = Dictionary(uniqueKeysWithValues: zip(names, line.split(separator: ",").map { String($0) }))
        guard fields["cc"] == algorithm, fields["n"] == flows, fields["qbdp"] == buffer else { continue }
        func number(_ name: String) throws -> Double { try #require(fields[name].flatMap { Double($0) }, "\(name)") }
        return Row(
          goodput: try number("sum_goodput_gbps") * 1e9, meanQueue: try number("q_mean_bytes"),
          drops: try number("drops"))
      }
      Issue.record("no row for \(algorithm), \(flows) flows, buffer \(buffer)")
      return nil
    }
  }

  private func compare(_ name: String, _ row: Row) throws {
    let outcome = try ExperimentOutcome(name)
    let goodput = outcome.result.flows.reduce(0) { $0 + $1.goodput }
    let port = outcome.result.ports[try outcome.port("left", "right")]
    let rates = outcome.result.flows.map { ($0.goodput / 1e6).rounded() }
    print(
      "\(name): goodput \(goodput / 1e9) Gb/s (\(goodput / row.goodput - 1) off), mean queue \(port.queueBytes.mean)",
      "(\(port.queueBytes.mean / row.meanQueue - 1) off), p99 \(port.queueBytes.p99), drops",
      "\(port.drops + port.dropsInWarmup) (\(Int(row.drops)) there), flows \(rates) Mb/s")
    #expect(abs(goodput / row.goodput - 1) <= 0.02)
    #expect(abs(port.queueBytes.mean / row.meanQueue - 1) <= 0.15)
  }

  @Test func twoCubicFlows() throws {
    guard let row = try Row.read("TcpCubic", flows: "2", buffer: "1") else { return }
    try compare("ns3-cubic-2", row)
  }

  @Test func sixteenCubicFlows() throws {
    guard let row = try Row.read("TcpCubic", flows: "16", buffer: "0.1") else { return }
    try compare("ns3-cubic-16", row)
  }

  @Test func sixteenDCTCPFlows() throws {
    guard let row = try Row.read("TcpDctcp", flows: "16", buffer: "1") else { return }
    try compare("ns3-dctcp-16", row)
  }
}
