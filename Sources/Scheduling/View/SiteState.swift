// SPDX-License-Identifier: Apache-2.0

/// What a policy sees of a site: its nodes, what is free on them, and what running there costs.
public struct SiteState: Equatable, Sendable {
  public var name: String
  /// GPUs of each node.
  public var nodeSize: [Int32]
  /// Free GPUs of each node.
  public var nodeFree: [Int32]
  /// Free GPUs of the site: the sum of `nodeFree`, kept by ``take(_:)`` and ``give(_:)``.
  public var free: Int32
  /// GPUs of the site: the sum of `nodeSize`.
  public var total: Int32
  /// Cost of one active GPU for one hour at this moment's price, in USD, at the meter (PUE included). May be
  /// negative where prices are.
  public var usdPerGPUHour: Double
  /// Carbon of one active GPU for one hour at this moment's intensity, in kg CO2 equivalent, at the meter.
  public var carbonPerGPUHour: Double
  /// What a byte costs that leaves the site for another one, in USD; where that depends on the other one, the most.
  /// ``FleetView/egressUSD(from:to:)`` knows each pair.
  public var egressUSDPerByte: Double
  /// Speed of its GPUs relative to the reference GPU: work of one hour takes `1 / speed` hours.
  public var speed: Double
  /// The scale-up domain of each node, where placement prefers whole ones; else empty.
  public var domains: [Int32]

  /// - Parameter nodeFree: free GPUs of each node; an idle site when left out.
  public init(
    name: String, nodeSize: [Int32], nodeFree: [Int32]? = nil, usdPerGPUHour: Double = 0, speed: Double = 1,
    carbonPerGPUHour: Double = 0, egressUSDPerByte: Double = 0, domains: [Int32] = []
  ) {
    let available = nodeFree ?? nodeSize
    precondition(available.count == nodeSize.count, "site '\(name)': \(available.count) of \(nodeSize.count) nodes")
    self.name = name
    self.nodeSize = nodeSize
    self.nodeFree = available
    free = available.reduce(0, +)
    total = nodeSize.reduce(0, +)
    self.usdPerGPUHour = usdPerGPUHour
    self.carbonPerGPUHour = carbonPerGPUHour
    self.egressUSDPerByte = egressUSDPerByte
    self.speed = speed
    self.domains = domains
  }

  /// Books the GPUs of a piece. Taking what is not free is a programming error.
  public mutating func take(_ piece: Piece) {
    for share in piece.nodes {
      nodeFree[Int(share.node)] -= share.gpus
      precondition(nodeFree[Int(share.node)] >= 0, "site '\(name)': node \(share.node) is oversubscribed")
    }
    free -= piece.gpus
  }

  /// Returns the GPUs of a piece. Returning more than a node has is a programming error.
  public mutating func give(_ piece: Piece) {
    for share in piece.nodes {
      let node = Int(share.node)
      nodeFree[node] += share.gpus
      precondition(nodeFree[node] <= nodeSize[node], "site '\(name)': node \(node) is given more than it has")
    }
    free += piece.gpus
  }

  /// Share of the GPUs that jobs hold; 1 for a site without GPUs.
  public var utilisation: Double { total > 0 ? 1 - Double(free) / Double(total) : 1 }

  /// The same site with nobody on it.
  public var emptied: SiteState {
    var site = self
    site.nodeFree = nodeSize
    site.free = total
    return site
  }
}
