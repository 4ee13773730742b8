// SPDX-License-Identifier: Apache-2.0

/// `data-gravity`: the site that needs fewest bytes brought to it.
///
/// Source: delay scheduling's preference for the place of the data (Zaharia et al., EuroSys 2010), without its waiting.
struct DataGravity: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "data-gravity",
    definition: "Among sites with enough free GPUs the one to which the fewest bytes of data and checkpoint have to be "
      + "brought, ties by name; a site is one pool.",
    source: "Zaharia et al., EuroSys 2010", parameters: [.maxSites])

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map { piece in
      SiteScore(first: context.inputs(of: job, to: piece.site).reduce(0) { $0 + Double($1.bytes) })
    }
  }
}
