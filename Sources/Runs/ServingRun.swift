// SPDX-License-Identifier: Apache-2.0

import Energy
import Quantities
import Results
import ScenarioFile
import Simulation
import Workload

/// An inference workload: its requests, and the jobs that hold the GPUs of its replicas.
///
/// Requests are served by GPUs that nobody else has, so how they fare depends on the rest of a run only through the
/// moment at which the replicas start. The run therefore carries one job for each site, for GPUs, energy and cost, and
/// requests are followed beside it: once to know how long the jobs must run, and again with the moments at which they did
/// start. Both are pure functions of the scenario, so that every driver gives the same.
public struct ServingRun: Sendable {
  let spec: ServingSpec
  let name: String
  let requests: [Request]
  /// Place of users of each request, an index of `spec.users`.
  let users: [Int]
  let model: ServingModel
  /// Index of site of each share.
  private let sites: [Int]
  private let prefillSites: [Int]

  /// - Throws: ``ScenarioError`` for a model that does not fit the memory of its replicas.
  init(_ spec: ServingSpec, requests: [Request], name: String, workload: Int, seed: UInt64, scenario: Scenario) throws {
    self.spec = spec
    self.name = name
    self.requests = requests
    let fleet = scenario.fleet
    sites = spec.replicas.map { fleet.index(ofSite: $0.site) ?? 0 }
    prefillSites = spec.prefill.map { fleet.index(ofSite: $0.site) ?? 0 }
    // The slowest GPU of all the sites that serve stands for them.
    var hardware: ServingHardware?
    for site in Set(sites + prefillSites).sorted() {
      for pool in fleet.sites[site].pools {
        guard let memory = GPUCatalogue.memory(of: pool.model) else { continue }
        let own = ServingHardware(
          flops: memory.flops, memoryBytes: memory.bytes, memoryBytesPerSecond: memory.bytesPerSecond)
        guard let least = hardware else {
          hardware = own
          continue
        }
        hardware = ServingHardware(
          flops: min(least.flops, own.flops), memoryBytes: min(least.memoryBytes, own.memoryBytes),
          memoryBytesPerSecond: min(least.memoryBytesPerSecond, own.memoryBytesPerSecond))
      }
    }
    let field = "workloads[\(workload)]"
    guard let hardware, let index = ModelCatalogue.index(of: spec.model),
      let model = ServingModel(
        ModelCatalogue.models[index], bits: spec.bits, gpus: spec.gpusPerReplica, hardware: hardware,
        maxBatch: spec.maxBatch)
    else { throw scenario.error(at: field, message: "'\(spec.model)' cannot be served") }
    guard model.kvTokens >= 1 else {
      let need = Quantity.rounded(model.weightBytes / 1e9, digits: 3)
      let have = Quantity.rounded(
        Double(spec.gpusPerReplica) * hardware.memoryBytes * ServingModel.usableMemory / 1e9, digits: 3)
      throw scenario.error(
        at: field, message: "the weights of '\(spec.model)' take \(need) GB, a replica's GPUs have \(have) GB for them",
        advice: "Raise 'gpus_per_replica', or lower 'precision'.")
    }
    self.model = model
    // Users draw by session, so that a session stays where it is.
    let total = spec.users.reduce(0) { $0 + $1.amount }
    let root = RandomStream(seed: seed, name: "users")
    users = requests.enumerated().map { k, request in
      var stream = root.child(request.session ?? k)
      var ticket = stream.uniform() * total
      for (place, share) in spec.users.enumerated() {
        ticket -= share.amount
        if ticket < 0 { return place }
      }
      return spec.users.count - 1
    }
  }

  /// How the requests fare when the replicas of each site start then; `starts` by index of site.
  func simulate(_ scenario: Scenario, starts: [Time]) -> (outcomes: [ServingSimulation.Outcome], ServingSimulation) {
    let fleet = scenario.fleet
    var list = fleet.sites.indices.map { ServingSimulation.Site(replicas: 0, start: starts[$0]) }
    for (share, site) in zip(spec.replicas, sites) { list[site].replicas = Int(share.amount) }
    for (share, site) in zip(spec.prefill, prefillSites) { list[site].prefillReplicas = Int(share.amount) }
    let places = spec.users.map { fleet.index(ofSite: $0.site) ?? 0 }
    let energy = scenario.energy
    var simulation = ServingSimulation(
      model: model, sites: list, userDelays: places.map { place in fleet.delays[place].map { $0 + spec.access } },
      siteDelays: fleet.delays,
      siteRates: fleet.sites.indices.map { a in
        fleet.sites.indices.map { b in min(fleet.capacity(from: a, to: b), scenario.transferLimit).double }
      }, routing: spec.routing, price: { energy[$0].price.value(at: $1) })
    let outcomes = simulation.run(requests, users: users)
    return (outcomes, simulation)
  }

  /// One job for each site that has replicas, from the first request to the end of the last.
  func jobs(_ scenario: Scenario, workload: Int) -> [Job] {
    let begin = requests.first?.arrival ?? .zero
    let starts = scenario.fleet.sites.map { _ in begin }
    let length = max(Time.seconds(Int64(1)), simulate(scenario, starts: starts).1.end - begin)
    var gpus = [Int](repeating: 0, count: starts.count)
    for (share, site) in zip(spec.replicas, sites) { gpus[site] += Int(share.amount) * spec.gpusPerReplica }
    for (share, site) in zip(spec.prefill, prefillSites) { gpus[site] += Int(share.amount) * spec.gpusPerReplica }
    return gpus.indices.filter { gpus[$0] > 0 }.map { site in
      let id = scenario.fleet.sites[site].id
      return Job(
        id: "\(name)@\(id)", submit: begin, milliGPUs: Int64(gpus[site]) * 1000, duration: length, pin: id,
        dataHomeName: id, workload: workload)
    }
  }

  /// What the summary says, with the moments at which the jobs started; nil for one that never did.
  func results(_ scenario: Scenario, started: [String: Time]) -> InferenceInfo {
    let ids = scenario.fleet.sites.map(\.id)
    let starts = ids.map { started["\(name)@\($0)"] ?? .never }
    let (outcomes, simulation) = simulate(scenario, starts: starts)
    var first: [Time] = []
    var perToken: [Time] = []
    var total: [Time] = []
    var met = (first: 0, token: 0, both: 0)
    var counts = [Int](repeating: 0, count: ids.count)
    var tokens = 0
    for (request, outcome) in zip(requests, outcomes) where outcome.site >= 0 && outcome.total > .zero {
      counts[outcome.site] += 1
      tokens += request.outputTokens
      first.append(outcome.firstToken)
      total.append(outcome.total)
      let isSoon = outcome.firstToken <= spec.firstTokenObjective
      let isQuick = request.outputTokens < 2 || outcome.perToken <= spec.perTokenObjective
      if request.outputTokens > 1 { perToken.append(outcome.perToken) }
      if isSoon { met.first += 1 }
      if isQuick { met.token += 1 }
      if isSoon && isQuick { met.both += 1 }
    }
    let all = Double(max(1, requests.count))
    let late = zip(ids, starts).filter { started["\(name)@\($0.0)"] != nil }.map(\.1).max() ?? .zero
    return InferenceInfo(
      name: name, model: spec.model, requests: requests.count, served: first.count, outputTokens: tokens,
      firstToken: Summary.Statistics(times: first), perToken: Summary.Statistics(times: perToken),
      total: Summary.Statistics(times: total), firstTokenObjective: spec.firstTokenObjective.seconds,
      perTokenObjective: spec.perTokenObjective.seconds, firstTokenAttainment: Double(met.first) / all,
      perTokenAttainment: Double(met.token) / all, attainment: Double(met.both) / all,
      movedBytes: simulation.movedBytes, lastStart: late.seconds,
      sites: ids.indices.filter { simulation.sites[$0].replicas + simulation.sites[$0].prefillReplicas > 0 }.map {
        site in
        let replicas = simulation.sites[site].replicas + simulation.sites[site].prefillReplicas
        let span = (simulation.end - min(starts[site], simulation.end)).seconds * Double(replicas)
        return InferenceInfo.Site(
          id: ids[site], replicas: replicas, requests: counts[site],
          busy: span > 0 ? simulation.busy[site].seconds / span : 0)
      })
  }
}
