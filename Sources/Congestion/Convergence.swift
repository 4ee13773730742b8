// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities

/// How long it took after the last disturbance until every open flow stayed near its max-min fair rate.
///
/// The time series is what is looked at, so the answer is a multiple of its interval: rates are means over one. The
/// first interval that lies wholly behind the disturbance is the first that counts. A flow with a limit on its bytes in
/// flight has a fair rate of at most that limit in a base round trip.
struct Convergence {
  /// Relative distance from the fair rate that counts as near.
  static let band = 0.1
  let time: Time?

  init(_ plan: NetworkPlan, _ result: ExperimentResult) {
    time = Self.settling(plan, result)
  }

  private static func settling(_ plan: NetworkPlan, _ result: ExperimentResult) -> Time? {
    let disturbance = lastDisturbance(plan, result)
    let open = plan.flows.indices.filter { index in
      plan.flows[index].datagrams == nil && plan.flows[index].start <= disturbance
        && plan.flows[index].stop >= plan.duration
        && result.flows.indices.contains(index) && result.flows[index].end == .never
    }
    guard !open.isEmpty else { return nil }
    let fair = fairRates(plan, open)
    var previous = Time.zero
    var settledSince = disturbance
    var isSettled = false
    for sample in result.series {
      defer { previous = sample.at }
      guard previous >= disturbance else { continue }
      var rates = [Int: Double](minimumCapacity: sample.flows.count)
      for flow in sample.flows { rates[flow.flow] = flow.rate }
      let isNear = zip(open, fair).allSatisfy { index, rate in abs((rates[index] ?? 0) - rate) <= band * rate }
      if isNear, !isSettled { settledSince = previous }
      isSettled = isNear
    }
    return isSettled ? settledSince - disturbance : nil
  }

  /// When a flow joined or left or a link changed last, within the run.
  private static func lastDisturbance(_ plan: NetworkPlan, _ result: ExperimentResult) -> Time {
    var last = Time.zero
    func note(_ time: Time) { if time < plan.duration { last = max(last, time) } }
    for flow in plan.flows {
      note(flow.start)
      note(flow.stop)
    }
    for flow in result.flows { note(flow.end) }
    for port in plan.ports { for change in port.changes { note(change.at) } }
    return last
  }

  private static func fairRates(_ plan: NetworkPlan, _ open: [Int]) -> [Double] {
    let graph = plan.graph
    let flows = open.map { index in
      let flow = plan.flows[index]
      var wanted = FairShares.Flow(
        source: flow.source, destination: flow.destination, trafficClass: flow.trafficClass)
      if flow.inflightLimit != .max {
        let roundTrip = Graph.roundTrip(
          flow.source, to: graph.tree(to: flow.destination), from: graph.tree(from: flow.destination))
        wanted.limit = Double(flow.inflightLimit) * 8 / roundTrip.seconds
      }
      return wanted
    }
    return FairShares(graph: graph, capacities: plan.payloadCapacities(afterChanges: true)).rates(flows)
  }
}
