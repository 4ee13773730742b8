// SPDX-License-Identifier: Apache-2.0

import Congestion
import Glibc
import Network
import Quantities
import Report
import Results
import Testing

@Suite struct ReportTests {
  /// A run whose queue and rates draw a picture: a sawtooth and three joins.
  private func run(seed: UInt64 = 1, wall: Double = 0.5, marks: Int64 = 3) throws -> CongestionRun {
    let plan = try plan(dumbbell, seed: seed)
    var result = ExperimentResult()
    for flow in plan.flows {
      result.flows.append(
        ExperimentResult.Flow(
          group: flow.group, delivered: 1_000_000_000, bytes: 1_200_000_000, start: flow.start, end: .never,
          alone: .seconds(0.2), measured: .seconds(0.9), retransmitted: 0))
    }
    let bottleneck = plan.portNames.firstIndex(of: "tor->sink") ?? 0
    result.ports = plan.ports.map { _ in ExperimentResult.Port() }
    result.ports[bottleneck].utilisation = 0.987
    result.ports[bottleneck].marks = marks
    result.ports[bottleneck].queueMicroseconds.p99 = 120
    for index in 1...100 {
      var queues = [Int64](repeating: 0, count: plan.ports.count)
      queues[bottleneck] = Int64(index % 20) * 100_000
      let open = min(3, 1 + index / 25)
      result.series.append(
        ExperimentResult.Sample(
          at: .seconds(0.01 * Double(index)),
          flows: (0..<open).map { (flow: $0, rate: 40e9 / Double(open + $0), window: $0 == 0 ? 5e6 : .infinity) },
          queues: queues))
    }
    result.events = 1000
    result.packetHops = 5000
    return CongestionRun(plan: plan, result: result, wallSeconds: wall)
  }

  private func report(_ runs: [CongestionRun]) -> CongestionReport {
    var report = CongestionReport(name: "dumbbell", network: "packet")
    report.runs = runs
    return report
  }

  @Test func jsonHasTheDocumentedKeysInOrder() throws {
    let text = try report([run()]).json.text
    let keys = [
      "\"name\"", "\"network\"", "\"runs\"", "\"algorithm\"", "\"preset\"", "\"parameters\"", "\"seed\"", "\"flows\"",
      "\"group\"", "\"bytes\"", "\"fct_s\"", "\"slowdown\"", "\"goodput_bps\"", "\"ports\"", "\"utilisation\"",
      "\"queue_bytes\"", "\"mean\"", "\"p50\"", "\"p99\"", "\"max\"", "\"queue_us\"", "\"drops\"",
      "\"drops_in_warmup\"", "\"marks\"", "\"bytes_in\"", "\"bytes_out\"", "\"jain\"", "\"collectives\"",
      "\"convergence_s\"", "\"engine\"", "\"events\"", "\"packet_hops\"", "\"wall_s\"", "\"digest\"",
    ]
    var rest = text[...]
    for key in keys {
      let found = try #require(rest.firstRange(of: key), "\(key) is missing or out of order")
      rest = rest[found.upperBound...]
    }
    #expect(text.contains("\"name\": \"tor->sink\""))
    #expect(text.contains("\"fct_s\": null"))
  }

  @Test func digestCoversResultsAndNotTheMachine() throws {
    let one = try report([run()]).digest
    #expect(one.utf8.count == 64)
    #expect(try report([run(wall: 99)]).digest == one)
    #expect(try report([run(marks: 4)]).digest != one)
    #expect(try report([run(), run()]).digest != one)
  }

  @Test func seriesNamesFlowsAndPorts() throws {
    let lines = try report([run(seed: 7)]).seriesCSV.split(separator: "\n")
    #expect(lines[0] == "time_s,kind,name,rate_bps,window_bytes,queue_bytes,algorithm,preset,seed")
    #expect(lines[1] == "0.01,flow,far-sink#0,40000000000,5000000,,distance-aware,,7")
    #expect(lines[2] == "0.01,port,tor->sink,,,100000,distance-aware,,7")
    // Only the port that ever has a queue is listed.
    #expect(lines.filter { $0.contains(",port,") }.count == 100)
    #expect(lines.allSatisfy { $0.count { $0 == "," } == 8 })
  }

  @Test func filesOfTwoRuns() throws {
    let folder = "/tmp/congestion-\(getpid())"
    defer {
      for name in [1, 2].map({ "congestion-distance-aware-\($0).svg" }) + ["series.csv", "congestion.json"] {
        unlink("\(folder)/out/\(name)")
      }
      rmdir("\(folder)/out")
      rmdir(folder)
    }
    let files = try report([run(seed: 1), run(seed: 2)]).write(to: folder + "/out")
    #expect(
      files == ["series.csv", "congestion-distance-aware-1.svg", "congestion-distance-aware-2.svg", "congestion.json"])
    for file in files { #expect(access("\(folder)/out/\(file)", R_OK) == 0) }
    #expect(access("\(folder)/out/congestion.json.partial", F_OK) != 0)
  }

  @Test func namesOfPicturesDiffer() throws {
    #expect(
      try report([run(), run()]).pictureNames == [
        "congestion-distance-aware-1.svg", "congestion-distance-aware-1-2.svg",
      ])
  }

  @Test func tableForPeople() throws {
    let lines = try CongestionTable(report([run(seed: 1), run(seed: 2)]), directory: "out").description
      .split(separator: "\n").map(String.init)
    #expect(lines[0] == "dumbbell, packet level")
    #expect(lines[1].hasPrefix("Algorithm       seed"))
    #expect(!lines[1].contains("FCT"), "nothing finished, so there is no such column")
    // 3 x 8 Gbit in 0.9 s.
    #expect(lines[2].contains("26.67") && lines[2].contains("98.7 %") && lines[2].contains("120.0 us"), "\(lines[2])")
    #expect(lines[4].contains("mean"))
    #expect(lines.last == "Results in   out")
  }
}
