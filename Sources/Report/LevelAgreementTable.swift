// SPDX-License-Identifier: Apache-2.0

import Congestion

/// What `congestion --against` prints: one line for each algorithm of each experiment.
public struct LevelAgreementTable: CustomStringConvertible {
  public let agreement: LevelAgreement
  /// Where the files are; nil leaves that line out.
  public let directory: String?

  public init(_ agreement: LevelAgreement, directory: String? = nil) {
    self.agreement = agreement
    self.directory = directory
  }

  /// Lines, each ended by a line feed.
  public var description: String {
    let (level, reference) = (agreement.level.rawValue, agreement.reference.rawValue)
    var lines: [String] = []
    for section in agreement.sections {
      lines += ["\(section.name): mean FCT at \(level) level against \(reference) level", ""]
      var table = TextTable([
        ("Algorithm", .left), (reference, .right), ("±", .right), (level, .right), ("±", .right), ("error", .right),
        ("paired ±", .right), ("allowed", .right), ("verdict", .left), ("events", .right), ("CPU", .right),
      ])
      for row in section.rows {
        table.rows.append([
          row.algorithm.title.shortened(to: 32), Readable.duration(row.reference.mean), share(row.reference),
          Readable.duration(row.level.mean), share(row.level), signed(row.error),
          row.difference.halfWidth.map { Readable.fixed($0 * 100, 1) + " %" } ?? Readable.none,
          Readable.fixed(row.tolerance * 100, 0) + " %",
          row.unfinished > 0 ? "\(row.unfinished) unfinished" : row.verdict.rawValue,
          ratio(Double(row.events.reference), Double(row.events.level)),
          ratio(row.cpuSeconds.reference, row.cpuSeconds.level),
        ])
      }
      lines += table.lines + [""]
    }
    lines += [
      "±  95 % half-width over seeds, over the mean. error: difference of the means. paired ±: half-width of the",
      "   difference of two runs with the same arrivals. verdict: agrees or differs where the \(reference) level's own ± is",
      "   below \(Readable.fixed(LevelAgreement.certainty * 100, 1)) %, else whether the intervals overlap or lie apart.",
      "   events, CPU: \(reference) level over \(level) level.",
    ]
    if let directory { lines.append("Results in   \(directory)") }
    return lines.joined(separator: "\n") + "\n"
  }

  private func share(_ estimate: Estimate) -> String {
    guard let width = estimate.halfWidth, estimate.mean > 0 else { return Readable.none }
    return Readable.fixed(width / estimate.mean * 100, 1) + " %"
  }

  private func signed(_ share: Double) -> String {
    (share < 0 ? "-" : "+") + Readable.fixed(abs(share) * 100, 1) + " %"
  }

  private func ratio(_ a: Double, _ b: Double) -> String {
    guard a > 0, b > 0 else { return Readable.none }
    return Readable.fixed(a / b, a / b < 10 ? 1 : 0) + "x"
  }
}
