// SPDX-License-Identifier: Apache-2.0

/// `power-of-two`: the emptier of two sites drawn at random. Nearly as even as asking everybody, for two questions.
///
/// Source: Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 12(10), 2001. Where neither
/// of the two has room, the others are asked in the order drawn, so that no job waits beside free GPUs.
struct PowerOfTwo: PlacementRule {
  static let part = PolicyPart(
    kind: .placement, name: "power-of-two",
    definition:
      "Of two sites drawn for the job, the one of least utilisation that has enough free GPUs; if neither has, "
      + "the first of the others in the order drawn. A site is one pool.",
    source: "Mitzenmacher, IEEE TPDS 12(10), 2001", parameters: [RandomSite.seed, .maxSites])

  private let seed: UInt64

  init(_ values: ParameterValues) { seed = UInt64(values["seed"]) }
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    let ranks = RandomSite.ranks(of: context.sites.count, for: job, seed: seed, name: "power-of-two")
    return candidates.map {
      let rank = ranks[Int($0.site)]
      return rank < 2
        ? SiteScore(first: 0, second: context.sites[Int($0.site)].utilisation) : SiteScore(first: Double(rank))
    }
  }
}
