// SPDX-License-Identifier: Apache-2.0

/// `lowest-latency`: the site nearest to the job's data, in time.
///
/// Source: the nearest-replica baseline of Qureshi et al., SIGCOMM 2009. A checkpoint counts where the data home
/// leaves a tie, or where there is none.
struct LowestLatency: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "lowest-latency",
    definition: "Among sites with enough free GPUs the one of least one-way delay from the job's data home, then from "
      + "the site of its checkpoint, ties by name; a site is one pool.",
    source: "Qureshi et al., SIGCOMM 2009", parameters: [.maxSites])

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map {
      SiteScore(
        first: context.delay(from: job.dataHome, to: $0.site),
        second: context.delay(from: job.checkpointSite, to: $0.site))
    }
  }
}
