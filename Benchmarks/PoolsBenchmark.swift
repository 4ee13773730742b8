// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Quantities
import Results
import Runs
import ScenarioFile
import Simulation
import Workload

extension Benchmark {
  static let pools = Benchmark(
    name: "pools", summary: "68,000 jobs over 11 pools that they are pinned to: the scheduling itself, and whole runs"
  ) {
    var table = Columns(["queues", "policy", "jobs", "events", "longest queue", "CPU s", "us per job"])
    let jobs = try Pools.jobs()
    let cases: [(name: String, policy: String, plans: [FleetPlan])] = [
      ("one for each pool", "fifo", try Pools.sizes.indices.map { try Pools.plan("fifo", jobs, only: $0) }),
      ("one", "fifo-skip", [try Pools.plan("fifo-skip", jobs, only: nil)]),
      ("one", "fifo", [try Pools.plan("fifo", jobs, only: nil)]),
    ]
    for (name, policy, plans) in cases {
      var seconds = Samples()
      var events: UInt64 = 0
      var longest = 0
      for _ in 0..<3 {
        events = 0
        longest = 0
        let watch = Stopwatch()
        for plan in plans {
          let conductor = Conductor(plan: plan, carrier: InlineCarrier(), sink: NoSink())
          conductor.afterRound = { longest = max(longest, $0.queued) }
          events += try conductor.run().counts.events
        }
        seconds.add(watch.cpuSeconds)
      }
      table.add([
        name, policy, "\(jobs.count)", figure(Double(events)), "\(longest)", seconds.text,
        figure(seconds.median / Double(jobs.count) * 1e6),
      ])
    }
    table.show()
    print("   Machines, policy and conductor, inline, ideal; without reading jobs and without writing results.")
    var whole = Columns(["policy", "wall s, read to written", "of that, the run", "peak MB"])
    try Place.withTemporaryFolder { folder in
      let trace = folder + "/jobs.csv"
      try NativeTrace.write(jobs: jobs, to: trace)
      for policy in ["fifo-skip", "fifo"] {
        var wall = Samples()
        var run = Samples()
        var memory = Samples()
        for _ in 0..<3 {
          let watch = Stopwatch()
          _ = try ChildProcess([Pools.option, policy, trace, folder + "/run"]).wait()
          wall.add(watch.wallSeconds)
          let engine = try RunDirectory.readSummary(folder + "/run").engine
          run.add(engine.wallSeconds)
          memory.add(engine.peakRSSMB)
        }
        whole.add([policy, wall.text, run.text, memory.text])
      }
    }
    whole.show()
    print("   One queue, a process each: trace read, jobs run, CSV files, database and summary written.")
  }
}

/// Eleven pools of GPUs with the jobs of Philly, made from its published figures; pools and pins are invented.
enum Pools {
  static let option = "--pools"
  /// GPUs of each pool. Together they are held to 83 % on average.
  static let sizes = [144, 96, 80, 72, 64, 56, 48, 40, 40, 32, 32]

  static func name(_ pool: Int) -> String { "pool-\(pool < 9 ? "0" : "")\(pool + 1)" }

  /// Pins are drawn in proportion to the pools.
  static func jobs() throws -> [Job] {
    var random = RandomStream(seed: 1, name: "pools benchmark")
    return try TraceSynthesis.jobs(profile: .philly, count: 68_000, seed: 1).map { job in
      var job = job
      var ticket = random.below(sizes.reduce(0, +))
      var pool = 0
      while ticket >= sizes[pool] {
        ticket -= sizes[pool]
        pool += 1
      }
      job.pin = name(pool)
      return job
    }
  }

  /// - Parameter workload: the YAML of it.
  static func scenario(_ policy: String, pools: [Int], workload: String) throws -> Scenario {
    let sites = pools.map { pool in
      """
        - id: \(name(pool))
          at: {latitude: 47.2, longitude: -119.8}
          gpus: {model: h100, count: \(sizes[pool]), per_node: 8, scale_up_domain: 8}
          fabric: {optics: 800g-2xdr4, oversubscription: 1}
          power: {pue: 1.2}
          price: {constant: 40 USD/MWh}
          carbon: {constant: 400 g/kWh}
      """
    }
    let links = zip(pools, pools.dropFirst()).map {
      "\n  - {between: [\(name($0)), \(name($1))], distance: 1 km, medium: smf, optics: 400zr-plus, wavelengths: 1}"
    }
    let yaml = """
      name: pools
      seed: 1
      calendar: 2023-10-09T00:00:00Z
      sites:
      \(sites.joined(separator: "\n"))
      links: \(links.isEmpty ? "[]" : links.joined())
      coordinator: {delay: 0 s}
      network: {level: ideal}
      scheduler: {policy: \(policy), estimates: exact}
      workloads:
        - \(workload)
      models: {assignment: none, data_home: uniform, seed: 7}
      """
    return try ScenarioReader.parse(
      yaml: yaml, file: "pools.yaml", baseDirectory: Place.root, overrides: ScenarioOverrides())
  }

  /// - Parameter only: the one pool that is followed, with the jobs pinned to it; nil for all.
  static func plan(_ policy: String, _ jobs: [Job], only: Int?) throws -> FleetPlan {
    let scenario = try scenario(
      policy, pools: only.map { [$0] } ?? Array(sizes.indices), workload: "{synthetic: philly, jobs: 1, seed: 1}")
    return try FleetPlan(scenario: scenario, jobs: only.map { pool in jobs.filter { $0.pin == name(pool) } } ?? jobs)
  }

  /// One whole run in a process of its own. Arguments: policy, trace, run directory.
  static func perform(_ arguments: [String]) throws {
    guard arguments.count == 3 else { throw BenchmarkError("\(option) is for this program's own use") }
    let scenario = try scenario(
      arguments[0], pools: Array(sizes.indices), workload: "{trace: \(arguments[1]), format: native}")
    var options = RunOptions()
    options.driver = .inline
    _ = try EmulationRun.new(scenario, at: arguments[2], options: options, force: true).run()
  }
}
