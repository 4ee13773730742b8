// SPDX-License-Identifier: Apache-2.0

import CongestionControl
import Network
import Results

/// One algorithm on one seed, with what came out of it.
public struct CongestionRun: Sendable {
  public let algorithm: Algorithm
  public let seed: UInt64
  public let results: ExperimentResults
  public let series: SeriesTable
  public let events: UInt64
  public let packetHops: UInt64
  /// Seconds on the wall. Not part of the digest.
  public let wallSeconds: Double

  public init(plan: NetworkPlan, result: ExperimentResult, wallSeconds: Double) {
    algorithm = plan.algorithm
    seed = plan.seed
    results = ExperimentResults(plan: plan, result: result)
    series = SeriesTable(plan: plan, result: result)
    events = result.events
    packetHops = result.packetHops
    self.wallSeconds = wallSeconds
  }

  /// - Parameter withEngine: also what depends on how and where it ran.
  func json(withEngine: Bool) -> OrderedJSON {
    var members: [(key: String, value: OrderedJSON)] = [
      ("algorithm", .string(algorithm.name)), ("preset", algorithm.preset.map { .string($0) } ?? .null),
      (
        "parameters",
        .object(zip(algorithm.information.parameters, algorithm.values).map { ($0.name, .number($1)) })
      ),
      ("seed", .unsigned(seed)), ("flows", .array(results.flows.map(\.json))),
      ("ports", .array(results.ports.map(\.json))), ("jain", .optional(results.jain)),
      ("collectives", .array(results.collectives.map(\.json))),
      ("convergence_s", .optional(results.convergence.map(CanonicalNumber.double))),
    ]
    if withEngine {
      members.append(
        (
          "engine",
          .object([
            ("events", .unsigned(events)), ("packet_hops", .unsigned(packetHops)), ("wall_s", .number(wallSeconds)),
          ])
        ))
    }
    return .object(members)
  }
}

extension ExperimentResults.Flow {
  var json: OrderedJSON {
    .object([
      ("group", .string(group)), ("bytes", .integer(bytes)), ("start_s", .number(CanonicalNumber.double(start))),
      ("fct_s", .optional(completion.map(CanonicalNumber.double))), ("slowdown", .optional(slowdown)),
      ("goodput_bps", .optional(goodput)), ("retransmitted_bytes", .integer(retransmitted)),
    ])
  }
}

extension ExperimentResults.Port {
  var json: OrderedJSON {
    .object([
      ("name", .string(name)), ("rate_bps", .integer(rate.bitsPerSecond)),
      ("utilisation", .number(statistics.utilisation)), ("queue_bytes", statistics.queueBytes.json),
      ("queue_us", statistics.queueMicroseconds.json), ("drops", .integer(statistics.drops)),
      ("drops_in_warmup", .integer(statistics.dropsInWarmup)), ("losses", .integer(statistics.losses)),
      ("marks", .integer(statistics.marks)), ("pauses", .integer(statistics.pauses)),
      ("bytes_in", .integer(statistics.bytesIn)), ("bytes_out", .integer(statistics.bytesOut)),
    ])
  }
}

extension ExperimentResults.Collective {
  var json: OrderedJSON {
    .object([
      ("name", .string(name)), ("repetition", .integer(repetition)),
      ("start_s", .number(CanonicalNumber.double(start))),
      ("time_s", .number(CanonicalNumber.double(time))), ("bus_bandwidth_bps", .number(busBandwidth)),
      ("bound_bps", .number(bound)),
    ])
  }
}

extension ExperimentResult.Distribution {
  var json: OrderedJSON {
    .object([("mean", .number(mean)), ("p50", .number(p50)), ("p99", .number(p99)), ("max", .number(max))])
  }
}
