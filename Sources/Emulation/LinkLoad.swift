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
  }
  struct Reservation: Sendable {
    var job: Int32
    var from: Int32
    var to: Int32
    var rate: BitRate
  }

  let model: NetworkModel
  var transfers: [Transfer] = []
  var reservations: [Reservation] = []
  /// By port: rates reserved and transfers under way.
  var reserved: [Int64]
  var sharing: [Int32]
  var changed = false

  init(model: NetworkModel) {
    self.model = model
    reserved = [Int64](repeating: 0, count: model.ports.count)
    sharing = [Int32](repeating: 0, count: model.ports.count)
  }

  mutating func add(_ spec: FlowSpec, job: Int32, at now: Time) {
    let (from, to) = (Int(spec.source), Int(spec.destination))
    let until = now + time(bytes: spec.amount.bytesDouble, from: from, to: to, limit: spec.limit)
    transfers.append(Transfer(job: job, from: Int32(from), to: Int32(to), until: until))
    for port in model.routes[from][to] { sharing[port] += 1 }
    changed = true
  }

  mutating func reserve(job: Int32, from: Int, to: Int, rate: BitRate) {
    reservations.append(Reservation(job: job, from: Int32(from), to: Int32(to), rate: rate))
    for port in model.routes[from][to] { reserved[port] += rate.bitsPerSecond }
    changed = true
  }

  mutating func expire(at now: Time) { dropTransfers { $0.until <= now } }

  mutating func release(job: Int32) {
    dropTransfers { $0.job == job }
    guard reservations.contains(where: { $0.job == job }) else { return }
    for old in reservations where old.job == job {
      for port in model.routes[Int(old.from)][Int(old.to)] { reserved[port] -= old.rate.bitsPerSecond }
    }
    reservations.removeAll { $0.job == job }
    changed = true
  }

  private mutating func dropTransfers(_ isOver: (Transfer) -> Bool) {
    guard transfers.contains(where: isOver) else { return }
    for old in transfers where isOver(old) {
      for port in model.routes[Int(old.from)][Int(old.to)] { sharing[port] -= 1 }
    }
    transfers.removeAll(where: isOver)
    changed = true
  }

  /// What one more flow could expect on a route: what is not reserved, shared with the transfers under way.
  func residual(from: Int, to: Int) -> BitRate {
    var least = BitRate.unlimited
    for port in model.routes[from][to] {
      let left = max(0, model.ports[port].capacity.bitsPerSecond - reserved[port])
      // A new flow gets at least a fair share with the reservations.
      let share = max(left, model.ports[port].capacity.bitsPerSecond / 10) / Int64(sharing[port] + 1)
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
    let rate = max(1, min(limit, residual(from: from, to: to)).double)
    return Time.seconds(bytes * 8 / rate) + model.delays[from][to]
  }
}
