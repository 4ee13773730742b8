// SPDX-License-Identifier: Apache-2.0

import ScenarioFile
import Testing

/// What a study file says, and every kind of mistake in one.
@Suite struct StudyReaderTests {
  static let text = """
    name: small
    experiment:
      hosts: [near, far, sink]
      switches: [tor]
      links:
        - {between: [near, tor], rate: 40 Gb/s, delay: 0.5 us}
        - {between: [far, tor], rate: 40 Gb/s, distance: $distance}
        - {between: [tor, sink], rate: 40 Gb/s, delay: 0.5 us, buffer: $buffer, marking: $marking}
      flows:
        - {name: bulk, from: far, to: sink, arrivals: {poisson: {load: $load, sizes: {uniform: [1 MB, 8 MB]}}}}
      warmup: 10 ms
      duration: 1 s
    variables: {load: 0.3, marking: ~}
    axes:
      distance:
        - {distance: 10 km, load: 0.5}
        - 100 km
      buffer: [1 MB, 1 bdp]
    scale: 0.5
    measure: {flows: [bulk], port: tor->sink}
    baselines:
      - cubic
      - {name: dcqcn, preset: vendor, presets: [vendor, paper], tune: {g: [0.1, 0.2], $marking: [~, {min: 1 MB}]}}
    tuning: {seeds: [101], by: goodput}
    seeds: [1, 2]
    budget: 2 core-minutes

    """

  static func read(_ yaml: String, _ options: StudyOptions = StudyOptions()) throws -> Study {
    try StudyReader.parse(yaml: yaml, file: "s.yaml", baseDirectory: "/nowhere", options: options)
  }

  @Test func axesSpanCellsAndFillTheTemplate() throws {
    let study = try Self.read(Self.text)
    #expect(study.axes.map(\.name) == ["distance", "buffer"])
    #expect(
      study.cells.map(\.labels) == [["10 km", "1 MB"], ["10 km", "1 bdp"], ["100 km", "1 MB"], ["100 km", "1 bdp"]])
    // A point's own values win over the variables, for that point alone.
    let loads = study.cells.map { cell -> Double in
      guard case .poisson(let poisson) = cell.experiments[0].flows[0].traffic else { return 0 }
      return poisson.load
    }
    #expect(loads == [0.5, 0.5, 0.3, 0.3])
    #expect(study.cells[3].experiments[0].links[1].delay.seconds == 100 * 4.895e-6)
    #expect(study.cells[3].experiments[0].links[2].buffer == .roundTrips(1))
    #expect(study.cells[0].groups == ["bulk"] && study.cells[0].port == "tor->sink")
    #expect(study.budget == 120 && study.objective == .goodput && study.tuningSeeds == [101])
  }

  @Test func theScaleMultipliesRatesAndAmounts() throws {
    let cell = try Self.read(Self.text).cells[0]
    #expect(cell.scale == 0.5)
    let experiment = cell.experiments[0]
    #expect(experiment.links[0].rate.bitsPerSecond == 20_000_000_000)
    #expect(experiment.links[2].buffer == .bytes(500_000))
    // Mean of 0.5 to 4 MB.
    guard case .poisson(let poisson) = experiment.flows[0].traffic else {
      Issue.record("not a Poisson process")
      return
    }
    #expect(poisson.sizes.mean == 2_250_000 && poisson.load == 0.5)
    #expect(experiment.packetBytes == 4096 && experiment.duration.seconds == 1)
  }

  @Test func tuningIsTheProductOfItsChoices() throws {
    let study = try Self.read(Self.text)
    #expect(study.contenders.map(\.name) == ["oracle", "distance-aware", "cubic", "dcqcn"])
    #expect(study.contenders.map(\.role.rawValue) == ["reference", "candidate", "baseline", "baseline"])
    let dcqcn = study.contenders[3]
    // As published, and 2 x 2 x 2.
    #expect(dcqcn.points.count == 9 && dcqcn.points[0].text == "as published")
    #expect(dcqcn.points[1].text == "preset vendor, g 0.1")
    #expect(dcqcn.points[8].text == "preset paper, g 0.2, marking {min: 1 MB}")
    #expect(study.settings.count == 2 && study.cells[0].experiments.count == 2)
    // What tuning changes in the experiment is changed there alone, and scaled as well.
    #expect(study.cells[0].experiments[0].links[2].marking == .byAlgorithm)
    guard case .stated(let marking) = study.cells[0].experiments[1].links[2].marking else {
      Issue.record("no marking is stated")
      return
    }
    #expect(marking.minimum == .bytes(500_000))
  }

  @Test func theCommandLineNarrowsAStudy() throws {
    var options = StudyOptions()
    options.only = ["distance=100 km", "buffer=1 bdp"]
    options.algorithms = ["cubic"]
    options.seeds = [7]
    options.scale = 1
    options.network = .fluid
    let study = try Self.read(Self.text, options)
    #expect(study.cells.map(\.labels) == [["100 km", "1 bdp"]])
    #expect(study.contenders.map(\.name) == ["oracle", "distance-aware", "cubic"])
    #expect(study.seeds == [7] && study.network == .fluid)
    #expect(study.cells[0].experiments[0].links[0].rate.bitsPerSecond == 40_000_000_000)
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    var old: String
    var new: String
    var begins: String
    var has: String
    init(_ old: String, _ new: String, _ begins: String, _ has: String = "") {
      (self.old, self.new, self.begins, self.has) = (old, new, begins, has)
    }
    var testDescription: String { new }
  }

  static let mistakes: [Mistake] = [
    Mistake("baselines:", "baseline:", "s.yaml:22: baseline: unknown field", "Did you mean 'baselines'?"),
    Mistake(
      "rate: 40 Gb/s, distance", "rate: 40, distance", "s.yaml:7: experiment.links[far-tor].rate: expected a rate"),
    Mistake("$distance}", "$distanec}", "s.yaml:7: $distanec: no axis or variable has this name", "'$distance'"),
    // The error is where the value stands, not where it is used.
    Mistake("- 100 km", "- 100 kn", "s.yaml:17: experiment.links[far-tor].distance: expected a distance", "km"),
    Mistake(
      "variables: {load", "variables: {lode: 1, load", "s.yaml:13: variables.lode: nothing in the study says", "'load'"),
    Mistake("{distance: 10 km, load", "{distance: 10 km, laod", "s.yaml:16: axes.distance.laod: nothing in the study"),
    Mistake(
      "{distance: 10 km, load: 0.5}", "{load: 0.5}", "s.yaml:16: axes.distance[0]: expected 'distance' as the first"),
    Mistake("- 100 km", "- 10 km", "s.yaml:17: axes.distance[1]: '10 km' is named twice"),
    Mistake("buffer: [1 MB, 1 bdp]", "buffer: []", "s.yaml:18: axes.buffer: expected at least one value"),
    Mistake("buffer: [1 MB, 1 bdp]", "buffer: 1 MB", "s.yaml:18: axes.buffer: expected a list"),
    Mistake("flows: [bulk]", "flows: [balk]", "s.yaml:20: measure.flows[0]: 'balk' is not known here", "'bulk'"),
    Mistake("scale: 0.5", "scale: 0", "s.yaml:19: scale: expected a factor"),
    Mistake("- cubic", "- {name: cubic, tunes: {}}", "s.yaml:22: baselines[0].tunes: unknown field", "'tune'"),
    Mistake("g: [0.1, 0.2]", "g: [0.1, high]", "s.yaml:23: baselines[1].tune.g[1]: expected a parameter"),
    Mistake("g: [0.1, 0.2]", "g: []", "s.yaml:23: baselines[1]: expected at least one value of 'g'"),
    Mistake("$marking: [~", "$markings: [~", "s.yaml:23: tune.$markings: nothing in the study says", "'marking'"),
    Mistake("seeds: [101]", "seeds: [2]", "s.yaml:24: tuning.seeds: seed 2 is one of the reporting seeds", "too good"),
    Mistake("tuning: {seeds: [101], by: goodput}", "network: packet", "s.yaml:1: the field 'tuning' is missing"),
    Mistake("by: goodput", "by: goodness", "s.yaml:24: tuning.by: 'goodness' is not known here", "'goodput'"),
    Mistake("budget: 2 core-minutes", "budget: 2", "s.yaml:26: budget: expected a budget such as"),
    Mistake("  warmup: 10 ms", "  seeds: [1]", "s.yaml:11: experiment.seeds: the study decides this"),
    Mistake(
      "  warmup: 10 ms", "  algorithms: [cubic]", "s.yaml:11: experiment.algorithms: the study decides", "baselines"),
    Mistake(
      "name: small", "candidate: {name: distance-aware, tune: {utilisation: [0.9]}}",
      "s.yaml:1: candidate: the candidate is not tuned"),
    Mistake(
      "uniform: [1 MB, 8 MB]", "uniform: [8 MB, 1 MB]",
      "s.yaml:10: experiment.flows[0].arrivals.poisson.sizes.uniform: expected the smaller"),
  ]

  @Test(arguments: mistakes) func explains(_ mistake: Mistake) {
    #expect(Self.text.contains(mistake.old))
    let changed = Self.text.replacing(mistake.old, with: mistake.new, maxReplacements: 1)
    let error = #expect(throws: ScenarioError.self) { try Self.read(changed) }
    let text = error?.description ?? ""
    // Names in brackets follow the items' own names.
    #expect(text.hasPrefix(mistake.begins), "\(text)")
    #expect(mistake.has.isEmpty || text.contains(mistake.has), "\(text)")
  }

  @Test(arguments: [
    ("distance", "--only distance: expected AXIS=VALUE"), ("distanze=10 km", "Did you mean 'distance'?"),
    ("distance=10km", "Did you mean '10 km'?"),
  ])
  func wrongSelectionsAreExplained(only: String, says: String) {
    var options = StudyOptions()
    options.only = [only]
    let error = #expect(throws: ScenarioError.self) { try Self.read(Self.text, options) }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
  }

  @Test func aMisspeltBaselineIsExplained() {
    var options = StudyOptions()
    options.algorithms = ["cubik"]
    let error = #expect(throws: ScenarioError.self) { try Self.read(Self.text, options) }
    #expect(error?.description.contains("Did you mean 'cubic'?") == true, "\(error?.description ?? "")")
  }
}
