// SPDX-License-Identifier: Apache-2.0

import Quantities
import Workload

/// The part of a scenario that says what its jobs train, and how they are divided when split.
struct ModelsEntry {
  var assignment: String
  var dataHome: String
  var seed: UInt64
  var parallelism: Parallelism
  var output: Output
}

extension Reading {
  func readModels(_ field: Field?) throws(ScenarioError) -> ModelsEntry {
    let section = try field?.section(["assignment", "data_home", "seed", "parallelism"])
    for name in ["assignment", "data_home"] {
      if let field = section?.optional(name) { locations["models.\(name)"] = field.value.place }
    }
    let assignment = try section?.optional("assignment")?.text() ?? "by-size"
    let dataHome = try section?.optional("data_home")?.text() ?? "uniform"
    if section?.optional("assignment") == nil {
      assumptions.add("Jobs without a model get one by their size, the default.")
    }
    if section?.optional("data_home") == nil {
      assumptions.add("Jobs without a site for their data get one at random, each site alike, the default.")
    }
    let modelSeed = try section?.optional("seed")?.seed() ?? seed
    var parallelism = Parallelism.data
    if let field = section?.optional("parallelism") {
      parallelism = try readParallelism(field)
    } else {
      assumptions.add("Jobs that are split over sites are data-parallel with overlap of each layer, the default.")
    }
    if parallelism.isLocal { Reading.warnOfQuality(&assumptions) }
    let output = Output.flow([
      ("assignment", .text(assignment)), ("data_home", .text(dataHome)), ("seed", .text(String(modelSeed))),
      ("parallelism", .text(parallelism.text)),
    ])
    return ModelsEntry(
      assignment: assignment, dataHome: dataHome, seed: modelSeed, parallelism: parallelism, output: output)
  }

  static func warnOfQuality(_ assumptions: inout Assumptions) {
    assumptions.add(
      "Steps with local updates (DiLoCo) count as much as others: what they cost in loss is not modelled.")
  }

  /// "diloco(local_steps=100)", or the same as a group: {kind: diloco, local_steps: 100}.
  func readParallelism(_ field: Field) throws(ScenarioError) -> Parallelism {
    do throws(Parallelism.Refusal) {
      guard case .mapping(let entries) = field.value.content else {
        return try Parallelism(parsing: try Reading.scalar(field))
      }
      var name: String?
      var parameters: [(String, String)] = []
      for entry in entries {
        let text = try Reading.scalar(Field(value: entry.value, path: "\(field.path).\(entry.key)"))
        if entry.key == "kind" { name = text } else { parameters.append((entry.key, text)) }
      }
      guard let name else {
        throw Parallelism.Refusal(
          message: "the field 'kind' is missing", advice: "Write, for example, {kind: diloco, local_steps: 100}")
      }
      return try Parallelism(name: name, parameters: parameters)
    } catch {
      throw field.error(error.message, error.advice.isEmpty ? "" : Reading.sentence(error.advice))
    }
  }

  private static func scalar(_ field: Field) throws(Parallelism.Refusal) -> String {
    guard case .scalar(let text) = field.value.content else {
      throw Parallelism.Refusal(
        message: "expected a text or a number for '\(field.path)', found \(field.value.kind)", advice: "")
    }
    return text
  }

  private static func sentence(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix("?") ? "" : ".")
  }
}
