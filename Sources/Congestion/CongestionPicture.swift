// SPDX-License-Identifier: Apache-2.0

import Network
import Quantities

/// Queues, rates and fairness of one run over time, one below the other, as a picture in SVG.
struct CongestionPicture {
  /// Curves in one chart; beyond, flows are summed by group and the rest is left out, which the picture says.
  static let lineLimit = 9

  let series: SeriesTable
  let title: String

  init(_ series: SeriesTable, title: String) {
    self.series = series
    self.title = title
  }

  var svg: String {
    let charts = [queues, rates, fairness]
    let height = 40 + Chart.height * Double(charts.count)
    var out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Chart.number(Chart.width))\" "
    out += "height=\"\(Chart.number(height))\" viewBox=\"0 0 \(Chart.number(Chart.width)) \(Chart.number(height))\" "
    out += "font-family=\"Helvetica, Arial, sans-serif\">\n"
    out += "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    out += Chart.text(16, 24, title, size: 17, weight: "bold")
    for (index, chart) in charts.enumerated() { out += chart.svg(offset: 40 + Chart.height * Double(index)) }
    return out + "</svg>\n"
  }

  private var time: Chart.Axis {
    Chart.Axis("time", unit: "s", maximum: series.samples.last?.at.seconds ?? 1, isRounded: false)
  }

  private func chart(
    _ title: String, _ vertical: Chart.Axis, _ lines: [Chart.Line], note: String = ""
  ) -> Chart {
    Chart(
      title: title, horizontal: time, vertical: vertical, lines: lines, warmup: series.warmup.seconds, note: note)
  }

  private static func greatest(_ lines: [Chart.Line]) -> Double {
    lines.reduce(0) { most, line in line.points.reduce(most) { max($0, $1.y ?? 0) } }
  }

  private var queues: Chart {
    let all = series.portsWithQueues
    let peaks = all.map { port in series.samples.map { $0.queues[port] }.max() ?? 0 }
    let highest = all.indices.sorted { (peaks[$1], $0) < (peaks[$0], $1) }.prefix(Self.lineLimit)
    let lines = highest.map { index in
      Chart.Line(
        name: series.portNames[all[index]],
        points: series.samples.map { ($0.at.seconds, Double($0.queues[all[index]])) })
    }
    let left = all.count - lines.count
    let note = all.isEmpty ? "no queue anywhere" : left > 0 ? "and \(left) ports with shorter queues" : ""
    let axis = Chart.Axis("queue", unit: "B", maximum: Self.greatest(lines), isRounded: true)
    return chart("Queues", axis, lines, note: note)
  }

  private var rates: Chart {
    let isSummed = series.flowNames.count > Self.lineLimit
    // Connections of the k-th collective are in group -1 - k.
    let collectives = max(0, -(series.flowGroups.min() ?? 0))
    let names =
      isSummed
      ? series.groups.map { "\($0), sum" } + (0..<collectives).map { "collective \($0 + 1), sum" } : series.flowNames
    var values = [[(x: Double, y: Double?)]](repeating: [], count: names.count)
    var sums = [Double](repeating: 0, count: names.count)
    for sample in series.samples {
      var now = [Double?](repeating: nil, count: names.count)
      for flow in sample.flows {
        let group = series.flowGroups[flow.flow]
        let line = isSummed ? (group >= 0 ? group : series.groups.count - 1 - group) : flow.flow
        now[line] = (now[line] ?? 0) + flow.rate
      }
      for line in names.indices {
        values[line].append((sample.at.seconds, now[line]))
        sums[line] += now[line] ?? 0
      }
    }
    let largest = names.indices.filter { sums[$0] > 0 }.sorted { (sums[$1], $0) < (sums[$0], $1) }
    let shown = largest.prefix(Self.lineLimit).sorted()
    let lines = shown.map { Chart.Line(name: names[$0], points: values[$0]) }
    let left = largest.count - shown.count
    let axis = Chart.Axis("rate", unit: "b/s", maximum: Self.greatest(lines), isRounded: true)
    return chart("Rates of flows", axis, lines, note: left > 0 ? "and \(left) smaller ones" : "")
  }

  private var fairness: Chart {
    let points = series.samples.map { sample in
      (x: sample.at.seconds, y: ExperimentResults.jain(sample.flows.map(\.rate)))
    }
    let lines = [Chart.Line(name: "all open flows", points: points)]
    return chart("Fairness", Chart.Axis("Jain's index", unit: "", maximum: 1, isRounded: true), lines)
  }
}
