// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Gives jobs what their trace does not know: a model and a home of their data.
///
/// Each job draws from a stream of its own, derived from the seed and its id, so that its model and home depend
/// neither on the other jobs nor on their order. What the trace names wins; a pinned job's data lie where it runs.
public struct ModelAssignment: Sendable {
  public enum Rule: Equatable, Sendable {
    /// By GPU count and duration, from ``classes``.
    case bySize
    /// Only what the trace names.
    case none
    /// One model, by its index in the catalogue, for every job that names none.
    case one(Int)

    /// "by-size", "none", or the name of a model; nil for anything else.
    public init?(_ text: String) {
      switch text {
      case "by-size": self = .bySize
      case "none": self = .none
      default:
        guard let index = ModelCatalogue.index(of: text) else { return nil }
        self = .one(index)
      }
    }

    /// What ``init(_:)`` takes.
    public static var names: [String] { ["by-size", "none"] + ModelCatalogue.models.map(\.name) }
  }

  public enum DataHome: String, CaseIterable, Sendable {
    /// Every site alike.
    case uniform
    /// Only what the trace names.
    case none
  }

  public var rule: Rule
  public var dataHome: DataHome
  public var seed: UInt64

  public init(rule: Rule = .bySize, dataHome: DataHome = .uniform, seed: UInt64) {
    self.rule = rule
    self.dataHome = dataHome
    self.seed = seed
  }

  /// Jobs of at least so many GPUs, up to the next class, and the models that they draw from.
  struct SizeClass {
    var leastGPUs: Int
    /// Weights in per cent; the flag marks a model that a job shorter than ``shortJob`` does not train.
    var mix: [(model: String, weight: Int, needsTime: Bool)]
  }

  /// A shorter job than this does not train a model whose data set takes days: it draws among the others.
  static let shortJob = Time.hour

  /// The classes follow the typical GPU counts of the catalogue; the weights, and that small jobs train the two
  /// smallest models, are assumptions.
  static let classes: [SizeClass] = [
    SizeClass(leastGPUs: 0, mix: [("resnet-50", 50, false), ("bert-large", 50, false)]),
    SizeClass(leastGPUs: 8, mix: [("resnet-50", 40, false), ("bert-large", 40, false), ("gpt2-xl", 20, false)]),
    SizeClass(leastGPUs: 32, mix: [("resnet-50", 20, false), ("bert-large", 30, false), ("gpt2-xl", 50, false)]),
    SizeClass(leastGPUs: 64, mix: [("gpt2-xl", 30, false), ("sdxl", 20, true), ("llama-3-8b", 50, true)]),
    SizeClass(
      leastGPUs: 256,
      mix: [("gpt2-xl", 10, false), ("sdxl", 20, true), ("llama-3-8b", 45, true), ("mixtral-8x7b", 25, true)]),
    SizeClass(
      leastGPUs: 512,
      mix: [("gpt2-xl", 10, false), ("llama-3-8b", 30, true), ("mixtral-8x7b", 10, true), ("llama-3-70b", 50, true)]),
    SizeClass(
      leastGPUs: 1536, mix: [("llama-3-8b", 20, false), ("llama-3-70b", 60, true), ("nemotron-4-340b", 20, true)]),
    SizeClass(
      leastGPUs: 8192, mix: [("llama-3-70b", 40, false), ("llama-3.1-405b", 60, true)]),
  ]

  /// Fills `model` and `dataHome` of every job. `siteNames` are the fleet's sites sorted by id.
  /// - Throws: ``TraceError`` naming the job if it is pinned to, or has its data at, a site that the fleet lacks.
  public func assign(_ jobs: inout [Job], siteNames: [String]) throws(TraceError) {
    let models = RandomStream(seed: seed, name: "models")
    let homes = RandomStream(seed: seed, name: "data-homes")
    for index in jobs.indices {
      let pin = try site(jobs[index].pin, "pin", of: jobs[index], siteNames)
      let named = try site(jobs[index].dataHomeName, "data_home", of: jobs[index], siteNames)
      if jobs[index].model == nil {
        switch rule {
        case .bySize:
          var stream = models.child(jobs[index].id)
          jobs[index].model = ModelAssignment.draw(jobs[index], &stream)
        case .one(let model): jobs[index].model = model
        case .none: break
        }
      }
      if let named {
        jobs[index].dataHome = named
      } else if dataHome == .uniform, jobs[index].dataHome == nil, !siteNames.isEmpty {
        var stream = homes.child(jobs[index].id)
        jobs[index].dataHome = pin ?? stream.below(siteNames.count)
      }
    }
  }

  private func site(_ name: String?, _ field: String, of job: Job, _ names: [String]) throws(TraceError) -> Int? {
    guard let name else { return nil }
    if let index = names.firstIndex(of: name) { return index }
    throw TraceError(
      file: "workload", field: "\(field) of job '\(job.id)'",
      expected: "one of the sites " + names.joined(separator: ", "), found: "'\(name)'",
      advice: "add the site to the scenario, or change the trace")
  }

  private static func draw(_ job: Job, _ stream: inout RandomStream) -> Int? {
    let size = job.gpus
    guard let bracket = classes.last(where: { $0.leastGPUs <= size }) else { return nil }
    let fitting = bracket.mix.filter { job.duration >= shortJob || !$0.needsTime }
    var ticket = stream.below(fitting.reduce(0) { $0 + $1.weight })
    for entry in fitting {
      ticket -= entry.weight
      if ticket < 0 { return ModelCatalogue.index(of: entry.model) }
    }
    return nil
  }

  /// The rule in words, for the summary's list of assumptions.
  public var description: String { lines.joined(separator: "\n") }

  /// ``description``, one statement a line.
  public var lines: [String] {
    var lines: [String] = []
    switch rule {
    case .none: lines.append("models: only those that the trace names; other jobs move no data")
    case .one(let model):
      lines.append("models: \(ModelCatalogue.models[model].name) for every job whose trace names none (assumption)")
    case .bySize:
      lines.append(
        "models: assigned by size (assumption), seed \(seed), each job from its own id; a model named by the trace wins"
      )
      for (index, bracket) in ModelAssignment.classes.enumerated() {
        let next = index + 1 < ModelAssignment.classes.count ? ModelAssignment.classes[index + 1].leastGPUs : nil
        let range = next.map { "\(max(1, bracket.leastGPUs))-\($0 - 1) GPUs" } ?? "\(bracket.leastGPUs) GPUs and more"
        let mix = bracket.mix.map { "\($0.model) \($0.weight) %\($0.needsTime ? " (1 h and longer)" : "")" }
        lines.append("models, \(range): \(mix.joined(separator: ", "))")
      }
      lines.append("models: jobs shorter than 1 h draw among the others, by their weights")
    }
    switch dataHome {
    case .none: lines.append("data homes: only those that the trace names")
    case .uniform:
      lines.append(
        "data homes: every site alike (assumption), seed \(seed); a home named by the trace wins, then the pin")
    }
    return lines
  }
}

extension ModelAssignment {
  /// How many jobs train what, after ``assign(_:siteNames:)``: one line for each model, and one for jobs that may be
  /// split but whose model keeps them at one site.
  public static func census(_ jobs: [Job]) -> [String] {
    var counts = [Int](repeating: 0, count: ModelCatalogue.models.count)
    var bound = [Int](repeating: 0, count: ModelCatalogue.models.count)
    var without = 0
    for job in jobs {
      guard let model = job.model else {
        without += 1
        continue
      }
      counts[model] += 1
      if job.splittable, ModelCatalogue.models[model].siteBound != nil { bound[model] += 1 }
    }
    var parts: [String] = []
    for (count, model) in zip(counts, ModelCatalogue.models) where count > 0 { parts.append("\(model.name) \(count)") }
    if without > 0 { parts.append("none \(without)") }
    var lines = parts.isEmpty ? [] : ["models of the jobs: \(parts.joined(separator: ", "))"]
    for (count, model) in zip(bound, ModelCatalogue.models) where count > 0 {
      lines.append("\(count) jobs of \(model.name) are not split over sites: \(model.siteBound ?? "")")
    }
    return lines
  }
}
