// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Topology

/// A site with what the rest of the reading needs to know of it.
struct SiteEntry {
  var spec: SiteSpec
  var energy: SiteEnergy
  /// Zero for none.
  var demandUSDPerKWMonth: Double
  /// For messages about the site as a whole.
  var field: Field
  var output: Output
}

extension Reading {
  /// All sites, sorted by id.
  func readSites(_ root: Section) throws(ScenarioError) -> [SiteEntry] {
    let example = "'sites: [{id: omaha, at: {latitude: 41.26, longitude: -95.94}, gpus: {model: h100, count: 8}, ...}]'"
    let list = try root.required("sites", example: example)
    var sections: [(id: String, section: Section)] = []
    for field in try list.items() {
      let section = try field.section(["id", "at", "gpus", "fabric", "power", "price", "carbon"])
      let idField = try section.required("id", example: "id: omaha")
      let id = try readID(idField)
      if let first = sections.first(where: { $0.id == id }) {
        let line = first.section.field.value.place.line.map { " (first in line \($0))" } ?? ""
        throw idField.error("site '\(id)' is listed twice\(line)", "Give every site an id of its own.")
      }
      sections.append((id, section))
    }
    if sections.isEmpty { throw list.error("expected at least one site, found an empty list", "Add one: \(example).") }
    sections.sort { $0.id < $1.id }
    var sites: [SiteEntry] = []
    for (id, section) in sections { sites.append(try readSite(id, section)) }
    return sites
  }

  /// Ids become part of link ids, port names, paths and file names.
  private func readID(_ field: Field) throws(ScenarioError) -> String {
    let id = try field.text()
    let isPlain = id.utf8.allSatisfy {
      ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122) || [45, 46, 95].contains($0)
    }
    guard isPlain, id != "null" else {
      throw field.error("expected an id of letters, digits, '-', '_' and '.', found '\(id)'")
    }
    return id
  }

  private func readSite(_ id: String, _ section: Section) throws(ScenarioError) -> SiteEntry {
    let at = try section.required("at", example: "at: {latitude: 41.26, longitude: -95.94}")
      .section(["latitude", "longitude"])
    let coordinates = Coordinates(
      latitude: try at.required("latitude", example: "latitude: 41.26").number(-90...90, "degrees north"),
      longitude: try at.required("longitude", example: "longitude: -95.94").number(-180...180, "degrees east"))
    let (pools, models) = try readPools(
      section.required("gpus", example: "gpus: {model: h100, count: 256, per_node: 8}"), site: id)
    let fabric = try readFabric(
      section.optional("fabric"), site: id, gpus: pools.reduce(0) { $0 + $1.count }, models: models)
    let power = try readPower(section.optional("power"), site: id)
    var spec = SiteSpec(
      id: id, at: coordinates, pools: pools, nicRate: fabric.nicRate, oversubscription: fabric.oversubscription,
      fabric: fabric.fabric)
    try checkCap(power, pools: pools, models: zip(pools, models).map { $1.placed(in: $0, at: spec) })
    let price = try readSource(
      .price, section.required("price", example: "price: {constant: 35 USD/MWh}"), site: id, at: coordinates)
    let carbon = try readSource(
      .carbon, section.required("carbon", example: "carbon: {constant: 400 g/kWh}"), site: id, at: coordinates)
    if fabric.placement != nil, let pool = pools.first(where: { $0.scaleUpDomain % $0.perNode != 0 }) {
      throw section.field.error(
        "scale-up domains of \(pool.scaleUpDomain) GPUs are not made of whole nodes of \(pool.perNode)",
        "Where 'fabric.placement' is followed, a domain is a number of nodes.")
    }
    spec.placement = fabric.placement
    spec.leaf = fabric.leaf
    let output = Output.block([
      ("id", .text(id)),
      (
        "at",
        .flow([
          ("latitude", .text(Quantity.number(coordinates.latitude))),
          ("longitude", .text(Quantity.number(coordinates.longitude))),
        ])
      ),
      ("gpus", .list(pools.map(Self.output))),
      ("fabric", fabric.output), ("power", power.output), ("price", price.output), ("carbon", carbon.output),
    ])
    return SiteEntry(
      spec: spec,
      energy: SiteEnergy(
        cooling: power.cooling, price: price.series, carbon: carbon.series, capWatts: power.cap, capRule: power.capRule),
      demandUSDPerKWMonth: power.demandUSDPerKWMonth, field: section.field, output: output)
  }

  private func readPools(
    _ field: Field, site: String
  ) throws(ScenarioError) -> (pools: [GPUPool], models: [GPUModel]) {
    var fields = [field]
    if case .sequence = field.value.content { fields = try field.items() }
    if fields.isEmpty { throw field.error("expected at least one pool of GPUs, found an empty list") }
    var pools: [GPUPool] = []
    var models: [GPUModel] = []
    for field in fields {
      let section = try field.section(["model", "count", "per_node", "scale_up_domain", "scale_up"])
      let modelField = try section.required("model", example: "model: h100")
      let name = try modelField.word(of: GPUCatalogue.models.map(\.name), catalogue: "gpus")
      guard let model = GPUCatalogue.lookup(name) else { throw modelField.error("'\(name)' is not known") }
      let counts = 1...10_000_000
      let count = try section.required("count", example: "count: 256").integer(counts, "a number of GPUs")
      let perNode = try section.optional("per_node")?.integer(counts, "a number of GPUs") ?? model.perNode
      let domain =
        try section.optional("scale_up_domain")?.integer(counts, "a number of GPUs") ?? model.scaleUpDomain
      let scaleUp = try readScaleUp(section.optional("scale_up"), domain: domain, site: site)
      pools.append(
        GPUPool(model: name, count: count, perNode: perNode, scaleUpDomain: domain, scaleUp: scaleUp?.name))
      models.append(model)
      assumptions.add(
        "A GPU of model \(name) draws \(Quantity.number(model.activeWatts)) W at work, "
          + "\(Quantity.number(model.stalledWatts)) W while it waits for the network or a checkpoint, and "
          + "\(Quantity.number(model.idleWatts)) W idle, its share of server, network and storage included "
          + "(\(model.certainty.rawValue): \(model.source)).")
    }
    return (pools, models)
  }

  private static func output(_ pool: GPUPool) -> Output {
    .flow(
      [
        ("model", .text(pool.model)), ("count", .number(pool.count)), ("per_node", .number(pool.perNode)),
        ("scale_up_domain", .number(pool.scaleUpDomain)),
      ] + (pool.scaleUp.map { [("scale_up", .text($0))] } ?? []))
  }
}
