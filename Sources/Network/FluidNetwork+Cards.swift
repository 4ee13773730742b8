// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// Network cards of hosts: their flows take turns, so each gets what it wants or an equal part of what the others leave,
/// and what does not fit waits in the application and not in a queue.
extension FluidNetwork {
  mutating func shareLater(_ port: Int, at now: Time) {
    guard sharePending.insert(port).inserted else { return }
    schedule(.share(Int32(port)), at: now)
  }

  /// Gives the flows of a card their rates. Changes below a threshold are left alone as long as all fits.
  mutating func share(_ port: Int, at now: Time) {
    sharePending.remove(port)
    guard let members = cards[port] else { return }
    let slots = members.filter { sources[$0].phase == .sending }
      .sorted { sources[$0].spec.id < sources[$1].spec.id }
    let capacity = ports[port].line
    let shares = Sharing.waterFill(capacity, claims: slots.map { sources[$0].wanted })
    var rates = zip(slots, shares).map { slot, share in
      let rate = sources[slot].rate
      let isSmall = Double(abs(share - rate)) <= FluidNetwork.rateThreshold * Double(rate)
      return isSmall && !usesGrants && !sources[slot].steady.active && share != 0 ? rate : share
    }
    if rates.reduce(0, +) > capacity { rates = shares }
    for (slot, rate) in zip(slots, rates) where sources[slot].rate != rate {
      sources[slot].integrate(to: now)
      sources[slot].rate = rate
      if listens { sources[slot].remember(at: now) }
      scheduleFinish(slot, at: now)
      wakeAfterFirstWindow(slot, at: now)
      enterRate(slot, at: now)
    }
  }

  /// The first window leaves as fast as the card allows, so its end depends on the rate just given.
  private mutating func wakeAfterFirstWindow(_ slot: Int, at now: Time) {
    guard sources[slot].isOpening(at: now), !sources[slot].steady.active else { return }
    let next = sources[slot].nextUpdate(at: now, demands: demands, packetBytes: model.packetBytes)
    if sources[slot].deadline.set(next) { schedule(.deadline(sources[slot].spec.id), at: next) }
  }
}
