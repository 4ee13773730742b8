// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Simulation

/// What the coordinator believes the links to carry: the rates that split jobs need, and the transfers that it has
/// ordered and that should not be over yet. It is the coordinator's own book-keeping; nothing is asked of the sites.
struct LinkLoad: Sendable {
  struct Transfer: Sendable {
    var job: Int32
    var from: Int32
    var to: Int32
    var until: Time
    /// The way that it takes: ports.
    var ports: [Int32]
  }
  struct Reservation: Sendable {
    var job: Int32
    var from: Int32
    var to: Int32
    var rate: BitRate
    var ports: [Int32]
  }

  /// What a transfer is taken to last where nothing passes.
  static let longest = Time.hour * 24 * 365

  let model: NetworkModel
  /// What each port carries and which way traffic takes, as far as word of changes has come.
  private(set) var capacities: [Int64]
  private(set) var ways: [[UInt16]]
  var transfers: [Transfer] = []
  var reservations: [Reservation] = []
  /// By port: rates reserved and transfers under way.
  var reserved: [Int64]
  var sharing: [Int32]
  var changed = false

  init(model: NetworkModel) {
    self.model = model
    capacities = model.ports.map(\.capacity.bitsPerSecond)
    ways = model.routes.map { $0.map { _ in 0 } }
    reserved = [Int64](repeating: 0, count: model.ports.count)
    sharing = [Int32](repeating: 0, count: model.ports.count)
  }

  mutating func setCapacity(_ port: Int, _ capacity: BitRate) {
    capacities[port] = capacity.bitsPerSecond
    changed = true
  }

  mutating func setWay(from: Int, to: Int, _ way: UInt16) {
    ways[from][to] = way
    changed = true
  }

  /// Nothing leads from one site to the other now.
  func isCutOff(_ from: Int, _ to: Int) -> Bool { ways[from][to] == NetworkModel.nowhere }

  func route(from: Int, to: Int) -> [Int] { model.route(from: from, to: to, way: ways[from][to]) }

  func delay(from: Int, to: Int) -> Time { model.delay(from: from, to: to, way: ways[from][to]) }

  /// The least capacity of the present route; none where nothing leads.
  func capacity(from: Int, to: Int) -> BitRate {
    if isCutOff(from, to) { return .zero }
    return route(from: from, to: to).map { BitRate(capacities[$0]) }.min() ?? .unlimited
  }

  mutating func restore(_ saved: [Transfer], _ kept: [Reservation], capacities: [Int64], ways: [[UInt16]]) {
    self.capacities = capacities
    self.ways = ways
    transfers = saved
    reservations = kept
    for transfer in saved { for port in transfer.ports { sharing[Int(port)] += 1 } }
    for one in kept { for port in one.ports { reserved[Int(port)] += one.rate.bitsPerSecond } }
  }

  mutating func add(_ spec: FlowSpec, job: Int32, at now: Time) {
    let (from, to) = (Int(spec.source), Int(spec.destination))
    let until = now + time(bytes: spec.amount.bytesDouble, from: from, to: to, limit: spec.limit)
    let ports = route(from: from, to: to)
    transfers.append(
      Transfer(job: job, from: Int32(from), to: Int32(to), until: until, ports: ports.map { Int32($0) }))
    for port in ports { sharing[port] += 1 }
    changed = true
  }

  mutating func reserve(job: Int32, from: Int, to: Int, rate: BitRate) {
    let ports = route(from: from, to: to)
    reservations.append(
      Reservation(job: job, from: Int32(from), to: Int32(to), rate: rate, ports: ports.map { Int32($0) }))
    for port in ports { reserved[port] += rate.bitsPerSecond }
    changed = true
  }

  mutating func expire(at now: Time) { dropTransfers { $0.until <= now } }

  mutating func release(job: Int32) {
    dropTransfers { $0.job == job }
    guard reservations.contains(where: { $0.job == job }) else { return }
    for old in reservations where old.job == job {
      for port in old.ports { reserved[Int(port)] -= old.rate.bitsPerSecond }
    }
    reservations.removeAll { $0.job == job }
    changed = true
  }

  /// Bytes that transfers under way have still to bring through a port, by their expected ends and equal shares.
  func backlog(ofPort port: Int, at now: Time) -> Double {
    var bytes = 0.0
    for transfer in transfers where transfer.until > now && transfer.until < now + LinkLoad.longest {
      guard transfer.ports.contains(Int32(port)) else { continue }
      bytes += (transfer.until - now).seconds * Double(capacities[port]) / 8 / Double(max(1, sharing[port]))
    }
    return bytes
  }

  private mutating func dropTransfers(_ isOver: (Transfer) -> Bool) {
    guard transfers.contains(where: isOver) else { return }
    for old in transfers where isOver(old) {
      for port in old.ports { sharing[Int(port)] -= 1 }
    }
    transfers.removeAll(where: isOver)
    changed = true
  }

  /// What one more flow could expect on a route: what is not reserved, shared with the transfers under way.
  func residual(from: Int, to: Int) -> BitRate {
    if isCutOff(from, to) { return .zero }
    var least = BitRate.unlimited
    for port in route(from: from, to: to) {
      let left = max(0, capacities[port] - reserved[port])
      // A new flow gets at least a fair share with the reservations.
      let share = max(left, capacities[port] / 10) / Int64(sharing[port] + 1)
      least = min(least, BitRate(share))
    }
    return least
  }

  mutating func residual() -> [[BitRate]] {
    changed = false
    return model.routes.indices.map { from in model.routes.indices.map { to in residual(from: from, to: to) } }
  }

  func time(bytes: Double, from: Int, to: Int, limit: BitRate) -> Time {
    guard from != to, bytes > 0 else { return .zero }
    let rate = min(limit, residual(from: from, to: to)).double
    let seconds = rate > 0 ? bytes * 8 / rate : .infinity
    // Where nothing passes it takes until something is mended, and nobody knows when.
    guard seconds < LinkLoad.longest.seconds else { return LinkLoad.longest }
    return Time.seconds(seconds) + delay(from: from, to: to)
  }
}
