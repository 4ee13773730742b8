// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Quantities
import Simulation

/// The oracle: every sender knows at once what max-min sharing gives it. Nothing that could be built; the limit that
/// algorithms are compared with. It sees the whole network, so a plan with it is not cut into parts.
extension PacketNetwork {
  /// Share of the capacity that the oracle hands out: what is left drains the queues that packets of one instant make.
  static let oracleShare = 0.995

  mutating func activate(_ flow: Int) {
    guard !control.active[flow], hasData(flow) else { return }
    control.active[flow] = true
    lookAhead()
  }

  mutating func deactivate(_ flow: Int) {
    guard control.active[flow] else { return }
    control.active[flow] = false
    lookAhead()
  }

  /// Once an instant, after everything else.
  mutating func lookAhead() {
    guard !control.foreseeing else { return }
    control.foreseeing = true
    control.queue.push(.foresee, at: Time(ticks: now), rank: ControlWord.foresee.rank)
  }

  mutating func foresee() {
    control.foreseeing = false
    var flows: [Int] = []
    for flow in 0..<flowCount where control.active[flow] { flows.append(flow) }
    let rates = fairRates(flows)
    for (k, flow) in flows.enumerated() where senders[flow].grant != rates[k] {
      senders[flow].grant = rates[k]
      feedback.now = Time(ticks: now)
      feedback.clear()
      tell(flow)
      setTimer(flow)
      wake(flow)
    }
  }

  /// Max-min rates by progressive filling: the tightest port first.
  private func fairRates(_ flows: [Int]) -> [Int64] {
    var rates = [Int64](repeating: 0, count: flows.count)
    var settled = [Bool](repeating: false, count: flows.count)
    var left: [Int: (rate: Double, members: [Int])] = [:]
    for (k, flow) in flows.enumerated() {
      for hop in 0..<Int(routes[flow].forwardLength) {
        let step = steps[Int(routes[flow].forward) + hop]
        if left[Int(step)] == nil { left[Int(step)] = (oracleRate(step), []) }
        left[Int(step)]!.members.append(k)
      }
    }
    var keys = left.keys.sorted()
    var count = left.mapValues { $0.members.count }
    var unsettled = flows.count
    while unsettled > 0 {
      var least = Double.infinity
      var tightest = -1
      for key in keys {
        let share = left[key]!.rate / Double(count[key]!)
        if share < least {
          least = share
          tightest = key
        }
      }
      guard tightest >= 0 else { break }
      for k in left[tightest]!.members where !settled[k] {
        settled[k] = true
        unsettled -= 1
        rates[k] = Int64(least)
        let flow = flows[k]
        for hop in 0..<Int(routes[flow].forwardLength) {
          let key = Int(steps[Int(routes[flow].forward) + hop])
          left[key]!.rate = max(0, left[key]!.rate - least)
          count[key]! -= 1
        }
      }
      keys.removeAll { count[$0] == 0 }
    }
    return rates
  }

  private func oracleRate(_ step: UInt32) -> Double {
    guard step & PacketNetwork.sprayed != 0 else { return Double(ports[Int(step)].rate) * PacketNetwork.oracleShare }
    var sum = 0.0
    for place in plan.bundles[Int(step & ~PacketNetwork.sprayed)].ports { sum += Double(ports[place].rate) }
    return sum * PacketNetwork.oracleShare
  }
}
