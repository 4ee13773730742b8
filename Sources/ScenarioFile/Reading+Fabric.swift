// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Topology

/// What a scenario says about the network inside a site.
struct FabricEntry {
  var fabric: SiteFabric
  var nicRate: BitRate
  var oversubscription: Double
  var placement: FabricPlacement?
  var leaf: Int
  var output: Output
}

extension Reading {
  /// `{optics: 1.6t-cpo, switch: quantum-2-qm9700, oversubscription: 2, nic_rate: 400 Gb/s, placement: domains, leaf: 32}`.
  func readFabric(
    _ field: Field?, site: String, gpus: Int, models: [GPUModel]
  ) throws(ScenarioError) -> FabricEntry {
    let section = try field?.section(["optics", "switch", "oversubscription", "nic_rate", "placement", "leaf"])
    let word = try section?.optional("placement")?.word(of: FabricPlacement.allCases.map(\.rawValue))
    let placement = word.flatMap { FabricPlacement(rawValue: $0) }
    let leafField = section?.optional("leaf")
    let leaf = try leafField?.integer(1...1_000_000, "the number of GPUs under a leaf switch") ?? 0
    if let leafField, placement == nil {
      throw leafField.error(
        "which leaves a job crosses is followed only with 'placement'", "For example: placement: domains.")
    }
    if placement == nil {
      assumptions.add(
        "Inside {} a job's collectives take the time of the fewest scale-up domains that hold it, whatever nodes it gets; "
          + "'fabric.placement' has its own nodes counted.", for: site)
    }
    var name = SiteFabric.referenceOptics
    if let field = section?.optional("optics") {
      name = try field.word(of: OpticsCatalogue.rows.map(\.name), catalogue: "optics")
      if let row = OpticsCatalogue.lookup(name), row.tier == .scaleAcross {
        throw field.error(
          "'\(name)' are made for lines between sites", "A fabric takes, for example, 800g-2xdr4, 800g-lpo or 1.6t-cpo."
        )
      }
    }
    guard let optics = OpticsCatalogue.lookup(name) else {
      throw ScenarioError(file: file, line: nil, field: "fabric", message: "optics '\(name)' are not known")
    }
    var switches = SiteFabric.defaultSwitch
    if let field = section?.optional("switch") {
      let word = try field.word(of: SwitchCatalogue.rows.map(\.name), catalogue: "switches")
      switches = SwitchCatalogue.lookup(word) ?? switches
      guard switches.watts != nil, switches.kind == .infiniBand || switches.kind == .ethernet else {
        throw field.error(
          switches.watts == nil ? "the power of '\(word)' is not published" : "'\(word)' is no switch of a fabric",
          "Take quantum-2-qm9700, quantum-x800-q3400, quantum-x800-q3200 or spectrum-4-sn5600.")
      }
    }
    let oversubscription =
      try section?.optional("oversubscription")?.number(1...1000, "a ratio of the fabric's load to its capacity") ?? 1
    if section?.optional("oversubscription") == nil {
      assumptions.add("The fabric is taken to have full bisection (oversubscription 1) at {}.", for: site)
    }
    var rate = models.map(\.nicRate).min() ?? .zero
    if Set(models.map(\.nicRate)).count > 1 {
      assumptions.add("The slowest pool's network interface stands for all GPUs at {}.", for: site)
    }
    if optics.rate < rate { rate = optics.rate }
    if let field = section?.optional("nic_rate") {
      rate = try field.quantity(BitRate.parse)
      guard rate > .zero else { throw field.error("expected a rate above zero, found '\(rate.text)'") }
    }
    let fabric = SiteFabric(
      optics: optics, switches: switches, nicRate: rate, modelRate: models.map(\.nicRate).min(),
      oversubscription: oversubscription, gpus: gpus)
    let difference = fabric.differencePerGPU
    if difference != 0 {
      assumptions.add(
        "The fabric of {} draws \(Quantity.rounded(fabric.wattsPerGPU, digits: 3)) W a GPU, "
          + "\(Quantity.rounded(abs(difference), digits: 3)) W \(difference < 0 ? "less" : "more") than one of "
          + "\(SiteFabric.referenceOptics) with full bisection, which a GPU's share of server and network is taken to "
          + "hold (optics \(optics.certainty.rawValue): \(optics.source)).", for: site)
    }
    var output: [(String, Output)] = [
      ("optics", .text(name)), ("switch", .text(switches.name)),
      ("oversubscription", .text(Quantity.number(oversubscription))), ("nic_rate", .text(rate.text)),
    ]
    if let placement { output.append(("placement", .text(placement.rawValue))) }
    if leaf > 0 { output.append(("leaf", .number(leaf))) }
    return FabricEntry(
      fabric: fabric, nicRate: rate, oversubscription: oversubscription, placement: placement, leaf: leaf,
      output: .flow(output))
  }

  /// The links inside a pool's scale-up domains; nil for what its model has.
  func readScaleUp(_ field: Field?, domain: Int, site: String) throws(ScenarioError) -> ScaleUpRow? {
    guard let field else { return nil }
    let name = try field.word(of: ScaleUpCatalogue.rows.map(\.name), catalogue: "gpus")
    guard let row = ScaleUpCatalogue.lookup(name) else { throw field.error("'\(name)' is not known") }
    guard domain <= row.domain else {
      let wider = ScaleUpCatalogue.rows.filter { $0.domain >= domain && $0.bytesPerSecond >= row.bytesPerSecond }
      let advice = wider.first.map { "'\($0.name)' reaches \($0.domain) GPUs." } ?? "Make the domain smaller."
      throw field.error(
        "'\(name)' reaches \(Quantity.number(row.reachMetres)) m and up to \(row.domain) GPUs, and the domain has "
          + "\(domain)", advice)
    }
    assumptions.add(
      "Scale-up links '\(name)' at {} draw \(Quantity.number(row.wattsPerGPU)) W a GPU beyond copper "
        + "(\(row.certainty.rawValue): \(row.source)).", for: site)
    return row
  }
}

extension GPUModel {
  /// This model in a site whose network draws and carries what `site` says: power in every state by the difference of
  /// its network, and the rate of its scale-up links.
  public func placed(in pool: GPUPool, at site: SiteSpec) -> GPUModel {
    var model = self
    let difference = site.networkDifference(of: pool)
    model.shareActiveWatts += difference
    model.shareIdleWatts += difference
    if let row = pool.scaleUp.flatMap(ScaleUpCatalogue.lookup) { model.scaleUpBytesPerSecond = row.bytesPerSecond }
    return model
  }
}
