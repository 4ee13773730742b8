// SPDX-License-Identifier: Apache-2.0

/// `carbon-greedy`: the site where the energy of the whole stay emits least at this moment's carbon intensity.
///
/// Source: the spatial shifting of Sukprasert et al., "On the limitations of carbon-aware temporal and spatial workload
/// shifting in the cloud", EuroSys 2024, one move to the best site; slower GPUs emit for longer.
struct CarbonGreedy: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "carbon-greedy",
    definition: "Among sites with enough free GPUs the one of least carbon per GPU-hour (intensity now, PUE included) "
      + "times expected time there, ties by name; a site is one pool.",
    source: "Sukprasert et al., EuroSys 2024", parameters: [.maxSites])

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map {
      SiteScore(first: context.sites[Int($0.site)].carbonPerGPUHour * context.hours(of: job, on: $0))
    }
  }
}
