// SPDX-License-Identifier: Apache-2.0

import Foundation
import Results

/// What the charts are drawn from.
extension ComparisonReport {
  var chartData: OrderedJSON {
    let first = data.cases.first
    let portraits = first?.portraits ?? []
    let window = first?.windows.first
    let warmUp = Int((window?.warmUp ?? 0) / 3600)
    // A day beyond the window shows how the fleet runs empty; without one, two weeks are enough to look at.
    let hours = window?.length.map { warmUp + Int($0 / 3600) + 24 } ?? 24 * 14
    func cut(_ values: [Double]) -> OrderedJSON { .array(values.prefix(hours).map { .number($0) }) }
    let sites = portraits.first?.first?.sites ?? []
    let shown = min(hours, sites.map(\.busyGPUs.count).max() ?? 0)
    return .object([
      ("colours", .strings(ReportStyle.colours)), ("policies", .strings(data.policies)),
      ("cases", .array(comparison.cases.indices.map(scatter))),
      ("completion", .array(portraits.map { quantiles($0.map(\.distributions.completion)) })),
      ("wait", .array(portraits.map { quantiles($0.map(\.distributions.wait)) })),
      ("firstHour", .integer(-warmUp)), ("dayFrom", .number(Double(-warmUp) / 24)),
      ("dayTo", .number(Double(shown - warmUp) / 24)),
      (
        "sites",
        .array(sites.map { .object([("name", .string($0.id)), ("price", cut($0.priceUSDPerMWh))]) })
      ),
      (
        "timelines",
        .array(
          portraits.map { windows in
            .array(
              (windows.first?.sites ?? []).map { site in
                .object([("gpus", cut(site.busyGPUs)), ("power", cut(site.powerKW))])
              })
          })
      ),
    ])
  }

  /// Quantiles of all windows together: each window has as many of them, so that their union is that of the jobs with
  /// equal weight for every window.
  private func quantiles(_ windows: [[Double]]) -> OrderedJSON {
    let all = windows.flatMap { $0 }.sorted()
    guard !all.isEmpty else { return .array([]) }
    return .array((0...200).map { .number(Self.short(all[$0 * (all.count - 1) / 200])) })
  }

  private func scatter(_ index: Int) -> OrderedJSON {
    let one = comparison.cases[index]
    let front = Set(Comparison.pareto(one.rows))
    var points: [OrderedJSON] = []
    var bound: [OrderedJSON] = []
    var line: [(Double, Double)] = []
    var times: [Double] = []
    for (number, row) in one.rows.enumerated() {
      guard let time = row["jct_mean_s"], let cost = row["jobs_cost_usd"] else { continue }
      let x = time.mean / 3600
      times.append(x)
      points.append(
        .object([
          ("name", .string(row.policy.count > 44 ? String(row.policy.prefix(43)) + "…" : row.policy)),
          ("index", .integer(number)), ("x", .number(x)),
          ("y", .number(cost.mean)), ("xlow", .number(time.low / 3600)), ("xhigh", .number(time.high / 3600)),
          ("ylow", .number(cost.low)), ("yhigh", .number(cost.high)), ("pareto", .bool(front.contains(number))),
        ]))
      if front.contains(number) { line.append((x, cost.mean)) }
      if let limit = row.bounds["jobs_cost_usd"] { bound.append(.object([("x", .number(x)), ("y", .number(limit))])) }
    }
    line.sort { $0 < $1 }
    return .object([
      ("scatter", .array(points)),
      ("front", .array(line.map { .object([("x", .number($0.0)), ("y", .number($0.1))]) })),
      ("bound", .array(bound)),
      ("wide", .bool((times.max() ?? 1) > 8 * max(times.min() ?? 1, 1e-9))),
    ])
  }

  private static func short(_ value: Double) -> Double { Double(String(format: "%.4g", value)) ?? value }
}

extension OrderedJSON {
  /// Without blanks.
  var compact: String {
    var out = ""
    for line in text.split(separator: "\n") { out += line.drop { $0 == " " } }
    return out
  }
}
