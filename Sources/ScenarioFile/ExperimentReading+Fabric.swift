// SPDX-License-Identifier: Apache-2.0

import Quantities

extension ExperimentReading {
  /// Hosts, leaves and spines of a leaf-spine fabric with their links: every leaf is joined to every spine.
  ///
  /// With `name: a` the groups are called a-h, a-leaf and a-spine, else h, leaf and spine; members are numbered from 0.
  mutating func readFabric(_ field: Field) throws(ScenarioError) {
    let section = try field.section(
      [
        "kind", "name", "hosts", "per_leaf", "spines", "rate", "uplink_rate", "uplinks", "delay", "uplink_delay",
        "shared_buffer",
      ] + Self.portFields)
    _ = try section.required("kind", example: "kind: leaf-spine").word(of: ["leaf-spine"])
    let prefix = try section.optional("name").map { (field) throws(ScenarioError) in try name(field) + "-" } ?? ""
    let hostsField = try section.required("hosts", example: "hosts: 128")
    let hosts = try hostsField.integer(1...1_000_000, "a number of hosts")
    let perLeaf = try section.required("per_leaf", example: "per_leaf: 16").integer(1...100_000, "a number of hosts")
    guard hosts % perLeaf == 0 else {
      throw hostsField.error("\(hosts) hosts do not fill leaves of \(perLeaf)", "Make one a multiple of the other.")
    }
    let leaves = hosts / perLeaf
    let spinesField = section.optional("spines")
    let spines = try spinesField?.integer(0...100_000, "a number of spines") ?? 0
    if leaves > 1, spines == 0 {
      throw (spinesField ?? field).error("\(leaves) leaves need at least one spine", "Add it, for example: spines: 8")
    }
    let shared = try section.optional("shared_buffer")?.positiveBytes("a buffer")
    let firstHost = nodes.nodes.count
    try nodes.add("\(prefix)h", count: hosts, isHost: true, field: field)
    let firstLeaf = nodes.nodes.count
    try nodes.add("\(prefix)leaf", count: leaves, isHost: false, sharedBuffer: shared, field: field)
    let firstSpine = nodes.nodes.count
    if spines > 0 {
      try nodes.add("\(prefix)spine", count: spines, isHost: false, sharedBuffer: shared, field: field)
    }

    let rate = try section.required("rate", example: "rate: 100 Gb/s").positiveRate()
    let delay = try section.required("delay", example: "delay: 1 us").positiveTime()
    var down = Experiment.Link(
      ends: (0..<hosts).map { Experiment.Ends(from: firstHost + $0, to: firstLeaf + $0 / perLeaf) }, rate: rate,
      delay: delay, origin: field.origin)
    try readPort(section, into: &down)
    fabricLinks.append(down)
    var up = down
    up.ends = (0..<leaves).flatMap { leaf in
      (0..<spines).map { Experiment.Ends(from: firstLeaf + leaf, to: firstSpine + $0) }
    }
    if let field = section.optional("uplink_rate") { up.rate = try field.positiveRate() }
    if let field = section.optional("uplink_delay") { up.delay = try field.positiveTime() }
    if let field = section.optional("uplinks") { up.parallel = try field.integer(1...4096, "a number of links") }
    if spines > 0 { fabricLinks.append(up) }
  }
}
