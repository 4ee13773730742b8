// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import Workload

extension Reading {
  static let servingFields = [
    "inference", "requests", "rate", "replicas", "prefill", "gpus_per_replica", "max_batch", "precision", "users",
    "access_delay", "routing", "slo",
  ]

  /// The fields of a workload `{inference: FILE or synthetic, ...}`; `siteIDs` in order of name.
  func readServing(
    _ field: Field, _ section: Section, siteIDs: [String], _ spec: inout WorkloadSpec,
    _ output: inout [(String, Output)]
  ) throws(ScenarioError) {
    let text = try field.text()
    let modelField = try section.required("model", example: "model: llama-3-70b")
    let model = try modelField.word(of: ModelCatalogue.models.map(\.name), catalogue: "models")
    guard let index = ModelCatalogue.index(of: model), ModelCatalogue.models[index].kvBytesPerToken > 0 else {
      throw modelField.error("'\(model)' generates no tokens", "Choose a language model, for example llama-3-70b.")
    }
    let gpus =
      try section.required("gpus_per_replica", example: "gpus_per_replica: 8").integer(1...4096, "a number of GPUs")
    let replicasField = try section.required("replicas", example: "replicas: {\(siteIDs[0]): 2}")
    let replicas = try readShares(replicasField, siteIDs: siteIDs, whole: true)
    let users = try section.optional("users").map { field throws(ScenarioError) in
      try readShares(field, siteIDs: siteIDs, whole: false)
    }
    var access = Time.microseconds(5000)
    if let field = section.optional("access_delay") {
      access = try field.quantity(Time.parse)
    } else {
      assumptions.add("Users are taken to be 5 ms, one way, from the site near them.")
    }
    if users == nil { assumptions.add("Users of inference are taken to be near every site alike.") }
    var serving = ServingSpec(
      model: model, gpusPerReplica: gpus, replicas: replicas,
      users: users ?? siteIDs.map { ServingSpec.Share(site: $0, amount: 1) }, access: access,
      firstTokenObjective: .seconds(Int64(1)), perTokenObjective: .microseconds(50_000))
    output.append(("inference", .text(text == "synthetic" ? text : resolve(text))))
    if text == "synthetic" {
      serving.requests =
        try section.required("requests", example: "requests: 1000").integer(1...100_000_000, "a number of requests")
      serving.perSecond =
        try section.required("rate", example: "rate: 2").number(1e-6...1e6, "requests a second")
      let seed = try section.optional("seed")?.seed() ?? self.seed
      spec.seed = seed
      output += [
        ("requests", .number(serving.requests)), ("rate", .text(Quantity.number(serving.perSecond))),
        ("seed", .text(String(seed))),
      ]
      assumptions.add("The requests of workload 'inference' are synthetic.")
    } else {
      for name in ["requests", "rate"] {
        if let extra = section.optional(name) {
          throw extra.error("'\(name)' belongs to a synthetic stream, this one is a file", "Remove it.")
        }
      }
      let path = resolve(text)
      guard FileManager.default.fileExists(atPath: path) else {
        throw field.error("there is no file '\(path)'", "Paths are relative to the scenario's file.")
      }
      serving.path = path
      let format = try section.optional("format")?.word(of: WorkloadSpec.formats, catalogue: "traces") ?? "auto"
      spec.format = format
      output.append(("format", .text(format)))
      if let start = section.optional("start") {
        spec.start = try start.text()
        output.append(("start", .text(spec.start ?? "")))
      }
    }
    if let field = section.optional("prefill") {
      serving.prefill = try readShares(field, siteIDs: siteIDs, whole: true)
    }
    if let field = section.optional("max_batch") {
      serving.maxBatch = try field.integer(1...10_000, "a number of requests")
    }
    if let field = section.optional("precision") { serving.bits = try field.integer(2...32, "bits of a weight") }
    if let field = section.optional("routing") {
      let word = try field.word(of: ServingSimulation.Routing.allCases.map(\.rawValue))
      serving.routing = ServingSimulation.Routing(rawValue: word) ?? .nearest
    }
    if let slo = try section.optional("slo")?.section(["ttft", "tpot"]) {
      if let field = slo.optional("ttft") { serving.firstTokenObjective = try field.quantity(Time.parse) }
      if let field = slo.optional("tpot") { serving.perTokenObjective = try field.quantity(Time.parse) }
    }
    func shares(_ list: [ServingSpec.Share]) -> Output {
      .flow(list.map { ($0.site, .text(Quantity.number($0.amount))) })
    }
    output += [
      ("model", .text(model)), ("precision", .number(serving.bits)), ("gpus_per_replica", .number(gpus)),
      ("max_batch", .number(serving.maxBatch)), ("replicas", shares(replicas)),
    ]
    if !serving.prefill.isEmpty { output.append(("prefill", shares(serving.prefill))) }
    output += [
      ("users", shares(serving.users)), ("access_delay", .text(access.text)),
      ("routing", .text(serving.routing.rawValue)),
      (
        "slo",
        .flow([
          ("ttft", .text(serving.firstTokenObjective.text)), ("tpot", .text(serving.perTokenObjective.text)),
        ])
      ),
    ]
    spec.serving = serving
  }

  /// `{east: 2, west: 1}`, in order of site.
  private func readShares(
    _ field: Field, siteIDs: [String], whole: Bool
  ) throws(ScenarioError) -> [ServingSpec.Share] {
    guard case .mapping(let entries) = field.value.content, !entries.isEmpty else {
      throw field.error(
        "expected sites with a number each, found \(field.value.kind)", "For example: {\(siteIDs[0]): 2}.")
    }
    var shares: [ServingSpec.Share] = []
    for entry in entries {
      let item = Field(value: entry.value, path: "\(field.path).\(entry.key)")
      guard siteIDs.contains(entry.key) else {
        let near = Spelling.nearest(entry.key, in: siteIDs).map { "Did you mean '\($0)'?" }
        throw item.error("there is no site '\(entry.key)'", near ?? "There are: \(siteIDs.joined(separator: ", ")).")
      }
      let amount =
        whole
        ? Double(try item.integer(1...100_000, "a number of replicas"))
        : try item.number(1e-9...1e9, "a share of users")
      shares.append(ServingSpec.Share(site: entry.key, amount: amount))
    }
    return shares.sorted { $0.site < $1.site }
  }
}
