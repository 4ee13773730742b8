// SPDX-License-Identifier: Apache-2.0

/// `round-robin`: jobs are dealt to the sites like cards.
///
/// Source: the baseline of SustainCluster (2025). The turn follows from a job's place in the order of arrival and not
/// from the starts before it, so that the rule remembers nothing.
struct RoundRobin: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "round-robin",
    definition: "Job k of the run, counting from 0 in order of arrival, goes to site k mod n by name, or to the next "
      + "after it, in turn, with enough free GPUs; a site is one pool.",
    source: "SustainCluster, 2025", parameters: [.maxSites])

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    let count = Int32(context.sites.count)
    return candidates.map { SiteScore(first: Double(($0.site - job.job % count + count) % count)) }
  }
}
