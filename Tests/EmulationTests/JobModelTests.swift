// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Quantities
import Results
import Runs
import ScenarioFile
import Testing
import Workload

/// Jobs split in each way, and requests, in actual runs: met with the formula, and alike under both drivers.
@Suite struct JobModelTests {
  func longHaul(_ set: [(path: String, value: String)] = []) throws -> Summary {
    let scenario = try ScenarioReader.read(
      path: root + "/Scenarios/long-haul-340b.yaml", overrides: ScenarioOverrides(set: set.map { ($0.path, $0.value) }))
    return try run(scenario)
  }

  /// NVIDIA's long-haul run as a run: 3,072 GPUs on two sites keep at least 96 % of one site's throughput, at 21 ms of
  /// round trip and anywhere from 0 to 50 ms.
  @Test func longHaulKeepsItsThroughput() throws {
    let alone = try longHaul([("sites[east].gpus.count", "3072")])
    #expect(alone.jobs.split == 0)
    let base = try #require(alone.jobs.jct.mean)
    var shares: [Double] = []
    // 1,000 km and 400ZR+ optics take 4.905 ms each way.
    for extra in ["0 s", "5.6 ms", "20.095 ms"] {
      let two = try longHaul([("links[*].extra_delay", extra)])
      #expect(two.jobs.split == 1 && two.jobs.completed == 1)
      shares.append(base / (try #require(two.jobs.jct.mean)))
    }
    #expect(shares.allSatisfy { $0 >= 0.96 }, "\(shares)")
    #expect(shares[0] >= shares[1] && shares[1] >= shares[2] && shares[0] - shares[2] < 0.005, "\(shares)")
  }

  /// Above, at and below the knee of 0.79 Tb/s, with overlap and without, the run is within half a per cent of the
  /// formula.
  @Test(arguments: [(400, "data"), (200, "data"), (150, "data"), (100, "data"), (200, "data(overlap=none)")])
  func longHaulMeetsTheFormula(gigabits: Int, text: String) throws {
    let summary = try longHaul([("links[*].rate", "\(gigabits) Gb/s"), ("models.parallelism", text)])
    let share = 360_000 / (try #require(summary.jobs.jct.mean))
    let time = PublishedTraining.longHaul(
      try Parallelism(parsing: text), bitsPerSecond: 4e9 * Double(gigabits), roundTrip: 0.02101)
    #expect(abs(share / (time.alone / time.total) - 1) < 0.005, "\(share) against \(time.alone / time.total)")
    // By hand: 0.8 Tb/s without overlap, 10.3 / (10.3 + 6.8 + 0.021) = 60.2 %.
    if text != "data" { #expect(abs(share - 0.602) < 0.005) }
  }

  /// Other ways of splitting over a thin link.
  @Test(arguments: ["diloco", "diloco(overlap_steps=100)", "streaming-diloco", "pipeline(in_flight=8)"])
  func otherWaysMeetTheFormula(text: String) throws {
    let summary = try longHaul([("links[*].rate", "10 Gb/s"), ("models.parallelism", text)])
    let share = 360_000 / (try #require(summary.jobs.jct.mean))
    let time = PublishedTraining.longHaul(try Parallelism(parsing: text), bitsPerSecond: 40e9, roundTrip: 0.02101)
    #expect(abs(share / (time.alone / time.total) - 1) < 0.01, "\(share) against \(time.alone / time.total)")
  }

  /// Three sites in a row and a job that needs all of them: a chain for the pipeline, a ring for the rest.
  func threeSites(_ parallelism: String, _ scratch: Scratch) throws -> Scenario {
    try """
    job_id,submit_s,gpus,duration_s,model,splittable
    one,0,96,36000,llama-3-8b,true
    two,100,96,7200,dlrm,true
    """.write(toFile: scratch.file("jobs.csv"), atomically: true, encoding: .utf8)
    var fleet = SmallFleet()
    fleet.policy = "fifo-skip@first-fit(max_sites=3)"
    var yaml = fleet.yaml
    let begin = try #require(yaml.range(of: "workloads:")).lowerBound
    yaml =
      String(yaml[..<begin]) + """
        workloads: [{trace: jobs.csv, format: native}]
        models: {assignment: none, data_home: none, parallelism: '\(parallelism)'}
        """
    return try ScenarioReader.parse(
      yaml: yaml, file: "three.yaml", baseDirectory: scratch.path, overrides: ScenarioOverrides())
  }

  @Test(arguments: ["data", "pipeline(in_flight=12)", "diloco(local_steps=10)", "streaming-diloco(local_steps=20)"])
  func bothDriversAgree(text: String) throws {
    let scratch = try Scratch()
    let scenario = try threeSites(text, scratch)
    let inline = try run(scenario)
    #expect(try run(scenario, driver: .processes).digest == inline.digest)
    // The recommendation model may not be split, and no site has 96 GPUs.
    #expect(inline.jobs.completed == 1 && inline.jobs.split == 1 && inline.jobs.rejected == 1)
    #expect(inline.modelAssignment.contains { $0.contains("dlrm") && $0.contains("all-to-all") })
    // In a chain each link carries the same both ways. In a ring, the way from the last site to the first leads over
    // both links as well, so that here too nothing differs.
    let bytes = try inline.wan.links.map { try #require($0.bytes) }
    #expect(bytes.allSatisfy { $0 > 0 && abs(Double($0) / Double(bytes[0]) - 1) < 1e-3 }, "\(bytes)")
  }

  // MARK: Requests

  @Test func requestsAreServedAlikeUnderBothDrivers() throws {
    let scenario = try ScenarioReader.read(
      path: root + "/Scenarios/serving.yaml",
      overrides: ScenarioOverrides(set: [("workloads[0].requests", "600"), ("workloads[1].jobs", "20")]))
    let inline = try run(scenario)
    let processes = try run(scenario, driver: .processes)
    #expect(inline.digest == processes.digest && inline.inference == processes.inference)
    let stream = try #require(inline.inference?.first)
    #expect(stream.requests == 600 && stream.served == 600)
    #expect(stream.sites.reduce(0) { $0 + $1.requests } == 600)
    // Users are 5 ms from a site at least; 8 H100 read 70 B in 8.8 ms.
    #expect(try #require(stream.firstToken.p50) > 0.018 && (try #require(stream.perToken.p50)) > 0.0087)
    #expect(stream.attainment > 0.5 && stream.attainment <= min(stream.firstTokenAttainment, stream.perTokenAttainment))
    // Its replicas are jobs: 24 GPUs for as long as requests last.
    #expect(inline.jobs.submitted == 22 && inline.jobs.completed == 22)
    #expect(inline.assumptions.contains { $0.contains("followed beside the run") })
    // Far users get their tokens later.
    let far = try ScenarioReader.read(
      path: root + "/Scenarios/serving.yaml",
      overrides: ScenarioOverrides(set: [
        ("workloads[0].requests", "600"), ("workloads[1].jobs", "20"), ("workloads[0].access_delay", "105 ms"),
      ]))
    let later = try #require(try run(far).inference?.first?.firstToken.p50)
    #expect(abs(later - (try #require(stream.firstToken.p50)) - 0.2) < 0.05)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let scenario = try ScenarioReader.read(
      path: root + "/Scenarios/serving.yaml",
      overrides: ScenarioOverrides(set: [("workloads[0].gpus_per_replica", "1")]))
    let error = try #require(#expect(throws: ScenarioError.self) { try run(scenario) })
    #expect(error.message.contains("take 141 GB") && error.advice.contains("gpus_per_replica"))
  }
}
