// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Energy
import Network
import Quantities
import ScenarioFile
import Scheduling
import Simulation
import Site
import Topology
import Workload

/// A scenario compiled: what every machine has to know. The same for the life of a run, and rebuilt for a resumed one. A
/// class, because machines and models hold it and it never changes: a copy of all its arrays at each decision showed.
public final class FleetPlan: Sendable {
  public let scenario: Scenario
  public let jobs: [Job]
  public let policySource: PolicySource
  /// Where decisions come from elsewhere, see ``DecisionSource``, it is `fifo` and decides nothing.
  public let policy: ComposedPolicy
  public let policyText: String
  public let algorithm: Algorithm
  public let network: NetworkModel
  let lookahead: Lookahead
  /// In order of time.
  let news: [News]
  public let sites: [SiteConfiguration]
  /// GPU model of every node of every site.
  let nodeModels: [[GPUModel]]
  let nodeSizes: [[Int32]]
  /// Slowest model of each site.
  let speeds: [Double]
  let tiers: [SiteTiers]
  let pins: [Int32]
  /// Who submitted each job: a number for each name, in order of first appearance; -1 where the trace does not say.
  let users: [Int32]
  /// Of each workload of the scenario.
  private let workloadParallelism: [Parallelism]
  let seed: UInt64
  /// Measures how long the policy takes, if anybody wants to know.
  public let timer: DecisionTimer?

  /// - Parameters:
  ///   - jobs: sorted by arrival, with models and homes assigned.
  ///   - leaps: whether steady states of the fluid network are leapt over.
  ///   - timer: measures how long the policy takes.
  /// - Throws: ``ScenarioError`` for a policy, controller or level that is not known.
  public init(
    scenario: Scenario, jobs: [Job], leaps: Bool = true, timer: DecisionTimer? = nil
  ) throws(ScenarioError) {
    self.scenario = scenario
    self.timer = timer
    self.jobs = jobs
    seed = scenario.seed
    let ways = scenario.workloads.map { $0.parallelism ?? scenario.parallelism }
    let count = (jobs.map(\.workload).max() ?? 0) + 1
    workloadParallelism = ways + Array(repeating: scenario.parallelism, count: max(0, count - ways.count))
    do {
      policySource = try PolicySource(parsing: scenario.policy)
      if case .composed(let spec) = policySource {
        policy = ComposedPolicy(spec)
      } else {
        policy = ComposedPolicy(try PolicySpec(parsing: "fifo"))
      }
      policyText = policySource.text
    } catch {
      throw scenario.error(at: "scheduler.policy", message: "\(error)")
    }
    do {
      algorithm = try Algorithm(
        name: scenario.controller.name, preset: scenario.controller.preset,
        parameters: scenario.controller.parameters.map { ($0.name, $0.value) })
    } catch {
      throw scenario.error(at: "network.congestion_control", message: "\(error)")
    }
    guard !algorithm.signals.contains(.oracle) || scenario.networkLevel == .ideal else {
      throw scenario.error(
        at: "network.congestion_control",
        message: "'\(algorithm.name)' has to see the whole network at once, and the "
          + "sites of a fleet each see their own part",
        advice: "run it in an experiment (longhaul congestion), or take 'level: ideal', which is its limit")
    }
    guard !algorithm.signals.contains(.nearSource) || scenario.networkLevel != .fluid else {
      throw scenario.error(
        at: "network.congestion_control",
        message:
          "'\(algorithm.name)' lives by notices from switches inside the sender's site, which the fluid level of a "
          + "fleet does not follow",
        advice:
          "run it in an experiment at packet level (longhaul congestion), or choose another algorithm, such as dcqcn")
    }
    guard scenario.networkLevel != .packet else {
      throw scenario.error(
        at: "network.level", message: "the packet level does not run fleets yet",
        advice: "choose fluid, which follows the same controllers, or ideal")
    }
    let fleet = scenario.fleet
    network = NetworkModel(fleet: fleet, algorithm: algorithm, leaps: leaps)
    news = News.all(of: network, delays: scenario.controlDelays)
    guard jobs.count < FlowID.mostJobs else {
      throw scenario.error(
        at: "workloads[0]", message: "has \(jobs.count) jobs, more than the \(FlowID.mostJobs) that can be told apart",
        advice: "Run a shorter window of the trace.")
    }
    let ideal = scenario.networkLevel == .ideal
    lookahead = Lookahead(
      siteDelays: fleet.delays,
      toCoordinator: ideal ? scenario.controlDelays.map { _ in .zero } : scenario.controlDelays,
      fromCoordinator: ideal ? scenario.controlDelays.map { _ in .zero } : scenario.controlDelays)
    var models: [[GPUModel]] = []
    var sizes: [[Int32]] = []
    for site in fleet.sites {
      var nodes: [GPUModel] = []
      var size: [Int32] = []
      for pool in site.pools {
        guard let model = GPUCatalogue.lookup(pool.model) else {
          throw scenario.error(at: "sites[\(site.id)].gpus.model", message: "unknown GPU model '\(pool.model)'")
        }
        let placed = model.placed(in: pool, at: site)
        for node in 0..<pool.nodes {
          nodes.append(placed)
          size.append(Int32(min(pool.perNode, pool.count - node * pool.perNode)))
        }
      }
      // Under a cap that blocks, the last nodes stay dark, as many as it cannot feed.
      let usable = FleetPlan.usableGPUs(nodes, size, energy: scenario.energy[models.count])
      guard usable > 0 else {
        throw scenario.error(
          at: "sites[\(site.id)].power.cap", message: "the power cap cannot feed a single GPU in the hottest hour",
          advice: "Raise it, or write when_capped: throttle.")
      }
      var left = usable
      for k in size.indices {
        size[k] = min(size[k], left)
        left -= size[k]
      }
      while let last = size.last, last == 0 { size.removeLast() }
      models.append(nodes)
      sizes.append(size)
    }
    nodeModels = models
    nodeSizes = sizes
    speeds = models.map { $0.map(\.relativeSpeed).min() ?? 1 }
    tiers = fleet.sites.indices.map {
      SiteTiers(site: fleet.sites[$0], models: models[$0], nodes: sizes[$0].count)
    }
    var numbers: [String: Int32] = [:]
    users = jobs.map { job in
      guard let user = job.user else { return -1 }
      if let number = numbers[user] { return number }
      let number = Int32(numbers.count)
      numbers[user] = number
      return number
    }
    pins = jobs.map { job in
      guard let pin = job.pin else { return -1 }
      return fleet.index(ofSite: pin).map { Int32($0) } ?? -2
    }
    var configurations: [SiteConfiguration] = []
    for (k, site) in fleet.sites.enumerated() {
      var idle: Int64 = 0
      for pool in site.pools {
        guard let model = GPUCatalogue.lookup(pool.model) else { continue }
        idle += FleetPlan.microwatts(model.placed(in: pool, at: site).idleWatts) * Int64(pool.count)
      }
      let outages = fleet.outages.filter { $0.site == k }
      var configuration = SiteConfiguration(
        site: k, name: site.id, gpus: site.gpus, idlePower: idle, energy: scenario.energy[k],
        controlDelay: scenario.controlDelays[k], siteDelays: fleet.delays[k], echoes: lookahead.echoes(of: k),
        network: ideal ? nil : network)
      configuration.faults = SiteFaults(
        outages: outages.map { SiteFaults.Outage(at: $0.at, until: $0.until) },
        checkpointInterval: fleet.outages.isEmpty ? .never : scenario.checkpointInterval,
        detection: scenario.failureDetection)
      configurations.append(configuration)
    }
    sites = configurations
  }

  /// Why a job could never run here, or nil; where the policy is not known, by the numbers of GPUs alone.
  func canEverRun(_ job: QueuedJob, sites: [SiteState]) -> String? {
    isComposed ? policy.canEverRun(job, sites: sites) : ComposedPolicy.canEverRun(job, sites: sites)
  }

  /// Whether ``policy`` decides.
  var isComposed: Bool {
    if case .composed = policySource { return true }
    return false
  }

  /// The GPU that traced durations refer to.
  static let reference = GPUCatalogue.lookup("h100")!

  static func microwatts(_ watts: Double) -> Int64 { Int64((watts * 1e6).rounded()) }

  /// Microwatts of a piece, before PUE, in one of the states that a GPU model has a figure for.
  func power(of piece: Piece, _ state: KeyPath<GPUModel, Double>) -> Int64 {
    var sum: Int64 = 0
    for share in piece.nodes {
      let model = nodeModels[Int(piece.site)][Int(share.node)]
      sum += FleetPlan.microwatts(model[keyPath: state]) * Int64(share.gpus)
    }
    return sum
  }

  /// GPUs, in order of node, that a site can run at full power beside the idle rest.
  private static func usableGPUs(_ nodes: [GPUModel], _ sizes: [Int32], energy: SiteEnergy) -> Int32 {
    let all = sizes.reduce(0, +)
    guard energy.capRule == .block, let allowance = energy.leastAllowance else { return all }
    var room = allowance
    for (model, size) in zip(nodes, sizes) { room -= microwatts(model.idleWatts) * Int64(size) }
    var usable: Int32 = 0
    for (model, size) in zip(nodes, sizes) {
      let each = microwatts(model.activeWatts) - microwatts(model.idleWatts)
      let fit = Int32(max(0, min(Int64(size), room / each)))
      usable += fit
      room -= Int64(fit) * each
      if fit < size { break }
    }
    return usable
  }

  /// The one iteration time of a job on given sites.
  func iteration(job: Job, pieces: [Piece]) -> IterationTime {
    let slowest = pieces.map { speeds[Int($0.site)] }.min() ?? 1
    guard let index = job.model else { return IterationTime(speed: slowest) }
    let model = ModelCatalogue.models[index]
    let gpus = max(1, job.gpus)
    let method = parallelism(of: job)
    let reference = IterationTime.Layout(
      gpus: gpus, sites: 1, domain: FleetPlan.reference.scaleUpDomain, speed: 1,
      scaleUpRate: FleetPlan.reference.scaleUpBytesPerSecond,
      scaleOutRate: FleetPlan.reference.nicRate.double / 8)
    var layout = reference
    layout.sites = pieces.count
    layout.speed = slowest
    var burst = Double.infinity
    var delay = Time.zero
    if pieces.contains(where: { tiers[Int($0.site)].fabric != nil }) {
      layInside(&layout, pieces)
    } else {
      layAnywhere(&layout, pieces)
    }
    for (a, b) in MemberEdges(count: pieces.count, isChain: method.kind == .pipeline).pairs {
      let (from, to) = (Int(pieces[a].site), Int(pieces[b].site))
      let path = network.capacity(from: from, to: to)
      burst = min(
        burst, min(path, flowLimit(gpus: Int(min(pieces[a].gpus, pieces[b].gpus)), from: from, to: to)).double)
      delay = max(delay, network.delays[from][to])
    }
    layout.acrossRate = burst
    layout.acrossDelay = delay.seconds
    return IterationTime(work: model.work(gpus: gpus), parallelism: method, layout: layout, reference: reference)
  }

  /// As if every site gave the fewest domains that hold a piece.
  private func layAnywhere(_ layout: inout IterationTime.Layout, _ pieces: [Piece]) {
    for (index, piece) in pieces.enumerated() {
      let tier = tiers[Int(piece.site)]
      layout.domain = index == 0 ? tier.domain : min(layout.domain, tier.domain)
      layout.scaleUpRate = index == 0 ? tier.scaleUpRate : min(layout.scaleUpRate, tier.scaleUpRate)
      layout.scaleOutRate = index == 0 ? tier.scaleOutRate : min(layout.scaleOutRate, tier.scaleOutRate)
    }
  }

  /// What the job says itself, else its workload, else the scenario. Models without activations of one known width are
  /// not cut into stages: they stay data-parallel.
  func parallelism(of job: Job) -> Parallelism {
    let method = job.parallelism ?? workloadParallelism[job.workload]
    if method.kind == .pipeline, let model = job.model, ModelCatalogue.models[model].hidden == 0 { return .data }
    return method
  }

  /// The pairs of pieces, by position, between which a split job sends.
  func edges(of job: Job, pieces: Int) -> [(Int, Int)] {
    MemberEdges(count: pieces, isChain: parallelism(of: job).kind == .pipeline).pairs
  }

  /// What the interfaces of so many GPUs can send and receive, and the scenario lets one transfer have.
  func flowLimit(gpus: Int, from: Int, to: Int) -> BitRate {
    let nic = min(scenario.fleet.sites[from].nicRate, scenario.fleet.sites[to].nicRate)
    let all = nic.bitsPerSecond.multipliedReportingOverflow(by: Int64(max(1, gpus)))
    return min(all.overflow ? .unlimited : BitRate(all.partialValue), scenario.transferLimit)
  }

  /// What the policy may know of prices and carbon to come, site by site: under the scenario's forecasts or its own.
  var outlook: [EnergyOutlook] {
    policy.outlook(
      zip(scenario.fleet.sites, scenario.energy).map { site, energy in
        EnergyOutlook(
          price: Forecaster(energy.price, rule: scenario.forecast, name: "\(site.id)/price"),
          carbon: Forecaster(energy.carbon, rule: scenario.forecast, name: "\(site.id)/carbon"))
      })
  }

  /// What the policy may know of a job's run time.
  func estimate(_ index: Int, remaining: Time) -> Time {
    let job = jobs[index]
    switch scenario.estimates {
    case .exact: return remaining
    case .user:
      let done = job.duration - remaining
      return max(.tick, (job.requested ?? job.duration) - done)
    case .noise(let size):
      var stream = RandomStream(seed: seed, name: "estimates").child(index)
      let factor = DeterministicMath.exp(size * stream.normal() - size * size / 2)
      return Time.seconds(remaining.seconds * factor)
    case .none: return .seconds(86_400)
    }
  }
}

/// What a job can count on inside a site whatever nodes it gets: the least of all pools.
struct SiteTiers: Sendable {
  var domain: Int
  /// Bytes per second and GPU inside a domain.
  var scaleUpRate: Double
  /// Bytes per second and GPU between domains.
  var scaleOutRate: Double
  /// Where it is followed on which nodes jobs stand.
  var fabric: FabricLayout?

  init(site: SiteSpec, models: [GPUModel], nodes: Int) {
    domain = site.pools.map(\.scaleUpDomain).min() ?? 1
    scaleUpRate = models.map(\.scaleUpBytesPerSecond).min() ?? .infinity
    scaleOutRate = site.nicRate.double / 8 / site.oversubscription
    if site.placement != nil { fabric = FabricLayout(site: site, nodes: nodes) }
  }
}
