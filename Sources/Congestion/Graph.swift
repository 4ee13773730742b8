// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The directed graph of an experiment: one edge for all parallel links from one node to another.
///
/// Packets take the path of the fewest hops, then of the least delay, as `PlanRouting` has it; hosts do not forward. Of
/// several such paths every one counts.
struct Graph {
  struct Edge {
    var from: Int
    var to: Int
    var delay: Time
    /// Of all parallel links together.
    var rate: Double
  }

  let isHost: [Bool]
  let edges: [Edge]
  /// Edges that leave and that enter each node.
  let leaving: [[Int]]
  let entering: [[Int]]

  init(isHost: [Bool], edges: [Edge]) {
    self.isHost = isHost
    self.edges = edges
    var leaving = [[Int]](repeating: [], count: isHost.count)
    var entering = leaving
    for (index, edge) in edges.enumerated() {
      leaving[edge.from].append(index)
      entering[edge.to].append(index)
    }
    self.leaving = leaving
    self.entering = entering
  }

  /// Paths of the fewest hops to one node, or from it.
  struct Tree {
    /// Hops of each node; -1 if there is no path.
    var hops: [Int32]
    /// The least delay among the paths of the fewest hops.
    var delay: [Time]
    /// Nodes that have a path, near ones first.
    var order: [Int]
  }

  func tree(to root: Int) -> Tree { tree(root, along: entering) { edges[$0].from } }

  func tree(from root: Int) -> Tree { tree(root, along: leaving) { edges[$0].to } }

  private func tree(_ root: Int, along: [[Int]], other: (Int) -> Int) -> Tree {
    var tree = Tree(
      hops: [Int32](repeating: -1, count: isHost.count), delay: [Time](repeating: .zero, count: isHost.count),
      order: [root])
    tree.hops[root] = 0
    var next = 0
    while next < tree.order.count {
      let node = tree.order[next]
      next += 1
      if isHost[node], node != root { continue }
      for edge in along[node] {
        let neighbour = other(edge)
        let delay = tree.delay[node] + edges[edge].delay
        if tree.hops[neighbour] < 0 {
          tree.hops[neighbour] = tree.hops[node] + 1
          tree.delay[neighbour] = delay
          tree.order.append(neighbour)
        } else if tree.hops[neighbour] == tree.hops[node] + 1 {
          tree.delay[neighbour] = min(tree.delay[neighbour], delay)
        }
      }
    }
    return tree
  }

  /// Edges that lead from `node` on a best path to the root of `tree`.
  func next(_ node: Int, in tree: Tree) -> [Int] {
    leaving[node].filter {
      let to = edges[$0].to
      // Hosts on the way would have to forward, so only the root itself may be one.
      return tree.hops[to] == tree.hops[node] - 1 && (tree.hops[to] == 0 || !isHost[to])
        && tree.delay[to] + edges[$0].delay == tree.delay[node]
    }
  }

  /// Propagation from `source` to the root of `to` and back.
  static func roundTrip(_ source: Int, to: Tree, from: Tree) -> Time { to.delay[source] + from.delay[source] }

  /// For each edge the longest base round trip of the flows that cross it; zero where none does.
  ///
  /// - Parameter senders: to each destination, in lists that many destinations may share.
  func longestRoundTrips(_ senders: [(destination: Int, sources: [[Int]])]) -> [Time] {
    var longest = [Time](repeating: .zero, count: edges.count)
    for (destination, sources) in senders {
      let to = tree(to: destination)
      let from = tree(from: destination)
      var carried = [Time](repeating: .zero, count: isHost.count)
      for sender in sources.joined() where sender != destination && to.hops[sender] > 0 && from.hops[sender] > 0 {
        carried[sender] = max(carried[sender], Graph.roundTrip(sender, to: to, from: from))
      }
      for node in to.order.reversed() where carried[node] > .zero && node != destination {
        for edge in next(node, in: to) {
          longest[edge] = max(longest[edge], carried[node])
          carried[edges[edge].to] = max(carried[edges[edge].to], carried[node])
        }
      }
    }
    return longest
  }

  /// How much of a flow from `source` to the root of `tree` crosses each edge when every node splits it evenly over its
  /// next hops.
  func shares(from source: Int, in tree: Tree) -> [(edge: Int, share: Double)] {
    guard tree.hops[source] > 0 else { return [] }
    var result: [(edge: Int, share: Double)] = []
    var level: [(node: Int, share: Double)] = [(source, 1)]
    while let first = level.first, tree.hops[first.node] > 0 {
      var below: [(node: Int, share: Double)] = []
      for (node, share) in level {
        let ways = next(node, in: tree)
        for edge in ways {
          let part = share / Double(ways.count)
          result.append((edge, part))
          if let index = below.firstIndex(where: { $0.node == edges[edge].to }) {
            below[index].share += part
          } else {
            below.append((edges[edge].to, part))
          }
        }
      }
      level = below
    }
    return result
  }
}
