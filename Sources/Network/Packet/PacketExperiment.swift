// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities

/// The packet level of a whole plan in one place.
public struct PacketExperiment: ~Copyable {
  private var network: PacketNetwork
  private let plan: NetworkPlan

  public init(plan: NetworkPlan) {
    self.plan = plan
    network = PacketNetwork(plan: plan, partOf: plan.nodes.map { _ in 0 }, part: 0)
  }

  /// Packets that are queued, on a fibre, or held by a host.
  package var livePackets: Int { network.pool.live }
  /// Bytes that wait at a port or are on their way out.
  package func backlog(ofPort place: Int) -> Double { network.ports[place].backlog(at: network.now) }

  /// Runs to the end of the plan, and returns what came out of it.
  ///
  /// - Parameter progress: told the time reached, about two hundred times.
  public mutating func run(progress: (Time) -> Void = { _ in }) -> ExperimentResult {
    let end = plan.duration.ticks
    let step = max(1, end / 200)
    var horizon = step
    while network.now < end {
      network.advance(to: min(horizon, end + 1))
      if horizon > end { break }
      progress(Time(ticks: horizon))
      horizon += step
    }
    var result = network.finish()
    result.closeCollectives()
    return result
  }
}
