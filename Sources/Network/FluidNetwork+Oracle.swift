// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// The max-min rates of all flows that have something to send, told at once: the limit that nobody could build. It sees
/// the whole network, so a network with it is not cut into parts.
struct MaxMinOracle: Sendable {
  /// Share of the capacity that is handed out, as at packet level.
  static let share = 0.995

  private var network: IdealNetwork

  init(_ model: NetworkModel) {
    network = IdealNetwork(capacities: model.ports.map { MaxMinOracle.usable($0.capacity) })
  }

  private static func usable(_ capacity: BitRate) -> BitRate { BitRate(Int64(capacity.double * share)) }

  /// The ideal network ties flows of one job together, by the upper bits of their names; these are all on their own.
  private static func name(_ id: FlowID) -> FlowID { FlowID(raw: id.raw << 16) }

  mutating func setCapacity(_ port: Int, _ capacity: BitRate) {
    network.setCapacity(port, MaxMinOracle.usable(capacity))
  }

  /// Returns whether anything has changed.
  mutating func set(_ spec: FlowSpec, active: Bool, path: [Int], at now: Time) -> Bool {
    let id = MaxMinOracle.name(spec.id)
    guard network.contains(id) != active else { return false }
    if active {
      var one = spec
      one.id = id
      one.amount = 0
      network.open(one, path: path, demand: spec.limit, at: now)
    } else {
      network.close(id, at: now)
    }
    return true
  }

  /// Flows whose rates have changed.
  mutating func rates(at now: Time) -> [(FlowID, BitRate)] {
    var events: [IdealNetwork.Event] = []
    network.settle(at: now, &events)
    return events.compactMap { event in
      guard case .rate(let id, let rate) = event else { return nil }
      return (FlowID(raw: id.raw >> 16), rate)
    }
  }
}

extension FluidNetwork {
  /// Tells the oracle whether a flow has something to send.
  mutating func changeOracle(_ slot: Int, at now: Time) {
    guard oracle != nil else { return }
    let spec = sources[slot].spec
    let active =
      sources[slot].phase != .closing && (sources[slot].available == nil || left(slot, at: now) > 0)
    if oracle!.set(spec, active: active, path: model.path(of: spec).ports, at: now) {
      if !active { sources[slot].told = .zero }
      foreseeLater(at: now)
    }
  }

  mutating func foreseeLater(at now: Time) { schedule(.foresee, at: now) }

  mutating func foresee(at now: Time) {
    for (id, rate) in oracle!.rates(at: now) {
      guard let slot = slots[id] else { continue }
      sources[slot].told = rate
      reactLater(id, at: now)
    }
  }
}
