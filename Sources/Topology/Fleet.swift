// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A pool of GPUs of one model at one site.
public struct GPUPool: Equatable, Sendable {
  /// Name of a row of the GPU catalogue.
  public var model: String
  public var count: Int
  public var perNode: Int
  /// GPUs that share one scale-up (NVLink) domain.
  public var scaleUpDomain: Int
  /// Row of ``ScaleUpCatalogue``; nil for what the model has.
  public var scaleUp: String?

  public init(model: String, count: Int, perNode: Int, scaleUpDomain: Int, scaleUp: String? = nil) {
    self.model = model
    self.count = count
    self.perNode = perNode
    self.scaleUpDomain = scaleUpDomain
    self.scaleUp = scaleUp
  }

  /// Watts of a GPU's scale-up links beyond what copper takes.
  public var scaleUpWatts: Double { scaleUp.flatMap(ScaleUpCatalogue.lookup)?.wattsPerGPU ?? 0 }

  /// Nodes of this pool; the last one may be smaller.
  public var nodes: Int { (count + perNode - 1) / perNode }
}

/// How GPUs are chosen inside a site.
public enum FabricPlacement: String, Sendable, CaseIterable {
  /// Whole scale-up domains: as few as possible, and those that are left the fullest.
  case domains
  /// In the order of nodes, whatever domains they belong to.
  case index
}

/// A data centre: where it stands, its GPUs, and the fabric between them.
public struct SiteSpec: Equatable, Sendable {
  public var id: String
  public var at: Coordinates
  public var pools: [GPUPool]
  /// Rate of the network interface that each GPU has on the scale-out fabric.
  public var nicRate: BitRate
  /// Oversubscription of the fabric, 1 for full bisection.
  public var oversubscription: Double
  /// Its optics and switches; nil for a site whose GPUs draw what the catalogue says.
  public var fabric: SiteFabric?
  /// How jobs are laid on the nodes here, where what they find there is followed.
  public var placement: FabricPlacement?
  /// GPUs whose interfaces meet in one leaf switch; 0 where nobody says, and all traffic passes the spine.
  public var leaf = 0

  public init(
    id: String, at: Coordinates, pools: [GPUPool], nicRate: BitRate, oversubscription: Double,
    fabric: SiteFabric? = nil
  ) {
    self.id = id
    self.at = at
    self.pools = pools
    self.nicRate = nicRate
    self.oversubscription = oversubscription
    self.fabric = fabric
  }

  public var gpus: Int { pools.reduce(0) { $0 + $1.count } }

  /// Watts of optics and switches of the fabric, and of light inside scale-up domains; nil where no fabric is known.
  public var networkWatts: Double? {
    fabric.map { fabric in
      pools.reduce(fabric.watts) { $0 + Double($1.count) * $1.scaleUpWatts }
    }
  }
  /// What a GPU of a pool draws more than its model, in every state, because of the network around it.
  public func networkDifference(of pool: GPUPool) -> Double { (fabric?.differencePerGPU ?? 0) + pool.scaleUpWatts }
}

/// From `at` on, the link carries `capacity`.
public struct CapacityChange: Equatable, Sendable {
  public var at: Time
  public var capacity: BitRate
  public init(at: Time, capacity: BitRate) {
    self.at = at
    self.capacity = capacity
  }
}

/// A fibre between two sites, alike in both directions.
public struct LinkSpec: Equatable, Sendable {
  /// The two site ids joined by a hyphen, in the order of the scenario.
  public var id: String
  /// Indices of its ends in ``Fleet/sites``.
  public var ends: (Int, Int)
  public var kilometres: Double
  public var medium: String
  public var optics: String
  public var wavelengths: Int
  /// Wavelengths times rate.
  public var capacity: BitRate
  /// One-way propagation, with modules, amplifiers, regeneration and equipment. At least one tick.
  public var delay: Time
  /// Bytes that the port at either end can queue.
  public var bufferBytes: Int64
  /// Share of traffic lost on the fibre for other reasons than congestion, per packet.
  public var loss: Double
  /// Sorted by time.
  public var changes: [CapacityChange]
  /// How it is built; nil for a link that only has a delay.
  public var line: LinkLine?

  public init(
    id: String, ends: (Int, Int), kilometres: Double, medium: String, optics: String, wavelengths: Int,
    capacity: BitRate, delay: Time, bufferBytes: Int64, loss: Double = 0, changes: [CapacityChange] = [],
    line: LinkLine? = nil
  ) {
    self.id = id
    self.ends = ends
    self.kilometres = kilometres
    self.medium = medium
    self.optics = optics
    self.wavelengths = wavelengths
    self.capacity = capacity
    self.delay = delay
    self.bufferBytes = bufferBytes
    self.loss = loss
    self.changes = changes
    self.line = line
  }

  public static func == (a: LinkSpec, b: LinkSpec) -> Bool {
    a.id == b.id && a.ends == b.ends && a.kilometres == b.kilometres && a.medium == b.medium && a.optics == b.optics
      && a.wavelengths == b.wavelengths && a.capacity == b.capacity && a.delay == b.delay
      && a.bufferBytes == b.bufferBytes && a.loss == b.loss && a.changes == b.changes && a.line == b.line
  }
}

/// The sites and links of a scenario, and the routes between sites.
///
/// Sites and links are sorted by id, so that the order in which a scenario lists them changes nothing.
public struct Fleet: Equatable, Sendable {
  public let sites: [SiteSpec]
  public let links: [LinkSpec]
  /// Shortest-delay routes: `routes[from][to]` is the list of ports to pass, empty from a site to itself.
  public let routes: [[[Int]]]
  /// One-way delay of `routes[from][to]`.
  public let delays: [[Time]]
  /// How routes follow the links that break and are mended, in order of time.
  public let reroutes: [Reroute]
  /// Of sites, in order of site and time; those of one site do not overlap.
  public let outages: [SiteOutage]
  /// What breaks in the run; what that does to links is in their `changes` already.
  public let faults: [FaultSpec]
  /// How wavelengths may be moved between links; nil where they may not.
  public var lightPaths: LightPaths?

  /// Sorts, renumbers the ends of links, and computes routes.
  ///
  /// - Parameters:
  ///   - sites: in any order; ids must be unique.
  ///   - links: their `ends` refer to `sites` as given here.
  ///   - faults: what breaks; what that does to links has to be in their `changes`.
  ///   - convergence: after what time routes follow links that break; nil if they do not.
  /// - Throws: ``TopologyError`` for a duplicate id, a link from a site to itself, or a site that cannot be reached.
  public init(
    sites: [SiteSpec], links: [LinkSpec], faults: [FaultSpec] = [], convergence: Time? = nil
  ) throws(TopologyError) {
    let order = sites.indices.sorted { sites[$0].id < sites[$1].id }
    var rank = [Int](repeating: 0, count: sites.count)
    for (new, old) in order.enumerated() { rank[old] = new }
    let sortedSites = order.map { sites[$0] }
    for (a, b) in zip(sortedSites, sortedSites.dropFirst()) where a.id == b.id {
      throw .duplicateSite(a.id)
    }
    var sortedLinks: [LinkSpec] = []
    for var link in links {
      guard link.ends.0 != link.ends.1 else { throw .loop(link.id) }
      link.ends = (rank[link.ends.0], rank[link.ends.1])
      sortedLinks.append(link)
    }
    sortedLinks.sort { $0.id < $1.id }
    for (a, b) in zip(sortedLinks, sortedLinks.dropFirst()) where a.id == b.id {
      throw .duplicateLink(a.id)
    }
    self.sites = sortedSites
    self.links = sortedLinks
    (routes, delays) = try Routing.shortestDelay(sites: sortedSites, links: sortedLinks)
    self.faults = faults
    outages = SiteOutage.outages(faults, sites: sortedSites.map(\.id))
    if let convergence {
      reroutes = Routing.reroutes(sites: sortedSites, links: sortedLinks, base: routes, convergence: convergence)
    } else {
      reroutes = []
    }
  }

  /// The number of ports: each link has one at either end.
  public var portCount: Int { links.count * 2 }
  /// The port of `link` that leaves from its first end is `2 * link`, the one from its second end `2 * link + 1`.
  @inlinable public func link(ofPort port: Int) -> LinkSpec { links[port >> 1] }
  /// The site that owns a port: the one from which it leaves.
  @inlinable public func owner(ofPort port: Int) -> Int {
    port & 1 == 0 ? links[port >> 1].ends.0 : links[port >> 1].ends.1
  }
  /// The site at the far end of a port.
  @inlinable public func destination(ofPort port: Int) -> Int {
    port & 1 == 0 ? links[port >> 1].ends.1 : links[port >> 1].ends.0
  }
  /// "omaha->columbus".
  public func name(ofPort port: Int) -> String {
    "\(sites[owner(ofPort: port)].id)->\(sites[destination(ofPort: port)].id)"
  }
  public func index(ofSite id: String) -> Int? { sites.firstIndex { $0.id == id } }
  /// The least capacity along a route at time zero; unlimited from a site to itself.
  public func capacity(from: Int, to: Int) -> BitRate {
    routes[from][to].map { link(ofPort: $0).capacity }.min() ?? .unlimited
  }
}

public enum TopologyError: Error, Equatable, CustomStringConvertible {
  case duplicateSite(String)
  case duplicateLink(String)
  case loop(String)
  case unreachable(String, from: String)

  public var description: String {
    switch self {
    case .duplicateSite(let id): return "site '\(id)' is listed twice: give every site an id of its own"
    case .duplicateLink(let id):
      return "link '\(id)' is listed twice: raise 'wavelengths' instead, or give one of them an 'id'"
    case .loop(let id): return "link '\(id)' joins a site to itself"
    case .unreachable(let id, let from):
      return "no path of links leads from '\(from)' to '\(id)': add a link, or remove the site"
    }
  }
}
