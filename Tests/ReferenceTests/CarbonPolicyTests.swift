// SPDX-License-Identifier: Apache-2.0

import Emulation
import Foundation
import Quantities
import Records
import Runs
import ScenarioFile
import Testing

/// Published results of waiting for clean power (`carbon/expected.json`), through everything from the scenario to the
/// meters: a thousand jobs of PAI, shifted by policies on a site with room for all of them.
@Suite struct CarbonPolicyTests {
  struct Expected: Decodable {
    struct Result: Decodable {
      var carbonKg: Double
      var meanWait: Double
      enum CodingKeys: String, CodingKey {
        case carbonKg = "carbon_kg"
        case meanWait = "avg_wait_s"
      }
    }
    var results: [String: Result]
  }

  private final class Sink: RecordSink {
    var jobs: [JobRecord] = []
    var carbonKg = 0.0
    func append(_ records: [Record]) throws {
      for record in records {
        switch record {
        case .job(let job): jobs.append(job)
        case .stay(let stay): carbonKg += stay.carbonKg
        default: break
        }
      }
    }
    func flush() throws -> Int64 { 0 }
  }

  /// Run times are cut to the slots of 5 s of the reference.
  private static func trace(_ path: String) throws -> URL {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
    var text = "job_id,submit_s,gpus,duration_s\n"
    for (index, line) in lines.dropFirst().enumerated() {
      let fields = line.split(separator: ",")
      let length = Int64(try #require(Double(fields[1]))) / 5 * 5
      text += "\(index),\(Int64(try #require(Double(fields[0])))),\(fields[2]),\(length)\n"
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("longhaul-\(UUID().uuidString).csv")
    try text.write(to: file, atomically: true, encoding: .utf8)
    return file
  }

  /// Kilograms at 1 kW a GPU, mean time beyond the run time in seconds, and preemptions.
  private static func run(_ policy: String, _ trace: String, carbon: String) throws -> (Double, Double, Int32) {
    let scenario = try ScenarioReader.read(
      path: Place.root.appendingPathComponent("Scenarios/one-cluster.yaml").path,
      overrides: ScenarioOverrides(
        set: [
          ("sites[*].gpus.count", "2048"), ("models.assignment", "none"), ("models.data_home", "none"),
          ("calendar", "2023-06-16T16:00:00Z"),
          (
            "sites[*].carbon",
            "{file: \(carbon), column: 'Carbon Intensity gCO₂eq/kWh (direct)', unit: g/kWh}"
          ),
        ], trace: trace, format: "native", policy: policy))
    let workloads = try LoadedWorkloads(scenario)
    let plan = try FleetPlan(scenario: scenario, jobs: workloads.jobs)
    let sink = Sink()
    let conductor = Conductor(plan: plan, carrier: InlineCarrier(checked: true), sink: sink)
    conductor.checked = true
    #expect(try conductor.run().complete)
    var late = 0.0
    for record in sink.jobs {
      #expect(record.status == .completed)
      let job = plan.jobs[Int(record.job)]
      late += (record.end - job.submit - job.duration).seconds
    }
    // A GPU of the catalogue draws 1.35 kW at work; the site adds nothing.
    return (
      sink.carbonKg / 1.35, late / Double(sink.jobs.count), sink.jobs.reduce(0) { $0 + $1.preemptions }
    )
  }

  @Test func composedPoliciesGiveThePublishedFigures() throws {
    guard let file = Place.shared("reference/carbon/expected.json"),
      let jobs = Place.shared("data/jobs/alibaba-pai-2020-gaia/pai_1k.csv"),
      let carbon = Place.shared("data/carbon/electricitymaps-2023/DE-LU_2023_hourly.csv")
    else { return }
    let expected = try JSONDecoder().decode(Expected.self, from: try Data(contentsOf: URL(fileURLWithPath: file)))
    let trace = try Self.trace(jobs)
    defer { try? FileManager.default.removeItem(at: trace) }
    let slack = "slack=24h,short=2h,short_slack=6h"
    let policies = [
      "run-now": "fifo~run-now", "wait-full-slack": "fifo~wait-full(\(slack))",
      "lowest-slot": "fifo~lowest-slot(\(slack))",
      "lowest-window, starts tried on the hour from arrival": "fifo~lowest-window(\(slack))",
      "wait-awhile (suspend and resume in the cheapest 5 s slots)": "fifo~wait-awhile(\(slack))",
    ]
    #expect(Set(policies.keys) == Set(expected.results.keys))
    for (name, policy) in policies.sorted(by: { $0.key < $1.key }) {
      let result = try #require(expected.results[name])
      let (kilograms, late, preemptions) = try Self.run(policy, trace.path, carbon: carbon)
      print("\(policy): \(kilograms) kg, \(late) s late, \(preemptions) preemptions")
      #expect(abs(kilograms / result.carbonKg - 1) < 0.001, "\(policy): \(kilograms) kg")
      #expect(abs(late - result.meanWait) <= max(0.001, 0.001 * result.meanWait), "\(policy): \(late) s")
      #expect((preemptions > 0) == (name.hasPrefix("wait-awhile")), "\(policy)")
    }
    // Waiting awhile is also what it says under forecasts that are worse: never cleaner than what knew everything.
    let (perfect, _, _) = try Self.run("fifo~lowest-window(\(slack))", trace.path, carbon: carbon)
    let (noisy, _, _) = try Self.run(
      "fifo~lowest-window(\(slack),forecast=noise,error=0.2)", trace.path, carbon: carbon)
    let (yesterday, _, _) = try Self.run(
      "fifo~lowest-window(\(slack),forecast=persistence)", trace.path, carbon: carbon)
    print("lowest-window: perfect \(perfect) kg, noise 20 % \(noisy) kg, persistence \(yesterday) kg")
    #expect(perfect < noisy && perfect < yesterday)
  }
}
