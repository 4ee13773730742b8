// SPDX-License-Identifier: Apache-2.0

/// `cheapest-energy`: the site where the energy of the whole stay costs least at this moment's price.
///
/// Source: Qureshi et al., "Cutting the electric bill for internet-scale systems", SIGCOMM 2009, whose greedy rule it
/// is, applied to jobs. Slower GPUs pay for longer: the expected time at the site is part of the product. A negative
/// price times a longer stay is a larger gain, as the meter has it.
struct CheapestEnergy: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "cheapest-energy",
    definition: "Among sites with enough free GPUs the one of least cost per GPU-hour (price now, PUE included) times "
      + "expected time there, ties by name; a site is one pool.",
    source: "Qureshi et al., SIGCOMM 2009", parameters: [.maxSites])

  init(_ values: ParameterValues) {}
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    candidates.map { SiteScore(first: context.energyCost(of: job, on: $0)) }
  }
}
