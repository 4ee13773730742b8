// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Simulation

/// Obedient sources of a ledger, as their rates arrive at the port: what is told changes what arrives a loop later, and a
/// claim has already changed it when it comes in.
struct Arrivals {
  private struct Change {
    var at: Time
    var rate: Int64
  }

  private var rates: [Int64]
  private var changes: [[Change]]
  private let loops: [Time]

  init(loops: [Time]) {
    self.loops = loops
    rates = loops.map { _ in 0 }
    changes = loops.map { _ in [] }
  }

  /// A source has lowered itself to its claim; whatever it was told before counts no further than that.
  mutating func claim(_ claim: Int64, by index: Int) {
    rates[index] = min(rates[index], claim)
    for k in changes[index].indices { changes[index][k].rate = min(changes[index][k].rate, claim) }
  }

  mutating func tell(_ grant: Int64, to index: Int, at now: Time) {
    changes[index].append(Change(at: now + loops[index], rate: grant))
  }

  /// The most that arrives at any instant until `time`; of one instant what is lowered comes first.
  mutating func most(until time: Time) -> Int64 {
    var most = rates.reduce(0, +)
    while let next = changes.compactMap({ $0.first?.at }).min(), next <= time {
      for index in changes.indices {
        while let first = changes[index].first, first.at == next {
          rates[index] = first.rate
          changes[index].removeFirst()
        }
      }
      most = max(most, rates.reduce(0, +))
    }
    return most
  }
}
