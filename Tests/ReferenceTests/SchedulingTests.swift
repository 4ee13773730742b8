// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Job lists with the results on which other simulators agree, through everything from the scenario to the records:
/// equal to the last digit that was printed.
@Suite struct SchedulingTests {
  /// Results of one policy on one pool, as the reference prints them.
  struct Expected: Decodable {
    var jobs: Int
    var meanCompletion: Double
    var meanWait: Double
    var medianCompletion: Double?
    var p99Completion: Double?
    var p99Wait: Double?
    var longestWait: Double?
    var boundedSlowdown: Double?
    var makespan: Double?
    var firstSubmit: Double?

    enum CodingKeys: String, CodingKey {
      case jobs
      case meanCompletion = "avg_jct"
      case meanWait = "avg_wait"
      case medianCompletion = "p50_jct"
      case p99Completion = "p99_jct"
      case p99Wait = "p99_wait"
      case longestWait = "max_wait"
      case boundedSlowdown = "bsld10"
      case makespan
      case firstSubmit = "first_submit"
    }
  }

  struct Pool: Decodable {
    var gpus: Int
    var policies: [String: Expected]

    enum CodingKeys: String, CodingKey {
      case gpus = "pool_gpus"
      case policies
    }
  }

  struct Pools: Decodable {
    var gpus: [Int]
    var policies: [String: [String: Expected]]

    enum CodingKeys: String, CodingKey {
      case gpus = "pool_gpus"
      case policies
    }
  }

  struct VirtualClusters: Decodable {
    var nodes: [String: Int]
    var policies: [String: [String: Expected]]

    enum CodingKeys: String, CodingKey {
      case nodes = "nodes_of_8_gpus"
      case policies
    }
  }

  struct Reference: Decodable {
    var pai: Pool
    var philly: Pool
    var tight: VirtualClusters
    var tiresias: Pools

    enum CodingKeys: String, CodingKey {
      case pai = "pai_1k.csv"
      case philly = "philly_week_20171009.csv"
      case tight = "philly_tight_3vc.csv"
      case tiresias = "tiresias_60_job.csv"
    }
  }

  private static let folder = "reference/scheduling"

  private func reference() throws -> Reference? {
    guard let path = Place.shared("\(SchedulingTests.folder)/expected.json") else { return nil }
    return try JSONDecoder().decode(Reference.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Equal once rounded to `digits` decimals, as the reference is.
  private func expect(
    _ figures: Figures, _ expected: Expected, digits: Int, _ name: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var half = 0.5
    for _ in 0..<digits { half /= 10 }
    func same(_ what: String, _ value: Double, _ wanted: Double?) {
      guard let wanted else { return }
      #expect(abs(value - wanted) <= half * 1.000_001, "\(name): \(what)", sourceLocation: sourceLocation)
    }
    #expect(figures.jobs == expected.jobs, "\(name)", sourceLocation: sourceLocation)
    same("mean completion", figures.meanCompletion, expected.meanCompletion)
    same("median completion", figures.medianCompletion, expected.medianCompletion)
    same("p99 completion", figures.p99Completion, expected.p99Completion)
    same("mean wait", figures.meanWait, expected.meanWait)
    same("p99 wait", figures.p99Wait, expected.p99Wait)
    same("longest wait", figures.longestWait, expected.longestWait)
    same("bounded slowdown", figures.boundedSlowdown, expected.boundedSlowdown)
    // The reference counts the makespan from second 0 of the file's clock; a run begins with the first job.
    same("makespan", figures.span + (expected.firstSubmit ?? 0), expected.makespan)
  }

  private func policy(_ name: String) -> String { name == "easy" ? "fifo+easy" : name }

  /// Columns of a list of jobs as our own format.
  private func native(_ path: String, where keep: ([String: Substring]) -> Bool = { _ in true }) throws -> URL {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
    let names = lines[0].split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    var text = "job_id,submit_s,gpus,duration_s\n"
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      let row = Dictionary(uniqueKeysWithValues: zip(names, fields))
      guard keep(row) else { continue }
      let values = try ["job_id", "submit_time", "num_gpu", "duration"].map { try #require(row[$0]) }
      text += values.joined(separator: ",") + "\n"
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("longhaul-\(UUID().uuidString).csv")
    try text.write(to: file, atomically: true, encoding: .utf8)
    return file
  }

  /// 1,000 jobs of Alibaba's PAI on 24 GPUs: its simulator's figures for the `-skip` policies.
  @Test func pai() throws {
    guard let reference = try reference(), let trace = Place.shared("\(SchedulingTests.folder)/pai_1k.csv") else {
      return
    }
    #expect(reference.pai.policies.count == 5)
    for (name, expected) in reference.pai.policies.sorted(by: { $0.key < $1.key }) {
      let ends = try emulate(
        trace: trace, format: "pai-sim", policy: policy(name), gpus: reference.pai.gpus)
      expect(Figures(ends), expected, digits: 4, "pai_1k \(name)")
    }
  }

  /// A week of Microsoft's Philly, 12,751 jobs, on 480 GPUs.
  @Test func phillyWeek() throws {
    guard let reference = try reference(),
      let trace = Place.shared("\(SchedulingTests.folder)/philly_week_20171009.csv")
    else { return }
    #expect(reference.philly.policies.count == 2)
    for (name, expected) in reference.philly.policies.sorted(by: { $0.key < $1.key }) {
      let ends = try emulate(
        trace: trace, format: "pai-sim", policy: policy(name), gpus: reference.philly.gpus)
      expect(Figures(ends), expected, digits: 4, "philly_week \(name)")
    }
  }

  /// Three of Philly's virtual clusters on nodes of 8 GPUs, jobs packed on as few nodes as hold them: the figures of
  /// the Helios simulator.
  @Test func phillyVirtualClusters() throws {
    guard let reference = try reference(),
      let trace = Place.shared("\(SchedulingTests.folder)/philly_tight_3vc.csv")
    else { return }
    for (cluster, nodes) in reference.tight.nodes.sorted(by: { $0.key < $1.key }) {
      let jobs = try native(trace) { $0["vc"] == Substring(cluster) }
      defer { try? FileManager.default.removeItem(at: jobs) }
      for name in ["fifo", "sjf"] {
        let expected = try #require(reference.tight.policies[name]?[cluster])
        let ends = try emulate(
          trace: jobs.path, format: "native", policy: "\(name)@consolidated", gpus: 8 * nodes)
        expect(Figures(ends), expected, digits: 2, "philly_tight \(cluster) \(name)")
      }
    }
  }

  /// The 60 jobs that come with Tiresias, on 16 and on 8 GPUs.
  @Test func tiresias() throws {
    guard let reference = try reference(), let trace = Place.shared("\(SchedulingTests.folder)/tiresias_60_job.csv")
    else { return }
    let jobs = try native(trace)
    defer { try? FileManager.default.removeItem(at: jobs) }
    for gpus in reference.tiresias.gpus {
      let policies = try #require(reference.tiresias.policies["\(gpus)"])
      #expect(policies.count == 2)
      for (name, expected) in policies.sorted(by: { $0.key < $1.key }) {
        let ends = try emulate(trace: jobs.path, format: "native", policy: policy(name), gpus: gpus)
        expect(Figures(ends), expected, digits: 4, "tiresias \(gpus) \(name)")
      }
    }
  }

  /// The log of KTH's SP2 of 1996 under EASY with the users' estimates: Gaussier et al. (SC 2015) publish a mean wait
  /// of 6836.872 s over 28,481 jobs. They handle submissions of an instant before terminations; with all events of an
  /// instant taken together, ends first, as here, an independent program finds 6834.587 s.
  @Test func easyBackfillingOfKTH() throws {
    guard let trace = Place.shared("data/jobs/swf-kth-sp2-1996/KTH-SP2-1996-log.swf") else { return }
    let ends = try emulate(
      trace: trace, format: "swf", policy: "fifo+easy", gpus: 100, estimates: "user")
    let figures = Figures(ends)
    print("KTH-SP2, EASY: mean wait \(figures.meanWait) s over \(figures.jobs) jobs")
    #expect(figures.jobs == 28_481)
    #expect(abs(figures.meanWait - 6836.872) <= 1e-3 * 6836.872)
    #expect(abs(figures.meanWait - 6834.587) <= 1e-6 * 6834.587)
  }
}
