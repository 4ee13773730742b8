// SPDX-License-Identifier: Apache-2.0

import Quantities
import Workload

extension ExperimentReading {
  func readFlows(_ root: Section) throws(ScenarioError) -> [Experiment.FlowGroup] {
    var groups: [Experiment.FlowGroup] = []
    for field in try root.optional("flows")?.items() ?? [] {
      let section = try field.section([
        "name", "from", "to", "count", "size", "start", "stop", "start_jitter", "stagger", "inflight_limit", "class",
        "permutation", "arrivals", "until", "datagrams", "file",
      ])
      var group = try readTraffic(section)
      if let field = section.optional("name") {
        group.name = try name(field)
        if groups.contains(where: { $0.name == group.name }) {
          throw field.error("another group of flows is called '\(group.name)'", "Give each a name of its own.")
        }
      } else {
        // Names of groups tell their random streams apart, so they have to differ.
        let plain = group.name
        var number = 2
        while groups.contains(where: { $0.name == group.name }) {
          group.name = "\(plain)-\(number)"
          number += 1
        }
      }
      if let field = section.optional("class") { group.trafficClass = try readClass(field) }
      if let field = section.optional("inflight_limit") { group.inflightLimit = try field.positiveBytes("a limit") }
      groups.append(group)
    }
    return groups
  }

  func readClass(_ field: Field) throws(ScenarioError) -> Experiment.TrafficClass {
    let word = try field.word(of: Experiment.TrafficClass.allCases.map(\.rawValue))
    return Experiment.TrafficClass(rawValue: word) ?? .normal
  }

  /// Refuses the fields that have no meaning for this kind of traffic.
  private func refuse(_ names: [String], beside kind: String, _ section: Section) throws(ScenarioError) {
    for name in names {
      if let field = section.optional(name) {
        throw field.error("'\(name)' has no meaning beside '\(kind)'", "Remove one of the two.")
      }
    }
  }

  private func readTraffic(_ section: Section) throws(ScenarioError) -> Experiment.FlowGroup {
    let origin = section.field.origin
    if let field = section.optional("file") {
      try refuse(
        [
          "from", "to", "count", "size", "start", "stop", "start_jitter", "stagger", "permutation", "arrivals", "until",
          "datagrams",
        ],
        beside: "file", section)
      let (name, transfers) = try readTransfers(field)
      return Experiment.FlowGroup(name: name, traffic: .listed(transfers), origin: origin)
    }
    let fromField = try section.required("from", example: "from: near")
    let toField = try section.required("to", example: "to: sink")
    let (sources, destinations) = (try nodes.hosts(fromField), try nodes.hosts(toField))
    let name = "\(label(fromField))-\(label(toField))"
    let traffic: Experiment.FlowGroup.Traffic
    if let field = section.optional("arrivals") {
      try refuse(
        ["count", "size", "stop", "start_jitter", "stagger", "permutation", "datagrams"], beside: "arrivals", section)
      traffic = .poisson(try readPoisson(field, section, sources, destinations))
    } else if let field = section.optional("datagrams") {
      try refuse(
        ["count", "size", "start_jitter", "stagger", "permutation", "until", "inflight_limit"], beside: "datagrams",
        section)
      traffic = .datagrams(try readDatagrams(field, section, sources, destinations))
    } else {
      try refuse(["until"], beside: "size", section)
      traffic = .bulk(try readBulk(section, sources, destinations))
    }
    if destinations.count == 1, sources.contains(destinations[0]) {
      throw toField.error("'\(nodes.nodes[destinations[0]].name)' would send to itself", "Name another destination.")
    }
    return Experiment.FlowGroup(name: name, traffic: traffic, origin: origin)
  }

  private func label(_ field: Field) -> String {
    switch field.value.content {
    case .scalar(let text): return text
    case .sequence(let items):
      return items.compactMap { if case .scalar(let text) = $0.content { text } else { nil } }.joined(separator: "+")
    default: return ""
    }
  }

  private func readBulk(
    _ section: Section, _ sources: [Int], _ destinations: [Int]
  ) throws(ScenarioError) -> Experiment.Bulk {
    var bulk = Experiment.Bulk(sources: sources, destinations: destinations)
    if let field = section.optional("count") { bulk.count = try field.integer(1...1_000_000, "a number of flows") }
    if let field = section.optional("size"), try field.text() != "unlimited" {
      bulk.bytes = try field.positiveBytes("a size")
    }
    (bulk.start, bulk.stop) = try readStartAndStop(section)
    if let field = section.optional("start_jitter") { bulk.startJitter = try field.quantity(Time.parse) }
    if let field = section.optional("stagger") {
      bulk.stagger = try field.quantity(Time.parse)
      let (last, overflow) = bulk.stagger.ticks.multipliedReportingOverflow(by: Int64(sources.count - 1))
      guard !overflow, bulk.start + Time(ticks: last) < min(bulk.stop, duration) else {
        throw field.error("the last of \(sources.count) sources would start after the end", "Make it shorter.")
      }
    }
    if let field = section.optional("permutation") {
      bulk.permutation = try field.flag()
      guard !bulk.permutation || sources == destinations || Set(sources).isDisjoint(with: destinations) else {
        throw field.error(
          "a permutation needs sources and destinations that are the same hosts or have none in common",
          "Name the same group twice, or two groups.")
      }
    }
    return bulk
  }

  private func readStartAndStop(_ section: Section) throws(ScenarioError) -> (Time, Time) {
    let start = try section.optional("start").map(readStart) ?? .zero
    guard let field = section.optional("stop") else { return (start, .never) }
    let stop = try field.quantity(Time.parse)
    guard stop > start else {
      throw field.error("the flows stop at \(stop.text), before they start at \(start.text)")
    }
    return (start, stop)
  }

  private func readDatagrams(
    _ field: Field, _ section: Section, _ sources: [Int], _ destinations: [Int]
  ) throws(ScenarioError) -> Experiment.Datagrams {
    let inner = try field.section(["rate", "size", "sizes"])
    var datagrams = Experiment.Datagrams(
      sources: sources, destinations: destinations,
      rate: try inner.required("rate", example: "rate: 80 Gb/s").positiveRate(),
      size: try inner.required("size", example: "size: 4096 B").positiveBytes("a size"))
    if let field = inner.optional("sizes") {
      datagrams.isExponential = try field.word(of: ["constant", "exponential"]) == "exponential"
    }
    (datagrams.start, datagrams.stop) = try readStartAndStop(section)
    return datagrams
  }

  /// A moment before the end of the run.
  private func readStart(_ field: Field) throws(ScenarioError) -> Time {
    let start = try field.quantity(Time.parse)
    guard start < duration else {
      throw field.error("the run of \(duration.text) is over by then", "Start earlier, or make 'duration' longer.")
    }
    return start
  }

  private func readPoisson(
    _ field: Field, _ section: Section, _ sources: [Int], _ destinations: [Int]
  ) throws(ScenarioError) -> Experiment.Poisson {
    let inner = try field.section(["poisson"])
    let law = try inner.required("poisson", example: "poisson: {load: 0.3, sizes: websearch}")
      .section(["load", "sizes"])
    let loadField = try law.required("load", example: "load: 0.3")
    let load = try loadField.quantity(Quantity.parsePercentOrNumber)
    guard load > 0, load <= 2 else {
      throw loadField.error("expected a load above 0 and up to 2, found '\(try loadField.text())'")
    }
    let sizes = try readSizes(try law.required("sizes", example: "sizes: websearch"))
    var poisson = Experiment.Poisson(
      sources: sources, destinations: destinations, load: load, sizes: sizes, until: duration)
    if let field = section.optional("start") { poisson.start = try readStart(field) }
    if let field = section.optional("until") {
      let until = try field.quantity(Time.parse)
      guard until > poisson.start else {
        throw field.error("arrivals end at \(until.text), before they start at \(poisson.start.text)")
      }
      poisson.until = min(until, duration)
    }
    return poisson
  }

  /// A published table by name, `{uniform: [least, most]}`, or `{file: sizes.csv}` with the columns bytes and probability.
  private func readSizes(_ field: Field) throws(ScenarioError) -> FlowSizes {
    if case .scalar = field.value.content {
      let name = try field.word(of: FlowSizes.published.map(\.name))
      guard let table = FlowSizes.published.first(where: { $0.name == name }) else {
        throw field.error("sizes '\(name)' are not known")
      }
      return table
    }
    let section = try field.section(["file", "uniform"])
    if let field = section.optional("uniform") {
      let ends = try field.items()
      guard ends.count == 2 else {
        throw field.error("expected two sizes, found \(ends.count)", "uniform: [1 MB, 8 MB]")
      }
      let (least, most) = (try ends[0].positiveBytes("a size"), try ends[1].positiveBytes("a size"))
      guard least < most, let sizes = try? FlowSizes(uniformFrom: Double(least), to: Double(most)) else {
        throw field.error("expected the smaller size first", "For example: uniform: [1 MB, 8 MB]")
      }
      return sizes
    }
    let fileField = try section.required("file", example: "file: sizes.csv")
    let (name, rows) = try csv(fileField, header: ["bytes", "probability"])
    var points: [FlowSizes.Point] = []
    for row in rows {
      guard let bytes = Quantity.parseNumber(row.fields[0]), let probability = Quantity.parseNumber(row.fields[1]),
        bytes <= 1e15
      else {
        throw ScenarioError(
          file: name, line: row.line, field: fileField.path,
          message: "expected two numbers, found '\(row.fields.joined(separator: ","))'")
      }
      points.append(FlowSizes.Point(bytes: bytes, probability: probability))
    }
    do throws(FlowSizesError) {
      return try FlowSizes(name: name, source: "the file \(name)", points: points)
    } catch {
      throw ScenarioError(
        file: name, line: rows[min(error.point, rows.count - 1)].line, field: fileField.path, message: error.message)
    }
  }

  private func readTransfers(_ field: Field) throws(ScenarioError) -> (String, [Experiment.Transfer]) {
    let (name, rows) = try csv(field, header: ["id", "start_s", "src", "dst", "bytes"])
    var transfers: [Experiment.Transfer] = []
    transfers.reserveCapacity(rows.count)
    for row in rows {
      func error(_ message: String, _ advice: String = "") -> ScenarioError {
        ScenarioError(file: name, line: row.line, field: field.path, message: message, advice: advice)
      }
      guard let start = try? Time.parse(row.fields[1] + " s") else {
        throw error("expected a number of seconds in column 'start_s', found '\(row.fields[1])'")
      }
      guard start < duration else {
        throw error("starts at \(start.text), after the end at \(duration.text)", "Make 'duration' longer.")
      }
      guard let bytes = Int64(row.fields[4]), bytes > 0 else {
        throw error("expected a number of bytes above zero in column 'bytes', found '\(row.fields[4])'")
      }
      var ends: [Int] = []
      for column in [2, 3] {
        let host = row.fields[column]
        guard let found = nodes.members[host], found.count == 1, nodes.nodes[found[0]].isHost else {
          let near = Spelling.nearest(host, in: nodes.written).map { "Did you mean '\($0)'?" }
          throw error("there is no host '\(host)'", near ?? "")
        }
        ends.append(found[0])
      }
      guard ends[0] != ends[1] else { throw error("'\(row.fields[2])' would send to itself") }
      transfers.append(Experiment.Transfer(source: ends[0], destination: ends[1], bytes: bytes, start: start))
    }
    let last = name.split(separator: "/").last.map(String.init) ?? name
    return (last.hasSuffix(".csv") ? String(last.dropLast(4)) : last, transfers)
  }
}
