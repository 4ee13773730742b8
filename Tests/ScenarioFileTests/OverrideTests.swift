// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import ScenarioFile
import Testing

@Suite struct OverrideTests {
  func set(_ pairs: (String, String)...) -> ScenarioOverrides {
    ScenarioOverrides(set: pairs.map { (path: $0.0, value: $0.1) })
  }

  @Test func changesFieldsByPath() throws {
    #expect(
      try parse(twoSites, set(("links[omaha-columbus].medium", "hollow-core"))).fleet.links[0].medium == "hollow-core")
    // Either order of the ends.
    #expect(try parse(twoSites, set(("links[columbus-omaha].wavelengths", "2"))).fleet.links[0].wavelengths == 2)
    #expect(try parse(twoSites, set(("sites[*].gpus.count", "256"))).fleet.sites.map(\.gpus) == [256, 256])
    #expect(try parse(twoSites, set(("sites[omaha].gpus.count", "16"))).fleet.sites.map(\.gpus) == [32, 16])
    #expect(try parse(twoSites, set(("sites[0].gpus.count", "16"))).fleet.sites.map(\.gpus) == [32, 16])
    #expect(
      try parse(twoSites, set(("scheduler.policy", "sjf+easy@balanced(cost=1)"))).policy == "sjf+easy@balanced(cost=1)")
    let dcqcn = try parse(twoSites, set(("network.congestion_control", "{name: dcqcn, preset: paper}")))
    #expect(dcqcn.controller == ControllerSpec(name: "dcqcn", preset: "paper"))
    // A group that the scenario leaves out.
    #expect(try parse(twoSites, set(("jobs.checkpoint", "5 s"))).checkpoint == .fixed(.seconds(5)))
    #expect(try parse(twoSites, set(("sites[columbus].power.pue", "1.3"))).energy[0].cooling.greatestPUEMilli == 1300)
    // The later one wins.
    #expect(try parse(twoSites, set(("seed", "5"), ("seed", "6"))).seed == 6)
    // One item stands for a list of one.
    #expect(try parse(twoSites, set(("sites[*].gpus[*].count", "24"))).fleet.sites.map(\.gpus) == [24, 24])
  }

  @Test func sameMessagesAsInTheFile() {
    #expect(
      message(twoSites, set(("sites[omaha].gpus.cuont", "3")))
        == "--set sites[omaha].gpus.cuont=3: sites[omaha].gpus.cuont: unknown field. Did you mean 'count'?")
    #expect(
      message(twoSites, set(("sites[*].gpus.count", "0"))).hasPrefix(
        "--set sites[*].gpus.count=0: sites[columbus].gpus.count: expected a number of GPUs, at least 1, found 0"))
    #expect(
      message(twoSites, set(("sceduler.policy", "sjf")))
        == "--set sceduler.policy=sjf: sceduler: unknown field. Did you mean 'scheduler'?")
    #expect(
      message(twoSites, set(("sites[omha].gpus.count", "3")))
        == "--set sites[omha].gpus.count=3: sites[omha]: there is no such item. Did you mean 'omaha'?")
    #expect(message(twoSites, set(("links[a-b].medium", "smf"))).hasSuffix("There are: omaha-columbus."))
    #expect(message(twoSites, set(("sites.gpus", "3"))).hasSuffix("Name one of its items, or all: sites[*].gpus"))
    #expect(message(twoSites, set(("name.first", "y"))).contains("has no field 'first', it is 'two'"))
    #expect(message(twoSites, set(("seed", "{a"))).hasPrefix("--set seed={a: not valid YAML"))
    #expect(message(twoSites, set(("seed", ""))).contains("expected a value after '='"))
    for path in ["", "a..b", "a.", ".a", "sites[", "sites[]", "[0]", "sites[0]x"] {
      #expect(message(twoSites, set((path, "1"))).hasPrefix("--set \(path)=1: "), "\(path)")
    }
  }

  @Test func splitsArguments() throws {
    let plain = try ScenarioOverrides.split("scheduler.policy=fifo@balanced(cost=1)")
    #expect(plain.path == "scheduler.policy" && plain.value == "fifo@balanced(cost=1)")
    let error = #expect(throws: ScenarioError.self) { try ScenarioOverrides.split("seed") }
    #expect(error?.description.contains("expected PATH=VALUE") == true)
  }

  @Test func optionsWithNames() throws {
    let scenario = try parse(
      twoSites, ScenarioOverrides(until: "2 days", policy: "sjf", network: "ideal", congestionControl: "cubic", seed: 9)
    )
    #expect(scenario.policy == "sjf" && scenario.networkLevel == .ideal && scenario.controller.name == "cubic")
    #expect(scenario.seed == 9 && scenario.modelSeed == 9)
    // The workload has a seed of its own.
    #expect(scenario.workloads[0].seed == 3 && scenario.workloads[0].length == .seconds(172_800))
    #expect(
      message(twoSites, ScenarioOverrides(network: "ideel"))
        == "--network ideel: network.level: 'ideel' is not known here. Did you mean 'ideal'?")
    #expect(
      message(twoSites, ScenarioOverrides(start: "2017-10-09")).hasPrefix(
        "--start 2017-10-09: workloads: there is no trace"))
    #expect(
      message(twoSites, ScenarioOverrides(until: "2 dys")).hasPrefix(
        "--until 2 dys: workloads[0].duration: expected a time"))
  }

  @Test func aTraceReplacesTracesAndStandIns() throws {
    let folder = try Folder()
    try folder.write("jobs.csv", "x\n")
    let trace = folder.path + "/jobs.csv"
    let yaml = twoSites.replacing(
      line: "- {synthetic", by: "- {synthetic: philly, jobs: 5, splittable_from: 16, stand_in: true}\n  - {synthetic")
    let scenario = try parse(
      yaml, ScenarioOverrides(trace: trace, format: "native", start: "3 days", until: "7 days"))
    #expect(scenario.workloads.count == 2)
    #expect(scenario.workloads[0].format == "native" && scenario.workloads[0].start == "3 days")
    #expect(scenario.workloads[0].length == .seconds(604_800) && scenario.workloads[0].splittableFrom == 16)
    #expect(scenario.workloads[1].synthetic == "philly" && scenario.workloads[1].jobs == 100)
    #expect(scenario.assumptions.contains { $0.contains("1 synthetic workload was kept") })
    #expect(try parse(scenario.resolvedYAML) == scenario)
    // Without workloads in the scenario too.
    let bare = twoSites.replacing(line: "- {synthetic", by: "# {").replacing(line: "workloads:", by: "#")
    #expect(try parse(bare, ScenarioOverrides(trace: trace)).workloads.map(\.format) == ["auto"])
    #expect(
      message(twoSites, ScenarioOverrides(trace: "/nowhere/t.csv")).hasPrefix(
        "--trace /nowhere/t.csv: workloads[0].trace: there is no file '/nowhere/t.csv'"))
    #expect(
      message(twoSites, ScenarioOverrides(trace: trace, format: "philli")).hasSuffix("Did you mean 'philly'?"))
  }
}
