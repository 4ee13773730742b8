// SPDX-License-Identifier: Apache-2.0

import Bounds
import Emulation
import Energy
import Quantities
import Results
import ScenarioFile
import Workload

/// The bounds of one window: a fleet and the jobs that were completed in it, as a programme that no schedule of them can
/// beat, priced as the meters of a run price.
public struct WindowProblem {
  let cost: BoundProblem
  let carbon: BoundProblem

  /// - Parameters:
  ///   - jobs: numbers of the jobs that count; all others only take up GPUs, which the bound lets them do for free.
  ///   - end: of the last run, so that each has its place within the horizon.
  public init(plan: FleetPlan, jobs: [Int], end: Time) {
    let hours = Int(end.ticks / Time.hour.ticks) + 1
    let sites = plan.sites.indices
    struct Kind: Hashable {
      var model: Int
      var gpus: Int
      var splittable: Bool
      var way: String
    }
    var known: [Kind: [Double]] = [:]
    /// Speeds of a job at each site.
    func speeds(_ index: Int) -> [Double] {
      let job = plan.jobs[index]
      let kind = Kind(
        model: job.model ?? -1, gpus: job.gpus, splittable: job.splittable, way: plan.parallelismText(ofJob: index))
      if let speeds = known[kind] { return speeds }
      let speeds = sites.map { plan.greatestSpeed(ofJob: index, at: $0) }
      known[kind] = speeds
      return speeds
    }
    // A job's work is counted in hours at its best site; a site's speed is the most that it makes of such an hour.
    var best = [Double](repeating: 0, count: plan.sites.count)
    var list: [BoundProblem.Job] = []
    for index in jobs {
      let job = plan.jobs[index]
      let speeds = speeds(index)
      let pin = plan.pinnedSite(ofJob: index)
      let top = pin.map { speeds[$0] } ?? speeds.max() ?? 1
      for site in sites where pin == nil || pin == site { best[site] = max(best[site], speeds[site] / top) }
      list.append(
        BoundProblem.Job(
          submit: job.submit.seconds / 3600, gpus: Double(job.gpus), work: job.duration.seconds / 3600 / top,
          site: pin, isDiscounted: job.splittable))
    }
    func problem(_ series: KeyPath<SiteEnergy, EnergySeries>) -> BoundProblem {
      var discount = [Double](repeating: 0, count: hours)
      var entries: [BoundProblem.Site] = []
      for site in sites {
        let costs = plan.hourlyCosts(ofSite: site, hours: hours, of: series)
        let speed = max(best[site], 1e-9)
        entries.append(
          BoundProblem.Site(gpus: Double(plan.usableGPUs(ofSite: site)), speed: speed, unitCost: costs.least))
        for hour in 0..<hours { discount[hour] = max(discount[hour], costs.discount[hour] / speed) }
      }
      return BoundProblem(sites: entries, jobs: list, discount: discount)
    }
    cost = problem(\.price)
    carbon = problem(\.carbon)
  }

  /// Hours of mean completion time that no schedule can beat.
  public var completion: Double { completionBound(cost) }

  /// The least cost in USD, or carbon in kg, at a budget of mean completion time in hours; nil for none.
  public func point(carbon isCarbon: Bool, budget: Double?) throws -> ComparisonData.CurvePoint {
    let point = try costBoundPoint(isCarbon ? carbon : cost, meanCompletion: budget ?? .infinity)
    return ComparisonData.CurvePoint(budget: budget, cost: point.cost, slope: point.slope)
  }
}
