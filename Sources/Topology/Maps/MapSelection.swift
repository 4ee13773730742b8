// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantities

/// Some nodes of a map as sites, and the links between them, with everything that had to be assumed.
///
/// Between two sites there is a link where the map has an edge, and where the shortest path between them passes only
/// nodes that are not sites; its length is then the sum. Length is the great circle times a route factor.
public struct MapSelection: Sendable {
  public struct Site: Equatable, Sendable {
    /// The node's label in letters that an id may have.
    public var id: String
    public var at: Coordinates
    public var label: String
  }

  public struct Link: Equatable, Sendable {
    /// Positions in ``MapSelection/sites``, the lower first.
    public var ends: (Int, Int)
    /// Along the route.
    public var kilometres: Double
    /// Labels of nodes on the way.
    public var via: [String]
    public var capacity: BitRate?

    public static func == (a: Link, b: Link) -> Bool {
      a.ends == b.ends && a.kilometres == b.kilometres && a.via == b.via && a.capacity == b.capacity
    }
  }

  public var sites: [Site] = []
  public var links: [Link] = []
  /// A sentence for each thing that the map does not say.
  public var notes: [String] = []

  private struct Way {
    var kilometres: Double
    /// Nil if any part of it is not known.
    var capacity: BitRate?
  }

  /// - Parameters:
  ///   - names: ids or labels of nodes, at least two.
  ///   - routeFactor: what a fibre is longer than the great circle.
  ///   - edgeKilometres: the length of every edge of a map without any coordinates.
  /// - Throws: ``MapError`` for a name that is unknown or not unique, a site without coordinates, or sites without a path
  ///   between them.
  public init(
    of map: NetworkMap, file: String, names: [String], routeFactor: Double, edgeKilometres: Double
  ) throws(MapError) {
    notes = map.notes
    let chosen = try MapSelection.resolve(names, in: map, file: file)
    let hasPlaces = map.nodes.contains { $0.at != nil }
    var graph = merged(map)
    if hasPlaces {
      for site in chosen where map.nodes[site].at == nil {
        throw MapError(
          file: file, field: "--sites", message: "node '\(MapSelection.name(map.nodes[site]))' has no coordinates",
          advice: "choose another, or give its place with --places FILE (id,latitude,longitude)")
      }
      removePlaceless(map, &graph)
    } else {
      notes.append(
        "The map has no coordinates: every edge is taken to be \(Quantity.number(edgeKilometres)) km long, and sites are "
          + "set down on the equator, one degree apart; --places FILE gives their true places.")
    }
    // Lengths.
    for a in graph.indices {
      for b in graph[a].keys {
        guard hasPlaces, let from = map.nodes[a].at, let to = map.nodes[b].at else {
          graph[a][b]!.kilometres = edgeKilometres
          continue
        }
        graph[a][b]!.kilometres = max(0.1, (from.greatCircleKilometres(to: to) * routeFactor * 10).rounded() / 10)
      }
    }
    addSites(map, chosen)
    addLinks(map, chosen, graph)
    try checkConnected(file)
    if hasPlaces {
      notes.append(
        "Lengths are great circles between the map's coordinates times \(Quantity.number(routeFactor)); the map has no "
          + "fibre lengths.")
    }
  }

  // MARK: Names

  static func name(_ node: NetworkMap.Node) -> String {
    node.label.isEmpty || node.label == "None" ? node.id : node.label
  }

  private static func resolve(
    _ names: [String], in map: NetworkMap, file: String
  ) throws(MapError) -> [Int] {
    var chosen: [Int] = []
    for name in names {
      var found = map.nodes.indices.filter { map.nodes[$0].label == name }
      if found.isEmpty {
        found = map.nodes.indices.filter { slug(map.nodes[$0].label) == slug(name) && !slug(name).isEmpty }
      }
      if found.count != 1, let node = map.nodes.firstIndex(where: { $0.id == name }) { found = [node] }
      guard let node = found.first else {
        let labels = map.nodes.filter { $0.at != nil || !map.nodes.contains { $0.at != nil } }.map {
          MapSelection.name($0)
        }
        let near = Spelling.nearest(name, in: labels).map { "did you mean '\($0)'?" }
        throw MapError(
          file: file, field: "--sites", message: "there is no node '\(name)'",
          advice: near ?? "there are: \(labels.prefix(60).joined(separator: ", "))")
      }
      guard found.count == 1 else {
        let ids = found.map { map.nodes[$0].id }.joined(separator: ", ")
        throw MapError(
          file: file, field: "--sites", message: "\(found.count) nodes are called '\(name)'",
          advice: "name one by its id: \(ids)")
      }
      guard !chosen.contains(node) else {
        throw MapError(file: file, field: "--sites", message: "'\(name)' is chosen twice")
      }
      chosen.append(node)
    }
    guard chosen.count >= 2 else {
      throw MapError(file: file, field: "--sites", message: "expected at least two sites")
    }
    return chosen
  }

  /// Letters, digits and hyphens of a label: what a site may be called.
  static func slug(_ label: String) -> String {
    let plain = label.folding(
      options: [.diacriticInsensitive, .caseInsensitive], locale: Locale(identifier: "en_US_POSIX"))
    var result = ""
    for byte in plain.lowercased().utf8 {
      let isPlain = (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122)
      if isPlain {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else if !result.isEmpty, !result.hasSuffix("-") {
        result += "-"
      }
    }
    while result.hasSuffix("-") { result.removeLast() }
    return result == "none" ? "" : result
  }

  private mutating func addSites(_ map: NetworkMap, _ chosen: [Int]) {
    var slugs: [String: Int] = [:]
    for node in chosen { slugs[MapSelection.slug(map.nodes[node].label), default: 0] += 1 }
    for (k, node) in chosen.enumerated() {
      let slug = MapSelection.slug(map.nodes[node].label)
      var id = slug
      if slug.isEmpty {
        id = "node-\(MapSelection.slug(map.nodes[node].id))"
      } else if slugs[slug]! > 1 {
        id = "\(slug)-\(MapSelection.slug(map.nodes[node].id))"
      }
      sites.append(
        Site(
          id: id, at: map.nodes[node].at ?? Coordinates(latitude: 0, longitude: Double(k)),
          label: MapSelection.name(map.nodes[node])))
    }
  }

  // MARK: Edges

  /// One edge for each pair of nodes: what is parallel is added up, loops are left out.
  private mutating func merged(_ map: NetworkMap) -> [[Int: Way]] {
    var graph = [[Int: Way]](repeating: [:], count: map.nodes.count)
    var loops = 0
    var parallel = 0
    var sums: [[Int: (known: Int64, unknown: Bool, count: Int)]] = Array(repeating: [:], count: map.nodes.count)
    for edge in map.edges {
      let (a, b) = edge.ends
      if a == b {
        loops += 1
        continue
      }
      // A directed map has both directions; an undirected one has each edge once.
      for (from, to) in map.isDirected ? [(a, b)] : [(a, b), (b, a)] {
        var sum = sums[from][to] ?? (0, false, 0)
        sum.count += 1
        if let capacity = edge.capacity { sum.known += capacity.bitsPerSecond } else { sum.unknown = true }
        if sum.count > 1, map.isDirected || from == a { parallel += 1 }
        sums[from][to] = sum
      }
    }
    var uneven = 0
    for a in sums.indices {
      for (b, there) in sums[a] where a < b || sums[b][a] == nil {
        let back = sums[b][a] ?? there
        var way = Way(kilometres: 0)
        if !there.unknown, !back.unknown {
          if there.known != back.known { uneven += 1 }
          way.capacity = BitRate(min(there.known, back.known))
        }
        graph[a][b] = way
        graph[b][a] = way
      }
    }
    if loops > 0 { notes.append("\(loops) edges of the map join a node to itself and are left out.") }
    if parallel > 0 {
      notes.append("\(parallel) parallel edges of the map are added to the first between their nodes.")
    }
    if uneven > 0 { notes.append("\(uneven) links have other capacities in the two directions; the lesser is taken.") }
    return graph
  }

  /// Nodes without coordinates are no places. Their neighbours are joined directly, which is what a hyperedge means.
  private mutating func removePlaceless(_ map: NetworkMap, _ graph: inout [[Int: Way]]) {
    var hyperedges = 0
    var others = 0
    for node in map.nodes.indices where map.nodes[node].at == nil {
      if map.nodes[node].isHyperedge { hyperedges += 1 } else { others += 1 }
      let neighbours = graph[node].keys.sorted()
      for (k, a) in neighbours.enumerated() {
        for b in neighbours[(k + 1)...] where graph[a][b] == nil {
          var way = Way(kilometres: 0)
          if let first = graph[node][a]!.capacity, let second = graph[node][b]!.capacity {
            way.capacity = min(first, second)
          }
          graph[a][b] = way
          graph[b][a] = way
        }
      }
      for a in neighbours { graph[a][node] = nil }
      graph[node] = [:]
    }
    if hyperedges > 0 {
      notes.append("\(hyperedges) hyperedges of the map are taken as direct links between each two of their ends.")
    }
    if others > 0 {
      notes.append(
        "\(others) nodes of the map have no coordinates (peers outside, mostly): they are left out, their neighbours "
          + "joined directly.")
    }
  }

  /// Shortest paths from `source` that pass no node of `blocked`: lengths, and the node before each.
  private func paths(
    from source: Int, _ graph: [[Int: Way]], blocked: Set<Int>
  ) -> (kilometres: [Double], previous: [Int]) {
    var length = [Double](repeating: .infinity, count: graph.count)
    var previous = [Int](repeating: -1, count: graph.count)
    var done = [Bool](repeating: false, count: graph.count)
    length[source] = 0
    while true {
      var here = -1
      for node in graph.indices where !done[node] && length[node] < .infinity {
        if here < 0 || length[node] < length[here] { here = node }
      }
      if here < 0 { return (length, previous) }
      done[here] = true
      if here != source, blocked.contains(here) { continue }
      for next in graph[here].keys.sorted() where !done[next] {
        let candidate = length[here] + graph[here][next]!.kilometres
        if candidate < length[next] {
          length[next] = candidate
          previous[next] = here
        }
      }
    }
  }

  private mutating func addLinks(_ map: NetworkMap, _ chosen: [Int], _ graph: [[Int: Way]]) {
    let blocked = Set(chosen)
    var contracted = 0
    var shared: [Int: Int] = [:]
    for (k, a) in chosen.enumerated() {
      let free = paths(from: a, graph, blocked: [])
      let avoiding = paths(from: a, graph, blocked: blocked)
      for (l, b) in chosen.enumerated() where l > k {
        if let way = graph[a][b] {
          links.append(Link(ends: (k, l), kilometres: way.kilometres, via: [], capacity: way.capacity))
          continue
        }
        // A detour around other sites is no link: traffic would take the shorter way through them.
        guard avoiding.kilometres[b] < .infinity, avoiding.kilometres[b] <= free.kilometres[b] + 1e-9 else { continue }
        var link = Link(
          ends: (k, l), kilometres: (avoiding.kilometres[b] * 10).rounded() / 10, via: [], capacity: .unlimited)
        var at = b
        while at != a {
          let before = avoiding.previous[at]
          link.capacity = link.capacity.flatMap { least in graph[before][at]!.capacity.map { min(least, $0) } }
          if before != a {
            link.via.append(MapSelection.name(map.nodes[before]))
            shared[before, default: 0] += 1
          }
          at = before
        }
        link.via.reverse()
        links.append(link)
        contracted += 1
      }
    }
    if contracted > 0 {
      notes.append(
        "\(contracted) links stand for paths through nodes that are not sites, with the length of the whole path.")
    }
    let common = shared.values.filter { $0 > 1 }.count
    if common > 0 {
      notes.append(
        "\(common) nodes on such paths serve several links: what these share of fibre and capacity is not kept.")
    }
  }

  private func checkConnected(_ file: String) throws(MapError) {
    var group = Array(sites.indices)
    func root(_ k: Int) -> Int {
      var k = k
      while group[k] != k { k = group[k] }
      return k
    }
    for link in links {
      let (a, b) = (root(link.ends.0), root(link.ends.1))
      group[max(a, b)] = min(a, b)
    }
    let apart = sites.indices.filter { root($0) != 0 }
    guard apart.isEmpty else {
      throw MapError(
        file: file, field: "--sites",
        message:
          "the map has no path from '\(sites[0].id)' to \(apart.map { "'\(sites[$0].id)'" }.joined(separator: ", "))",
        advice: "choose sites of one part of the map")
    }
  }
}
