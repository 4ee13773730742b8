// SPDX-License-Identifier: Apache-2.0

import Congestion

/// What `congestion` prints when all runs are over: one line for each, and one for each algorithm with several seeds.
public struct CongestionTable: CustomStringConvertible {
  public let report: CongestionReport
  /// Where the files are; nil leaves that line out.
  public let directory: String?

  public init(_ report: CongestionReport, directory: String? = nil) {
    self.report = report
    self.directory = directory
  }

  /// The figures of a run, nil where there is none.
  private struct Row {
    var title: String
    var seed: String
    /// Sum over the flows, bit/s.
    var goodput: Double?
    var jain: Double?
    /// Of the port that is busiest.
    var utilisation: Double?
    /// The largest of any port, in microseconds.
    var queue: Double?
    var drops: Double?
    var completion: Double?
    var slowdown: Double?
    var busBandwidth: Double?
    var convergence: Double?

    init(_ run: CongestionRun) {
      title = run.algorithm.title
      seed = String(run.seed)
      let flows = run.results.flows
      let goodputs = flows.compactMap(\.goodput)
      goodput = goodputs.isEmpty ? nil : goodputs.reduce(0, +)
      jain = run.results.jain
      let ports = run.results.ports.map(\.statistics)
      utilisation = ports.map(\.utilisation).max()
      queue = ports.map(\.queueMicroseconds.p99).max()
      drops = Double(ports.reduce(0) { $0 + $1.drops })
      completion = Row.mean(flows.compactMap { $0.completion?.seconds })
      slowdown = Row.mean(flows.compactMap(\.slowdown))
      busBandwidth = Row.mean(run.results.collectives.map(\.busBandwidth))
      convergence = run.results.convergence?.seconds
    }

    /// Means over the seeds that have a figure.
    init(meanOf rows: [Row]) {
      self = rows[0]
      seed = "mean"
      func mean(_ path: KeyPath<Row, Double?>) -> Double? { Row.mean(rows.compactMap { $0[keyPath: path] }) }
      goodput = mean(\.goodput)
      jain = mean(\.jain)
      utilisation = mean(\.utilisation)
      queue = mean(\.queue)
      drops = mean(\.drops)
      completion = mean(\.completion)
      slowdown = mean(\.slowdown)
      busBandwidth = mean(\.busBandwidth)
      convergence = mean(\.convergence)
    }

    static func mean(_ values: [Double]) -> Double? {
      values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
  }

  /// A column that is left out where no row has a figure for it.
  private static var columns: [(title: String, text: (Row) -> String?)] {
    [
      ("Gb/s", { row in row.goodput.map { Readable.fixed($0 / 1e9, 2) } }),
      ("Jain", { row in row.jain.map { Readable.fixed($0, 3) } }),
      ("busiest", { row in row.utilisation.map { Readable.percent($0) } }),
      ("queue p99", { row in row.queue.map { Readable.duration($0 / 1e6) } }),
      ("drops", { row in row.drops.map { Readable.fixed($0, 0) } }),
      ("FCT mean", { row in row.completion.map { Readable.duration($0) } }),
      ("slowdown", { row in row.slowdown.map { Readable.fixed($0, 2) } }),
      ("bus Gb/s", { row in row.busBandwidth.map { Readable.fixed($0 / 1e9, 2) } }),
      ("settled", { row in row.convergence.map { Readable.duration($0) } }),
    ]
  }

  /// Lines, each ended by a line feed.
  public var description: String {
    var rows: [Row] = []
    var pending: [Row] = []
    func endAlgorithm() {
      rows += pending
      if pending.count > 1 { rows.append(Row(meanOf: pending)) }
      pending = []
    }
    for (index, run) in report.runs.enumerated() {
      if index > 0, run.algorithm != report.runs[index - 1].algorithm { endAlgorithm() }
      pending.append(Row(run))
    }
    endAlgorithm()
    let columns = Self.columns.filter { column in rows.contains { column.text($0) != nil } }
    var table = TextTable([("Algorithm", .left), ("seed", .right)] + columns.map { ($0.title, .right) })
    for row in rows {
      table.rows.append([row.title.shortened(to: 32), row.seed] + columns.map { $0.text(row) ?? Readable.none })
    }
    var lines = ["\(report.name), \(report.network) level", ""] + table.lines
    lines += ["", "Digest       \(report.digest)"]
    if let directory { lines.append("Results in   \(directory)") }
    return lines.joined(separator: "\n") + "\n"
  }
}
