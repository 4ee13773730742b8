// SPDX-License-Identifier: Apache-2.0

import Records
import Scheduling
import Topology
import Workload

/// The inside of a site: to which scale-up domain and to which leaf switch each node belongs.
struct FabricLayout: Sendable {
  /// By node.
  var domains: [Int32] = []
  var leaves: [Int32] = []
  /// GPUs of the largest domain.
  var largest = 1
  /// Bytes per second and GPU under one leaf, and by how much less passes the spine.
  var rate: Double
  var oversubscription: Double
  var hasLeaves: Bool

  init(site: SiteSpec, nodes: Int) {
    rate = site.nicRate.double / 8
    oversubscription = site.oversubscription
    hasLeaves = site.leaf > 0
    var first: Int32 = 0
    var gpu = 0
    for pool in site.pools {
      largest = max(largest, min(pool.scaleUpDomain, pool.count))
      for node in 0..<pool.nodes where domains.count < nodes {
        domains.append(first + Int32(node * pool.perNode / pool.scaleUpDomain))
        leaves.append(site.leaf > 0 ? Int32(gpu / site.leaf) : Int32(leaves.count))
        gpu += pool.perNode
      }
      first = (domains.last ?? -1) + 1
    }
  }

  /// How a piece lies inside the site.
  struct Spread: Equatable {
    var domains: Int
    /// Its GPUs in the domains where it has the most and the fewest.
    var most: Int
    var least: Int
    var leaves: Int
  }

  func spread(of piece: Piece) -> Spread {
    var shares: [Int32: Int] = [:]
    var touched: Set<Int32> = []
    for share in piece.nodes where share.gpus > 0 {
      shares[domains[Int(share.node)], default: 0] += Int(share.gpus)
      touched.insert(leaves[Int(share.node)])
    }
    return Spread(
      domains: max(1, shares.count), most: shares.values.max() ?? 1, least: shares.values.min() ?? 1,
      leaves: max(1, touched.count))
  }

  /// As few domains as can hold so many GPUs, evenly filled: what a policy that has not chosen nodes counts on.
  func best(gpus: Int) -> Spread {
    let domains = max(1, (gpus + largest - 1) / largest)
    return Spread(
      domains: domains, most: min(gpus, largest), least: max(1, gpus / domains), leaves: hasLeaves ? domains : 1)
  }

  /// Bytes per second and GPU that a piece finds between its domains.
  func rate(_ spread: Spread) -> Double { spread.leaves > 1 || !hasLeaves ? rate / oversubscription : rate }
}

extension FleetPlan {
  /// Whether it is followed at any site on which nodes jobs stand.
  var followsFabric: Bool { tiers.contains { $0.fabric != nil } }

  /// The tiers inside the sites as the pieces of a job find them: the largest share of a domain sets the pace of scale-up,
  /// and the site where crossing domains takes longest that of scale-out.
  func layInside(_ layout: inout IterationTime.Layout, _ pieces: [Piece]) {
    var longest = -1.0
    layout.domain = 1
    layout.scaleUpRate = .infinity
    for piece in pieces {
      let tier = tiers[Int(piece.site)]
      layout.scaleUpRate = min(layout.scaleUpRate, tier.scaleUpRate)
      var spread: FabricLayout.Spread
      var rate = tier.scaleOutRate
      if let fabric = tier.fabric {
        spread = piece.nodes.isEmpty ? fabric.best(gpus: Int(piece.gpus)) : fabric.spread(of: piece)
        rate = fabric.rate(spread)
      } else {
        let most = max(1, min(Int(piece.gpus), tier.domain))
        spread = FabricLayout.Spread(
          domains: max(1, (Int(piece.gpus) + most - 1) / most), most: most, least: most, leaves: 1)
      }
      layout.domain = max(layout.domain, spread.most)
      let m = Double(spread.domains)
      let cost = 2 * (m - 1) / m / Double(spread.least) / rate
      if cost > longest {
        longest = cost
        layout.domains = spread.domains
        layout.least = spread.least
        layout.scaleOutRate = rate
      }
    }
  }

  /// What results say of a stay inside its sites.
  func fabricRecords(job: Int32, segment: Int32, pieces: [Piece], iteration: IterationTime) -> [Record] {
    pieces.compactMap { piece in
      guard let fabric = tiers[Int(piece.site)].fabric else { return nil }
      let spread = fabric.spread(of: piece)
      return .fabric(
        FabricRecord(
          job: job, segment: segment, site: piece.site, gpus: piece.gpus, domains: Int32(spread.domains),
          leastDomains: Int32(fabric.best(gpus: Int(piece.gpus)).domains), leaves: Int32(spread.leaves),
          terms: [
            iteration.compute, iteration.scaleUp, iteration.scaleOut, iteration.across, iteration.exposedLocal,
            iteration.exposedAcross, iteration.total,
          ]))
    }
  }
}
