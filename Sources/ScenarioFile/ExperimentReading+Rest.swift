// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Collectives, algorithms, host parameters and seeds.
extension ExperimentReading {
  func readCollectives(_ root: Section) throws(ScenarioError) -> [Experiment.Collective] {
    var result: [Experiment.Collective] = []
    for field in try root.optional("collectives")?.items() ?? [] {
      let section = try field.section(["kind", "name", "sites", "bytes", "chunks", "repeat", "start", "class"])
      let kindField = try section.required("kind", example: "kind: all-reduce")
      let word = try kindField.word(of: Experiment.Collective.Kind.allCases.map(\.rawValue))
      guard let kind = Experiment.Collective.Kind(rawValue: word) else { throw kindField.error("unknown kind") }
      let sites = try readMembers(section, kind)
      var start = Time.zero
      if let field = section.optional("start") {
        start = try field.quantity(Time.parse)
        guard start < duration else { throw field.error("the run of \(duration.text) is over by then") }
      }
      let plain = try section.optional("name").map { (field) throws(ScenarioError) in try name(field) } ?? word
      let bytes = try section.required("bytes", example: "bytes: 1 GB").positiveBytes("a size")
      result.append(
        Experiment.Collective(
          name: result.contains { $0.name == plain } ? "\(plain)-\(result.count + 1)" : plain, kind: kind, sites: sites,
          bytes: bytes, chunks: try section.optional("chunks")?.integer(1...100_000, "a number of chunks") ?? 1,
          repeats: try section.optional("repeat")?.integer(1...1_000_000, "a number of repetitions") ?? 1,
          start: start, trafficClass: try section.optional("class").map(readClass) ?? .normal, origin: field.origin))
    }
    return result
  }

  private func readMembers(_ section: Section, _ kind: Experiment.Collective.Kind) throws(ScenarioError) -> [[Int]] {
    let sitesField = try section.required("sites", example: "sites: [[near], [far]]")
    var sites: [[Int]] = []
    var seen: Set<Int> = []
    for item in try sitesField.items() {
      let hosts = try nodes.hosts(item)
      for host in hosts where !seen.insert(host).inserted {
        throw item.error("host '\(nodes.nodes[host].name)' takes part twice", "Name every host once.")
      }
      guard kind == .allToAll || sites.isEmpty || sites[0].count == hosts.count else {
        throw item.error(
          "expected \(sites[0].count) hosts as in the first site, found \(hosts.count)",
          "An all-reduce pairs the hosts of the sites, so each site has the same number.")
      }
      sites.append(hosts)
    }
    guard seen.count >= 2 else { throw sitesField.error("expected at least two hosts, found \(seen.count)") }
    return sites
  }

  func readAlgorithms(_ root: Section) throws(ScenarioError) -> [Experiment.Algorithm] {
    guard let list = root.optional("algorithms") else {
      return [Experiment.Algorithm(spec: ControllerSpec(name: "distance-aware"), origin: root.field.origin)]
    }
    var result: [Experiment.Algorithm] = []
    for field in try list.items() {
      result.append(Experiment.Algorithm(spec: try Reading.controller(field), origin: field.origin))
    }
    guard !result.isEmpty else { throw list.error("expected at least one algorithm, found an empty list") }
    return result
  }

  func readHost(_ root: Section) throws(ScenarioError) -> Experiment.HostParameters {
    var host = Experiment.HostParameters()
    guard
      let section = try root.optional("host")?.section([
        "acknowledge_every", "acknowledge_delay", "receive_delay", "notification_delay", "reaction_delay", "recovery",
        "reorder_packets", "reorder_time", "minimum_timeout", "acknowledgement_size", "notification_size",
      ])
    else { return host }
    func time(_ name: String) throws(ScenarioError) -> Time? { try section.optional(name)?.quantity(Time.parse) }
    host.acknowledgeEvery = try section.optional("acknowledge_every")?.integer(1...1000, "a number of packets")
    host.acknowledgeDelay = try time("acknowledge_delay")
    host.receiveDelay = try time("receive_delay")
    host.notificationDelay = try time("notification_delay")
    host.reactionDelay = try time("reaction_delay")
    if let field = section.optional("recovery") {
      let word = try field.word(of: Experiment.HostParameters.Recovery.allCases.map(\.rawValue))
      host.recovery = Experiment.HostParameters.Recovery(rawValue: word)
    }
    host.reorderPackets = try section.optional("reorder_packets")?.integer(0...1_000_000, "a number of packets")
    host.reorderTime = try time("reorder_time")
    host.minimumTimeout = try section.optional("minimum_timeout")?.positiveTime()
    host.acknowledgementBytes = try section.optional("acknowledgement_size")?.positiveBytes("a size")
    host.notificationBytes = try section.optional("notification_size")?.positiveBytes("a size")
    return host
  }

  func readSeeds(_ root: Section) throws(ScenarioError) -> [UInt64] {
    guard let list = root.optional("seeds") else { return [1] }
    var seeds: [UInt64] = []
    for field in try list.items() {
      let seed = try field.seed()
      guard !seeds.contains(seed) else { throw field.error("seed \(seed) is named twice") }
      seeds.append(seed)
    }
    guard !seeds.isEmpty else { throw list.error("expected at least one seed, found an empty list") }
    return seeds
  }
}
