// SPDX-License-Identifier: Apache-2.0

import Emulation
import Records
import Runs
import ScenarioFile

extension Benchmark {
  static let fleetEvents = Benchmark(
    name: "fleet", summary: "events of a whole fleet, inline: five-regions with its own synthetic jobs"
  ) {
    var table = Columns([
      "network", "jobs", "events", "windows", "messages", "CPU s", "events per CPU second", "CPU s over ideal",
    ])
    let levels = [("ideal", "distance-aware"), ("fluid", "distance-aware"), ("fluid", "dcqcn"), ("fluid", "cubic")]
    var seconds = [Samples](repeating: Samples(), count: levels.count)
    var counts = [RunCounts?](repeating: nil, count: levels.count)
    let plans = try levels.map { level, controller in
      try fiveRegions(ScenarioOverrides(network: level, congestionControl: controller))
    }
    for _ in 0..<3 {
      for index in levels.indices {
        let watch = Stopwatch()
        let conductor = Conductor(plan: plans[index], carrier: InlineCarrier(), sink: NoSink())
        counts[index] = try conductor.run().counts
        seconds[index].add(watch.cpuSeconds)
      }
    }
    for (index, level) in levels.enumerated() {
      guard let count = counts[index] else { continue }
      let events = Double(count.events)
      table.add([
        level.0 == "ideal" ? "ideal" : "fluid, \(level.1)", "\(plans[index].jobs.count)", figure(events),
        figure(Double(count.windows)), figure(Double(count.messages)), seconds[index].text,
        Samples(seconds[index].values.map { events / $0 }).text, (seconds[index] / seconds[0]).text,
      ])
    }
    table.show()
    print("   Machines, scheduler and conductor; without reading the scenario and without writing results.")
  }

  static func fiveRegions(_ overrides: ScenarioOverrides) throws -> FleetPlan {
    let scenario = try ScenarioReader.read(path: Place.scenario("five-regions"), overrides: overrides)
    return try FleetPlan(scenario: scenario, jobs: try LoadedWorkloads(scenario).jobs)
  }
}

/// Takes records and keeps none.
final class NoSink: RecordSink {
  func append(_ records: [Record]) throws {}
  func flush() throws -> Int64 { 0 }
}
