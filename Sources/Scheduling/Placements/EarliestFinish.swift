// SPDX-License-Identifier: Apache-2.0

/// `earliest-finish`: the site where the job would be over first.
///
/// Source: HEFT's choice of processor (Topcuoglu et al., IEEE TPDS 13(3), 2002), for jobs without precedence. Deviation:
/// sites without room now are not waited for, so the wait in their queue is not part of the sum.
struct EarliestFinish: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "earliest-finish",
    definition: "Among sites with enough free GPUs the one of least expected time of staging and run together, at the "
      + "site's speed and the routes' residual capacity, ties by name; a site is one pool.",
    source: "Topcuoglu et al., IEEE TPDS 13(3), 2002 (HEFT), among sites with room", parameters: [.maxSites])

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map { SiteScore(first: Double(context.model.runTime(of: job, on: [$0]).ticks)) }
  }
}
