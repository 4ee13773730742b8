// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities
import Results

/// What a study keeps of one run.
public struct StudyMetrics: Equatable, Sendable {
  /// Flows with an end that began after the warm-up, and those of them that had not come to it when the run was over.
  public var flows = 0
  public var unfinished = 0
  /// Mean and 99th percentile of completion times, in seconds. A flow that had not come to its end counts with the time
  /// it was open, which is less than it would have taken: with ``unfinished`` above zero these are lower bounds.
  public var meanCompletion: Double?
  public var p99Completion: Double?
  /// Mean of completion times over those on an idle network; of the flows that came to their end.
  public var slowdown: Double?
  /// Payload that arrived after the warm-up, over all flows that count and how long statistics were taken, bit/s.
  public var goodput = 0.0
  /// Jain's index of the goodputs of the flows that were open all the time after the warm-up.
  public var jain: Double?
  /// Of the measured port.
  public var utilisation = 0.0
  public var queueMean = 0.0
  /// 99th percentile and maximum of the queue, microseconds of line time.
  public var queueP99 = 0.0
  public var queueMax = 0.0
  /// For want of room, anywhere, from the first instant.
  public var drops = 0.0
  /// Payload sent again, over payload that arrived.
  public var sentAgain = 0.0

  /// - Parameters:
  ///   - groups: names of the groups whose flows count; nil for all.
  ///   - port: the measured port by name; nil for the busiest.
  public init(plan: NetworkPlan, result: ExperimentResult, groups: [String]?, port: String?) {
    var times: [Double] = []
    var slowdowns: [Double] = []
    var steady: [Double] = []
    let measured = plan.duration - plan.warmup
    var delivered = 0.0
    var arrived = 0.0
    var again = 0.0
    for (flow, planned) in zip(result.flows, plan.flows) {
      if let groups, !plan.groups.indices.contains(flow.group) || !groups.contains(plan.groups[flow.group]) { continue }
      if planned.datagrams != nil { continue }
      delivered += Double(flow.delivered)
      arrived += Double(flow.bytes)
      again += Double(flow.retransmitted)
      if flow.measured >= measured, measured > .zero { steady.append(Double(flow.delivered) * 8 / measured.seconds) }
      guard planned.bytes != nil, flow.start >= plan.warmup, flow.start < plan.duration else { continue }
      flows += 1
      if flow.end == .never {
        unfinished += 1
        times.append((plan.duration - flow.start).seconds)
      } else {
        times.append((flow.end - flow.start).seconds)
        if flow.alone > .zero { slowdowns.append((flow.end - flow.start).seconds / flow.alone.seconds) }
      }
    }
    times.sort()
    meanCompletion = StudyStatistics.mean(times)
    p99Completion = Percentiles.of(times, percent: 99)
    slowdown = StudyStatistics.mean(slowdowns)
    goodput = delivered * 8 / max(1e-12, measured.seconds)
    jain = ExperimentResults.jain(steady)
    sentAgain = arrived > 0 ? again / arrived : 0
    drops = Double(result.ports.reduce(0) { $0 + $1.drops + $1.dropsInWarmup })
    let names = port == nil ? [] : plan.portNames
    let chosen =
      port.flatMap { names.firstIndex(of: $0) }
      ?? result.ports.indices.max { (result.ports[$0].utilisation, $1) < (result.ports[$1].utilisation, $0) }
    if let chosen {
      let statistics = result.ports[chosen]
      utilisation = statistics.utilisation
      queueMean = statistics.queueMicroseconds.mean
      queueP99 = statistics.queueMicroseconds.p99
      queueMax = statistics.queueMicroseconds.max
    }
  }

  /// Names and values in a fixed order; what is missing is nil.
  static let columns: [(name: String, get: @Sendable (StudyMetrics) -> Double?)] = [
    ("flows", { Double($0.flows) }), ("unfinished", { Double($0.unfinished) }), ("fct_mean_s", { $0.meanCompletion }),
    ("fct_p99_s", { $0.p99Completion }), ("slowdown", { $0.slowdown }), ("goodput_bps", { $0.goodput }),
    ("jain", { $0.jain }), ("utilisation", { $0.utilisation }), ("queue_us_mean", { $0.queueMean }),
    ("queue_us_p99", { $0.queueP99 }), ("queue_us_max", { $0.queueMax }), ("drops", { $0.drops }),
    ("sent_again", { $0.sentAgain }),
  ]

  public static var names: [String] { columns.map(\.name) }

  /// Values as canonical text, "-" for what is missing; ``init(fields:)`` reads them back exactly.
  public var fields: [String] { Self.columns.map { $0.get(self).map(CanonicalNumber.string) ?? "-" } }

  /// Nil if these are not the fields of a run.
  public init?(fields: [String]) {
    guard fields.count == Self.columns.count else { return nil }
    var values: [Double?] = []
    for field in fields {
      if field == "-" {
        values.append(nil)
      } else if let value = Double(field) {
        values.append(value)
      } else {
        return nil
      }
    }
    guard let flows = values[0], let unfinished = values[1], let goodput = values[5], let utilisation = values[7],
      let queueMean = values[8], let queueP99 = values[9], let queueMax = values[10], let drops = values[11],
      let sentAgain = values[12]
    else { return nil }
    self.flows = Int(flows)
    self.unfinished = Int(unfinished)
    (meanCompletion, p99Completion, slowdown, jain) = (values[2], values[3], values[4], values[6])
    (self.goodput, self.utilisation, self.drops, self.sentAgain) = (goodput, utilisation, drops, sentAgain)
    (self.queueMean, self.queueP99, self.queueMax) = (queueMean, queueP99, queueMax)
  }
}
