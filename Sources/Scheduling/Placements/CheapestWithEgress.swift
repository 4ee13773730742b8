// SPDX-License-Identifier: Apache-2.0

/// `cheapest-with-egress`: energy of the whole stay, and what it costs to bring the data there.
///
/// Source: Yang et al., "SkyPilot: An intercloud broker for sky computing", NSDI 2023, whose optimiser adds egress to the
/// price of running; here the price is that of energy. Where a site charges nothing for traffic this is
/// `cheapest-energy`.
struct CheapestWithEgress: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "cheapest-with-egress",
    definition:
      "Among sites with enough free GPUs the one of least cost per GPU-hour (price now, PUE included) x GPUs x "
      + "expected time there, plus the charge for data and checkpoint that have to come from other sites, ties by "
      + "name; a site is one pool.",
    source: "Yang et al., NSDI 2023 (SkyPilot)", parameters: [.maxSites])

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map { piece in
      var cost = context.energyCost(of: job, on: piece) * Double(job.gpus)
      for input in context.inputs(of: job, to: piece.site) {
        cost += context.view.egressUSD(from: Int(input.from), to: Int(piece.site)) * Double(input.bytes)
      }
      return SiteScore(first: cost)
    }
  }
}
