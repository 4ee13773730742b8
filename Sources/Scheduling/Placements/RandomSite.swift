// SPDX-License-Identifier: Apache-2.0

import Simulation

/// `random`: any site with room, all alike: the null hypothesis of placements.
///
/// Source: the baseline of SustainCluster (2025). Each job has its own order of sites, drawn from the seed and its place
/// in the order of arrival.
struct RandomSite: PlacementRule {
  static let seed = PolicyParameter(
    name: "seed", meaning: "of the draws", kind: .whole, defaultValue: 1, greatest: 1e15)

  static let part = PolicyPart(
    kind: .placement, name: "random",
    definition:
      "The first site with enough free GPUs in an order of the sites that is drawn for each job; a site is one "
      + "pool.",
    source: "SustainCluster, 2025", parameters: [seed, .maxSites])

  private let seed: UInt64

  init(_ values: ParameterValues) { seed = UInt64(values["seed"]) }
  func scores(of candidates: [Piece], for job: QueuedJob, in context: PlacementContext) -> [SiteScore] {
    let ranks = RandomSite.ranks(of: context.sites.count, for: job, seed: seed, name: "random-placement")
    return candidates.map { SiteScore(first: Double(ranks[Int($0.site)])) }
  }

  /// The place of each site in an order drawn for a job (Fisher and Yates).
  static func ranks(of count: Int, for job: QueuedJob, seed: UInt64, name: String) -> [Int] {
    var random = RandomStream(seed: seed, name: name).child(Int(job.job))
    var ranks = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { ranks.swapAt(last, random.below(last + 1)) }
    return ranks
  }
}
