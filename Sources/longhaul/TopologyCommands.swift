// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Energy
import Foundation
import Quantities
import Report
import ScenarioFile
import Topology

struct ScenarioCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scenario", abstract: "Makes scenarios, and shows how their links are built.",
    subcommands: [ScenarioFromTopology.self, ScenarioLink.self])
}

struct ScenarioFromTopology: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "from-topology",
    abstract: "A scenario out of a published map: Topology Zoo GML, SNDlib JSON as TopoHub has it, TEAL's B4.",
    discussion: """
      Distances come from coordinates, links between sites may pass nodes that are none. What the map does not say is \
      assumed, told on standard error, and kept in the scenario.
      """)

  @Argument(help: "The map.") var file: String
  @Option(help: "Nodes that become sites: labels or ids, with commas between them.") var sites: String
  @Option(name: .shortAndLong, help: "The scenario to write; standard output if left out.") var output: String?
  @Option(help: "Coordinates that the map lacks: a CSV of id,latitude,longitude.") var places: String?
  @Option(help: "What a fibre is longer than the great circle.") var routeFactor = 1.3
  @Option(help: "Length of an edge where the map has no coordinates at all.") var edgeDistance = "1000 km"
  @Option(help: "GPUs at every site.") var gpus = 256
  @Option(help: "Their model.") var gpuModel = "h100"
  @Option(help: "Optics of links whose capacity the map does not give.") var optics = "800zr-plus"
  @Option(help: "Wavelengths of such a link.") var wavelengths = 1
  @Option(help: "Name of the scenario; that of the map if left out.") var name: String?
  @Flag(help: "Replace the file that is there.") var force = false

  func validate() throws {
    if routeFactor < 1 || routeFactor > 10 || !routeFactor.isFinite {
      throw ValidationError("--route-factor: expected 1 to 10, found \(routeFactor)")
    }
    if gpus < 1 { throw ValidationError("--gpus: expected at least 1, found \(gpus)") }
    if wavelengths < 1 { throw ValidationError("--wavelengths: expected at least 1, found \(wavelengths)") }
    if GPUCatalogue.lookup(gpuModel) == nil {
      throw ValidationError("--gpu-model: '\(gpuModel)' is not known; 'longhaul catalog gpus' lists them")
    }
    if OpticsCatalogue.lookup(optics) == nil {
      throw ValidationError("--optics: '\(optics)' is not known; 'longhaul catalog optics' lists them")
    }
  }

  func run() throws {
    let kilometres = try quantity(edgeDistance, "--edge-distance", Quantity.parseKilometres)
    guard kilometres > 0 else { throw ValidationError("--edge-distance: expected a length above zero") }
    if let output, !force, FileManager.default.fileExists(atPath: output) {
      throw ValidationError("'\(output)' is there already; name another file, or give --force")
    }
    var map = try MapReader.read(path: file)
    if let places { try MapReader.addPlaces(places, to: &map) }
    let names = sites.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let selection = try MapSelection(
      of: map, file: file, names: names, routeFactor: routeFactor, edgeKilometres: kilometres)
    let stem = URL(fileURLWithPath: file).lastPathComponent
    var scenario = MapScenario(
      name: name ?? URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent.lowercased(), source: stem,
      selection: selection)
    scenario.routeFactor = routeFactor
    scenario.gpuModel = gpuModel
    scenario.gpusPerSite = gpus
    scenario.optics = optics
    scenario.wavelengths = wavelengths
    let text = try scenario.yaml()
    guard let output else {
      print(text, terminator: "")
      return tell(scenario)
    }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
    } catch {
      throw ValidationError("'\(output)' cannot be written: \(error.localizedDescription)")
    }
    tell(scenario)
    Longhaul.complain("\(selection.sites.count) sites and \(selection.links.count) links written to \(output)")
  }

  private func tell(_ scenario: MapScenario) {
    for sentence in scenario.assumptions { Longhaul.complain("assumed: \(sentence)") }
  }
}

struct TopologyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topology", abstract: "Holds the distance model against measurements.",
    subcommands: [TopologyCheck.self])
}

struct TopologyCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Measured round trips between cloud regions over those of light on the great circle.",
    discussion:
      "The measurements of 19 AWS regions are in latency_aws/2020_06_05 of github.com/vitorenesduarte/fantoch.")

  @Argument(
    help: """
      A folder with a file REGION.dat for each region, lines 'min/avg/max/mdev:region' in milliseconds; or a folder of \
      data that has them in wan/rtt-*. If left out, ../shared/data is looked at.
      """)
  var folder: String?
  @Flag(help: "Every pair, as CSV.") var pairs = false

  func run() throws {
    let matrix = try RoundTripMatrix(folder: TopologyCheck.measurements(folder ?? "../shared/data"))
    if pairs {
      print("from,to,great_circle_km,round_trip_ms,stretch")
      for pair in matrix.pairs {
        print(
          "\(pair.from),\(pair.to),"
            + String(format: "%.1f,%.3f,%.3f", pair.kilometres, pair.milliseconds, pair.stretch))
      }
      return
    }
    print("Round trip measured over that of light in fibre (4.895 us/km) along the great circle")
    print("great circle km    pairs   least  median     p90    most")
    for row in matrix.classes {
      let range =
        row.kilometres.lowerBound == 0 && row.kilometres.upperBound > 20_000
        ? "all" : "\(Int(row.kilometres.lowerBound))-\(Int(row.kilometres.upperBound))"
      let label = range + String(repeating: " ", count: max(1, 18 - range.count))
      print(
        label
          + String(format: "%6d  %6.2f  %6.2f  %6.2f  %6.2f", row.pairs, row.least, row.median, row.ninth, row.most))
    }
    print(
      String(
        format: "straight line: %.1f ms and %.2f times light on the great circle", matrix.line.milliseconds,
        matrix.line.stretch))
    for factor in [1.3, 1.5, 1.7, 2.1] {
      print(
        String(
          format: "route factor %.1f: the model is faster than %.0f %% of the pairs", factor,
          100 * matrix.shareAbove(routeFactor: factor)))
    }
    print("measurements: \(matrix.pairs.count) pairs")
    print("places: \(RegionCatalogue.source) (\(RegionCatalogue.certainty.rawValue))")
  }

  /// The folder itself, or the first in it that is called wan/rtt-*.
  private static func measurements(_ folder: String) -> String {
    let list = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/wan")) ?? []
    return list.filter { $0.hasPrefix("rtt-") }.min().map { "\(folder)/wan/\($0)" } ?? folder
  }
}
