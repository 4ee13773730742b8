// SPDX-License-Identifier: Apache-2.0

import Quantities
import Topology

/// What holds for all jobs, as read.
struct JobRules {
  var checkpoint: CheckpointCost
  var checkpointInterval: Time
  var detection: Time
  var transferLimit: BitRate
  var output: Output
}

extension Reading {
  /// Where the coordinator stands and how far every site is from it.
  func readCoordinator(
    _ field: Field?, fleet: Fleet
  ) throws(ScenarioError) -> (site: Int, delays: [Time], output: Output) {
    let section = try field?.section(["site", "processing_delay", "delay"])
    var site = 0
    if let field = section?.optional("site") {
      let id = try field.text()
      guard let index = fleet.index(ofSite: id) else {
        let ids = fleet.sites.map(\.id)
        let advice =
          Spelling.nearest(id, in: ids).map { "Did you mean '\($0)'?" } ?? "There are: \(ids.joined(separator: ", "))."
        throw field.error("there is no site '\(id)'", advice)
      }
      site = index
    }
    if let delayField = section?.optional("delay") {
      if let processing = section?.optional("processing_delay") {
        throw processing.error(
          "'delay' sets the whole delay to every site, so there is none to add", "Give one of the two.")
      }
      let delay = try delayField.quantity(Time.parse)
      let output = Output.flow([("site", .text(fleet.sites[site].id)), ("delay", .text(delay.text))])
      return (site, fleet.sites.map { _ in delay }, output)
    }
    if section?.optional("site") == nil {
      assumptions.add("The coordinator is taken to stand at '\(fleet.sites[site].id)', the first site by name.")
    }
    let processing = try section?.optional("processing_delay")?.quantity(Time.parse) ?? .microseconds(1000)
    if section?.optional("processing_delay") == nil {
      assumptions.add("The coordinator is taken to need 1 ms for every message.")
    }
    let output = Output.flow([
      ("site", .text(fleet.sites[site].id)), ("processing_delay", .text(processing.text)),
    ])
    return (site, fleet.delays[site].map { $0 + processing }, output)
  }

  func readNetwork(
    _ field: Field?
  ) throws(ScenarioError) -> (level: NetworkLevel, controller: ControllerSpec, output: Output) {
    let section = try field?.section(["level", "congestion_control"])
    var level = NetworkLevel.fluid
    if let field = section?.optional("level") {
      let word = try field.word(of: NetworkLevel.allCases.map(\.rawValue))
      level = NetworkLevel(rawValue: word) ?? level
    } else {
      assumptions.add("The network is followed at level 'fluid', the default.")
    }
    var controller = ControllerSpec(name: "distance-aware")
    if let field = section?.optional("congestion_control") {
      locations["network.congestion_control"] = field.value.place
      controller = try Reading.controller(field)
    } else {
      assumptions.add("The congestion control is 'distance-aware', the default.")
    }
    var output: [(String, Output)] = [("name", .text(controller.name))]
    if let preset = controller.preset { output.append(("preset", .text(preset))) }
    if !controller.parameters.isEmpty {
      let parameters = controller.parameters.map { ($0.name, Output.text(Quantity.number($0.value))) }
      output.append(("parameters", .flow(parameters)))
    }
    let written = output.count == 1 ? Output.text(controller.name) : .flow(output)
    return (level, controller, .flow([("level", .text(level.rawValue)), ("congestion_control", written)]))
  }

  /// A name, `NAME:PRESET`, or `{name: ..., preset: ..., parameters: {...}}`. What names there are, others know.
  static func controller(_ field: Field) throws(ScenarioError) -> ControllerSpec {
    if case .scalar = field.value.content {
      let parts = try field.text().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      return ControllerSpec(name: String(parts[0]), preset: parts.count > 1 ? String(parts[1]) : nil)
    }
    let section = try field.section(["name", "preset", "parameters"])
    var parameters: [ControllerParameter] = []
    if let list = section.optional("parameters") {
      guard case .mapping(let entries) = list.value.content else {
        throw list.error(
          "expected names and numbers, found \(list.value.kind)", "For example: parameters: {beta: 0.7}.")
      }
      for entry in entries {
        let field = Field(value: entry.value, path: "\(list.path).\(entry.key)")
        let value = try field.number(-Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude, "a parameter")
        parameters.append(ControllerParameter(name: entry.key, value: value))
      }
    }
    return ControllerSpec(
      name: try section.required("name", example: "name: dcqcn").text(), preset: try section.optional("preset")?.text(),
      parameters: parameters)
  }

  func readScheduler(
    _ field: Field?
  ) throws(ScenarioError) -> (policy: String, estimates: EstimateRule, timeout: Time, output: Output) {
    let section = try field?.section(["policy", "estimates", "policy_timeout"])
    var policy = "fifo"
    if let field = section?.optional("policy") {
      locations["scheduler.policy"] = field.value.place
      policy = try field.text()
      if policy.hasPrefix("recorded:") { policy = "recorded:" + resolve(data: field, String(policy.dropFirst(9))) }
    } else {
      assumptions.add("The policy is 'fifo', the default.")
    }
    var estimates = EstimateRule.exact
    if let field = section?.optional("estimates") {
      let text = try field.text()
      guard let rule = EstimateRule(text) else {
        let near = Spelling.nearest(text, in: ["exact", "user", "none", "noise(0.3)"]).map { "Did you mean '\($0)'?" }
        throw field.error("expected exact, user, noise(0.3) or none, found '\(text)'", near ?? "")
      }
      estimates = rule
    } else {
      assumptions.add("Policies know run times exactly, the default.")
    }
    var timeout = Time.seconds(60)
    var output: [(String, Output)] = [("policy", .text(policy)), ("estimates", .text(estimates.text))]
    if let field = section?.optional("policy_timeout") {
      timeout = try field.quantity(Time.parse)
      guard timeout > .zero else { throw field.error("expected a time above zero, found '\(timeout.text)'") }
    }
    // It means nothing where no other process is asked.
    if policy.hasPrefix("external:") { output.append(("policy_timeout", .text(timeout.text))) }
    return (policy, estimates, timeout, .flow(output))
  }

  /// What holds for all jobs.
  func readJobs(_ field: Field?, losesSites: Bool) throws(ScenarioError) -> JobRules {
    let section = try field?.section(["checkpoint", "checkpoint_interval", "failure_detection", "transfer_limit"])
    var checkpoint = CheckpointCost.byGPUs
    if let field = section?.optional("checkpoint") {
      if try field.text() != "by-gpus" { checkpoint = .fixed(try field.quantity(Time.parse)) }
    } else {
      assumptions.add("Stopping a job costs it 7, 30 or 60 s for 1, up to 8, or more GPUs, as in the Helios study.")
    }
    var limit = BitRate.unlimited
    if let field = section?.optional("transfer_limit") {
      limit = try field.quantity(BitRate.parse)
      guard limit > .zero else { throw field.error("expected a rate above zero, found '\(limit.text)'") }
    }
    let cost: String
    switch checkpoint {
    case .byGPUs: cost = "by-gpus"
    case .fixed(let time): cost = time.text
    }
    let interval = try section?.optional("checkpoint_interval")?.quantity(Time.parse) ?? .seconds(1800)
    let detection = try section?.optional("failure_detection")?.quantity(Time.parse) ?? .seconds(10)
    if interval <= .zero, let field = section?.optional("checkpoint_interval") {
      throw field.error("expected a time above zero, found '\(interval.text)'")
    }
    if losesSites {
      assumptions.add(
        "A running job writes a checkpoint every \(interval.text), beside its work and at no cost; a copy is at the nearest "
          + "other site, and how it gets there is not followed.")
      assumptions.add("A site that is silent for \(detection.text) counts as lost, and the end of its outage is known.")
    }
    return JobRules(
      checkpoint: checkpoint, checkpointInterval: interval, detection: detection, transferLimit: limit,
      output: .flow([
        ("checkpoint", .text(cost)), ("checkpoint_interval", .text(interval.text)),
        ("failure_detection", .text(detection.text)), ("transfer_limit", .text(limit.text)),
      ]))
  }
}
