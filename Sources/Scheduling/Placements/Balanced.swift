// SPDX-License-Identifier: Apache-2.0

import Quantities

/// `balanced`: energy cost, latency and free link capacity in one score.
///
/// Source: Longhaul's own; a weighted sum of normalised criteria (simple additive weighting, Hwang and Yoon,
/// "Multiple Attribute Decision Making", 1981). With the sites that have room as candidates,
///
///     score = cost * C + latency * L + capacity * Q          (least is best, ties by name)
///
/// - C: energy cost of the stay (price now x expected time), over the largest absolute cost of a candidate; negative
///   where the price is;
/// - L: one-way delay from the data home (from the checkpoint's site where there is no data home), over the largest
///   of a candidate;
/// - Q = 1 - (1 - load) (1 - staging share): load is 1 - residual / capacity of the route from the data home (or the
///   checkpoint's site), and the staging share is the part of the stay in which data and checkpoint are brought in
///   at the residual capacities, staging / (staging + run). 0 at home, 1 where nothing is left of the route.
struct Balanced: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "balanced",
    definition: "Among sites with enough free GPUs the one of least cost*C + latency*L + capacity*Q, ties by name; C: "
      + "energy cost and L: delay from the data, each over the candidates' largest; Q = 1 - (residual/capacity of the "
      + "route from the data) * run/(run + staging). A site is one pool.",
    source: "Longhaul; simple additive weighting: Hwang and Yoon, 1981",
    parameters: [
      PolicyParameter(name: "cost", meaning: "weight of the energy cost", kind: .number, defaultValue: 1),
      PolicyParameter(name: "latency", meaning: "weight of the delay from the data", kind: .number, defaultValue: 1),
      PolicyParameter(
        name: "capacity", meaning: "weight of the load of the route and of the time of staging", kind: .number,
        defaultValue: 1),
      .maxSites,
    ])

  private let costWeight: Double
  private let latencyWeight: Double
  private let capacityWeight: Double

  init(_ values: ParameterValues) {
    costWeight = values["cost"]
    latencyWeight = values["latency"]
    capacityWeight = values["capacity"]
  }

  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    let home = job.dataHome >= 0 ? job.dataHome : job.checkpointSite
    let costs = normalised(candidates.map { context.energyCost(of: job, on: $0) })
    let delays = normalised(candidates.map { context.delay(from: home, to: $0.site) })
    return candidates.indices.map { i in
      let load = pressure(on: candidates[i].site, from: home, for: job, in: context)
      return SiteScore(first: costWeight * costs[i] + latencyWeight * delays[i] + capacityWeight * load)
    }
  }

  /// Values over the largest absolute value; all zero if that is zero.
  private func normalised(_ values: [Double]) -> [Double] {
    let largest = values.reduce(0) { max($0, abs($1)) }
    return largest > 0 ? values.map { $0 / largest } : values
  }

  /// Q of the score.
  private func pressure(on site: Int32, from home: Int32, for job: QueuedJob, in context: PlacementContext) -> Double {
    guard home >= 0 else { return 0 }
    let staging =
      stagingSeconds(job.stagedBytes, from: job.dataHome, to: site, in: context)
      + stagingSeconds(job.checkpointBytes, from: job.checkpointSite, to: site, in: context)
    if staging == .infinity { return 1 }
    let run = max(job.estimate.seconds / context.sites[Int(site)].speed, 0)
    let share = staging > 0 ? staging / (staging + run) : 0
    return 1 - freeShare(from: home, to: site, in: context) * (1 - share)
  }

  private func freeShare(from: Int32, to: Int32, in context: PlacementContext) -> Double {
    if from == to { return 1 }
    let capacity = context.view.capacity[Int(from)][Int(to)].double
    if capacity <= 0 { return 0 }
    return min(max(context.view.residual[Int(from)][Int(to)].double / capacity, 0), 1)
  }

  private func stagingSeconds(
    _ bytes: Int64, from: Int32, to: Int32, in context: PlacementContext
  ) -> Double {
    if from < 0 || from == to || bytes <= 0 { return 0 }
    let rate = context.view.residual[Int(from)][Int(to)].double
    return rate > 0 ? Double(bytes) * 8 / rate : .infinity
  }
}
