// SPDX-License-Identifier: Apache-2.0

import Results

/// What `emulate` prints when a run is over: the most wanted numbers first, at most 100 columns (unless a single
/// word, such as the path of the run directory, is longer).
public struct ResultsTable: CustomStringConvertible {
  public let summary: Summary
  /// Where the run directory is; nil leaves that line out.
  public let directory: String?
  private static let width = 100
  private static let labelWidth = 13
  /// Longer lists are cut to the busiest links.
  private static let linkLimit = 12

  public init(_ summary: Summary, directory: String? = nil) {
    self.summary = summary
    self.directory = directory
  }

  /// Lines, each ended by a line feed.
  public var description: String {
    let blocks = [heading, jobs, times, inference, sites, links, footer]
    return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private var heading: [String] {
    var lines = [summary.name.shortened(to: Self.width)]
    lines += entry("Policy", "\(summary.policy), estimates \(summary.estimates)")
    lines += entry("Network", "\(summary.network), congestion control \(summary.congestionControl)")
    for workload in summary.workloads {
      let skipped = workload.skipped.items.reduce(0) { $0 + $1.count }
      var text = workload.synthetic ? "SYNTHETIC: " : ""
      text += "\(workload.path) (\(workload.format)), \(Readable.integer(workload.jobs)) "
      text += workload.notes.contains("rows are requests") ? "requests" : "jobs"
      if skipped > 0 { text += ", \(Readable.integer(skipped)) of \(Readable.integer(workload.rows)) rows skipped" }
      if summary.calendar != nil, let start = workload.start { text += ", from its \(start)" }
      lines += entry("Workload", text)
    }
    if let calendar = summary.calendar {
      lines += entry("Calendar", "the run begins at \(calendar) of prices, carbon and weather")
    }
    if summary.forecast != "perfect" { lines += entry("Forecast", summary.forecast) }
    return lines
  }

  private var jobs: [String] {
    let jobs = summary.jobs
    var parts = ["\(Readable.integer(jobs.submitted)) submitted", "\(Readable.integer(jobs.completed)) completed"]
    for (count, name) in [
      (jobs.failed, "failed"), (jobs.rejected, "rejected"), (jobs.unfinished, "unfinished"),
      (jobs.split, "split over sites"),
    ] where count > 0 { parts.append("\(Readable.integer(count)) \(name)") }
    var lines = entry("Jobs", parts.joined(separator: ", "))
    for reason in jobs.rejectedReasons.items {
      lines += entry("", "rejected: \(reason.name) (\(Readable.integer(reason.count)))")
    }
    lines += entry(
      "GPUs",
      "\(Readable.integer(summary.gpus.total)), \(Readable.percent(summary.gpus.utilisation)) busy, "
        + "\(Readable.amount(summary.gpus.gpuHours)) GPU-hours, makespan \(Readable.duration(jobs.makespan))")
    var share = "\(Readable.percent(jobs.networkShare)) of completion time"
    if let split = jobs.splitNetworkShare { share += ", \(Readable.percent(split)) in split jobs" }
    return lines + entry("Network wait", share)
  }

  private var times: [String] {
    guard summary.jobs.completed > 0 else { return [] }
    var table = TextTable([("", .left), ("mean", .right), ("p50", .right), ("p95", .right), ("p99", .right)])
    for (name, values) in [("Completion", summary.jobs.jct), ("Wait", summary.jobs.wait)] {
      let row = [values.mean, values.p50, values.p95, values.p99].map { Readable.duration($0) }
      table.rows.append([name.padded(Self.labelWidth - 2)] + row)
    }
    let slowdown = summary.jobs.boundedSlowdown
    table.rows.append(
      ["Slowdown"] + [slowdown.mean, slowdown.p50, slowdown.p95, slowdown.p99].map { Readable.fixed($0, 2) })
    return table.lines
  }

  private var inference: [String] {
    var lines: [String] = []
    for stream in summary.inference ?? [] {
      var text = "\(Readable.integer(stream.served)) of \(Readable.integer(stream.requests)) requests served by "
      text += "\(stream.model); first token p50 \(Readable.duration(stream.firstToken.p50)), p99 "
      text += "\(Readable.duration(stream.firstToken.p99)); a token p50 \(Readable.duration(stream.perToken.p50)), p99 "
      text += "\(Readable.duration(stream.perToken.p99)); objectives "
      text +=
        "(\(Readable.duration(stream.firstTokenObjective)), \(Readable.duration(stream.perTokenObjective))) met by "
      text += "\(Readable.percent(stream.attainment))"
      lines += entry("Inference", text)
      for site in stream.sites {
        lines += entry(
          "",
          "\(site.id): \(Readable.integer(site.replicas)) replicas \(Readable.percent(site.busy)) busy, "
            + "\(Readable.integer(site.requests)) requests")
      }
    }
    return lines
  }

  /// Parts add up to the totals as they are printed.
  private var sites: [String] {
    let energy = summary.energy
    let sites = energy.bySite
    var columns: [(name: String, values: [Double])] = [
      ("energy MWh", sites.map(\.mwh)), ("of it idle", sites.map(\.idleMWh)), ("stalled", sites.map(\.stalledMWh)),
      ("cost USD", sites.map(\.costUSD)), ("carbon t", sites.map(\.carbonTonnes)),
    ]
    if energy.waterCubicMetres > 0 { columns.append(("water m3", sites.map(\.waterCubicMetres))) }
    let texts = columns.map { Readable.column($0.values) }
    var table = TextTable(
      [("Site", .left), ("GPUs", .right), ("busy", .right), ("PUE", .right)] + columns.map { ($0.name, .right) })
    for (index, site) in sites.enumerated() {
      table.rows.append(
        [
          site.id.shortened(to: 24).padded(Self.labelWidth - 2), Readable.integer(site.gpus),
          Readable.percent(site.utilisation), Readable.fixed(site.pue, 3),
        ] + texts.map { $0.parts[index] })
    }
    if sites.count != 1 {
      table.rows.append(
        [
          "all sites", Readable.integer(summary.gpus.total), Readable.percent(summary.gpus.utilisation), "",
        ] + texts.map(\.total))
    }
    return table.lines + bill
  }

  /// Peaks, caps, and what is paid beside energy.
  private var bill: [String] {
    let energy = summary.energy
    let peaks = energy.bySite.map { "\($0.id) \(Readable.amount($0.peakKW))" }
    var lines = entry("Peak kW", peaks.joined(separator: ", "))
    let fabrics = energy.bySite.compactMap { site in site.networkKW.map { "\(site.id) \(Readable.amount($0))" } }
    if !fabrics.isEmpty {
      let share = energy.networkMWh.map { "; \(Readable.amount($0)) MWh of the energy" } ?? ""
      lines += entry("Fabric kW", fabrics.joined(separator: ", ") + share)
    }
    let capped = energy.bySite.filter { $0.cappedHours > 0 }
    if !capped.isEmpty {
      let hours = capped.map { "\($0.id) \(Readable.amount($0.cappedHours)) h" }
      lines += entry("Power cap", "held work back: " + hours.joined(separator: ", "))
    }
    let egress = energy.egressUSD ?? 0
    if energy.demandUSD > 0 || egress > 0 {
      let parts = Readable.column([energy.costUSD, energy.demandUSD, egress])
      lines += entry(
        "Bill USD",
        "energy \(parts.parts[0]), demand \(parts.parts[1]), traffic \(parts.parts[2]), together \(parts.total)")
    }
    return lines
  }

  private var links: [String] {
    let wan = summary.wan
    guard !wan.links.isEmpty else { return [] }
    var table = TextTable([
      ("Link", .left), ("used", .right), ("queue p99", .right), ("carried", .right), ("dropped", .right),
    ])
    // Ties keep the order of the file, so that the table does not depend on the sort.
    let busiest = wan.links.enumerated().sorted {
      ($1.element.bytes ?? 0, $0.offset) < ($0.element.bytes ?? 0, $1.offset)
    }
    let shown =
      wan.links.count <= Self.linkLimit
      ? wan.links : busiest.prefix(Self.linkLimit).map(\.element)
    for link in shown {
      table.rows.append([
        link.id.shortened(to: 48).padded(Self.labelWidth - 2), Readable.percent(link.utilisation),
        Readable.duration(link.queueMicrosecondsP99.map { $0 / 1e6 }), Readable.bytes(link.bytes.map { Double($0) }),
        Readable.bytes(link.drops.map { Double($0) }),
      ])
    }
    var lines = table.lines
    if shown.count < wan.links.count {
      lines.append("the \(shown.count) busiest of \(wan.links.count) directions; all are in links.csv")
    }
    var text = "\(Readable.bytes(Double(wan.bytes))) in \(Readable.integer(wan.flows)) flows"
    if let mean = wan.fctSlowdown.mean {
      text += ", slowdown of transfers: mean \(Readable.fixed(mean, 2)), p50 "
      text += "\(Readable.fixed(wan.fctSlowdown.p50, 2)), p99 \(Readable.fixed(wan.fctSlowdown.p99, 2))"
    }
    text += "; its equipment drew \(Readable.amount(summary.energy.wanMWh)) MWh"
    if let parts = summary.energy.wanParts, parts.regeneration > 0 {
      let sites = (wan.lines ?? []).reduce(0) { $0 + $1.regenerationSites }
      text += ", of it \(Readable.amount(parts.regeneration)) in \(Readable.integer(sites)) regeneration sites"
    }
    return lines + entry("WAN", text)
  }

  private var footer: [String] {
    let engine = summary.engine
    var text = summary.driver == "processes" ? "" : "\(summary.driver) driver, "
    text += "\(Readable.integer(engine.processes)) \(engine.processes == 1 ? "process" : "processes")"
    text += ", \(Readable.integer(engine.windows)) windows, \(Readable.integer(engine.messages)) messages"
    text += ", \(Readable.duration(engine.wallSeconds))"
    if engine.restarts > 0 {
      text += ", \(Readable.integer(engine.restarts)) \(engine.restarts == 1 ? "agent" : "agents") restarted"
    }
    var lines = entry("Engine", text)
    for assumption in summary.assumptions { lines += entry("Assumed", assumption) }
    lines += entry("Digest", summary.digest)
    if let directory { lines += entry("Results in", directory) }
    return lines
  }

  /// A label and text beside it, broken into lines.
  private func entry(_ label: String, _ text: String) -> [String] {
    text.wrapped(at: Self.width - Self.labelWidth).enumerated().map { index, line in
      (index == 0 ? label : "").padded(Self.labelWidth) + line
    }
  }
}

extension String {
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
