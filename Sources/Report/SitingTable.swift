// SPDX-License-Identifier: Apache-2.0

import Quantities
import ScenarioFile

/// Candidates of a siting study by rank, with what each criterion makes of them.
public struct SitingTable: CustomStringConvertible {
  let study: SitingStudy
  let ranking: [(index: Int, score: SitingStudy.Score)]
  let choices: [SitingStudy.Choice]

  /// - Parameter sets: how many of the best sets are shown.
  public init(_ study: SitingStudy, choices: [SitingStudy.Choice]) {
    self.study = study
    ranking = study.ranking()
    self.choices = choices
  }

  /// Lines, each ended by a line feed.
  public var description: String {
    var lines = ["\(study.name): USD a year for each kW of IT, all GPUs at work, means over \(study.period.text)"]
    var table = TextTable(
      [("rank", .right), ("candidate", .left)] + SitingStudy.Criterion.allCases.map { ($0.rawValue, .right) }
        + [("total", .right)])
    for (place, row) in ranking.enumerated() {
      table.rows.append(
        [String(place + 1), study.candidates[row.index].spec.id] + row.score.terms.map { Readable.fixed($0, 1) }
          + [Readable.fixed(row.score.total, 1)])
    }
    table.rows.append(["", "weight"] + study.weights.map { Readable.amount($0) } + [""])
    lines += table.lines + [""] + ranking.map { reason($0.index, $0.score) } + [""]
    lines.append(
      "Best \(choices.count == 1 ? "set" : "\(choices.count) sets") of \(study.choose), distance and fibre among "
        + "themselves alone:")
    for choice in choices {
      let ids = choice.members.map { study.candidates[$0].spec.id }
      let parts = SitingStudy.Criterion.allCases.indices.map { k -> String in
        let power = choice.members.reduce(0) { $0 + study.candidates[$1].kilowatts }
        let mean = zip(choice.members, choice.scores).reduce(0) {
          $0 + $1.1.terms[k] * study.candidates[$1.0].kilowatts
        }
        return "\(SitingStudy.Criterion.allCases[k].rawValue) \(Readable.fixed(mean / power, 1))"
      }
      lines.append(
        "  \(ids.joined(separator: ", ")): \(Readable.fixed(choice.total, 1)) = \(parts.joined(separator: " + "))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What a row's terms come from.
  private func reason(_ index: Int, _ score: SitingStudy.Score) -> String {
    let place = study.candidates[index]
    return "\(place.spec.id): \(Readable.fixed(place.usdPerMWh, 1)) USD/MWh, PUE \(Readable.fixed(place.pue, 3)), "
      + "\(Readable.fixed(place.kilogramsPerMWh / place.pue, 0)) g/kWh, "
      + "\(Readable.fixed(place.litresPerMWh / 1000, 2)) l/kWh, "
      + "\(Readable.amount(place.landUSDPerMW / 1e6)) million USD/MW, mean round trip to the others "
      + "\(Readable.fixed(score.roundTripMilliseconds, 1)) ms"
  }

  public static var header: String {
    "rank,candidate," + SitingStudy.Criterion.allCases.map { "\($0.rawValue)_usd_kw_year" }.joined(separator: ",")
      + ",total_usd_kw_year,price_usd_mwh,pue,carbon_g_kwh,water_l_kwh,land_usd_mw,round_trip_ms"
  }

  /// One line a candidate.
  public var csv: String {
    var lines = [SitingTable.header]
    for (place, row) in ranking.enumerated() {
      let candidate = study.candidates[row.index]
      let numbers =
        row.score.terms + [
          row.score.total, candidate.usdPerMWh, candidate.pue, candidate.kilogramsPerMWh / candidate.pue,
          candidate.litresPerMWh / 1000, candidate.landUSDPerMW, row.score.roundTripMilliseconds,
        ]
      lines.append(
        "\(place + 1),\(candidate.spec.id)," + numbers.map { Quantity.rounded($0, digits: 7) }.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
