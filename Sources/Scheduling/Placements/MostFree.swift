// SPDX-License-Identifier: Apache-2.0

/// `most-free`: the site with the most free GPUs, which evens out load in numbers of GPUs.
///
/// Source: known as worst fit (Johnson 1974) and as the "most available" baseline of SustainCluster (2025).
struct MostFree: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "most-free",
    definition: "Among sites with enough free GPUs the one with the most of them, ties by name; a site is one pool.",
    source: "Worst fit: Johnson et al., SIAM J. Computing 3(4), 1974", parameters: [.maxSites])

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map { SiteScore(first: -Double(context.sites[Int($0.site)].free)) }
  }
}
