// SPDX-License-Identifier: Apache-2.0

import Foundation
import Results

extension Comparison {
  /// The content of `comparison.json`: everything but what the clock on the wall had a say in.
  public var json: OrderedJSON {
    let many = cases.count > 1
    var policies: [OrderedJSON] = []
    var paired: [OrderedJSON] = []
    for (index, one) in cases.enumerated() {
      for row in one.rows { policies.append(Self.json(row, case: one.title)) }
      for pair in one.pairs { paired.append(json(pair, one, index)) }
    }
    let bounds = cases.map { one in (one.title, OrderedJSON.object(one.bounds.map { ($0.name, Self.json($0.value)) })) }
    return .object([
      ("schema", .integer(2)), ("name", .string(data.name)), ("network", .string(data.network)),
      ("driver", .string(data.driver)), ("seed", .unsigned(data.seed)), ("windows_rule", .string(data.windowRule)),
      ("cases", .array(data.cases.map(Self.json))), ("policies", .array(policies)),
      ("bounds", many ? .object(bounds.map { ($0.0, $0.1) }) : bounds.first?.1 ?? .object([])),
      ("paired", .array(paired)), ("wavelengths", .array(data.links.map(Self.json))), ("notes", .strings(notes)),
    ])
  }

  private static func json(_ interval: Interval?) -> OrderedJSON {
    .object([
      ("mean", .optional(interval?.mean)), ("low", .optional(interval?.low)), ("high", .optional(interval?.high)),
    ])
  }

  private static func json(_ one: ComparisonData.Case) -> OrderedJSON {
    .object([
      ("title", .string(one.title)),
      ("settings", .object(one.settings.map { ($0.path, .string($0.value)) })),
      (
        "windows",
        .array(
          one.windows.map { window in
            .object([
              ("label", .string(window.label)), ("start", window.start.map { .string($0) } ?? .null),
              ("calendar", window.calendar.map { .string($0) } ?? .null), ("warm_up_s", .number(window.warmUp)),
              ("length_s", .optional(window.length)),
            ])
          })
      ),
    ])
  }

  private static func json(_ row: Row, case title: String) -> OrderedJSON {
    func list(_ values: [String: Double]) -> OrderedJSON {
      .object(bounded.map { ($0, .optional(values[$0])) })
    }
    return .object([
      ("policy", .string(row.policy)), ("case", .string(title)),
      ("metrics", .object(row.metrics.map { ($0.name, json($0.value)) })), ("gap_to_bound", list(row.gaps)),
      ("bound", list(row.bounds)),
      ("rank", .object(bounded.map { name in (name, row.ranks[name].map { .integer($0) } ?? .null) })),
      ("undone", .integer(row.undone)), ("digests", .strings(row.digests)),
    ])
  }

  private func json(_ pair: Pair, _ one: Case, _ index: Int) -> OrderedJSON {
    .object([
      ("a", .string(one.rows[pair.a].policy)), ("b", .string(one.rows[pair.b].policy)),
      ("case", .string(one.title)), ("metric", .string(pair.metric)), ("mean", .number(pair.difference.mean)),
      ("low", .number(pair.difference.low)), ("high", .number(pair.difference.high)),
      ("windows_lower", .integer(pair.lower)), ("windows", .integer(data.cases[index].windows.count)),
    ])
  }

  private static func json(_ worth: ComparisonData.LinkWorth) -> OrderedJSON {
    func change(_ name: String) -> OrderedJSON {
      .object([
        ("before", .optional(worth.metricsBefore[name])), ("after", .optional(worth.metricsAfter[name])),
      ])
    }
    return .object([
      ("link", .string(worth.link)), ("policy", .string(worth.policy)), ("window", .string(worth.window)),
      ("network", .string(worth.network)), ("wavelengths", .integer(worth.wavelengths)),
      ("jct_mean_s", change("jct_mean_s")), ("network_share", change("network_share")),
      ("link_queue_us_p99", change("link_queue_us_p99")),
    ])
  }

  /// The content of `comparison.csv`: one line for each policy and metric.
  public var csv: String {
    var text = "policy,metric,mean,low,high,bound,gap_to_bound,rank,case\n"
    for one in cases {
      for row in one.rows {
        for (name, value) in row.metrics {
          let numbers = [value?.mean, value?.low, value?.high, row.bounds[name], row.gaps[name]].map {
            $0.map { CanonicalNumber.string($0) } ?? ""
          }
          text += CSVText.quoted(row.policy) + ",\(name)," + numbers.joined(separator: ",")
          text += "," + (row.ranks[name].map(String.init) ?? "") + "," + CSVText.quoted(one.title) + "\n"
        }
      }
    }
    return text
  }

  /// The content of `windows.csv`: one line for each policy, window and metric that applies.
  public var windowsCSV: String {
    var text = "policy,window,metric,value,case\n"
    for (one, source) in zip(cases, data.cases) {
      for (row, windows) in zip(one.rows, one.perWindow) {
        for (window, metrics) in zip(source.windows, windows) {
          for (name, value) in metrics.values {
            guard let value else { continue }
            text += CSVText.quoted(row.policy) + "," + CSVText.quoted(window.label)
            text += ",\(name),\(CanonicalNumber.string(value))," + CSVText.quoted(one.title) + "\n"
          }
        }
      }
    }
    return text
  }

  /// Writes every file of the results, each complete or not at all, `comparison.json` last: whoever sees it has all.
  ///
  /// - Throws: ``ResultsError`` when `folder` cannot be created or written.
  public func write(to folder: String, report: String?) throws {
    try FileOutput.makeFolder(folder)
    try data.write(to: folder)
    try FileOutput.writeAtomically(windowsCSV, to: folder + "/windows.csv")
    try FileOutput.writeAtomically(csv, to: folder + "/comparison.csv")
    if let report { try FileOutput.writeAtomically(report, to: folder + "/report.html") }
    try FileOutput.writeAtomically(json.text, to: folder + "/comparison.json")
  }
}
