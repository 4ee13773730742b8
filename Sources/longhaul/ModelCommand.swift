// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Energy
import Foundation
import Quantities
import Report
import Workload

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "What training a model over several sites costs, by bandwidth and distance.",
    discussion: "The formulas are in Documentation/JobModels.md; emulated jobs use the same.",
    subcommands: [ModelCurve.self, ModelNeed.self, ModelPublished.self])
}

/// What is trained, and where.
struct TrainingArguments: ParsableArguments {
  @Argument(help: "A model of 'longhaul catalog models'. Or describe one with --parameters, --layers and --step.")
  var model: String?
  @Option(help: "Parameters of a model of one's own, for example 100e9.") var parameters: Double?
  @Option(help: "Its layers.") var layers: Int?
  @Option(help: "Its step on one site, for example '4.9 s'.") var step: String?
  @Option(help: "Sites, each alike.") var sites = 2
  @Option(help: "H100 GPUs in all. If left out, the tiers inside a site cost nothing.") var gpus: Int?
  @Option(
    name: .customLong("parallelism"),
    help: "How it is split; may be repeated: data, pipeline, diloco, streaming-diloco, with parameters in brackets.")
  var methods: [String] = []

  func validate() throws {
    if sites < 2 || sites > 1000 { throw ValidationError("--sites: expected 2 to 1000, found \(sites)") }
    if let gpus, gpus < sites { throw ValidationError("--gpus: expected at least one for each site, found \(gpus)") }
  }

  func parallelisms(_ standard: [String]) throws -> [Parallelism] {
    try (methods.isEmpty ? standard : methods).map { text in
      do throws(Parallelism.Refusal) {
        return try Parallelism(parsing: text)
      } catch {
        throw ValidationError("--parallelism: \(error)")
      }
    }
  }

  func work() throws -> TrainingWork {
    if let model {
      guard parameters == nil, layers == nil, step == nil else {
        throw ValidationError(
          "--parameters, --layers and --step describe a model of one's own; '\(model)' is one already")
      }
      guard let index = ModelCatalogue.index(of: model) else {
        let names = ModelCatalogue.models.map(\.name)
        let near = Spelling.nearest(model, in: names).map { "did you mean '\($0)'?" }
        throw ValidationError("'\(model)' is not a model; \(near ?? "known are \(names.joined(separator: ", "))")")
      }
      let profile = ModelCatalogue.models[index]
      if let reason = profile.siteBound { throw ValidationError("'\(model)' is not split over sites: \(reason)") }
      return profile.work(gpus: gpus ?? profile.typicalGPUs.lowerBound)
    }
    guard let parameters, let layers, let step, parameters > 0, layers > 0 else {
      throw ValidationError("name a model, or give --parameters, --layers and --step, all above zero")
    }
    let seconds = try quantity(step, "--step", Time.parse).seconds
    guard seconds > 0 else { throw ValidationError("--step: expected a time above zero") }
    return TrainingWork(step: seconds, backward: 2.0 / 3.0, gradientBytes: 2 * parameters, layers: layers)
  }

  func layout(rate: Double, delay: Double) -> IterationTime.Layout {
    guard let gpus, let gpu = GPUCatalogue.lookup("h100") else { return .sites(sites, rate: rate, delay: delay) }
    return IterationTime.Layout(
      gpus: gpus, sites: sites, domain: gpu.scaleUpDomain, speed: 1, scaleUpRate: gpu.scaleUpBytesPerSecond,
      scaleOutRate: gpu.nicRate.double / 8, acrossRate: rate, acrossDelay: delay)
  }
}

func quantity<Result>(_ text: String, _ option: String, _ parse: (String) throws -> Result) throws -> Result {
  do {
    return try parse(text)
  } catch {
    throw ValidationError("\(option): \(error)")
  }
}

struct ModelCurve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "curve", abstract: "Throughput against one site, by bandwidth and round trip, as CSV.",
    discussion: """
      For example: longhaul model curve nemotron-4-340b --gpus 3072 --round-trips '0 ms,21 ms,50 ms' \
      --rates '0.2 Tb/s:3.2 Tb/s' --parallelism data --parallelism 'data(overlap=none)'
      """)

  @OptionGroup var training: TrainingArguments
  @Option(help: "Between neighbouring sites: a list, or the ends of a range as in '0.1 Gb/s:1000 Gb/s'.")
  var rates = "1 Gb/s:10 Tb/s"
  @Option(help: "Points of a range, evenly placed on a logarithmic scale.") var points = 17
  @Option(help: "A list of round trips, for example '0 ms,20 ms'.") var roundTrips = "0 ms"

  func validate() throws {
    if points < 2 || points > 10_000 { throw ValidationError("--points: expected 2 to 10000, found \(points)") }
  }

  func run() throws {
    let work = try training.work()
    let methods = try training.parallelisms(["data", "diloco", "streaming-diloco"])
    let delays = try roundTrips.split(separator: ",").map {
      try quantity(String($0), "--round-trips", Time.parse).seconds / 2
    }
    let axis = try axis()
    print("parallelism,round_trip_ms,rate_gbps,step_s,throughput,computing,demand_gbps,gigabytes_a_step")
    for method in methods {
      for delay in delays {
        for rate in axis {
          let layout = training.layout(rate: rate, delay: delay)
          let time = IterationTime(work: work, parallelism: method, layout: layout, reference: layout)
          let numbers = [
            String(format: "%.3f", delay * 2000), String(format: "%.4g", rate / 1e9),
            String(format: "%.4f", time.total),
            String(format: "%.4f", time.alone / time.total), String(format: "%.4f", 1 - time.stalledShare()),
            String(format: "%.4g", time.demand / 1e9), String(format: "%.4g", time.volume / 1e9),
          ]
          print("\"\(method.text)\",\(numbers.joined(separator: ","))")
        }
      }
    }
  }

  private func axis() throws -> [Double] {
    let ends = rates.split(separator: ":")
    if ends.count == 2 {
      let low = try quantity(String(ends[0]), "--rates", BitRate.parse).double
      let high = try quantity(String(ends[1]), "--rates", BitRate.parse).double
      guard low > 0, high > low else { throw ValidationError("--rates: expected a range from low to high, above zero") }
      return (0..<points).map { low * pow(high / low, Double($0) / Double(points - 1)) }
    }
    let list = try rates.split(separator: ",").map { try quantity(String($0), "--rates", BitRate.parse).double }
    guard !list.isEmpty, list.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("--rates: expected rates above zero")
    }
    return list
  }
}

struct ModelNeed: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "need", abstract: "The bandwidth between sites that keeps GPUs computing for a share of the time.",
    discussion: """
      For example, the 100 B row of Streaming DiLoCo: longhaul model need --parameters 100e9 --layers 108 --step '4.9 s' \
      --parallelism data --parallelism diloco --parallelism 'streaming-diloco(precision=16, overlap_steps=0)'
      """)

  @OptionGroup var training: TrainingArguments
  @Option(help: "Shares of time in per cent.") var utilisations = "50,80,90,95,99"
  @Option(help: "Round trip between neighbouring sites.") var roundTrip = "0 ms"

  func run() throws {
    let work = try training.work()
    let methods = try training.parallelisms(["data", "diloco", "streaming-diloco"])
    let targets = try utilisations.split(separator: ",").map { text in
      guard let share = Quantity.parseNumber(String(text)), share > 0, share < 100 else {
        throw ValidationError("--utilisations: expected numbers between 0 and 100, found '\(text)'")
      }
      return share
    }
    let delay = try quantity(roundTrip, "--round-trip", Time.parse).seconds / 2
    print("parallelism," + targets.map { "gbps_\(Quantity.number($0))" }.joined(separator: ","))
    for method in methods {
      let cells = targets.map { target in
        BandwidthNeed.rate(
          utilisation: target / 100, work: work, parallelism: method, layout: training.layout(rate: 0, delay: delay)
        ).map { String(format: "%.4g", $0 / 1e9) } ?? "never"
      }
      print("\"\(method.text)\",\(cells.joined(separator: ","))")
    }
  }
}
