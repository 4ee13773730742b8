// SPDX-License-Identifier: Apache-2.0

import Quantities

/// The portrait of a stream of requests that `trace inspect` prints.
public struct RequestStatistics: Equatable, Sendable {
  /// Quantiles of a count of tokens; a quantile p is element floor(p n) of the sorted list.
  public struct Tokens: Equatable, Sendable {
    public var min, p50, p90, p99, max: Int
    public var mean: Double
  }

  public var requests: Int
  /// From the first arrival to the last, in seconds.
  public var spanSeconds: Double
  /// Nil without requests.
  public var input: Tokens?
  public var output: Tokens?
  /// Share of the blocks of prompts that an earlier request had, too: what a cache without limits would save. Nil
  /// without blocks.
  public var repeatedBlockShare: Double?
  /// Arrivals by hour of the day, and by day of the week, Monday first; nil if the stream has no calendar.
  public var arrivalsByHour: [Int]?
  public var arrivalsByWeekday: [Int]?

  public init(_ trace: RequestTrace) {
    let list = trace.requests
    requests = list.count
    spanSeconds = ((list.last?.arrival ?? .zero) - (list.first?.arrival ?? .zero)).seconds
    input = RequestStatistics.tokens(list.map(\.inputTokens))
    output = RequestStatistics.tokens(list.map(\.outputTokens))
    var seen: Set<UInt32> = []
    var blocks = 0
    for request in list {
      blocks += request.blocks.count
      seen.formUnion(request.blocks)
    }
    if blocks > 0 { repeatedBlockShare = Double(blocks - seen.count) / Double(blocks) }
    let arrivals = trace.account.clockAtZero.map {
      TraceStatistics.arrivals(list.lazy.map(\.arrival), clockAtZero: $0)
    }
    arrivalsByHour = arrivals?.hours
    arrivalsByWeekday = arrivals?.weekdays
  }

  private static func tokens(_ counts: [Int]) -> Tokens? {
    let sorted = counts.sorted()
    guard let least = sorted.first, let most = sorted.last else { return nil }
    func quantile(_ percent: Int) -> Int { sorted[percent * sorted.count / 100] }
    return Tokens(
      min: least, p50: quantile(50), p90: quantile(90), p99: quantile(99), max: most,
      mean: Double(sorted.reduce(0, +)) / Double(sorted.count))
  }
}
