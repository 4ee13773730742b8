// SPDX-License-Identifier: Apache-2.0

import Quantities
import Topology

/// A scenario made of a published map: the map gives sites and links, everything else is a stated assumption.
public struct MapScenario: Sendable {
  public var name: String
  /// The map's file, for the scenario's first lines.
  public var source: String
  public var selection: MapSelection
  public var routeFactor = 1.3
  public var gpuModel = "h100"
  public var gpusPerSite = 256
  /// Of links whose capacity the map does not give.
  public var optics = "800zr-plus"
  public var wavelengths = 1

  public init(name: String, source: String, selection: MapSelection) {
    self.name = name
    self.source = source
    self.selection = selection
  }

  /// What the scenario assumes, a sentence each; also written into it, and carried into every result.
  public var assumptions: [String] {
    var list = selection.notes
    let unknown = selection.links.filter { $0.capacity == nil }.count
    if unknown > 0 {
      list.append(
        "\(unknown) of \(selection.links.count) links have no capacity in the map: "
          + "\(wavelengths == 1 ? "one wavelength" : "\(wavelengths) wavelengths") of \(optics) each.")
    }
    list.append(
      "The map says nothing of data centres: \(gpusPerSite) GPUs of model \(gpuModel), 60 USD/MWh and 400 g/kWh at every "
        + "site, and synthetic jobs.")
    return list
  }

  /// The scenario's file.
  ///
  /// - Throws: ``ScenarioError`` if what was chosen makes no scenario that can be read.
  public func yaml() throws(ScenarioError) -> String {
    let sites = selection.sites.map { site in
      Output.block([
        ("id", .text(site.id)),
        (
          "at",
          .flow([
            ("latitude", .text(Quantity.number(site.at.latitude))),
            ("longitude", .text(Quantity.number(site.at.longitude))),
          ])
        ),
        ("gpus", .flow([("model", .text(gpuModel)), ("count", .number(gpusPerSite))])),
        ("fabric", .flow([("optics", .text("800g-2xdr4")), ("oversubscription", .text("1"))])),
        ("power", .flow([("pue", .text("1.15"))])), ("price", .flow([("constant", .text("60 USD/MWh"))])),
        ("carbon", .flow([("constant", .text("400 g/kWh"))])),
      ])
    }
    let links = selection.links.map { link in
      var fields: [(String, Output)] = [
        (
          "between",
          .flowList([.text(selection.sites[link.ends.0].id), .text(selection.sites[link.ends.1].id)])
        ),
        ("distance", .text(Quantity.text(kilometres: link.kilometres))), ("medium", .text("smf")),
        ("optics", .text(optics)),
      ]
      if let capacity = link.capacity { fields.append(("rate", .text(capacity.text))) }
      fields.append(("wavelengths", .number(link.capacity == nil ? wavelengths : 1)))
      fields.append(("buffer", .text("64 MB")))
      return Output.flow(fields)
    }
    let root: [(String, Output)] = [
      ("name", .text(name)), ("sites", .list(sites)), ("links", .list(links)),
      ("route_factor", .text(Quantity.number(routeFactor))),
      ("coordinator", .flow([("site", .text(selection.sites[0].id)), ("processing_delay", .text("1 ms"))])),
      ("network", .flow([("level", .text("fluid")), ("congestion_control", .text("distance-aware"))])),
      (
        "scheduler",
        .flow([("policy", .text("fifo-skip@cheapest-energy")), ("estimates", .text("exact"))])
      ),
      (
        "workloads",
        .list([
          .flow([
            ("synthetic", .text("philly")), ("jobs", .number(500)), ("seed", .number(1)), ("stand_in", .text("true")),
          ]),
          .flow([("synthetic", .text("llm-training")), ("jobs", .number(20)), ("seed", .number(7))]),
        ])
      ),
      ("models", .flow([("assignment", .text("by-size")), ("data_home", .text("uniform")), ("seed", .number(7))])),
      ("assumptions", .list(assumptions.map { .text($0) })),
    ]
    var text = "# Sites and links from \(source.filter { !$0.isNewline }). Everything else is assumed: see the end.\n"
    for link in selection.links where !link.via.isEmpty {
      let ends = "\(selection.sites[link.ends.0].id)-\(selection.sites[link.ends.1].id)"
      text += "# \(ends) passes \(link.via.map { $0.filter { !$0.isNewline } }.joined(separator: ", ")).\n"
    }
    do {
      text += try Output.block(root).yaml
    } catch {
      throw ScenarioError(file: source, line: nil, field: "", message: "cannot be written as YAML: \(error)")
    }
    // What is written can be read.
    _ = try ScenarioReader.parse(yaml: text, file: name, baseDirectory: "/")
    return text
  }
}
