// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Results

/// The time series of one run, with the names that its rows and curves bear.
public struct SeriesTable: Equatable, Sendable {
  public let samples: [ExperimentResult.Sample]
  /// "near-sink#3": group and position of each flow.
  public let flowNames: [String]
  /// Group of each flow, as a position in ``groups``.
  public let flowGroups: [Int]
  public let groups: [String]
  public let portNames: [String]
  /// Line rates, for queues as time.
  public let portRates: [BitRate]
  public let warmup: Time

  init(plan: NetworkPlan, result: ExperimentResult) {
    samples = result.series
    groups = plan.groups + ["collective"]
    flowGroups = result.flows.map { min($0.group, plan.groups.count) }
    flowNames = result.flows.enumerated().map { index, flow in
      "\(plan.groups.indices.contains(flow.group) ? plan.groups[flow.group] : "collective")#\(index)"
    }
    portNames = plan.portNames
    portRates = plan.ports.map(\.rate)
    warmup = plan.warmup
  }

  public static let header = "time_s,kind,name,rate_bps,window_bytes,queue_bytes,algorithm,preset,seed"

  /// Positions of the ports in which anything ever waited when it was looked at.
  var portsWithQueues: [Int] {
    portNames.indices.filter { port in samples.contains { $0.queues.indices.contains(port) && $0.queues[port] > 0 } }
  }

  /// Rows as in ``header``: every open flow, and every port that ever has a queue.
  func rows(algorithm: String, preset: String?, seed: UInt64) -> String {
    let tail = "\(algorithm),\(preset ?? ""),\(seed)\n"
    let ports = portsWithQueues
    var text = ""
    for sample in samples {
      let time = CanonicalNumber.seconds(sample.at)
      for flow in sample.flows {
        let window = flow.window.isFinite ? CanonicalNumber.string(flow.window) : ""
        text += "\(time),flow,\(flowNames[flow.flow]),\(CanonicalNumber.string(flow.rate)),\(window),,\(tail)"
      }
      for port in ports { text += "\(time),port,\(portNames[port]),,,\(sample.queues[port]),\(tail)" }
    }
    return text
  }
}
