// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The nodes of an experiment and the names that stand for one or several of them.
struct NodeTable {
  var nodes: [Experiment.Node] = []
  /// Members of every name: a node by itself, or a group.
  private(set) var members: [String: [Int]] = [:]
  /// Names a person wrote, for suggestions.
  private(set) var written: [String] = []

  mutating func add(
    _ name: String, count: Int?, isHost: Bool, sharedBuffer: Int64? = nil, telemetry: Bool = true, field: Field
  ) throws(ScenarioError) {
    try claim(name, field)
    let first = nodes.count
    for index in 0..<(count ?? 1) {
      let member = count == nil ? name : "\(name)\(index)"
      if count != nil { try claim(member, field) }
      members[member] = [nodes.count]
      nodes.append(
        Experiment.Node(
          name: member, isHost: isHost, sharedBuffer: sharedBuffer, telemetry: telemetry, origin: field.origin))
    }
    members[name] = Array(first..<nodes.count)
    written.append(name)
  }

  private func claim(_ name: String, _ field: Field) throws(ScenarioError) {
    guard let other = members[name]?.first else { return }
    let line = nodes[other].origin.line.map { " (in line \($0))" } ?? ""
    throw field.error("the name '\(name)' is taken by another host or switch\(line)", "Give each a name of its own.")
  }

  func resolve(_ field: Field) throws(ScenarioError) -> [Int] {
    let name = try field.text()
    if let found = members[name] { return found }
    let near = Spelling.nearest(name, in: written).map { "Did you mean '\($0)'?" }
    throw field.error(
      "there is no host or switch '\(name)'", near ?? "There are: \(written.prefix(20).joined(separator: ", ")).")
  }

  /// One name, or a list of them: hosts only.
  func hosts(_ field: Field) throws(ScenarioError) -> [Int] {
    var fields = [field]
    if case .sequence = field.value.content { fields = try field.items() }
    guard !fields.isEmpty else { throw field.error("expected the name of a host, found an empty list") }
    var result: [Int] = []
    for field in fields {
      for node in try resolve(field) {
        guard nodes[node].isHost else {
          throw field.error("'\(nodes[node].name)' is a switch", "Only hosts send and receive.")
        }
        guard !result.contains(node) || fields.count == 1 else {
          throw field.error("host '\(nodes[node].name)' is named twice")
        }
        result.append(node)
      }
    }
    return result
  }
}

extension ExperimentReading {
  mutating func readNodes(_ root: Section) throws(ScenarioError) {
    for item in try root.optional("hosts")?.items() ?? [] { try readNode(item, isHost: true) }
    for item in try root.optional("switches")?.items() ?? [] { try readNode(item, isHost: false) }
    if let field = root.optional("fabric") {
      if case .sequence = field.value.content {
        for item in try field.items() { try readFabric(item) }
      } else {
        try readFabric(field)
      }
    }
    guard nodes.nodes.contains(where: \.isHost) else {
      throw root.field.error("there are no hosts", "Add them, for example: hosts: [near, far, sink]")
    }
  }

  private mutating func readNode(_ item: Field, isHost: Bool) throws(ScenarioError) {
    if case .scalar = item.value.content {
      try nodes.add(try name(item), count: nil, isHost: isHost, field: item)
      return
    }
    let section = try item.section(isHost ? ["name", "count"] : ["name", "count", "shared_buffer", "telemetry"])
    let name = try name(section.required("name", example: isHost ? "name: near" : "name: tor"))
    let count = try section.optional("count")?.integer(1...1_000_000, "a number of nodes")
    let shared = try section.optional("shared_buffer")?.positiveBytes("a buffer")
    let telemetry = try readTelemetry(section)
    try nodes.add(name, count: count, isHost: isHost, sharedBuffer: shared, telemetry: telemetry, field: item)
  }

  /// `telemetry: none` says that ports leave senders on their own.
  func readTelemetry(_ section: Section) throws(ScenarioError) -> Bool {
    try section.optional("telemetry")?.word(of: ["all", "none"]) != "none"
  }

  /// Letters, digits and what does not disturb the names of ports and series.
  func name(_ field: Field) throws(ScenarioError) -> String {
    let text = try field.text()
    let isPlain = text.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
        || "-_.".unicodeScalars.contains($0)
    }
    guard isPlain else { throw field.error("expected a name of letters, digits, '-', '_' and '.', found '\(text)'") }
    return text
  }

  /// What the file says of sites; every node once.
  func readSites(_ root: Section) throws(ScenarioError) -> [[Int]]? {
    guard let field = root.optional("sites") else { return nil }
    var seen = [Bool](repeating: false, count: nodes.nodes.count)
    var sites: [[Int]] = []
    for site in try field.items() {
      var group: [Int] = []
      for item in try site.items() {
        for node in try nodes.resolve(item) {
          guard !seen[node] else { throw item.error("'\(nodes.nodes[node].name)' is in two sites") }
          seen[node] = true
          group.append(node)
        }
      }
      guard !group.isEmpty else { throw site.error("expected at least one host or switch, found an empty list") }
      sites.append(group)
    }
    if let missing = seen.firstIndex(of: false) {
      throw field.error(
        "'\(nodes.nodes[missing].name)' is in none of the sites", "Name every host and switch in one of them.")
    }
    return sites
  }
}
