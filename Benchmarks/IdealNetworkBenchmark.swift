// SPDX-License-Identifier: Apache-2.0

import Foundation
import Network
import Quantities

extension Benchmark {
  static let idealNetwork = Benchmark(
    name: "ideal", summary: "IdealNetwork, 10,000 transfers between 8 sites under max-min sharing"
  ) {
    let folder = "reference/network"
    guard let path = Place.shared("\(folder)/transfers_10k_finish.csv", without: "transfers of the ideal network")
    else { return }
    let transfers = try ReferenceTransfer.read(path)
    var speed = Samples()
    var worst = 0.0
    for _ in 0..<7 {
      let watch = Stopwatch()
      let finish = ReferenceTransfer.play(transfers)
      speed.add(Double(transfers.count) / watch.cpuSeconds)
      for (transfer, end) in zip(transfers, finish) {
        worst = max(worst, abs(end.seconds - transfer.finish) / transfer.finish)
      }
    }
    var table = Columns(["program", "transfers per CPU second", "largest error of a finish time"])
    table.add(["IdealNetwork", speed.text, figure(worst)])
    table.add(["SimGrid 3.32, not of this run", figure(ReferenceTransfer.simGrid), "the reference"])
    table.show()
    print(
      "   SimGrid's figure was measured once on two shared cores (README beside the data): for orientation, no claim.")
  }
}

/// A row of the reference: egress link of the source, then the link between source and destination.
private struct ReferenceTransfer {
  var spec: FlowSpec
  var start: Time
  var path: [Int]
  var finish: Double

  static let sites = 8
  /// Transfers per CPU second of SimGrid 3.32 on the same file, from the README beside it.
  static let simGrid = 68_000.0

  static func read(_ path: String) throws -> [ReferenceTransfer] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return try text.split(separator: "\n").dropFirst().map { line in
      let cells = line.split(separator: ",")
      guard cells.count == 6, let id = Int32(cells[0]), let start = Double(cells[1]), let from = Int(cells[2]),
        let to = Int(cells[3]), let bytes = Int64(cells[4]), let finish = Double(cells[5])
      else { throw BenchmarkError("'\(path)': expected id,start_s,src,dst,bytes,finish_s, found '\(line)'") }
      return ReferenceTransfer(
        spec: FlowSpec(
          id: FlowID(job: id, segment: 0, ordinal: 0), source: from, destination: to, amount: BitTicks(bytes: bytes),
          limit: .unlimited),
        start: .seconds(start), path: [from, sites + from * sites + to], finish: finish)
    }
  }

  /// Finish times in the order of the transfers, which is that of their starts.
  static func play(_ transfers: [ReferenceTransfer]) -> [Time] {
    var network = IdealNetwork(
      capacities: [BitRate](repeating: .gigabits(500), count: sites)
        + [BitRate](repeating: .gigabits(100), count: sites * sites))
    var finish = [Time](repeating: .never, count: transfers.count)
    var events: [IdealNetwork.Event] = []
    var next = 0
    while true {
      let now = min(network.nextEvent(), next < transfers.count ? transfers[next].start : .never)
      if now == .never { return finish }
      network.advance(to: now, &events)
      while next < transfers.count, transfers[next].start <= now {
        network.open(transfers[next].spec, path: transfers[next].path, demand: .unlimited, at: now)
        next += 1
      }
      network.settle(at: now, &events)
      for case .finished(let spec) in events { finish[Int(spec.id.job)] = now }
      events.removeAll(keepingCapacity: true)
    }
  }
}
