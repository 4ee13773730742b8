// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import ScenarioFile
import Testing
import Workload

@Suite struct ExperimentReaderTests {
  @Test func everyFieldOfTheExample() throws {
    let experiment = try parseExperiment(twoDistances)
    #expect(experiment.name == "two-distances-one-bottleneck")
    #expect(experiment.nodes.map(\.name) == ["near", "far", "sink", "tor"])
    #expect(experiment.nodes.map(\.isHost) == [true, true, true, false])
    let far = experiment.links[1]
    // 80 km of single-mode fibre at 4.895 us a kilometre.
    #expect(far.delay == .nanoseconds(391_600))
    #expect((far.parallel, far.balancing, far.loss) == (2, .spray, .random(1e-7)))
    let bottleneck = experiment.links[2]
    #expect(bottleneck.buffer == .bytes(32_000_000))
    guard case .stated(let marking) = bottleneck.marking, case .stated(let phantom) = bottleneck.phantom else {
      Issue.record("marking and phantom queue are stated")
      return
    }
    #expect((marking.minimum, marking.maximum) == (.bytes(1_000_000), .bytes(2_000_000)))
    #expect(marking.probability == 0.05)
    #expect((phantom.drain, phantom.size, phantom.maximum) == (0.95, .roundTrips(1), .roundTrips(0.6)))
    #expect(bottleneck.flowControl?.headroom == .lineTime(.microseconds(100)))
    #expect(experiment.links[0].marking == .byAlgorithm)

    #expect(experiment.flows.map(\.name) == ["near-sink", "far-sink", "near-sink-2"])
    #expect(experiment.flows[0].inflightLimit == 10_000_000)
    guard case .bulk(let first) = experiment.flows[0].traffic, case .bulk(let bulk) = experiment.flows[1].traffic,
      case .poisson(let poisson) = experiment.flows[2].traffic
    else {
      Issue.record("two groups of flows and arrivals")
      return
    }
    #expect(first.bytes == nil)
    #expect((bulk.bytes, bulk.count, bulk.stop, bulk.startJitter) == (8_000_000_000, 2, .seconds(3), .seconds(0.001)))
    #expect(experiment.flows[1].trafficClass == .low)
    #expect((poisson.load, poisson.sizes, poisson.until) == (0.3, .websearch, .seconds(4)))
    let collective = experiment.collectives[0]
    #expect((collective.kind, collective.sites, collective.repeats) == (.allReduce, [[0], [1]], 20))
    #expect(experiment.changes[0].rate == .gigabits(20))
    #expect(experiment.algorithms.map(\.spec.name) == ["distance-aware", "dcqcn", "cubic"])
    #expect(experiment.algorithms[2].spec.parameters == [ControllerParameter(name: "beta", value: 0.7)])
    #expect((experiment.host.acknowledgeEvery, experiment.host.recovery) == (2, .goBackN))
    #expect((experiment.packetBytes, experiment.headerBytes) == (4096, 64))
    #expect((experiment.roundTripError, experiment.controlLoss) == (1.2, 0.01))
    #expect((experiment.warmup, experiment.duration) == (.seconds(0.1), .seconds(5)))
    #expect(experiment.seriesInterval == .seconds(0.01))
    #expect(experiment.seeds == [1, 2, 3])
  }

  @Test func defaults() throws {
    let experiment = try parseExperiment(
      """
      hosts: [a, b]
      links: [{between: [a, b], rate: 10 Gb/s, delay: 1 ms}]
      flows: [{from: a, to: b}]
      duration: 1 s
      """)
    #expect((experiment.name, experiment.network, experiment.seeds) == ("e", .packet, [1]))
    #expect(experiment.algorithms.map(\.spec.name) == ["distance-aware"])
    #expect((experiment.packetBytes, experiment.headerBytes, experiment.warmup) == (4096, 0, .zero))
    #expect(experiment.host == Experiment.HostParameters())
    #expect(experiment.links[0].buffer == nil)
  }

  @Test func groupsAreNumberedMembers() throws {
    let experiment = try parseExperiment(
      """
      hosts: [{name: near, count: 3}, sink]
      switches: [{name: tor, shared_buffer: 16 MB}]
      links:
        - {between: [near, tor], rate: 10 Gb/s, delay: 1 us}
        - {between: [tor, sink], rate: 10 Gb/s, delay: 1 us, buffer: 250 us, \
      loss: {bursts: {probability: 1e-5, length: 8}}}
      flows: [{from: near, to: sink}, {from: near1, to: sink}, {from: [near0, near2], to: sink, stagger: 5 ms}]
      duration: 1 s
      sites: [[near, tor], [sink]]
      """)
    #expect(experiment.nodes.map(\.name) == ["near0", "near1", "near2", "sink", "tor"])
    #expect(experiment.nodes[4].sharedBuffer == 16_000_000)
    #expect(experiment.links[0].ends == [0, 1, 2].map { Experiment.Ends(from: $0, to: 4) })
    #expect(experiment.links[1].buffer == .lineTime(.microseconds(250)))
    #expect(experiment.links[1].loss == .bursts(probability: 1e-5, length: 8))
    let sources = experiment.flows.map { group -> [Int] in
      if case .bulk(let bulk) = group.traffic { bulk.sources } else { [] }
    }
    #expect(sources == [[0, 1, 2], [1], [0, 2]])
    #expect(experiment.flows[2].name == "near0+near2-sink")
    #expect(experiment.sites == [[0, 1, 2, 4], [3]])
  }

  @Test func twoFabricsJoinedByALongLink() throws {
    let experiment = try parseExperiment(
      """
      fabric:
        - {kind: leaf-spine, name: a, hosts: 8, per_leaf: 4, spines: 2, rate: 100 Gb/s, \
      uplink_rate: 400 Gb/s, delay: 1 us}
        - {kind: leaf-spine, name: b, hosts: 8, per_leaf: 4, spines: 2, rate: 100 Gb/s, uplinks: 2, delay: 1 us}
      switches: [border-a, border-b]
      links:
        - {between: [a-spine, border-a], rate: 400 Gb/s, delay: 1 us}
        - {between: [b-spine, border-b], rate: 400 Gb/s, delay: 1 us}
        - {between: [border-a, border-b], rate: 400 Gb/s, distance: 100 km, extra_delay: 5 us}
      flows: [{from: a-h, to: b-h, permutation: true, size: 1 MB}]
      duration: 1 s
      """)
    #expect(experiment.nodes.count { $0.isHost } == 16)
    #expect(experiment.nodes.filter { !$0.isHost }.count == 2 + 2 * (2 + 2))
    #expect(experiment.nodes.contains { $0.name == "b-leaf1" })
    // Host 5 hangs on the second leaf of its fabric.
    let names = experiment.nodes.map(\.name)
    let down = experiment.links[0].ends[5]
    #expect((names[down.from], names[down.to]) == ("a-h5", "a-leaf1"))
    #expect(experiment.links[1].ends.count == 4)
    #expect((experiment.links[1].rate, experiment.links[1].parallel) == (.gigabits(400), 1))
    #expect((experiment.links[3].rate, experiment.links[3].parallel) == (.gigabits(100), 2))
    // 489.5 us of fibre and what comes on top.
    #expect(experiment.links.last?.delay == .nanoseconds(494_500))
  }

  @Test func flowsFromAFile() throws {
    let folder = try Folder()
    try folder.write("transfers.csv", "id,start_s,src,dst,bytes\n7,0.5,a,b,1000\n8,0.000000001,b,a,2000\n")
    let yaml = """
      hosts: [a, b]
      links: [{between: [a, b], rate: 10 Gb/s, delay: 1 ms}]
      flows: [{file: transfers.csv, class: high}]
      duration: 1 s
      """
    let group = try parseExperiment(yaml, in: folder.path).flows[0]
    #expect((group.name, group.trafficClass) == ("transfers", .high))
    let expected = [
      Experiment.Transfer(source: 0, destination: 1, bytes: 1000, start: .seconds(0.5)),
      Experiment.Transfer(source: 1, destination: 0, bytes: 2000, start: .nanoseconds(1)),
    ]
    #expect(group.traffic == .listed(expected))
    for (row, problem) in [
      ("9,0.1,a,c,5", "there is no host 'c'"), ("9,0.1,a,a,5", "'a' would send to itself"),
      ("9,0.1,a,b,0", "expected a number of bytes above zero in column 'bytes', found '0'"),
      ("9,2,a,b,5", "starts at 2 s, after the end at 1 s"), ("9,x,a,b,5", "expected a number of seconds"),
      ("9,1", "expected 5 columns, found 2"),
    ] {
      try folder.write("transfers.csv", "id,start_s,src,dst,bytes\n7,0.5,a,b,1000\n\(row)\n")
      let text = experimentMessage(yaml, in: folder.path)
      #expect(text.hasPrefix("transfers.csv:3: flows[0].file: \(problem)"), "\(text)")
    }
  }

  @Test func sizesFromAFile() throws {
    let folder = try Folder()
    try folder.write("sizes.csv", "bytes,probability\n1000,0.25\n3000,1\n")
    let yaml = """
      hosts: [a, b]
      links: [{between: [a, b], rate: 10 Gb/s, delay: 1 ms}]
      flows: [{from: a, to: b, arrivals: {poisson: {load: 30 %, sizes: {file: sizes.csv}}}}]
      duration: 1 s
      """
    guard case .poisson(let poisson) = try parseExperiment(yaml, in: folder.path).flows[0].traffic else {
      Issue.record("arrivals")
      return
    }
    // A quarter of exactly 1,000 bytes, the rest spread evenly up to 3,000: 250 + 0.75 x 2,000.
    #expect(poisson.sizes.mean == 1750)
    try folder.write("sizes.csv", "bytes,probability\n1000,0.25\n900,1\n")
    #expect(experimentMessage(yaml, in: folder.path).hasPrefix("sizes.csv:3: "))
  }

  /// The first indented block of the documentation is an experiment.
  @Test func theDocumentedExample() throws {
    let text = try String(contentsOfFile: Folders.root + "/Documentation/Experiments.md", encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.hasPrefix("    ") }
      .prefix { $0.hasPrefix("    ") }
    let experiment = try parseExperiment(lines.map { String($0.dropFirst(4)) }.joined(separator: "\n"))
    #expect(experiment.name == "two-distances-one-bottleneck")
    #expect(experiment.links.count == 3)
  }

  @Test func readsTheSameTwice() throws {
    #expect(try parseExperiment(twoDistances) == parseExperiment(twoDistances))
  }
}
