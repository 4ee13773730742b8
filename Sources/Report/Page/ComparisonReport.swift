// SPDX-License-Identifier: Apache-2.0

import Foundation
import Results

/// One page about a comparison that needs nothing but itself: tables, charts, a map, what was assumed, and how to repeat
/// it. Tables can be read without JavaScript.
public struct ComparisonReport {
  let comparison: Comparison
  private let library: ChartLibrary?

  /// - Parameter library: nil for a page without charts, which says so.
  public init(_ comparison: Comparison, library: ChartLibrary?) {
    self.comparison = comparison
    self.library = library
  }

  var data: ComparisonData { comparison.data }
  /// The run whose links the map shows: of the first case and window, the policy of the least mean completion time.
  var reference: (policy: Int, portrait: RunPortrait)? {
    guard let one = comparison.cases.first, let source = data.cases.first else { return nil }
    let ranked = one.rows.enumerated().compactMap { index, row in
      row["jct_mean_s"].map { (row.undone > 0 ? 1 : 0, $0.mean, index) }
    }
    guard let policy = ranked.min(by: { $0 < $1 })?.2, let portrait = source.portraits[policy].first else { return nil }
    return (policy, portrait)
  }

  public var html: String {
    var page = """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="longhaul">
      <link rel="icon" href="data:,">
      <title>\(HTML.escaped(data.name)): policies compared</title>
      <style>
      \(ReportStyle.css)
      </style></head>
      <body><main>

      """
    page += header
    for index in comparison.cases.indices { page += results(index) }
    page += distributions + timelines + network + wavelengths
    for index in comparison.cases.indices { page += details(index) }
    page += assumptions + repetition
    page += """
      <footer>Made by Longhaul. The figures of this page are those of comparison.json, windows.csv and the runs behind \
      them; every chart has a table above or below it.</footer>
      </main>

      """
    if let library {
      page += "<script type=\"application/json\" id=\"data\">\(HTML.script(chartData.compact))</script>\n"
      page += "<script>\(HTML.script(library.script))</script>\n<script>\(ReportScript.javascript)</script>\n"
    }
    return page + "</body></html>\n"
  }

  /// A chart, or nothing where there is no library to draw it.
  func chart(_ id: String, _ caption: String, wide: Bool = false, low: Bool = false) -> String {
    guard library != nil else { return "" }
    return """
      <figure\(wide ? " class=\"wide\"" : "")><div class="chart\(low ? " low" : "")"><canvas id="\(id)" role="img" \
      aria-label="\(HTML.escaped(caption))"></canvas></div><figcaption>\(HTML.escaped(caption))</figcaption></figure>

      """
  }

  // MARK: The beginning

  private var header: String {
    let windows = data.cases.map(\.windows.count).max() ?? 1
    let jobs = data.cases.first?.portraits.first?.compactMap { $0.metrics["submitted"] }.reduce(0, +) ?? 0
    var facts = ["\(data.policies.count) \(data.policies.count == 1 ? "policy" : "policies")"]
    if data.cases.count > 1 { facts.append("\(data.cases.count) cases") }
    facts.append("\(windows) \(windows == 1 ? "window" : "windows")")
    facts.append("\(Readable.integer(Int(jobs))) jobs")
    if let portrait = reference?.portrait {
      let gpus = portrait.sites.reduce(0) { $0 + $1.gpus }
      facts.append("\(Readable.integer(gpus)) GPUs at \(portrait.sites.count) sites")
    }
    facts.append("\(data.network) network")
    var out =
      "<h1>\(HTML.escaped(data.name))</h1>\n<p class=\"lead\">\(HTML.escaped(facts.joined(separator: " · ")))</p>\n"
    if library == nil {
      out += "<p class=\"note\">This page has no charts: Chart.js was not installed where it was made "
      out += "(Debian: <code>libjs-chart.js</code>). The tables are complete.</p>\n"
    }
    let findings = comparison.cases.first.map(self.findings) ?? []
    if !findings.isEmpty {
      out += "<div class=\"findings\">" + findings.map { "<p>\($0)</p>" }.joined(separator: "\n") + "</div>\n"
    }
    return out
  }

  /// What the table says, in sentences; HTML.
  private func findings(_ one: Comparison.Case) -> [String] {
    func name(_ index: Int) -> String { "<code>\(HTML.escaped(one.rows[index].policy))</code>" }
    func best(_ metric: String) -> Int? {
      one.rows.indices.filter { one.rows[$0].undone == 0 && one.rows[$0][metric] != nil }
        .min { (one.rows[$0][metric]!.mean, $0) < (one.rows[$1][metric]!.mean, $1) }
    }
    var out: [String] = []
    func say(_ what: String, _ metric: String, _ show: (Double) -> String) {
      guard let index = best(metric), let value = one.rows[index][metric]?.mean else { return }
      var text = "\(what): \(name(index)), \(show(value))"
      if let gap = one.rows[index].gaps[metric] {
        text += ", \(Readable.percent(gap)) above what no schedule can beat"
        if metric != "jct_mean_s" { text += " at its completion time" }
      }
      let ties = one.rows.indices.filter { $0 != index && one.rows[$0].ranks[metric] == 1 }
      if one.rows[index].ranks[metric] != nil, !ties.isEmpty {
        text += "; not told apart from it: \(ties.map(name).joined(separator: ", "))"
      }
      out.append(text + ".")
    }
    say("Shortest mean completion time", "jct_mean_s") { Readable.duration($0) }
    say("Least energy cost of the jobs", "jobs_cost_usd") { Readable.amount($0) + " USD" }
    say("Least carbon of the jobs", "jobs_carbon_t") { Readable.amount($0) + " t" }
    let front = Comparison.pareto(one.rows)
    if one.rows.count > 2, !front.isEmpty {
      out.append(
        "Beaten by no other in completion time and cost together: \(front.map(name).joined(separator: ", ")).")
    }
    return out
  }

  private func results(_ index: Int) -> String {
    let one = comparison.cases[index]
    let title = comparison.cases.count > 1 ? "Results: \(one.title)" : "Results"
    var out = "<h2>\(HTML.escaped(title))</h2>\n" + summaryTable(index)
    out += "<div class=\"figures\">"
    out += chart(
      "scatter-\(index)",
      "Energy cost of the jobs against mean completion time; filled marks are on the Pareto front, thin lines are 95 % "
        + "intervals over windows, grey dashes the least cost that any schedule can have at that completion time.",
      wide: true)
    return out + "</div>\n" + differencesTable(index)
  }

  private var distributions: String {
    guard library != nil else { return "" }
    let many = comparison.cases.count > 1 ? " First case." : ""
    return "<h2 id=\"distributions\">Distributions</h2>\n<div class=\"figures\">"
      + chart("cdf-completion", "Completion times of the jobs of all windows.\(many)")
      + chart("cdf-wait", "Waits of the jobs of all windows.\(many)") + "</div>\n"
  }

  private var timelines: String {
    guard let (policy, portrait) = reference, let window = data.cases.first?.windows.first else { return "" }
    var out = "<h2 id=\"sites\">Sites over time</h2>\n" + siteTable(portrait, policy)
    guard library != nil else { return out }
    out += "<p><label>Policy <select id=\"policy\">"
    for (index, name) in data.policies.enumerated() {
      out += "<option value=\"\(index)\"\(index == policy ? " selected" : "")>\(HTML.escaped(name))</option>"
    }
    out += "</select></label> <span class=\"note\">window \(HTML.escaped(window.label))</span></p>\n"
    out += "<div class=\"figures\">" + chart("line-gpus", "Busy GPUs of each site, mean of each hour.", wide: true)
    out += chart("line-power", "Power at the meter, mean of each hour.")
    out += chart("line-price", "Price of energy.")
    return out + "</div>\n"
  }

  private var assumptions: String {
    var sentences: [String] = []
    var models: [String] = []
    var jobs: [String] = []
    for portrait in data.cases.flatMap({ $0.portraits.flatMap { $0 } }) {
      for sentence in portrait.assumptions where !sentences.contains(sentence) { sentences.append(sentence) }
      if models.isEmpty { models = portrait.modelAssignment }
    }
    for window in (data.cases.first?.portraits.first ?? []).prefix(1) {
      for workload in window.workloads {
        let source = workload.synthetic ? "synthetic" : "\(workload.format), SHA-256 \(workload.sha256 ?? "unknown")"
        jobs.append(
          "\(Self.short(workload.path)): \(source); \(Readable.integer(workload.rows)) rows, of which "
            + "\(Readable.integer(workload.jobs)) are jobs of the first window")
        jobs += workload.notes
      }
    }
    return "<h2 id=\"assumed\">What was assumed</h2>\n<h3>Of the comparison</h3>\n" + HTML.list(comparison.notes)
      + "<h3>Of the runs</h3>\n" + HTML.list(sentences + models) + "<h3>Of the jobs</h3>\n" + HTML.list(jobs)
  }

  /// Pages should not tell where on somebody's disk a file lay.
  static func short(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }

  private var repetition: String {
    guard let one = data.cases.first, let window = one.windows.first else { return "" }
    var out = "<h2 id=\"repeat\">How to repeat it</h2>\n<p>All of it:</p><pre>\(HTML.escaped(data.command))</pre>\n"
    let windowArguments = window.settings.flatMap { ["--set", "\($0.path)=\($0.value)"] }
    out += "<p>One run, with everything that a run directory holds: the first policy in the first window"
    out += window.warmUp > 0 ? ", warm-up counted as well" : ""
    let command =
      ["./longhaul", "emulate", one.scenario] + one.arguments + windowArguments
      + ["--policy", data.policies.first ?? "", "--driver", data.driver]
    out += ":</p><pre>\(HTML.escaped(command.map(ShellText.quoted).joined(separator: " ")))</pre>\n"
    out += "<p>The windows of \(comparison.cases.count > 1 ? "the first case" : "the trace"):</p>"
    out += HTML.table(
      nil, head: ["Window", "Run begins in the trace at", "and in prices, carbon, weather at", "Warm-up"],
      rows: one.windows.map {
        [
          HTML.escaped($0.label), HTML.escaped($0.start ?? "its beginning"), HTML.escaped($0.calendar ?? "–"),
          $0.warmUp > 0 ? Readable.duration($0.warmUp) : "none",
        ]
      })
    return out
  }
}

/// Arguments as a shell reads them.
public enum ShellText {
  public static func quoted(_ argument: String) -> String {
    let plain = argument.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "-_./,:=+@".utf8.contains($0)
    }
    return plain && !argument.isEmpty ? argument : "'" + argument.replacing("'", with: "'\\''") + "'"
  }
}
