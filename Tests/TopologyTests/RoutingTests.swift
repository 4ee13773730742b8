// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Topology

/// Graphs small enough to route by hand.
@Suite struct RoutingTests {
  static func site(_ id: String) -> SiteSpec {
    SiteSpec(
      id: id, at: Coordinates(latitude: 0, longitude: 0),
      pools: [GPUPool(model: "h100", count: 8, perNode: 8, scaleUpDomain: 8)], nicRate: .gigabits(400),
      oversubscription: 1)
  }

  /// Links as ("a", "b", delay in us), in Gb/s of ten times the delay.
  static func fleet(
    _ ids: [String], _ links: [(String, String, Int64)], names: [String?] = []
  ) throws -> Fleet {
    var specs: [LinkSpec] = []
    for (index, (a, b, delay)) in links.enumerated() {
      let ends = (try #require(ids.firstIndex(of: a)), try #require(ids.firstIndex(of: b)))
      specs.append(
        LinkSpec(
          id: (index < names.count ? names[index] : nil) ?? "\(a)-\(b)", ends: ends, kilometres: 1, medium: "smf",
          optics: "800zr", wavelengths: 1, capacity: .gigabits(10 * delay), delay: .microseconds(delay),
          bufferBytes: 1))
    }
    return try Fleet(sites: ids.map(site), links: specs)
  }

  /// The sites along a route, by name.
  static func path(_ fleet: Fleet, _ from: String, _ to: String) throws -> [String] {
    let a = try #require(fleet.index(ofSite: from))
    let b = try #require(fleet.index(ofSite: to))
    return [from] + fleet.routes[a][b].map { fleet.sites[fleet.destination(ofPort: $0)].id }
  }

  static func delay(_ fleet: Fleet, _ from: String, _ to: String) throws -> Time {
    fleet.delays[try #require(fleet.index(ofSite: from))][try #require(fleet.index(ofSite: to))]
  }

  @Test func twoShortHopsBeatALongOne() throws {
    // a -5- b -3- c, a -10- c, c -2- d. By hand: a to d is a b c d, 10 us; straight over a-c it would be 12.
    let fleet = try Self.fleet(["a", "b", "c", "d"], [("a", "b", 5), ("b", "c", 3), ("a", "c", 10), ("c", "d", 2)])
    #expect(try Self.path(fleet, "a", "d") == ["a", "b", "c", "d"])
    #expect(try Self.delay(fleet, "a", "d") == .microseconds(10))
    #expect(try Self.path(fleet, "d", "a") == ["d", "c", "b", "a"])
    #expect(try Self.path(fleet, "a", "a") == ["a"])
    #expect(try Self.delay(fleet, "a", "a") == .zero)
    // The narrowest of 50, 30 and 20 Gb/s.
    #expect(fleet.capacity(from: 0, to: 3) == .gigabits(20))
    #expect(fleet.capacity(from: 1, to: 1) == .unlimited)
  }

  @Test func ofEqualDelaysFewerHopsWin() throws {
    let fleet = try Self.fleet(["a", "b", "c"], [("a", "b", 5), ("b", "c", 5), ("a", "c", 10)])
    #expect(try Self.path(fleet, "a", "c") == ["a", "c"])
  }

  @Test func ofEqualHopsTheFirstNameWins() throws {
    // A diamond: a to d over b (9 + 1) or over c (1 + 9), 10 us and two hops both. c is reached long before b, so
    // that a search which keeps what it found first would take c; the rule says b.
    let fleet = try Self.fleet(["a", "b", "c", "d"], [("a", "b", 9), ("b", "d", 1), ("a", "c", 1), ("c", "d", 9)])
    #expect(try Self.path(fleet, "a", "d") == ["a", "b", "d"])
    #expect(try Self.delay(fleet, "a", "d") == .microseconds(10))
  }

  @Test func ofParallelLinksTheFirstNameWins() throws {
    let fleet = try Self.fleet(["a", "b"], [("a", "b", 5), ("a", "b", 5)], names: ["z", "y"])
    #expect(fleet.link(ofPort: fleet.routes[0][1][0]).id == "y")
    #expect(fleet.link(ofPort: fleet.routes[1][0][0]).id == "y")
    let faster = try Self.fleet(["a", "b"], [("a", "b", 4), ("a", "b", 5)], names: ["z", "y"])
    #expect(faster.link(ofPort: faster.routes[0][1][0]).id == "z")
  }

  @Test func orderOfTheListChangesNothing() throws {
    let ids = ["a", "b", "c", "d", "e", "f"]
    // Many ties on purpose.
    let links: [(String, String, Int64)] = [
      ("a", "b", 2), ("b", "c", 2), ("c", "d", 2), ("d", "e", 2), ("e", "f", 2), ("f", "a", 2), ("a", "d", 6),
      ("b", "e", 4), ("c", "f", 4),
    ]
    let expected = try Self.fleet(ids, links)
    var state: UInt64 = 12345
    for _ in 0..<50 {
      func shuffled<T>(_ list: [T]) -> [T] {
        var list = list
        for index in list.indices.dropFirst() {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          list.swapAt(index, Int((state >> 33) % UInt64(index + 1)))
        }
        return list
      }
      #expect(try Self.fleet(shuffled(ids), shuffled(links)) == expected)
    }
  }

  @Test func agreesWithFloydAndWarshall() throws {
    var state: UInt64 = 99
    func next(_ bound: UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % bound)
    }
    for _ in 0..<30 {
      let ids = (0..<8).map { "s\($0)" }
      // A ring, so that all is connected, and chords.
      var links: [(String, String, Int64)] = (0..<8).map { ("s\($0)", "s\(($0 + 1) % 8)", Int64(1 + next(20))) }
      for a in 0..<8 {
        for b in 0..<8 where a + 1 < b && !(a == 0 && b == 7) && next(4) == 0 {
          links.append(("s\(a)", "s\(b)", Int64(1 + next(20))))
        }
      }
      let fleet = try Self.fleet(ids, links)
      var best = [[Int64]](repeating: [Int64](repeating: 1 << 40, count: 8), count: 8)
      for site in 0..<8 { best[site][site] = 0 }
      for (a, b, delay) in links {
        let (i, j) = (Int(a.dropFirst())!, Int(b.dropFirst())!)
        best[i][j] = min(best[i][j], delay)
        best[j][i] = min(best[j][i], delay)
      }
      for k in 0..<8 {
        for i in 0..<8 {
          for j in 0..<8 { best[i][j] = min(best[i][j], best[i][k] + best[k][j]) }
        }
      }
      for i in 0..<8 {
        for j in 0..<8 {
          #expect(fleet.delays[i][j] == .microseconds(best[i][j]))
          let alongRoute = fleet.routes[i][j].reduce(Time.zero) { $0 + fleet.link(ofPort: $1).delay }
          #expect(alongRoute == fleet.delays[i][j])
          // Each port leaves from where the one before arrived.
          var at = i
          for port in fleet.routes[i][j] {
            #expect(fleet.owner(ofPort: port) == at)
            at = fleet.destination(ofPort: port)
          }
          #expect(at == j)
        }
      }
    }
  }

  @Test func refusesWhatIsNoFleet() throws {
    #expect(throws: TopologyError.duplicateSite("a")) { try Self.fleet(["a", "a"], []) }
    #expect(throws: TopologyError.loop("a-a")) { try Self.fleet(["a", "b"], [("a", "a", 1), ("a", "b", 1)]) }
    #expect(throws: TopologyError.duplicateLink("a-b")) { try Self.fleet(["a", "b"], [("a", "b", 1), ("a", "b", 2)]) }
    #expect(throws: TopologyError.unreachable("c", from: "a")) { try Self.fleet(["a", "b", "c"], [("a", "b", 1)]) }
  }

  @Test func portsHaveOwners() throws {
    let fleet = try Self.fleet(["b", "a"], [("b", "a", 1)])
    #expect(fleet.portCount == 2)
    #expect(fleet.name(ofPort: 0) == "b->a")
    #expect(fleet.name(ofPort: 1) == "a->b")
  }
}
