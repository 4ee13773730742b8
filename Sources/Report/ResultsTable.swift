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
      lines += entry("Workload", text)
    }
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

  private var sites: [String] {
    let energy = summary.energy
    var table = TextTable([
      ("Site", .left), ("GPUs", .right), ("busy", .right), ("energy MWh", .right), ("of it idle", .right),
      ("cost USD", .right), ("carbon t", .right),
    ])
    for site in energy.bySite {
      table.rows.append([
        site.id.shortened(to: 24).padded(Self.labelWidth - 2), Readable.integer(site.gpus),
        Readable.percent(site.utilisation), Readable.amount(site.mwh), Readable.amount(site.idleMWh),
        Readable.amount(site.costUSD), Readable.amount(site.carbonTonnes),
      ])
    }
    if energy.bySite.count != 1 {
      table.rows.append([
        "all sites", Readable.integer(summary.gpus.total), Readable.percent(summary.gpus.utilisation),
        Readable.amount(energy.mwh), Readable.amount(energy.idleMWh), Readable.amount(energy.costUSD),
        Readable.amount(energy.carbonTonnes),
      ])
    }
    return table.lines
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
