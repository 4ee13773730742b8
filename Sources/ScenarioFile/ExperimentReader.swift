// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities

/// Reads congestion experiments: YAML to checked values. `Documentation/Experiments.md` lists every field with its unit
/// and default.
public enum ExperimentReader {
  /// Reads the experiment in the file at `path`.
  ///
  /// - Throws: ``ScenarioError`` for the first thing that is wrong, with file, line and field.
  public static func read(path: String) throws(ScenarioError) -> Experiment {
    guard let data = FileManager.default.contents(atPath: path) else {
      let exists = FileManager.default.fileExists(atPath: path)
      throw ScenarioError(
        file: path, line: nil, field: "", message: exists ? "cannot read this file" : "there is no such file",
        advice: exists
          ? "Check its permissions; it has to be a file." : "Ready experiments are in the folder Experiments.")
    }
    guard let yaml = String(validating: data, as: UTF8.self) else {
      throw ScenarioError(file: path, line: nil, field: "", message: "the file is not UTF-8 text")
    }
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return try parse(yaml: yaml, file: path, baseDirectory: directory)
  }

  /// Reads the experiment in `yaml`.
  ///
  /// - Parameters:
  ///   - file: what messages call it.
  ///   - baseDirectory: what paths in it are relative to.
  public static func parse(yaml: String, file: String, baseDirectory: String) throws(ScenarioError) -> Experiment {
    let root = try Value.parse(yaml, at: Place(file: file, line: 1))
    var reading = ExperimentReading(file: file, baseDirectory: baseDirectory)
    return try reading.experiment(Field(value: root, path: ""))
  }
}

/// One experiment in the course of being read.
struct ExperimentReading {
  let file: String
  let baseDirectory: String
  var nodes = NodeTable()
  var fabricLinks: [Experiment.Link] = []
  var duration = Time.zero

  init(file: String, baseDirectory: String) {
    self.file = file
    self.baseDirectory = baseDirectory
  }

  mutating func experiment(_ field: Field) throws(ScenarioError) -> Experiment {
    if case .null = field.value.content { throw field.error("the file is empty", "Begin with a list of 'hosts:'.") }
    let root = try field.section([
      "name", "network", "hosts", "switches", "fabric", "links", "flows", "collectives", "changes", "sites",
      "site_delay", "algorithms", "host", "packet", "header", "round_trip_error", "control_loss", "telemetry", "warmup",
      "duration",
      "series_interval", "sample_interval", "leaps", "seeds",
    ])
    let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    let durationField = try root.required("duration", example: "duration: 5 s")
    duration = try durationField.positiveTime()
    var result = Experiment(name: try root.optional("name")?.text() ?? stem, file: file, duration: duration)
    if let field = root.optional("network") {
      let word = try field.word(of: NetworkLevel.allCases.map(\.rawValue))
      result.network = NetworkLevel(rawValue: word) ?? result.network
    }
    try readTimes(root, into: &result)
    try readPackets(root, into: &result)
    result.telemetry = try readTelemetry(root)
    try readNodes(root)
    result.links = try readLinks(root)
    result.flows = try readFlows(root)
    result.collectives = try readCollectives(root)
    guard !result.flows.isEmpty || !result.collectives.isEmpty else {
      throw root.field.error(
        "there is nothing to send", "Add 'flows:' or 'collectives:', for example: flows: [{from: near, to: sink}]")
    }
    result.changes = try readChanges(root, links: result.links)
    result.sites = try readSites(root)
    if let field = root.optional("site_delay") { result.siteDelay = try field.quantity(Time.parse) }
    result.algorithms = try readAlgorithms(root)
    result.host = try readHost(root)
    result.seeds = try readSeeds(root)
    result.nodes = nodes.nodes
    return result
  }

  private func readTimes(_ root: Section, into result: inout Experiment) throws(ScenarioError) {
    if let field = root.optional("warmup") {
      result.warmup = try field.quantity(Time.parse)
      guard result.warmup < duration else {
        throw field.error(
          "the warm-up of \(result.warmup.text) leaves nothing of the duration of \(duration.text) to measure",
          "The duration includes the warm-up: make it longer, or the warm-up shorter.")
      }
    }
    result.seriesInterval = try root.optional("series_interval")?.positiveTime()
    result.sampleInterval = try root.optional("sample_interval")?.positiveTime()
    if let field = root.optional("leaps") { result.leaps = try field.flag() }
  }

  private func readPackets(_ root: Section, into result: inout Experiment) throws(ScenarioError) {
    if let field = root.optional("packet") {
      result.packetBytes = try field.quantity(Quantity.parseBytes)
      guard 64...65_536 ~= result.packetBytes else {
        throw field.error("expected a packet from 64 B to 65536 B, found \(result.packetBytes) B")
      }
    }
    if let field = root.optional("header") {
      result.headerBytes = try field.quantity(Quantity.parseBytes)
      guard result.headerBytes < result.packetBytes else {
        throw field.error(
          "headers of \(result.headerBytes) B leave no room in a packet of \(result.packetBytes) B",
          "'packet' is the whole packet on the wire, headers included.")
      }
    }
    if let field = root.optional("round_trip_error") {
      result.roundTripError = try field.number(0.1...10, "a factor")
    }
    if let field = root.optional("control_loss") {
      result.controlLoss = try field.share(of: "control words")
    }
  }

  /// An absolute path without "..", relative paths taken from the experiment's folder.
  func resolve(_ path: String) -> String {
    Reading.absolute(path, from: Reading.absolute(baseDirectory, from: FileManager.default.currentDirectoryPath))
  }

  /// The lines of a CSV that `field` names, with the header checked.
  func csv(_ field: Field, header: [String]) throws(ScenarioError) -> (
    name: String, rows: [(line: Int, fields: [String])]
  ) {
    let name = try field.text()
    let path = resolve(name)
    guard let data = FileManager.default.contents(atPath: path) else {
      let exists = FileManager.default.fileExists(atPath: path)
      throw field.error(
        exists ? "cannot read the file '\(path)'" : "there is no file '\(path)'",
        "Paths are relative to the experiment's file.")
    }
    var lines = CSVLines(Array(data))
    guard let first = lines.next(), first.fields == header else {
      throw ScenarioError(
        file: name, line: 1, field: field.path, message: "expected the header '\(header.joined(separator: ","))'")
    }
    var rows: [(line: Int, fields: [String])] = []
    while let line = lines.next() {
      guard line.fields.count == header.count else {
        throw ScenarioError(
          file: name, line: line.number, field: field.path,
          message: "expected \(header.count) columns, found \(line.fields.count)")
      }
      rows.append((line.number, line.fields))
    }
    guard !rows.isEmpty else {
      throw ScenarioError(file: name, line: 1, field: field.path, message: "the file has no rows")
    }
    return (name, rows)
  }
}

extension Field {
  var origin: Experiment.Origin {
    Experiment.Origin(file: value.place.file, line: value.place.line, field: path)
  }

  func positiveTime() throws(ScenarioError) -> Time {
    let time = try quantity(Time.parse)
    guard time > .zero else { throw error("expected a time above zero, found '\(try text())'") }
    return time
  }

  func positiveRate() throws(ScenarioError) -> BitRate {
    let rate = try quantity(BitRate.parse)
    guard rate > .zero, rate < .unlimited else { throw error("expected a rate above zero, found '\(rate.text)'") }
    return rate
  }

  func positiveBytes(_ what: String) throws(ScenarioError) -> Int64 {
    let bytes = try quantity(Quantity.parseBytes)
    guard bytes > 0 else { throw error("expected \(what) above zero, found '\(try text())'") }
    return bytes
  }

  func flag() throws(ScenarioError) -> Bool { try word(of: ["true", "false"]) == "true" }

  /// From 0 to less than 1.
  func share(of what: String) throws(ScenarioError) -> Double {
    let share = try quantity(Quantity.parsePercentOrNumber)
    guard share >= 0, share < 1 else {
      throw error("expected a share of \(what) from 0 to less than 1, found '\(try text())'")
    }
    return share
  }

  /// A length of queue: bytes, line time, or round trips of line time.
  func extent(_ what: String) throws(ScenarioError) -> Experiment.Extent {
    let text = try text()
    let lower = text.lowercased()
    if lower.hasSuffix("rtt") || lower.hasSuffix("bdp") {
      let number = text.dropLast(3).reversed().drop { $0 == " " }.reversed()
      guard let value = Quantity.parseNumber(String(number)), value >= 0, value <= 1e6 else {
        throw error("expected \(what) such as '2.5 rtt', found '\(text)'")
      }
      return .roundTrips(value)
    }
    if let bytes = try? Quantity.parseBytes(text) { return .bytes(bytes) }
    if let time = try? Time.parse(text) { return .lineTime(time) }
    throw error(
      "expected \(what) such as '32 MB', '250 us' (of line time) or '2.5 rtt', found '\(text)'",
      "Upper and lower case matter: MB are megabytes.")
  }
}
