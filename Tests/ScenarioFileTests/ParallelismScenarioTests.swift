// SPDX-License-Identifier: Apache-2.0

import ScenarioFile
import Testing
import Workload

@Suite struct ParallelismScenarioTests {
  static let base = """
    name: p
    sites:
      - {id: a, at: {latitude: 1, longitude: 1}, gpus: {model: h100, count: 64}, power: {pue: 1.1}, price: {constant: 40 USD/MWh}, carbon: {constant: 400 g/kWh}}
      - {id: b, at: {latitude: 2, longitude: 2}, gpus: {model: h100, count: 64}, power: {pue: 1.1}, price: {constant: 40 USD/MWh}, carbon: {constant: 400 g/kWh}}
    links: [{between: [a, b], distance: 500 km}]
    workloads:
      - {synthetic: llm-training, jobs: 5WORKLOAD}
    MODELS

    """

  func scenario(_ models: String, _ workload: String = "", set: [(String, String)] = []) throws -> Scenario {
    let yaml = Self.base.replacing("MODELS", with: models).replacing("WORKLOAD", with: workload)
    return try ScenarioReader.parse(
      yaml: yaml, file: "p.yaml", baseDirectory: "/tmp",
      overrides: ScenarioOverrides(set: set.map { try! ScenarioOverrides.split("\($0.0)=\($0.1)") }))
  }

  func refusal(_ models: String, _ workload: String = "") throws -> ScenarioError {
    try #require(#expect(throws: ScenarioError.self) { try scenario(models, workload) })
  }

  @Test func bothSpellingsAreOne() throws {
    let text = try scenario("models: {parallelism: 'diloco(local_steps=50, precision=4)'}")
    let group = try scenario("models: {parallelism: {kind: diloco, local_steps: 50, precision: 4}}")
    #expect(text.parallelism == group.parallelism && text.parallelism.localSteps == 50)
    #expect(text.assumptions.contains { $0.contains("what they cost in loss is not modelled") })
    // The resolved scenario writes every parameter out and reads back as the same.
    #expect(text.resolvedYAML.contains("diloco(local_steps=50, overlap_steps=0, precision=4, compression=1)"))
    let again = try ScenarioReader.parse(yaml: text.resolvedYAML, file: "r.yaml", baseDirectory: "/tmp")
    #expect(again.parallelism == text.parallelism)
  }

  @Test func theDefaultIsSaid() throws {
    let plain = try scenario("")
    #expect(plain.parallelism == .data)
    #expect(plain.assumptions.contains { $0.contains("data-parallel") })
  }

  @Test func aWorkloadHasItsOwn() throws {
    let scenario = try scenario(
      "models: {parallelism: data}", ", parallelism: streaming-diloco, model: llama-3-70b")
    #expect(scenario.workloads[0].parallelism == Parallelism(.streamingDiloco))
    #expect(scenario.workloads[0].model == "llama-3-70b")
    let again = try ScenarioReader.parse(yaml: scenario.resolvedYAML, file: "r.yaml", baseDirectory: "/tmp")
    #expect(again.workloads == scenario.workloads)
  }

  @Test func itCanBeSet() throws {
    let set = try scenario("", set: [("models.parallelism", "pipeline(in_flight=8)")])
    #expect(set.parallelism.kind == .pipeline && set.parallelism.inFlight == 8)
    let deep = try scenario("models: {parallelism: {kind: diloco}}", set: [("models.parallelism.local_steps", "7")])
    #expect(deep.parallelism.localSteps == 7)
    let one = try scenario("", set: [("workloads[0].parallelism", "diloco")])
    #expect(one.workloads[0].parallelism == Parallelism(.diloco))
  }

  @Test func errorsNameLineAndField() throws {
    let wrong = try refusal("models: {parallelism: piplin}")
    #expect(wrong.line == 8 && wrong.field == "models.parallelism" && wrong.message.contains("piplin"))
    #expect(try refusal("models: {parallelism: {kind: diloco, steps: 5}}").message.contains("no parameter 'steps'"))
    #expect(try refusal("models: {parallelism: {local_steps: 5}}").message.contains("'kind' is missing"))
    #expect(try refusal("models: {parallelism: [data]}").message.contains("found a list"))
    let expert = try refusal("models: {parallelism: expert}")
    #expect(expert.message.contains("all-to-all") && expert.line == 8)
    #expect(try refusal("", ", parallelism: nothing").line == 7)
    #expect(try refusal("", ", model: llama").advice.contains("llama"))
  }

  // MARK: Serving

  static let serving =
    "workloads: [{inference: synthetic, requests: 10, rate: 1, model: llama-3-70b, gpus_per_replica: 8, replicas: {a: 1}}]"

  func serving(_ from: String = "", _ to: String = "") throws -> Scenario {
    var yaml = Self.base.replacing("MODELS", with: "")
    yaml = String(yaml.prefix(upTo: try #require(yaml.range(of: "workloads:")).lowerBound)) + Self.serving
    if !from.isEmpty { yaml = yaml.replacing(from, with: to) }
    return try ScenarioReader.parse(yaml: yaml, file: "s.yaml", baseDirectory: "/tmp")
  }

  @Test func servingIsReadAndWrittenOut() throws {
    let scenario = try serving(
      "replicas: {a: 1}", "replicas: {a: 1}, prefill: {b: 2}, users: {b: 0.25}, routing: cheapest, slo: {ttft: 2 s}")
    let spec = try #require(scenario.workloads[0].serving)
    #expect(spec.replicas == [.init(site: "a", amount: 1)] && spec.prefill == [.init(site: "b", amount: 2)])
    #expect(spec.routing == .cheapest && spec.firstTokenObjective == .seconds(Int64(2)))
    let again = try ScenarioReader.parse(yaml: scenario.resolvedYAML, file: "r.yaml", baseDirectory: "/tmp")
    #expect(again.workloads == scenario.workloads)
    #expect(scenario.assumptions.contains { $0.contains("requests of workload 'inference' are synthetic") })
  }

  @Test func badServingIsRefused() throws {
    func message(_ from: String, _ to: String) throws -> String {
      let error = try #require(#expect(throws: ScenarioError.self) { try serving(from, to) })
      return "\(error)"
    }
    #expect(try message("llama-3-70b", "resnet-50").contains("generates no tokens"))
    #expect(try message("{a: 1}", "{c: 1}").contains("no site 'c'"))
    #expect(try message("{a: 1}", "{a: 1.5}").contains("whole number"))
    #expect(try message(", rate: 1", "").contains("rate"))
    #expect(try message("inference: synthetic", "inference: none.csv").contains("belongs to a synthetic stream"))
    #expect(try message("requests: 10, rate: 1", "jobs: 3").contains("'jobs'"))
    #expect(try message("gpus_per_replica: 8", "gpus_per_replica: 8, routing: fastest").contains("not known"))
  }
}
