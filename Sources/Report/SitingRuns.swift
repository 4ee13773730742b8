// SPDX-License-Identifier: Apache-2.0

import Results

/// The best sets of a siting study after they were emulated, side by side.
public struct SitingRuns: CustomStringConvertible {
  let runs: [(sites: String, summary: Summary)]

  public init(_ runs: [(String, Summary)]) { self.runs = runs.map { (sites: $0.0, summary: $0.1) } }

  /// Lines, each ended by a line feed.
  public var description: String {
    var table = TextTable([
      ("emulated", .left), ("jobs", .right), ("JCT", .right), ("wait", .right), ("MWh", .right), ("USD", .right),
      ("USD/MWh", .right), ("CO2 t", .right), ("water m3", .right), ("WAN", .right),
    ])
    for (sites, summary) in runs {
      let energy = summary.energy
      table.rows.append([
        sites, Readable.integer(summary.jobs.completed), Readable.duration(summary.jobs.jct.mean),
        Readable.duration(summary.jobs.wait.mean), Readable.amount(energy.mwh), Readable.amount(energy.totalUSD),
        energy.mwh > 0 ? Readable.fixed(energy.totalUSD / energy.mwh, 1) : Readable.none,
        Readable.amount(energy.carbonTonnes), Readable.amount(energy.waterCubicMetres),
        Readable.bytes(Double(summary.wan.bytes)),
      ])
    }
    return "\n" + table.lines.joined(separator: "\n") + "\n"
  }
}
