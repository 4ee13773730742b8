// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import Workload

/// A workload with its place in the resolved scenario.
struct WorkloadEntry {
  var spec: WorkloadSpec
  var output: Output
}

extension Reading {
  func readWorkloads(_ root: Section, siteIDs: [String]) throws(ScenarioError) -> [WorkloadEntry] {
    guard let list = root.optional("workloads") else {
      throw root.field.error(
        "the field 'workloads' is missing",
        "Add it, for example: workloads: [{synthetic: philly, jobs: 2000}], or give "
          + "--trace FILE.")
    }
    var entries: [WorkloadEntry] = []
    for field in try list.items() {
      locations[field.path] = field.value.place
      entries.append(try readWorkload(field, siteIDs: siteIDs))
    }
    if entries.isEmpty {
      throw list.error("expected at least one workload, found an empty list", "Add a trace, or give --trace FILE.")
    }
    return entries
  }

  private func readWorkload(_ field: Field, siteIDs: [String]) throws(ScenarioError) -> WorkloadEntry {
    let section = try field.section(
      Reading.servingFields + [
        "trace", "format", "start", "duration", "synthetic", "jobs", "seed", "splittable_from", "stand_in",
        "model", "parallelism",
      ])
    var spec = WorkloadSpec(line: field.value.place.line ?? 0)
    var output: [(String, Output)] = []
    if let inference = section.optional("inference") {
      try refuse(
        ["trace", "synthetic", "jobs", "splittable_from", "stand_in", "parallelism"], in: section,
        "does not belong to a stream of inference requests")
      try readServing(inference, section, siteIDs: siteIDs, &spec, &output)
      try readLength(section, &spec, &output)
      return WorkloadEntry(spec: spec, output: .flow(output))
    }
    try refuse(Reading.servingFields, in: section, "belongs to a stream of inference requests, this workload has jobs")
    switch (section.optional("trace"), section.optional("synthetic")) {
    case (let trace?, nil): try readTrace(trace, section, &spec, &output)
    case (nil, let synthetic?): try readSynthetic(synthetic, section, &spec, &output)
    case (_?, let synthetic?):
      throw synthetic.error("a workload is either a trace or synthetic, this one is both", "Make two of them.")
    case (nil, nil):
      throw field.error(
        "expected 'trace', 'synthetic' or 'inference'", "For example: {trace: philly.csv, format: philly}.")
    }
    try readLength(section, &spec, &output)
    if let splittable = section.optional("splittable_from") {
      let count = try splittable.integer(1...10_000_000, "a number of GPUs")
      spec.splittableFrom = count
      output.append(("splittable_from", .number(count)))
    }
    if let model = section.optional("model") {
      let name = try model.word(of: ModelCatalogue.models.map(\.name), catalogue: "models")
      spec.model = name
      output.append(("model", .text(name)))
    }
    if let field = section.optional("parallelism") {
      let parallelism = try readParallelism(field)
      if parallelism.isLocal { Reading.warnOfQuality(&assumptions) }
      spec.parallelism = parallelism
      output.append(("parallelism", .text(parallelism.text)))
    }
    return WorkloadEntry(spec: spec, output: .flow(output))
  }

  private func readLength(
    _ section: Section, _ spec: inout WorkloadSpec, _ output: inout [(String, Output)]
  ) throws(ScenarioError) {
    guard let duration = section.optional("duration") else { return }
    let length = try duration.quantity(Time.parse)
    guard length > .zero else { throw duration.error("expected a time above zero, found '\(length.text)'") }
    spec.length = length
    output.append(("duration", .text(length.text)))
  }

  private func refuse(_ names: [String], in section: Section, _ reason: String) throws(ScenarioError) {
    for name in names {
      if let field = section.optional(name) { throw field.error("'\(name)' \(reason)", "Remove it.") }
    }
  }

  private func readTrace(
    _ field: Field, _ section: Section, _ spec: inout WorkloadSpec, _ output: inout [(String, Output)]
  ) throws(ScenarioError) {
    try refuse(["jobs", "seed", "stand_in"], in: section, "belongs to a synthetic workload, this one is a trace")
    let path = resolve(data: field, try field.text())
    guard FileManager.default.fileExists(atPath: path) else {
      throw field.error(
        "there is no file '\(path)'",
        field.value.place.line == nil
          ? "Paths on the command line are relative to the current directory."
          : "Paths are relative to the scenario's file, or to the folder that 'data' names; Traces/README.md says where the public ones are."
      )
    }
    let format = try section.optional("format").map { field throws(ScenarioError) in try readFormat(field) } ?? "auto"
    spec.trace = path
    spec.format = format
    output += [("trace", .text(path)), ("format", .text(format))]
    if let start = section.optional("start") {
      let text = try start.text()
      let isInstant = Instant.parse(text, defaultOffset: 0) != .invalid
      guard isInstant || (try? Time.parse(text)) != nil else {
        throw start.error(
          "expected an instant such as 2017-10-09T00:00:00, or a time such as '3 days', found '\(text)'")
      }
      spec.start = text
      output.append(("start", .text(text)))
    }
  }

  /// A name, or a file that maps columns, which is looked at here so that its mistakes come first.
  private func readFormat(_ field: Field) throws(ScenarioError) -> String {
    let text = try field.text()
    guard MappingReader.isPath(text) else {
      return try field.word(of: WorkloadSpec.formats, catalogue: "traces")
    }
    let path = resolve(text)
    _ = try MappingReader.read(path: path)
    return path
  }

  private func readSynthetic(
    _ field: Field, _ section: Section, _ spec: inout WorkloadSpec, _ output: inout [(String, Output)]
  ) throws(ScenarioError) {
    try refuse(["format", "start"], in: section, "belongs to a trace, this workload is synthetic")
    let name = try field.text()
    let jobs = try section.required("jobs", example: "jobs: 100").integer(1...100_000_000, "a number of jobs")
    let workloadSeed = try section.optional("seed")?.seed() ?? seed
    spec.synthetic = name
    spec.format = "synthetic"
    spec.jobs = jobs
    spec.seed = workloadSeed
    output += [("synthetic", .text(name)), ("jobs", .number(jobs)), ("seed", .text(String(workloadSeed)))]
    if let standIn = section.optional("stand_in") {
      spec.standIn = try standIn.word(of: ["true", "false"]) == "true"
      if spec.standIn { output.append(("stand_in", .text("true"))) }
    }
    assumptions.add("The jobs of workload '\(name)' are synthetic.")
  }
}
