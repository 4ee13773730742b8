// SPDX-License-Identifier: Apache-2.0

import Energy
import Foundation
import Quantities
import Topology

/// Reads scenarios: YAML to checked values, with every default and every guess made visible.
///
/// Conventions that a scenario relies on:
/// - `calendar` is the instant of virtual time zero. A series from a file needs one that lies within it; daily
///   profiles without one begin at midnight UTC. Profiles run in local solar time: UTC plus the longitude over 15
///   degrees, rounded to whole hours.
/// - In a series, `zone` (UTC, UTC+8, "-05:00") is for instants that do not name an offset of their own; an instant
///   with neither is an error. Of rows with one instant the last counts. A hole of up to 24 h holds the value before
///   it. Both are counted in ``Scenario/assumptions``. A currency other than USD needs an `exchange_rate`.
/// - A link's delay is its length times the delay of its medium, and the latency of its optics' error correction, and
///   `extra_delay`; in whole ticks, rounded up, at least one.
/// - `assumptions` in a file are sentences to carry into the results; a resolved scenario has its own there.
public enum ScenarioReader {
  /// Reads the scenario in the file at `path`.
  ///
  /// - Throws: ``ScenarioError`` for the first thing that is wrong, with file, line and field.
  public static func read(
    path: String, overrides: ScenarioOverrides = ScenarioOverrides()
  ) throws(ScenarioError) -> Scenario {
    guard let data = FileManager.default.contents(atPath: path) else {
      let exists = FileManager.default.fileExists(atPath: path)
      throw ScenarioError(
        file: path, line: nil, field: "", message: exists ? "cannot read this file" : "there is no such file",
        advice: exists ? "Check its permissions; it has to be a file." : "Ready scenarios are in the folder Scenarios.")
    }
    guard let yaml = String(validating: data, as: UTF8.self) else {
      throw ScenarioError(file: path, line: nil, field: "", message: "the file is not UTF-8 text")
    }
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return try parse(yaml: yaml, file: path, baseDirectory: directory, overrides: overrides)
  }

  /// Reads the scenario in `yaml`.
  ///
  /// - Parameters:
  ///   - file: what messages call it.
  ///   - baseDirectory: what paths in it are relative to.
  public static func parse(
    yaml: String, file: String, baseDirectory: String, overrides: ScenarioOverrides = ScenarioOverrides()
  ) throws(ScenarioError) -> Scenario {
    var root = try Value.parse(yaml, at: Place(file: file, line: 1))
    var assumptions = Assumptions()
    try overrides.apply(to: &root, &assumptions)
    let reading = Reading(file: file, baseDirectory: baseDirectory, assumptions: assumptions)
    return try reading.scenario(Field(value: root, path: ""))
  }
}

/// One scenario in the course of being read. Sites, and then links, are handled in the order of their ids, so that
/// neither results nor sentences depend on the order of the file.
final class Reading {
  let file: String
  let baseDirectory: String
  var assumptions: Assumptions
  var locations: [String: Place] = [:]
  var calendar: Int64?
  var seed: UInt64 = 1

  init(file: String, baseDirectory: String, assumptions: Assumptions) {
    self.file = file
    self.baseDirectory = baseDirectory
    self.assumptions = assumptions
  }

  func scenario(_ field: Field) throws(ScenarioError) -> Scenario {
    if case .null = field.value.content { throw field.error("the file is empty", "Begin with a list of 'sites:'.") }
    let root = try field.section([
      "name", "seed", "calendar", "sites", "links", "route_factor", "coordinator", "network", "scheduler", "workloads",
      "models", "jobs", "faults", "restoration", "light_paths", "forecast", "egress", "data", "assumptions",
    ])
    let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    let name = try root.optional("name")?.text() ?? stem
    seed = try root.optional("seed")?.seed() ?? 1
    calendar = try readCalendar(root.optional("calendar"))
    try readDataFolder(root.optional("data"))
    var carried: [String] = []
    for item in try root.optional("assumptions")?.items() ?? [] { carried.append(try item.text()) }

    let sites = try readSites(root)
    let routeFactor = try root.optional("route_factor")?.number(1...10, "a factor") ?? 1.3
    let links = try readLinks(root, sites: sites, routeFactor: routeFactor)
    let faults = try readFaults(root, sites: sites, links: links)
    var (restoration, fleet, restored) = try makeFleet(sites: sites, links: links, faults: faults.specs, root: root)
    let light = try readLightPaths(root.optional("light_paths"), fleet: fleet)
    fleet.lightPaths = light?.paths
    let coordinator = try readCoordinator(root.optional("coordinator"), fleet: fleet)
    let network = try readNetwork(root.optional("network"))
    let scheduler = try readScheduler(root.optional("scheduler"))
    let workloads = try readWorkloads(root, siteIDs: sites.map(\.spec.id))
    let models = try readModels(root.optional("models"))
    let jobs = try readJobs(root.optional("jobs"), losesSites: faults.specs.contains { $0.kind.isOfSite })
    let forecast = try readForecast(root.optional("forecast"))
    let egress = try readEgress(root.optional("egress"), sites: sites.map(\.spec.id))
    if calendar == nil && usesCalendar {
      assumptions.add("No calendar is given: virtual time zero is taken as 00:00 UTC for daily profiles.")
    }

    var sentences = carried
    for sentence in assumptions.sentences where !sentences.contains(sentence) { sentences.append(sentence) }
    var output: [(String, Output)] = [("name", .text(name)), ("seed", .text(String(seed)))]
    if let calendar { output.append(("calendar", .text(Instant.text(calendar)))) }
    output.append(("sites", .list(sites.map(\.output))))
    output.append(("links", .list(links.map(\.output))))
    output.append(("route_factor", .text(Quantity.number(routeFactor))))
    output.append(("coordinator", coordinator.output))
    output.append(("network", network.output))
    output.append(("scheduler", scheduler.output))
    output.append(("workloads", .list(workloads.map(\.output))))
    output.append(("models", models.output))
    output.append(("jobs", jobs.output))
    output.append(("faults", .list(faults.output)))
    output.append(("restoration", restored))
    if let light { output.append(("light_paths", light.output)) }
    output.append(("forecast", forecast.output))
    if let egress = egress.output { output.append(("egress", egress)) }
    output.append(("assumptions", .list(sentences.map { .text($0) })))
    let resolved: String
    do {
      resolved = try Output.block(output).yaml
    } catch {
      throw field.error("cannot be written out again as YAML: \(error)")
    }
    return Scenario(
      name: name, path: file, seed: seed, calendar: calendar, fleet: fleet, energy: sites.map(\.energy),
      coordinatorSite: coordinator.site, controlDelays: coordinator.delays, networkLevel: network.level,
      controller: network.controller, policy: scheduler.policy, estimates: scheduler.estimates,
      policyTimeout: scheduler.timeout,
      workloads: workloads.map(\.spec), modelRule: models.assignment, dataHomeRule: models.dataHome,
      modelSeed: models.seed, parallelism: models.parallelism, checkpoint: jobs.checkpoint,
      restoration: restoration, checkpointInterval: jobs.checkpointInterval, failureDetection: jobs.detection,
      transferLimit: jobs.transferLimit, faults: faults.specs, forecast: forecast.rule,
      charges: Charges(
        demandUSDPerKWMonth: sites.map(\.demandUSDPerKWMonth), egressUSDPerGB: egress.table, calendar: calendar),
      followsCalendar: usesCalendar, assumptions: sentences, resolvedYAML: resolved, locations: locations)
  }

  /// Whether anything of the calendar has been read: a daily profile, or a series.
  var usesCalendar = false
  /// The folder that `data` names; nil for the scenario's own.
  var dataFolder: String?

  /// On the command line the folder is relative to the current one.
  private func readDataFolder(_ field: Field?) throws(ScenarioError) {
    guard let field else { return }
    let text = try field.text()
    let folder =
      field.value.place.line == nil
      ? Reading.absolute(text, from: FileManager.default.currentDirectoryPath) : resolve(text)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw field.error(
        "there is no folder '\(folder)'",
        "It holds the files that this scenario names; say where they are with --set data=FOLDER. The scenario's own "
          + "comments tell what belongs there.")
    }
    dataFolder = folder
  }

  /// The path of a file of data that a field names: in the folder `data`, if there is one.
  func resolve(data field: Field, _ path: String) -> String {
    if field.value.place.line == nil {
      return Reading.absolute(path, from: FileManager.default.currentDirectoryPath)
    }
    return dataFolder.map { Reading.absolute(path, from: $0) } ?? resolve(path)
  }

  private func readCalendar(_ field: Field?) throws(ScenarioError) -> Int64? {
    guard let field else { return nil }
    let text = try field.text()
    switch Instant.parse(text, defaultOffset: nil) {
    case .instant(let seconds): return seconds
    case .needsOffset:
      throw field.error("'\(text)' does not say its time zone", "Write '\(text)Z' for UTC, or an offset as in +01:00.")
    case .invalid: throw field.error("expected an instant such as 2023-10-09T00:00:00Z, found '\(text)'")
    }
  }

  private func makeFleet(
    sites: [SiteEntry], links: [LinkEntry], faults: [FaultSpec], root: Section
  ) throws(ScenarioError) -> (Restoration, Fleet, Output) {
    var specs = links.map(\.spec)
    let whole = try fleet(sites: sites, links: specs, faults: [], convergence: nil, root: root)
    let longest = whole.delays.map { $0.max() ?? .zero }.max() ?? .zero
    let (restoration, output) = try readRestoration(
      root.optional("restoration"), faults: faults, longestDelay: longest)
    for index in specs.indices {
      let ends = [sites[specs[index].ends.0].spec.id, sites[specs[index].ends.1].spec.id]
      specs[index].changes = FaultSpec.changes(
        faults.filter { $0.link == specs[index].id || $0.kind == .site && ends.contains($0.site) },
        capacity: specs[index].capacity, protection: restoration.protection)
    }
    let broken = try fleet(
      sites: sites, links: specs, faults: faults, convergence: restoration.routing, root: root)
    return (restoration, broken, output)
  }

  private func fleet(
    sites: [SiteEntry], links: [LinkSpec], faults: [FaultSpec], convergence: Time?, root: Section
  ) throws(ScenarioError) -> Fleet {
    do throws(TopologyError) {
      return try Fleet(sites: sites.map(\.spec), links: links, faults: faults, convergence: convergence)
    } catch {
      switch error {
      case .unreachable(let id, let origin):
        guard let site = sites.first(where: { $0.spec.id == id }) else { throw root.field.error("\(error)") }
        throw site.field.error(
          "no path of links leads here from '\(origin)'", "Add a link to '\(id)' under 'links:', or remove the site.")
      default: throw root.field.error("\(error)")
      }
    }
  }

  /// An absolute path without "..", relative paths taken from the scenario's folder.
  func resolve(_ path: String) -> String {
    Reading.absolute(path, from: Reading.absolute(baseDirectory, from: FileManager.default.currentDirectoryPath))
  }

  static func absolute(_ path: String, from base: String) -> String {
    let full = path.hasPrefix("/") ? path : base + "/" + path
    return URL(fileURLWithPath: full).standardizedFileURL.path
  }

  /// The last part of a path, for sentences that should not depend on where a scenario lies.
  static func shortName(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }
}
