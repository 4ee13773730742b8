// SPDX-License-Identifier: Apache-2.0

/// `least-loaded`: the site of least utilisation, which evens out load in shares of a site.
///
/// Source: the "lowest utilisation" baseline of SustainCluster (2025). `most-free` counts GPUs, and so prefers large
/// sites; this one does not.
struct LeastLoaded: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "least-loaded",
    definition:
      "Among sites with enough free GPUs the one of which the least share of GPUs is held, ties by name; a site "
      + "is one pool.",
    source: "SustainCluster, 2025", parameters: [.maxSites])

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map { SiteScore(first: context.sites[Int($0.site)].utilisation) }
  }
}
