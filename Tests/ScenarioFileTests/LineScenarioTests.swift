// SPDX-License-Identifier: Apache-2.0

import Quantities
import ScenarioFile
import Testing
import Topology

/// Links that do not close are refused where they are written; what closes is built as the scenario says.
@Suite struct LineScenarioTests {
  static func scenario(_ optics: String, _ distance: String, _ more: String = "", medium: String = "smf") -> String {
    twoSites.replacing(line: "800zr-plus", by: "\(optics)\(more.isEmpty ? "" : "\n    " + more)")
      .replacing(line: "1445 km", by: distance).replacing(line: "medium: smf", by: "medium: \(medium)")
  }

  @Test func refusedWithTheBudget() {
    let zr = message(Self.scenario("800zr", "500 km", "regeneration: none"))
    for words in [
      "s.yaml:21: links[omaha-columbus].optics: '800zr' cannot close 500 km of smf", "fibre 100 dB + connectors 1 dB",
      "101 dB", "22 dB", "8500 of 2400 ps/nm", "nearest that closes it is '800zr-plus'", "regeneration: auto",
      "4 sites",
    ] { #expect(zr.contains(words), "no '\(words)' in: \(zr)") }
    let next = message(Self.scenario("1600zr", "300 km", "regeneration: none"))
    #expect(next.contains("61 dB") && next.contains("'1.6t-embedded'"), "\(next)")
    for regeneration in ["auto", "none"] {
      let multimode = message(
        Self.scenario("800g-2xsr4", "2 km", "regeneration: \(regeneration)", medium: "mmf-om4"))
      for words in ["2 km", "reach of 0.05 km", "7 dB", "1.8 dB", "'800g-2xfr4' with medium 'smf'"] {
        #expect(multimode.contains(words), "no '\(words)' in: \(multimode)")
      }
      #expect(multimode.contains("cannot be regenerated"))
    }
    #expect(message(Self.scenario("800g-2xsr4", "40 m")).contains("multimode fibre, medium 'mmf-om4'"))
    #expect(message(Self.scenario("800zr-plus", "40 m", medium: "mmf-om4")).contains("single-mode or hollow-core"))
    // An option has no line.
    let option = message(
      twoSites, ScenarioOverrides(set: [("links[*].optics", "1600zr"), ("links[*].regeneration", "none")]))
    #expect(option.hasPrefix("--set links[*].optics=1600zr: links[omaha-columbus].optics:"), "\(option)")
  }

  @Test func acceptedAndPaidFor() throws {
    for (optics, distance, sites) in [("800zr", "500 km", 4), ("1600zr", "300 km", 2), ("1.6t-embedded", "1000 km", 0)]
    {
      let link = try parse(Self.scenario(optics, distance)).fleet.links[0]
      let line = try #require(link.line)
      #expect(line.regenerationSites == sites, "\(optics)")
      #expect(link.delay == line.delay)
      #expect(line.regeneration == line.optics * Int64(sites))
      #expect((LinkPower(of: link).regeneration > 0) == (sites > 0))
    }
    #expect(try parse(Self.scenario("800g-dr8", "500 m")).fleet.links[0].line?.regenerationSites == 0)
    let sentences = try parse(Self.scenario("800zr", "500 km")).assumptions
    #expect(sentences.contains { $0.contains("received and sent anew") && $0.contains("omaha-columbus at 4") })
  }

  /// One word changes the medium, and with it delay, spans and regeneration.
  @Test func oneWordForHollowCore() throws {
    let smf = try parse(Self.scenario("800zr-plus", "1361 km")).fleet.links[0]
    let hollow = try parse(
      Self.scenario("800zr-plus", "1361 km"), ScenarioOverrides(set: [("links[*].medium", "hollow-core-lab")])
    ).fleet.links[0]
    #expect(abs(2000 * (try #require(smf.line)).propagation.seconds - 13.3) < 0.1)
    #expect(abs(2000 * (try #require(hollow.line)).propagation.seconds - 9.1) < 0.1)
    #expect(smf.line?.regenerationSites == 2 && hollow.line?.regenerationSites == 1)
    #expect(LinkPower.watts(of: hollow) < LinkPower.watts(of: smf))
  }

  @Test func fieldsOfTheLine() throws {
    let text = Self.scenario(
      "800zr-plus", "400 km", "span: 50 km\n    connectors: 4\n    ocs: palomar\n    equipment: ptx-lab")
    let scenario = try parse(text)
    let line = try #require(scenario.fleet.links[0].line)
    #expect(line.budget.spans == 8 && line.budget.connectorsLoss == 2 && line.budget.switchLoss == 4)
    #expect(line.equipmentDelay == .nanoseconds(61_500 + 400 * 150))
    #expect(scenario.assumptions.contains { $0.contains("ptx-lab") || $0.contains("published test of 50") })
    #expect(try parse(scenario.resolvedYAML) == scenario)
    #expect(message(text.replacing(line: "span: 50 km", by: "span: 0 km")).contains("at least 1 km"))
    #expect(message(text.replacing(line: "ocs: palomar", by: "ocs: palomer")).contains("Did you mean 'palomar'?"))
    #expect(message(text.replacing(line: "equipment: ptx-lab", by: "equipment: lab")).contains("equipment"))
    #expect(message(text.replacing(line: "connectors: 4", by: "connectors: -1")).contains("at least 0"))
  }

  @Test func theMediumFollowsItsOptics() throws {
    let bare = Self.scenario("800g-2xsr4", "40 m")
      .split(separator: "\n").filter { !$0.contains("medium:") }.joined(separator: "\n")
    #expect(try parse(bare).fleet.links[0].medium == "mmf-om4")
  }

  // MARK: Inside a site

  static func fabric(_ text: String) -> String {
    twoSites.replacing(line: "power: {pue: 1.15}", by: "power: {pue: 1.15}\n    fabric: \(text)")
  }

  @Test func fabricsDraw() throws {
    let usual = try parse(Self.fabric("{optics: 800g-2xdr4}"))
    let beside = try parse(Self.fabric("{optics: 1.6t-cpo}"))
    let omaha = beside.fleet.sites[1]
    #expect(usual.fleet.sites[1].networkDifference(of: omaha.pools[0]) == 0)
    // One tier of 64 ports: 8.5 W at the interface and 2.25 W at the switch instead of twice 8.5.
    #expect(abs(omaha.networkDifference(of: omaha.pools[0]) + 6.25) < 1e-9)
    #expect(beside.assumptions.contains { $0.contains("6.25 W less") && $0.contains("omaha") })
    #expect(!usual.assumptions.contains { $0.contains("W less") })
    #expect(try parse(beside.resolvedYAML) == beside)
    #expect(message(Self.fabric("{optics: 800zr}")).contains("between sites"))
    #expect(message(Self.fabric("{switch: spectrum-x-sn6810}")).contains("not published"))
    #expect(message(Self.fabric("{switch: nvswitch-gb200-tray}")).contains("no switch of a fabric"))
  }

  @Test func scaleUpByLight() throws {
    func pool(_ text: String) -> String {
      twoSites.replacing(line: "gpus: {model: h100, count: 64}", by: "gpus: {model: gb200, count: 144, \(text)}")
    }
    let light = try parse(pool("scale_up: nvlink-5-cpo, scale_up_domain: 144"))
    #expect(light.fleet.sites[1].pools[0].scaleUpWatts == 81)
    #expect(try parse(light.resolvedYAML) == light)
    let far = message(pool("scale_up: nvlink-5-copper, scale_up_domain: 144"))
    #expect(far.contains("reaches 2 m and up to 72 GPUs") && far.contains("144"), "\(far)")
  }
}
