// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Where `longhaul` puts a job: the least cost from now on, transfers to that site included.
struct LonghaulPlacement: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "longhaul", definition: "The placement of the policy longhaul.", source: "Longhaul",
    parameters: [.maxSites])

  let weights: LonghaulWeights
  /// Nil only where no view is at hand.
  var market: LonghaulMarket?

  init(weights: LonghaulWeights, market: LonghaulMarket?) {
    self.weights = weights
    self.market = market
  }

  init(_ values: ParameterValues) {
    self.init(weights: LonghaulWeights(cost: 1, carbon: 0, time: 0, network: 0), market: nil)
  }

  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    guard let market else { return candidates.map { _ in SiteScore(first: 0) } }
    let plan = LonghaulJob(
      gpus: Double(job.gpus), left: job.estimate.seconds,
      checkpoint: context.model.checkpointTime(gpus: job.gpus).seconds, speeds: context.sites.map(\.speed),
      market: market, weights: weights)
    return candidates.map {
      SiteScore(
        first: plan.value[Int($0.site)] + transferCost(of: job, to: $0.site, in: context, market: market))
    }
  }

  /// Bringing data and checkpoint to a site: time until the slowest is there, GPUs that wait, bytes, egress.
  func transferCost(
    of job: QueuedJob, to site: Int32, in context: PlacementContext, market: LonghaulMarket
  ) -> Double {
    var slowest = 0.0
    var cost = 0.0
    let light = LonghaulLight(context.view)
    for input in context.inputs(of: job, to: site) {
      var seconds = context.transferSeconds(input.bytes, from: input.from, to: site)
      let residual = context.view.residual[Int(input.from)][Int(site)]
      if let lit = light?.seconds(input.bytes, from: input.from, to: site, residual: residual) {
        seconds = min(seconds, lit + context.delay(from: input.from, to: site))
      }
      slowest = max(slowest, seconds)
      let charge = context.view.egressUSD(from: Int(input.from), to: Int(site))
      cost += Double(input.bytes) * (charge * weights.cost + weights.network / 1e12)
    }
    if slowest == 0 { return cost }
    let power = Double(job.gpus) * LonghaulJob.idleShare * max(0, market.unit[Int(site)][0])
    return cost + slowest / 3600 * (weights.time + power)
  }

  /// A job is split only if it is over sooner than if it waited until one site has room for all of it, by expected ends.
  func accepts(split pieces: [Piece], of job: QueuedJob, in context: PlacementContext) -> Bool {
    let now = context.view.now
    let ends = now + context.model.runTime(of: job, on: pieces)
    for index in context.sites.indices where context.sites[index].total >= job.gpus {
      var free = context.sites[index].free
      var stays: [(end: Time, gpus: Int32)] = []
      for running in context.view.running {
        for piece in running.pieces where Int(piece.site) == index { stays.append((running.expectedEnd, piece.gpus)) }
      }
      stays.sort { $0.end < $1.end }
      var room = now
      for stay in stays where free < job.gpus {
        free += stay.gpus
        room = max(now, stay.end)
      }
      guard free >= job.gpus else { continue }
      let whole = Piece(site: Int32(index), gpus: job.gpus, nodes: [])
      if room + context.model.runTime(of: job, on: [whole]) <= ends { return false }
    }
    return true
  }
}
