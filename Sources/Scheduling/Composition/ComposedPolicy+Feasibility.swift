// SPDX-License-Identifier: Apache-2.0

import Quantities

extension ComposedPolicy {
  /// Why a job could never run on these sites under any policy, or nil if some placement could hold it on the idle
  /// fleet. The reason names the numbers.
  public static func canEverRun(_ job: QueuedJob, sites: [SiteState]) -> String? {
    if job.pin >= 0 {
      guard Int(job.pin) < sites.count else { return "it is pinned to a site that is not in the fleet" }
      let site = sites[Int(job.pin)]
      return job.gpus <= site.total
        ? nil : "it asks for \(job.gpus) GPUs and is pinned to '\(site.name)', which has \(site.total)"
    }
    if sites.indices.contains(where: { job.gpus <= sites[$0].total }) { return nil }
    guard let largest = sites.max(by: { $0.total < $1.total }) else { return "the fleet has no sites" }
    let sum = sites.reduce(0) { $0 + Int($1.total) }
    if !job.splittable {
      return "it asks for \(job.gpus) GPUs on one site, the largest site '\(largest.name)' has \(largest.total)"
    }
    return job.gpus <= sum ? nil : "it asks for \(job.gpus) GPUs, all \(sites.count) sites together have \(sum)"
  }

  /// Why a job could never run on these sites under this policy, or nil if its placement finds room for it on the
  /// idle fleet. Besides the plain numbers this knows the placement's nodes and its `max_sites`; a job let in against
  /// it would block a strict queue for ever.
  public func canEverRun(_ job: QueuedJob, sites: [SiteState]) -> String? {
    if let reason = ComposedPolicy.canEverRun(job, sites: sites) { return reason }
    // An idle pool holds whatever is no larger; only nodes, `max_sites` and confinement ask for a closer look.
    if packing == .pool, !type(of: placement).isSelective {
      let able = job.pin >= 0 ? Int(job.pin)..<Int(job.pin) + 1 : sites.indices
      if able.contains(where: { job.gpus <= sites[$0].total }) { return nil }
    }
    var job = job
    if job.pin < 0, placement.site(confining: job) >= 0 {
      job.pin = placement.site(confining: job)
      if Int(job.pin) < sites.count, job.gpus > sites[Int(job.pin)].total {
        let site = sites[Int(job.pin)]
        return "it asks for \(job.gpus) GPUs and \(spec.placement?.name ?? "") keeps it at '\(site.name)', which has "
          + "\(site.total)"
      }
    }
    let idle = sites.map(\.emptied)
    // Whether it fits does not depend on prices, routes or run times, only on which sites are left to choose from.
    let view = FleetView(
      now: .zero, queue: [], running: [], sites: idle, oneWayDelay: [], residual: [], capacity: [])
    let rule: any PlacementRule =
      packing == .nodes
      ? Consolidated(ParameterValues(part: Consolidated.part, given: []))
      : FirstFit(ParameterValues(part: FirstFit.part, given: []))
    let placer = Placer(view: view, model: EstimateOnly(), rule: rule, maxSites: maxSites)
    if placer.place(job, in: idle) != nil { return nil }
    let split = job.splittable && job.pin < 0 ? ", nor spread over at most \(maxSites) of them (max_sites)" : ""
    return "it asks for \(job.gpus) GPUs, which \(spec.placement?.name ?? "first-fit") cannot lay on the nodes of any "
      + "one site\(split)"
  }
}

/// Stands in where run times do not matter.
private struct EstimateOnly: RunTimeModel {
  func runTime(of job: QueuedJob, on pieces: [Piece]) -> Time { job.estimate }
}
