// SPDX-License-Identifier: Apache-2.0

import Simulation

/// A collective operation as messages over lasting connections, each of which waits for others to have arrived at its
/// sender. The packet and the fluid level run the same schedule.
///
/// Messages of one connection are sent in the order of this list, repetition by repetition, so that both ends know where
/// one ends and the next begins.
struct CollectiveSchedule: Sendable {
  struct Connection: Equatable, Sendable {
    var source: Int
    var destination: Int
  }

  struct Message: Equatable, Sendable {
    /// Index in ``connections``.
    var connection: Int
    var bytes: Int64
    /// Messages of the same repetition, all of which end at this one's sender, that it needs.
    var needs: [Int]
    /// It also needs everything that the repetition before brought to its sender.
    var opens: Bool
  }

  private(set) var connections: [Connection] = []
  private(set) var messages: [Message] = []
  /// For each message, those that need it.
  private(set) var unlocks: [[Int]] = []
  /// For each connection, its messages in order.
  private(set) var ofConnection: [[Int]] = []

  private var numbers: [Int: [Int: Int]] = [:]

  init(_ collective: NetworkPlan.Collective) {
    switch collective.kind {
    case .allReduce: allReduce(collective)
    case .allToAll: allToAll(collective)
    }
    unlocks = messages.map { _ in [] }
    for (index, message) in messages.enumerated() { for need in message.needs { unlocks[need].append(index) } }
    ofConnection = connections.map { _ in [] }
    for (index, message) in messages.enumerated() { ofConnection[message.connection].append(index) }
  }

  private mutating func connection(_ source: Int, _ destination: Int) -> Int {
    if let known = numbers[source]?[destination] { return known }
    numbers[source, default: [:]][destination] = connections.count
    connections.append(Connection(source: source, destination: destination))
    return connections.count - 1
  }

  private mutating func add(
    from source: Int, to destination: Int, bytes: Int64, needs: [Int], opens: Bool
  ) -> Int {
    messages.append(
      Message(connection: connection(source, destination), bytes: max(1, bytes), needs: needs, opens: opens))
    return messages.count - 1
  }

  /// For every chunk: a ring reduce-scatter inside each site, a ring all-reduce over the sites for each rank's share, a ring
  /// all-gather inside each site.
  ///
  /// A connection sends the same step of all chunks before the next step of any: a chunk that waits for the other end of a
  /// long fibre must not hold up those that could go.
  private mutating func allReduce(_ collective: NetworkPlan.Collective) {
    let sites = collective.sites
    let ranks = sites[0].count
    let pieces = (0..<collective.chunks).map {
      share(of: collective.bytes, part: $0, of: collective.chunks) / Int64(ranks)
    }
    // What each host has received last of each chunk: the message that the next step of its chain needs.
    var arrived = pieces.map { _ in [[[Int]]](repeating: [[Int]](repeating: [], count: ranks), count: sites.count) }
    var opens = true
    /// Steps of rings in which everyone sends to the next, once what it passes on has arrived.
    func ring(
      steps: Int, among count: Int, rings: Int, parts: Int64,
      _ host: (_ ring: Int, _ place: Int) -> (site: Int, rank: Int)
    ) {
      guard count > 1 else { return }
      for _ in 0..<steps {
        for chunk in pieces.indices {
          var next = arrived[chunk]
          for r in 0..<rings {
            for k in 0..<count {
              let (a, b) = (host(r, k), host(r, (k + 1) % count))
              let message = add(
                from: sites[a.site][a.rank], to: sites[b.site][b.rank], bytes: pieces[chunk] / parts,
                needs: arrived[chunk][a.site][a.rank], opens: opens)
              next[b.site][b.rank] = [message]
            }
          }
          arrived[chunk] = next
        }
        opens = false
      }
    }
    let between = Int64(sites.count)
    ring(steps: ranks - 1, among: ranks, rings: sites.count, parts: 1) { ($0, $1) }
    ring(steps: 2 * (sites.count - 1), among: sites.count, rings: ranks, parts: between) { ($1, $0) }
    ring(steps: ranks - 1, among: ranks, rings: sites.count, parts: 1) { ($0, $1) }
  }

  /// Every host sends its share to every other at once.
  private mutating func allToAll(_ collective: NetworkPlan.Collective) {
    let hosts = collective.sites.flatMap { $0 }
    for chunk in 0..<collective.chunks {
      let bytes = share(of: collective.bytes, part: chunk, of: collective.chunks) / Int64(hosts.count)
      for offset in 1..<max(2, hosts.count) {
        for k in hosts.indices where hosts.count > 1 {
          _ = add(from: hosts[k], to: hosts[(k + offset) % hosts.count], bytes: bytes, needs: [], opens: true)
        }
      }
    }
  }

  private func share(of bytes: Int64, part: Int, of parts: Int) -> Int64 {
    bytes / Int64(parts) + (Int64(part) < bytes % Int64(parts) ? 1 : 0)
  }
}

/// How far a collective is at the hosts of one part of the network.
struct CollectiveProgress: Sendable {
  /// A message that may be sent now.
  struct Release: Equatable, Sendable {
    var connection: Int
    var bytes: Int64
  }

  let schedule: CollectiveSchedule
  let repeats: Int
  /// For each connection, how many messages have been released and have arrived, over all repetitions.
  private var released: [Int]
  private var arrived: [Int]
  /// For each host, messages that have arrived in each repetition, and how many one repetition brings.
  private var brought: [Int: [Int]] = [:]
  private var wanted: [Int: Int] = [:]
  /// Messages whose needs are met but that wait for one before them on their connection, by repetition.
  private var needsLeft: [[Int]]

  init(_ schedule: CollectiveSchedule, repeats: Int) {
    self.schedule = schedule
    self.repeats = repeats
    released = schedule.connections.map { _ in 0 }
    arrived = schedule.connections.map { _ in 0 }
    for message in schedule.messages {
      let host = schedule.connections[message.connection].destination
      wanted[host, default: 0] += 1
    }
    for host in wanted.keys { brought[host] = [Int](repeating: 0, count: repeats) }
    needsLeft = (0..<repeats).map { _ in schedule.messages.map(\.needs.count) }
  }

  private func mayGo(_ message: Int, _ repetition: Int) -> Bool {
    guard needsLeft[repetition][message] == 0 else { return false }
    guard schedule.messages[message].opens, repetition > 0 else { return true }
    let host = schedule.connections[schedule.messages[message].connection].source
    return (brought[host]?[repetition - 1] ?? 0) == (wanted[host] ?? 0)
  }

  /// Everything that may go now on the connections of `source` and has not been released yet.
  mutating func release(from source: Int) -> [Release] {
    var list: [Release] = []
    for (index, connection) in schedule.connections.enumerated() where connection.source == source {
      let order = schedule.ofConnection[index]
      while released[index] < order.count * repeats {
        let message = order[released[index] % order.count]
        guard mayGo(message, released[index] / order.count) else { break }
        list.append(Release(connection: index, bytes: schedule.messages[message].bytes))
        released[index] += 1
      }
    }
    return list
  }

  /// Bytes of the message that arrives next on a connection; nil after the last.
  func expected(on connection: Int) -> Int64? {
    let order = schedule.ofConnection[connection]
    guard arrived[connection] < order.count * repeats else { return nil }
    return schedule.messages[order[arrived[connection] % order.count]].bytes
  }

  /// The next message of a connection has arrived in full. Returns the repetition that this completes for its receiver,
  /// if it does.
  mutating func arrive(on connection: Int) -> Int? {
    let order = schedule.ofConnection[connection]
    let repetition = arrived[connection] / order.count
    let message = order[arrived[connection] % order.count]
    arrived[connection] += 1
    for next in schedule.unlocks[message] { needsLeft[repetition][next] -= 1 }
    let host = schedule.connections[connection].destination
    brought[host]![repetition] += 1
    return brought[host]![repetition] == wanted[host] ? repetition : nil
  }

  /// Passes how far it is; the schedule is not part of that.
  mutating func code(with coder: inout StateCoder) throws(WireError) {
    try coder.value(&released)
    try coder.value(&arrived)
    for repetition in needsLeft.indices { try coder.value(&needsLeft[repetition]) }
    for host in brought.keys.sorted() { try coder.value(&brought[host]!) }
  }
}
