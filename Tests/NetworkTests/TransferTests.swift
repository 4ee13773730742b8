// SPDX-License-Identifier: Apache-2.0

import Foundation
import Network
import Quantities
import Simulation
import Testing

/// Ten thousand transfers among eight sites against the finish times of another simulator.
@Suite struct TransferTests {
  private struct Transfer {
    var id: Int
    var start: Time
    var path: [Int]
    var bytes: Int64
  }

  /// The reference data beside the repository; nil, and said so, if they are not there.
  private func lines(_ name: String) throws -> [Substring]? {
    let here = URL(fileURLWithPath: #filePath)
    let root =
      ProcessInfo.processInfo.environment["LONGHAUL_ROOT"].map { URL(fileURLWithPath: $0) }
      ?? here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let file = root.deletingLastPathComponent().appendingPathComponent("shared/reference/network/\(name)")
    guard FileManager.default.fileExists(atPath: file.path) else {
      print("SKIPPED: no \(name) in shared/reference/network beside the repository")
      #expect(ProcessInfo.processInfo.environment["CI"] == nil, "reference data are missing")
      return nil
    }
    return try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline).dropFirst().map { $0 }
  }

  private static func cpuSeconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  /// Each ordered pair of sites has a link of 12.5 GB/s, each site one way out of 62.5 GB/s, and nothing takes time but
  /// transmission. The expected times are SimGrid's.
  @Test func finishTimesOfTenThousandTransfers() throws {
    guard let rows = try lines("transfers_10k.csv"), let answers = try lines("transfers_10k_finish.csv") else { return }
    var transfers: [Transfer] = []
    for row in rows {
      let f = row.split(separator: ",")
      let (from, to) = (try #require(Int(f[2])), try #require(Int(f[3])))
      transfers.append(
        Transfer(
          id: try #require(Int(f[0])), start: .seconds(try #require(Double(f[1]))), path: [from, 8 + 8 * from + to],
          bytes: try #require(Int64(f[4]))))
    }
    var expected: [Int: Double] = [:]
    for row in answers {
      let f = row.split(separator: ",")
      let finished: Double = try #require(Double(f[5]))
      expected[try #require(Int(f[0]))] = finished
    }
    #expect(transfers.count == 10_000 && expected.count == 10_000)
    transfers.sort { ($0.start, $0.id) < ($1.start, $1.id) }
    let egress = [BitRate](repeating: .gigabits(500), count: 8)
    var network = IdealNetwork(capacities: egress + [BitRate](repeating: .gigabits(100), count: 64))
    let before = TransferTests.cpuSeconds()
    var finish = [Double](repeating: .nan, count: transfers.count)
    var events: [IdealNetwork.Event] = []
    var next = 0
    while next < transfers.count || network.openFlows > 0 {
      let arrival = next < transfers.count ? transfers[next].start : .never
      let now = min(arrival, network.nextEvent())
      network.advance(to: now, &events)
      while next < transfers.count, transfers[next].start == now {
        let transfer = transfers[next]
        network.open(
          flow(transfer.id, 0, 1, bytes: transfer.bytes, limit: .unlimited), path: transfer.path, demand: .unlimited,
          at: now)
        next += 1
      }
      network.settle(at: now, &events)
      for case .finished(let spec) in events { finish[Int(spec.id.job)] = now.seconds }
      events.removeAll(keepingCapacity: true)
    }
    let spent = TransferTests.cpuSeconds() - before
    print("transfers: \(Int(Double(transfers.count) / spent)) per CPU second")
    var worst = 0.0
    for transfer in transfers {
      let reference = try #require(expected[transfer.id])
      worst = max(worst, abs(finish[transfer.id] - reference) / reference)
    }
    print("transfers: finish times differ by at most \(worst) relative")
    #expect(worst < 1e-4)
    var bytes: Int64 = 0
    for transfer in transfers { bytes += transfer.bytes }
    var carried: BitTicks = 0
    for port in 0..<8 { carried += network.carried(port, at: network.now) }
    #expect(carried == BitTicks(bytes: bytes))
  }
}
