// SPDX-License-Identifier: Apache-2.0

import Quantities
import Simulation

/// Which desk answers for each port of each path; the same at packet and at fluid level, and in every part of a network.
///
/// A port inside the sender's site has its own desk, one for each class of traffic. A port further away is represented by a
/// delegate that stands where its site is left on the way there. Ports that take no part have no desk.
struct GrantMap: Sendable {
  struct Path: Sendable {
    var ports: [Int]
    /// The class of its traffic, counted from 0.
    var lane: Int
    /// The sender's.
    var site: Int
  }

  /// What the map has to know of a port.
  struct Port: Sendable {
    /// The sites that it leaves and leads to.
    var from: Int
    var to: Int
    /// Propagation, and what a packet takes to leave, in ticks.
    var delay: Int64
    var full: Int64
    var takesPart = true
  }

  struct Delegate: Sendable {
    var site: Int
    /// The desk of the far port that it stands for.
    var desk: Int
    /// Ports from where it stands to that port, which is not one of them.
    var way: [Int]
    /// Propagation over them, in ticks.
    var distance: Int64 = 0
    /// From the far port to the furthest of the site's senders and back.
    var loop: Int64 = 0
  }

  static let none: Int32 = -1

  /// Classes of traffic, each with a desk at every port.
  let lanes: Int
  /// Desks of ports come first, ``lanes`` for each, then those of delegates.
  let firstDelegate: Int
  private(set) var delegates: [Delegate] = []
  /// Delegates in the ledger of each desk that has any, ascending.
  private(set) var standing: [Int: [Int32]] = [:]
  /// For each path the desk of each hop, or ``none``.
  private(set) var desksOf: [[Int32]] = []
  /// For each path the hop by which it leaves its site; that of its last port if it never does.
  private var exits: [Int32] = []
  private let paths: [Path]
  /// What words take inside a site where the level below does not follow them.
  private let local: Int64

  /// - Parameter delegates: whether far ports are represented at home; without, sources deal with them over the fibre.
  init(paths: [Path], ports: [Port], lanes: Int, local: Int64 = 0, delegates usesDelegates: Bool = true) {
    self.paths = paths
    self.lanes = lanes
    self.local = local
    firstDelegate = ports.count * lanes
    var numbers: [Int: [Int: Int]] = [:]
    for path in paths {
      var list: [Int32] = []
      var exit: Int?
      for (hop, port) in path.ports.enumerated() {
        let desk = port * lanes + path.lane
        let isHome = ports[port].from == path.site
        if isHome, ports[port].to != path.site, exit == nil { exit = hop }
        guard ports[port].takesPart else {
          list.append(GrantMap.none)
          continue
        }
        guard !isHome, usesDelegates, let exit else {
          list.append(Int32(desk))
          continue
        }
        let number: Int
        if let known = numbers[path.site]?[desk] {
          number = known
        } else {
          number = delegates.count
          numbers[path.site, default: [:]][desk] = number
          delegates.append(Delegate(site: path.site, desk: desk, way: Array(path.ports[exit..<hop])))
          standing[desk, default: []].append(Int32(number))
        }
        list.append(Int32(firstDelegate + number))
      }
      desksOf.append(list)
      exits.append(Int32(exit ?? path.ports.count - 1))
    }
    measure(ports)
  }

  /// Takes the distances anew from the delays of ports.
  mutating func measure(_ ports: [Port]) {
    for number in delegates.indices {
      delegates[number].distance = delegates[number].way.reduce(0) { $0 + ports[$1].delay }
      delegates[number].loop = 0
    }
    guard !delegates.isEmpty else { return }
    for (index, path) in paths.enumerated() {
      var loop = 2 * local
      for (hop, port) in path.ports.enumerated() {
        if let number = delegate(of: Int(desksOf[index][hop])) {
          delegates[number].loop = max(delegates[number].loop, loop)
        }
        loop += 2 * ports[port].delay + ports[port].full
      }
    }
  }

  /// How many ports of a path have no desk.
  func blindPorts(path: Int) -> Int { desksOf[path].count { $0 == GrantMap.none } }

  /// The number of the delegate at a desk; nil if it is a port's.
  func delegate(of desk: Int) -> Int? { desk >= firstDelegate ? desk - firstDelegate : nil }

  /// The port at which a desk stands, or by which a delegate's words leave its site.
  func port(of desk: Int) -> Int { desk < firstDelegate ? desk / lanes : delegates[desk - firstDelegate].way[0] }

  /// From the source of a path to the desk for one of its hops, in ticks.
  func distance(path: Int, hop: Int, delay: (Int) -> Int64) -> Int64 {
    let end = delegate(of: Int(desksOf[path][hop])) == nil ? hop : Int(exits[path])
    var ticks = local
    for port in paths[path].ports[..<end] { ticks += delay(port) }
    return ticks
  }
}
