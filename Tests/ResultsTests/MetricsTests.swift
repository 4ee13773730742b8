// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import Records
import Results
import Testing
import Topology

/// Every figure from the fixture's table, by hand.
@Suite struct MetricsTests {
  private func metrics(_ change: (inout RunInputs) -> Void = { _ in }) throws -> RunMetrics {
    var inputs = Fixture.inputs
    change(&inputs)
    return try LightResults.portrait(records: Fixture.records, info: Fixture.info(), inputs: inputs).metrics
  }

  private func near(_ value: Double?, _ expected: Double, _ what: String) {
    #expect(value.map { abs($0 - expected) <= 1e-9 * max(1, abs(expected)) } == true, "\(what): \(value ?? .nan)")
  }

  @Test func timesOfCompletedJobs() throws {
    let m = try metrics()
    near(m["jct_mean_s"], (110 + 1015.5 + 64) / 3, "completion")
    near(m["wait_mean_s"], (10 + 15 + 60) / 3.0, "wait")
    #expect(m["completed"] == 3 && m["rejected"] == 1 && m["unfinished"] == 1 && m["preemptions"] == 1)
    near(m["makespan_s"], 1020.5, "makespan")
  }

  @Test func finishTimeFairness() throws {
    // Jobs in the fleet on the mean over each job's life: a 339/110, b 2155/1015.5, so that a fair share of 768 GPUs
    // holds them all: 110/100, 1015.5/800 and 64/4. Of these one is 1.1 itself, two are above.
    let m = try metrics()
    near(m["ftf_mean"], (1.1 + 1015.5 / 800 + 16) / 3, "mean")
    #expect(m["ftf_max"] == 16)
    near(m["ftf_over_1_1"], 2.0 / 3, "over 1.1")
  }

  @Test func fairnessWhereAShareIsTooSmall() throws {
    // Alone with itself the share is the fleet. On 200 GPUs b (300) would need 300 x N / 200 as long.
    let fleet = try Fleet(
      sites: [Fixture.site("columbus", gpus: 70), Fixture.site("omaha", gpus: 130)], links: Fixture.fleet.links)
    let m = try metrics { $0.fleet = fleet }
    let present = 2155 / 1015.5
    let b = 1015.5 / (800 * 300 * present / 200)
    near(m["ftf_mean"], (1.1 + b + 16) / 3, "mean")
  }

  @Test func occupancy() throws {
    // Busy: a 8 x 100, b 256 x 30 and 300 x 960.5, d 1 x 4 GPU-seconds of 768 x 5400. Somebody waits from 0 to 20 and
    // from 40 to the end; of the busy time 8 x 20 and 256 x 20 fall in between.
    let m = try metrics()
    let busy = 800 + 7680 + 288_150 + 4.0
    near(m["utilisation"], busy / (768 * 5400), "utilisation")
    let whileWaiting = busy - 160 - 5120
    near(m["fragmentation"], 1 - whileWaiting / (768 * 5380), "fragmentation")
  }

  @Test func whatCheckpointsTake() throws {
    // b writes one of 7 s on 256 GPUs and reads one on 300.
    let m = try metrics { $0.checkpointTime = { _ in s(7) } }
    near(m["lost_gpu_hours"], Double(7 * 256 + 7 * 300) / 3600, "lost")
    #expect(try metrics()["lost_gpu_hours"] == 0)
  }

  @Test func onlyTheMeasuredWindowCounts() throws {
    let m = try metrics { $0.measured = MeasuredWindow(from: s(30), length: s(15)) }
    // c and d are submitted in it.
    #expect(m["submitted"] == 2 && m["completed"] == 1 && m["jct_mean_s"] == 64 && m["unfinished"] == 0)
    near(m["jobs_energy_mwh"], 1e-10, "energy of d")
  }

  @Test func whatDoesNotApplyIsEmpty() throws {
    let m = try metrics()
    for name in ["jain_users", "deadline_attainment", "slo_attainment", "egress_usd", "demand_usd"] {
      #expect(m[name] == nil, "\(name)")
    }
    let jobs = Fixture.jobs.enumerated().map { index, job in
      var job = job
      job.user = index == 1 ? "ann" : "bob"
      if index != 1 { job.deadline = s(108) }
      return job
    }
    let named = try metrics { $0.jobs = jobs }
    // ann gets 800 / 1015.5 of her time, bob 104 / 174. Of the deadlines at 108 s d alone is kept: a is late, c was
    // refused, e never ran.
    let (ann, bob) = (800 / 1015.5, 104.0 / 174)
    let (sum, squares) = (ann + bob, ann * ann + bob * bob)
    near(named["jain_users"], sum * sum / (2 * squares), "Jain")
    #expect(named["deadline_attainment"] == 0.25)
  }

  @Test func thePortraitOfARunIsThatOfItsRecords() throws {
    let light = try LightResults.portrait(records: Fixture.records, info: Fixture.info(), inputs: Fixture.inputs)
    let folder = try TemporaryFolder()
    let directory = try Fixture.directory(folder.path("run"))
    let summary = try directory.finish(info: Fixture.info(), inputs: Fixture.inputs)
    #expect(try RunPortrait.read(directory.portraitPath) == light)
    #expect(light.digest == summary.digest)
    #expect(light.notCompleted == [2, 4])
  }
}
