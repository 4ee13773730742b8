// SPDX-License-Identifier: Apache-2.0

import Quantities

/// Shortest-delay routes over several hops.
enum Routing {
  /// Dijkstra from every site. Ties go to the path with fewer hops, then to the one whose last site before the
  /// target, then whose last link, comes first by id, so that routes do not depend on the order of the scenario.
  static func shortestDelay(
    sites: [SiteSpec], links: [LinkSpec]
  ) throws(TopologyError) -> (routes: [[[Int]]], delays: [[Time]]) {
    let (found, delays) = shortestDelay(sites: sites, links: links, without: [])
    var routes: [[[Int]]] = []
    for (source, row) in found.enumerated() {
      var paths: [[Int]] = []
      for (target, path) in row.enumerated() {
        guard let path else { throw .unreachable(sites[target].id, from: sites[source].id) }
        paths.append(path)
      }
      routes.append(paths)
    }
    return (routes, delays)
  }

  /// The same without the links of `dark`: nil where nothing leads.
  static func shortestDelay(
    sites: [SiteSpec], links: [LinkSpec], without dark: Set<Int>
  ) -> (routes: [[[Int]?]], delays: [[Time]]) {
    var ports: [[(port: Int, to: Int, delay: Time)]] = Array(repeating: [], count: sites.count)
    for (index, link) in links.enumerated() where !dark.contains(index) {
      ports[link.ends.0].append((2 * index, link.ends.1, link.delay))
      ports[link.ends.1].append((2 * index + 1, link.ends.0, link.delay))
    }
    var routes: [[[Int]?]] = []
    var delays: [[Time]] = []
    for source in sites.indices {
      var best = [(delay: Time, hops: Int)?](repeating: nil, count: sites.count)
      var via = [Int](repeating: -1, count: sites.count)
      var previous = [Int](repeating: -1, count: sites.count)
      var done = [Bool](repeating: false, count: sites.count)
      best[source] = (.zero, 0)
      while true {
        var here = -1
        for site in sites.indices where !done[site] && best[site] != nil {
          if here < 0 || best[site]! < best[here]! { here = site }
        }
        if here < 0 { break }
        done[here] = true
        for (port, to, delay) in ports[here] where !done[to] {
          let candidate = (delay: best[here]!.delay + delay, hops: best[here]!.hops + 1)
          // Sites are taken in order of their own delay, so of two equal paths the one found first need not be the
          // one that comes first by id: compare where they come from as well. Links are sorted by id, so are ports.
          let isBetter =
            best[to].map { candidate != $0 ? candidate < $0 : (here, port) < (previous[to], via[to]) } ?? true
          if isBetter {
            best[to] = candidate
            via[to] = port
            previous[to] = here
          }
        }
      }
      var paths: [[Int]?] = []
      for target in sites.indices {
        guard best[target] != nil else {
          paths.append(nil)
          continue
        }
        var path: [Int] = []
        var at = target
        while at != source {
          path.append(via[at])
          at = previous[at]
        }
        paths.append(path.reversed())
      }
      routes.append(paths)
      delays.append(best.map { $0?.delay ?? .never })
    }
    return (routes, delays)
  }

  /// How routes follow the links that go dark and light up again, `convergence` after each of them does. What is dark
  /// for less than that is waited out.
  static func reroutes(
    sites: [SiteSpec], links: [LinkSpec], base: [[[Int]]], convergence: Time
  ) -> [Reroute] {
    var events: [(at: Time, link: Int, isDark: Bool)] = []
    for (index, link) in links.enumerated() {
      var darkSince: Time?
      for change in link.changes {
        if change.capacity == .zero {
          darkSince = darkSince ?? change.at
        } else if let since = darkSince {
          if change.at - since > convergence {
            events.append((since + convergence, index, true))
            events.append((change.at + convergence, index, false))
          }
          darkSince = nil
        }
      }
      if let since = darkSince { events.append((since + convergence, index, true)) }
    }
    events.sort { ($0.at, $0.link) < ($1.at, $1.link) }
    var list: [Reroute] = []
    var dark: Set<Int> = []
    var current: [[[Int]?]] = base
    var next = 0
    while next < events.count {
      let now = events[next].at
      while next < events.count, events[next].at == now {
        if events[next].isDark { dark.insert(events[next].link) } else { dark.remove(events[next].link) }
        next += 1
      }
      let routes = shortestDelay(sites: sites, links: links, without: dark).routes
      for from in sites.indices {
        for to in sites.indices where routes[from][to] != current[from][to] {
          list.append(Reroute(at: now, from: from, to: to, route: routes[from][to]))
        }
      }
      current = routes
    }
    return list
  }
}

/// From `at` on, traffic between two sites takes another route.
public struct Reroute: Equatable, Sendable {
  public var at: Time
  public var from: Int
  public var to: Int
  /// Ports to pass; nil where nothing leads there.
  public var route: [Int]?
}
