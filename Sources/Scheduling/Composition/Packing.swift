// SPDX-License-Identifier: Apache-2.0

/// How GPUs are found on the nodes of one site.
enum Packing: Sendable {
  /// The site is one pool: any free GPUs do. Nodes are filled in order of index.
  case pool
  /// Consolidated best fit: up to one node's GPUs go on the node with the fewest free GPUs that fits (a node counts
  /// as large as the largest of the site); more take wholly free nodes, and a remainder goes to the next node in
  /// order of most free. Ties go to the lower index, among wholly free nodes to the larger.
  case nodes

  func fits(_ gpus: Int32, on site: SiteState) -> Bool {
    if gpus > site.free { return false }
    return self == .pool || packNodes(gpus, on: site) != nil
  }

  func pack(_ gpus: Int32, on site: SiteState, index: Int32) -> Piece? {
    if gpus > site.free { return nil }
    if gpus == 0 { return Piece(site: index, gpus: 0, nodes: []) }
    switch self {
    case .pool: return Piece(site: index, gpus: gpus, nodes: fill(gpus, on: site))
    case .nodes: return packNodes(gpus, on: site).map { Piece(site: index, gpus: gpus, nodes: $0) }
    }
  }

  /// `site` with only those GPUs free that are also free on `other`: node by node, or for a pool in number.
  func limit(_ site: SiteState, by other: SiteState) -> SiteState {
    var limited = site
    switch self {
    case .pool: limited.free = min(site.free, other.free)
    case .nodes:
      limited.free = 0
      for node in limited.nodeFree.indices {
        limited.nodeFree[node] = min(site.nodeFree[node], other.nodeFree[node])
        limited.free += limited.nodeFree[node]
      }
    }
    return limited
  }

  /// Books a piece of another ledger on `site`. In a pool only the number matters, so the nodes are chosen anew.
  func claim(_ piece: Piece, on site: inout SiteState) {
    switch self {
    case .pool: site.take(Piece(site: piece.site, gpus: piece.gpus, nodes: fill(piece.gpus, on: site)))
    case .nodes: site.take(piece)
    }
  }

  /// Whether `claim` would find what it needs.
  func canClaim(_ piece: Piece, on site: SiteState) -> Bool {
    switch self {
    case .pool: return piece.gpus <= site.free
    case .nodes: return piece.nodes.allSatisfy { $0.gpus <= site.nodeFree[Int($0.node)] }
    }
  }

  private func fill(_ gpus: Int32, on site: SiteState) -> [NodeShare] {
    if !site.domains.isEmpty { return Packing.fillDomains(gpus, on: site) }
    var shares: [NodeShare] = []
    var missing = gpus
    for node in site.nodeFree.indices where site.nodeFree[node] > 0 {
      if missing == 0 { break }
      let taken = min(missing, site.nodeFree[node])
      shares.append(NodeShare(node: Int32(node), gpus: taken))
      missing -= taken
    }
    precondition(missing == 0, "site '\(site.name)': \(site.free) GPUs free, but its nodes lack \(missing)")
    return shares
  }

  private func packNodes(_ gpus: Int32, on site: SiteState) -> [NodeShare]? {
    var largest: Int32 = 0
    var best: Int?
    for node in site.nodeFree.indices {
      largest = max(largest, site.nodeSize[node])
      let free = site.nodeFree[node]
      if free >= gpus, best.map({ free < site.nodeFree[$0] }) ?? true { best = node }
    }
    if gpus <= largest { return best.map { [NodeShare(node: Int32($0), gpus: gpus)] } }
    return Packing.packWholeNodes(gpus, on: site)
  }

  /// Wholly free nodes, larger ones first, and the remainder on the node with the most free GPUs among the others.
  static func packWholeNodes(_ gpus: Int32, on site: SiteState) -> [NodeShare]? {
    var missing = gpus
    var shares: [NodeShare] = []
    for node in wholeNodes(of: site) {
      if missing == 0 { break }
      let size = site.nodeSize[node]
      if size > missing { continue }
      shares.append(NodeShare(node: Int32(node), gpus: size))
      missing -= size
    }
    if missing > 0 {
      shares.sort { $0.node < $1.node }
      var taken = 0
      var most: Int?
      for node in site.nodeFree.indices {
        if taken < shares.count, shares[taken].node == node {
          taken += 1
        } else if most.map({ site.nodeFree[node] > site.nodeFree[$0] }) ?? true {
          most = node
        }
      }
      guard let most, site.nodeFree[most] >= missing else { return nil }
      shares.append(NodeShare(node: Int32(most), gpus: missing))
    }
    return shares.sorted { $0.node < $1.node }
  }

  /// GPUs on wholly free nodes.
  static func wholeFree(of site: SiteState) -> Int32 {
    var sum: Int32 = 0
    for node in site.nodeFree.indices where site.nodeFree[node] == site.nodeSize[node] { sum += site.nodeSize[node] }
    return sum
  }

  private static func wholeNodes(of site: SiteState) -> [Int] {
    var nodes: [Int] = []
    var uniform = true
    for node in site.nodeFree.indices where site.nodeFree[node] == site.nodeSize[node] {
      if let first = nodes.first, site.nodeSize[first] != site.nodeSize[node] { uniform = false }
      nodes.append(node)
    }
    if !uniform { nodes.sort { (site.nodeSize[$1], $0) < (site.nodeSize[$0], $1) } }
    return nodes
  }
}
