// SPDX-License-Identifier: Apache-2.0

/// Placement inside a site that knows its scale-up domains.
///
/// Best fit over domains: if one domain can hold the job, that with the fewest free GPUs does; else the domains with the
/// most free GPUs give all they have until one can hold the rest, again the one with the fewest that do. So a job lies in
/// as few domains as possible, and whole ones stay free for jobs that need them. Inside a domain a node that can hold the
/// rest alone does, the one with the fewest free GPUs; else the emptiest give first. Ties go to the lower index.
extension Packing {
  static func fillDomains(_ gpus: Int32, on site: SiteState) -> [NodeShare] {
    var free: [Int32] = []
    var members: [[Int]] = []
    for node in site.nodeFree.indices {
      let domain = Int(site.domains[node])
      while free.count <= domain {
        free.append(0)
        members.append([])
      }
      free[domain] += site.nodeFree[node]
      members[domain].append(node)
    }
    var shares: [NodeShare] = []
    var missing = gpus
    while missing > 0 {
      var best: Int?
      for domain in free.indices where free[domain] >= missing {
        if best.map({ free[domain] < free[$0] }) ?? true { best = domain }
      }
      if best == nil {
        for domain in free.indices where free[domain] > 0 {
          if best.map({ free[domain] > free[$0] }) ?? true { best = domain }
        }
      }
      guard let best else {
        preconditionFailure("site '\(site.name)': \(site.free) GPUs free, but its domains lack \(missing)")
      }
      let take = min(missing, free[best])
      shares += fill(take, of: members[best], on: site)
      missing -= take
      free[best] = 0
    }
    return shares.sorted { $0.node < $1.node }
  }

  private static func fill(_ gpus: Int32, of nodes: [Int], on site: SiteState) -> [NodeShare] {
    var left = nodes.filter { site.nodeFree[$0] > 0 }
    var shares: [NodeShare] = []
    var missing = gpus
    while missing > 0 {
      let fitting = left.filter { site.nodeFree[$0] >= missing }.min {
        (site.nodeFree[$0], $0) < (site.nodeFree[$1], $1)
      }
      let node = fitting ?? left.min { (-site.nodeFree[$0], $0) < (-site.nodeFree[$1], $1) }!
      let take = min(missing, site.nodeFree[node])
      shares.append(NodeShare(node: Int32(node), gpus: take))
      missing -= take
      left.removeAll { $0 == node }
    }
    return shares
  }
}
