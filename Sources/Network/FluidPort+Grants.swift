// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// The ledger of grants that a port keeps for distance-aware flows.
///
/// Each flow has a claim: what it could use here, judging by all other ports of its path. The port water-fills its
/// capacity (times the utilisation it aims for) over the claims. A flow above its share is told at once, but its old
/// rate stays committed until the loop from port to source and back has passed; only then is the capacity granted to
/// others. Commitments therefore never add up to more than the capacity, and no queue builds while it does not change.
///
/// With a grant goes the `fair` rate: what the flow could have here if no other port held it back, but no more than
/// four times its claim, so that sources far from their limit here hear nothing of every change. A source claims at
/// each port the least fair rate of the others; that this converges to the max-min shares follows Charny, Clark and
/// Jain (ICC 1995) for claims that are recorded at ports.
extension FluidPort {
  /// Recomputes grants as of `now`; returns the flows that must be told and when held capacity is released next.
  mutating func allocate(
    at now: Time, parameters: DistanceAwareParameters
  ) -> (notices: [Int], release: Time) {
    let usable = Int64(Double(capacity) * parameters.utilisation)
    let claims = flows.map(\.claim)
    let shares = Sharing.waterFill(usable, claims: claims)
    var changed = [Bool](repeating: false, count: flows.count)
    var committed: Int64 = 0
    var wanted: Int64 = 0
    for i in flows.indices {
      if flows[i].held > 0, flows[i].heldUntil <= now { flows[i].held = 0 }
      let share = shares[i]
      if share < flows[i].grant {
        let small = Double(flows[i].grant - share) < parameters.threshold * Double(flows[i].grant)
        if !small || share == flows[i].claim {
          let loop = flows[i].direct + flows[i].direct
          flows[i].held = max(flows[i].held, flows[i].grant)
          flows[i].heldUntil = max(flows[i].heldUntil, now + loop)
          flows[i].grant = share
          if loop == .zero { flows[i].held = 0 }
        }
      }
      committed += max(flows[i].grant, flows[i].held)
      if share > flows[i].grant { wanted += share - flows[i].grant }
    }
    var free = usable - committed
    if wanted > 0, free > 0 {
      let scale = free >= wanted ? 1 : Double(free) / Double(wanted)
      for i in flows.indices where shares[i] > flows[i].grant {
        let gap = shares[i] - flows[i].grant
        // What is still held for this flow itself is not taken twice.
        let room = max(0, flows[i].held - flows[i].grant)
        var raise = min(gap, max(room, Int64(Double(gap) * scale)))
        if raise - room > free { raise = room + free }
        guard Double(raise) >= parameters.threshold * Double(shares[i]) || raise == gap else { continue }
        free -= max(0, raise - room)
        flows[i].grant += raise
      }
    }
    var notices: [Int] = []
    var release = Time.never
    for i in flows.indices {
      // A source lowers itself to its claims; of anything else it has to be told.
      let gap = flows[i].grant - flows[i].believed
      if gap < 0 || Double(gap) >= parameters.threshold * Double(flows[i].grant) && gap > 0 { changed[i] = true }
      if flows[i].held > 0 { release = min(release, flows[i].heldUntil) }
      let fair = min(Sharing.level(usable, claims: claims, unlimited: i), 4 * max(1, flows[i].claim))
      let drift = abs(fair - flows[i].fairSent)
      if Double(drift) > 0.01 * Double(max(fair, flows[i].fairSent)) { changed[i] = true }
      if changed[i] {
        flows[i].fairSent = fair
        notices.append(i)
      }
    }
    return (notices, release)
  }
}
