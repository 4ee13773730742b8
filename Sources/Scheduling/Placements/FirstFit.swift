// SPDX-License-Identifier: Apache-2.0

/// `first-fit`: the first site by name that has room; a site is one pool. With one site this is the placement of the
/// reference results of Alibaba's PAI simulator and of Tiresias.
///
/// Source: Johnson et al., "Worst-case performance bounds for simple one-dimensional packing algorithms", SIAM J.
/// Computing 3(4), 1974.
struct FirstFit: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "first-fit",
    definition: "The first site by name with enough free GPUs; a site is one pool, its nodes are filled by index.",
    source: "Johnson et al., SIAM J. Computing 3(4), 1974", parameters: [.maxSites])
  static let isByNameOnly = true

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map { _ in SiteScore(first: 0) }
  }
}
