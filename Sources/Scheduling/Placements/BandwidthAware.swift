// SPDX-License-Identifier: Apache-2.0

/// `bandwidth-aware`: the site where the slowest of a job's transfers is over first, at what its routes have left.
///
/// Source: Pu et al., "Low latency geo-distributed data analytics" (Iridium), SIGCOMM 2015, which places work so that the
/// slowest transfer ends first. Deviations: one site for each job instead of fractions of tasks, and the fixed route of
/// each pair of sites (Terra and others choose paths as well).
struct BandwidthAware: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "bandwidth-aware",
    definition:
      "Among sites with enough free GPUs the one to which the slowest of the transfers of data and checkpoint "
      + "takes least at the routes' residual capacity, delay included; ties by expected time there, then by name. A "
      + "site is one pool.",
    source: "Pu et al., SIGCOMM 2015 (Iridium)", parameters: [.maxSites])

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map { piece in
      var slowest = 0.0
      for input in context.inputs(of: job, to: piece.site) {
        slowest = max(slowest, context.transferSeconds(input.bytes, from: input.from, to: piece.site))
      }
      return SiteScore(first: slowest, second: context.hours(of: job, on: piece))
    }
  }
}
