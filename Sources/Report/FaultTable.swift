// SPDX-License-Identifier: Apache-2.0

import Results

/// What `emulate --faults n-1` prints: one row for each thing that is lost, beside the run in which nothing is.
public struct FaultTable: CustomStringConvertible {
  /// One run of the study.
  public struct Row: Sendable {
    /// "nothing", "link a-b", "site a".
    public var lost: String
    public var summary: Summary

    public init(lost: String, summary: Summary) {
      self.lost = lost
      self.summary = summary
    }
  }

  /// The first is the run in which nothing is lost.
  public let rows: [Row]

  public init(_ rows: [Row]) { self.rows = rows }

  /// Lines, each ended by a line feed.
  public var description: String {
    var table = TextTable([
      ("lost", .left), ("done", .right), ("JCT s", .right), ("more s", .right), ("p99 s", .right), ("net %", .right),
      ("jobs hit", .right), ("GPU-h lost", .right), ("MWh", .right), ("more USD", .right),
    ])
    let base = rows[0].summary
    for row in rows {
      let s = row.summary
      let more = s.jobs.jct.mean.flatMap { mean in base.jobs.jct.mean.map { mean - $0 } }
      table.rows.append([
        row.lost, "\(s.jobs.completed)/\(s.jobs.submitted)", Readable.fixed(s.jobs.jct.mean, 1),
        Readable.fixed(more, 1),
        Readable.fixed(s.jobs.jct.p99, 0), Readable.fixed(s.jobs.networkShare.map { $0 * 100 }, 2),
        "\(s.faults?.jobsHit ?? 0)", Readable.fixed(s.faults?.lostGPUHours ?? 0, 1), Readable.fixed(s.energy.mwh, 2),
        Readable.fixed(s.energy.costUSD - base.energy.costUSD, 1),
      ])
    }
    return table.lines.map { $0 + "\n" }.joined()
  }

  /// The same for a spreadsheet, with every digit.
  public var csv: String {
    var text = "lost,completed,submitted,jct_s,jct_p99_s,network_share,jobs_hit,lost_gpu_hours,mwh,cost_usd,digest\n"
    for row in rows {
      let s = row.summary
      let cells: [String] = [
        row.lost, "\(s.jobs.completed)", "\(s.jobs.submitted)", s.jobs.jct.mean.map { "\($0)" } ?? "",
        s.jobs.jct.p99.map { "\($0)" } ?? "", s.jobs.networkShare.map { "\($0)" } ?? "", "\(s.faults?.jobsHit ?? 0)",
        "\(s.faults?.lostGPUHours ?? 0)", "\(s.energy.mwh)", "\(s.energy.costUSD)", s.digest,
      ]
      text += cells.joined(separator: ",") + "\n"
    }
    return text
  }
}
