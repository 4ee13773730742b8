// SPDX-License-Identifier: Apache-2.0

/// `local-only`: a job runs where its data is, or waits.
///
/// Source: the "local only" baseline of SustainCluster (2025), and the world before anything is shared between sites.
struct LocalOnly: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "local-only",
    definition: "The job's data home, and no other site; a job without one goes to the first site by name with enough "
      + "free GPUs. A job that is larger than its home is rejected. A site is one pool.",
    source: "SustainCluster, 2025", parameters: [.maxSites])
  static let isByNameOnly = true
  static let isSelective = true

  init(_ values: ParameterValues) {}
  func site(confining job: QueuedJob) -> Int32 { job.dataHome }
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map { _ in SiteScore(first: 0) }
  }
}
