// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Topology

/// Which links close, against budgets worked out by hand and the reaches that vendors and standards publish.
@Suite struct LinkBudgetTests {
  static func design(
    _ optics: String, _ kilometres: Double, on medium: String = "smf", ocs: String? = nil, span: Double? = nil
  ) throws -> LinkBudget.Design {
    LinkBudget.Design(
      optics: try #require(OpticsCatalogue.lookup(optics), "\(optics)"),
      medium: try #require(FibreCatalogue.lookup(medium), "\(medium)"), kilometres: kilometres,
      circuitSwitch: try ocs.map { try #require(CircuitSwitchCatalogue.lookup($0)) }, spanKilometres: span)
  }

  static func line(
    _ design: LinkBudget.Design, regenerates: Bool = true, equipment: String = "none"
  ) throws -> LinkLine? {
    LinkLine(
      design, regenerates: regenerates, equipment: try #require(LineCatalogue.equipment(equipment)))
  }

  /// 500 km are 100 dB and 8,500 ps/nm; 300 km are 60 dB and 5,100 ps/nm; with two connectors 1 dB more.
  @Test func whatTheIssueAsks() throws {
    let short = LinkBudget(try Self.design("800g-2xsr4", 2, on: "mmf-om4"))
    #expect(!short.closes && short.totalLoss == 7)
    // Multimode light has no business in ordinary fibre, however short.
    #expect(!LinkBudget(try Self.design("800g-2xsr4", 0.01)).closes)
    #expect(LinkBudget(try Self.design("800g-2xsr4", 0.05, on: "mmf-om4")).closes)
    let zr = LinkBudget(try Self.design("800zr", 500))
    #expect(!zr.closes && zr.totalLoss == 101 && zr.dispersion == 8500 && zr.failures.count == 2)
    let next = LinkBudget(try Self.design("1600zr", 300))
    #expect(!next.closes && next.totalLoss == 61 && next.dispersion == 5100)
    #expect(LinkBudget(try Self.design("800g-dr8", 0.5)).closes)
    #expect(LinkBudget(try Self.design("1.6t-dr8", 0.5)).closes)
    #expect(!LinkBudget(try Self.design("1.6t-dr8", 0.51)).closes)
    #expect(LinkBudget(try Self.design("1.6t-embedded", 1000)).closes)
  }

  /// A module for several spans reaches on the standard line what is published for it, and not a kilometre more.
  @Test(arguments: [("400zr-plus", 500.0), ("800zr-plus", 500), ("1.6t-embedded", 1100)])
  func standardLine(_ optics: String, _ kilometres: Double) throws {
    #expect(LinkBudget(try Self.design(optics, kilometres)).closes)
    #expect(!LinkBudget(try Self.design(optics, kilometres + 1)).closes)
  }

  /// The same module on fibres of less loss: amplifiers stand farther apart, and the reach grows with them.
  @Test(arguments: [("smf-low-loss", 625.0), ("hollow-core", 500), ("hollow-core-lab", 500 * 0.2 / 0.091)])
  func otherFibres(_ medium: String, _ kilometres: Double) throws {
    #expect(LinkBudget(try Self.design("800zr-plus", kilometres - 0.01, on: medium)).closes)
    #expect(!LinkBudget(try Self.design("800zr-plus", kilometres + 1, on: medium)).closes)
  }

  /// One span closes up to (22 - 1) / 0.2 = 105 km of ordinary fibre: within the 80 to 120 km of the standards. G.654.E
  /// would allow 131 km by loss but only 2,400 / 21 = 114 km by dispersion; hollow core of the laboratory 230 km.
  @Test(arguments: [("smf", 105.0), ("smf-low-loss", 114.2), ("hollow-core", 105), ("hollow-core-lab", 230.7)])
  func oneSpan(_ medium: String, _ kilometres: Double) throws {
    for optics in ["400zr", "800zr", "1600zr"] {
      #expect(LinkBudget(try Self.design(optics, kilometres, on: medium)).closes, "\(optics)")
      #expect(!LinkBudget(try Self.design(optics, kilometres + 0.1, on: medium)).closes, "\(optics)")
    }
  }

  /// By hand: seven spans' worth of 16 dB, 560 km, the first 1 dB more.
  @Test func noiseOfAmplifiers() throws {
    let budget = LinkBudget(try Self.design("1.6t-embedded", 560))
    #expect(budget.spans == 7 && budget.amplifiers == 8)
    // 10^1.6 = 39.81, 10^1.7 = 50.12: 6 x 39.81 + 50.12 = 288.98, 24.61 dB; 58 - 5 - 24.61.
    #expect(abs(try #require(budget.osnr) - 28.39) < 0.01)
    // Longer spans gather more noise: five of 24 dB against seven of 16.
    let long = LinkBudget(try Self.design("1.6t-embedded", 600, span: 120))
    let usual = LinkBudget(try Self.design("1.6t-embedded", 600))
    #expect(try #require(long.osnr) < (try #require(usual.osnr)) - 5)
    #expect(!LinkBudget(try Self.design("1.6t-embedded", 600, span: 140)).closes, "28 dB are beyond an amplifier")
  }

  /// A lower loss puts amplifiers farther apart, so that the same module goes farther.
  @Test func hollowCoreCarriesFarther() throws {
    let hollow = LinkBudget(try Self.design("800zr-plus", 1000, on: "hollow-core-lab"))
    #expect(hollow.closes && hollow.spans == 6)
    #expect(try Self.line(Self.design("800zr-plus", 1000))?.regenerationSites == 1)
  }

  @Test func unamplifiedWhereItIsShort() throws {
    // 11 dB are 50 km and two connectors.
    #expect(LinkBudget(try Self.design("400zr", 50)).amplifiers == 0)
    #expect(LinkBudget(try Self.design("400zr", 51)).amplifiers == 2)
  }

  /// Two passes of a switch with 2 dB leave a budget of 3 dB nothing, and take 20 km off a span.
  @Test func circuitSwitchesCostLight() throws {
    let inside = LinkBudget(try Self.design("800g-2xdr4", 0.1, ocs: "palomar"))
    #expect(!inside.closes && abs(inside.totalLoss - 5.035) < 1e-9)
    #expect(LinkBudget(try Self.design("800g-lr", 0.1, ocs: "palomar")).closes)
    #expect(LinkBudget(try Self.design("800zr", 85, ocs: "palomar")).closes)
    #expect(!LinkBudget(try Self.design("800zr", 86, ocs: "palomar")).closes)
  }

  @Test func regenerationIsPaidFor() throws {
    let line = try #require(try Self.line(Self.design("800zr", 500)))
    // Pieces of at most 105 km.
    #expect(line.regenerationSites == 4 && line.budget.design.kilometres == 100)
    #expect(line.amplifiers == 10 && line.spans == 5)
    #expect(line.propagation == .nanoseconds(2_447_500))
    #expect(line.optics == .nanoseconds(7500) && line.regeneration == .nanoseconds(30_000))
    #expect(line.amplification == .nanoseconds(1000))
    #expect(line.delay == .nanoseconds(2_486_000))
    #expect(try Self.line(Self.design("800zr", 500), regenerates: false) == nil)
    #expect(try Self.line(Self.design("1600zr", 300))?.regenerationSites == 2)
    // What has no line system is never regenerated.
    #expect(try Self.line(Self.design("800g-2xsr4", 2, on: "mmf-om4")) == nil)
    #expect(try Self.line(Self.design("800g-2xdr4", 2)) == nil)

    let link = LinkSpec(
      id: "a-b", ends: (0, 1), kilometres: 500, medium: "smf", optics: "800zr", wavelengths: 3,
      capacity: .gigabits(2400), delay: line.delay, bufferBytes: 1, line: line)
    let power = LinkPower(of: link)
    #expect(power.router == 4800 && power.optics == 75 && power.regeneration == 300)
    #expect(abs(power.amplifiers - 720) < 1e-9)
    let cost = LinkCost(of: link)
    #expect(cost.modules == 30 && cost.modulesUSD == 240_000...450_000)
    #expect(cost.leaseUSDPerMonth == 60_000...240_000)
  }

  /// Regeneration never makes a line longer than its length needs: one site less would not close.
  @Test func noSiteTooMany() throws {
    for optics in OpticsCatalogue.rows where optics.kind == .coherent {
      for kilometres in [60.0, 140, 333, 777, 1361, 4130, 9000] {
        let line = try #require(try Self.line(Self.design(optics.name, kilometres)))
        #expect(line.budget.closes)
        if line.regenerationSites == 0 { continue }
        let design = try Self.design(optics.name, kilometres / Double(line.regenerationSites))
        #expect(!LinkBudget(design).closes, "\(optics.name) over \(kilometres) km")
      }
    }
  }

  @Test func theNearestModule() throws {
    let cases = [
      ("800g-2xsr4", 2.0, "mmf-om4", "800g-2xfr4", "smf"), ("800g-2xsr4", 0.04, "smf", "800g-lpo", "smf"),
      ("800zr", 500, "smf", "800zr-plus", "smf"), ("1600zr", 300, "smf", "1.6t-embedded", "smf"),
      ("800g-2xdr4", 8, "smf", "800g-lr", "smf"),
    ]
    for (optics, kilometres, medium, better, on) in cases {
      let found = try #require(try Self.design(optics, kilometres, on: medium).nearestThatCloses())
      #expect(found.optics.name == better && found.medium.name == on, "\(optics): \(found.optics.name)")
    }
    #expect(try Self.design("800zr-plus", 5000).nearestThatCloses() == nil)
  }

  /// Round trips of a published test on 50, 100 and 500 km: 632, 1,131 and 5,179 us.
  ///
  /// The row's two figures are a straight line through these three, so within 3 % is no prediction. What is one: routers
  /// and shelves taken from the 50 km alone, with the fibre's own delay, give the other two within 3 % as well.
  @Test func measuredRoundTrips() throws {
    let measured = [(50.0, 632.0), (100, 1131), (500, 5179)]
    for (kilometres, microseconds) in measured {
      let line = try #require(try Self.line(Self.design("400zr-plus", kilometres), equipment: "ptx-lab"))
      #expect(abs(2 * line.delay.seconds * 1e6 / microseconds - 1) < 0.03, "\(kilometres) km: \(line.delay.text)")
    }
    func bare(_ kilometres: Double) throws -> Double {
      2 * (try #require(try Self.line(Self.design("400zr-plus", kilometres)))).delay.seconds * 1e6
    }
    let fixed = try 632 - bare(50)
    for (kilometres, microseconds) in measured.dropFirst() {
      let predicted = try bare(kilometres) + fixed
      #expect(abs(predicted / microseconds - 1) < 0.03, "\(kilometres) km: \(predicted) us")
    }
  }

  @Test func hollowCoreAgainstOrdinaryFibre() throws {
    let smf = try #require(try Self.line(Self.design("800zr-plus", 1361)))
    let hollow = try #require(try Self.line(Self.design("800zr-plus", 1361, on: "hollow-core")))
    #expect(abs(2000 * smf.propagation.seconds - 13.3) < 0.1)
    #expect(abs(2000 * hollow.propagation.seconds - 9.1) < 0.1)
    #expect(smf.regenerationSites == 2 && hollow.regenerationSites == 2)
    #expect(smf.optics == hollow.optics && smf.amplification == hollow.amplification)
  }

  @Test func everyRowHasASource() {
    for row in SwitchCatalogue.rows { #expect(row.source.count > 10, "\(row.name)") }
    for row in CircuitSwitchCatalogue.rows { #expect(row.source.count > 10 && row.ports > 0, "\(row.name)") }
    for row in ScaleUpCatalogue.rows { #expect(row.source.count > 10, "\(row.name)") }
    for row in LineCatalogue.amplifiers { #expect(row.source.count > 10, "\(row.name)") }
    for row in LineCatalogue.equipment { #expect(row.source.count > 10, "\(row.name)") }
    for row in CostCatalogue.rows { #expect(row.source.count > 10, "\(row.name)") }
    let codes = Set(LineCatalogue.corrections.map(\.name))
    for row in OpticsCatalogue.rows {
      #expect(codes.contains(row.correction) && row.source.count > 10, "\(row.name)")
      // Every module closes at the reach that is published for it, on what it is made for.
      let medium = row.kind == .multimode ? "mmf-om4" : row.kind == .copper ? "twinax" : "smf"
      let design = LinkBudget.Design(
        optics: row, medium: FibreCatalogue.lookup(medium)!, kilometres: row.reachKilometres)
      #expect(LinkBudget(design).closes, "\(row.name): \(LinkBudget(design).failures)")
    }
  }
}

/// Power of the network inside a site.
@Suite struct SiteFabricTests {
  func fabric(
    _ optics: String, gpus: Int = 1024, oversubscription: Double = 1, switches: String = "quantum-2-qm9700"
  ) throws -> SiteFabric {
    SiteFabric(
      optics: try #require(OpticsCatalogue.lookup(optics)), switches: try #require(SwitchCatalogue.lookup(switches)),
      nicRate: .gigabits(400), oversubscription: oversubscription, gpus: gpus)
  }

  /// 400 Gb/s a GPU: half a module of 17 W at each of four ends is 34 W, three ports of 747 / 64 W are 35 W: together
  /// what an H100 has for network and storage in its 75 W, so the reference changes nothing.
  @Test func pluggables() throws {
    let usual = try fabric("800g-2xdr4")
    #expect(usual.tiers == 2)
    #expect(abs(usual.opticsWatts - 34) < 1e-9)
    #expect(abs(usual.switchWatts - 35.02) < 0.01)
    #expect(usual.wattsPerGPU < 75 && usual.differencePerGPU == 0)
  }

  /// Co-packaged: 9 W for 1.6 Tb/s are 2.25 W for 400 Gb/s at three ends; the interface keeps its 8.5 W.
  @Test func coPackagedAndLinear() throws {
    let beside = try fabric("1.6t-cpo")
    #expect(abs(beside.opticsWatts - (8.5 + 3 * 2.25)) < 1e-9)
    #expect(abs(beside.differencePerGPU + 18.75) < 1e-9)
    let linear = try fabric("800g-lpo")
    #expect(abs(linear.opticsWatts - 20) < 1e-9 && abs(linear.differencePerGPU + 14) < 1e-9)
  }

  @Test func tiersAndOversubscription() throws {
    #expect(try fabric("800g-2xdr4", gpus: 64).tiers == 1)
    #expect(try fabric("800g-2xdr4", gpus: 2048).tiers == 2)
    #expect(try fabric("800g-2xdr4", gpus: 2049).tiers == 3)
    // Half of the links from leaf to spine: one module's end in two goes, and a switch port in three.
    let thin = try fabric("800g-2xdr4", oversubscription: 2)
    #expect(abs(thin.opticsWatts - 25.5) < 1e-9)
    #expect(abs(thin.switchWatts / (try fabric("800g-2xdr4").switchWatts) - 2.0 / 3) < 1e-9)
    // Twice the interface that the model comes with takes twice its fabric more.
    let twice = SiteFabric(
      optics: thin.optics, switches: thin.switches, nicRate: .gigabits(800), modelRate: .gigabits(400),
      oversubscription: 1, gpus: 400)
    #expect(abs(twice.differencePerGPU - (try fabric("800g-2xdr4", gpus: 400).wattsPerGPU)) < 1e-9)
    #expect(twice.radix == 32 && twice.reference.radix == 64)
    // Ports of 800 Gb/s serve two interfaces of 400.
    #expect(try fabric("800g-2xdr4", switches: "spectrum-4-sn5600").radix == 128)
  }

  /// Nine pluggables of 17 W at either end of a GPU's NVLink: 22 kW in a rack of 72. The vendor says copper saves 20 kW.
  @Test func lightInsideADomain() throws {
    let row = try #require(ScaleUpCatalogue.lookup("nvlink-5-pluggable"))
    #expect(abs(72 * row.wattsPerGPU / 20_000 - 1) < 0.15)
    let copper = try #require(ScaleUpCatalogue.lookup("nvlink-5-copper"))
    #expect(copper.wattsPerGPU == 0 && copper.domain == 72)
    // 72 GPUs of 1.8 TB/s both ways: 130 TB/s.
    #expect(abs(72 * 2 * copper.bytesPerSecond / 130e12 - 1) < 0.01)
  }
}
