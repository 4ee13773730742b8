// SPDX-License-Identifier: Apache-2.0

import Quantities

/// A price, carbon or weather series on an even grid, made of the rows of a file.
///
/// Rows may come in any order and at any pace; they are sorted. Of rows with one instant the last of the file counts.
/// The grid is as fine as the rows are: a day down to a minute, whatever all distances are whole multiples of. Rows at
/// other distances get the mean of each hour, so that energy at constant power costs what the rows say. A hole holds
/// the value before it, or is bridged by a straight line where the series is one; a hole of more than 24 h is an error
/// unless it is allowed.
struct SeriesFile {
  /// Instant of the first value, and seconds between values.
  var first: Int64
  var step: Int64
  var values: [Double]
  var rows: TimedRows
  var duplicates = 0
  /// Values that no row begins at.
  var held = 0
  /// Hours that got a mean because the rows lie on no grid.
  var averaged = 0
  /// Holes of more than 24 h that were allowed, and the longest of them in seconds.
  var longHoles = 0
  var longestHole: Int64 = 0

  /// The longest hole, in seconds, that is filled unasked.
  static let longestFilledHole: Int64 = 86_400

  var end: Int64 { first + step * Int64(values.count) }

  init(
    _ rows: TimedRows, path: String, wish: TimedRows.Wish, linear: Bool, allowsGaps: Bool
  ) throws(ScenarioError) {
    self.rows = rows
    let sorted = rows.rows.sorted { ($0.instant, $0.line) < ($1.instant, $1.line) }
    var series: [TimedRows.Row] = []
    series.reserveCapacity(sorted.count)
    for row in sorted {
      if let last = series.last {
        if last.instant == row.instant {
          series.removeLast()
          duplicates += 1
        } else if row.instant - last.instant > SeriesFile.longestFilledHole {
          guard allowsGaps else {
            let hours = Quantity.rounded(Double(row.instant - last.instant) / 3600, digits: 4)
            throw wish.error(
              path, row.line,
              "no value for \(hours) h before this row, since \(Instant.text(last.instant)) in line \(last.line)",
              "Holes of up to 24 h are filled; give the missing rows, or 'allow_gaps: true' to fill this one too.")
          }
          longHoles += 1
          longestHole = max(longestHole, row.instant - last.instant)
        }
      }
      series.append(row)
    }
    first = series[0].instant
    step = 3600
    values = []
    if let grid = SeriesFile.grid(series) {
      step = grid
      fill(series, linear: linear)
    } else {
      average(series)
    }
  }

  /// The widest step that all distances are multiples of; nil if there is none of a minute or more.
  private static func grid(_ series: [TimedRows.Row]) -> Int64? {
    let usual = usualStep(series)
    let usualSteps: [Int64] = [86_400, 43_200, 21_600, 10_800, 7200, 3600, 1800, 1200, 900, 600, 300, 120, 60]
    return ([usual] + usualSteps.filter { $0 < usual }).first { step in
      step >= 60 && step <= longestFilledHole && series.allSatisfy { ($0.instant - series[0].instant) % step == 0 }
    }
  }

  private mutating func fill(_ series: [TimedRows.Row], linear: Bool) {
    for (index, row) in series.enumerated() {
      let next = index + 1 < series.count ? series[index + 1] : nil
      let count = next.map { ($0.instant - row.instant) / step } ?? 1
      for k in 0..<count {
        let share = Double(k) / Double(count)
        values.append(linear && k > 0 ? row.value + (next!.value - row.value) * share : row.value)
      }
      held += Int(count - 1)
    }
  }

  /// Steps of `series` as means over hours counted from its first instant.
  private mutating func average(_ series: [TimedRows.Row]) {
    let end = series[series.count - 1].instant + SeriesFile.usualStep(series)
    let count = Int((end - first + 3599) / 3600)
    values.reserveCapacity(count)
    // The last row that begins at or before the hour under way.
    var row = 0
    for hour in 0..<count {
      let from = first + 3600 * Int64(hour)
      let to = min(from + 3600, end)
      while row + 1 < series.count, series[row + 1].instant <= from { row += 1 }
      if row + 1 == series.count || series[row + 1].instant >= to {
        values.append(series[row].value)
        if series[row].instant < from { held += 1 }
        continue
      }
      averaged += 1
      var sum = 0.0
      var at = from
      var current = row
      while at < to {
        let until = current + 1 < series.count ? min(series[current + 1].instant, to) : to
        sum += series[current].value * Double(until - at)
        at = until
        if at < to { current += 1 }
      }
      values.append(sum / Double(to - from))
    }
  }

  /// The most frequent distance between neighbours, the smallest of equals: how long the last row holds.
  private static func usualStep(_ series: [TimedRows.Row]) -> Int64 {
    let steps = zip(series, series.dropFirst()).map { $1.instant - $0.instant }.sorted()
    var best: (count: Int, step: Int64) = (0, 3600)
    var index = 0
    while index < steps.count {
      let next = steps[index...].firstIndex { $0 != steps[index] } ?? steps.count
      if next - index > best.count { best = (next - index, steps[index]) }
      index = next
    }
    return best.step
  }
}
