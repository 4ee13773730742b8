// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities
import ScenarioFile
import Testing
import Topology

@Suite struct ScenarioReaderTests {
  @Test func readsTwoSites() throws {
    let scenario = try parse(twoSites)
    #expect(scenario.name == "two")
    // 2023-10-09 00:00 UTC, by `date -u -d ... +%s`.
    #expect(scenario.calendar == 1_696_809_600)
    // Sorted by id, whatever the file's order.
    #expect(scenario.fleet.sites.map(\.id) == ["columbus", "omaha"])
    #expect(scenario.fleet.sites.map(\.gpus) == [32, 64])
    #expect(scenario.fleet.sites[0].nicRate == .gigabits(400))
    #expect(scenario.energy[1].price.value(at: .zero) == 35)
    #expect(scenario.energy[1].cooling == .constant(pueMilli: 1150))
    // Midnight UTC is 18 o'clock in Columbus (83 degrees west: 6 hours): 57 USD/MWh in the profile's evening peak.
    #expect(scenario.energy[0].price.value(at: .zero) == 57)
    let link = scenario.fleet.links[0]
    #expect(link.id == "omaha-columbus")
    #expect(link.ends == (1, 0))
    #expect(link.capacity == .gigabits(6400))
    // 1,445 km x 4.895 us/km = 7,073.275 us, 10 us of error correction there and at two regenerations, 24 amplifiers.
    #expect(link.delay == Time(ticks: 710_567_500))
    #expect(scenario.coordinatorSite == 1)
    #expect(scenario.controlDelays == [link.delay + .microseconds(1000), .microseconds(1000)])
    #expect(scenario.networkLevel == .fluid)
    #expect(scenario.controller == ControllerSpec(name: "distance-aware"))
    #expect(scenario.policy == "fifo" && scenario.estimates == .exact)
    #expect(scenario.workloads[0].synthetic == "philly" && scenario.workloads[0].seed == 3)
    #expect(scenario.modelRule == "by-size" && scenario.dataHomeRule == "uniform" && scenario.modelSeed == 1)
    #expect(scenario.checkpoint.time(gpus: 1) == .seconds(7) && scenario.checkpoint.time(gpus: 9) == .seconds(60))
    #expect(scenario.transferLimit == .unlimited)
  }

  /// The example of the interface's description, field by field, with a trace beside it.
  static let full = """
    name: two-regions
    calendar: 2023-10-09T00:00:00Z
    sites:
      - id: omaha
        at: {latitude: 41.26, longitude: -95.94}
        gpus: {model: h100, count: 512, per_node: 8, scale_up_domain: 8}
        fabric: {optics: 800g-2xdr4, oversubscription: 1}
        power: {cap: 1.2 MW, pue: 1.15}
        price: {constant: 35 USD/MWh}
        carbon: {constant: 400 g/kWh}
      - id: columbus
        at: {latitude: 39.96, longitude: -83.00}
        gpus: [{model: h100, count: 256}, {model: gb200, count: 72}]
        price: {profile: germany, exchange_rate: 1.08 USD/EUR}
        carbon: {constant: 0.4 kg/kWh}
    links:
      - between: [omaha, columbus]
        distance: 1445 km
        medium: smf
        optics: 800zr-plus
        wavelengths: 8
        regeneration: auto
        buffer: 64 MB
    route_factor: 1.3
    coordinator: {site: omaha, processing_delay: 1 ms}
    network: {level: packet, congestion_control: {name: cubic, preset: paper, parameters: {beta: 0.7, c: 0.4}}}
    scheduler: {policy: "fifo+easy@balanced(cost=1,latency=0.2)", estimates: noise(0.3)}
    workloads:
      - {trace: philly.csv, format: philly, start: 2017-10-09T00:00:00, duration: 7 days, splittable_from: 16}
      - {synthetic: llm-training, jobs: 40, seed: 7}
    models: {assignment: by-size, data_home: uniform, seed: 7}
    jobs: {checkpoint: 45 s, transfer_limit: 400 Gb/s}
    faults:
      - {link: columbus-omaha, at: 2 h, until: 3 h, wavelengths: 2}
      - {link: omaha-columbus, at: 5 h, capacity: 1.6 Tb/s}
    """

  @Test func readsEveryField() throws {
    let folder = try Folder()
    try folder.write("philly.csv", "x\n")
    let scenario = try parse(Self.full, in: folder.path)
    #expect(scenario.energy[1].capWatts == 1_200_000)
    #expect(scenario.energy[0].carbon.value(at: .zero) == 400)
    #expect(scenario.fleet.sites[0].gpus == 328)
    #expect(scenario.fleet.sites[0].pools[1] == GPUPool(model: "gb200", count: 72, perNode: 4, scaleUpDomain: 72))
    let parameters = [ControllerParameter(name: "beta", value: 0.7), ControllerParameter(name: "c", value: 0.4)]
    #expect(scenario.controller == ControllerSpec(name: "cubic", preset: "paper", parameters: parameters))
    // In one word, too.
    let short = Self.full.replacingOccurrences(
      of: "{name: cubic, preset: paper, parameters: {beta: 0.7, c: 0.4}}", with: "'timely:long-haul'")
    #expect(try parse(short, in: folder.path).controller == ControllerSpec(name: "timely", preset: "long-haul"))
    #expect(scenario.networkLevel == .packet)
    #expect(scenario.policy == "fifo+easy@balanced(cost=1,latency=0.2)")
    #expect(scenario.estimates == .noise(0.3))
    #expect(scenario.workloads.count == 2)
    #expect(scenario.workloads[0].trace.map { ($0 as NSString).lastPathComponent } == "philly.csv")
    #expect(scenario.workloads[0].trace?.hasPrefix("/") == true)
    #expect(scenario.workloads[0].length == .seconds(604_800) && scenario.workloads[0].splittableFrom == 16)
    #expect(scenario.workloads[0].line == 29)
    #expect(scenario.checkpoint == .fixed(.seconds(45)))
    #expect(scenario.transferLimit == .gigabits(400))
    #expect(
      scenario.fleet.links[0].changes == [
        CapacityChange(at: .hour * 2, capacity: .gigabits(1600)),
        CapacityChange(at: .hour * 3, capacity: .gigabits(6400)),
        CapacityChange(at: .hour * 5, capacity: .gigabits(1600)),
      ])
  }

  @Test func resolvedReadsBackAsTheSame() throws {
    let folder = try Folder()
    try folder.write("philly.csv", "x\n")
    for yaml in [twoSites, Self.full] {
      let first = try parse(yaml, in: folder.path)
      // From another folder: what is resolved depends on no folder.
      let second = try parse(first.resolvedYAML, in: "/elsewhere")
      #expect(second == first)
      #expect(second.resolvedYAML == first.resolvedYAML)
      #expect(!first.assumptions.isEmpty)
    }
  }

  @Test func resolvedNamesEveryDefault() throws {
    let minimal = """
      sites:
        - {id: a, at: {latitude: 0, longitude: 0}, gpus: {model: h100, count: 8},
           price: {constant: 1 USD/MWh}, carbon: {constant: 1 g/kWh}}
        - {id: b, at: {latitude: 0, longitude: 1}, gpus: {model: h100, count: 8},
           price: {constant: 1 USD/MWh}, carbon: {constant: 1 g/kWh}}
      links: [{between: [a, b]}]
      workloads: [{synthetic: philly, jobs: 1}]
      """
    let scenario = try parse(minimal)
    #expect(scenario.name == "s")
    for text in [
      "per_node: 8", "pue: 1.15", "medium: smf", "optics: 800zr-plus", "wavelengths: 1", "buffer: 64 MB",
      "extra_delay: 0 s", "route_factor: 1.3", "processing_delay: 1 ms", "level: fluid",
      "congestion_control: distance-aware", "policy: fifo", "estimates: exact", "assignment: by-size",
      "checkpoint: by-gpus", "transfer_limit: unlimited", "oversubscription: 1",
    ] {
      #expect(scenario.resolvedYAML.contains(text), "\(text)")
    }
    // A degree of the equator, times 1.3.
    #expect(abs(scenario.fleet.links[0].kilometres - 1.3 * 111.195) < 0.01)
    // What was not said is said here, once for both sites.
    let pue = scenario.assumptions.filter { $0.contains("PUE") }
    #expect(pue.count == 1 && pue[0].hasSuffix("at a and b."))
    #expect(scenario.assumptions.contains { $0.contains("great circle") && $0.contains("a-b") })
    #expect(try parse(scenario.resolvedYAML) == scenario)
  }

  @Test func orderOfSitesAndLinksChangesNothing() throws {
    let scenario = try parse(three(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")]))
    let other = try parse(three(["c", "a", "b"], [("b", "c"), ("a", "c"), ("a", "b")]))
    #expect(scenario == other)
    #expect(scenario.resolvedYAML == other.resolvedYAML)
  }

  private func three(_ sites: [String], _ links: [(String, String)]) -> String {
    var text = "sites:\n"
    for (index, id) in sites.enumerated() {
      let place = Double(id.utf8.first ?? 0)
      text += "  - {id: \(id), at: {latitude: \(place / 10), longitude: 0}, gpus: {model: h100, count: 8}, "
      text += "price: {profile: miso}, carbon: {constant: 1 g/kWh}} # \(index)\n"
    }
    text += "links:\n"
    for (a, b) in links { text += "  - {between: [\(a), \(b)]}\n" }
    return text + "workloads: [{synthetic: philly, jobs: 1}]\n"
  }

  @Test func hollowCoreIsFaster() throws {
    let hollow = try parse(twoSites.replacing(line: "medium: smf", by: "medium: hollow-core"))
    // 1,445 km x 3.35 us/km + 3 x 10 us + 24 x 0.1 us.
    #expect(hollow.fleet.links[0].delay == Time(ticks: 487_315_000))
    let extra = try parse(twoSites.replacing(line: "wavelengths: 8", by: "extra_delay: 61.5 us"))
    #expect(extra.fleet.links[0].delay == Time(ticks: 710_567_500 + 6_150_000))
    #expect(extra.assumptions.contains("One wavelength is assumed on omaha-columbus."))
  }

  @Test func zeroLengthTakesATick() throws {
    // Linear optics have the shortest latency of the catalogue, but none has none: the delay is never zero.
    let scenario = try parse(
      twoSites.replacing(line: "distance: 1445 km", by: "distance: 0 km").replacing(line: "800zr-plus", by: "800g-lpo"))
    #expect(scenario.fleet.links[0].delay == .nanoseconds(8))
    #expect(scenario.assumptions.contains { $0.contains("less than the great circle") })
  }

  @Test func textbookCoordinatorTakesNoTime() throws {
    let scenario = try parse(
      twoSites.replacing(line: "coordinator:", by: "coordinator: {delay: 0 s} #"))
    #expect(scenario.controlDelays == [.zero, .zero])
  }

  @Test func saysWhereALaterStageFoundAnError() throws {
    let scenario = try parse(twoSites)
    let error = scenario.error(at: "scheduler.policy", message: "no policy 'fofi'", advice: "Did you mean 'fifo'?")
    #expect("\(error)" == "s.yaml:26: scheduler.policy: no policy 'fofi'. Did you mean 'fifo'?")
  }

  @Test(arguments: ["five-regions", "two-sites", "one-cluster", "long-haul-340b", "serving"])
  func readyScenariosLoad(_ name: String) throws {
    let scenario = try ScenarioReader.read(path: "\(Folders.scenarios)/\(name).yaml")
    #expect(scenario.name == name)
    #expect(try parse(scenario.resolvedYAML) == scenario)
    switch name {
    case "five-regions":
      #expect(scenario.fleet.sites.reduce(0) { $0 + $1.gpus } == 640)
      #expect(scenario.fleet.sites.count == 5)
      // Some routes take two hops, none more than three.
      let hops = scenario.fleet.routes.flatMap { $0.map(\.count) }
      #expect(hops.contains(2) && hops.max()! <= 3)
      #expect(scenario.fleet.links.contains { $0.medium == "hollow-core" })
      #expect(scenario.workloads.contains { $0.standIn })
    case "one-cluster":
      #expect(scenario.fleet.links.isEmpty && scenario.controlDelays == [.zero])
      #expect(scenario.networkLevel == .ideal && scenario.policy == "fifo")
    case "long-haul-340b", "serving":
      #expect(scenario.fleet.links.map(\.id) == ["east-west"])
    default:
      #expect(scenario.fleet.links.map(\.id) == ["omaha-columbus"])
    }
  }
}
