// SPDX-License-Identifier: Apache-2.0

/// `consolidated`: few nodes, best fit, as Helios' simulator places jobs; the first site by name on which that works.
///
/// Source: Hu et al., SC 2021 (Helios). ``Packing/nodes`` holds the rule.
struct Consolidated: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "consolidated",
    definition: "The first site by name on which the job fits node by node: up to one node's GPUs go on the node with "
      + "the fewest free GPUs that fits; more take wholly free nodes, and a remainder goes to the next node in order "
      + "of most free.",
    source: "Hu et al., SC 2021 (Helios)", parameters: [.maxSites])
  static let packing = Packing.nodes
  static let isByNameOnly = true

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map { _ in SiteScore(first: 0) }
  }
}
