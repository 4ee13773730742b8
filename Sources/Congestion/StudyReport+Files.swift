// SPDX-License-Identifier: Apache-2.0

import Results
import ScenarioFile

extension StudyReport {
  public var json: OrderedJSON { json(withEngine: true) }

  func json(withEngine: Bool) -> OrderedJSON {
    let geometric = study.contenders.indices.map { index -> OrderedJSON in
      .object([
        ("algorithm", .string(contenderTitles[index])),
        ("published", .optional(geometricMean(index, .published))),
        ("tuned", .optional(geometricMean(index, .tuned))),
      ])
    }
    var members: [(key: String, value: OrderedJSON)] = [
      ("name", .string(study.name)), ("network", .string(network)),
      ("axes", .object(study.axes.map { ($0.name, .strings($0.labels)) })),
      ("seeds", .array(study.seeds.map { .unsigned($0) })),
      ("tuning_seeds", .array(study.tuningSeeds.map { .unsigned($0) })),
      ("tuned_by", .string(study.objective.rawValue)), ("geometric_mean_fct_over_reference", .array(geometric)),
      ("wins", .integer(count(.win))), ("ties", .integer(count(.tie))), ("losses", .integer(count(.loss))),
      ("left_out", .array(leftOut.map { .object([("algorithm", .string($0.name)), ("reason", .string($0.reason))]) })),
      ("cells", .array(cells.map(json(of:)))),
    ]
    if withEngine {
      members.append(
        (
          "engine",
          .object([
            ("runs", .integer(runs.count)), ("core_s", .number(coreSeconds)), ("budget_s", .optional(study.budget)),
          ])
        ))
      members.append(("digest", .string(digest)))
    }
    return .object(members)
  }

  public func count(_ verdict: Verdict) -> Int { cells.count { $0.match?.verdict == verdict } }

  private func json(of cell: Cell) -> OrderedJSON {
    var members: [(key: String, value: OrderedJSON)] = zip(study.axes, cell.labels).map { ($0.name, .string($1)) }
    members.append(("scale", .number(cell.scale)))
    if let match = cell.match {
      let best = cell.entries[match.best]
      members.append(
        (
          "against_best",
          .object([
            ("algorithm", .string(title(best))), ("variant", .string(best.variant.rawValue)),
            ("ratio", match.ratio.json), ("verdict", .string(match.verdict.rawValue)),
          ])
        ))
    }
    members.append(("algorithms", .array(cell.entries.map(json(of:)))))
    return .object(members)
  }

  private func json(of entry: Entry) -> OrderedJSON {
    var members: [(key: String, value: OrderedJSON)] = [
      ("algorithm", .string(title(entry))), ("role", .string(study.contenders[entry.contender].role.rawValue)),
      ("variant", .string(entry.variant.rawValue)), ("choice", .string(choice(entry))),
      ("fct_over_reference", entry.ratio?.json ?? .null), ("fct_p99_over_reference", entry.p99Ratio?.json ?? .null),
    ]
    for column in StudyMetrics.columns { members.append((column.name, entry.estimate(column.get)?.json ?? .null)) }
    return .object(members)
  }

  /// One row for each cell, algorithm and variant; means over the seeds, intervals for the ratios.
  public var csv: String {
    var header = study.axes.map(\.name)
    header += [
      "algorithm", "role", "variant", "choice", "fct_over_reference", "fct_over_reference_low",
      "fct_over_reference_high", "fct_p99_over_reference", "fct_p99_over_reference_low", "fct_p99_over_reference_high",
    ]
    var text = Self.row(header + StudyMetrics.names)
    for cell in cells {
      for entry in cell.entries {
        var fields = cell.labels
        fields += [
          title(entry), study.contenders[entry.contender].role.rawValue, entry.variant.rawValue, choice(entry),
        ]
        for ratio in [entry.ratio, entry.p99Ratio] {
          fields += [ratio?.mean, ratio?.low, ratio?.high].map { $0.map(CanonicalNumber.string) ?? "" }
        }
        fields += StudyMetrics.columns.map { entry.mean($0.get).map(CanonicalNumber.string) ?? "" }
        text += Self.row(fields)
      }
    }
    return text
  }

  /// One row for each run, those on the tuning seeds included.
  public var runsCSV: String {
    var text = Self.row(study.axes.map(\.name) + ["algorithm", "choice", "seed", "purpose"] + StudyMetrics.names)
    for run in runs {
      var fields = study.cells[run.cell].labels
      fields += [
        contenderTitles[run.contender], study.contenders[run.contender].points[run.point].text, String(run.seed),
        study.seeds.contains(run.seed) ? "report" : "tuning",
      ]
      fields += run.metrics.fields.map { $0 == "-" ? "" : $0 }
      text += Self.row(fields)
    }
    return text
  }

  /// RFC 4180, with a line feed at the end.
  private static func row(_ fields: [String]) -> String {
    fields.map { field in
      field.contains { ",\"\n\r".contains($0) } ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
    }.joined(separator: ",") + "\n"
  }

  /// Writes `runs.csv`, `study.csv`, `study.svg`, what `more` names and, last, `study.json` into `directory`.
  public func write(to directory: String, more: [(name: String, text: String)]) throws(ResultsError) {
    try FileOutput.makeFolder(directory)
    let files = [("runs.csv", runsCSV), ("study.csv", csv), ("study.svg", StudyPicture(self).svg)] + more
    for (file, text) in files + [("study.json", json.text)] {
      try FileOutput.writeAtomically(text, to: "\(directory)/\(file)")
    }
  }
}

extension StudyStatistics.Estimate {
  var json: OrderedJSON {
    .object([("mean", .number(mean)), ("low", .optional(low)), ("high", .optional(high))])
  }
}
